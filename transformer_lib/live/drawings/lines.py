"""Curves over an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from transformer_lib import figures
from transformer_lib.live.drawings.names import Labels, Outputs, Values, names_of


@dataclass(frozen=True)
class Curves:
    """Curves over one axis, each named where it ends.

    Attributes:
        x: the output that holds the x values, (m,), increasing.
        values: the output that holds the curves, (k, m); non-finite values leave a gap.
        names: one for each curve.
        across, up: names of the x- and y-axis.
        log_x, log_y: logarithmic axes.
        lowest, highest: limits of the y-axis; by default they follow the curves.
        marker: a control or a 0-d output that chooses a place on the x-axis; the curves' numbers there are read out.
        digits: significant digits of a number read out.
        colours: places in the book's series of colours, one for each curve, in place of the first ones.
    """

    x: str
    values: str
    names: str | Sequence[str]
    title: str
    across: str = ""
    up: str = ""
    log_x: bool = False
    log_y: bool = False
    lowest: float | None = None
    highest: float | None = None
    marker: str | None = None
    digits: int = 3
    colours: Sequence[int] | None = None
    width: int = 480
    height: int = 300
    type = "curves"

    def _marker(self, outputs: Outputs, values: Values) -> float | None:
        if self.marker is None:
            return None
        return float(values[self.marker] if self.marker in values else outputs[self.marker])

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.curves(
            axes,
            outputs[self.x],
            outputs[self.values],
            names_of(self.names, labels),
            title=self.title,
            across=self.across,
            up=self.up,
            log_x=self.log_x,
            log_y=self.log_y,
            lowest=self.lowest,
            highest=self.highest,
            marker=self._marker(outputs, values),
            colours=self.colours,
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        x, rows = outputs[self.x].tolist(), outputs[self.values].tolist()
        marker = self._marker(outputs, values)
        said = []
        for name, row in zip(names_of(self.names, labels), rows, strict=True):
            known = [(place, y) for place, y in zip(x, row, strict=True) if math.isfinite(y)]
            if not known:
                said.append(f"{name}: nothing")
                continue
            (first, start), (last, end) = known[0], known[-1]
            line = f"{name}: from {start:.4g} at {first:.4g} to {end:.4g} at {last:.4g}"
            if marker is not None:
                place, y = min(known, key=lambda point: abs(point[0] - marker))
                line += f", {y:.4g} at {place:.4g}"
            said.append(line)
        return f"{self.title}. " + "; ".join(said) + "."
