"""One number for each label: as bars, or through several steps side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from transformer_lib.figures.maps import plain
from transformer_lib.figures.style import BAR, INK, LINE, SERIES, SMALL, SOFT, array_of, spoken


def bars(
    axes: Axes,
    values,
    labels: Sequence[str],
    title: str | None = None,
    maximum: float = 1.0,
    *,
    beside=None,
    names: Sequence[str] = (),
    digits: int = 2,
    allowed=None,
    quiet: float = 0.0,
    fold: float = 0.0,
    language: str = "",
    guessed: bool = False,
) -> None:
    """Draw one horizontal bar for each label, from 0 to `maximum`, with its value at its end, if it is not below `quiet`.

    `beside` holds a second value for each label, drawn under the first one; `names` says what the two are.
    Where `allowed` is false, "hidden" stands in place of the number. `language` is that of the labels.
    Labels whose values all lie below `fold` are folded into one line. A first value that is `guessed` is grey.

    Raises:
        ValueError: if there is not one value for each label.
    """
    series = [array_of(values, (len(labels),), "values")]
    if beside is not None:
        series.append(array_of(beside, (len(labels),), "beside"))
    seen = np.ones(len(labels)) if allowed is None else array_of(allowed, (len(labels),), "allowed")
    shown = unfolded(series, fold)
    folded = len(labels) - len(shown)
    labels, seen, series = [labels[i] for i in shown], seen[shown], [numbers[shown] for numbers in series]
    places, height = np.arange(len(labels)), 0.72 / len(series)
    colours = [BAR] if beside is None else [SOFT if guessed else SERIES[1], BAR]
    for k, (numbers, colour) in enumerate(zip(series, colours, strict=True)):
        at = places + (k - (len(series) - 1) / 2) * height
        axes.barh(
            at, numbers.clip(0, maximum), color=colour, height=height * 0.94, label=(*names, None, None)[k]
        )
        for place, value, there in zip(at, numbers, seen, strict=True):
            end = min(max(value, 0), maximum) + 0.015 * maximum
            text, ink = (plain(value, digits), INK) if there else ("hidden", SOFT)
            if there and value < quiet:
                continue
            axes.text(end, place, text, va="center", fontsize=SMALL, color=ink)
    axes.set_yticks(places, labels)
    for label in axes.get_yticklabels():
        label.set(**spoken(language))
    axes.set_ylim(len(labels) - 0.4 + bool(folded), -0.6)
    if folded:
        axes.text(0, len(labels), f"{folded} words below {plain(fold, 2)}", va="center", color=SOFT)
    axes.set_xlim(0, maximum * 1.12)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    if names:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, frameon=False, handlelength=1.0)
    if title:
        axes.set_title(title)


FEWEST = 3
"""Fewer bars than this are not worth folding."""


def unfolded(series: Sequence[np.ndarray], fold: float) -> list[int]:
    """Places of the labels with a value of at least `fold`: all of them where fewer than `FEWEST` would be folded.

    >>> unfolded([np.array([0.9, 0.01, 0.0, 0.01])], 0.02), unfolded([np.array([0.9, 0.01])], 0.02)
    ([0], [0, 1])
    """
    kept = [i for i in range(len(series[0])) if any(numbers[i] >= fold for numbers in series)]
    return kept if len(series[0]) - len(kept) >= FEWEST else list(range(len(series[0])))


@dataclass(frozen=True)
class Column:
    """One step of `stages`: a heading, a note, a value for each label, and the value of a full bar.

    `signed` leaves room left of zero.
    """

    head: str
    note: str
    values: Any
    maximum: float
    signed: bool = False
    digits: int = 1
    colour: str = BAR


ZERO = 0.34
"""Where zero stands in a signed column, from left to right."""


def stages(
    axes: Axes,
    columns: Sequence[Column],
    labels: Sequence[str],
    title: str | None = None,
) -> None:
    """Draw one value per label through several steps, from left to right.

    Raises:
        ValueError: if a column has not one value for each label.
    """
    axes.set_axis_off()
    axes.set_xlim(-0.9, len(columns))
    axes.set_ylim(len(labels), -0.9)
    for row, label in enumerate(labels):
        axes.text(-0.08, row + 0.5, label, ha="right", va="center")
    for place, column in enumerate(columns):
        values = array_of(column.values, (len(labels),), column.head)
        axes.text(place + 0.5, -0.62, column.head, ha="center", va="center", fontweight="bold")
        axes.text(place + 0.5, -0.28, column.note, ha="center", va="center", color=SOFT)
        zero = place + 0.06 + (ZERO * 0.88 if column.signed else 0)
        room = place + 0.94 - zero
        axes.plot([zero, zero], [0.12, len(labels) - 0.1], color=LINE, linewidth=0.8, zorder=0)
        for row, value in enumerate(values):
            length = (
                float(np.clip(value / column.maximum, -ZERO * 0.88 / room if column.signed else 0, 1)) * room
            )
            axes.add_patch(
                Rectangle(
                    (zero, row + 0.56),
                    length,
                    0.2,
                    facecolor=column.colour if value >= 0 else "none",
                    edgecolor=column.colour,
                )
            )
            axes.text(
                place + 0.5, row + 0.36, plain(value, column.digits), ha="center", va="center", color=INK
            )
    if title:
        axes.set_title(title)
