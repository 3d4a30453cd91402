"""Inverse-CDF sampling: a uniform number falls on one word's segment of the line from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from transformer_lib.figures.sentences import LETTER, page
from transformer_lib.figures.style import ACCENT, INK, LINE, PAPER, SEQUENTIAL, SOFT, array_of

THIN = 6.0
"""CSS pixels: narrower shares side by side are drawn as one."""

SEEN = 2.0
"""CSS pixels: the chosen share is drawn at least so wide."""


def drawn_at(edges: Sequence[float], draw: float) -> int:
    """Index of the segment that the draw falls on: the first edge beyond draw · (last edge).

    >>> drawn_at([0.25, 0.25, 1.0], 0.25), drawn_at([0.25, 0.25, 1.0], 0.2)
    (2, 0)
    """
    at = draw * edges[-1]
    return next((i for i, edge in enumerate(edges) if edge > at), len(edges) - 1)


def pieces(edges: Sequence[float], chosen: int, thin: float) -> list[tuple[int, int, float, float]]:
    """The line as segments (first place, last place, from, to), thin neighbours merged.

    The chosen segment is never merged.

    >>> pieces([0.5, 0.5, 0.51, 0.52, 1.0], chosen=0, thin=0.1)
    [(0, 0, 0.0, 0.5), (2, 3, 0.5, 0.52), (4, 4, 0.52, 1.0)]
    """
    out: list[tuple[int, int, float, float]] = []
    low, open_ = 0.0, False
    for i, high in enumerate(edges):
        if high <= low:
            continue
        narrow = high - low < thin and i != chosen
        if narrow and open_:
            first, _, start, _ = out.pop()
            out.append((first, i, start, high))
        else:
            out.append((i, i, low, high))
        low, open_ = high, narrow
    return out


def strip(axes: Axes, edges, labels: Sequence[str], draw: float, title: str | None = None) -> None:
    """Cut the line from 0 to 1 at the cumulative `edges` (V,), and mark the draw and the word that it falls on.

    Raises:
        ValueError: if there is not one edge for each label, or the draw lies outside 0 … 1.
    """
    edges = array_of(edges, (len(labels),), "edges").tolist()
    if not 0 <= draw <= 1:
        raise ValueError(f"a draw lies between 0 and 1, got {draw:g}")
    width, _ = page(axes, title)
    left, room = 6.0, width - 12.0
    chosen = drawn_at(edges, draw)
    for k, (first, last, low, high) in enumerate(pieces(edges, chosen, THIN / room * edges[-1])):
        start, end = left + low / edges[-1] * room, left + high / edges[-1] * room
        mine = first == last == chosen
        colour = ACCENT if mine else LINE if first != last else SEQUENTIAL[1 + k % 2]
        inset = 0.75 if end - start > 4 else min(0.0, (end - start - SEEN) / 2) if mine else 0.0
        box = Rectangle((start + inset, 30), end - start - 2 * inset, 34, facecolor=colour, linewidth=0)
        box.set_zorder(1 + mine)
        axes.add_patch(box)
        name = labels[first] if first == last else f"{last - first + 1} words"
        if end - start > LETTER * len(name) + 6:
            ink = PAPER if mine else INK
            axes.text((start + end) / 2, 42, name, ha="center", va="center", color=ink)
            axes.text(
                (start + end) / 2, 55, f"{high - low:.2f}", ha="center", va="center", color=ink, fontsize=7
            )
    place = left + draw * room
    axes.add_patch(Polygon([(place - 5, 20), (place + 5, 20), (place, 29)], facecolor=INK, linewidth=0))
    axes.plot([place, place], [28, 66], color=INK, linewidth=1.2)
    said = f"draw {draw:.3f}: {labels[chosen]}"
    half = LETTER * len(said) / 2
    axes.text(
        min(max(place, left + half), width - half), 10, said, ha="center", va="center", color=INK, fontweight="bold"
    )  # fmt: skip
    for k in range(5):
        axes.text(left + k / 4 * room, 76, f"{k / 4:g}", ha="center", va="center", color=SOFT, fontsize=7)
