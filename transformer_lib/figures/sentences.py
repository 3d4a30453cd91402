"""Words in reading order: shaded by weight, or linked to the words of another row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from transformer_lib.figures.style import (
    ACCENT,
    BAR,
    LINE,
    SMALL,
    SOFT,
    array_of,
    colour_map,
    ink_on,
    spoken,
)

LETTER = 6.6
"""Width of a letter in CSS pixels, a little generous."""


UNNUMBERED = 0.01
"""Weights below it are not written under their words."""


def words(
    axes: Axes,
    weights,
    labels: Sequence[str],
    title: str | None = None,
    selected: int | None = None,
    language: str = "",
) -> None:
    """Write words in reading order, each shaded by its weight from 0 to 1, wrapped to the width of the axes.

    A weight below `UNNUMBERED` is not written.

    Raises:
        ValueError: if there is not one weight for each word.
    """
    weights = array_of(weights, (len(labels),), "weights")
    width, height = page(axes, title)
    colours, left, top = colour_map(), 6.0, 8.0
    for k, (label, weight) in enumerate(zip(labels, weights, strict=True)):
        size = LETTER * len(label) + 12
        if left + size > width and left > 6:
            left, top = 6.0, top + 44
        edge = ACCENT if k == selected else LINE
        ink = ink_on(colours(weight))
        mark: dict[str, Any] = spoken(language) if weight < 0.1 else {"color": ink}
        axes.add_patch(
            FancyBboxPatch(
                (left, top),
                size,
                20,
                boxstyle="round,pad=0,rounding_size=4",
                facecolor=colours(weight),
                edgecolor=edge,
                linewidth=1.6 if k == selected else 0.8,
            )
        )
        # words that find no room leave the layout as it is
        word = axes.text(left + size / 2, top + 10, label, ha="center", va="center", **mark)
        number = f"{weight:.2f}" if weight >= UNNUMBERED else ""
        below = axes.text(
            left + size / 2, top + 30, number, ha="center", va="center", color=SOFT, fontsize=SMALL
        )
        for text in (word, below):
            text.set_in_layout(False)
        left += size + 5
    axes.set_ylim(height, 0)


def links(
    axes: Axes,
    weights,
    top: Sequence[str],
    bottom: Sequence[str],
    title: str | None = None,
    selected: int | None = None,
    languages: tuple[str, str] = ("", ""),
) -> None:
    """Draw two rows of words and a line from each word below to each above, as thick as its weight (T, S).

    With `selected`, only that word's lines are strong. `languages` are those of the upper and the lower row.

    Raises:
        ValueError: if the labels do not fit the weights, or there is no word `selected`.
    """
    weights = array_of(weights, (len(bottom), len(top)), "weights")
    if selected is not None and not 0 <= selected < len(bottom):
        raise ValueError(f"there is no word {selected}: the lower row has {len(bottom)} words")
    width, height = page(axes, title)
    above, below = row_places(top, width), row_places(bottom, width)
    for (t, s), weight in np.ndenumerate(weights):
        strong = selected is None or t == selected
        if weight < 0.01:
            continue
        axes.plot(
            [below[t], above[s]],
            [height - 28, 28],
            color=ACCENT if t == selected else BAR,
            linewidth=0.4 + 5 * weight,
            alpha=(0.25 + 0.7 * weight) * (1.0 if strong else 0.3),
            solid_capstyle="round",
        )
    rows = ((above, top, 14, None), (below, bottom, height - 14, selected))
    for (places, labels, y, chosen), language in zip(rows, languages, strict=True):
        for k, (place, label) in enumerate(zip(places, labels, strict=True)):
            mark: dict[str, Any] = {"color": ACCENT, "fontweight": "bold"} if k == chosen else {}
            axes.text(place, y, label, ha="center", va="center", **spoken(language) | mark)


def row_places(labels: Sequence[str], width: float) -> list[float]:
    """The middle of each word when a row is spread over `width`, long words getting more room.

    >>> row_places(["I", "am"], 100)
    [23.4, 73.3]
    """
    sizes = [LETTER * len(label) + 12 for label in labels]
    gap = (width - sum(sizes)) / max(len(labels), 1)
    out, left = [], 0.0
    for size in sizes:
        out.append(round(left + (gap + size) / 2, 1))
        left += size + gap
    return out


def page(axes: Axes, title: str | None) -> tuple[float, float]:
    """Axes without frame, measured in CSS pixels from the top left corner; returns their size."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes belong to no figure any more")
    size = figure.get_size_inches() * 100
    width, height = float(size[0]) - 8, float(size[1]) - (24 if title else 6)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    if title:
        axes.set_title(title)
    return width, height
