"""Exercises on what goes in: one-hot products, subwords, positions, parameter counts."""

from __future__ import annotations

import math
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


def _exponents(d: int) -> Tensor:
    return torch.arange(0, d, 2) / d


def _angles(n: int, exponents: Tensor, start: int = 0, base: float = 10_000.0) -> Tensor:
    return torch.arange(start, n + start)[:, None] / base**exponents


def _in_turn(angles: Tensor, *waves: Callable[[Tensor], Tensor]) -> Tensor:
    first, second = waves or (torch.sin, torch.cos)
    return torch.stack((first(angles), second(angles)), -1).flatten(-2)


def _waves(n: int, d: int, exponents: Tensor | None = None, factor: float = 1.0, **choices: float) -> Tensor:
    return _in_turn(factor * _angles(n, _exponents(d) if exponents is None else exponents, **choices))


def _column_by_column(n: int, d: int, exponents: Tensor) -> Tensor:
    angles = _angles(n, exponents)
    return torch.where(torch.arange(d) % 2 == 0, angles.sin(), angles.cos())


def _half(wave: Callable[[Tensor], Tensor]) -> Callable[[int, int], Tensor]:
    return lambda n, d: wave(_angles(n, _exponents(d)))


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
        "A sine and its cosine share one angle: columns 0 and 1 are pair 0, columns 2 and 3 are pair 1.": either(
            lambda n, d: _column_by_column(n, d, torch.arange(d) / d),
            lambda n, d: _column_by_column(n, d, 2 * torch.arange(d) / d),
        ),
        "The last exponent is (d − 2) / d and not 1: divide 2i by d.": (
            lambda n, d: _waves(n, d, torch.linspace(0, 1, d // 2))
        ),
        "All pairs turn at one speed: the exponent 2i / d grows with i, and // would round it down to 0.": either(
            lambda n, d: _waves(n, d, torch.zeros(d // 2)),
            lambda n, d: _waves(n, d, torch.ones(d // 2)),
        ),
        "Each pair should be slower than the one before: the position is divided by 10000^(2i/d), not multiplied.": (
            lambda n, d: _waves(n, d, -_exponents(d))
        ),
        "The base is another number than 10000: count its zeros.": either(
            *(lambda n, d, base=base: _waves(n, d, base=base) for base in (1000.0, 100_000.0))
        ),
        "The angle goes into sine and cosine as it is, in radians: no degrees, no 2π.": either(
            *(
                lambda n, d, factor=factor: _waves(n, d, factor=factor)
                for factor in (math.pi / 180, 180 / math.pi, 2 * math.pi)
            )
        ),
        "Sines and cosines have changed places: even columns are sines, so row 0 begins 0, 1, 0, 1.": either(
            lambda n, d: _in_turn(_angles(n, _exponents(d)), torch.cos, torch.sin),
            lambda n, d: torch.cat((_half(torch.cos)(n, d), _half(torch.sin)(n, d)), -1),
        ),
        "Both columns of a pair are the same wave: even columns are sines, odd ones cosines.": either(
            lambda n, d: _in_turn(_angles(n, _exponents(d)), torch.sin, torch.sin),
            lambda n, d: _in_turn(_angles(n, _exponents(d)), torch.cos, torch.cos),
        ),
        "Sines and cosines are not interleaved: even columns are sines, odd ones cosines, in turn.": (
            lambda n, d: torch.cat((_half(torch.sin)(n, d), _half(torch.cos)(n, d)), -1)
        ),
        "Each pair fills two columns, a sine and a cosine, so the table has d columns; yours has one for each pair.": either(
            _half(torch.sin),
            _half(torch.cos),
            _half(lambda angles: angles.sin() + angles.cos()),
            _half(torch.clone),
        ),
        "Sine and cosine have an axis of their own: flatten the last two axes, so that a row holds d numbers.": (
            _half(lambda angles: torch.stack((angles.sin(), angles.cos()), -1))
        ),
        "The table is turned round: a row is a position, a column a wave.": (
            lambda n, d: sinusoidal_positions(n, d).T
        ),
        "The positions are not scaled: the √d belongs to the words' vectors.": (
            lambda n, d: sinusoidal_positions(n, d) * d**0.5
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
