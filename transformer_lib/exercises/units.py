"""An exercise on one unit of a feed-forward network, and the words that make it fire."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from transformer_lib.data import generate, split
from transformer_lib.data.grammar.lexicon import ADJECTIVES
from transformer_lib.exercises.checking import Exercise
from transformer_lib.exercises.comparing import numbers
from transformer_lib.model.layers import EncoderLayer
from transformer_lib.models.translator import load_translator

BEFORE, AFTER = (
    tuple(word for word, adjective in ADJECTIVES.items() if adjective.before is first)
    for first in (True, False)
)


@torch.no_grad()
def activations() -> dict[str, Tensor]:
    """How much each of the 256 units of the second encoder layer's feed-forward network fires, by adjective.

    Means over the adjectives of 300 sentences that the translator never saw.
    """
    model, english, _ = load_translator()
    layer = model.encoder.layers[1]
    assert isinstance(layer, EncoderLayer)
    seen: list[Tensor] = []
    hook = layer.feed_forward.w_1.register_forward_hook(
        lambda module, inputs, output: seen.append(output[0].relu())
    )
    found: dict[str, list[Tensor]] = {word: [] for word in BEFORE + AFTER}
    for pair in split(generate(9000, seed=5)).test_sentences[:300]:
        model.encode(torch.tensor([english.encode(list(pair.english))]), None)
        for word, row in zip(pair.english, seen.pop(), strict=True):
            if word in found:
                found[word].append(row)
    hook.remove()
    return {word: torch.stack(rows).mean(0) for word, rows in found.items() if rows}


def _number(answer: Any) -> float:
    """The answer as a number; what is none raises."""
    value = numbers(answer)
    if value is None or value.dtype == torch.bool or value.numel() != 1:
        raise ValueError("no number")
    return value.item()


UNIT = Exercise(
    name="the unit of one class",
    question="05.6",
    given=lambda: (activations(), list(BEFORE)),
    solution=82,
    shows="It fires more for each adjective that stands before its noun in French than for any other adjective.",
    conditions={
        "There are 256 units, counted from 0: the number of one of them is asked for.": (
            lambda answer: _number(answer) in range(256),
            256,
        ),
        "Units are counted from 0 here, as in the tensor: yours is one too many.": (
            lambda answer: _number(answer) != 83,
            83,
        ),
        "That one fires for the other class, those that follow the noun: turn the difference round.": (
            lambda answer: _number(answer) != 62,
            62,
        ),
        "Its mean is higher, but some adjective of the other class passes one of these: compare least with largest.": (
            lambda answer: _number(answer) not in (144, 11, 193),
            144,
        ),
        "Some other unit keeps the two classes farther apart: take the largest gap of all 256.": (
            lambda answer: _number(answer) not in (146, 74, 31, 103),
            146,
        ),
        "Some adjective of the other class makes that unit fire as much as one of these does.": (
            lambda answer: _number(answer) == 82,
            45,
        ),
    },
)

EXERCISES = [UNIT]
