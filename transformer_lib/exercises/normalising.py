"""An exercise on LayerNorm: the axis, the divisor, ε, gain and bias."""

from __future__ import annotations

from functools import partial
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw


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
        (draw(5, seed=5), torch.ones(5), torch.zeros(5), 1e-5),
        (draw(2, 3, 2, 5, seed=6), draw(5, seed=7), torch.zeros(5), 1e-5),
        (draw(1, 3, seed=8), torch.ones(3), torch.zeros(3), 1e-5),  # one word
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
            lambda x, gain, bias, eps: _layer_norm(x, torch.ones(()), torch.zeros(()), eps, correction=1),
            lambda x, gain, bias, eps: _layer_norm(x, torch.ones(()), bias, eps, correction=1),
        ),
        "Your ε stands outside the root, or is missing: it is added to the variance, sqrt(variance + ε).": either(
            partial(_layer_norm, inside=0, outside=1), partial(_layer_norm, inside=0)
        ),
        "Your ε is not the one that came in: add eps itself to the variance, as it is.": either(
            lambda x, gain, bias, eps: _layer_norm(x, gain, bias, 1e-5),
            lambda x, gain, bias, eps: _layer_norm(x, gain, bias, eps**2),
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

EXERCISES = [NORM]
