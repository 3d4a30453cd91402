"""Exercises on what surrounds attention: residual, depth, size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import FixedDropout, draw

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


def _add_to_the_first(x: Tensor, norms: Functions, sublayers: Functions, last: Callable) -> Tensor:
    y = x
    for norm, sublayer in zip(norms, sublayers, strict=True):
        y = x + sublayer(norm(y))
    return last(y)


def _chain(closed: bool, step: Callable[[Tensor, Callable, Callable], Tensor]) -> Callable:
    """A wrong step for each sublayer, with the last norm or without it."""

    def stack(x: Tensor, norms: Functions, sublayers: Functions, last: Callable) -> Tensor:
        for norm, sublayer in zip(norms, sublayers, strict=True):
            x = step(x, norm, sublayer)
        return last(x) if closed else x

    return stack


def _norm(gain: float) -> Callable[[Tensor], Tensor]:
    """With a bias as well, so that a norm of a norm is not the same once more."""
    return lambda x: gain * F.layer_norm(x, x.shape[-1:]) + torch.linspace(0, 0.5, x.shape[-1])


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
    probes=lambda: [_blocks(1, 2, 3), _blocks(3, 5, 7), _blocks(5, 2, 3), _blocks(2, 1, 5)],
    mistakes={
        "The residual path itself is normalised: norm only what goes into the sublayer, x + sublayer(norm(x)).": either(
            _skip_normalised,
            _chain(False, lambda x, norm, sublayer: norm(x) + sublayer(norm(x))),
            _chain(True, lambda x, norm, sublayer: norm(x) + sublayer(x)),
        ),
        "The norm stands behind the sublayer: it belongs before it, x + sublayer(norm(x)).": either(
            *(_chain(closed, lambda x, norm, sublayer: x + norm(sublayer(x))) for closed in (True, False))
        ),
        "The norms before the sublayers are missing: each sublayer reads norm(x).": either(
            *(_chain(closed, lambda x, norm, sublayer: x + sublayer(x)) for closed in (True, False))
        ),
        "That is post-norm, norm(x + sublayer(x)): pre-norm puts the norm before the sublayer.": either(
            _post_norm, lambda x, norms, sublayers, last: last(_post_norm(x, norms, sublayers, last))
        ),
        "The final norm is missing: with pre-norm nothing else bounds what leaves the last layer.": (
            lambda x, norms, sublayers, last: _pre_norm(x, norms, sublayers, lambda y: y)
        ),
        "The residual is missing: add x to what the sublayer gives.": either(
            *(_chain(closed, lambda x, norm, sublayer: sublayer(norm(x))) for closed in (True, False))
        ),
        "Each sublayer adds to the latest x, what the one before has left, and not to the first.": (
            _add_to_the_first
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


def _together(
    build: Callable, x: Tensor, depths: Sequence[int], seeds: Sequence[int], train: bool = False
) -> Tensor:
    """The norm of the mean gradient, which is smaller: what points in different directions cancels."""
    inputs = x.detach().requires_grad_()
    sums = [torch.stack([build(d, s).train(train)(inputs).sum() for s in seeds]).sum() for d in depths]
    return torch.stack([torch.autograd.grad(whole, inputs)[0].norm() for whole in sums]) / len(seeds)


DEPTHS, SEEDS = [2, 1, 5], [4, 0, 3]  # not in rising order, and none that counting would give


def _in_order(result: Any) -> Any:
    """A dictionary by depth says the same as a list in the order of the depths."""
    return list(result.values()) if isinstance(result, Mapping) else result


DEPTH = Exercise(
    name="gradient by depth",
    question="05.4",
    given=lambda: (Deep, draw(3, 5, seed=3), [1, 2, 4, 8], [0, 1, 2]),
    solution=_by_depth,
    shows="A mean over seeds, without dropout, says how much gradient each depth lets through.",
    probes=lambda: [
        (Deep, draw(3, 5, seed=3), list(DEPTHS), list(SEEDS)),
        (Deep, draw(2, 5, seed=4), [1, 3, 2, 4], [6, 2]),
    ],
    mistakes={
        "Dropout was on: call eval() on the model before you measure.": (
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds, train=True)
        ),
        "One seed is an anecdote: average the norm over all of them.": either(
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds[:1]),
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds[-1:]),
            lambda build, x, depths, seeds: _by_depth(build, x, depths, seeds[:1], train=True),
        ),
        "You add the norms up over the seeds: divide by how many seeds there are.": either(
            *(
                lambda build, x, depths, seeds, train=train: (
                    len(seeds) * _by_depth(build, x, depths, seeds, train)
                )
                for train in (False, True)
            )
        ),
        "The gradients of several seeds are mixed before the norm is taken: one norm for each seed, then the mean.": either(
            *(partial(_together, train=train) for train in (False, True))
        ),
        "The depths came in an order of their own: keep it, one number for each depth in its place.": (
            lambda build, x, depths, seeds: _by_depth(build, x, sorted(depths), seeds)
        ),
        "You count the seeds and do not use them: build(depth, seed) takes each of those that came in.": (
            lambda build, x, depths, seeds: _by_depth(build, x, depths, range(len(seeds)))
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

EXERCISES = [PRE_NORM, DEPTH, SIZE]
