"""Drawings: every view can be drawn and described at its limits. Long: the same claims for each type of drawing."""

from __future__ import annotations

import io
import json
import re
import warnings
from dataclasses import replace
from functools import cache

import pytest
import torch
from PIL import Image

from live.cases import Case, grid
from transformer_lib import figures, live
from transformer_lib.live import drawings
from transformer_lib.live.drawings import (
    Arrows,
    Bars,
    Curves,
    Dial,
    Dials,
    Groups,
    Heatmap,
    Links,
    Numbers,
    Plane,
    Stage,
    Stages,
    Strip,
    Tree,
    Words,
)
from transformer_lib.live.views import VIEWS

LABELS = {"rows": ["she", "was"], "columns": ["Sally", "adored", "it"], "words": ["Sally", "adored", "it"]}
OUTPUTS = {
    "map": torch.tensor([[0.123456, 0.7, 0.176544], [0.0, 0.0, 0.0]]),
    "row": torch.tensor([0.123456, 0.7, 0.176544]),
    "other": torch.tensor([1 / 3, 0.5, 1 / 6]),
    "signed": torch.tensor([112.0, -75.25, 0.0]),
    "divisor": torch.tensor(2**0.5),
    "x": torch.tensor([1.0, 2.0, 4.0]),
    "curves": torch.tensor([[1.0, 0.5, 0.25], [float("nan"), 2.0, float("nan")]]),
    "empty": torch.full((1, 3), float("nan")),
    "sum": torch.tensor([1.5, -2.25]),
    "parts": torch.tensor([[1.0, -2.0], [0.5, -0.25]]),
    "edges": torch.tensor([0.123456, 0.823456, 1.0]),
    "draw": torch.tensor(0.51234567),
    "parents": torch.tensor([-1, -1, 0, 0, 3]),
    "tokens": torch.tensor([1, 0, 2, 0, 2]),
    "totals": torch.tensor([-0.123456, -2.0, -3.0, -0.5, -0.75], dtype=torch.float64),
    "ranks": torch.tensor([4, 2]),
    "reads": torch.tensor([0.0, 0.0, 1.0]),
    "pair": torch.tensor([[0.0, 2.0], [1.0, 0.0]]),
    "start": torch.tensor([[2.0, 0.0], [1.0, 0.0]]),
    "two": torch.tensor([0.25, -1.5]),
}
POINTS = {
    "keys": [[7.0, 8.0], [5.0, -5.5]],
    "query": [[8.0, 7.0]],
    "times": 0.5,
    "d": 2,
    "shown": False,
    "pick": 1,
}


def said(drawing, values=POINTS):
    return drawing.describe(OUTPUTS, LABELS, values)


@cache
def cases(name: str) -> list[Case]:
    return grid(VIEWS[name])


def shown(name: str, case: Case, **changes):
    view = VIEWS[name]
    constants = {constant: case.inputs[constant] for constant in view.constants}
    return live.show(name, **(case.labels | constants | case.values | changes))


class TestEveryView:
    @pytest.mark.parametrize("name", VIEWS)
    def test_is_shown_with_the_numbers_of_its_function_at_every_setting(self, name):
        step = 1 if VIEWS[name].kind == "graph" else 5  # tables and programs are slow
        for case in cases(name)[::step]:
            picture = shown(name, case)
            expected = VIEWS[name](**case.inputs)
            assert picture.outputs.keys() == expected.keys()
            for output, tensor in expected.items():
                torch.testing.assert_close(picture.outputs[output], tensor, rtol=0, atol=0, equal_nan=True)
            assert json.loads(json.dumps(picture.get_state(["spec", "values", "response"])))

    @pytest.mark.parametrize("name", VIEWS)
    def test_has_a_still_and_a_text_alternative_at_its_ends(self, name):
        for case in (cases(name)[len(cases(name)) // 4], cases(name)[-1]):
            picture = shown(name, case)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                image = Image.open(io.BytesIO(picture.still()))
            sizes = [(d["width"], d["height"]) for d in picture.spec["drawings"]]
            corners = figures.places(sizes, live.widget.GAP)
            far = [(x + w, y + h) for (x, y), (w, h) in zip(corners, sizes, strict=True)]
            assert image.size == tuple(2 * max(corner[i] for corner in far) for i in (0, 1))
            assert len(image.getcolors(1 << 24)) > 8, "an empty picture"
            text = picture.describe()
            assert len(text) > 30
            assert "tensor(" not in text
            assert not re.search(r"(?<![\d.])[\d]*\.0*[1-9]\d{4}", text), "more digits than anyone reads"

    @pytest.mark.parametrize("name", VIEWS)
    def test_is_told_to_the_script_whole(self, name):
        for drawing in VIEWS[name].drawings:
            spec = json.loads(json.dumps(drawings.spec(drawing)))
            assert spec["type"] == drawing.type
            assert (spec["width"], spec["height"], spec["title"]) == (
                drawing.width,
                drawing.height,
                drawing.title,
            )


class TestWords:
    """The text alternative: every key number, at four digits."""

    def test_a_map_tells_the_largest_of_each_row_and_nothing_of_empty_ones(self):
        heatmap = Heatmap("map", "rows", "columns", "A map")
        assert said(heatmap) == "A map. Largest in each row: she→adored 0.7."
        empty = {"map": torch.zeros(2, 3)}
        assert heatmap.describe(empty, LABELS, {}) == "A map. Largest in each row: none, all zero."

    def test_a_table_tells_every_number(self):
        text = said(Numbers("map", "rows", ("a", "b", "c"), "A table"))
        assert text == "A table. she: a 0.1235, b 0.7, c 0.1765; was: a 0, b 0, c 0."

    def test_bars_tell_every_number(self):
        assert said(Bars("row", "words", "A row")) == "A row: Sally 0.1235, adored 0.7, it 0.1765."

    def test_pairs_of_bars_tell_the_second_only_when_it_is_shown(self):
        bars = Bars("row", "words", "A row", beside="other", names=("guess", "computed"), shown="shown")
        assert said(bars) == "A row: guess: Sally 0.1235, adored 0.7, it 0.1765."
        assert said(bars, POINTS | {"shown": True}) == (
            "A row: guess: Sally 0.1235, adored 0.7, it 0.1765; computed: Sally 0.3333, adored 0.5, it 0.1667."
        )
        always = replace(bars, shown=None, names=())
        assert said(always).count("Sally") == 2

    def test_stages_tell_each_step(self):
        stages = Stages((Stage("signed", "q · k"), Stage("row", "softmax")), "words", "Steps")
        assert said(stages) == (
            "Steps. q · k: Sally 112, adored -75.25, it 0; softmax: Sally 0.1235, adored 0.7, it 0.1765."
        )

    def test_a_plane_tells_where_each_arrow_ends(self):
        plane = Plane((Arrows("keys", ("she", "was"), "key of"), Arrows("sum", ("output",))), 16, "A plane")
        assert said(plane) == "A plane: key of she (7, 8), key of was (5, -5.5), output (1.5, -2.25)."

    def test_a_plane_tells_the_ends_as_they_are_drawn(self):
        plane = Plane((Arrows("query", ("she",), "query of"),), 16, "A plane", times="times")
        assert said(plane) == "A plane: query of she (4, 3.5)."

    def test_curves_tell_their_ends_and_where_the_marker_stands(self):
        curves = Curves("x", "curves", ("loss", "share"), "Two curves")
        assert said(curves) == "Two curves. loss: from 1 at 1 to 0.25 at 4; share: from 2 at 2 to 2 at 2."
        marked = replace(curves, marker="divisor")
        assert said(marked).startswith("Two curves. loss: from 1 at 1 to 0.25 at 4, 1 at 1; ")
        at_control = replace(curves, marker="d")
        assert "0.5 at 2" in said(at_control)

    def test_a_curve_without_numbers_is_called_nothing(self):
        assert said(Curves("x", "empty", ("loss",), "One curve")) == "One curve. loss: nothing."

    def test_words_tell_their_weights(self):
        assert said(Words("row", "words", "Who")) == "Who: Sally 0.1235, adored 0.7, it 0.1765."

    def test_links_tell_the_strongest_of_each_word(self):
        assert (
            said(Links("map", "columns", "rows", "Links")) == "Links. Strongest: she→adored 0.7, was→Sally 0."
        )

    def test_a_strip_tells_the_draw_the_word_it_falls_on_and_the_largest_shares(self):
        assert said(Strip("edges", "words", "A draw", "draw")) == (
            "A draw: the draw 0.5123 falls on adored, from 0.1235 to 0.8235. "
            "Largest shares: adored 0.7, it 0.1765, Sally 0.1235."
        )

    def test_a_strip_tells_no_word_that_has_no_share(self):
        outputs = {"edges": torch.tensor([0.0, 1.0, 1.0]), "draw": torch.tensor(0.0)}
        text = Strip("edges", "words", "A draw", "draw").describe(outputs, LABELS, {})
        assert text == "A draw: the draw 0 falls on adored, from 0 to 1. Largest shares: adored 1."

    def test_a_tree_tells_each_hypothesis_word_by_word(self):
        assert said(Tree("parents", "tokens", "totals", "ranks", "words", "A search")) == (
            "A search. 5 beginnings kept in 3 steps. 1. adored Sally it (ln p -0.75); 2. adored it (ln p -3)."
        )

    def test_dials_tell_their_note_and_what_each_adds(self):
        dials = Dials(
            (Dial("pair", "query", "query", "start"),), "rows", ("9°", "1°"), "Turns", "two", "{divisor} away"
        )
        assert said(dials) == "Turns: 1.41 away. Added by she 0.25, was -1.5."
        assert said(replace(dials, note="")) == "Turns. Added by she 0.25, was -1.5."

    def test_groups_tell_who_reads_what(self):
        groups = Groups("reads", 3, "Who reads what", "{divisor} moved")
        assert said(groups) == (
            "Who reads what (1.41 moved): queries 1 to 2 read keys and values 1, query 3 reads keys and values 2."
        )


@pytest.fixture
def axes():
    with figures.style():
        picture, axes = figures.figure(360, 300)
        yield axes
        figures.plt.close(picture)


class TestStills:
    def test_a_map_marks_the_row_that_its_control_chose(self, axes):
        Heatmap("map", "rows", "columns", "A map", selected="pick").still(axes, OUTPUTS, LABELS, POINTS)
        assert [label.get_color() for label in axes.get_yticklabels()][1] == figures.ACCENT
        assert axes.get_title(loc="left") == "A map"

    def test_bars_stand_in_pairs_only_when_the_second_is_shown(self, axes):
        bars = Bars(
            "row", "words", "A row", beside="other", names=("guess", "computed"), shown="shown", maximum=2.0
        )
        bars.still(axes, OUTPUTS, LABELS, POINTS)
        assert len(axes.patches) == 3
        assert axes.get_xlim()[1] == pytest.approx(2.24)
        bars.still(axes, OUTPUTS, LABELS, POINTS | {"shown": True})
        assert len(axes.patches) == 3 + 6

    def test_stages_on_one_scale_widen_together(self, axes):
        stages = Stages(
            (
                Stage("signed", "q · k", "÷ {divisor}", 8, "s", True),
                Stage("row", "scores", maximum=8, scale="s"),
            ),
            "words",
            "Steps",
        )
        stages.still(axes, OUTPUTS, LABELS, POINTS)
        assert "÷ 1.41" in {text.get_text() for text in axes.texts}
        widths = [bar.get_width() for bar in axes.patches]
        # the negative number asks for most, for it has .34 of the width and the others .66
        assert widths[4] / (0.94 - 0.06) == pytest.approx(0.7 / (75.25 * 0.66 / 0.34), rel=1e-4)
        assert widths[1] / widths[0] == pytest.approx(-75.25 / 112)  # none is cut off
        alone = Stages((Stage("row", "scores", maximum=8),), "words", "Steps")
        alone.still(axes, OUTPUTS, LABELS, POINTS)
        assert axes.patches[-2].get_width() / 0.88 == pytest.approx(0.7 / 8, rel=1e-4)

    def test_a_plane_that_shows_two_of_many_components_tints_no_half(self, axes):
        plane = Plane(
            (Arrows("query", ("she",)),), 16, "A plane", facing="query", components="d", result="sum"
        )
        plane.still(axes, OUTPUTS, LABELS, POINTS)
        assert len(axes.patches) == 1
        assert axes.get_xlabel() == "= (1.50, -2.25)"
        axes.clear()
        plane.still(axes, OUTPUTS, LABELS, POINTS | {"d": 8})
        assert len(axes.patches) == 0

    def test_a_plane_draws_its_points_times_their_length_and_zooms_by_its_root(self, axes):
        plane = Plane((Arrows("query", ("she",), tag="query"),), 16, "A plane", times="times")
        plane.still(axes, OUTPUTS, LABELS, POINTS)
        assert axes.get_xlim() == pytest.approx((-16 * 0.5**0.5, 16 * 0.5**0.5))
        assert [4.0, 3.5] in [line.get_xydata()[-1].tolist() for line in axes.lines]
        assert "query" in {text.get_text() for text in axes.texts}

    @pytest.mark.parametrize(
        "drawing",
        [
            Curves("x", "curves", ("loss", "share"), "Two curves", log_x=True, lowest=0.0, highest=3.0, marker="d"),
            Words("row", "words", "Who", selected="pick"),
            Links("map", "columns", "rows", "Links", selected="pick"),
            Numbers("map", "rows", "columns", "A table", digits=1, shade=1.0),
            Plane((Arrows("keys", ("a", "b"), strength="row"),), 16, "Sum", chain="parts"),
            Strip("edges", "words", "A draw", "draw"),
            Tree("parents", "tokens", "totals", "ranks", "words", "A search"),
            Dials((Dial("pair", "query", "query", "start"),), "rows", ("9°", "1°"), "Turns", "two", selected="pick"),
            Groups("reads", 3, "Who reads what"),
        ],
        ids=lambda drawing: drawing.type,
    )  # fmt: skip
    def test_every_type_draws_under_its_title(self, drawing, axes):
        outputs = OUTPUTS | ({"row": torch.tensor([0.2, 0.8])} if drawing.type == "plane" else {})
        drawing.still(axes, outputs, LABELS, POINTS)
        assert axes.get_title(loc="left") == drawing.title
        assert axes.lines or axes.patches


def test_every_type_of_drawing_is_tried_here():
    assert {kind.__name__ for kind in drawings.Drawing.__args__} == {
        "Heatmap", "Numbers", "Bars", "Stages", "Plane", "Curves", "Words", "Links", "Strip", "Tree",
        "Dials", "Groups",
    }  # fmt: skip
