"""The tree of a beam search: the beginnings that were kept at each length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from transformer_lib.figures.sentences import page
from transformer_lib.figures.style import INK, PAPER, SEQUENTIAL, SOFT, spoken

LETTER = 7.2
"""Width of a letter in CSS pixels: words of the best path are bold."""

BADGE = 20.0
"""CSS pixels that the rank of a hypothesis takes behind its last word."""

START = (8.0, 4.0)
"""Distance of the start from the left, and its radius."""


def columns_of(parents: Sequence[int]) -> list[int]:
    """Depth of each node of a tree: 1 for those without a parent, one more than the parent otherwise.

    Raises:
        ValueError: if a parent does not come before its child.

    >>> columns_of([-1, -1, 0, 0, 3])
    [1, 1, 2, 2, 3]
    """
    columns: list[int] = []
    for i, parent in enumerate(parents):
        if not -1 <= parent < i:
            raise ValueError(f"node {i} of the tree has parent {parent}: parents come before their children")
        columns.append(1 if parent < 0 else columns[parent] + 1)
    return columns


def path_to(parents: Sequence[int], node: int) -> list[int]:
    """The nodes from the start to this one.

    >>> path_to([-1, -1, 0, 0, 3], 4)
    [0, 3, 4]
    """
    path = []
    while node >= 0:
        path.append(node)
        node = parents[node]
    return path[::-1]


def tree(
    axes: Axes,
    parents: Sequence[int],
    words: Sequence[str],
    totals: Sequence[float],
    ranks: Sequence[int],
    title: str | None = None,
    language: str = "",
) -> None:
    """Draw the kept beginnings of a beam search: a column for each length, in each the beginnings in their order.

    Under each word is ln p of the beginning that it ends; a line is as thick as that beginning's probability beside
    the largest of its column. The ends of hypotheses carry their rank; the path to the first has the colour of
    its language.

    Args:
        parents, words, totals: one for each node, parents before children; -1 is the start.
        ranks: the last node of each hypothesis, best first.
        language: of the words.

    Raises:
        ValueError: if a parent does not come before its child, or the lists do not fit.
    """
    if not len(parents) == len(words) == len(totals):
        raise ValueError(
            f"{len(parents)} parents, {len(words)} words, {len(totals)} totals: one for each node"
        )
    width, height = page(axes, title)
    columns = columns_of(parents)
    places, scale = _places(columns, words, ranks, width, height - 14)
    best = set(path_to(parents, ranks[0])) if len(ranks) else set()
    best_ink = spoken(language)["color"]
    tops = {
        step: max(t for t, column in zip(totals, columns, strict=True) if column == step) for step in columns
    }
    for i, parent in enumerate(parents):
        branch = PathPatch(
            _curve(places[parent], places[i]),
            facecolor="none",
            edgecolor=best_ink if i in best else SEQUENTIAL[3],
            linewidth=0.6 + 1.8 * math.exp(totals[i] - tops[columns[i]]),
            zorder=2 if i in best else 1,
        )
        axes.add_patch(branch)
    middle: dict[str, Any] = {"ha": "center", "va": "center"}
    axes.add_patch(Circle((places[-1].x, places[-1].y), START[1], facecolor=INK, linewidth=0))
    for i, word in enumerate(words):
        mark: dict[str, Any] = {"color": best_ink, "fontweight": "bold"} if i in best else {}
        axes.text(places[i].x, places[i].y, word, fontsize=8.2 * scale, **middle, **spoken(language) | mark)
        below = f"{totals[i]:.2f}".replace("-", "−")
        axes.text(places[i].x, places[i].y + 11.5, below, fontsize=6.6 * scale, color=SOFT, **middle)
    for rank, i in enumerate(ranks):
        at = (places[i].x + places[i].half + 7.5 * scale, places[i].y)
        axes.add_patch(Circle(at, 6.5 * scale, facecolor=SOFT if rank else best_ink, linewidth=0))
        axes.text(*at, str(rank + 1), fontsize=6.2 * scale, color=PAPER, fontweight="bold", **middle)
    for step in sorted(set(columns)):
        first = places[columns.index(step)]
        axes.text(first.x, height - 5, str(step), fontsize=7 * scale, color=SOFT, **middle)


class _Place(NamedTuple):
    x: float
    y: float
    half: float  # of the word's width


def _curve(start: _Place, end: _Place) -> Path:
    left, right = start.x + start.half, end.x - end.half
    middle = (left + right) / 2
    points = [(left, start.y), (middle, start.y), (middle, end.y), (right, end.y)]
    return Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])


def _places(
    columns: Sequence[int], words: Sequence[str], ranks: Sequence[int], width: float, height: float
) -> tuple[dict[int, _Place], float]:
    """Where each node stands, the start at -1, and the factor on the font size at which all columns fit."""
    nodes = [
        [i for i, column in enumerate(columns) if column == step]
        for step in range(1, max(columns, default=0) + 1)
    ]
    wide = [max(LETTER * len(words[i]) + 6 + BADGE * (i in ranks) for i in column) for column in nodes]
    room = width - START[0] - START[1]
    scale = min(1.0, room / (sum(wide) + 14 * len(nodes))) if nodes else 1.0
    gap = (room - scale * sum(wide)) / max(len(nodes), 1)
    tall = height / max((len(column) for column in nodes), default=1)
    places = {-1: _Place(START[0], min(tall / 2, 20.0), START[1])}
    left = START[0] + START[1]
    for column, size in zip(nodes, wide, strict=True):
        left += gap
        for row, i in enumerate(column):
            half = scale * (LETTER * len(words[i]) + 6) / 2
            shift = scale * (size - BADGE * any(j in ranks for j in column)) / 2
            places[i] = _Place(left + max(shift, half), (row + 0.5) * tall - 4, half)
        left += scale * size
    places[-1] = places[-1]._replace(y=places[nodes[0][0]].y if nodes else tall / 2)
    return places, scale
