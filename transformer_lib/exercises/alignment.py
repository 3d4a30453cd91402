"""Exercises on reading cross-attention: who looked where, and how often that is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw

ENGLISH = ["i", "am", "happy", "."]
FRENCH = ["<bos>", "je", "suis", "content", ".", "<eos>"]


def _reading_probes() -> list[tuple]:
    return [
        (draw(5, 4, seed=1).softmax(-1), list(ENGLISH), list(FRENCH)),
        (
            draw(7, 5, seed=2).softmax(-1),
            ["a", "cat", "and", "a", "dog"],
            ["<bos>", *["un", "chat", "et", "un", "chien"], "<eos>"][:7],
        ),
        (
            draw(4, 3, seed=3).softmax(-1),
            ["no", "more", "."],
            ["<bos>", "plus", "."],
        ),  # cut off before its end
        (
            _map([0, 1, 2, 0, 1, 2], 3),
            ["very", "good", ","],
            ["<bos>", *["très", "bon", ","] * 2, "<eos>"],
        ),  # the same pairs twice
        (
            torch.tensor(
                [
                    [0.5, 0.4, 0.1],
                    [0.1, 0.45, 0.45 - 0.01],
                    [0.9, 0.05, 0.05],
                    [0.0, 0.4, 0.61],
                    [0.3, 0.4, 0.3],
                ]
            ),
            ["no", "more", "."],
            ["<bos>", "ne", "plus", ".", "<eos>"],
        ),  # columns of unequal weight: a softmax over them chooses others
    ]


def _read(weights: Tensor, source: list[str], tokens: list[str], shift: int = 1) -> list[tuple[str, str]]:
    """Each French word with the English one that row `place − shift` looks at most."""
    return [
        (word, source[int(weights[place - shift].argmax())])
        for place, word in enumerate(tokens)
        if word not in ("<bos>", "<eos>") and place - shift < len(weights)
    ]


def _as_pairs(result: Any) -> Any:
    """A dictionary's items, what a zip or a generator holds, and an array's rows, as a list."""
    if isinstance(result, Mapping):
        return list(result.items())
    if isinstance(result, np.ndarray):
        return result.tolist()
    return list(result) if isinstance(result, Iterator) else result


READING = Exercise(
    name="reading an alignment",
    question="06.3",
    solution=_read,
    shows="Row t reads token t and writes token t + 1: what a word looked at stands one row above its own.",
    probes=_reading_probes,
    view=_as_pairs,
    mistakes={
        "Your row reads the word, and writes the next one: the row that produces it stands one above.": either(
            lambda weights, source, tokens: _read(weights, source, tokens, 0),
            lambda weights, source, tokens: [
                (word, source[int(row.argmax())]) for word, row in zip(tokens, weights, strict=False)
            ],
            lambda weights, source, tokens: [
                (word, source[int(row.argmax())])
                for word, row in zip(tokens, weights, strict=False)
                if word not in ("<bos>", "<eos>")
            ],
        ),
        "<eos> is no word: leave it out.": lambda weights, source, tokens: [
            (word, source[int(row.argmax())]) for word, row in zip(tokens[1:], weights, strict=False)
        ],
        "Each French word takes the largest weight of its row: yours goes down the columns.": (
            lambda weights, source, tokens: [
                (tokens[int(column.argmax()) + 1], word)
                for word, column in zip(source, weights.T, strict=True)
            ]
        ),
        "French comes first in each pair: (the French word, the English word that it looked at most).": (
            lambda weights, source, tokens: [pair[::-1] for pair in _read(weights, source, tokens)]
        ),
        "A dictionary keeps a word only once, and *un* stands there twice: return a list of pairs.": (
            lambda weights, source, tokens: dict(_read(weights, source, tokens))
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


def _map(columns: list[int], n_keys: int, peak: float = 0.8, second: int = 0) -> Tensor:
    """Weights whose largest stands in these columns, row by row, with a strong second beside it if asked for."""
    first, last = (
        torch.eye(n_keys)[columns],
        torch.eye(n_keys)[[(column + second) % n_keys for column in columns]],
    )
    return (
        peak * first
        + (peak - 0.05) * last * bool(second)
        + (1 - peak - (peak - 0.05) * bool(second)) / n_keys
    )


def _renumbered(weights: Tensor, gold: Pairs, special: Iterable[int]) -> float:
    """Special rows are dropped first, and the rows that are left counted from 0."""
    rows = [t for t in range(len(weights)) if t not in set(special)]
    return _error(weights[rows], gold, ())


def _above(threshold: Callable[[Tensor], float]) -> Callable:
    """Every weight above a threshold is a link."""

    def error(weights: Tensor, gold: Pairs, special: Iterable[int]) -> float:
        links = (weights > threshold(weights)).nonzero().tolist()
        return _of({(t, s) for t, s in links if t not in set(special)}, gold)

    return error


ALIGNMENT = Exercise(
    name="alignment error",
    question="06.4",
    solution=_error,
    shows="The error counts what is missed and what is made up, over real words only.",
    probes=lambda: [
        (_map([0, 1, 3, 3], 5), [(0, 0), (1, 1), (1, 2), (2, 2)], [3]),
        (_map([0, 2, 1, 2, 4, 4], 5), [(0, 0), (1, 1), (2, 1), (3, 2), (3, 3)], [4, 5]),
        (
            _map([2, 0, 1, 1, 3], 7, 0.2),
            [(1, 0), (2, 1), (3, 2), (4, 3)],
            [0],
        ),  # flat rows, a special one first
        (
            _map([1, 0, 2, 3, 2], 5, 0.45, 2),
            [(0, 1), (2, 2), (3, 3), (4, 4)],
            [1],
        ),  # a close second; special inside
        (_map([0, 1, 2, 3], 4), [(0, 0), (2, 1), (2, 2)], [3]),  # word 1 has no gold link, word 2 has two
        (_map([0, 1, 2, 3, 4, 1], 5), [(0, 1), (2, 3), (4, 4)], [0, 2, 5]),  # special ones apart
        (_map([0, 2, 1], 3), [(0, 0), (1, 1)], []),
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
        "Count gold links, not words that have one: a word with two gold links counts twice below the bar.": (
            lambda weights, gold, special: (
                1
                - 2
                * _share(weights, gold, special, lambda found, gold: len(found) + len({t for t, _ in gold}))
            )
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
        "Rows keep their numbers: leave special ones out of what you found, and do not count the others anew.": _renumbered,
        "A word takes one link, to the largest weight of its row: a threshold finds none in a flat row, or several.": either(
            *(_above(lambda weights, cut=cut: cut) for cut in (0.1, 0.2, 0.25, 0.3, 0.4, 0.5)),
            _above(lambda weights: 1 / weights.shape[-1]),
            _above(lambda weights: weights.mean().item()),
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

EXERCISES = [READING, ALIGNMENT]
