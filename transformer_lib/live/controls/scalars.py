"""Controls of one value: a number, a boolean, one of several options."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from torch import Tensor


def spec_of(control: Any, *fields: str) -> dict[str, Any]:
    """The specification of a control for the page script: name, kind, and the given fields."""
    return {"name": control.name, "kind": control.kind} | {field: getattr(control, field) for field in fields}


@dataclass(frozen=True)
class Slider:
    """A number in steps from `minimum` to `maximum`; the graph gets a 0-d float32."""

    name: str
    label: str
    minimum: float
    maximum: float
    step: float
    value: float
    digits: int = 1
    kind = "slider"

    def tensor(self, value: Any) -> Tensor:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{self.name} must be a finite number, got {value!r}")
        if not self.minimum - 1e-9 <= value <= self.maximum + 1e-9:
            raise ValueError(f"{self.name} must lie in {self.minimum:g} … {self.maximum:g}, got {value:g}")
        return torch.tensor(float(value), dtype=torch.float32)

    def values(self) -> list[float]:
        """Every value of the slider."""
        steps = round((self.maximum - self.minimum) / self.step)
        return [round(self.minimum + i * self.step, 9) for i in range(steps + 1)]

    def markup(self, prefix: str) -> str:
        name, label = f"{prefix}-{self.name}", escape(self.label)
        return (
            f'<div class="live-control" data-control="{self.name}" data-kind="slider">'
            f'<label for="{name}">{label}</label>'
            f'<input id="{name}" type="range" min="{self.minimum:g}" max="{self.maximum:g}" step="{self.step:g}" '
            f'value="{self.value:g}" autocomplete="off" disabled>'
            f'<output for="{name}">{self.value:.{self.digits}f}</output></div>'
        )

    def spec(self) -> dict[str, Any]:
        return spec_of(self, "label", "minimum", "maximum", "step", "value", "digits")


@dataclass(frozen=True)
class Steps:
    """A number out of `stops`, which need not be evenly spaced; the graph gets a 0-d float32.

    `said` gives words to show for some stops in place of the number.
    """

    name: str
    label: str
    stops: Sequence[float]
    value: float
    digits: int = 0
    said: Sequence[tuple[float, str]] = ()
    kind = "steps"

    def _text(self) -> str:
        return dict(self.said).get(self.value, f"{self.value:.{self.digits}f}")

    def tensor(self, value: Any) -> Tensor:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value not in self.stops:
            raise ValueError(
                f"{self.name} must be one of {', '.join(f'{s:g}' for s in self.stops)}; got {value!r}"
            )
        return torch.tensor(float(value), dtype=torch.float32)

    def values(self) -> list[float]:
        return [float(stop) for stop in self.stops]

    def markup(self, prefix: str) -> str:
        name = f"{prefix}-{self.name}"
        return (
            f'<div class="live-control" data-control="{self.name}" data-kind="steps">'
            f'<label for="{name}">{escape(self.label)}</label>'
            f'<input id="{name}" type="range" min="0" max="{len(self.stops) - 1}" step="1" '
            f'value="{list(self.stops).index(self.value)}" aria-valuetext="{self._text()}" '
            f'autocomplete="off" disabled><output for="{name}">{self._text()}</output></div>'
        )

    def spec(self) -> dict[str, Any]:
        fields = spec_of(self, "label", "value", "digits") | {"stops": list(self.stops)}
        return fields | ({"said": [list(pair) for pair in self.said]} if self.said else {})


@dataclass(frozen=True)
class Again:
    """A button that counts from 1 to `most` and then starts again; the graph gets a 0-d float32."""

    name: str
    label: str
    most: int
    value: int = 1
    kind = "again"

    def tensor(self, value: Any) -> Tensor:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= self.most:
            raise ValueError(f"{self.name} must be a whole number from 1 to {self.most}, got {value!r}")
        return torch.tensor(float(value), dtype=torch.float32)

    def values(self) -> list[int]:
        return [*range(1, self.most + 1)]

    def markup(self, prefix: str) -> str:
        return (
            f'<div class="live-control" data-control="{self.name}" data-kind="again">'
            f'<button type="button" value="{self.value}" disabled>{escape(self.label)}</button></div>'
        )

    def spec(self) -> dict[str, Any]:
        return spec_of(self, "label", "value", "most")


@dataclass(frozen=True)
class Toggle:
    """A checkbox; the graph gets a 0-d bool."""

    name: str
    label: str
    value: bool
    kind = "toggle"

    def tensor(self, value: Any) -> Tensor:
        if not isinstance(value, bool):
            raise ValueError(f"{self.name} must be true or false, got {value!r}")
        return torch.tensor(value)

    def values(self) -> list[bool]:
        return [False, True]

    def markup(self, prefix: str) -> str:
        checked = " checked" if self.value else ""
        return (
            f'<div class="live-control" data-control="{self.name}" data-kind="toggle">'
            f'<label><input type="checkbox"{checked} autocomplete="off" disabled> {escape(self.label)}</label></div>'
        )

    def spec(self) -> dict[str, Any]:
        return spec_of(self, "label", "value")


@dataclass(frozen=True)
class Reveal:
    """A button that shows what was hidden; the graph gets a 0-d bool, false until it is pressed."""

    name: str
    label: str
    value: bool = False
    kind = "reveal"

    def tensor(self, value: Any) -> Tensor:
        return Toggle(self.name, self.label, self.value).tensor(value)

    def values(self) -> list[bool]:
        return [False, True]

    def markup(self, prefix: str) -> str:
        return (
            f'<div class="live-control" data-control="{self.name}" data-kind="reveal">'
            f'<button type="button" aria-pressed="{str(self.value).lower()}" disabled>{escape(self.label)}</button></div>'
        )

    def spec(self) -> dict[str, Any]:
        return spec_of(self, "label", "value")


@dataclass(frozen=True)
class Choice:
    """One of `options`; the graph gets its 0-d int64 index.

    `options` may name labels given at making time, the words of a `Text`, or words that the view computes (its
    `spoken` labels); `source` then holds their name. The number of computed words is not known beforehand: until then
    any index is valid, and the view's function clamps it to the last word.
    """

    name: str
    label: str
    options: str | Sequence[str]
    value: int = 0
    source: str = ""
    kind = "choice"

    def tensor(self, value: Any) -> Tensor:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{self.name} must be the index of an option, got {value!r}")
        if isinstance(self.options, str):
            if value < 0:
                raise ValueError(f"{self.name} must be an index from 0, got {value}")
        elif not 0 <= value < len(self.options):
            raise ValueError(f"{self.name} must be an index from 0 to {len(self.options) - 1}, got {value}")
        return torch.tensor(value)

    def values(self) -> list[int]:
        if isinstance(self.options, str):
            raise ValueError(f"{self.name} takes its options from the labels {self.options!r}: bind it first")
        return list(range(len(self.options)))

    def markup(self, prefix: str) -> str:
        name = f"{prefix}-{self.name}"
        options = "".join(
            f'<option value="{i}"{" selected" if i == self.value else ""}>{escape(option)}</option>'
            for i, option in enumerate(self.options)
        )
        return (
            f'<div class="live-control" data-control="{self.name}" data-kind="choice">'
            f'<label for="{name}">{escape(self.label)}</label>'
            f'<select id="{name}" autocomplete="off" disabled>{options}</select></div>'
        )

    def spec(self) -> dict[str, Any]:
        return spec_of(self, "label", "value", "source") | {"options": list(self.options)}
