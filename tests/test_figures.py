"""Still pictures say what they are given, and refuse what does not fit."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from transformer_lib import figures
from transformer_lib.figures.lines import apart
from transformer_lib.figures.quantities import Column

WORDS = ["Sally", "adored", "she"]


@pytest.fixture
def axes():
    with figures.style():
        picture, axes = figures.figure(360, 240)
        yield axes
        figures.plt.close(picture)


def written(axes):
    return [text.get_text() for text in axes.texts]


class TestMaps:
    def test_each_cell_that_a_mask_hides_is_struck_through(self, axes):
        allowed = torch.ones(3, 3).tril().bool()
        figures.attention_map(axes, torch.eye(3), WORDS, WORDS, allowed=allowed)
        assert len(axes.lines) == 3

    def test_a_table_writes_every_number(self, axes):
        figures.numbers(axes, [[1.0, -0.5], [0.25, float("nan")]], WORDS[:2], WORDS[:2])
        assert written(axes) == ["1.00", "−0.50", "0.25", "–"]

    def test_labels_must_fit(self, axes):
        with pytest.raises(ValueError, match=r"shape \(3, 3\)"):
            figures.numbers(axes, torch.eye(2), WORDS, WORDS)


class TestQuantities:
    def test_a_second_value_stands_under_the_first(self, axes):
        figures.bars(axes, [0.5, 0.25], WORDS[:2], beside=[0.75, 0.0], names=("guess", "computed"))
        widths = [bar.get_width() for bar in axes.patches]
        assert widths == [0.5, 0.25, 0.75, 0.0]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["guess", "computed"]

    def test_what_is_hidden_is_called_so_and_not_zero(self, axes):
        figures.bars(axes, [0.5, 0.0], WORDS[:2], allowed=torch.tensor([True, False]))
        assert written(axes) == ["0.50", "hidden"]

    def test_a_bar_beyond_the_maximum_ends_there_and_its_number_does_not(self, axes):
        figures.bars(axes, [3.0], WORDS[:1], maximum=2.0)
        assert axes.patches[0].get_width() == 2.0
        assert written(axes) == ["3.00"]

    def test_stages_draw_negative_numbers_to_the_left_of_zero(self, axes):
        column = Column("q · k", "product", [-4.0, 8.0], maximum=8, signed=True)
        figures.stages(axes, [column], WORDS[:2])
        left, right = (patch.get_width() for patch in axes.patches)
        assert left < 0 < right
        assert {"−4.0", "8.0"} <= set(written(axes))


class TestCurves:
    def test_what_is_not_finite_leaves_a_gap_and_the_name_stands_at_the_last_number(self, axes):
        figures.curves(axes, [1, 2, 3], [[1.0, float("nan"), 2.0], [1.0, 3.0, float("nan")]], ["a", "b"])
        assert written(axes) == ["a", "b"]
        assert np.isnan(axes.lines[0].get_ydata()[1])
        assert axes.texts[1].get_position()[1] > axes.texts[0].get_position()[1]

    def test_curves_differ_in_colour_and_in_dashes(self, axes):
        figures.curves(axes, [1, 2], torch.rand(5, 2), list("abcde"))
        assert len({line.get_color() for line in axes.lines}) == 5
        assert len({str(line._dash_pattern) for line in axes.lines}) == 5

    def test_names_never_stand_closer_than_asked(self):
        for places in ([0.5] * 5, [0.0, 0.01, 0.98, 1.0], [0.3, 0.9, 0.31, 0.32]):
            moved = sorted(apart(places, 0.1))
            assert np.diff(moved).min() >= 0.1 - 1e-9
            assert moved[0] >= -1e-9
            assert moved[-1] <= 1 + 1e-9


class TestPlane:
    def test_names_do_not_cover_each_other(self, axes):
        figures.plane(axes, 16)
        before = len(axes.texts)
        ends = [[8.0, 7.0], [7.0, 8.0], [5.0, 5.0]]
        figures.names(axes, ends, WORDS, pixels=200)
        axes.figure.canvas.draw()
        boxes = [text.get_window_extent() for text in axes.texts[before:]]
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])

    def test_a_chain_ends_at_the_sum(self, axes):
        figures.chain(axes, [[1.0, 2.0], [3.0, -1.0]], figures.WORDS)
        assert axes.lines[-1].get_xydata()[-1].tolist() == [4.0, 1.0]

    def test_an_extent_must_be_positive(self, axes):
        with pytest.raises(ValueError, match="positive extent"):
            figures.plane(axes, 0)


class TestSentences:
    def test_words_wrap_where_the_picture_ends(self, axes):
        figures.words(axes, torch.linspace(0, 1, 30), ["birthday"] * 30)
        places = [patch.get_bbox() for patch in axes.patches]
        assert max(box.x1 for box in places) <= 360
        assert len({box.y0 for box in places}) > 3

    def test_the_chosen_words_lines_stand_out(self, axes):
        figures.links(axes, [[0.9, 0.1], [0.5, 0.5]], WORDS[:2], ["elle", "lit"], selected=1)
        colours = [line.get_color() for line in axes.lines]
        assert colours == [figures.SEQUENTIAL[4]] * 2 + [figures.ACCENT] * 2

    def test_there_must_be_such_a_word(self, axes):
        with pytest.raises(ValueError, match="there is no word 2"):
            figures.links(axes, torch.eye(2), WORDS[:2], WORDS[:2], selected=2)


def test_panels_stand_in_rows_where_one_row_does_not_hold_them():
    panel = io.BytesIO()
    Image.new("RGB", (2 * 400, 2 * 100), "black").save(panel, "png")
    whole = Image.open(io.BytesIO(figures.beside([panel.getvalue()] * 3, gap=10)))
    assert whole.size == (2 * 400, 2 * 320)
    assert [whole.getpixel((5, 2 * y)) for y in (50, 105, 115)] == [(0, 0, 0), (255, 255, 255), (0, 0, 0)]
