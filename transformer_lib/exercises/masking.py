"""The exercise on masks: who may be looked at."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw


def _hidden(scores: Tensor, mask: Tensor, fill: float) -> Tensor:
    return scores.masked_fill(~mask, fill).softmax(-1)


def _rescued(scores: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask.any(-1, keepdim=True), _hidden(scores, mask, -math.inf), 0.0)


def _mask_probes() -> list[tuple]:
    """Causal; padding; a row that may attend to nothing; hidden scores above, or many below; a batch of heads."""
    causal = torch.ones(3, 3, dtype=torch.bool).tril()
    padding = torch.tensor([[True, True, False, False, False], [True, True, True, True, False]])[:, None]
    nothing = torch.tensor([[True, False, True], [False, False, False]])
    return [
        (draw(3, 3, seed=1), causal),
        (draw(2, 3, 5, seed=2), padding),
        (draw(2, 3, seed=3), nothing),
        (torch.tensor([[3e6, -2e6, -2e6 - 64]]), torch.tensor([[False, True, True]])),
        (torch.tensor([[200.0, 1.0, 0.0]]), torch.tensor([[False, True, True]])),
        (torch.tensor([[0.0] + [1.0] * 40]), torch.tensor([[True] + [False] * 40])),
        (draw(2, 3, 2, 5, seed=4), padding[:, None]),
        (
            draw(2, 3, 3, seed=5),
            torch.stack([causal, ~causal]),
        ),  # a mask of its own for each; a row without keys
    ]


def _sentence_by_sentence(scores: Tensor, mask: Tensor) -> Tensor:
    """The batch in a loop, each sentence as (T, S): a batch of heads loses an axis."""
    if scores.ndim == 2:
        return _rescued(scores, mask)
    one = zip(scores, mask, strict=True)
    return torch.stack([_rescued(s.reshape(-1, s.shape[-1]), m.reshape(-1, m.shape[-1])) for s, m in one])


def _by_products(scores: Tensor, mask: Tensor) -> Tensor:
    powers = scores.exp() * mask
    return powers / powers.sum(-1, keepdim=True).clamp(min=1e-12)


def _shared_again(scores: Tensor, mask: Tensor, least: float) -> Tensor:
    kept = scores.softmax(-1) * mask
    return kept / kept.sum(-1, keepdim=True).clamp(min=least)


MASKS = Exercise(
    name="masked weights",
    question="03.4",
    solution=_rescued,
    shows="What is hidden gets exactly zero, what is left sums to 1, and a row with nothing to attend stays zero.",
    probes=_mask_probes,
    mistakes={
        "Your mask is upside down: True means may attend, so hide where it is False (~mask).": either(
            lambda scores, mask: _rescued(scores, ~mask),
            lambda scores, mask: _hidden(scores, ~mask, -math.inf),
            lambda scores, mask: _hidden(scores, ~mask, -1e9),
        ),
        "You zero the weights after softmax, so that they no longer sum to 1: hide the scores before it.": (
            lambda scores, mask: scores.softmax(-1) * mask
        ),
        "Shared out again after softmax: beside a large hidden score the others are 0 by then, so hide before it.": (
            either(
                lambda scores, mask: _shared_again(scores, mask, 1e-12),
                lambda scores, mask: _shared_again(scores, mask, 0.0),
            )
        ),
        "Softmax runs over the wrong axis: each row's weights sum to 1, along the last axis (dim=-1).": either(
            lambda scores, mask: scores.masked_fill(~mask, -math.inf).softmax(-2),
            lambda scores, mask: scores.masked_fill(~mask, -math.inf).softmax(-2).nan_to_num(),
        ),
        "A hidden score of 0 is not nothing, for exp(0) = 1: fill with minus infinity.": either(
            lambda scores, mask: _hidden(scores, mask, 0.0),
            lambda scores, mask: (scores * mask).softmax(-1),
            lambda scores, mask: (scores * mask).softmax(-1) * mask,
        ),
        "A large score makes exp overflow: hide scores with minus infinity, and take .softmax(-1).": _by_products,
        "A number such as −1000 is not minus infinity: scores may be lower still.": either(
            lambda scores, mask: _hidden(scores, mask, -1e3) * mask,
            lambda scores, mask: _hidden(scores, mask, -1e4) * mask,
            lambda scores, mask: _hidden(scores, mask, float(scores.min()) - 10) * mask,
            lambda scores, mask: torch.where(mask.any(-1, keepdim=True), _hidden(scores, mask, -1e3), 0.0),
        ),
        "Right for a sentence and a batch, and not for (batch, heads, T, S): keep all axes before the last two.": (
            _sentence_by_sentence
        ),
        "A row that may attend to nothing gives NaN (0 / 0): let it give zeros.": (
            lambda scores, mask: _hidden(scores, mask, -math.inf)
        ),
        "A row that may attend to nothing attends to everything alike: let it give zeros, with −1e9, too.": either(
            lambda scores, mask: _hidden(scores, mask, -1e9),
            lambda scores, mask: _hidden(scores, mask, -math.inf).nan_to_num(1 / scores.shape[-1]),
        ),
    },
)

EXERCISES = [MASKS]
