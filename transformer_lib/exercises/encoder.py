"""Exercises on what surrounds attention: norm, residual, feed-forward, depth, size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import FixedDropout, draw


def _layer_norm(
    x: Tensor, gain: Tensor, bias: Tensor, eps: float, axis: int | None = -1, correction: int = 0,
    keepdim: bool = True, inside: float = 1.0, outside: float = 0.0, power: float = 0.5,
) -> Tensor:  # fmt: skip
    """With what can go wrong as a choice; `inside` and `outside` say how much of ε is added in and after the root."""
    variance = x.var(axis, keepdim=keepdim, correction=correction)
    spread = (variance + inside * eps) ** power + outside * eps
    return (x - x.mean(axis, keepdim=keepdim)) / spread * gain + bias


def _uncentred(
    x: Tensor, gain: Tensor, bias: Tensor, eps: float, above: float = 0.0, below: float = 0.0
) -> Tensor:
    """Which share of the mean is subtracted from x, and from what the variance squares."""
    mean = x.mean(-1, keepdim=True)
    variance = (x - below * mean).square().mean(-1, keepdim=True)
    return (x - above * mean) / (variance + eps).sqrt() * gain + bias


def _plain(x: Tensor, eps: float) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=eps)


NORM = Exercise(
    name="layer norm",
    question="05.1",
    solution=lambda x, gain, bias, eps: F.layer_norm(x, x.shape[-1:], gain, bias, eps),
    shows="Every word is normalised alone, over its own features; no other word and no batch takes part.",
    probes=lambda: [
        (torch.tensor([[1.0, 3.0], [0.0, 8.0]]), torch.ones(2), torch.zeros(2), 1e-5),
        (draw(2, 5, 7, seed=1), draw(7, seed=2), draw(7, seed=3), 1e-5),
        (0.1 * draw(3, 5, 7, seed=4), torch.ones(7), torch.zeros(7), 0.1),  # ε counts here
    ],
    mistakes={
        "Mean and variance run over the wrong axis: each word is normalised over its features, the last axis.": either(
            *(
                partial(_layer_norm, axis=axis, correction=c, inside=1 - o, outside=o)
                for axis, c, o in product((0, -2, None), (0, 1), (0, 1))
            )
        ),
        "Your variance divides by d − 1: LayerNorm divides by d (correction=0).": either(
            partial(_layer_norm, correction=1),
            partial(_layer_norm, correction=1, inside=0),
            partial(_layer_norm, correction=1, inside=0, outside=1),
        ),
        "Your ε stands outside the root, or is missing: it is added to the variance, sqrt(variance + ε).": either(
            partial(_layer_norm, inside=0, outside=1), partial(_layer_norm, inside=0)
        ),
        "You divide by the variance: its root is missing, sqrt(variance + ε).": partial(
            _layer_norm, power=1.0
        ),
        "The mean is still in it: subtract it from x above the bar, and from x before you square for the variance.": (
            either(_uncentred, partial(_uncentred, above=1.0), partial(_uncentred, below=1.0))
        ),
        "Gain and bias come last: multiply what was normalised by the gain, then add the bias.": either(
            lambda x, gain, bias, eps: _plain(x, eps),
            lambda x, gain, bias, eps: _plain(x, eps) * gain,
            lambda x, gain, bias, eps: _plain(x, eps) + bias,
            lambda x, gain, bias, eps: (_plain(x, eps) + bias) * gain,
        ),
        "The mean of a word met the wrong axis: keepdim=True keeps the last axis, with length 1.": either(
            partial(_layer_norm, keepdim=False), partial(_layer_norm, keepdim=False, correction=1)
        ),
    },
)

Functions = Sequence[Callable[[Tensor], Tensor]]


def _pre_norm(x: Tensor, norms: Functions, sublayers: Functions, last: Callable[[Tensor], Tensor]) -> Tensor:
    for norm, sublayer in zip(norms, sublayers, strict=True):
        x = x + sublayer(norm(x))
    return last(x)


def _skip_normalised(x: Tensor, norms: Functions, sublayers: Functions, last: Callable) -> Tensor:
    for norm, sublayer in zip(norms, sublayers, strict=True):
        x = norm(x)
        x = x + sublayer(x)
    return last(x)


def _post_norm(x: Tensor, norms: Functions, sublayers: Functions, last: Callable) -> Tensor:
    for norm, sublayer in zip(norms, sublayers, strict=True):
        x = norm(x + sublayer(x))
    return x


def _norm(gain: float) -> Callable[[Tensor], Tensor]:
    return lambda x: gain * F.layer_norm(x, x.shape[-1:])


def _blocks(n: int, t: int, d: int) -> tuple:
    def sublayer(seed: int) -> Callable[[Tensor], Tensor]:
        return lambda x: torch.tanh(x @ draw(d, d, seed=seed))

    return (
        draw(t, d, seed=9),
        [_norm(1 + 0.1 * i) for i in range(n)],
        [sublayer(i) for i in range(n)],
        _norm(2.0),
    )


PRE_NORM = Exercise(
    name="pre-norm layers",
    question="05.2",
    solution=_pre_norm,
    shows="The residual path runs from input to output untouched; norms stand on the side roads, and one at the end.",
    probes=lambda: [_blocks(1, 2, 3), _blocks(3, 5, 7)],
    mistakes={
        "The residual path itself is normalised: norm only what goes into the sublayer, x + sublayer(norm(x)).": (
            _skip_normalised
        ),
        "That is post-norm, norm(x + sublayer(x)): pre-norm puts the norm before the sublayer.": either(
            _post_norm, lambda x, norms, sublayers, last: last(_post_norm(x, norms, sublayers, last))
        ),
        "The final norm is missing: with pre-norm nothing else bounds what leaves the last layer.": (
            lambda x, norms, sublayers, last: _pre_norm(x, norms, sublayers, lambda y: y)
        ),
        "The residual is missing: add x to what the sublayer gives.": (
            lambda x, norms, sublayers, last: last(
                [x := sublayer(norm(x)) for norm, sublayer in zip(norms, sublayers, strict=True)][-1]
            )
        ),
    },
)


class Deep(nn.Module):
    """A stack of small layers, with dropout that drops the same numbers at every call."""

    def __init__(self, depth: int, seed: int) -> None:
        super().__init__()
        self.matrices = [draw(5, 5, seed=100 * seed + i) for i in range(depth)]
        self.dropout = FixedDropout()

    def forward(self, x: Tensor) -> Tensor:
        for w in self.matrices:
            x = self.dropout(torch.tanh(x @ w))
        return x


def _by_depth(
    build: Callable, x: Tensor, depths: Sequence[int], seeds: Sequence[int], train: bool = False
) -> Tensor:
    def norm(depth: int, seed: int) -> Tensor:
        inputs = x.detach().requires_grad_()
        [grad] = torch.autograd.grad(build(depth, seed).train(train)(inputs).sum(), inputs)
        return grad.norm()

    return torch.stack([torch.stack([norm(d, s) for s in seeds]).mean() for d in depths])


def _in_order(result: Any) -> Any:
    """A dictionary by depth says the same as a list in the order of the depths."""
    return [result[depth] for depth in sorted(result)] if isinstance(result, Mapping) else result


DEPTH = Exercise(
    name="gradient by depth",
    question="05.4",
    given=lambda: (Deep, draw(3, 5, seed=3), [1, 2, 4, 8], [0, 1, 2]),
    solution=_by_depth,
    shows="A mean over seeds, without dropout, says how much gradient each depth lets through.",
    probes=lambda: [(Deep, draw(3, 5, seed=3), [1, 2, 5], [0, 1, 2])],
    mistakes={
        "Dropout was on: call eval() on the model before you measure.": (
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds, train=True)
        ),
        "One seed is an anecdote: average the norm over all of them.": either(
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds[:1]),
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds[-1:]),
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds[:1], train=True),
        ),
    },
    tolerance=1e-3,
    view=_in_order,
)

D = 768
LAYER = 12 * D**2 + 13 * D  # with biases and both norms
SIZE = Exercise(
    name="BERT's layers",
    question="05.5",
    given=lambda: {"n_layers": 12, "d_model": 768, "d_ff": 3072, "vocab_size": 30522, "n_positions": 512},
    solution=12 * LAYER,
    shows="Twelve layers of 12 d² each are 85 million, and two thirds of each stand in the feed-forward network.",
    mistakes={
        "You took d_ff = d_model: the feed-forward network is four times wider, 8 d² instead of 2 d².": either(
            12 * 6 * D**2, 12 * (6 * D**2 + 10 * D)
        ),
        "The embeddings are in your count: the question is about the layers alone.": either(
            12 * LAYER + (30522 + 512 + 2) * D, 12 * LAYER + 30522 * D, 110e6
        ),
        "That is one layer: BERT has twelve.": LAYER,
        "A matrix of attention is missing: W_O is the fourth, beside W_Q, W_K and W_V.": 12 * 11 * D**2,
        "A matrix is missing: the feed-forward network goes out to d_ff and back, two matrices.": 12
        * 8
        * D**2,
    },
    tolerance=0.01,  # the question asks for a percent
)

EXERCISES = [NORM, PRE_NORM, DEPTH, SIZE]
