"""Exercises on training: the shift, the smoothed loss and its floor, the schedule, and a leak."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.training import label_smoothing_loss, warmup_schedule

SHIFT = Exercise(
    name="inputs and targets",
    question="07.1",
    solution=lambda ids, bos, eos: ([bos, *ids], [*ids, eos]),
    shows="The decoder reads <bos> and the words, and is asked for the words and <eos>: one step ahead, everywhere.",
    probes=lambda: [([7, 8], 1, 2), ([5, 3, 9, 4, 7, 6, 8], 1, 2), ([4, 0, 4], 9, 3), ([], 1, 2)],
    mistakes={
        "Inputs and targets are shifted alike, so each position is asked for the token it was given: a copy.": either(
            lambda ids, bos, eos: ([*ids, eos], [*ids, eos]),
            lambda ids, bos, eos: ([bos, *ids], [bos, *ids]),
            lambda ids, bos, eos: ([bos, *ids, eos], [bos, *ids, eos]),
            lambda ids, bos, eos: (ids, ids),
        ),
        "The inputs lack <bos>: nothing would ever ask for the first word.": either(
            lambda ids, bos, eos: (ids, [*ids[1:], eos]), lambda ids, bos, eos: (ids, [*ids, eos])
        ),
        "You feed <eos>: after it there is nothing to ask for, so the inputs end with the last word.": either(
            lambda ids, bos, eos: ([bos, *ids, eos], [*ids, eos]),
            lambda ids, bos, eos: ([bos, *ids, eos], [*ids, eos, eos]),
            lambda ids, bos, eos: ([*ids, eos], [*ids[1:], eos, eos]),
        ),
        "The targets lack <eos>: nobody would ever ask the model to stop.": either(
            lambda ids, bos, eos: ([bos, *ids], ids),
            lambda ids, bos, eos: ([bos, *ids[:-1]], ids),
        ),
        "Both marks are missing: <bos> leads to the first word, and after the last one <eos> is asked for.": (
            lambda ids, bos, eos: (ids[:-1], ids[1:])
        ),
        "The targets begin with <bos>, which is given and never asked for.": either(
            lambda ids, bos, eos: ([bos, *ids], [bos, *ids, eos]),
            lambda ids, bos, eos: ([bos, *ids, eos], [bos, *ids, eos, eos]),
        ),
        "Both are right and in the wrong order: first what the decoder reads, then what it is asked for.": (
            lambda ids, bos, eos: ([*ids, eos], [bos, *ids])
        ),
        "Begin with bos and end with eos, as they are handed over: not the other way round, and not fixed ids.": either(
            lambda ids, bos, eos: ([eos, *ids], [*ids, bos]), lambda ids, bos, eos: ([1, *ids], [*ids, 2])
        ),
        "Every word stays where it is, a repeated one and one with the id 0 as well.": either(
            lambda ids, bos, eos: ([bos, *dict.fromkeys(ids)], [*dict.fromkeys(ids), eos]),
            lambda ids, bos, eos: ([bos, *filter(None, ids)], [*filter(None, ids), eos]),
        ),
    },
)


def _loss(logits: Tensor, targets: Tensor, smoothing: float, pad_id: int) -> Tensor:
    return label_smoothing_loss(logits, targets, smoothing=smoothing, pad_id=pad_id)


def _smoothed(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """The loss of each token, padding too."""
    log_p = logits.log_softmax(-1)
    right = log_p.gather(-1, targets[:, None])[:, 0]
    return -(1 - smoothing) * right - smoothing * log_p.mean(-1)


def _times_real(logits: Tensor, targets: Tensor, smoothing: float, pad_id: int) -> Tensor:
    """Padding weighted with 0: 0 times infinity is NaN, and so is 0 / 0."""
    real = targets != pad_id
    return (_smoothed(logits, targets, smoothing) * real).sum() / real.sum()


def _selected(logits: Tensor, targets: Tensor, smoothing: float, pad_id: int) -> Tensor:
    """Right wherever there is a real token, and 0 / 0 where there is none."""
    real = targets != pad_id
    return _smoothed(logits[real], targets[real], smoothing).mean()


def _variant(
    others: Callable[..., Tensor], log_softmax: Callable[[Tensor], Tensor] = lambda z: z.log_softmax(-1)
) -> Callable[..., Tensor]:
    """The loss, with another mean over classes in the part of ε, or another way to its logarithms."""

    def loss(logits: Tensor, targets: Tensor, smoothing: float, pad_id: int) -> Tensor:
        real = targets != pad_id
        log_p = log_softmax(logits[real])
        right = log_p.gather(-1, targets[real][:, None])[:, 0]
        spread = others(log_p, right, pad_id, logits.shape[-1])
        return -((1 - smoothing) * right + smoothing * spread).sum() / real.sum().clamp(min=1)

    return loss


_others_only = _variant(lambda log_p, right, pad_id, n: (log_p.sum(-1) - right) / (n - 1))
_too_little = _variant(
    lambda log_p, right, pad_id, n: (log_p.sum(-1) - right) / n
)  # the shares sum to less than 1
_without_padding = _variant(
    lambda log_p, right, pad_id, n: (log_p.sum(-1) - right - log_p[:, pad_id]) / (n - 2)
)
_rounded_first = _variant(lambda log_p, *_: log_p.mean(-1), lambda z: (z.softmax(-1) + 1e-6).log())
_overflowing = _variant(
    lambda log_p, *_: log_p.mean(-1), lambda z: (z.exp() / z.exp().sum(-1, keepdim=True)).log()
)


def _loss_probes() -> list[tuple]:
    """Plain; with padding; padding whose logits were ruled out; nothing but padding; padding of another id; steep."""
    ruled_out = draw(3, 5, seed=3)
    ruled_out[2, 1:] = -math.inf
    return [
        (draw(2, 3, seed=1), torch.tensor([1, 2]), 0.1, 0),
        (draw(5, 7, seed=2), torch.tensor([4, 4, 0, 2, 0]), 0.2, 0),
        (ruled_out, torch.tensor([4, 2, 0]), 0.1, 0),
        (draw(2, 3, seed=4), torch.tensor([0, 0]), 0.1, 0),
        (draw(4, 5, seed=5), torch.tensor([3, 0, 2, 3]), 0.1, 3),
        (torch.tensor([[120.0, 0.0, 30.0], [-90.0, 10.0, -20.0]]), torch.tensor([2, 1]), 0.1, 0),
    ]


LOSS = Exercise(
    name="the smoothed loss",
    question="07.2",
    solution=_loss,
    shows="Every class keeps a little of the target, padding counts nowhere, and no batch can break the run.",
    probes=_loss_probes,
    mistakes={
        "Padding counts in your mean: average over the targets that are not pad_id.": either(
            lambda logits, targets, smoothing, pad_id: _smoothed(logits, targets, smoothing).mean(),
            lambda logits, targets, smoothing, pad_id: torch.where(
                targets != pad_id, _smoothed(logits, targets, smoothing), 0.0
            ).mean(),
        ),
        "A batch can break your loss: 0 times infinity and 0 / 0 are NaN. Select real tokens, divide by at least 1.": (
            either(_times_real, _selected)
        ),
        "The ε goes to all classes alike, the right one too: q is 1 − ε + ε/V there and ε/V elsewhere.": either(
            _others_only, _too_little, _without_padding
        ),
        "Your ε has no effect: this is plain cross-entropy.": either(
            lambda logits, targets, smoothing, pad_id: _loss(logits, targets, 0.0, pad_id),
            lambda logits, targets, smoothing, pad_id: functional.cross_entropy(
                logits, targets, ignore_index=pad_id
            ),
        ),
        "This is the sum over the words: divide by how many are not padding.": (
            lambda *given: _loss(*given) * (given[1] != given[3]).sum()
        ),
        "Large logits break it: take log_softmax, which neither overflows nor loses small probabilities.": either(
            _rounded_first, _overflowing
        ),
        "Padding has the id that is handed over, pad_id, which need not be 0.": (
            lambda logits, targets, smoothing, pad_id: _loss(logits, targets, smoothing, 0)
        ),
    },
)

CLASSES, EPSILON = 17, 0.1  # few, so that every mistake lies more than three decimals away


def _entropy(right: float, others: float, n_classes: int = CLASSES) -> float:
    return -right * math.log(right) - (n_classes - 1) * others * math.log(others)


FLOOR = Exercise(
    name="the floor of the loss",
    question="07.3",
    given=lambda: {"smoothing": EPSILON, "n_classes": CLASSES},
    solution=_entropy(1 - EPSILON + EPSILON / CLASSES, EPSILON / CLASSES),
    shows="The lowest loss is the entropy of the smoothed target, not 0: a model that is sure would be punished.",
    mistakes={
        "0 is the floor without smoothing: the target itself is spread out, and its entropy cannot be undercut.": 0.0,
        "−ln .9 counts the right class alone; the other 16 share ε, and each costs its part.": either(
            -math.log(0.9), -0.9 * math.log(0.9)
        ),
        "The logarithm of 17 is what equal probabilities cost: where a model starts, not where it can end.": math.log(
            CLASSES
        ),
        "That spreads ε over V − 1 or V − 2 tokens, as fairseq and the Annotated Transformer do; here over all V.": either(
            _entropy(1 - EPSILON, EPSILON / (CLASSES - 1)),
            _entropy(1 - EPSILON, EPSILON / (CLASSES - 2), CLASSES - 1),
        ),
        "The right token gets its share of ε as well: q is 1 − ε + ε/V there.": _entropy(
            1 - EPSILON, EPSILON / CLASSES
        ),
        "That is the floor for this book's 401 tokens; here V is 17.": _entropy(
            1 - EPSILON + EPSILON / 401, EPSILON / 401, 401
        ),
    },
    tolerance=6e-4,  # three decimals
)

PEAK = Exercise(
    name="the peak of the schedule",
    question="07.4",
    given=lambda: {"d_model": 512, "warmup_steps": 4000},
    solution=warmup_schedule(4000, d_model=512, warmup_steps=4000),
    shows="The rate rises until the last warm-up step, and is (d_model · warm-up) to the power −1/2 there.",
    mistakes={
        "So small a rate belongs to the first steps: the peak lies where the two branches meet.": 0.0,
        "You took the larger branch; the minimum rises first and falls after.": 512**-0.5,
        "The width is missing: multiply by d_model to the power −1/2.": 4000**-0.5,
    },
    tolerance=5e-6,
)

EXERCISES = [SHIFT, LOSS, FLOOR, PEAK]
