"""Exercises on scaled dot-product attention: a row, the divisor, the function."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.model.attention import attention

QUERIES = torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 0.0, 0.0]], device="cpu")
KEYS = torch.tensor([[1.0, 1.0, 0.0, 0.0], [2.0, -1.0, 2.0, -1.0], [-1.0, 1.0, -1.0, -1.0]], device="cpu")
# the deck's row for Sally: dot products and the weights that it prints beside them
PRODUCTS = torch.tensor([112.0, 75.0, 60.0, 12.0, 105.0], device="cpu")
PRINTED = torch.tensor([0.48, 0.08, 0.03, 0.01, 0.32], device="cpu")


def _one_row(answer: Any) -> Any:
    """The weights of one query as a row of numbers, also if they stand in a table of one row or one column."""
    if isinstance(answer, (list, tuple)):
        return _one_row(answer[0]) if len(answer) == 1 else answer
    return answer.reshape(-1) if getattr(answer, "shape", None) in ((1, 3), (3, 1)) else answer


ROW = Exercise(
    name="a row by hand",
    question="03.1",
    given=lambda: (QUERIES.clone(), KEYS.clone()),
    solution=(QUERIES @ KEYS.T / 2).softmax(-1)[0],
    shows="Keys in different directions can score alike, and then share alike; the third is behind by the factor e².",
    mistakes={
        "You left out the scale: divide the scores by √d before softmax.": (QUERIES @ KEYS.T).softmax(-1)[0],
        "You divided by d; the scale is its square root, here √4 = 2.": (QUERIES @ KEYS.T / 4).softmax(-1)[0],
        "Your columns sum to 1, not your row: softmax runs over the keys, along the row of one query.": (
            QUERIES @ KEYS.T / 2
        ).softmax(0)[0],
        "That is the row of the second query; the first is asked for.": (QUERIES @ KEYS.T / 2).softmax(-1)[1],
        "Two things: that is the row of the second query, and it was not divided by √d before softmax.": (
            QUERIES @ KEYS.T
        ).softmax(-1)[1],
        "Two things: the scale √d is missing, and your columns sum to 1; softmax runs along the row.": (
            QUERIES @ KEYS.T
        ).softmax(0)[0],
        "These are scores; softmax is still missing.": either(QUERIES[0] @ KEYS.T / 2, QUERIES[0] @ KEYS.T),
        "Both rows are there; only that of the first query is asked for.": (QUERIES @ KEYS.T / 2).softmax(-1),
    },
    tolerance=6e-3,
    view=_one_row,
)


def _divisor_example(*found: object) -> dict:
    return dict(zip(("divisor", "exact", "left over"), found, strict=True))


def _number(value: Any) -> float:
    """A number, also if it came as text: "8 %", ".08"."""
    if isinstance(value, str):
        text = value.strip().replace(",", ".")
        return float(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
    return float(value)


def _is_number(value: object) -> bool:
    try:
        return math.isfinite(_number(value))
    except (TypeError, ValueError, RuntimeError):
        return False


NO = ("no", "false")  # "none", "not quite" and "No." say no as well


def _says_yes(value: object) -> bool:
    return not value.strip().lower().startswith(NO) if isinstance(value, str) else bool(value)


DIVISOR = Exercise(
    name="the nearest divisor",
    question="03.2",
    given=lambda: (PRODUCTS.clone(), PRINTED.clone()),
    solution=_divisor_example(21.0, False, 0.08),
    shows="About 21 comes nearest, none is exact: the printed weights need a temperature far above √d.",
    conditions={
        "The answer is a dictionary with the keys 'divisor', 'exact' and 'left over'.": (
            lambda answer: isinstance(answer, dict) and {"divisor", "exact", "left over"} <= answer.keys(),
            either(21.0, {"divisor": 21.0}),
        ),
        "The divisor and what is left over are numbers, for example 7.5 and 0.3.": (
            lambda answer: _is_number(answer["divisor"]) and _is_number(answer["left over"]),
            _divisor_example("about twenty", False, 0.08),
        ),
        "√2 is what the table says, and its softmax is .99 for Sally: try larger divisors and compare.": (
            lambda answer: _number(answer["divisor"]) > 2,
            _divisor_example(math.sqrt(2), False, 0.08),
        ),
        "Compare softmax(products / divisor) with the printed weights for divisors from 2 to 60: yours is off.": (
            lambda answer: 19 <= _number(answer["divisor"]) <= 24,
            _divisor_example(50.0, False, 0.08),
        ),
        "Near, and not the nearest: take the divisor of least cross-entropy, and search in steps of 1 or smaller.": (
            lambda answer: 20.6 <= _number(answer["divisor"]) <= 21.6,
            either(_divisor_example(20.0, False, 0.08), _divisor_example(23.8, False, 0.08)),
        ),
        "Is the match exact? Say True or False.": (
            lambda answer: answer["exact"] is not None,
            _divisor_example(21.0, None, 0.08),
        ),
        "It comes near, and no more: put your divisor in, and print the weights beside the deck's.": (
            lambda answer: not _says_yes(answer["exact"]),
            either(_divisor_example(21.0, True, 0.08), _divisor_example(21.0, "yes", 0.08)),
        ),
        "Add up the five printed weights: they do not sum to 1. What is left over for the words behind the …?": (
            lambda answer: abs(_number(answer["left over"])) > 0.005,
            _divisor_example(21.0, False, 0.0),
        ),
        "What is left over is a share, between 0 and 1; yours looks like a percentage: divide it by 100.": (
            lambda answer: abs(_number(answer["left over"]) - 8) > 0.6,
            _divisor_example(21.0, False, 8),
        ),
        "What is left over is 1 minus the sum of the five printed weights.": (
            lambda answer: abs(_number(answer["left over"]) - 0.08) < 0.006,
            _divisor_example(21.0, False, 0.92),
        ),
    },
)


def _by_hand(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    return (q @ k.transpose(-2, -1) * scale).softmax(-1) @ v


def _overflowing(q: Tensor, k: Tensor, v: Tensor, power: float = -0.5) -> Tensor:
    powers = (q @ k.transpose(-2, -1) * q.shape[-1] ** power).exp()
    return powers / powers.sum(-1, keepdim=True) @ v


def _attention_probes() -> list[tuple]:
    """A square one, where a forgotten transpose runs; lengths; a batch; scores in the thousands; long heads."""
    square = (torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [2.0, 1.0]]), torch.eye(2))
    lengths = (draw(2, 3, seed=1), draw(5, 3, seed=2), draw(5, 7, seed=3))
    batch = (draw(2, 3, 5, seed=4), draw(2, 3, 5, seed=5), draw(2, 3, 2, seed=6))
    large = (100 * draw(2, 3, seed=7), 100 * draw(3, 3, seed=8), draw(3, 2, seed=9))
    heads = (draw(2, 3, 7, 5, seed=10), draw(2, 3, 11, 5, seed=11), draw(2, 3, 11, 2, seed=12))
    more = (
        draw(1, 5, 3, seed=13),
        draw(1, 2, 3, seed=14),
        draw(1, 2, 7, seed=15),
    )  # queries than keys; a batch of one
    one = (draw(1, 3, seed=16), draw(5, 3, seed=17), draw(5, 2, seed=18))  # one query
    alone = (draw(2, 3, seed=19), draw(1, 3, seed=20), draw(1, 2, seed=21))  # one key
    near = (  # two keys in the thousands, a few apart
        torch.tensor([[64.0, 0.0]]),
        torch.tensor([[46.0, 1.0], [45.9375, 0.0], [1.0, 1.0]]),
        draw(3, 2, seed=22),
    )
    return [square, lengths, batch, large, heads, more, one, alone, near]


def _in_one_batch(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """All leading axes as one: right for a sentence and for a batch, and a batch of heads loses an axis."""
    return attention(*(x.reshape(-1, *x.shape[-2:]) for x in (q, k, v)))[0].squeeze(0)


def _up_to_three(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    axes = (1, 2) if q.ndim > 2 else (0, 1)
    return (q @ k.transpose(*axes) / q.shape[-1] ** 0.5).softmax(-1) @ v


WRITE = Exercise(
    name="write attention",
    question="03.3",
    solution=lambda q, k, v: attention(q, k, v)[0],
    shows="Three lines give what the library gives, for any lengths, in batches, and for scores in the thousands.",
    probes=_attention_probes,
    view=lambda result: result[0] if isinstance(result, (tuple, list)) else result,
    mistakes={
        "Softmax runs over the wrong axis: each query's weights sum to 1 over the keys, the last axis (dim=-1).": (
            either(
                lambda q, k, v: (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-2) @ v,
                lambda q, k, v: (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(0) @ v,
                lambda q, k, v: (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(1) @ v,
            )
        ),
        "Large scores overflow: exp(1000) is infinite. Subtract the row's maximum first, or use .softmax(-1).": (
            _overflowing
        ),
        "The keys are not transposed: each query meets each key in q @ k.transpose(-2, -1).": (
            lambda q, k, v: (q @ k / q.shape[-1] ** 0.5).softmax(-1) @ v
        ),
        "Two things: the scale √d is missing, and the keys are not transposed; take k.transpose(-2, -1).": (
            lambda q, k, v: (q @ k).softmax(-1) @ v
        ),
        "Softmax is missing: scores become weights, none below 0 and all together 1, before they meet the values.": either(
            lambda q, k, v: q @ k.transpose(-2, -1) @ v,
            lambda q, k, v: q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5 @ v,
        ),
        "Right for one sentence, and not for a batch: k.T turns all axes round, k.transpose(-2, -1) the last two.": (
            lambda q, k, v: (q @ k.T / q.shape[-1] ** 0.5).softmax(-1) @ v
        ),
        "Two things: the scale √d is missing, and k.T turns all axes of a batch; take k.transpose(-2, -1).": (
            lambda q, k, v: (q @ k.T).softmax(-1) @ v
        ),
        "Two things: the scale √d is missing, and exp of a large score overflows; take .softmax(-1).": (
            lambda q, k, v: _overflowing(q, k, v, power=0.0)
        ),
        "Two things: the scale √d is missing, and softmax runs over the queries; the keys are the last axis.": either(
            lambda q, k, v: (q @ k.transpose(-2, -1)).softmax(-2) @ v,
            lambda q, k, v: (q @ k.transpose(-2, -1)).softmax(1) @ v,
        ),
        "Two things: the scale is √d, not d, and softmax runs over the queries; the keys are the last axis.": either(
            lambda q, k, v: (q @ k.transpose(-2, -1) / q.shape[-1]).softmax(-2) @ v,
            lambda q, k, v: (q @ k.transpose(-2, -1) / q.shape[-1]).softmax(1) @ v,
        ),
        "Two things: the scale √d is missing, and you average the keys in place of the values.": (
            lambda q, k, v: _by_hand(q, k, k, 1.0)
        ),
        "Two things: the scale is √d, not d, and k.T turns all axes of a batch; take k.transpose(-2, -1).": (
            lambda q, k, v: (q @ k.T / q.shape[-1]).softmax(-1) @ v
        ),
        "Two things: softmax runs over the queries, and k.T turns all axes of a batch; keys are the last axis.": (
            lambda q, k, v: (q @ k.T / q.shape[-1] ** 0.5).softmax(-2) @ v
        ),
        "The scale is missing: divide the scores by √d, the square root of q.shape[-1].": (
            lambda q, k, v: _by_hand(q, k, v, 1.0)
        ),
        "You average the keys; the values are what is averaged.": lambda q, k, v: attention(q, k, k)[0],
        "The d of the scale is the width of a query, q.shape[-1]; you took another size.": either(
            lambda q, k, v: _by_hand(q, k, v, q.shape[-2] ** -0.5),
            lambda q, k, v: _by_hand(q, k, v, k.shape[-2] ** -0.5),
            lambda q, k, v: _by_hand(q, k, v, v.shape[-1] ** -0.5),
            lambda q, k, v: _by_hand(q, k, v, len(q) ** -0.5),
            lambda q, k, v: _by_hand(q, k, v, len(q[0]) ** -0.5),
        ),
        "You divide by d; the scale is its square root.": lambda q, k, v: _by_hand(q, k, v, 1 / q.shape[-1]),
        "Right for a sentence and a batch, and not for (batch, heads, T, d): keep all axes before the last two.": either(
            _in_one_batch, _up_to_three
        ),
        "The weights are right; multiply them by the values to get the output.": (
            lambda q, k, v: attention(q, k, v)[1]
        ),
    },
)


EXERCISES = [ROW, DIVISOR, WRITE]
