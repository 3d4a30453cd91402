"""Controls: the inputs that a reader sets. Each has a graph input, HTML markup, and a range of values."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any

from torch import Tensor

from transformer_lib.live.controls.labels import source_of, spoken_labels, stored_labels, typed_labels, within
from transformer_lib.live.controls.lists import Levels, Points
from transformer_lib.live.controls.scalars import Again, Choice, Reveal, Slider, Steps, Toggle
from transformer_lib.live.controls.text import Text

Control = Slider | Steps | Again | Toggle | Reveal | Choice | Points | Levels | Text

__all__ = [
    "Again",
    "Choice",
    "Control",
    "Levels",
    "Points",
    "Reveal",
    "Slider",
    "Steps",
    "Text",
    "Toggle",
    "bind",
    "source_of",
    "spoken_labels",
    "stored_labels",
    "typed_labels",
    "within",
]


def bind(
    control: Control, labels: dict[str, list[str]], value: Any = None, later: Container[str] = ()
) -> Control:
    """The control of one picture: its options filled in from `labels`, its starting value replaced.

    A choice among labels that come `later`, from the view's outputs, keeps their name for options.

    Raises:
        ValueError: if there is no starting value, or one that the control cannot take.

    >>> bind(Choice("word", "word", "tokens"), {"tokens": ["she", "was"]}, 1)
    Choice(name='word', label='word', options=['she', 'was'], value=1, source='tokens')
    """
    if isinstance(control, Text) and isinstance(control.vocabulary, str):
        control = replace(control, vocabulary=labels[control.vocabulary], source=control.vocabulary)
    elif isinstance(control, Choice) and source_of(control) in later:
        control = replace(control, options=source_of(control))
    elif isinstance(control, Choice) and isinstance(control.options, str):
        control = replace(control, options=_told_apart(labels[control.options]), source=control.options)
    elif isinstance(control, (Points, Levels)) and isinstance(control.options, str):
        control = replace(control, options=labels[control.options])
    if isinstance(value, Tensor):
        value = value.tolist()
    value = control.value if value is None else value
    if value is None:
        options = getattr(control, "options", None)
        each = f" for each of {', '.join(options)}" if options else ""
        raise ValueError(f"{control.name} needs a starting value{each}")
    control.tensor(value)
    if isinstance(control, Text):
        for example in control.examples:
            control.tensor(example)
    return replace(control, value=value)


def _told_apart(options: list[str]) -> list[str]:
    """Number the options that occur twice by their place in the sentence."""
    repeated = {option for option in options if options.count(option) > 1}
    return [f"{o} ({i + 1})" if o in repeated else o for i, o in enumerate(options)]
