"""Exercises on what goes in: one-hot products, subwords, positions, parameter counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.positions import sinusoidal_positions


def _one_hot(ids: Tensor, table: Tensor) -> Tensor:
    return F.one_hot(ids, len(table)).to(table.dtype)


LOOK_UP = Exercise(
    name="one-hot look-up",
    question="02.1",
    solution=lambda ids, table: table[ids],
    shows="A one-hot row times the table picks one row: an embedding is a look-up, and a matrix product.",
    probes=lambda: [
        (torch.tensor([2, 0, 1]), torch.tensor([[1.0, 2.0, 3.0], [5.0, 7.0, 11.0], [13.0, 17.0, 19.0]])),
        (torch.tensor([6, 1]), draw(7, 3, seed=1)),
    ],
    mistakes={
        "The product is the wrong way round: the one-hot rows stand on the left, the table on the right.": either(
            lambda ids, table: table @ _one_hot(ids, table),
            lambda ids, table: table @ _one_hot(ids, table).T,
            lambda ids, table: table.T @ _one_hot(ids, table).T,
        ),
        "An id is a name, not a quantity: word 2 is not twice word 1. Make a one-hot row of it first.": either(
            lambda ids, table: ids[:, None] * table[0],
            lambda ids, table: ids[:, None] * table.sum(0),
            lambda ids, table: ids[:, None].float().expand(-1, len(table)) @ table,
        ),
    },
)

Words = list[list[str]]


def _merge(word: list[str], pair: tuple[str, str], overlap: bool = False) -> list[str]:
    merged, i = [], 0
    while i < len(word):
        if tuple(word[i : i + 2]) == pair:
            merged.append(word[i] + word[i + 1])
            i += 1 if overlap and tuple(word[i + 1 : i + 3]) == pair else 2
        else:
            merged.append(word[i])
            i += 1
    return merged


def _commonest(counts: Counter) -> tuple[str, str]:
    return max(counts, key=counts.__getitem__)


def _two_merges(
    words: Iterable[str], choose: Callable[[Counter], tuple[str, str]] = _commonest, overlap: bool = False
) -> Words:
    split = [list(word) for word in words]
    for _ in range(2):
        counts = Counter(pair for word in split for pair in pairwise(word))
        split = [_merge(word, choose(counts), overlap) for word in split]
    return split


MERGES = Exercise(
    name="two merges",
    question="02.2",
    solution=_two_merges,
    shows="Counting pairs and merging the commonest, again and again, is all of byte-pair encoding.",
    probes=lambda: [
        (["happy", "happier", "puppy", "happy"],),
        (["aaab", "aaac", "aab", "baac", "cab", "ab"],),
    ],
    mistakes={
        "Merged pairs may not overlap: in a a a the first two become aa, and the third stays alone.": (
            lambda words: _two_merges(words, overlap=True)
        ),
        "Merge the commonest pair of all, not the one seen last or least.": either(
            lambda words: _two_merges(words, choose=lambda counts: list(counts)[-1]),
            lambda words: _two_merges(words, choose=lambda counts: min(counts, key=counts.__getitem__)),
        ),
    },
)


def _waves(n: int, d: int, exponents: Tensor, start: int = 0) -> Tensor:
    angles = torch.arange(start, n + start)[:, None] / 10_000.0**exponents
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(-2)


SINUSOIDS = Exercise(
    name="write the positions",
    question="02.3",
    solution=sinusoidal_positions,
    shows="Each pair of columns is a clock hand of its own speed, from the fastest to the slowest.",
    probes=lambda: [(3, 4), (7, 10)],
    mistakes={
        "2i and i are mixed up: pair i takes the exponent 2i / d, so the exponents are 0, 2/d, 4/d and so on.": either(
            lambda n, d: _waves(n, d, torch.arange(0, d, 2) * 2 / d),
            lambda n, d: _waves(n, d, torch.arange(d // 2) / d),
        ),
        "Sines and cosines are not interleaved: even columns are sines, odd ones cosines, in turn.": (
            lambda n, d: torch.cat(
                (sinusoidal_positions(n, d)[:, ::2], sinusoidal_positions(n, d)[:, 1::2]), -1
            )
        ),
        "The first position is 0, so its row is 0, 1, 0, 1, …; yours starts at 1.": (
            lambda n, d: sinusoidal_positions(n + 1, d)[1:]
        ),
    },
    tolerance=1e-3,
)


def _by_offset(p: Tensor) -> bool:
    """Whether each diagonal of the table of dot products holds one number."""
    products = p @ p.T
    return all(
        torch.allclose(line, line[0].expand_as(line), atol=1e-3)
        for line in (products.diagonal(offset) for offset in range(len(p)))
    )


def _one_pair_only() -> Tensor:
    """A table whose first rows behave and whose later rows do not."""
    return torch.cat((sinusoidal_positions(5, 6), draw(3, 6, seed=4)))


OFFSET = Exercise(
    name="offset only",
    question="02.4",
    solution=lambda x, p: _by_offset(p),
    shows="The dot product of two positions depends on their distance alone, wherever they stand.",
    probes=lambda: [
        (draw(7, 6, seed=1), sinusoidal_positions(7, 6)),
        (torch.zeros(7, 6), draw(7, 6, seed=2)),
        (draw(8, 6, seed=3), _one_pair_only()),
    ],
    mistakes={
        "One pair is an example, not a test: compare every pair of the same distance.": either(
            lambda x, p: torch.allclose(p[0] @ p[1], p[1] @ p[2], atol=1e-3),
            lambda x, p: torch.allclose(p[0] @ p[2], p[1] @ p[3], atol=1e-3),
            lambda x, p: torch.allclose(p[0] @ p[2], p[2] @ p[4], atol=1e-3),
        ),
        "The words' embeddings are in your vectors: test the positions alone.": lambda x, p: _by_offset(
            x + p
        ),
        "Everything passes your test: a table of random vectors must fail it.": lambda x, p: True,
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

EXERCISES = [LOOK_UP, MERGES, SINUSOIDS, OFFSET, COUNT]
