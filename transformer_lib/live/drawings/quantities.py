"""One number for each label: as bars, or through several steps side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from transformer_lib import figures
from transformer_lib.figures.quantities import ZERO, Column
from transformer_lib.live.drawings.names import WIDE, Labels, Outputs, Values, language_of, listed, names_of


@dataclass(frozen=True)
class Bars:
    """A bar for each label, or two beside each other.

    Attributes:
        values: the output, (n,).
        labels: one for each bar.
        maximum: the value of a full bar.
        beside: a second output, (n,), drawn under the first.
        names: what the two are.
        shown: a control (yes or no); the second output is drawn, and described, only while it is on.
        drag: a `Levels` control, whose bars the reader drags; `values` is its output.
        off: outputs, (n,) and 0-d: absolute difference of the two, for each label and on average; described when shown.
        allowed: an output, (n,) bool; where it is false, "hidden" stands in place of the number.
        unit: shown after each number.
        digits: decimals shown.
        total: the sum of the second output, where the reader guesses shares: a guess with another sum is pointed out.
        quiet: values below it are not written at their bars.
        fold: bars of at least `FEWEST` labels whose values are all below it are folded into one line, which opens.
        language: of the labels, where their name does not tell it.
    """

    values: str
    labels: str | Sequence[str]
    title: str
    maximum: float = 1.0
    beside: str | None = None
    names: Sequence[str] = ()
    shown: str | None = None
    drag: str | None = None
    off: Sequence[str] = ()
    allowed: str | None = None
    unit: str = ""
    digits: int = 2
    total: float | None = None
    quiet: float = 0.0
    fold: float = 0.0
    language: str | None = None
    width: int = 360
    height: int = 370
    type = "bars"

    @property
    def keeps(self) -> bool:
        """Whether the height stays on narrow screens: wide ones need it, or their numbers would overlap."""
        return self.width > WIDE

    def _second(self, outputs: Outputs, values: Values) -> Tensor | None:
        """The second bars, where they are shown."""
        hidden = self.beside is None or (self.shown is not None and not values[self.shown])
        return None if hidden or self.beside is None else outputs[self.beside]

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        second = self._second(outputs, values)
        figures.bars(
            axes,
            outputs[self.values],
            names_of(self.labels, labels),
            title=self.title,
            maximum=self.maximum,
            beside=second,
            names=() if second is None else self.names,
            digits=self.digits,
            allowed=outputs[self.allowed] if self.allowed else None,
            quiet=self.quiet,
            fold=self.fold,
            guessed=self.drag is not None,
            language=language_of(self.labels, self.language),
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        names = names_of(self.labels, labels)
        first, *second = self.names or ("",)
        said = [listed(names, outputs[self.values].tolist())]
        if (beside := self._second(outputs, values)) is not None:
            said.append(listed(names, beside.tolist()))
        heads = (first, *second) if any((first, *second)) else ("",) * 2
        lines = [f"{head}: {line}" if head else line for head, line in zip(heads, said, strict=False)]
        return (f"{self.title}: " if self.title else "") + "; ".join(lines) + "."


@dataclass(frozen=True)
class Stage:
    """One column of `Stages`.

    Attributes:
        values: the output, (n,).
        head: the operation, in a word or two.
        note: shown under the head; a 0-d output in braces is filled in, for example "÷ {divisor}".
        maximum: the value of a full bar.
        scale: stages that name one scale share it, and it widens when a number outgrows `maximum`.
        signed: leave room left of zero.
        digits: decimals shown.
        role: colour of the bars, one of `figures.ROLES`; that of quantities without a role by default.
    """

    values: str
    head: str
    note: str = ""
    maximum: float = 1.0
    scale: str = ""
    signed: bool = False
    digits: int = 1
    role: str = ""


@dataclass(frozen=True)
class Stages:
    """One value per label through several steps, from left to right.

    Attributes:
        stages: the columns.
        labels: the rows.
    """

    stages: Sequence[Stage]
    labels: str | Sequence[str]
    title: str
    width: int = 360
    height: int = 370
    type = "stages"

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        columns = [
            Column(
                stage.head,
                re.sub(r"\{(\w+)\}", lambda found: f"{float(outputs[found[1]]):.2f}", stage.note),
                outputs[stage.values],
                self._extent(stage, outputs),
                stage.signed,
                stage.digits,
                figures.SOFT if stage.role == "stream" else figures.ROLES.get(stage.role, figures.BAR),
            )
            for stage in self.stages
        ]
        figures.stages(axes, columns, names_of(self.labels, labels), title=self.title)

    def _extent(self, stage: Stage, outputs: Outputs) -> float:
        if not stage.scale:
            return stage.maximum
        together = [other for other in self.stages if other.scale == stage.scale]
        return max(
            max(float(_asked(outputs[other.values], other).max()), other.maximum) for other in together
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        names = names_of(self.labels, labels)
        said = [f"{stage.head}: {listed(names, outputs[stage.values].tolist())}" for stage in self.stages]
        return f"{self.title}. " + "; ".join(said) + "."


def _asked(numbers: Tensor, stage: Stage) -> Tensor:
    """The scale that each number needs: a signed column has less room left of zero."""
    left = (1 - ZERO) / ZERO if stage.signed else 1.0
    return torch.where(numbers < 0, -left * numbers, numbers)
