"""Matrices as heat maps or as tables of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from transformer_lib.figures.style import (
    ACCENT,
    LINE,
    PAPER,
    SEQUENTIAL,
    SOFT,
    array_of,
    colour_map,
    ink_on,
    spoken,
)


def attention_map(
    axes: Axes,
    weights,
    rows: Sequence[str],
    columns: Sequence[str],
    selected: int | None = None,
    title: str | None = None,
    allowed=None,
    languages: tuple[str, str] = ("", ""),
) -> None:
    """Draw weights (T, S) as a heat map, queries as rows, keys as columns; a frame marks the selected row.

    Where `allowed` (T, S) is false, the cell is struck through: it is masked. `languages` are those of rows and columns.

    Raises:
        ValueError: if the labels do not fit the weights or the mask, or there is no row `selected`.
    """
    weights = array_of(weights, (len(rows), len(columns)), "weights")
    if selected is not None and not 0 <= selected < len(rows):
        raise ValueError(f"there is no row {selected}: the map has {len(rows)} rows")
    axes.imshow(weights, cmap=colour_map(), vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_xticks(range(len(columns)), columns, rotation=90)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    for axis, language in zip((axes.get_yticklabels(), axes.get_xticklabels()), languages, strict=True):
        for label in axis:
            label.set(**spoken(language))
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xticks(np.arange(-0.5, len(columns)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(rows)), minor=True)
    axes.grid(which="minor", color=PAPER, linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    if allowed is not None:
        for row, column in np.argwhere(array_of(allowed, weights.shape, "allowed") == 0):
            axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, color=PAPER, linewidth=0))
            axes.plot(
                [column - 0.3, column + 0.3], [row + 0.3, row - 0.3], color=SOFT, linewidth=0.7, alpha=0.75
            )
    if selected is not None:
        frame = Rectangle(
            (-0.5, selected - 0.5), len(columns), 1, fill=False, edgecolor=ACCENT, linewidth=1.6, zorder=3
        )
        frame.set_clip_on(False)
        axes.add_patch(frame)
        axes.get_yticklabels()[selected].set_color(ACCENT)
        axes.get_yticklabels()[selected].set_fontweight("bold")
    if title:
        axes.set_title(title)


def numbers(
    axes: Axes,
    values,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str | None = None,
    digits: int = 2,
    shade: float | None = None,
) -> None:
    """Write a small matrix (T, S) as a table; with `shade`, cells are tinted from 0 to that value.

    >>> import torch
    >>> from transformer_lib import figures
    >>> with figures.style():
    ...     picture, axes = figures.figure(240, 120)
    ...     numbers(axes, torch.eye(2), ["Sally", "she"], ["a", "b"], digits=0)
    >>> [text.get_text() for text in axes.texts[:2]]
    ['1', '0']
    >>> figures.plt.close(picture)
    """
    values = array_of(values, (len(rows), len(columns)), "values")
    colours = colour_map()
    for (row, column), value in np.ndenumerate(values):
        share = min(max(value / shade, 0), 1) if shade else 0
        cell = Rectangle((column - 0.5, row - 0.5), 1, 1, edgecolor=LINE, linewidth=0.8)
        colour = colours(share) if shade else PAPER
        cell.set_facecolor(colour)
        axes.add_patch(cell)
        axes.text(column, row, plain(value, digits), ha="center", va="center", color=ink_on(colour))
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_facecolor(SEQUENTIAL[0])
    if title:
        axes.set_title(title)


def plain(value: float, digits: int) -> str:
    """A number with `digits` decimals, a true minus sign, and no minus before zero.

    >>> plain(-0.001, 2), plain(-1.5, 1), plain(float("nan"), 1)
    ('0.00', '−1.5', '–')
    """
    if not np.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")
