"""Drawings: how a view's numbers become a picture. Each has a still here and a script of the same type."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from transformer_lib import figures


@dataclass(frozen=True)
class Heatmap:
    """A map of weights: the row looks, the column is looked at. `selected` names the output or control of the row."""

    values: str
    rows: str
    columns: str
    title: str
    selected: str | None = None
    width: int = 360
    height: int = 370
    type = "heatmap"

    def still(
        self, axes, outputs: dict[str, Tensor], labels: dict[str, list[str]], values: dict[str, Any]
    ) -> None:
        figures.attention_map(
            axes,
            outputs[self.values],
            labels[self.rows],
            labels[self.columns],
            selected=values[self.selected] if self.selected else None,
            title=self.title,
        )

    def describe(
        self, outputs: dict[str, Tensor], labels: dict[str, list[str]], values: dict[str, Any]
    ) -> str:
        weights = outputs[self.values]
        largest, where = weights.max(-1)
        rows = [
            f"{row}→{labels[self.columns][int(column)]} {value:.4g}"
            for row, column, value in zip(labels[self.rows], where, largest.tolist(), strict=True)
            if value > 0
        ]
        return f"{self.title}. Largest in each row: {', '.join(rows) or 'none, all zero'}."


@dataclass(frozen=True)
class Bars:
    """One bar for each label."""

    values: str
    labels: str
    title: str
    maximum: float = 1.0
    width: int = 360
    height: int = 370
    type = "bars"

    def still(
        self, axes, outputs: dict[str, Tensor], labels: dict[str, list[str]], values: dict[str, Any]
    ) -> None:
        figures.bars(axes, outputs[self.values], labels[self.labels], title=self.title, maximum=self.maximum)

    def describe(
        self, outputs: dict[str, Tensor], labels: dict[str, list[str]], values: dict[str, Any]
    ) -> str:
        pairs = zip(labels[self.labels], outputs[self.values].tolist(), strict=True)
        return f"{self.title}: " + ", ".join(f"{label} {value:.4g}" for label, value in pairs) + "."


Drawing = Heatmap | Bars


def spec(drawing: Drawing) -> dict[str, Any]:
    """What the page script needs to know of a drawing."""
    return {"type": drawing.type} | asdict(drawing)
