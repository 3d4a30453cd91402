"""An exercise as it is declared: solution, probes, and what usually goes wrong. How it judges stands in judging.py."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from transformer_lib.exercises import judging
from transformer_lib.exercises.judging import NO_RETURN, NOT_TRIED, Raised

__all__ = ["NOT_TRIED", "NO_RETURN", "Either", "Exercise", "Raised", "either"]


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
            return judging.verdict(self, answer)

    def right_outcomes(self) -> list[Any]:
        """What the solution gives on each probe."""
        return self._right

    def wrong_outcomes(self) -> list[tuple[str, list[Any]]]:
        """What each usual mistake gives on each probe, with its message."""
        return self._wrong

    # Probes and seeds are always the same, and so is what comes of them: computed at the first answer.
    @cached_property
    def _right(self) -> list[Any]:
        return self._outcomes(self.solution)

    @cached_property
    def _wrong(self) -> list[tuple[str, list[Any]]]:
        return [(message, self._outcomes(wrong)) for message, wrong in self.wrong_values()]

    def wrong_values(self) -> Iterator[tuple[str, Any]]:
        """Each usual mistake, with its message."""
        for message, wrong in self.mistakes.items():
            yield from ((message, one) for one in _variants(wrong))

    def agree(self, wrong: list[Any], got: list[Any], fits: list[bool]) -> bool:
        """Whether a known mistake gives what the answer gave, on every probe. `fits` says where that is right."""
        return judging.agree(wrong, got, fits, self.tolerance)

    def _outcomes(self, function: Callable, wrote: list[bool] | None = None) -> list[Any]:
        return judging.outcomes(self, function, wrote)


def _variants(wrong: Any) -> tuple:
    return wrong if isinstance(wrong, Either) else (wrong,)
