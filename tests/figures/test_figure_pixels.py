"""Pixels of the stills: colours, contrast, sizes, nothing cut off. Long: the colour arithmetic and every figure."""

from __future__ import annotations

import io
import itertools
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from colorspacious import cspace_convert
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from transformer_lib import figures, live
from transformer_lib.figures.style import GROUNDS, INK, LINE, PAPER, SMALL, SOFT
from transformer_lib.live.views import VIEWS

SALLY = [
    "Sally", "adored", "reading", ";", "when", "she", "received", "a", "book", "for", "her", "birthday", "she", "was",
]  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
STYLE = (live.widget.STATIC / "live.css").read_text("utf-8")

# colorspacious: Machado, Oliveira and Fernandes 2009, full severity.
SIGHTS = {
    "all cones": "sRGB1",
    "no long-wave cones": {"name": "sRGB1+CVD", "cvd_type": "protanomaly", "severity": 100},
    "no middle-wave cones": {"name": "sRGB1+CVD", "cvd_type": "deuteranomaly", "severity": 100},
    "no short-wave cones": {"name": "sRGB1+CVD", "cvd_type": "tritanomaly", "severity": 100},
}
APART = 15  # in CIELAB, where about 2 is just noticeable


def seen(colour, sight="all cones") -> np.ndarray:
    """The sRGB colour, from 0 to 1, as simulated for a kind of colour vision."""
    return np.clip(cspace_convert(to_rgb(colour), SIGHTS[sight], "sRGB1"), 0, 1)


def lab(colour, sight="all cones") -> np.ndarray:
    """CIELAB under D65, as simulated for a kind of colour vision."""
    return cspace_convert(seen(colour, sight), "sRGB1", "CIELab")


def contrast(one, other) -> float:
    """WCAG 2.2, relative luminance."""
    low, high = sorted(float(cspace_convert(to_rgb(colour), "sRGB1", "XYZ1")[1]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def variable(name: str, mode: int) -> str:
    """A colour of the page's style sheet: 0 the light one, 1 the dark one."""
    value = re.findall(rf"--{name}: ([^;]+);", STYLE)
    return variable(value[0][6:-1], mode) if value[0].startswith("var(") else value[mode]


def series(mode: int) -> list[str]:
    return [variable(f"series-{k}", mode) for k in range(len(figures.SERIES))]


NETWORKS = ("attention", "rnn", "lstm", "gru", "orthogonal")
PALETTES = {
    "series and accent": [figures.ACCENT, *figures.SERIES],
    "series and accent in the dark": [variable("query", 1), *series(1)],
    "query, key, value": [figures.ROLES[role] for role in ("query", "key", "value")],
    "query, key, value in the dark": [variable(role, 1) for role in ("query", "key", "value")],
    "networks": [variable(name, 0) for name in NETWORKS],
    "networks in the dark": [variable(name, 1) for name in NETWORKS],
    "languages": [figures.ROLES["english"], figures.ROLES["french"]],
    "languages in the dark": [variable("english", 1), variable("french", 1)],
}


class TestColours:
    def test_the_measures_know_black_white_and_red(self):
        assert lab("white") == pytest.approx([100, 0, 0], abs=0.02)  # D65 is rounded here and there
        assert lab("black") == pytest.approx([0, 0, 0], abs=0.01)
        assert lab("red") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
        assert contrast("white", "black") == pytest.approx(21, abs=0.001)  # the same rounding
        greyed = {to_hex(seen(c, "no middle-wave cones")) for c in ("white", "black")}
        assert len(greyed) == 2

    def test_the_map_falls_evenly_in_lightness(self):
        lightness = [lab(colour)[0] for colour in figures.colour_map()(np.linspace(0, 1, 101))[:, :3]]
        steps = -np.diff(lightness)
        assert (steps > 0).all()
        assert lightness[0] > 95
        assert lightness[-1] < 20
        stops = -np.diff([lab(colour)[0] for colour in figures.SEQUENTIAL])
        assert stops.max() / stops.min() < 1.9

    @pytest.mark.parametrize("sight", SIGHTS)
    def test_the_map_falls_in_lightness_for_every_sight(self, sight):
        lightness = [lab(colour, sight)[0] for colour in figures.colour_map()(np.linspace(0, 1, 51))[:, :3]]
        assert (np.diff(lightness) < 0).all()

    def test_the_map_runs_through_its_stops(self):
        found = [to_hex(figures.colour_map()(i / 6)) for i in range(7)]
        for colour, stop in zip(found, figures.SEQUENTIAL, strict=True):
            assert np.abs(np.subtract(to_rgb(colour), to_rgb(stop))).max() <= 2 / 255 + 1e-9

    @pytest.mark.parametrize("sight", SIGHTS)
    @pytest.mark.parametrize("palette", PALETTES)
    def test_any_two_colours_of_a_palette_are_told_apart(self, palette, sight):
        for one, other in itertools.combinations(PALETTES[palette], 2):
            assert np.linalg.norm(lab(one, sight) - lab(other, sight)) >= APART, (one, other)

    @pytest.mark.parametrize("sight", SIGHTS)
    def test_the_accent_stands_out_from_every_weight(self, sight):
        for weight in np.linspace(0, 1, 21):
            colour = figures.colour_map()(weight)[:3]
            assert np.linalg.norm(lab(figures.ACCENT, sight) - lab(colour, sight)) >= 2 * APART

    @pytest.mark.parametrize("colour", [INK, SOFT, *figures.ROLES.values(), *figures.SERIES])
    def test_what_is_written_in_a_colour_can_be_read_on_white(self, colour):
        assert contrast(colour, PAPER) >= 4.5

    @pytest.mark.parametrize("colour", [*series(1), *(variable(role, 1) for role in figures.ROLES)])
    def test_what_is_written_in_the_dark_can_be_read_on_the_card(self, colour):
        assert contrast(colour, variable("card", 1)) >= 4.5

    @pytest.mark.parametrize("mode", [0, 1])
    @pytest.mark.parametrize("role", [*figures.ROLES, "press"])
    def test_what_is_written_in_the_colour_of_a_role_can_be_read_on_its_ground(self, role, mode):
        assert contrast(variable(role, mode), variable(f"{role}-ground", mode)) >= 4.5

    def test_the_page_draws_the_colours_of_the_stills(self):
        assert series(0) == figures.SERIES
        assert {role: variable(role, 0) for role in figures.ROLES} == figures.ROLES
        assert {role: variable(f"{role}-ground", 0) for role in GROUNDS} == GROUNDS
        assert [variable(name, 0) for name in ("ink", "soft", "line")] == [INK, SOFT, LINE]

    def test_a_network_has_one_colour_in_stills_and_on_the_page(self):
        kinds = ("GRU with attention", "RNN", "LSTM", "GRU", "RNN, orthogonal")
        places = [figures.network_colour(name) for name in kinds]
        assert [figures.SERIES[place] for place in places] == [variable(name, 0) for name in NETWORKS]

    def test_no_drawing_and_no_figure_names_a_colour_of_its_own(self):
        names = "white|black|red|blue|green|orange|gr[ae]y"
        named = re.compile(
            rf"#(?:[0-9a-fA-F]{{3}}){{1,2}}\b|\brgba?\(|(?:colou?r|fill|stroke)[\"']?[=:] ?[\"'](?:{names})[\"']"
        )
        ours = [
            path
            for folder, kind in (
                ("page", "*.js"),
                ("transformer_lib/figures", "*.py"),
                ("transformer_lib/live", "*.py"),
            )
            for path in (ROOT / folder).rglob(kind)
            if path.name != "style.py"
        ]
        assert len(ours) > 60
        assert [path.name for path in ours if named.search(path.read_text("utf-8"))] == []
        _, *rules = re.split(r"\n(?=\.role-q)", STYLE)  # below the colours by role, a rule names variables
        assert [
            line for rule in rules for line in rule.splitlines() if named.search(line) and "--" not in line
        ] == []

    @pytest.mark.parametrize("mode", [0, 1])
    def test_shaded_words_of_the_page_can_be_read_in_both_themes(self, mode):
        script = (ROOT / "page/picture/svg.js").read_text("utf-8")
        ends = [(float(end), name) for end, name in re.findall(r'\[([\d.]+), "(\w+)"\]', script)]
        assert [name for _, name in ends] == ["faint", "light", "low", "mid"]
        stops = figures.SEQUENTIAL if mode == 0 else re.findall(r"--map-\d: (#\w+)", STYLE)
        ink, card = variable("ink", mode), variable("card", mode)
        low = ink if mode == 0 else re.findall(r"--on-low: (#\w+)", STYLE)[0]
        inks = {"light": [ink], "low": [low], "mid": ["#000000"], "high": [card]}
        inks["faint"] = [ink, variable("english", mode), variable("french", mode)]
        for weight in np.linspace(0, 1, 201):
            place, share = min(int(weight * 6), 5), weight * 6 - min(int(weight * 6), 5)
            shade = tuple(
                (1 - share) * np.array(to_rgb(stops[place])) + share * np.array(to_rgb(stops[place + 1]))
            )
            name = next((name for end, name in ends if weight < end), "high")
            for colour in inks[name]:
                assert contrast(colour, shade) >= 4.4, (weight, colour)  # 4.5 but for the rounding of shades

    def test_numbers_on_shaded_cells_can_be_read(self):
        with figures.style():
            picture, axes = figures.figure(700, 60)
            figures.numbers(axes, np.linspace(0, 1, 21)[None], ["row"], [""] * 21, shade=1.0)
            for text, cell in zip(axes.texts, axes.patches, strict=True):
                assert contrast(text.get_color(), cell.get_facecolor()[:3]) >= 4.5
            figures.plt.close(picture)

    def test_shaded_words_can_be_read(self):
        with figures.style():
            picture, axes = figures.figure(736, 200)
            figures.words(axes, np.linspace(0, 1, 21), ["word"] * 21)
            for text, box in zip(axes.texts[::2], axes.patches, strict=True):
                assert contrast(text.get_color(), box.get_facecolor()[:3]) >= 4.5
            figures.plt.close(picture)


def chunks(png: bytes) -> list[str]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    names, place = [], 8
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        names.append(name.decode("ascii"))
        place += 12 + length
    return names


def drawn(draw, width=360, height=240) -> Image.Image:
    with figures.style():
        picture, axes = figures.figure(width, height)
        draw(axes)
        return Image.open(io.BytesIO(figures.png(picture))).convert("RGB")


class TestFiles:
    @pytest.mark.parametrize(("width", "height"), [(360, 370), (211, 97), (736, 110)])
    def test_two_pixels_for_each_of_the_page(self, width, height):
        image = drawn(lambda axes: axes.plot([0, 1]), width, height)
        assert image.size == (2 * width, 2 * height)

    def test_nothing_but_the_picture(self):
        with figures.style():
            picture, axes = figures.figure(200, 100)
            axes.set_title("a title")
            one = figures.png(picture)
        for file in (one, figures.beside([one, one], 16)):
            assert set(chunks(file)) <= {"IHDR", "pHYs", "IDAT", "IEND"}

    def test_the_same_picture_is_the_same_bytes(self):
        def once():
            with figures.style():
                picture, axes = figures.figure(200, 100)
                figures.bars(axes, [0.25, 0.75], ["she", "was"], title="t")
                return figures.png(picture)

        assert once() == once()

    def test_no_figure_is_left_open(self):
        before = figures.plt.get_fignums()
        drawn(lambda axes: None)
        assert figures.plt.get_fignums() == before

    def test_the_style_ends_with_its_context(self):
        before = dict(figures.plt.rcParams)
        with figures.style():
            assert figures.plt.rcParams["font.size"] == SMALL
        assert dict(figures.plt.rcParams) == before

    @pytest.mark.parametrize(("width", "height"), [(0, 100), (100, 0), (-5, 5)])
    def test_a_size_must_be_positive(self, width, height):
        with pytest.raises(ValueError, match="positive size") as raised:
            figures.figure(width, height)
        assert str(raised.value) == f"a figure needs a positive size in CSS pixels, got {width} by {height}"

    def test_panels_keep_their_pixels_beside_each_other(self):
        def block(colour, size):
            out = io.BytesIO()
            Image.new("RGB", size, colour).save(out, "png")
            return out.getvalue()

        whole = Image.open(
            io.BytesIO(figures.beside([block("red", (40, 60)), block("blue", (20, 30))], gap=5))
        )
        assert whole.size == (40 + 10 + 20, 60)
        pixels = [
            whole.getpixel(p) for p in ((0, 0), (39, 59), (40, 0), (49, 0), (50, 0), (69, 29), (60, 30))
        ]
        red, blue, white = (255, 0, 0), (0, 0, 255), (255, 255, 255)
        assert pixels == [red, red, white, white, blue, blue, white]


class TestMapPixels:
    WEIGHTS = np.array([[0.0, 0.25, 0.5], [0.75, 1.0, 0.1]])

    def middles(self, **options):
        """The colour at the middle of each cell, and the picture."""
        places = {}

        def draw(axes):
            figures.attention_map(axes, self.WEIGHTS, ["she", "was"], ["Sally", "adored", "it"], **options)
            axes.figure.canvas.draw()
            height = axes.figure.bbox.height
            for row, column in np.ndindex(2, 3):
                x, y = axes.transData.transform(
                    (column + 0.15, row + 0.2)
                )  # clear of a line through the middle
                places[row, column] = (round(x), round(height - y))

        image = drawn(draw)
        return {cell: image.getpixel(place) for cell, place in places.items()}, image

    def test_each_cell_has_the_colour_of_its_weight(self):
        found, _ = self.middles()
        for cell, colour in found.items():
            expected = 255 * np.array(figures.colour_map()(self.WEIGHTS[cell])[:3])
            assert np.abs(np.array(colour) - expected).max() <= 1.5, cell

    def test_a_larger_weight_is_darker(self):
        found, _ = self.middles()
        order = sorted(found, key=lambda cell: self.WEIGHTS[cell])
        lightness = [lab(np.array(found[cell]) / 255)[0] for cell in order]
        assert (np.diff(lightness) < 0).all()

    def test_a_hidden_cell_is_white_whatever_its_weight(self):
        allowed = np.array([[1, 0, 1], [1, 0, 1]], dtype=bool)
        found, _ = self.middles(allowed=allowed)
        assert found[1, 1] == (255, 255, 255)
        assert found[0, 0] != (255, 255, 255)

    def test_the_chosen_row_is_framed_in_the_accent(self):
        accent = np.round(255 * np.array(to_rgb(figures.ACCENT)))

        def rows(image):
            there = (np.abs(np.asarray(image, dtype=int) - accent).max(-1) <= 2).sum(1)
            return [int(y) for y in np.flatnonzero(there > image.width / 3)]

        _, plain = self.middles()
        _, first = self.middles(selected=0)
        _, second = self.middles(selected=1)
        assert rows(plain) == []
        assert max(rows(first)) - min(rows(first)) == pytest.approx(
            max(rows(second)) - min(rows(second)), abs=3
        )
        assert min(rows(second)) >= max(rows(first)) - 6

    def test_the_chosen_label_is_bold_and_in_the_accent(self):
        with figures.style():
            picture, axes = figures.figure(200, 200)
            figures.attention_map(axes, self.WEIGHTS, ["she", "was"], ["a", "b", "c"], selected=1)
            styles = [(label.get_color(), label.get_fontweight()) for label in axes.get_yticklabels()]
            figures.plt.close(picture)
        assert styles == [(INK, "normal"), (figures.ACCENT, "bold")]

    @pytest.mark.parametrize("selected", [-1, 2])
    def test_there_must_be_such_a_row(self, selected):
        with pytest.raises(ValueError, match="no row") as raised:
            drawn(lambda axes: figures.attention_map(axes, self.WEIGHTS, "ab", "abc", selected=selected))
        assert str(raised.value) == f"there is no row {selected}: the map has 2 rows"
        figures.plt.close("all")

    @pytest.mark.parametrize(("rows", "columns"), [("abc", "abc"), ("ab", "ab")])
    def test_labels_must_fit(self, rows, columns):
        with pytest.raises(ValueError, match="weights must have shape") as raised:
            drawn(lambda axes: figures.attention_map(axes, torch.tensor(self.WEIGHTS), rows, columns))
        shape = (len(rows), len(columns))
        assert str(raised.value) == f"weights must have shape {shape}, one entry for each label; got (2, 3)"
        figures.plt.close("all")


class TestBarPixels:
    def lengths(self, values, **options):
        bar = np.round(255 * np.array(to_rgb(figures.SEQUENTIAL[4])))
        image = drawn(
            lambda axes: figures.bars(axes, values, [f"w{i}" for i in range(len(values))], **options)
        )
        there = (np.abs(np.asarray(image, dtype=int) - bar).max(-1) <= 2).sum(1)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (there > 3).astype(int), [0]])))
        return [int(np.median(there[start:stop])) for start, stop in edges.reshape(-1, 2)]

    def test_bars_are_as_long_as_their_values(self):
        quarter, half, full = self.lengths([0.25, 0.5, 1.0])
        assert half / quarter == pytest.approx(2, abs=0.03)
        assert full / quarter == pytest.approx(4, abs=0.06)

    def test_a_bar_is_full_at_the_maximum_and_ends_there(self):
        assert self.lengths([0.5], maximum=1.0) == pytest.approx(self.lengths([1.0], maximum=2.0), abs=1)
        assert self.lengths([9.0]) == pytest.approx(self.lengths([1.0]), abs=1)


def texts(axes) -> list:
    """Everything written: titles, texts, and the labels of ticks that are on view."""
    found = [*axes.texts, axes._left_title, axes.title]
    if axes.axison:
        found += [axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            found += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [text for text in found if text.get_text() and text.get_visible()]


def cut_off(figure) -> list[str]:
    """Texts that reach beyond the picture."""
    figure.canvas.draw()
    frame = figure.bbox
    return [
        text.get_text()
        for axes in figure.axes
        for text in texts(axes)
        for box in [text.get_window_extent()]
        if box.width
        and not (
            box.x0 >= frame.x0 - 1 and box.x1 <= frame.x1 + 1 and box.y0 >= -1 and box.y1 <= frame.y1 + 1
        )
    ]


def overlapping(labels) -> list[tuple[str, str]]:
    boxes = [(label.get_text(), label.get_window_extent().shrunk(0.9, 0.9)) for label in labels]
    return [(a, b) for (a, one), (b, other) in itertools.combinations(boxes, 2) if one.overlaps(other)]


class TestRoom:
    """The longest sentence of the book fits into the panels of the book."""

    def test_a_map_of_fourteen_words(self):
        _, heatmap, bars = VIEWS["sentence"].drawings
        with figures.style():
            picture, axes = figures.figure(heatmap.width, heatmap.height)
            weights = torch.full((14, 14), 1 / 14)
            figures.attention_map(axes, weights, SALLY, SALLY, selected=11, title=heatmap.title)
            assert cut_off(picture) == []
            assert overlapping(axes.get_yticklabels()) == []
            assert overlapping(axes.get_xticklabels()) == []
            figures.plt.close(picture)
            picture, axes = figures.figure(bars.width, bars.height)
            figures.bars(axes, torch.linspace(0, 1, 14), SALLY, title=bars.title)
            assert cut_off(picture) == []
            assert overlapping([*axes.get_yticklabels(), *axes.texts]) == []
            figures.plt.close(picture)

    def test_the_words_of_a_sentence_wrap_and_fit(self):
        with figures.style():
            picture, axes = figures.figure(736, 110)
            figures.words(axes, torch.full((14,), 1 / 14), SALLY, title="Who is looked at", selected=5)
            assert cut_off(picture) == []
            assert overlapping(axes.texts) == []
            figures.plt.close(picture)

    def test_links_between_two_sentences(self):
        with figures.style():
            picture, axes = figures.figure(736, 220)
            figures.links(
                axes, torch.full((14, 14), 1 / 14), SALLY, SALLY, title="Who looks at whom", selected=3
            )
            assert cut_off(picture) == []
            figures.plt.close(picture)

    def test_names_at_the_ends_of_curves(self):
        with figures.style():
            picture, axes = figures.figure(480, 300)
            names = ["recurrent network", "LSTM", "attention"]
            figures.curves(
                axes,
                [1, 2, 4, 8],
                torch.rand(3, 4),
                names,
                title="t",
                across="distance",
                up="share",
                log_x=True,
            )
            assert cut_off(picture) == []
            assert overlapping(axes.texts) == []
            figures.plt.close(picture)

    def test_steps_of_a_row(self):
        column = figures.quantities.Column
        columns = [
            column("q · k", "product", [112.0, 75.0, 60.0, 12.0, -105.0], 112, signed=True),
            column("÷ √d", "÷ 1.41", [79.2, 53.0, 42.4, 8.5, -74.2], 112, signed=True),
            column("softmax", "weight", [0.993, 0.0, 0.0, 0.0, 0.007], 1, digits=3),
        ]
        with figures.style():
            picture, axes = figures.figure(224, 340)
            figures.stages(
                axes, columns, ["Sally", "adored", "reading", "when", "she"], title="From products to weights"
            )
            assert cut_off(picture) == []
            assert overlapping(axes.texts) == []
            figures.plt.close(picture)

    @pytest.mark.parametrize("draw", [0.0, 0.4, 0.999])
    def test_a_draw_among_few_and_many_words(self, draw):
        words = [f"{word}-{i}" for i, word in enumerate(SALLY * 20)]
        for edges in (np.linspace(0, 1, len(words) + 1)[1:], np.r_[np.zeros(len(words) - 3), 0.1, 0.97, 1.0]):
            with figures.style():
                picture, axes = figures.figure(736, 112)
                figures.strip(axes, edges, words, draw, title="Where the draw falls")
                assert cut_off(picture) == []
                assert overlapping(axes.texts) == []
                figures.plt.close(picture)

    def test_the_tree_of_a_wide_search_of_a_long_sentence(self):
        size, steps = 8, 14
        parents = [-1] * size + [
            step * size + place // 2 for step in range(steps - 1) for place in range(size)
        ]
        words = [SALLY[step] for step in range(steps) for _ in range(size)]
        totals = [-1.5 * step - place for step in range(steps) for place in range(size)]
        ranks = list(range(size * (steps - 1), size * steps))
        with figures.style():
            picture, axes = figures.figure(736, 330)
            figures.tree(axes, parents, words, totals, ranks, title="What the beam keeps")
            assert cut_off(picture) == []
            assert overlapping(axes.texts) == []
            figures.plt.close(picture)
