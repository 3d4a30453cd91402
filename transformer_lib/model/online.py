"""Attention a block of keys at a time: exact, without ever holding the weights of all keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from transformer_lib import checks
from transformer_lib.model import attention_inputs
from transformer_lib.model.attention import HALVES


def online_attention(
    query: Tensor, key: Tensor, value: Tensor, *, block_size: int, mask: Tensor | None = None
) -> Tensor:
    r"""The output of `attention`, from a running maximum m and a running sum l over blocks of keys.

    For each block, with its scores s = q Kᵀ / √D and its values V:

    .. math:: m' = \max(m, \max_j s_j), \qquad p_j = e^{s_j - m'}

    .. math:: l' = e^{m - m'} \, l + \sum_j p_j, \qquad o' = e^{m - m'} \, o + p V

    and o / l at the end. A larger maximum only changes what has been divided out of both, so nothing is approximated.
    Held at once are (T, block) scores instead of (T, S), and for the gradient the output and log Σ eˢ = m + log l of
    each query: the backward pass computes the scores of a block again.

    Args:
        query: (..., T, D).
        key: (..., S, D); leading dimensions broadcast against those of `query`.
        value: (..., S, Dv).
        block_size: keys of a block, at least 1; the last block may be smaller.
        mask: as for `attention`: bool, True = may attend. A query that may attend to nothing gets zeros.

    Returns:
        The output (..., T, Dv), equal to that of `attention` but for rounding. It is differentiable once.

    Raises:
        ValueError: if shapes do not fit, or the block size is below 1.
        TypeError: if something is no tensor, dtypes differ, or the block size is no whole number.

    Source: Milakov and Gimelshein 2018, algorithm 3, for the softmax; Dao et al. 2022, section 3.1, with the output.

    >>> from transformer_lib.model.attention import attention
    >>> q, k, v = torch.randn(5, 4), torch.randn(7, 4), torch.randn(7, 3)
    >>> torch.allclose(online_attention(q, k, v, block_size=2), attention(q, k, v)[0], atol=1e-6)
    True
    """
    attention_inputs.check(query, key, value, mask, False, None, 0.0, False, ("query", "key", "value"))
    checks.count("block_size", block_size)
    dtype, tensors = query.dtype, [query, key, value]
    if dtype in HALVES:  # sums of many small numbers
        tensors = [x.float() for x in tensors]
    leading = torch.broadcast_shapes(*(x.shape[:-2] for x in tensors))
    q, k, v = (x.expand(*leading, *x.shape[-2:]) for x in tensors)
    return _Online.apply(q * q.shape[-1] ** -0.5, k, v, mask, block_size).to(dtype)


class _Online(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, block_size: int) -> Tensor:
        largest = q.new_full((*q.shape[:-1], 1), float("-inf"))
        total, output = torch.zeros_like(largest), q.new_zeros(*q.shape[:-1], v.shape[-1])
        for rows, scores in _blocks(q, k, mask, block_size):
            new = torch.maximum(largest, scores.amax(-1, keepdim=True))
            safe = new.where(new.isfinite(), 0.0)  # of a query that has seen no key yet; -inf - -inf is NaN
            powers, factor = (scores - safe).exp(), (largest - safe).exp()
            total = factor * total + powers.sum(-1, keepdim=True)
            output = factor * output + powers @ v[..., rows, :]
            largest = new
        some = total > 0
        output = (output / total).where(some, 0.0)
        # exp(s - inf) is 0: no key has a share in a row without any
        log_sum = (largest + total.log()).where(some, float("inf"))
        ctx.save_for_backward(q, k, v, mask, output, log_sum)
        ctx.block_size = block_size
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return (*_gradients(ctx, *gradients), None, None)


@once_differentiable
def _gradients(ctx: Any, g: Tensor) -> tuple[Tensor, ...]:
    r"""With weights w and the gradient g of the output: :math:`\partial s = w \odot (g V^\top - g \cdot o)`."""
    q, k, v, mask, output, log_sum = ctx.saved_tensors
    shared = (g * output).sum(-1, keepdim=True)
    dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
    for rows, scores in _blocks(q, k, mask, ctx.block_size):
        weights = (scores - log_sum).exp()
        ds = weights * (g @ v[..., rows, :].mT - shared)
        dq += ds @ k[..., rows, :]
        dk[..., rows, :] = ds.mT @ q
        dv[..., rows, :] = weights.mT @ g
    return dq, dk, dv


def _blocks(q: Tensor, k: Tensor, mask: Tensor | None, block_size: int) -> Iterator[tuple[slice, Tensor]]:
    """The place of each block among the keys, and its scores (..., T, block), -inf where no query may look."""
    for start in range(0, k.shape[-2], block_size):
        rows = slice(start, start + block_size)
        scores = q @ k[..., rows, :].mT
        if mask is not None:
            seen = mask if mask.ndim == 0 or mask.shape[-1] == 1 else mask[..., rows]
            scores = scores.masked_fill(~seen, float("-inf"))
        yield rows, scores
