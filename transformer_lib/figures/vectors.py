"""Vectors in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from transformer_lib.figures.style import ACCENT, INK, LINE, SOFT, array_of


def plane(axes: Axes, extent: float, title: str | None = None, facing: Sequence[float] | None = None) -> None:
    """Prepare a square plane from -extent to extent; the half that `facing` points to is tinted.

    Raises:
        ValueError: for an extent that is not positive.
    """
    if not extent > 0:
        raise ValueError(f"the plane needs a positive extent, got {extent}")
    axes.set_xlim(-extent, extent)
    axes.set_ylim(-extent, extent)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(LINE)
    axes.axhline(0, color=LINE, linewidth=0.9, zorder=0)
    axes.axvline(0, color=LINE, linewidth=0.9, zorder=0)
    if facing is not None and np.hypot(*facing) > 0:
        along = np.asarray(facing, dtype=float) / np.hypot(*facing)
        across, far = np.array([-along[1], along[0]]), 3 * extent
        corners = [far * across, far * across + far * along, -far * across + far * along, -far * across]
        axes.fill(*np.transpose(corners), color=ACCENT, alpha=0.07, linewidth=0, zorder=0)
        axes.plot(*np.transpose([far * across, -far * across]), color=ACCENT, linewidth=0.8, dashes=(3, 3))
    if title:
        axes.set_title(title)


def arrows(
    axes: Axes,
    ends,
    labels: Sequence[str],
    colours: Sequence[str],
    *,
    strength=None,
    handles: bool = False,
) -> None:
    """Draw an arrow from the origin to each row of `ends` (n, 2), named at its end; `handles` end in a dot.

    `strength` (n,), from 0 to 1, makes an arrow faint or full.

    Raises:
        ValueError: if there is not one end for each label.
    """
    ends = array_of(ends, (len(labels), 2), "ends")
    full = np.ones(len(labels)) if strength is None else array_of(strength, (len(labels),), "strength")
    side = abs(axes.get_xlim()[1] - axes.get_xlim()[0]) / 2
    for k, (end, label) in enumerate(zip(ends, labels, strict=True)):
        colour, alpha = colours[k % len(colours)], 0.3 + 0.7 * float(np.clip(full[k], 0, 1))
        axes.plot([0, end[0]], [0, end[1]], color=colour, alpha=alpha, linewidth=1.8, solid_capstyle="round")
        if handles:
            axes.plot(*end, "o", color=colour, alpha=alpha, markersize=6, markeredgecolor="white")
        elif np.hypot(*end) > 0.02 * side:
            axes.annotate(
                "",
                end,
                end * 0.98,
                arrowprops={"arrowstyle": "-|>", "color": colour, "alpha": alpha, "linewidth": 1.8},
            )
        away = label_offset(end, ends, side)
        axes.annotate(
            label,
            end,
            away,
            textcoords="offset points",
            ha="center",
            va="center",
            color=INK if alpha > 0.5 else SOFT,
        )


def chain(axes: Axes, steps, colours: Sequence[str]) -> None:
    """Draw the rows of `steps` (n, 2) tip to tail from the origin: a sum being made.

    Raises:
        ValueError: if the steps are not pairs.
    """
    steps = np.asarray(steps.detach().cpu() if hasattr(steps, "detach") else steps, dtype=float)
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


def label_offset(end: np.ndarray, ends: np.ndarray, side: float) -> tuple[float, float]:
    """Where a label stands from its arrow's end, in points: outwards, and away from ends close by."""
    length = np.hypot(*end)
    out = end / length if length > 0 else np.array([0.0, 1.0])
    for other in ends:
        apart = end - other
        distance = np.hypot(*apart)
        if 0 < distance < 0.25 * side:
            out = out + apart / distance * 1.4
    out = out / max(np.hypot(*out), 1e-9)
    return 17 * out[0], 11 * out[1]
