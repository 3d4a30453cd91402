"""Exercises on what a word is drawn from: temperature and top-p."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from transformer_lib.decoding import next_token_distribution
from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw

TEMPERATURE = Exercise(
    name="temperature",
    question="08.1",
    solution=lambda logits, temperature: (logits / temperature).softmax(-1),
    shows="Dividing the logits sharpens below 1 and flattens above it; the order of the words stays.",
    probes=lambda: [
        (torch.tensor([2.0, 0.0]), 0.5),
        (draw(3, 7, seed=1), 2.0),
        (draw(2, 3, 5, seed=2), 0.1),  # the last axis is not always the first or second
        (draw(5, seed=4), 5.0),
        (draw(1, 3, seed=5), 0.7),  # a batch of one
    ],
    mistakes={
        "You scale probabilities: they no longer sum to 1, or nothing changes. Divide the logits, before softmax.": (
            either(
                lambda logits, temperature: logits.softmax(-1) / temperature,
                lambda logits, temperature: logits.softmax(-1) * temperature,
                lambda logits, temperature: logits.softmax(-1),
                lambda logits, temperature: (logits.softmax(-1) / temperature).softmax(-1),
                lambda logits, temperature: logits.softmax(-1) ** (1 / temperature),
            )
        ),
        "These are not probabilities yet: exponentials must be divided by their sum, and no logarithm taken.": either(
            lambda logits, temperature: (logits / temperature).exp(),
            lambda logits, temperature: (logits / temperature).log_softmax(-1),
            lambda logits, temperature: logits / temperature,
        ),
        "Softmax runs along the last axis, the vocabulary: each row sums to 1.": either(
            lambda logits, temperature: (logits / temperature).softmax(0),
            lambda logits, temperature: (logits / temperature).exp() / (logits / temperature).exp().sum(),
        ),
        "You multiply the logits: temperature divides them, so that a high one flattens.": (
            lambda logits, temperature: (logits * temperature).softmax(-1)
        ),
    },
)


def _nucleus(
    p: Tensor, top_p: float, crossing: bool = True, renormalised: bool = True, more: int = 0
) -> Tensor:
    ordered, order = p.sort(descending=True)
    before = ordered.cumsum(-1) - ordered
    kept = before < top_p - 1e-6 if crossing else ordered.cumsum(-1) <= top_p + 1e-6
    kept |= torch.arange(len(p)) < kept.sum() + more
    cut = torch.zeros_like(p).scatter(-1, order, ordered * kept)
    return cut / cut.sum() if renormalised else cut


def _cut(p: Tensor, kept: Tensor) -> Tensor:
    return p * kept / (p * kept).sum()


def _least_kept(p: Tensor, top_p: float) -> Tensor:
    kept = _nucleus(p, top_p)
    return p[kept > 0].min()


def _which_of_equals(result: Any) -> Any:
    """Where all that are kept are equally likely, how many they are counts, and not which."""
    values = torch.as_tensor(result)
    kept = values[values > 0]
    return values.sort().values if len(kept) > 1 and torch.allclose(kept, kept[0]) else result


TOP_P = Exercise(
    name="top-p",
    question="08.2",
    solution=lambda p, top_p: next_token_distribution(p.log(), top_p=top_p),
    shows="The shortest list of words that reaches p, the crossing word included, made to sum to 1 again.",
    probes=lambda: [
        (torch.tensor([0.3, 0.5, 0.2]), 0.7),
        (draw(7, seed=1).softmax(-1), 0.6),
        (draw(11, seed=3).softmax(-1), 0.85),
        (torch.tensor([0.1, 0.8, 0.06, 0.04]), 0.5),  # one word is enough
        (torch.tensor([0.125, 0.5, 0.125, 0.25]), 0.75),  # two reach it exactly, in any precision
        (torch.tensor([0.26, 0.24, 0.22, 0.28]), 0.4),
        (torch.tensor([0.15, 0.05, 0.5, 0.3]), 0.93),
        (torch.tensor([0.2, 0.5, 0.3]), 0.82),
        (torch.full((8,), 0.125), 0.4),  # any four of them
    ],
    view=_which_of_equals,
    mistakes={
        "You drop the word that crosses the threshold: keep it, so that the kept words reach p.": either(
            lambda p, top_p: _nucleus(p, top_p, crossing=False),
            lambda p, top_p: _nucleus(p, top_p, crossing=False, renormalised=False),
        ),
        "You keep one word too many: the list is full as soon as it reaches p.": either(
            lambda p, top_p: _nucleus(p, top_p, more=1),
            lambda p, top_p: _nucleus(p, top_p, more=1, renormalised=False),
        ),
        "Of words that are equally likely take as many as it needs to reach p, and not all of them.": (
            lambda p, top_p: _cut(p, p >= _least_kept(p, top_p))
        ),
        "What is kept does not sum to 1: divide it by its sum, which is more than p.": either(
            lambda p, top_p: _nucleus(p, top_p, renormalised=False),
            lambda p, top_p: _nucleus(p, top_p, renormalised=False) / top_p,
        ),
        "Return the probabilities of all the words, 0 for those that are cut, and not the words' ids.": (
            lambda p, top_p: p.argsort(descending=True)[: (_nucleus(p, top_p) > 0).sum()]
        ),
        "The probabilities come back in another order: put each one back in the place of its word.": either(
            lambda p, top_p: _nucleus(p, top_p).sort(descending=True).values,
            lambda p, top_p: (q := _nucleus(p, top_p).sort(descending=True).values)[q > 0],
        ),
        "Sort first, the likeliest in front: the list is made of the likeliest words, wherever they stand.": either(
            lambda p, top_p: _cut(p, p.cumsum(-1) - p < top_p - 1e-6),
            lambda p, top_p: _cut(p, p.cumsum(-1) <= top_p + 1e-6),
            lambda p, top_p: _cut(p, (p[:, None] >= p).float() @ p <= top_p + 1e-6),
            lambda p, top_p: _cut(p, (p[:, None] > p).float() @ p < top_p - 1e-6),
        ),
        "No single word has to reach p: add the likeliest up until they do.": lambda p, top_p: _cut(
            p, p >= top_p
        ),
        "Divide by the sum of what is kept; a second softmax gives something to words that were cut.": (
            lambda p, top_p: _nucleus(p, top_p, renormalised=False).softmax(-1)
        ),
    },
)

EXERCISES = [TEMPERATURE, TOP_P]
