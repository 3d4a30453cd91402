"""Exercises on reading cross-attention: the row that produces a word, and the error of an alignment."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw

SENTENCE = ["<bos>", "je", "suis", "content", ".", "<eos>"]


def _row_probes() -> list[tuple]:
    return [
        ("content", draw(5, 5, seed=1).softmax(-1), list(SENTENCE)),
        ("je", draw(5, 7, seed=2).softmax(-1), list(SENTENCE)),
    ]


PRODUCING = Exercise(
    name="the row that produces a word",
    question="06.3",
    given=lambda: (SENTENCE[3], draw(5, 5, seed=1).softmax(-1), list(SENTENCE)),
    solution=lambda word, weights, tokens: weights[tokens.index(word) - 1],
    shows="Row t reads token t and writes token t + 1: what a word looked at stands one row above its own.",
    probes=_row_probes,
    mistakes={
        "That row reads the word, and writes the next one: the row that produces it stands one above.": (
            lambda word, weights, tokens: weights[tokens.index(word)]
        ),
        "Columns belong to source words: take a row.": either(
            lambda word, weights, tokens: weights[:, tokens.index(word) - 1],
            lambda word, weights, tokens: weights[:, tokens.index(word)],
        ),
    },
)

Pairs = Iterable[tuple[int, int]]  # (target position, source position)


def _found(weights: Tensor, skip: Iterable[int]) -> set[tuple[int, int]]:
    """Each target word with the source word that it looks at most."""
    return {(t, int(s)) for t, s in enumerate(weights.argmax(-1)) if t not in set(skip)}


def _of(found: set[tuple[int, int]], gold: Pairs) -> float:
    return 1 - 2 * len(found & set(gold)) / (len(found) + len(set(gold)))


def _error(weights: Tensor, gold: Pairs, special: Iterable[int]) -> float:
    return _of(_found(weights, special), gold)


def _columns(weights: Tensor, kept: Callable[[int, int], bool]) -> set[tuple[int, int]]:
    """Each source word with the target word that looks at it most."""
    return {(int(t), s) for s, t in enumerate(weights.argmax(0)) if kept(int(t), s)}


def _share(weights: Tensor, gold: Pairs, special: Iterable[int], of: Callable[[set, set], float]) -> float:
    """What is found and gold, as a share of the number that `of` makes of the two."""
    found, gold = _found(weights, special), set(gold)
    return len(found & gold) / of(found, gold)


def _misses(weights: Tensor, gold: Pairs, special: Iterable[int]) -> float:
    return 1 - _share(weights, gold, special, lambda found, gold: len(gold))


def _map(columns: list[int], n_keys: int) -> Tensor:
    """Weights whose largest stands in these columns, row by row."""
    return 0.8 * torch.eye(n_keys)[columns] + 0.2 / n_keys


ALIGNMENT = Exercise(
    name="alignment error",
    question="06.4",
    solution=_error,
    shows="The error counts what is missed and what is made up, over real words only.",
    probes=lambda: [
        (_map([0, 1, 3, 3], 5), [(0, 0), (1, 1), (1, 2), (2, 2)], [3]),
        (_map([0, 2, 1, 2, 4, 4], 5), [(0, 0), (1, 1), (2, 1), (3, 2), (3, 3)], [4, 5]),
    ],
    mistakes={
        "That is 1 − recall: count both sides, 1 − 2 · |found and gold| / (|found| + |gold|).": _misses,
        "Special tokens are no words: leave the rows in `special` out of what you found.": either(
            lambda weights, gold, special: _error(weights, gold, ()),
            lambda weights, gold, special: 1 - _share(weights, gold, (), lambda found, gold: len(found)),
        ),
        "`special` holds places in the target, rows: you left source words out, columns.": (
            lambda weights, gold, special: _of(
                {(t, s) for t, s in _found(weights, ()) if s not in special}, gold
            )
        ),
        "That is 1 − precision: words of the gold alignment that you missed must count too.": (
            lambda weights, gold, special: 1 - _share(weights, gold, special, lambda found, gold: len(found))
        ),
        "That is the share that is right: the error is 1 minus 2 · |found and gold| / (|found| + |gold|).": either(
            lambda weights, gold, special: 1 - _error(weights, gold, special),
            lambda weights, gold, special: 1 - _error(weights, gold, ()),
            lambda weights, gold, special: 1 - _misses(weights, gold, special),
            lambda weights, gold, special: _share(weights, gold, special, lambda found, gold: len(found)),
        ),
        "The factor 2 is missing: a link that both have counts twice below the bar, once on each side.": (
            lambda weights, gold, special: (
                1 - _share(weights, gold, special, lambda found, gold: len(found) + len(gold))
            )
        ),
        "Below the bar stands |found| + |gold|, the two counts added: yours is the number of links in either.": (
            lambda weights, gold, special: (
                1 - _share(weights, gold, special, lambda found, gold: len(found | gold))
            )
        ),
        "A link is (target, source): yours are the other way round.": (
            lambda weights, gold, special: _of({(s, t) for t, s in _found(weights, special)}, gold)
        ),
        "No link of yours is ever gold: a tensor in a set equals no number, so make it one with int().": (
            lambda weights, gold, special: 1.0
        ),
        "Your argmax runs down the columns: each target word, a row, takes its own largest weight, dim=-1.": either(
            lambda weights, gold, special: _of(_columns(weights, lambda t, s: s not in special), gold),
            lambda weights, gold, special: _of(_columns(weights, lambda t, s: t not in special), gold),
        ),
    },
)

EXERCISES = [PRODUCING, ALIGNMENT]
