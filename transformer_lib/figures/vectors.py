"""Vectors in the plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from transformer_lib.figures.style import ACCENT, INK, LINE, PAPER, SOFT, array_of, as_array

_OFFSET: dict[str, Any] = {"textcoords": "offset points"}


def plane(axes: Axes, extent: float, title: str | None = None, facing: Sequence[float] | None = None) -> None:
    """Prepare a square plane from -extent to extent; the half that `facing` points to is tinted.

    Raises:
        ValueError: for an extent that is not positive.
    """
    if not extent > 0:
        raise ValueError(f"the plane needs a positive extent, got {extent}")
    axes.set_xlim(-extent, extent)
    axes.set_ylim(-extent, extent)
    axes.set_aspect("equal", anchor="N")
    lattice = np.asarray(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]).tick_values(-extent, extent))
    for at in lattice[(abs(lattice) > 0) & (abs(lattice) < extent)]:
        axes.axhline(at, color=LINE, linewidth=0.5, zorder=0)
        axes.axvline(at, color=LINE, linewidth=0.5, zorder=0)
        if abs(at) < 0.93 * extent:
            axes.annotate(
                f"{at:g}", (at, 0), (0, -4), color=SOFT, fontsize=6, ha="center", va="top", **_OFFSET
            )
            axes.annotate(
                f"{at:g}", (0, at), (-2.5, 0), color=SOFT, fontsize=6, ha="right", va="center", **_OFFSET
            )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(LINE)
    axes.axhline(0, color=LINE, linewidth=0.9, zorder=0)
    axes.axvline(0, color=LINE, linewidth=0.9, zorder=0)
    if facing is not None and math.hypot(*facing) > 0:
        along = np.asarray(facing, dtype=float) / math.hypot(*facing)
        across, far = np.array([-along[1], along[0]]), 3 * extent
        corners = [far * across, far * across + far * along, -far * across + far * along, -far * across]
        axes.fill(*np.transpose(corners), color=ACCENT, alpha=0.07, linewidth=0, zorder=0)
        axes.plot(*np.transpose([far * across, -far * across]), color=ACCENT, linewidth=0.8, dashes=(3, 3))
    if title:
        axes.set_title(title)


def arrows(
    axes: Axes,
    ends,
    colours: Sequence[str],
    *,
    strength=None,
    handles: bool = False,
) -> None:
    """Draw an arrow from the origin to each row of `ends` (n, 2); `handles` end in a dot.

    `strength` (n,), from 0 to 1, makes an arrow faint to full.

    Raises:
        ValueError: if the ends are not pairs, or there is not one strength for each.
    """
    ends = array_of(ends, (len(ends), 2), "ends")
    full = np.ones(len(ends)) if strength is None else array_of(strength, (len(ends),), "strength")
    side = abs(axes.get_xlim()[1] - axes.get_xlim()[0]) / 2
    for k, end in enumerate(ends):
        colour, alpha = colours[k % len(colours)], 0.35 + 0.65 * float(np.clip(full[k], 0, 1))
        axes.plot([0, end[0]], [0, end[1]], color=colour, alpha=alpha, linewidth=1.8, solid_capstyle="round")
        if handles:
            axes.plot(*end, "o", color=colour, markersize=6, markeredgecolor=PAPER)
        elif np.hypot(*end) > 0.02 * side:
            style = {"arrowstyle": "-|>", "color": colour, "alpha": alpha, "linewidth": 1.8}
            axes.annotate("", end, end * 0.98, arrowprops=style)


def names(
    axes: Axes, ends, labels: Sequence[str], colours: Sequence[str | None] = (None,), pixels: float = 300
) -> None:
    """Write each name beside its end (n, 2): outwards where there is room, clear of the other names and ends.

    `pixels` is the width of the plane in CSS pixels.

    Raises:
        ValueError: if there is not one end for each label.
    """
    ends = array_of(ends, (len(labels), 2), "ends")
    low, high = axes.get_xlim()
    unit = (high - low) / pixels  # of the plane, in one pixel
    taken = [np.array([*(end - 8 * unit), *(end + 8 * unit)]) for end in ends]
    marks = np.concatenate([end * np.linspace(0, 0.9, 12)[:, None] for end in ends])
    for k, (end, label) in enumerate(zip(ends, labels, strict=True)):
        half = unit * np.array([3.3 * len(label) + 2, 7])
        outwards = np.arctan2(end[1], end[0]) if np.hypot(*end) > 2 * unit else np.pi / 2
        best: tuple[float, np.ndarray, np.ndarray] = (math.inf, end, end)
        for turn in np.array([0, 1, -1, 2, -2, 3, -3, 4]) * np.pi / 4:
            way = np.array([np.cos(outwards + turn), np.sin(outwards + turn)])
            centre = end + way * (9 * unit + half)
            box = np.array([*(centre - half), *(centre + half)])
            inside = ((marks > box[:2]) & (marks < box[2:])).all(-1).sum()
            beyond = np.maximum(0, low - box[:2]).sum() + np.maximum(0, box[2:] - high).sum()
            cost = sum(_overlap(box, other) for other in taken) / unit**2 + 12 * inside + 20 * beyond / unit
            cost += 6 * abs(turn)
            if cost < best[0]:
                best = (cost, centre, box)
        taken.append(best[2])
        colour = colours[k % len(colours)] or INK
        axes.text(
            float(best[1][0]),
            float(best[1][1]),
            label,
            ha="center",
            va="center",
            color=colour,
            fontweight="bold",
            fontsize=7.8,
        )


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.maximum(0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])).prod())


def chain(axes: Axes, steps, colours: Sequence[str]) -> None:
    """Draw the rows of `steps` (n, 2) tip to tail from the origin: a vector sum.

    Raises:
        ValueError: if the steps are not pairs.
    """
    steps = as_array(steps, "steps")
    if steps.ndim != 2 or steps.shape[1] != 2:
        raise ValueError(f"steps must have shape (n, 2), got {steps.shape}")
    tips = np.vstack([np.zeros(2), steps.cumsum(0)])
    for k, (start, end) in enumerate(pairwise(tips)):
        axes.plot(
            [start[0], end[0]],
            [start[1], end[1]],
            color=colours[k % len(colours)],
            linewidth=5,
            alpha=0.35,
            solid_capstyle="round",
        )
