"""Checks of the book's exercises: an answer goes in, one line comes out, and it names the likely mistake.

>>> check("a row by hand", ...)
not tried yet: write your answer where the ... stands, and run the cell again
>>> check("write attention", lambda q, k, v: (q @ k.transpose(-2, -1)).softmax(-1) @ v)
Not yet. The scale is missing: divide the scores by √d, the square root of q.shape[-1].
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import torch

with torch.device("cpu"):  # probes are tensors there, whatever device a notebook has made the default
    from transformer_lib.exercises import (
        ablation,
        alignment,
        assistant,
        caching,
        circuits,
        control,
        cross_attention,
        deciding,
        decoding,
        descent,
        diagnosis,
        direction,
        dot_product,
        encoder,
        evaluation,
        free_running,
        heads,
        masking,
        normalising,
        positions,
        proxies,
        readers,
        real_models,
        recurrence,
        sampling,
        training,
        units,
        vectors,
        word_by_word,
    )
    from transformer_lib.exercises.checking import Exercise, either

CONCEPTS = [
    readers,
    recurrence,
    control,
    vectors,
    positions,
    dot_product,
    masking,
    direction,
    heads,
    circuits,
    ablation,
    normalising,
    encoder,
    word_by_word,
    units,
    cross_attention,
    alignment,
    deciding,
    training,
    diagnosis,
    free_running,
    descent,
    sampling,
    decoding,
    caching,
    evaluation,
    real_models,
    assistant,
    proxies,
]
EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise for concept in CONCEPTS for exercise in concept.EXERCISES
}

__all__ = ["EXERCISES", "Exercise", "check", "either", "given"]


def check(name: str, answer: Any) -> None:
    """Print one line about an answer: right, what is likely wrong with it, or that none was given yet.

    Args:
        name: the exercise's name, as the chapter writes it.
        answer: what the exercise asks for: a number, a tensor, a function (not called), a few of these.

    Raises:
        ValueError: if no exercise has this name. Nothing is raised because of the answer.
    """
    with torch.device("cpu"):  # an answer meets probes there, and so does what it makes itself
        print(_named(name).verdict(answer))


def given(name: str) -> Any:
    """The numbers that an exercise starts from, as fresh copies.

    Raises:
        ValueError: if no exercise has this name, or it starts from nothing.

    >>> queries, keys = given("a row by hand")
    >>> queries.shape, keys.shape
    (torch.Size([2, 4]), torch.Size([3, 4]))
    """
    start = _named(name).given
    if start is None:
        raise ValueError(f"the exercise {name!r} starts from nothing that could be given")
    return start()


def _named(name: str) -> Exercise:
    if name not in EXERCISES:
        near = get_close_matches(str(name), EXERCISES, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"there is no exercise {name!r}{hint}")
    return EXERCISES[name]
