"""How an answer is judged: run on probes, compared with the solution, then with the mistakes that are usual.

Nothing here raises because of what a reader wrote: every answer, however broken, gets one line.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from transformer_lib.exercises.comparing import describe, difference, holds_ellipsis, kind_of, same
from transformer_lib.exercises.introspection import does_nothing, where

NOT_TRIED = "not tried yet: write your answer where the ... stands, and run the cell again"
NO_RETURN = "not tried yet, or a `return` is missing: your function gives back None"


@dataclass(frozen=True)
class Raised:
    """An exception in place of a result. Two are the same if the kinds agree: wordings differ with the code."""

    kind: str
    line: str

    @property
    def on_dots(self) -> bool:
        """Whether a `...` that still stands in the code was computed with."""
        return re.search(r"'ellipsis'|not ellipsis|EllipsisType", self.line) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised) and self.kind == other.kind

    __hash__ = None  # pyright: ignore[reportAssignmentType]  (Python's own way to say: equal, but in no set)


class Either(tuple):
    """Several wrong answers that one message fits."""


def either(*wrong: Any) -> Either:
    """Wrong answers that differ in what they give and come from the same mistake."""
    return Either(wrong)


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is asked, what is right, and what usually goes wrong.

    A function is compared with `solution` on every probe; any other answer is compared with it directly.
    With `conditions`, an answer is right when all of them hold: many answers are, and `solution` is one.
    """

    name: str
    question: str  # chapter and number, "03.1"
    solution: Any  # a function, or a value
    shows: str  # what a right answer has shown, one sentence
    mistakes: Mapping[str, Any] = field(
        default_factory=dict
    )  # message -> wrong answer, or either(...) of several
    probes: Callable[[], list[tuple]] = list  # fresh inputs at each call, the smallest first
    conditions: Mapping[str, tuple[Callable[[Any], Any], Any]] = field(default_factory=dict)
    # message -> (what must hold, a wrong answer for which it does not)
    given: Callable[[], Any] | None = None  # what the notebook hands to the reader
    tolerance: float = 1e-4
    view: Callable[[Any], Any] = lambda result: result  # the part of a result that is compared

    @property
    def typical(self) -> dict[str, tuple]:
        """Every message with the wrong answers that it is for."""
        wrong = {message: _variants(answer) for message, answer in self.mistakes.items()}
        return wrong | {message: _variants(answer) for message, (_, answer) in self.conditions.items()}

    def verdict(self, answer: Any) -> str:
        """One line about the answer: `Right. …`, `Not yet. …` or `not tried yet …`."""
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore")
            torch.manual_seed(0)
            if holds_ellipsis(answer) or does_nothing(answer):
                return NOT_TRIED
            if self.conditions:
                return self._judge_conditions(answer)
            if callable(self.solution):
                return self._judge_function(answer)
            return self._judge_value(answer)

    def _right(self) -> str:
        return f"Right. {self.shows}"

    def _judge_value(self, answer: Any) -> str:
        answer = self._viewed(answer)
        if same(self.solution, answer, self.tolerance):
            return self._right()
        for message, wrong in self.mistakes.items():
            if any(same(one, answer, self.tolerance) for one in _variants(wrong)):
                return f"Not yet. {message}"
        return (
            f"Not yet. {_capital(difference(self.solution, answer, tolerance=self.tolerance, reveal=False))}"
        )

    def _judge_conditions(self, answer: Any) -> str:
        if callable(self.solution) and not callable(answer):
            return (
                f"Not yet. A function is wanted, this is {describe(answer)}: hand it over without calling it."
            )
        for message, (holds, _) in self.conditions.items():
            held = self._run(holds, (answer,))
            if isinstance(held, Raised):
                if held.on_dots:
                    return NOT_TRIED
                if held.line.startswith("Line"):
                    return f"Not yet. {held.line}"
                wanted = kind_of(self.solution)  # never its value
                return f"Not yet. The answer should be {wanted}, this is {describe(answer)}."
            if not held:
                return f"Not yet. {message}"
        return self._right()

    def _judge_function(self, answer: Any) -> str:
        if not callable(answer):
            return (
                f"Not yet. A function is wanted, this is {describe(answer)}: hand it over without calling it."
            )
        wrote: list[bool] = []
        got = self._outcomes(answer, wrote)
        if all(outcome is None for outcome in got):
            return NO_RETURN
        if holds_ellipsis(got[0]) or (isinstance(got[0], Raised) and got[0].on_dots):
            return NOT_TRIED
        wanted = self._outcomes(self.solution)
        fits = [same(a, b, self.tolerance) for a, b in zip(wanted, got, strict=True)]
        if all(fits):
            if any(wrote):
                return (
                    "Not yet. The result is right, but your function writes into its inputs: work on a copy."
                )
            return self._right()
        for message, wrong in self.mistakes.items():
            for one in _variants(wrong):
                if self.agree(self._outcomes(one), got, fits):
                    return f"Not yet. {message}"
        first = fits.index(False)
        inputs = ", ".join(describe(value) for value in self.probes()[first])
        if isinstance(got[first], Raised):
            return f"Not yet. {got[first].line} (for {inputs})"
        if any(wrote):
            return "Not yet. Your function writes into its inputs, so later results are off: work on a copy."
        return f"Not yet. For {inputs}: {difference(wanted[first], got[first], tolerance=self.tolerance)}"

    def agree(self, wrong: list[Any], got: list[Any], fits: list[bool]) -> bool:
        """Whether a known mistake gives what the answer gave, on every probe. `fits` says where that is right."""
        if not all(same(a, b, self.tolerance) for a, b in zip(wrong, got, strict=True)):
            return False
        # A wrong result is evidence; an exception's kind says little, so without one the words must agree, too.
        if any(not fit and not isinstance(outcome, Raised) for fit, outcome in zip(fits, got, strict=True)):
            return True
        raised = [(a, b) for a, b in zip(wrong, got, strict=True) if isinstance(a, Raised)]
        return all(_words(a) == _words(b) for a, b in raised)

    def _outcomes(self, function: Callable, wrote: list[bool] | None = None) -> list[Any]:
        """What the function gives on each probe; `wrote` notes whether it changed that probe."""
        outcomes = []
        for arguments, once, again in zip(self.probes(), self.probes(), self.probes(), strict=True):
            torch.manual_seed(0)
            outcome = self._run(function, arguments)
            outcomes.append(outcome if isinstance(outcome, Raised) else self._viewed(outcome))
            if wrote is not None:
                wrote.append(not _unchanged(once, again, arguments))
        return outcomes

    def _viewed(self, result: Any) -> Any:
        try:
            return self.view(result)
        except Exception:  # a result of another kind is shown as it is
            return result

    @staticmethod
    def _run(function: Callable, arguments: tuple) -> Any:
        try:
            return function(*arguments)
        except (Exception, SystemExit) as error:
            return Raised(type(error).__name__, where(error))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _variants(wrong: Any) -> tuple:
    return wrong if isinstance(wrong, Either) else (wrong,)


def _words(raised: Raised) -> str:
    return raised.line.split(f"{raised.kind}: ", 1)[-1]


def _unchanged(before: tuple, again: tuple, after: tuple) -> bool:
    """Whether inputs stayed as they were; `again` tells which can be compared at all: functions cannot.

    Of a list of functions, the length can.
    """
    trios = list(zip(before, again, after, strict=True))
    lists = all(len(a) == len(c) for a, _, c in trios if isinstance(a, list))
    return lists and all(same(a, c, 0.0) for a, b, c in trios if same(a, b, 0.0))
