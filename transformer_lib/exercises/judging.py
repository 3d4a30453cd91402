"""The rules by which an answer gets its line. Plain Python: the pages' interpreter runs this file as it stands.

An exercise is whatever has `solution`, `conditions`, `probes`, `view`, `tolerance`, `shows`, and can tell what is right
(`right_outcomes`) and what usually goes wrong (`wrong_outcomes`, `wrong_values`): in a kernel it computes that, in a page
it was stored. Nothing here raises because of what a reader wrote: every answer, however broken, gets one line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from transformer_lib.exercises.comparing import describe, difference, holds_ellipsis, kind_of, same
from transformer_lib.exercises.introspection import does_nothing, kind, where

NOT_TRIED = "not tried yet: write your answer where the ... stands, and run the cell again"
NO_RETURN = "not tried yet, or a `return` is missing: your function gives back None"
DOTS = ("'ellipsis'", "not ellipsis", "EllipsisType")  # in the words of an error: a `...` was computed with


class Raised:
    """An exception in place of a result. Two are the same if the kinds agree: wordings differ with the code."""

    def __init__(self, kind: str, line: str) -> None:
        self.kind = kind
        self.line = line

    @property
    def on_dots(self) -> bool:
        """Whether a `...` that still stands in the code was computed with."""
        return any(words in self.line for words in DOTS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised) and self.kind == other.kind

    __hash__ = None  # pyright: ignore[reportAssignmentType]  (Python's own way to say: equal, but in no set)


def verdict(exercise: Any, answer: Any) -> str:
    """One line about the answer: `Right. …`, `Not yet. …` or `not tried yet …`."""
    if holds_ellipsis(answer) or does_nothing(answer):
        return NOT_TRIED
    if exercise.conditions:
        return _judge_conditions(exercise, answer)
    return (
        _judge_function(exercise, answer) if callable(exercise.solution) else _judge_value(exercise, answer)
    )


def _right(exercise: Any) -> str:
    return f"Right. {exercise.shows}"


def _judge_value(exercise: Any, answer: Any) -> str:
    answer = viewed(exercise, answer)
    if same(exercise.solution, answer, exercise.tolerance):
        return _right(exercise)
    for message, wrong in exercise.wrong_values():
        if same(wrong, answer, exercise.tolerance):
            return f"Not yet. {message}"
    words = difference(exercise.solution, answer, tolerance=exercise.tolerance, reveal=False)
    return f"Not yet. {words[:1].upper()}{words[1:]}"


def _no_function(answer: Any) -> str:
    return f"Not yet. A function is wanted, this is {describe(answer)}: hand it over without calling it."


def _judge_conditions(exercise: Any, answer: Any) -> str:
    if callable(exercise.solution) and not callable(answer):
        return _no_function(answer)
    for message, (holds, _) in exercise.conditions.items():
        held = run(holds, (answer,))
        if isinstance(held, Raised):
            if held.on_dots:
                return NOT_TRIED
            if held.line.startswith("Line"):
                return f"Not yet. {held.line}"
            wanted = kind_of(exercise.solution)  # never its value
            return f"Not yet. The answer should be {wanted}, this is {describe(answer)}."
        if not held:
            return f"Not yet. {message}"
    return _right(exercise)


def _judge_function(exercise: Any, answer: Any) -> str:
    if not callable(answer):
        return _no_function(answer)
    wrote: list[bool] = []
    got = outcomes(exercise, answer, wrote)
    if all(outcome is None for outcome in got):
        return NO_RETURN
    if holds_ellipsis(got[0]) or (isinstance(got[0], Raised) and got[0].on_dots):
        return NOT_TRIED
    wanted = exercise.right_outcomes()
    fits = [same(a, b, exercise.tolerance) for a, b in zip(wanted, got, strict=True)]
    if all(fits):
        if any(wrote):
            return "Not yet. The result is right, but your function writes into its inputs: work on a copy."
        return _right(exercise)
    for message, wrong in exercise.wrong_outcomes():
        if agree(wrong, got, fits, exercise.tolerance):
            return f"Not yet. {message}"
    first = fits.index(False)
    inputs = ", ".join([describe(value) for value in exercise.probes()[first]])
    if isinstance(got[first], Raised):
        return f"Not yet. {got[first].line} (for {inputs})"
    if any(wrote):
        return "Not yet. Your function writes into its inputs, so later results are off: work on a copy."
    return f"Not yet. For {inputs}: {difference(wanted[first], got[first], tolerance=exercise.tolerance)}"


def agree(wrong: list[Any], got: list[Any], fits: list[bool], tolerance: float) -> bool:
    """Whether a known mistake gives what the answer gave, on every probe. `fits` says where that is right."""
    if not all(same(a, b, tolerance) for a, b in zip(wrong, got, strict=True)):
        return False
    # A wrong result is evidence; an exception's kind says little, so without one the words must agree, too.
    if any(not fit and not isinstance(outcome, Raised) for fit, outcome in zip(fits, got, strict=True)):
        return True
    raised = [(a, b) for a, b in zip(wrong, got, strict=True) if isinstance(a, Raised)]
    return all(_words(a) == _words(b) for a, b in raised)


def outcomes(exercise: Any, function: Any, wrote: list[bool] | None = None) -> list[Any]:
    """What the function gives on each probe; `wrote` notes whether it changed that probe."""
    found = []
    more: list[tuple] = []  # the probes once more, if a doubt makes them needed

    def again(place: int) -> tuple:
        if not more:
            more.extend(exercise.probes())
        return more[place]

    for i, (arguments, once) in enumerate(zip(exercise.probes(), exercise.probes(), strict=True)):
        torch.manual_seed(0)
        outcome = run(function, arguments)
        found.append(outcome if isinstance(outcome, Raised) else viewed(exercise, outcome))
        if wrote is not None:
            wrote.append(not _unchanged(once, lambda i=i: again(i), arguments))
    return found


def viewed(exercise: Any, result: Any) -> Any:
    """The part of a result that is compared."""
    try:
        return exercise.view(result)
    except Exception:  # a result of another kind is shown as it is
        return result


def run(function: Any, arguments: tuple) -> Any:
    """What a function gives, or the exception that it raised."""
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        return Raised(kind(error), where(error))


def _words(raised: Raised) -> str:
    return raised.line.split(f"{raised.kind}: ", 1)[-1]


def _unchanged(before: tuple, again: Callable[[], tuple], after: tuple) -> bool:
    """Whether inputs stayed as they were; `again` tells which can be compared at all: functions cannot.

    Of a list of functions, the length can.
    """
    if any(len(a) != len(c) for a, c in zip(before, after, strict=True) if isinstance(a, list)):
        return False
    differ = [not same(a, c, 0.0) for a, c in zip(before, after, strict=True)]
    if not any(differ):
        return True
    comparable = [same(a, b, 0.0) for a, b in zip(before, again(), strict=True)]
    return not any(a and b for a, b in zip(differ, comparable, strict=True))
