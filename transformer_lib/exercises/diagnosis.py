"""The exercise on learning curves: what is wrong with three trainings."""

from __future__ import annotations

import re
from collections.abc import Callable

from transformer_lib.exercises.checking import Exercise, either

NAMES = [["overfit"], ["rate"], ["leak", "mask"]]
LEAK_WORDS = {
    "a", "the", "there", "is", "it", "this", "in", "of", "from", "through", "leak",
    "leaks", "leaking", "leaky", "mask", "masks", "causal", "its", "s",
}  # fmt: skip
DIAGNOSES = ["overfitting", "the learning rate", "a leak in the mask"]


def _says(*words: str) -> Callable[[str], bool]:
    return lambda answer: any(word in answer.lower() for word in words)


CLINIC = Exercise(
    name="diagnose the model",
    question="07.5",
    given=lambda: list(DIAGNOSES),
    solution=DIAGNOSES[2],
    shows="A loss of nearly 0 beside babble means that the answer was in the input: the mask lets the future in.",
    conditions={
        "Write one of the three diagnoses, as text.": (lambda answer: isinstance(answer, str), 2),
        "Name one of them only: which of the three is it?": (
            lambda answer: sum(_says(*words)(answer) for words in NAMES) < 2,
            "overfitting, or a leak in the mask",
        ),
        "An overfitted model still writes well on sentences it has seen; this one babbles on those, too.": (
            lambda answer: not _says("overfit")(answer),
            either("overfitting", "Overfit.", "it overfits"),
        ),
        "A bad learning rate shows as a loss that stays high or jumps; this one is near 0.": (
            lambda answer: not _says("rate")(answer),
            either("the learning rate", "learning rate"),
        ),
        "That is none of the three: choose one of them.": (
            lambda answer: (
                _says("leak", "mask")(answer) and set(re.findall(r"\w+", answer.lower())) <= LEAK_WORDS
            ),
            either("", "padding", "B", "no leak in the mask", "a leak in the data"),
        ),
    },
)

EXERCISES = [CLINIC]
