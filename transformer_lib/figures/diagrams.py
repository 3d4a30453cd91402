"""Diagrams of the architecture: model, stacks, layers. Long: each diagram is a table of boxes and arrows.

Each function draws on the axes that it is given. A diagram is a list of boxes and a list of arrows between them;
`highlight` names the boxes to emphasise.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from transformer_lib.figures.style import (
    ACCENT,
    GROUNDS,
    INK,
    PALE,
    PAPER,
    ROLES,
    SEQUENTIAL,
    SMALL,
    SOFT,
    spoken,
)

FILLS = {
    "plain": SEQUENTIAL[0], "attention": PALE, "dense": GROUNDS["stream"], "norm": PAPER, "end": PAPER,
    "english": GROUNDS["english"], "french": GROUNDS["french"],
}  # fmt: skip
"""Kinds of boxes: mixing of positions, position-wise computation, normalisation, input and output, words of a language."""


@dataclass(frozen=True)
class Box:
    """A labelled box; `x` and `y` are its centre in CSS pixels, y upwards."""

    x: float
    y: float
    text: str
    kind: str = "plain"
    width: float = 128
    height: float = 26


@dataclass(frozen=True)
class Arrow:
    """An arrow between two boxes, by name, through corner points; enters the side that `into` names."""

    start: str
    end: str
    via: Sequence[tuple[float, float]] = ()
    into: str = "bottom"
    out: str = "top"
    label: str = ""


def draw(
    axes: Axes,
    size: tuple[float, float],
    boxes: Mapping[str, Box],
    arrows: Sequence[Arrow],
    highlight: Collection[str] = (),
) -> None:
    """Draw boxes and arrows on axes of `size` CSS pixels.

    Raises:
        ValueError: if an arrow or a highlight names a box that is not there.
    """
    named = {name for arrow in arrows for name in (arrow.start, arrow.end)} | set(highlight)
    if unknown := sorted(named - boxes.keys()):
        raise ValueError(f"no box is called {', '.join(unknown)}; there are {', '.join(boxes)}")
    axes.set(xlim=(0, size[0]), ylim=(0, size[1]))
    axes.set_aspect("equal")
    axes.axis("off")
    for arrow in arrows:
        _arrow(axes, arrow, boxes)
    for name, box in boxes.items():
        chosen = name in highlight
        axes.add_patch(
            FancyBboxPatch(
                (box.x - box.width / 2, box.y - box.height / 2),
                box.width,
                box.height,
                boxstyle="round,pad=0,rounding_size=5",
                facecolor=FILLS[box.kind],
                edgecolor=ACCENT if chosen else SOFT if box.kind not in ("end", *GROUNDS) else "none",
                linewidth=2.0 if chosen else 0.9,
                zorder=3,
            )
        )
        weight = "bold" if chosen else "normal"
        mark = spoken(box.kind if box.kind in GROUNDS else "")
        axes.text(box.x, box.y, box.text, ha="center", va="center", zorder=4, fontweight=weight, **mark)


def _arrow(axes: Axes, arrow: Arrow, boxes: Mapping[str, Box]) -> None:
    points = [_side(boxes[arrow.start], arrow.out), *arrow.via, _side(boxes[arrow.end], arrow.into)]
    for start, end in itertools.pairwise(points[:-1]):
        axes.plot(*zip(start, end, strict=True), color=INK, linewidth=0.9, solid_capstyle="round", zorder=2)
    axes.add_patch(
        FancyArrowPatch(
            points[-2],
            points[-1],
            arrowstyle="-|>",
            mutation_scale=8,
            shrinkA=0,
            shrinkB=0,
            linewidth=0.9,
            color=INK,
        )
    )
    if arrow.label:
        (x0, y0), (x1, y1) = points[0], points[1]
        axes.text((x0 + x1) / 2 + 4, (y0 + y1) / 2, arrow.label, fontsize=SMALL, color=SOFT, va="center")


def _side(box: Box, side: str) -> tuple[float, float]:
    across = {"left": -0.5, "right": 0.5}.get(side, 0.0)
    along = {"bottom": -0.5, "top": 0.5}.get(side, 0.0)
    return box.x + across * box.width, box.y + along * box.height


def overview(axes: Axes, source: str = "I am happy", target: str = "je suis content") -> None:
    """The model as one box between source and target sentence. Needs axes of 460 by 70 CSS pixels."""
    boxes = {
        "source": Box(70, 35, source, "english", 112),
        "transformer": Box(230, 35, "Transformer", "attention", height=40),
        "target": Box(390, 35, target, "french", 112),
    }
    arrows = [
        Arrow("source", "transformer", into="left", out="right"),
        Arrow("transformer", "target", into="left", out="right"),
    ]
    draw(axes, (460, 70), boxes, arrows)


def stacks(axes: Axes, n_layers: int = 2, highlight: Collection[str] = ()) -> None:
    """Encoder and decoder as stacks of layers. Needs axes of 460 by 240 CSS pixels.

    Boxes: source, embed, encoder 1 …, decoder 1 …, next, so far, embed target.
    """
    if n_layers < 1:
        raise ValueError(f"a stack needs at least one layer, got {n_layers}")
    step = 96 / max(n_layers, 2)
    height = min(26.0, step - 8)
    boxes = {
        "source": Box(120, 14, "I am happy", "english", 112, 24),
        "embed": Box(120, 56, "vectors + positions", width=150),
        "so far": Box(340, 14, "je suis", "french", 112, 24),
        "embed target": Box(340, 56, "vectors + positions", width=150),
        "next": Box(340, 218, "next word: content", "french", 150, 24),
    }
    arrows = [Arrow("source", "embed"), Arrow("so far", "embed target")]
    below = ("embed", "embed target")
    for layer in range(1, n_layers + 1):
        y = 100 + (layer - 1) * step
        names = f"encoder {layer}", f"decoder {layer}"
        boxes[names[0]] = Box(120, y, f"encoder layer {layer}", "attention", height=height)
        boxes[names[1]] = Box(340, y, f"decoder layer {layer}", "attention", height=height)
        arrows += [Arrow(lower, name) for lower, name in zip(below, names, strict=True)]
        below = names
    arrows.append(Arrow(below[1], "next"))
    top = boxes[below[0]]
    rise = top.y + top.height / 2 + 14
    for layer in range(1, n_layers + 1):
        y = boxes[f"decoder {layer}"].y
        arrows.append(Arrow(below[0], f"decoder {layer}", [(120, rise), (230, rise), (230, y)], into="left"))
    draw(axes, (460, 240), boxes, arrows, highlight)


def encoder_layer(axes: Axes, norm_first: bool = True, highlight: Collection[str] = ()) -> None:
    """One encoder layer, with its two residual connections. Needs axes of 260 by 300 CSS pixels.

    Boxes: in, norm 1, attention, add 1, norm 2, feed-forward, add 2, out.
    """
    first = ["norm 1", "attention", "add 1"] if norm_first else ["attention", "add 1", "norm 1"]
    second = ["norm 2", "feed-forward", "add 2"] if norm_first else ["feed-forward", "add 2", "norm 2"]
    _layer(axes, (260, 300), [first, second], {"attention": "self-attention"}, highlight)


def decoder_layer(axes: Axes, norm_first: bool = True, highlight: Collection[str] = ()) -> None:
    """One decoder layer: self-attention, cross-attention, feed-forward. Needs axes of 420 by 420 CSS pixels.

    Boxes: in, norm 1, attention, add 1, norm 2, cross, add 2, norm 3, feed-forward, add 3, out, memory.
    """
    blocks = []
    for i, core in enumerate(["attention", "cross", "feed-forward"], 1):
        blocks.append([f"norm {i}", core, f"add {i}"] if norm_first else [core, f"add {i}", f"norm {i}"])
    texts = {"attention": "causal self-attention", "cross": "cross-attention"}
    _layer(axes, (420, 420), blocks, texts, highlight, memory=True)


def _layer(
    axes: Axes,
    size: tuple[float, float],
    blocks: Sequence[Sequence[str]],
    texts: Mapping[str, str],
    highlight: Collection[str],
    memory: bool = False,
) -> None:
    middle = 130.0
    gap = (size[1] - 60) / sum(map(len, blocks))
    boxes = {"in": Box(middle, 14, "one vector per word", "end")}
    arrows: list[Arrow] = []
    below, y = "in", 14.0
    for block in blocks:
        entry = below, y
        for name in block:
            y += gap
            kind = (
                "norm"
                if "norm" in name
                else "end"
                if "add" in name
                else "dense"
                if "feed" in name
                else "attention"
            )
            text = "LayerNorm" if kind == "norm" else "+" if kind == "end" else texts.get(name, name)
            round_ = {"width": 20, "height": 20} if kind == "end" else {}
            boxes[name] = Box(middle, y, text, "plain" if kind == "end" else kind, **round_)
            arrows.append(Arrow(below, name))
            below = name
            if "add" in name:  # the residual connection starts where this block was entered
                start, height = entry
                fork = height + boxes[start].height / 2 + 6
                arrows.append(Arrow(start, name, [(middle, fork), (38, fork), (38, y)], into="left"))
    boxes["out"] = Box(middle, size[1] - 14, "one vector per word", "end")
    arrows.append(Arrow(below, "out"))
    if memory:
        cross = boxes["cross"]
        boxes["memory"] = Box(354, cross.y, "the encoder's output", "english", width=132)
        arrows.append(Arrow("memory", "cross", into="right", out="left", label=""))
        axes.text(222, cross.y + 8, "keys,", color=ROLES["key"], ha="center")
        axes.text(262, cross.y + 8, "values", color=ROLES["value"], ha="center")
    draw(axes, size, boxes, arrows, highlight)


def transformer(axes: Axes, highlight: Collection[str] = ()) -> None:
    """The whole model, after figure 1 of Vaswani et al. 2017, with norms first. Needs axes of 460 by 470 CSS pixels.

    Boxes: source, embedding, positions, encoder attention, encoder feed-forward, target, target embedding,
    decoder attention, cross-attention, decoder feed-forward, linear, softmax, next.
    """
    left, right = 130.0, 330.0
    boxes = {
        "source": Box(left, 14, "source ids", "english", height=24),
        "embedding": Box(left, 54, "embedding × √d"),
        "positions": Box(left, 94, "+ positions", "plain"),
        "encoder attention": Box(left, 168, "self-attention", "attention"),
        "encoder feed-forward": Box(left, 226, "feed-forward", "dense"),
        "target": Box(right, 14, "target ids so far", "french", height=24),
        "target embedding": Box(right, 54, "embedding × √d"),
        "target positions": Box(right, 94, "+ positions"),
        "decoder attention": Box(right, 168, "causal self-attention", "attention"),
        "cross-attention": Box(right, 226, "cross-attention", "attention"),
        "decoder feed-forward": Box(right, 284, "feed-forward", "dense"),
        "linear": Box(right, 358, "linear"),
        "softmax": Box(right, 398, "softmax"),
        "next": Box(right, 442, "probabilities of the next word", "french", width=200, height=24),
    }
    chains = [
        ["source", "embedding", "positions", "encoder attention", "encoder feed-forward"],
        ["target", "target embedding", "target positions", "decoder attention", "cross-attention"],
        ["cross-attention", "decoder feed-forward", "linear", "softmax", "next"],
    ]
    arrows = [Arrow(a, b) for chain in chains for a, b in itertools.pairwise(chain)]
    arrows.append(
        Arrow("encoder feed-forward", "cross-attention", [(left, 262), (230, 262), (230, 226)], into="left")
    )
    for x, low, high in [(left, 138, 250), (right, 138, 308)]:
        frame = FancyBboxPatch(
            (x - 82, low),
            164,
            high - low,
            boxstyle="round,pad=0,rounding_size=9",
            facecolor="none",
            edgecolor=SOFT,
            linewidth=0.9,
            linestyle=(0, (4, 3)),
            zorder=1,
        )
        axes.add_patch(frame)
    axes.text(left - 76, 258, "N ×", color=SOFT)
    axes.text(right + 76, 316, "N ×", color=SOFT, ha="right")
    axes.text(
        left,
        440,
        "each block: LayerNorm before,\nresidual connection around",
        fontsize=SMALL,
        color=SOFT,
        ha="center",
    )
    draw(axes, (460, 470), boxes, arrows, highlight)
