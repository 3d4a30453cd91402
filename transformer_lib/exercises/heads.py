"""Exercises on several heads: splitting vectors, and the same by separate attentions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.model.attention import attention


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


SPLIT = Exercise(
    name="split heads",
    question="04.1",
    solution=split_heads,
    shows="Splitting is a view: the last axis becomes heads and widths, and the heads move before the words.",
    probes=lambda: [
        (torch.arange(18.0).reshape(1, 3, 6), 2),
        (draw(2, 5, 21, seed=1), 3),
        (draw(3, 2, 10, seed=2), 5),
        (draw(2, 3, 5, seed=3), 1),  # one head
        (draw(2, 3, 5, seed=4), 5),  # heads of one number each
    ],
    mistakes={
        "The numbers are cut in the wrong places: unflatten the last axis to (H, D) first, then swap T and H.": (
            lambda x, n_heads: x.reshape(x.shape[0], n_heads, x.shape[1], -1)
        ),
        "Each head has width d_model / H, not d_model: the heads share the width.": either(
            lambda x, n_heads: x[:, None].expand(-1, n_heads, -1, -1),
            lambda x, n_heads: x[:, None].repeat(1, n_heads, 1, 1),
        ),
        "The shape is (B, T, H, D): the heads still have to move before the words, with transpose(1, 2).": (
            lambda x, n_heads: x.unflatten(-1, (n_heads, -1))
        ),
        "Heads come before their widths: unflatten the last axis to (H, D), not to (D, H).": either(
            lambda x, n_heads: x.unflatten(-1, (-1, n_heads)).transpose(1, 2),
            lambda x, n_heads: x.unflatten(-1, (-1, n_heads)).permute(0, 3, 1, 2),
        ),
        "Your heads stand before the batch, (H, B, T, D): they belong after it, on axis 1.": (
            lambda x, n_heads: torch.stack(x.chunk(n_heads, dim=-1))
        ),
    },
)


def _apart(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, n_heads: int, scale: float | None = None
) -> list[Tensor]:
    """Each head by itself, on its own columns."""
    blocks = zip(*(w.chunk(n_heads, -1) for w in (w_q, w_k, w_v)), strict=True)
    return [attention(x @ q, x @ k, x @ v, scale=scale)[0] for q, k, v in blocks]


def _sliced(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, n_heads: int, scale: float | None = None
) -> list[Tensor]:
    """Each head as if it read a slice of each word's vector."""
    width = x.shape[-1] // n_heads
    slices = [slice(start, start + width) for start in range(0, x.shape[-1], width)]
    return [attention(*(x[:, s] @ w[s, s] for w in (w_q, w_k, w_v)), scale=scale)[0] for s in slices]


def _rows(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, n_heads: int, scale: float | None = None
) -> list[Tensor]:
    return _apart(x, w_q.T, w_k.T, w_v.T, n_heads, scale)


def _one(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, n_heads: int, scale: float | None = None
) -> list[Tensor]:
    return _apart(x, w_q, w_k, w_v, 1, scale)


def _attend(
    heads: Callable[..., list[Tensor]] = _apart,
    scale: Callable[[int, int], float] | None = None,
    mix: Callable[[list[Tensor], Tensor], Tensor] = lambda found, w_o: torch.cat(found, -1) @ w_o,
) -> Callable[..., Tensor]:
    """Multi-head attention with some of its steps done otherwise; `scale` is given d_model and n_heads."""

    def answer(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, n_heads: int) -> Tensor:
        factor = scale(x.shape[-1], n_heads) if scale else None
        return mix(heads(x, w_q, w_k, w_v, n_heads, factor), w_o)

    return answer


def _unmixed(found: list[Tensor], w_o: Tensor) -> Tensor:
    return torch.cat(found, -1)


def _unscaled(d_model: int, n_heads: int) -> float:
    return 1.0


def _by_the_whole(d_model: int, n_heads: int) -> float:
    return d_model**-0.5


APART = Exercise(
    name="heads one by one",
    question="04.3",
    solution=_attend(),
    shows="Heads are separate attentions on their own columns; doing them at once only saves time.",
    probes=lambda: [
        (draw(t, d, seed=1), *(draw(d, d, seed=seed) for seed in range(2, 6)), h)
        for t, d, h in ((3, 6, 2), (5, 21, 3), (3, 20, 5), (1, 6, 2), (3, 5, 1))
    ],
    mistakes={
        "The scale is missing: each head divides its scores by the root of its own width, √(d_model / H).": (
            _attend(scale=_unscaled)
        ),
        "Each head divides by the root of its own width, √(d_model / H), not by √d_model.": (
            _attend(scale=_by_the_whole)
        ),
        "Two things: the scores are not divided by the root of a head's width, and W_O is missing.": either(
            _attend(scale=_unscaled, mix=_unmixed), _attend(scale=_by_the_whole, mix=_unmixed)
        ),
        "Heads are set side by side and mixed by W_O, not averaged.": either(
            _attend(mix=lambda found, w_o: torch.stack(found).mean(0)),
            lambda x, w_q, w_k, w_v, w_o, n_heads: _attend()(x, w_q, w_k, w_v, w_o, n_heads) / n_heads,
        ),
        "Heads are set side by side, not added up: each meets its own rows of W_O.": (
            _attend(mix=lambda found, w_o: torch.stack(found).sum(0) @ w_o[: found[0].shape[-1]])
        ),
        "Every head reads the whole of x: cut the columns of the matrices, and leave the vectors whole.": (
            _attend(_sliced)
        ),
        "Two things: heads read the whole of x, and each divides its scores by the root of its own width.": either(
            _attend(_sliced, scale=_unscaled), _attend(_sliced, scale=_by_the_whole)
        ),
        "Cut columns, not rows: with x @ w_q the outputs are the columns of the matrix.": _attend(_rows),
        "That is one wide head: each of n_heads has its own scores and its own softmax.": either(
            _attend(_one), _attend(_one, scale=_unscaled)
        ),
        "W_O is missing: multiply what stands side by side by it.": _attend(mix=_unmixed),
        "W_O comes last, and is used as it is: what stands side by side @ w_o.": (
            _attend(mix=lambda found, w_o: torch.cat(found, -1) @ w_o.T)
        ),
    },
)


EXERCISES = [SPLIT, APART]
