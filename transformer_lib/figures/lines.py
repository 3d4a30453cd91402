"""Curves over an axis, named where they end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from transformer_lib.figures.style import INK, LINE, SERIES, array_of, as_array

DASHES = [(), (6, 2.5), (1.8, 1.8), (7, 2, 1.8, 2), (4, 1.5), (9, 3)]
"""Curves differ in their dashes as well as in colour."""


def curves(
    axes: Axes,
    x,
    values,
    names: Sequence[str],
    *,
    title: str | None = None,
    across: str = "",
    up: str = "",
    log_x: bool = False,
    log_y: bool = False,
    lowest: float | None = None,
    highest: float | None = None,
    marker: float | None = None,
    colours: Sequence[int] | None = None,
    spread: Sequence | None = None,
    places: Sequence[str] | None = None,
) -> None:
    """Draw one curve for each name: `values` (k, m) over `x` (m,), with a line at x = `marker`.

    Non-finite values leave a gap. `colours` are places in `SERIES`, one for each name, in place of the first ones;
    `spread`, least and largest values (k, m), is drawn as bars; `places` are words at the x (m,) in place of numbers.

    Raises:
        ValueError: if there is not one row of values for each name and one column for each x.

    >>> from transformer_lib import figures
    >>> with figures.style():
    ...     picture, axes = figures.figure(300, 200)
    ...     curves(axes, [1, 2, 4], [[1.0, 2.0, 4.0]], ["double"], log_x=True)
    >>> axes.get_xscale(), axes.texts[0].get_text()
    ('log', 'double')
    >>> figures.plt.close(picture)
    """
    x = as_array(x, "x")
    values = array_of(values, (len(names), len(x)), "values")
    low, high = (array_of(side, values.shape, "a spread") for side in spread or (values, values))
    ends = []
    for k, (name, row) in enumerate(zip(names, values, strict=True)):
        colour = SERIES[(colours[k] if colours else k) % len(SERIES)]
        axes.plot(x, row, color=colour, dashes=DASHES[k % len(DASHES)], linewidth=1.8, clip_on=True)
        if spread:
            axes.vlines(x, low[k], high[k], color=colour, linewidth=1.2)
        known = np.flatnonzero(np.isfinite(row))
        if len(known):
            ends.append([row[known[-1]], name, colour])
    axes.set_xscale("log" if log_x else "linear")
    axes.set_yscale("log" if log_y else "linear")
    for axis, is_log in ((axes.xaxis, log_x), (axes.yaxis, log_y)):
        if is_log:
            axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
            axis.set_minor_formatter(NullFormatter())
    axes.set_ylim(lowest, highest)
    axes.set_xlim(x[0], x[-1])
    if places:
        axes.set_xticks(x, places)
        axes.set_xlim(x[0] - 0.15, x[-1] + 0.15)  # room for the bars at both ends
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    _name(axes, ends)
    if marker is not None:
        axes.axvline(marker, color=INK, linewidth=1.2)
    if title:
        axes.set_title(title)


def _name(axes: Axes, ends: list[list]) -> None:
    """Write each name to the right of its curve's end, apart from the others."""
    to_share = axes.transScale + axes.transLimits
    places = [float(np.clip(to_share.transform((axes.get_xlim()[1], y))[1], 0, 1)) for y, _, _ in ends]
    for place, k in zip(apart(places, 0.075), range(len(ends)), strict=True):
        _, name, colour = ends[k]
        axes.text(1.015, place, name, transform=axes.transAxes, color=colour, va="center", fontweight="bold")


def apart(places: Sequence[float], least: float) -> list[float]:
    """The places moved as little as possible so that neighbours are at least `least` apart, inside 0 … 1 if they fit.

    >>> apart([0.5, 0.5, 1.0], 0.25)
    [0.375, 0.625, 1.0]
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    groups: list[list] = []  # centre, members
    for k in order:
        groups.append([places[k], [k]])
        while len(groups) > 1:
            (low, first), (high, second) = groups[-2:]
            reach = least * (len(first) + len(second)) / 2
            if high - low >= reach - 1e-9:
                break
            members = first + second
            groups[-2:] = [[(low * len(first) + high * len(second)) / len(members), members]]
            half = least * (len(members) - 1) / 2
            groups[-1][0] = min(max(groups[-1][0], half), max(1 - half, half))
    out = [0.0] * len(places)
    for centre, members in groups:
        for i, k in enumerate(members):
            out[k] = centre + (i - (len(members) - 1) / 2) * least
    return out
