"""Vectors pair by pair as dials, and query heads above the keys and values that they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from transformer_lib.figures.maps import plain
from transformer_lib.figures.sentences import page
from transformer_lib.figures.style import ACCENT, INK, LINE, PAPER, ROLES, SOFT, array_of, as_array

COLUMNS = 4
FOOT, HEAD = 26, 20
"""CSS pixels under a dial for its number, and above it for its name."""

LEGEND = 22
RING, STEP = 0.5, 0.13
"""Radius of the first arrow's turn, as a share of the dial's, and by how much that of each further one is smaller."""

FULL = 2 * np.pi


def turned(start: np.ndarray, end: np.ndarray) -> float:
    """The angle from one arrow to another, counterclockwise, below a full turn.

    >>> round(turned(np.array([1.0, 0.0]), np.array([0.0, -2.0])) / np.pi, 3)
    1.5
    """
    angle = (np.arctan2(end[1], end[0]) - np.arctan2(start[1], start[0])) % FULL
    return 0.0 if FULL - angle < 1e-5 else float(angle)


def dials(
    axes: Axes,
    arrows: Sequence[tuple[str, object, object, str]],
    labels: Sequence[str],
    parts,
    title: str | None = None,
    note: str = "",
    selected: int | None = None,
) -> None:
    """Draw a dial for each label, with each arrow's pair of numbers in it, and a number under it.

    Args:
        arrows: of each its name, its ends (n, 2), its ends before it was turned (n, 2) or None, its colour.
        labels: one for each of the n dials.
        parts: (n,), the numbers under them.
        note: at the right of the title.
        selected: the dial that is framed.

    Raises:
        ValueError: if something has not one row for each label, or there is no dial `selected`.
    """
    n = len(labels)
    parts = array_of(parts, (n,), "parts")
    if selected is not None and not 0 <= selected < n:
        raise ValueError(f"there is no dial {selected}: there are {n}")
    ends = [array_of(end, (n, 2), name) for name, end, *_ in arrows]
    longest = max((float(np.hypot(*end.T).max()) for end in ends), default=0.0) or 1.0
    width, height = page(axes, title)
    wide, tall = width / COLUMNS, (height - LEGEND) / -(-n // COLUMNS)
    radius = min(wide / 2 - 8, (tall - HEAD - FOOT) / 2 - 4)
    most = max(float(abs(parts).max()), 1e-9)
    axes.text(width, -4, note, ha="right", va="bottom", fontweight="bold")
    for i, label in enumerate(labels):
        x, y = (i % COLUMNS + 0.5) * wide, (i // COLUMNS) * tall + HEAD + radius + 2
        if i == selected:
            corner = (x - wide / 2 + 3, (i // COLUMNS) * tall + 1)
            edge: dict[str, Any] = {"fill": False, "edgecolor": ACCENT, "linewidth": 1.2}
            axes.add_patch(FancyBboxPatch(corner, wide - 6, tall - 4, "round,pad=0,rounding_size=6", **edge))
        axes.text(x, y - radius - 11, label, ha="center", va="center")
        axes.add_patch(Circle((x, y), radius, facecolor="none", edgecolor=LINE))
        for k, ((_, _, start, colour), end) in enumerate(zip(arrows, ends, strict=True)):
            if start is not None:
                first = array_of(start, (n, 2), "start")[i]
                _arrow(axes, (x, y), first / longest * radius, colour, 0.3)
                sweep = np.arctan2(first[1], first[0]) + np.linspace(0, turned(first, end[i]), 25)
                ring = radius * (RING - STEP * k)
                axes.plot(
                    x + ring * np.cos(sweep), y - ring * np.sin(sweep), color=colour, linewidth=1.4, alpha=0.7
                )
            _arrow(axes, (x, y), end[i] / longest * radius, colour, 1.0)
        foot = y + radius + 9
        length = parts[i] / most * radius
        axes.add_patch(Rectangle((x, foot - 3), length, 3, facecolor=SOFT, edgecolor="none"))
        axes.text(x, foot + 8, plain(parts[i], 2), ha="center", va="center", color=INK)
    left = 4.0
    for name, _, _, colour in arrows:
        axes.text(left, height - 6, name, color=colour, fontweight="bold", va="center")
        left += 7.2 * len(name) + 18


def _arrow(axes: Axes, origin: tuple[float, float], end: np.ndarray, colour: str, alpha: float) -> None:
    tip = (origin[0] + end[0], origin[1] - end[1])
    if np.hypot(*end) > 2:
        style: dict[str, Any] = {"arrowstyle": "-|>", "color": colour, "alpha": alpha, "linewidth": 1.6}
        axes.annotate("", tip, origin, arrowprops=style | {"shrinkA": 0, "shrinkB": 0, "mutation_scale": 8})


def groups(axes: Axes, reads, title: str | None = None, note: str = "") -> None:
    """Draw query heads above, and each joined to the head of keys and values below that it reads, from 0.

    Raises:
        ValueError: if there is no query head, or `reads` is not one row of whole numbers.
    """
    reads = as_array(reads, "reads")
    if reads.ndim != 1 or not reads.size or (reads != reads.round()).any():
        raise ValueError(f"reads must be one row of whole numbers, got {reads.tolist()}")
    width, height = page(axes, title)
    wide = width / len(reads)
    places = (np.arange(len(reads)) + 0.5) * wide
    half = min(wide / 2 - 4, 40)
    axes.text(width, -4, note, ha="right", va="bottom", fontweight="bold")
    for shared in np.unique(reads):
        x = float(places[reads == shared].mean())
        for place in places[reads == shared]:
            axes.plot([place, x], [38, height - 58], color=ROLES["key"], linewidth=1.6, alpha=0.7, zorder=0)
        for name, y in (("key", height - 44), ("value", height - 18)):
            _box(axes, x, y, half, f"{name} {int(shared) + 1}", ROLES[name])
    for head, place in enumerate(places):
        _box(axes, float(place), 24, half, f"query {head + 1}", ROLES["query"])


def _box(axes: Axes, x: float, y: float, half: float, name: str, colour: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - half, y - 12), 2 * half, 24, "round,pad=0,rounding_size=5", facecolor=PAPER, edgecolor=colour, linewidth=1.2
        )
    )  # fmt: skip
    axes.text(x, y, name, color=colour, ha="center", va="center", fontweight="bold")
