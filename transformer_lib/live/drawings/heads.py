"""Vectors turned pair by pair, and query heads that share keys and values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from transformer_lib import figures
from transformer_lib.live.drawings.names import Labels, Outputs, Values, listed, names_of


def filled(note: str, outputs: Outputs) -> str:
    """The note with 0-d outputs in the place of their names in braces.

    >>> import torch
    >>> filled("{score} at {distance}", {"score": torch.tensor(-1.234), "distance": torch.tensor(3.0)})
    '−1.23 at 3'
    """
    return re.sub(r"\{(\w+)\}", lambda found: _brief(float(outputs[found[1]])), note)


def _brief(number: float) -> str:
    """Two decimals at most, a true minus sign, none before zero."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


@dataclass(frozen=True)
class Dial:
    """An arrow in each of the `Dials`.

    Attributes:
        values: the output, (n, 2): where it ends in each of the n dials.
        name: what it is; stands in the legend.
        role: its colour, one of `figures.ROLES`.
        start: the output, (n, 2): where it ended before it was turned, counterclockwise. Drawn faint, with the turn.
    """

    values: str
    name: str
    role: str
    start: str | None = None


@dataclass(frozen=True)
class Dials:
    """Vectors pair by pair: a dial for each pair of dimensions, with an arrow for each vector.

    Attributes:
        arrows: what is drawn in each dial; all on one scale, that of the longest.
        labels: one for each dial.
        speeds: of each dial, in a word.
        parts: an output, (n,): a number under each dial.
        note: beside the title; a 0-d output in braces is filled in.
        selected: a control (a `Choice` of the dials); pressing a dial moves it.
    """

    arrows: Sequence[Dial]
    labels: str | Sequence[str]
    speeds: Sequence[str]
    title: str
    parts: str
    note: str = ""
    selected: str | None = None
    width: int = 736
    height: int = 376
    type = "dials"
    keeps = True  # also on narrow screens: dials need it

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.dials(
            axes,
            [
                (dial.name, outputs[dial.values], outputs[dial.start] if dial.start else None, figures.ROLES[dial.role])
                for dial in self.arrows
            ],
            [f"{name}: {speed}" for name, speed in zip(names_of(self.labels, labels), self.speeds, strict=True)],
            outputs[self.parts],
            title=self.title,
            note=filled(self.note, outputs),
            selected=values[self.selected] if self.selected else None,
        )  # fmt: skip

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        names = names_of(self.labels, labels)
        said = [f"{self.title}: {filled(self.note, outputs)}"] if self.note else [self.title]
        return ". ".join([*said, f"Added by {listed(names, outputs[self.parts].tolist())}"]) + "."


@dataclass(frozen=True)
class Groups:
    """Query heads above, and below the heads of keys and values, each joined to those that read it.

    Attributes:
        reads: the output, (H,): which head of keys and values each query head reads, from 0, neighbours the same.
        n_heads: H.
        note: beside the title; a 0-d output in braces is filled in.
    """

    reads: str
    n_heads: int
    title: str
    note: str = ""
    width: int = 736
    height: int = 190
    type = "groups"
    keeps = True  # also on narrow screens: boxes need their height

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.groups(axes, outputs[self.reads], title=self.title, note=filled(self.note, outputs))

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        said = [f"{'queries' if len(members) > 1 else 'query'} {_range(members)} read{'s' * (len(members) == 1)} "
                f"keys and values {i + 1}" for i, members in enumerate(gathered(outputs[self.reads]))]  # fmt: skip
        note = f" ({filled(self.note, outputs)})" if self.note else ""
        return f"{self.title}{note}: {', '.join(said)}."


def gathered(reads: Tensor) -> list[list[int]]:
    """The query heads of each head of keys and values.

    >>> import torch
    >>> gathered(torch.tensor([0.0, 0.0, 1.0]))
    [[0, 1], [2]]
    """
    found: dict[int, list[int]] = {}
    for head, shared in enumerate(reads.tolist()):
        found.setdefault(int(shared), []).append(head)
    return [found[shared] for shared in sorted(found)]


def _range(members: Sequence[int]) -> str:
    return f"{members[0] + 1}" if len(members) == 1 else f"{members[0] + 1} to {members[-1] + 1}"
