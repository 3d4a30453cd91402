"""Controls: values, errors, graph inputs, escaped markup. Long: the same claims for each of nine kinds."""

from __future__ import annotations

import html.parser
import math
import re
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from transformer_lib.live.controls import (
    Again,
    Choice,
    Levels,
    Points,
    Reveal,
    Slider,
    Steps,
    Text,
    Toggle,
    bind,
)
from transformer_lib.live.views import VIEWS

HOSTILE = '"><img src=x onerror=alert(1)>'
SLIDER = Slider("t", "temperature", 0.1, 4.0, 0.1, 1.0)
STEPS = Steps("d", "width", (2, 8, 64), 8)
TOGGLE = Toggle("on", "scaled", True)
REVEAL = Reveal("seen", "show")
CHOICE = Choice("word", "word", ("she", "was", "she"), 1)
POINTS = Points("keys", "keys", "key of", ("she", "was"), -16, 16, 0.5, ((1, 2), (3.5, -4)))
LEVELS = Levels("guess", "guess", "guess for", ("she", "was"), 0.0, 1.0, 0.01, (0.25, 0.5))
AGAIN = Again("roll", "roll again", 20)
ALL = [AGAIN, SLIDER, STEPS, TOGGLE, REVEAL, CHOICE, POINTS, LEVELS]
by_kind = pytest.mark.parametrize("control", ALL, ids=lambda control: control.kind)


class Elements(html.parser.HTMLParser):
    def __init__(self, markup):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def fields(self):
        return [attributes for tag, attributes in self.found if tag in ("input", "select", "button")]


def test_every_kind_that_a_view_uses_is_tried_here_or_with_texts():
    used = {control.kind for view in VIEWS.values() for control in view.controls}
    assert used <= {control.kind for control in ALL} | {"text"}


@by_kind
def test_every_value_offered_is_taken(control):
    values = control.values()
    assert len(values) > 1
    assert len({str(value) for value in values}) == len(values)
    for value in values:
        control.tensor(value)
    control.tensor(control.value)


@pytest.mark.parametrize(
    ("control", "value", "dtype", "shape"),
    [
        (SLIDER, 0.5, torch.float32, ()),
        (SLIDER, 2, torch.float32, ()),
        (STEPS, 64, torch.float32, ()),
        (TOGGLE, True, torch.bool, ()),
        (REVEAL, False, torch.bool, ()),
        (CHOICE, 2, torch.int64, ()),
        (POINTS, [[1, 2], [3, 4]], torch.float32, (2, 2)),
        (POINTS, torch.tensor([[1, 2], [3, 4]]), torch.float32, (2, 2)),
        (LEVELS, [0, 1], torch.float32, (2,)),
        (LEVELS, torch.tensor([0.5, 1.0]), torch.float32, (2,)),
    ],
)
def test_the_graph_gets_its_type_and_shape_and_the_value_itself(control, value, dtype, shape):
    tensor = control.tensor(value)
    assert tensor.dtype == dtype
    assert tensor.shape == shape
    expected = value.tolist() if isinstance(value, torch.Tensor) else value
    assert tensor.tolist() == expected


@pytest.mark.parametrize(
    ("control", "value", "text"),
    [
        (SLIDER, True, "t must be a finite number, got True"),
        (SLIDER, "1", "t must be a finite number, got '1'"),
        (SLIDER, math.inf, "t must be a finite number, got inf"),
        (SLIDER, 0.09, "t must lie in 0.1 … 4, got 0.09"),
        (SLIDER, 4.01, "t must lie in 0.1 … 4, got 4.01"),
        (STEPS, 3, "d must be one of 2, 8, 64; got 3"),
        (STEPS, "8", "d must be one of 2, 8, 64; got '8'"),
        (STEPS, True, "d must be one of 2, 8, 64; got True"),
        (TOGGLE, 1, "on must be true or false, got 1"),
        (REVEAL, None, "seen must be true or false, got None"),
        (CHOICE, 3, "word must be an index from 0 to 2, got 3"),
        (CHOICE, -1, "word must be an index from 0 to 2, got -1"),
        (CHOICE, 1.0, "word must be the index of an option, got 1.0"),
        (CHOICE, False, "word must be the index of an option, got False"),
        (POINTS, [[1, 2]], "keys must be 2 pairs of numbers, one for each label; got [[1, 2]]"),
        (POINTS, [[1, 2, 3], [4, 5, 6]], "keys must be 2 pairs of numbers, one for each label; got [[1, 2, 3], [4, 5, 6]]"),
        (POINTS, [], "keys must be 2 pairs of numbers, one for each label; got []"),
        (POINTS, [[1, 2], [3, True]], "keys must be 2 pairs of numbers, one for each label; got [[1, 2], [3, True]]"),
        (POINTS, [[1, 2], [3, math.nan]], "keys must be 2 pairs of numbers, one for each label; got [[1, 2], [3, nan]]"),
        (POINTS, [[1, 2], [3, 17]], "keys: every number must lie in -16 … 16, got 17"),
        (LEVELS, [0.5], "guess must be 2 numbers, one for each label; got [0.5]"),
        (LEVELS, "ab", "guess must be 2 numbers, one for each label; got 'ab'"),
        (LEVELS, [0.5, -0.1], "guess: every number must lie in 0 … 1, got -0.1"),
        (replace(POINTS, options="words"), [], "keys must be pairs of numbers, one for each label; got []"),
        (replace(LEVELS, options="words"), [], "guess must be numbers, one for each label; got []"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said(control, value, text):
    with pytest.raises(ValueError, match=re.escape(text)) as raised:
        control.tensor(value)
    assert str(raised.value) == text


@given(low=st.integers(-50, 50), count=st.integers(1, 60), step=st.sampled_from([0.05, 0.1, 0.25, 1.0, 3.0]))
def test_a_slider_stands_on_every_step_between_its_ends(low, count, step):
    minimum = low * step
    slider = Slider("t", "t", minimum, minimum + count * step, step, minimum)
    values = slider.values()
    assert len(values) == count + 1
    assert values == [pytest.approx(minimum + i * step, abs=1e-8) for i in range(count + 1)]
    assert values == [float(f"{value:.9f}") for value in values], "steps are written without the dust of sums"


def test_a_slider_takes_its_own_ends_with_the_dust_of_sums():
    assert SLIDER.tensor(0.1 - 1e-12) == pytest.approx(0.1)
    assert Slider("t", "t", 0, 0.3, 0.1, 0).tensor(0.1 + 0.2) == pytest.approx(0.3)


@by_kind
def test_markup_is_disabled_named_and_holds_the_starting_value(control):
    elements = Elements(control.markup("p1"))
    assert elements.found[0][1]["data-control"] == control.name
    assert elements.found[0][1]["data-kind"] == control.kind
    assert elements.fields()
    assert all("disabled" in field for field in elements.fields())
    assert all(field.get("id", "p1-").startswith("p1-") for field in elements.fields())
    labels = {a["for"] for tag, a in elements.found if tag == "label" and "for" in a}
    assert {field["id"] for field in elements.fields() if "id" in field} == labels
    assert control.label in elements.text


def test_markup_shows_where_each_control_starts():
    first = {c.kind: Elements(c.markup("p")).fields()[0] for c in ALL}
    assert first["slider"]["value"] == "1"
    assert (first["steps"]["value"], first["steps"]["max"], first["steps"]["aria-valuetext"]) == (
        "1",
        "2",
        "8",
    )
    assert "checked" in first["toggle"]
    assert "checked" not in Elements(replace(TOGGLE, value=False).markup("p")).fields()[0]
    assert first["reveal"]["aria-pressed"] == "false"
    assert first["points"]["value"] == "1"
    assert first["points"]["aria-label"] == "key of she, first component"
    assert (first["levels"]["value"], first["levels"]["step"]) == ("0.25", "0.01")
    options = [a for tag, a in Elements(CHOICE.markup("p")).found if tag == "option"]
    assert [("selected" in a, a["value"]) for a in options] == [(False, "0"), (True, "1"), (False, "2")]
    assert [f["value"] for f in Elements(POINTS.markup("p")).fields()] == ["1", "2", "3.5", "-4"]
    assert [f["data-axis"] for f in Elements(POINTS.markup("p")).fields()] == ["0", "1", "0", "1"]
    assert [f["data-index"] for f in Elements(POINTS.markup("p")).fields()] == ["0", "0", "1", "1"]
    assert Elements(replace(SLIDER, digits=2).markup("p")).text.endswith("1.00")


@by_kind
def test_nothing_in_a_label_becomes_an_element(control):
    options = {"options": (HOSTILE, HOSTILE + "2")} if hasattr(control, "options") else {}
    bad = replace(control, label=HOSTILE, **options)
    elements = Elements(bad.markup("p"))
    assert "img" not in {tag for tag, _ in elements.found}
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert HOSTILE in elements.text


@by_kind
def test_the_script_is_told_all_it_needs(control):
    spec = control.spec()
    assert (spec["name"], spec["kind"], spec["label"]) == (control.name, control.kind, control.label)
    assert spec["value"] == (control.value if control.kind not in ("points", "levels") else spec["value"])
    for field in ("minimum", "maximum", "step", "digits", "noun"):
        assert spec.get(field) == getattr(control, field, None)
    assert spec.get("options") == (list(control.options) if hasattr(control, "options") else None)
    assert spec.get("stops") == (list(control.stops) if hasattr(control, "stops") else None)


def test_lists_are_told_as_lists():
    assert POINTS.spec()["value"] == [[1, 2], [3.5, -4]]
    assert LEVELS.spec()["value"] == [0.25, 0.5]


LABELS = {"tokens": ["she", "was", "she"], "pair": ["a", "b"]}


class TestBinding:
    def test_fills_options_from_labels_and_tells_repeated_words_apart(self):
        bound = bind(Choice("word", "word", "tokens"), LABELS, 2)
        assert bound.options == ["she (1)", "was", "she (3)"]
        assert bound.value == 2

    def test_leaves_the_labels_of_points_as_they_are(self):
        bound = bind(replace(LEVELS, options="tokens"), LABELS, [0, 0.5, 1])
        assert bound.options == ["she", "was", "she"]

    def test_keeps_own_options_and_own_value(self):
        assert bind(CHOICE, {}) == CHOICE
        assert bind(SLIDER, {}) == SLIDER

    def test_takes_nought_and_no_for_values(self):
        assert bind(Slider("t", "t", 0, 5, 1, 3), {}, 0).value == 0
        assert bind(TOGGLE, {}, False).value is False

    def test_takes_tensors_for_values(self):
        assert bind(POINTS, {}, torch.tensor([[1.0, 2.0], [0.5, -1.0]])).value == [[1.0, 2.0], [0.5, -1.0]]
        assert bind(SLIDER, {}, torch.tensor(2.0)).value == 2.0

    def test_refuses_a_start_that_the_control_cannot_take(self):
        with pytest.raises(ValueError, match=r"t must lie in 0.1 … 4, got 9"):
            bind(SLIDER, {}, 9)
        with pytest.raises(ValueError, match="index from 0 to 1, got 2"):
            bind(Choice("word", "word", "pair", 2), LABELS)

    def test_asks_for_a_start_where_there_is_none(self):
        with pytest.raises(ValueError, match="starting value") as raised:
            bind(replace(LEVELS, options="pair", value=None), LABELS)
        assert str(raised.value) == "guess needs a starting value for each of a, b"

    def test_leaves_the_view_s_own_control_as_it_was(self):
        control = Choice("word", "word", "tokens")
        bind(control, LABELS, 1)
        assert (control.options, control.value) == ("tokens", 0)


def test_without_a_start_lists_offer_and_show_nothing():
    for control in (replace(POINTS, value=None), replace(LEVELS, value=None)):
        for use in (control.values, lambda control=control: control.markup("p")):
            with pytest.raises(ValueError, match="starting values") as raised:
                use()
            assert (
                str(raised.value) == f"{control.name} has no starting values: give one for each of its labels"
            )


def test_a_choice_offers_nothing_before_it_knows_its_options():
    with pytest.raises(ValueError, match="bind it first") as raised:
        Choice("word", "word", "tokens").values()
    assert str(raised.value) == "word takes its options from the labels 'tokens': bind it first"


class TestAgain:
    AGAIN = Again("roll", "roll again", 3)

    def test_takes_whole_numbers_from_one(self):
        assert [self.AGAIN.tensor(value).item() for value in self.AGAIN.values()] == [1, 2, 3]
        for value in (0, 4, 1.5, True, "1"):
            with pytest.raises(ValueError, match="roll must be a whole number from 1 to 3"):
                self.AGAIN.tensor(value)

    def test_is_a_button(self):
        assert 'value="1" disabled>roll again</button>' in self.AGAIN.markup("m")
        assert self.AGAIN.spec() == {
            "name": "roll",
            "kind": "again",
            "label": "roll again",
            "value": 1,
            "most": 3,
        }


class TestOneSentence:
    ONE = Text("s", "English", ["<pad>", "she", "reads", "."], value="she reads .", single=True)

    @pytest.mark.parametrize("typed", ["she reads. she reads.", "she. reads", ". she"])
    def test_words_after_its_end_are_refused(self, typed):
        with pytest.raises(ValueError, match="two sentences"):
            self.ONE.tensor(typed)
        assert replace(self.ONE, single=False).tensor(typed).numel()

    @pytest.mark.parametrize("typed", ["she reads .", "she reads", ". . .", "she reads . ."])
    def test_one_is_taken(self, typed):
        assert self.ONE.tensor(typed).numel()

    def test_the_sentences_to_try_are_taken(self):
        assert all(self.ONE.tensor(typed).numel() for typed in self.ONE.values())


def test_a_stop_may_be_said_by_a_word():
    steps = Steps("k", "top-k", (1, 2, 0), 0, said=((0, "all"),))
    assert 'aria-valuetext="all"' in steps.markup("m")
    assert '<output for="m-k">all</output>' in steps.markup("m")
    assert steps.spec()["said"] == [[0, "all"]]
    assert "said" not in STEPS.spec()
