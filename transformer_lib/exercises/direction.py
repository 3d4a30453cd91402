"""The exercise on direction: one word looks at another, which does not look back."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either

SHORT = ["Sally", "adored", "reading", "when", "she"]


def _matrices(answer: tuple) -> list[Tensor]:
    return [torch.as_tensor(matrix).detach().cpu().double() for matrix in answer]


def _pair(answer: tuple) -> tuple[Tensor, Tensor]:
    """Scores and weights that the reader's two matrices give on the five words, one-hot."""
    w_q, w_k = _matrices(answer)
    scores = w_q @ w_k.T * w_q.shape[-1] ** -0.5  # the embeddings are one-hot, so x @ w_q is w_q
    return scores, scores.softmax(-1)


def _fit(answer: tuple) -> bool:
    w_q, w_k = _matrices(answer)
    return w_q.ndim == 2 and w_q.shape == w_k.shape and len(w_q) == len(SHORT)


def _directed(sally_asks: float, she_asks: float = 0.0) -> tuple[Tensor, Tensor]:
    """Sally asks for what she offers along one direction, she for what Sally offers along the other."""
    w_q, w_k = torch.zeros(5, 2), torch.zeros(5, 2)
    w_q[0, 0], w_k[4, 0] = sally_asks, 1.0
    w_q[4, 1], w_k[0, 1] = she_asks, 1.0
    return w_q, w_k


def _symmetric(factor: float) -> tuple[Tensor, Tensor]:
    """Both scores are equal; she also looks at herself, so that her weight on Sally is small."""
    half = torch.zeros(5, 2)
    half[0], half[4] = torch.tensor([3.0, -1.0]), torch.tensor([3.0, 3.0])
    return half * factor, half / factor


DIRECTION = Exercise(
    name="strong one way",
    question="03.5",
    given=lambda: (list(SHORT), torch.eye(5)),
    solution=_directed(6.0),
    shows="Two matrices make attention directed: Sally looks at she, and she need not look back.",
    conditions={
        "W_Q and W_K each need one row per word and the same number of columns: (5, d) both.": (
            _fit,
            (torch.zeros(2, 5), torch.zeros(2, 5)),
        ),
        "Your matrices hold NaN or infinity.": (
            lambda answer: all(matrix.isfinite().all() for matrix in _matrices(answer)),
            (torch.full((5, 2), math.inf), torch.zeros(5, 2)),
        ),
        "Your W_Q equals your W_K, so both scores are equal: let a word ask for something else than it offers.": (
            lambda answer: not torch.allclose(_matrices(answer)[0], _matrices(answer)[1]),
            either(_symmetric(1.0), (torch.zeros(5, 3), torch.zeros(5, 3))),
        ),
        "Both scores are equal; only the other words in each row make your weights differ. Make the scores differ.": (
            lambda answer: abs(_pair(answer)[0][0, 4] - _pair(answer)[0][4, 0]) > 1e-3,
            _symmetric(2.0),
        ),
        "She looks at Sally, the wrong way round: Sally's query must meet she's key.": (
            lambda answer: _pair(answer)[0][0, 4] > _pair(answer)[0][4, 0],
            _directed(0.0, 6.0),
        ),
        "Sally's weight on she should be above .5: make Sally's query and she's key point the same way, and longer.": (
            lambda answer: _pair(answer)[1][0, 4] > 0.5,
            _directed(0.5),
        ),
        "She's weight on Sally should be at most .2, what five equal scores give.": (
            lambda answer: _pair(answer)[1][4, 0] <= 0.2 + 1e-4,
            _directed(6.0, 2.0),
        ),
    },
)

EXERCISES = [DIRECTION]
