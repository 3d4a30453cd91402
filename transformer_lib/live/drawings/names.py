"""Shared by the drawings: types of their arguments, and formatting of names and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

Outputs = Mapping[str, Tensor]
"""The view's outputs."""

Labels = Mapping[str, Sequence[str]]
"""The lists of words that a picture gives."""

Values = Mapping[str, Any]
"""The values of the controls."""

WIDE = 600
"""CSS pixels: some drawings keep their height on a telephone in panels wider than this."""


LANGUAGES = {"english": "english", "source": "english", "sources": "english"} | dict.fromkeys(
    ("french", "target", "written", "read", "candidates", "ranked", "steps"), "french"
)
"""The language of the words under a name: English and French are written in two colours, French in italics."""


def language_of(given: str | Sequence[str], own: str | None = None) -> str:
    """The language of labels: `own` where a drawing says it, else what their name tells; empty for others.

    >>> language_of("source"), language_of("tokens"), language_of(("she", "was"), "english")
    ('english', '', 'english')
    """
    if own is not None:
        return own
    return LANGUAGES.get(given, "") if isinstance(given, str) else ""


def names_of(given: str | Sequence[str], labels: Labels) -> list[str]:
    """The labels of a picture under the name `given`, or `given` itself where a drawing brings its own names.

    >>> names_of("tokens", {"tokens": ["she", "was"]}), names_of(("loss",), {})
    (['she', 'was'], ['loss'])
    """
    return list(labels[given] if isinstance(given, str) else given)


def listed(names: Sequence[str], numbers: Sequence[float]) -> str:
    """Names and their numbers at four digits, in one line.

    >>> listed(["she", "was"], [0.25, 112.0])
    'she 0.25, was 112'
    """
    return ", ".join(f"{name} {number:.4g}" for name, number in zip(names, numbers, strict=True))


def pair(point: Sequence[float]) -> str:
    """A point as text.

    >>> pair([7.0, -2.5])
    '(7, -2.5)'
    """
    return f"({point[0]:.4g}, {point[1]:.4g})"
