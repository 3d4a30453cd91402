"""Exercises on what a head reads and writes: the directions that it cannot see, and its two circuits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.comparing import numbers
from transformer_lib.exercises.probes import draw

WIDTH, NARROW = 12, 3  # of a word's vector, and of one head's queries, keys and values
MATRICES = tuple(draw(WIDTH, NARROW, seed=seed) for seed in (11, 12, 13))  # one head's W_Q, W_K, W_V


def _unseen(*matrices: Tensor) -> Tensor:
    """A vector of length 1 that all these matrices map to zero."""
    return torch.linalg.svd(torch.cat(matrices, dim=-1).T.double()).Vh[-1].float()


def _change(answer: Any) -> Tensor:
    if isinstance(answer, (list, tuple)) and all(isinstance(part, (Fraction, Decimal)) for part in answer):
        answer = [float(part) for part in answer]
    found = numbers(answer)
    if found is None:
        raise TypeError("expected numbers")
    return found.double().flatten()


def _is_blind(which: int) -> Callable[[Any], bool]:
    """Whether a matrix maps the answer to nothing, in proportion to its length; three typed decimals suffice."""
    return lambda answer: bool(
        (_change(answer) @ MATRICES[which].double()).norm() < 1e-2 * _change(answer).norm()
    )


BLIND = Exercise(
    name="a blind spot",
    question="04.2",
    given=lambda: tuple(matrix.clone() for matrix in MATRICES),
    solution=_unseen(*MATRICES),
    shows="A head reads every coordinate, and still sees few directions: at most 3 × D of them.",
    conditions={
        "One change for one word's vector is wanted: 12 numbers.": (
            lambda answer: _change(answer).numel() == WIDTH,
            either(torch.zeros(NARROW), torch.zeros(WIDTH, NARROW)),
        ),
        "Your change holds NaN or infinity.": (
            lambda answer: _change(answer).isfinite().all(),
            torch.full((WIDTH,), torch.nan),
        ),
        "No change at all goes unnoticed by every head: find one that is not zero.": (
            lambda answer: _change(answer).norm() > 1e-12,
            torch.zeros(WIDTH),
        ),
        "The queries notice it: your change times W_Q is not zero.": (
            _is_blind(0),
            either(torch.ones(WIDTH), _unseen(*MATRICES[1:])),
        ),
        "The keys notice it: a change that W_Q maps to zero need not be one for W_K.": (
            _is_blind(1),
            either(_unseen(MATRICES[0]), _unseen(MATRICES[0], MATRICES[2])),
        ),
        "The values notice it: the weights stay, but what is mixed by them changes.": (
            _is_blind(2),
            _unseen(*MATRICES[:2]),
        ),
    },
)


def _circuits(words: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor) -> list[Tensor]:
    """Where each word looks most, and what each word makes the head write most."""
    return [_looks(words, w_q, w_k).argmax(-1), _writes(words, w_v, w_o).argmax(-1)]


def _looks(words: Tensor, w_q: Tensor, w_k: Tensor) -> Tensor:
    return (words @ w_q) @ (words @ w_k).T


def _writes(words: Tensor, w_v: Tensor, w_o: Tensor) -> Tensor:
    return words @ w_v @ w_o @ words.T


CIRCUITS = Exercise(
    name="a head's two circuits",
    question="04.4",
    solution=_circuits,
    shows="W_Q and W_K decide where a head looks, W_V and W_O what it writes there: one says nothing of the other.",
    probes=lambda: [
        (draw(n, d, seed=21), *(draw(d, k, seed=seed) for seed in (22, 23, 24)), draw(k, d, seed=25))
        for n, d, k in ((5, 7, 3), (11, 13, 5))
    ],
    mistakes={
        "What it writes comes from W_V and W_O: the scores of W_Q and W_K say only where it looks.": (
            lambda words, w_q, w_k, w_v, w_o: [_looks(words, w_q, w_k).argmax(-1)] * 2
        ),
        "Where it looks comes from W_Q and W_K: W_V and W_O say only what it writes.": (
            lambda words, w_q, w_k, w_v, w_o: [_writes(words, w_v, w_o).argmax(-1)] * 2
        ),
        "You have them the other way round: first where each word looks, then what each makes the head write.": (
            lambda *inputs: _circuits(*inputs)[::-1]
        ),
        "The first is per query: the word that looks stands in the row, so search along the last axis.": (
            lambda words, w_q, w_k, w_v, w_o: [
                _looks(words, w_q, w_k).argmax(0), _writes(words, w_v, w_o).argmax(-1),
            ]
        ),
        "The second is per word that is looked at: it stands in the row, so search along the last axis.": (
            lambda words, w_q, w_k, w_v, w_o: [
                _looks(words, w_q, w_k).argmax(-1), _writes(words, w_v, w_o).argmax(0),
            ]
        ),
        "Both times the row asks and the columns answer: search along the last axis, not the first.": (
            lambda words, w_q, w_k, w_v, w_o: [
                _looks(words, w_q, w_k).argmax(0), _writes(words, w_v, w_o).argmax(0),
            ]
        ),
        "Places in the vocabulary are wanted, not scores: take the argmax of each row.": either(
            lambda words, w_q, w_k, w_v, w_o: [_looks(words, w_q, w_k), _writes(words, w_v, w_o)],
            lambda words, w_q, w_k, w_v, w_o: [
                _looks(words, w_q, w_k).amax(-1), _writes(words, w_v, w_o).amax(-1),
            ],
        ),
    },
)  # fmt: skip


EXERCISES = [BLIND, CIRCUITS]
