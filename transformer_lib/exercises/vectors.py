"""Exercises on what goes in: the gradient of a table, subwords, parameter counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain, pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw


def _spread_out(ids: Tensor, table: Tensor, g: Tensor) -> Tensor:
    """The gradient of the table from that of its looked-up rows: each token's part goes to the row of its word."""
    return torch.zeros_like(table).index_add(0, ids, g)


def _overwritten(ids: Tensor, table: Tensor, g: Tensor) -> Tensor:
    found = torch.zeros_like(table)
    for token, part in zip(ids.tolist(), g, strict=True):
        found[token] = part
    return found


def _averaged(ids: Tensor, table: Tensor, g: Tensor) -> Tensor:
    counts = torch.bincount(ids, minlength=len(table)).clamp(min=1)
    return _spread_out(ids, table, g) / counts[:, None]


TABLE_GRADIENT = Exercise(
    name="the table's gradient",
    question="02.1",
    solution=_spread_out,
    shows="Only rows that were read get a gradient, and a word that stands twice gets both parts: one-hot, transposed.",
    probes=lambda: [
        (torch.tensor([2, 0, 2]), draw(5, 2, seed=1), torch.tensor([[1.0, 2.0], [5.0, 7.0], [10.0, 20.0]])),
        (torch.tensor([3, 3, 1, 3]), draw(7, 3, seed=2), draw(4, 3, seed=3)),
        (torch.tensor([0, 1, 1, 0, 1]), draw(2, 4, seed=4), draw(5, 4, seed=5)),
        (torch.tensor([2, 2]), draw(3, 1, seed=6), draw(2, 1, seed=7)),  # one column
    ],
    mistakes={
        "A word that stands twice gets both parts of the gradient, added; yours keeps the last one.": _overwritten,
        "Parts of one word are added, not averaged: each of its places moves the loss.": _averaged,
        "One row for each word of the table is wanted, also for words that do not occur; yours ends too early.": (
            lambda ids, table, g: F.one_hot(ids).to(g.dtype).T @ g
        ),
        "One row for each word of the table is wanted; yours has one for each token of the sentence.": either(
            lambda ids, table, g: g,
            lambda ids, table, g: F.one_hot(ids, len(table)).to(g.dtype),
        ),
        "Words that were not read have no part in the loss: their rows get zeros.": (
            lambda ids, table, g: g.sum(0).expand_as(table)
        ),
        "The gradient is asked for, not the table after a step.": either(
            lambda ids, table, g: table - _spread_out(ids, table, g),
            lambda ids, table, g: table + _spread_out(ids, table, g),
        ),
    },
)

Words = list[list[str]]


def _merge(word: list[str], pair: tuple[str, ...], overlap: bool = False) -> list[str]:
    merged, i = [], 0
    while i < len(word):
        if tuple(word[i : i + 2]) == pair:
            merged.append(word[i] + word[i + 1])
            i += 1 if overlap and tuple(word[i + 1 : i + 3]) == pair else 2
        else:
            merged.append(word[i])
            i += 1
    return merged


def _first_place(word: list[str], pair: tuple[str, str]) -> list[str]:
    """The word with the pair merged where it stands first, and nowhere else."""
    for i in range(len(word) - 1):
        if (word[i], word[i + 1]) == pair:
            return [*word[:i], word[i] + word[i + 1], *word[i + 2 :]]
    return word


def _from_the_right(word: list[str], pair: tuple[str, str]) -> list[str]:
    turned = _merge([piece[::-1] for piece in word[::-1]], (pair[1][::-1], pair[0][::-1]))
    return [piece[::-1] for piece in turned[::-1]]


def _within(split: Words) -> Counter:
    return Counter(pair for word in split for pair in pairwise(word))


def _commonest(counts: Counter) -> tuple[str, str]:
    return max(counts, key=counts.__getitem__)


def _two_merges(
    words: Iterable[str],
    choose: Callable[[Counter], tuple[str, str]] = _commonest,
    merge: Callable[[list[str], tuple[str, str]], list[str]] = _merge,
    steps: int = 2,
    count: Callable[[Words], Counter] = _within,
) -> Words:
    split = [list(word) for word in words]
    for _ in range(steps):
        pair = choose(count(split))
        split = [merge(word, pair) for word in split]
    return split


def _by_kinds(words: Iterable[str]) -> Words:
    """Each distinct word counted once."""
    words = list(words)
    kinds = list(dict.fromkeys(words))
    return [_two_merges(kinds)[kinds.index(word)] for word in words]


def _counted_once(words: Iterable[str]) -> Words:
    """The two commonest pairs of the first count."""
    split = [list(word) for word in words]
    for pair, _ in Counter(pair for word in split for pair in pairwise(word)).most_common(2):
        split = [_merge(word, pair) for word in split]
    return split


MERGES = Exercise(
    name="two merges",
    question="02.2",
    solution=_two_merges,
    shows="Counting pairs and merging the commonest, again and again, is all of byte-pair encoding.",
    # in none do two pairs occur equally often when one is chosen, nor when each word or each kind of pair counts once
    probes=lambda: [
        (["hat", "hat", "cat", "chat", "that"],),
        (["aaab", "aaac", "aab"],),
        ([*["up"] * 6, *["on"] * 5, "to", "tot", "top", "stop"],),
        (["tot", "tot", "tots", "toto", "otto", "to"],),
        ([*["coco"] * 3, *["on"] * 3, "ton", "lon", *["at"] * 4],),
        ([*["aaa"] * 3, "baa", *["on"] * 4, "con"],),
        (["I", "No", "no", "now", "a", "know", "not"],),  # words of one letter; N is not n
    ],
    mistakes={
        "Merge from left to right: in a a a the first two become aa, and the third stays alone.": (
            lambda words: _two_merges(words, merge=_from_the_right)
        ),
        "Merged pairs may not overlap: in a a a the first two become aa, and the third stays alone.": (
            lambda words: _two_merges(words, merge=partial(_merge, overlap=True))
        ),
        "Merge the pair wherever it stands in a word, not at its first place alone.": (
            lambda words: _two_merges(words, merge=_first_place)
        ),
        "A pair that stands twice in a word counts twice.": lambda words: _two_merges(
            words, count=lambda split: Counter(pair for word in split for pair in set(pairwise(word)))
        ),
        "A pair has an order: t before o and o before t are two pairs, counted and merged apart.": (
            lambda words: _two_merges(
                words,
                count=lambda split: Counter(tuple(sorted(p)) for word in split for p in pairwise(word)),
                merge=lambda word, pair: _merge(_merge(word, pair), pair[::-1]),
            )
        ),
        "Pairs stand within a word: where one word ends and the next begins there is none.": (
            lambda words: _two_merges(words, count=lambda split: Counter(pairwise(chain(*split))))
        ),
        "Count every word as often as it occurs: your count has each distinct word once.": _by_kinds,
        "Count again after the first merge: the new piece has neighbours of its own.": _counted_once,
        "Two merges are asked for; the second starts from what the first one left.": either(
            lambda words: _two_merges(words, steps=1), lambda words: _two_merges(words, steps=3)
        ),
        "Merge the commonest pair of all, not the one seen last or least.": either(
            lambda words: _two_merges(words, choose=lambda counts: list(counts)[-1]),
            lambda words: _two_merges(words, choose=lambda counts: min(counts, key=counts.__getitem__)),
        ),
    },
)


SIZES = {"src_vocab_size": 180, "tgt_vocab_size": 191, "d_model": 64, "n_positions": 32}

COUNT = Exercise(
    name="count the embeddings",
    question="02.5",
    given=lambda: dict(SIZES),
    solution=(180 + 191) * 64,
    shows="Two tables, one row per word of each language; the sinusoids are computed and cost nothing.",
    mistakes={
        "The sinusoids are computed, not learnt: they are no parameters.": either(
            (180 + 191 + 32) * 64, (180 + 191 + 2 * 32) * 64
        ),
        "Source and target have a vocabulary each: count both tables.": either(180 * 64, 191 * 64),
    },
    tolerance=1e-6,
)

EXERCISES = [TABLE_GRADIENT, MERGES, COUNT]
