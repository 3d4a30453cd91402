"""Controls: what a reader can move. Each knows its graph input, its native markup, and which values it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from transformer_lib.live.controls.lists import Levels, Points
from transformer_lib.live.controls.scalars import Choice, Reveal, Slider, Steps, Toggle

Control = Slider | Steps | Toggle | Reveal | Choice | Points | Levels

__all__ = ["Choice", "Control", "Levels", "Points", "Reveal", "Slider", "Steps", "Toggle", "bind"]


def bind(control: Control, labels: dict[str, list[str]], value: Any = None) -> Control:
    """The control of one picture: its options filled in from `labels`, its starting value replaced.

    Raises:
        ValueError: if there is no starting value, or one that the control cannot take.

    >>> bind(Choice("word", "word", "tokens"), {"tokens": ["she", "was"]}, 1)
    Choice(name='word', label='word', options=['she', 'was'], value=1)
    """
    if isinstance(getattr(control, "options", None), str):
        options = labels[control.options]
        if isinstance(control, Choice):
            repeated = {option for option in options if options.count(option) > 1}
            # Two words that look alike are told apart by their place in the sentence.
            options = [f"{o} ({i + 1})" if o in repeated else o for i, o in enumerate(options)]
        control = replace(control, options=options)
    if isinstance(value, Tensor):
        value = value.tolist()
    value = control.value if value is None else value
    if value is None:
        raise ValueError(f"{control.name} needs a starting value for each of {', '.join(control.options)}")
    control.tensor(value)
    return replace(control, value=value)
