"""The exercise on telling readers apart: habit, ending or cue, found out by asking them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformer_lib.data.tasks import ANSWERS, CUES, TAILS, USUAL
from transformer_lib.exercises.checking import Exercise, either

Reader = Callable[[str, str], str]  # cue and ending to an answer
KINDS = {"A": "ending", "B": "cue", "C": "habit", "D": "both"}


def _by_cue(cue: str, ending: str) -> str:
    return ANSWERS[CUES.index(cue)]


def _by_ending(cue: str, ending: str) -> str:
    return ANSWERS[USUAL[TAILS.index(ending)]]


def _by_habit(cue: str, ending: str) -> str:
    return "older"


def _by_both(cue: str, ending: str) -> str:
    """By the cue after a prize, by the ending after a birthday."""
    return (_by_ending if ending == "birthday" else _by_cue)(cue, ending)


READERS: dict[str, Reader] = {"A": _by_ending, "B": _by_cue, "C": _by_habit, "D": _by_both}


def _with(**changed: str) -> dict[str, str]:
    return KINDS | changed


def _kinds(answer: Any) -> dict[str, str]:
    """The reader's words, whatever their case; empty if the answer is no such dictionary."""
    try:
        return {str(name).strip().upper(): str(kind).strip().lower() for name, kind in dict(answer).items()}
    except (TypeError, ValueError):
        return {}


def _says(name: str) -> Callable[[object], bool]:
    return lambda answer: _kinds(answer)[name] == KINDS[name]


WHICH = Exercise(
    name="which reader",
    question="01.1",
    given=lambda: dict(READERS),
    solution=dict(KINDS),
    shows="No one sentence tells all four apart: it takes both endings, and more than one cue.",
    conditions={
        "Hand over a dictionary with a word for each of A, B, C and D.": (
            lambda answer: _kinds(answer).keys() == KINDS.keys(),
            either({"A": "ending"}, {}),
        ),
        "Each word is one of habit, ending, cue and both.": (
            lambda answer: set(_kinds(answer).values()) <= set(KINDS.values()),
            _with(A="recency"),
        ),
        "A is something else. Keep its ending and change the cue, then the other way round: which of them moves it?": (
            _says("A"),
            either(_with(A="habit"), _with(A="cue"), _with(A="both")),
        ),
        "B is something else. Ask it every cue after each ending: six questions, and what moves its answer?": (
            _says("B"),
            either(_with(B="both"), _with(B="ending"), _with(B="habit")),
        ),
        "C is something else. What several readers answer alike tells none of them apart: ask after the other ending.": (
            _says("C"),
            either(_with(C="ending"), _with(C="cue"), _with(C="both")),
        ),
        "D is something else. What holds after one ending need not hold after the other: ask every cue after each.": (
            _says("D"),
            either(_with(D="cue"), _with(D="ending"), _with(D="habit")),
        ),
    },
)

EXERCISES = [WHICH]
