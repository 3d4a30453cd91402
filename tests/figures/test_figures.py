"""Still pictures say what they are given, and refuse what does not fit. Long: one claim for each picture."""

import io
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch, Rectangle
from PIL import Image

from transformer_lib import figures
from transformer_lib.figures.draws import drawn_at, pieces
from transformer_lib.figures.heads import turned
from transformer_lib.figures.lines import apart
from transformer_lib.figures.quantities import Column
from transformer_lib.figures.trees import columns_of

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

    def test_small_bars_are_folded_into_one_line_and_no_large_one_is(self, axes):
        figures.bars(axes, [0.9, 0.01, 0.0, 0.015, 0.03], list("abcde"), fold=0.02)
        assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "e"]
        assert written(axes) == ["0.90", "0.03", "3 words below 0.02"]
        axes.clear()
        figures.bars(axes, [0.9, 0.01, 0.0], WORDS, fold=0.02)
        assert len(axes.get_yticklabels()) == 3, "two are not worth folding"

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

    def test_a_network_has_its_colour_wherever_it_stands(self, axes):
        names = ["Transformer", "LSTM", "GRU with attention"]
        places = [figures.network_colour(name) for name in names]
        figures.curves(axes, [1, 2], torch.rand(3, 2), names, colours=places)
        drawn = [line.get_color() for line in axes.lines]
        assert drawn[0] == drawn[2] == figures.SERIES[0] != figures.ACCENT
        assert drawn[1] == figures.SERIES[figures.network_colour("LSTM, source reversed")] != drawn[0]
        with pytest.raises(ValueError, match="'perceptron' names none"):
            figures.network_colour("perceptron")

    def test_the_spread_is_drawn_from_the_least_to_the_most_and_places_are_words(self, axes):
        low, high = [[0.1, 0.2]], [[0.4, 0.9]]
        figures.curves(axes, [0, 1], [[0.3, 0.5]], ["a"], spread=(low, high), places=["3–6", "7–10"])
        [bars] = axes.collections
        assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [[0.1, 0.4], [0.2, 0.9]]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["3–6", "7–10"]
        with pytest.raises(ValueError, match="a spread must have shape"):
            figures.curves(axes, [0, 1], [[0.3, 0.5]], ["a"], spread=([0.1], [0.2]))

    def test_names_never_stand_closer_than_asked(self):
        for places in ([0.5] * 5, [0.0, 0.01, 0.98, 1.0], [0.3, 0.9, 0.31, 0.32]):
            moved = sorted(apart(places, 0.1))
            assert np.diff(moved).min() >= 0.1 - 1e-9
            assert moved[0] >= -1e-9
            assert moved[-1] <= 1 + 1e-9


class TestLanguages:
    def test_english_and_french_differ_in_colour_and_slant(self, axes):
        figures.links(
            axes, [[0.9, 0.1], [0.5, 0.5]], WORDS[:2], ["elle", "lit"], languages=("english", "french")
        )
        styles = {text.get_text(): (text.get_color(), text.get_fontstyle()) for text in axes.texts}
        assert styles["Sally"] == (figures.ROLES["english"], "normal")
        assert styles["elle"] == (figures.ROLES["french"], "italic")

    def test_small_weights_stand_under_no_word(self, axes):
        figures.words(axes, [0.5, 0.009, 0.491], WORDS)
        assert written(axes) == ["Sally", "0.50", "adored", "", "she", "0.49"]


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
        figures.chain(axes, [[1.0, 2.0], [3.0, -1.0]], figures.SERIES)
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


class TestHeads:
    def dials(self, axes, **changes):
        start, end = [[2.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0.0, -2.0], [1.0, 0.0], [0.0, 1.0]]
        given = {"arrows": [("query", end, start, "#b84c08")], "labels": WORDS, "parts": [0.5, -1.0, 0.0]}
        figures.dials(axes, **(given | changes))

    def test_an_arrow_is_turned_counterclockwise_and_what_a_dial_adds_is_drawn_to_its_side_of_zero(
        self, axes
    ):
        self.dials(axes, selected=1)
        quarters = [turned(np.array([2.0, 0.0]), np.array(end)) / np.pi for end in ([0.0, 1.0], [0.0, -1.0])]
        assert quarters == [0.5, 1.5]
        assert turned(np.array([1.0, 0.0]), np.array([1.0, -1e-9])) == 0.0
        widths = [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]
        assert widths[0] == pytest.approx(-widths[1] / 2)
        assert [text for text in written(axes) if text][:2] == ["Sally", "0.50"]
        sweep = axes.lines[0].get_xydata()
        assert np.ptp(sweep[:, 0]) == pytest.approx(np.ptp(sweep[:, 1]))  # three quarters of a circle

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"selected": 3}, "no dial 3"),
            ({"parts": [1.0]}, r"shape \(3,\)"),
            ({"labels": WORDS[:2]}, r"shape \(2"),
        ],
    )
    def test_there_must_be_such_a_dial_and_a_row_for_each(self, axes, changes, message):
        with pytest.raises(ValueError, match=message):
            self.dials(axes, **changes)

    def test_what_is_shared_stands_below_the_middle_of_those_that_read_it(self, axes):
        figures.groups(axes, [0, 0, 1])
        joints = np.array([line.get_xdata() for line in axes.lines])
        assert joints[0, 1] == joints[1, 1] == pytest.approx(joints[:2, 0].mean())
        assert joints[2, 0] == pytest.approx(joints[2, 1])
        assert sorted(written(axes)) == [
            "",
            "key 1",
            "key 2",
            "query 1",
            "query 2",
            "query 3",
            "value 1",
            "value 2",
        ]
        for wrong in ([], [0.5], [[0]]):
            with pytest.raises(ValueError, match="one row of whole numbers"):
                figures.groups(axes, wrong)


class TestDraws:
    @given(
        shares=st.lists(st.integers(0, 9), min_size=1, max_size=23).filter(any),
        draw=st.floats(0, 1, exclude_max=True),
    )
    def test_the_draw_falls_on_the_first_share_that_ends_beyond_it(self, shares, draw):
        edges = np.cumsum(shares) / sum(shares)
        at = drawn_at(edges.tolist(), draw)
        assert edges[at] > draw * edges[-1]
        assert shares[at] > 0
        assert not at or edges[at - 1] <= draw * edges[-1]

    @given(
        shares=st.lists(st.integers(0, 9), min_size=1, max_size=23).filter(any),
        thin=st.floats(0, 0.5),
        pick=st.integers(0, 22),
    )
    def test_the_pieces_cover_the_line_once_and_the_chosen_one_stands_alone(self, shares, thin, pick):
        edges = (np.cumsum(shares) / sum(shares)).tolist()
        chosen = [i for i, share in enumerate(shares) if share][pick % sum(map(bool, shares))]
        found = pieces(edges, chosen, thin)
        assert [low for _, _, low, _ in found] == [0.0, *[high for *_, high in found[:-1]]]
        assert found[-1][3] == edges[-1]
        assert [(first, last) for first, last, *_ in found if first <= chosen <= last] == [(chosen, chosen)]
        thin_alone = [first == last != chosen and high - low < thin for first, last, low, high in found]
        assert not any(one and other for one, other in itertools.pairwise(thin_alone)), (
            "neighbours are joined"
        )

    def test_a_strip_cuts_the_line_at_its_edges_and_marks_the_draw(self, axes):
        figures.strip(axes, [0.25, 0.75, 1.0], WORDS, 0.5, title="A draw")
        boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        widths = np.array([box.get_width() for box in boxes]) + 1.5  # and the gap between two
        assert widths / widths.sum() == pytest.approx([0.25, 0.5, 0.25])
        assert [to_hex(box.get_facecolor()) == figures.ACCENT for box in boxes] == [False, True, False]
        assert {"Sally", "adored", "she", "0.50", "draw 0.500: adored"} <= set(written(axes))
        [needle] = axes.lines
        middle = boxes[1].get_x() + boxes[1].get_width() / 2
        assert needle.get_xdata() == pytest.approx([middle, middle])

    def test_many_thin_shares_are_drawn_as_one_and_counted(self, axes):
        edges = torch.cat([torch.linspace(0.001, 0.4, 400), torch.tensor([1.0])])
        figures.strip(axes, edges, [f"w{i}" for i in range(401)], 0.7)
        assert "400 words" in written(axes)
        assert len([patch for patch in axes.patches if isinstance(patch, Rectangle)]) == 2

    @pytest.mark.parametrize("draw", [-0.1, 1.1])
    def test_a_draw_lies_between_nought_and_one(self, axes, draw):
        with pytest.raises(ValueError, match="a draw lies between 0 and 1"):
            figures.strip(axes, [0.5, 1.0], WORDS[:2], draw)

    def test_there_is_an_edge_for_each_word(self, axes):
        with pytest.raises(ValueError, match="edges must have shape"):
            figures.strip(axes, [0.5, 1.0], WORDS, 0.5)


class TestTrees:
    PARENTS, TOTALS = [-1, -1, 0, 0, 3], [-0.25, -2.0, -3.0, -0.5, -0.75]

    def test_nodes_stand_in_columns_by_length_the_first_on_top(self, axes):
        figures.tree(axes, self.PARENTS, list("abcde"), self.TOTALS, [4, 2], title="A search")
        place = {text.get_text(): text.get_position() for text in axes.texts}
        across, down = ({name: place[name][axis] for name in "abcde"} for axis in (0, 1))
        assert across["a"] == across["b"] < across["d"] < across["e"]
        assert down["a"] == down["c"] == down["e"] < down["b"] == down["d"]
        assert place["−0.50"][0] == across["d"]

    def test_the_path_to_the_best_is_drawn_in_the_languages_colour_and_the_likelier_the_thicker(self, axes):
        figures.tree(axes, self.PARENTS, list("abcde"), self.TOTALS, [4, 2], language="french")
        lines = [patch for patch in axes.patches if isinstance(patch, PathPatch)]
        best = [to_hex(line.get_edgecolor()) == figures.ROLES["french"] for line in lines]
        assert best == [True, False, False, True, True]
        assert lines[2].get_linewidth() < lines[3].get_linewidth()
        assert lines[0].get_linewidth() == lines[3].get_linewidth(), "each the largest of its column"

    def test_a_parent_comes_before_its_child(self, axes):
        with pytest.raises(ValueError, match="node 1 of the tree has parent 1"):
            columns_of([-1, 1])
        with pytest.raises(ValueError, match="2 parents, 1 words, 2 totals"):
            figures.tree(axes, [-1, 0], ["a"], [0.0, 0.0], [])

    def test_an_empty_tree_is_only_its_start(self, axes):
        figures.tree(axes, [], [], [], [])
        assert len(axes.patches) == 1


def test_panels_stand_in_rows_where_one_row_does_not_hold_them():
    panel = io.BytesIO()
    Image.new("RGB", (2 * 400, 2 * 100), "black").save(panel, "png")
    whole = Image.open(io.BytesIO(figures.beside([panel.getvalue()] * 3, gap=10)))
    assert whole.size == (2 * 400, 2 * 320)
    assert [whole.getpixel((5, 2 * y)) for y in (50, 105, 115)] == [(0, 0, 0), (255, 255, 255), (0, 0, 0)]
