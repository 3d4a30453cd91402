"""Controls of many values: a point or a number for each label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from torch import Tensor

from transformer_lib.live.controls.scalars import spec_of

COMPONENTS = ("first", "second")


@dataclass(frozen=True)
class Points:
    """A point of the plane for each label, dragged in a `Plane` or typed; the graph gets (n, 2) float32.

    Attributes:
        name: the graph's input.
        label: what the points are together, for example "keys".
        noun: what one of them is, for example "key of"; the label follows.
        options: the labels, or the name of labels given at making time.
        minimum, maximum, step: what each component may be.
        value: one pair for each label; a picture gives it where the view does not.
    """

    name: str
    label: str
    noun: str
    options: str | Sequence[str]
    minimum: float
    maximum: float
    step: float
    value: Sequence[Sequence[float]] | None = None
    kind = "points"
    tabular = False

    def tensor(self, value: Any) -> Tensor:
        if isinstance(value, Tensor):
            value = value.tolist()
        count = None if isinstance(self.options, str) else len(self.options)
        pairs = list(value) if isinstance(value, (list, tuple)) else []
        if not pairs or len(pairs) != (count or len(pairs)) or any(not _is_pair(pair) for pair in pairs):
            wanted = f"{count} pairs of numbers" if count else "pairs of numbers"
            raise ValueError(f"{self.name} must be {wanted}, one for each label; got {value!r}")
        for number in (number for pair in pairs for number in pair):
            _check_range(self, number)
        return torch.tensor([[float(x), float(y)] for x, y in pairs], dtype=torch.float32)

    def values(self) -> list[list[list[float]]]:
        """Values to test: the start, all zeros, the corners."""
        start = _started(self).value
        corners = [(0.0, 0.0), (self.minimum, self.maximum), (self.maximum, self.minimum)]
        return [[list(pair) for pair in start], *([list(corner) for _ in start] for corner in corners)]

    def markup(self, prefix: str) -> str:
        rows = []
        for i, (option, pair) in enumerate(zip(self.options, _started(self).value, strict=True)):
            fields = "".join(
                f'<input type="number" data-index="{i}" data-axis="{axis}" min="{self.minimum:g}" max="{self.maximum:g}" '
                f'step="{self.step:g}" value="{number:g}" autocomplete="off" '
                f'aria-label="{escape(f"{self.noun} {option}, {COMPONENTS[axis]} component")}" disabled>'
                for axis, number in enumerate(pair)
            )
            rows.append(f'<div class="live-field"><span>{escape(option)}</span>{fields}</div>')
        return _folded(self, "".join(rows))

    def spec(self) -> dict[str, Any]:
        fields = spec_of(self, "label", "noun", "minimum", "maximum", "step")
        return fields | {
            "value": [list(pair) for pair in _started(self).value],
            "options": list(self.options),
        }


@dataclass(frozen=True)
class Levels:
    """A number for each label, set by the ends of `Bars` or by sliders; the graph gets (n,) float32.

    `noun` says what one of them is, for example "guess for"; the label follows. The other attributes are those of
    `Points`.
    """

    name: str
    label: str
    noun: str
    options: str | Sequence[str]
    minimum: float
    maximum: float
    step: float
    value: Sequence[float] | None = None
    digits: int = 2
    kind = "levels"
    tabular = False

    def tensor(self, value: Any) -> Tensor:
        if isinstance(value, Tensor):
            value = value.tolist()
        count = None if isinstance(self.options, str) else len(self.options)
        numbers = list(value) if isinstance(value, (list, tuple)) else []
        if not numbers or len(numbers) != (count or len(numbers)) or any(not _is_number(n) for n in numbers):
            wanted = f"{count} numbers" if count else "numbers"
            raise ValueError(f"{self.name} must be {wanted}, one for each label; got {value!r}")
        for number in numbers:
            _check_range(self, number)
        return torch.tensor([float(number) for number in numbers], dtype=torch.float32)

    def values(self) -> list[list[float]]:
        """Values to test: the start, all at the minimum, all at the maximum."""
        start = _started(self).value
        return [list(start), [self.minimum] * len(start), [self.maximum] * len(start)]

    def markup(self, prefix: str) -> str:
        rows = []
        for i, (option, number) in enumerate(zip(self.options, _started(self).value, strict=True)):
            name = f"{prefix}-{self.name}-{i}"
            rows.append(
                f'<div class="live-field"><label for="{name}">{escape(option)}</label>'
                f'<input id="{name}" type="range" data-index="{i}" min="{self.minimum:g}" max="{self.maximum:g}" '
                f'step="{self.step:g}" value="{number:g}" autocomplete="off" disabled>'
                f'<output for="{name}">{number:.{self.digits}f}</output></div>'
            )
        return _folded(self, "".join(rows))

    def spec(self) -> dict[str, Any]:
        fields = spec_of(self, "label", "noun", "minimum", "maximum", "step", "digits")
        return fields | {"value": list(_started(self).value), "options": list(self.options)}


def _folded(control: Points | Levels, rows: str) -> str:
    return (
        f'<details class="live-control live-fields" data-control="{control.name}" data-kind="{control.kind}">'
        f"<summary>{escape(control.label)} in numbers</summary><div>{rows}</div></details>"
    )


def _started(control: Points | Levels) -> Any:
    if control.value is None:
        raise ValueError(f"{control.name} has no starting values: give one for each of its labels")
    return control


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple)) and len(value) == 2 and all(_is_number(number) for number in value)
    )


def _check_range(control: Points | Levels, number: float) -> None:
    if not control.minimum - 1e-9 <= number <= control.maximum + 1e-9:
        raise ValueError(
            f"{control.name}: every number must lie in {control.minimum:g} … {control.maximum:g}, got {number:g}"
        )
