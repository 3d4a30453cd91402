"""Matrices as heat maps or as tables of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import shorten

from transformer_lib import figures
from transformer_lib.live.drawings.names import WIDE, Labels, Outputs, Values, language_of, listed, names_of

HEAD, ROW, LINE = 64, 34, 20
"""CSS pixels of a table's title and head, and of a row."""

NAME = 0.09
"""Letters of a row's name for each CSS pixel of a table: a longer name is cut in the still, whole in the
text alternative, and wraps on the page."""


@dataclass(frozen=True)
class Heatmap:
    """A heat map of weights from 0 to 1, queries as rows, keys as columns.

    Attributes:
        values: the output, (T, S).
        rows, columns: their labels.
        selected: the control (a `Choice` of the rows) that picks a row; clicking a row moves it.
        allowed: an output, (T, S) bool; false (masked) cells are struck through.
        language: of rows and columns, where their names do not tell it.
    """

    values: str
    rows: str | Sequence[str]
    columns: str | Sequence[str]
    title: str
    selected: str | None = None
    allowed: str | None = None
    language: str | None = None
    width: int = 360
    height: int = 370
    type = "heatmap"

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.attention_map(
            axes,
            outputs[self.values],
            names_of(self.rows, labels),
            names_of(self.columns, labels),
            selected=values[self.selected] if self.selected else None,
            title=self.title,
            allowed=outputs[self.allowed] if self.allowed else None,
            languages=(language_of(self.rows, self.language), language_of(self.columns, self.language)),
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        columns = names_of(self.columns, labels)
        largest, where = outputs[self.values].max(-1)
        rows = [
            f"{row}→{columns[int(column)]} {value:.4g}"
            for row, column, value in zip(names_of(self.rows, labels), where, largest.tolist(), strict=True)
            if value > 0
        ]
        return f"{self.title}. Largest in each row: {', '.join(rows) or 'none, all zero'}."


@dataclass(frozen=True)
class Numbers:
    """A small matrix as a table of numbers.

    Attributes:
        values: the output, (T, S).
        rows, columns: their labels.
        digits: decimals shown.
        shade: cells are tinted from 0 to this value; none without it.
        lines: that the name of a row may take on a narrow screen.
    """

    values: str
    rows: str | Sequence[str]
    columns: str | Sequence[str]
    title: str
    digits: int = 2
    shade: float | None = None
    lines: int = 1
    width: int = 360
    height: int = 200
    type = "numbers"

    @property
    def keeps(self) -> bool:
        """Whether the height stays on narrow screens: wide tables need it for their rows."""
        return self.width > WIDE

    def fitted(self, outputs: Outputs) -> Numbers:
        """A wide table as tall as its rows, at most `height`; the page's script does the same."""
        row = ROW + LINE * (self.lines - 1)
        tall = min(self.height, HEAD + row * len(outputs[self.values]))
        return replace(self, height=tall) if self.keeps else self

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.numbers(
            axes,
            outputs[self.values],
            [shorten(name, int(NAME * self.width), placeholder=" …") for name in names_of(self.rows, labels)],
            names_of(self.columns, labels),
            title=self.title,
            digits=self.digits,
            shade=self.shade,
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        columns = names_of(self.columns, labels)
        rows = zip(names_of(self.rows, labels), outputs[self.values].tolist(), strict=True)
        return (
            f"{self.title}. " + "; ".join(f"{row}: {listed(columns, numbers)}" for row, numbers in rows) + "."
        )
