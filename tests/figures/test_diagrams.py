"""Diagrams: every box is drawn inside the axes, nothing overlaps, arrows and highlights name boxes that exist."""

import itertools

import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from transformer_lib import figures
from transformer_lib.figures import diagrams, passes

WORDS = ["je", "suis", "content", ".", "<eos>"]
DIAGRAMS = {
    "overview": (diagrams.overview, (460, 70), 3),
    "stacks": (diagrams.stacks, (460, 240), 9),
    "stacks of six": (lambda axes: diagrams.stacks(axes, 6), (460, 240), 17),
    "encoder layer": (diagrams.encoder_layer, (260, 300), 8),
    "encoder layer, norm last": (lambda axes: diagrams.encoder_layer(axes, norm_first=False), (260, 300), 8),
    "decoder layer": (diagrams.decoder_layer, (420, 420), 12),
    "transformer": (diagrams.transformer, (460, 470), 14),
    "one pass": (lambda axes: passes.forced(axes, WORDS), (430, 150), 12),
    "a pass for each word": (lambda axes: passes.written(axes, WORDS), (478, 200), 21),
}


ARROWS = {
    "a pass for each word": 9
}  # memory into five passes, four words down; elsewhere all boxes are joined


@pytest.fixture(params=DIAGRAMS)
def drawn(request):
    function, size, count = DIAGRAMS[request.param]
    with figures.style():
        picture, axes = figures.figure(*size)
        function(axes)
        picture.canvas.draw()
        yield axes, size, count
    plt.close(picture)


def boxes(axes):
    found = [p for p in axes.patches if isinstance(p, FancyBboxPatch) and p.get_linestyle() == "solid"]
    return [box for box in found if box.get_width() > 1]  # where an arrow meets a wide box is no box


def test_every_box_lies_inside_its_axes_and_apart_from_the_others(drawn):
    axes, (width, height), count = drawn
    found = [box.get_path().get_extents(box.get_patch_transform()) for box in boxes(axes)]
    assert len(found) == count
    for box in found:
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
    for one, other in itertools.combinations(found, 2):
        assert not one.overlaps(other)


def test_every_label_fits_its_box(drawn):
    axes, _, _ = drawn
    renderer = axes.figure.canvas.get_renderer()
    for text in axes.texts:
        around = [
            box for box in boxes(axes) if box.contains_point(axes.transData.transform(text.get_position()))
        ]
        for box in around:
            assert text.get_window_extent(renderer).width <= box.get_window_extent(renderer).width


def test_arrows_join_the_boxes(drawn, request):
    axes, _, count = drawn
    least = ARROWS.get(request.node.callspec.params["drawn"], count - 1)
    assert sum(isinstance(p, FancyArrowPatch) for p in axes.patches) >= least


def test_a_highlighted_box_stands_out():
    with figures.style():
        picture, axes = figures.figure(460, 470)
        diagrams.transformer(axes, ["cross-attention"])
        [chosen] = [text for text in axes.texts if text.get_fontweight() == "bold"]
    assert chosen.get_text() == "cross-attention"
    plt.close(picture)


def test_an_unknown_box_is_named():
    with figures.style():
        picture, axes = figures.figure(460, 470)
        with pytest.raises(ValueError, match="no box is called attention 3"):
            diagrams.transformer(axes, ["attention 3"])
    plt.close(picture)


def test_a_stack_needs_a_layer():
    with pytest.raises(ValueError, match="at least one layer, got 0"):
        diagrams.stacks(None, 0)
