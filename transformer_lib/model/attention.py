"""Scaled dot-product attention, the one operation that the rest of the book is built on."""

from __future__ import annotations

import math
from typing import Literal, overload

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib import checks
from transformer_lib.model.attention_inputs import check
from transformer_lib.model.masks import causal_mask

HALVES = (torch.float16, torch.bfloat16)


@overload
def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    scale: float | Tensor | None = None,
    dropout: float = 0.0,
    need_weights: Literal[True] = True,
) -> tuple[Tensor, Tensor]: ...
@overload
def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    scale: float | Tensor | None = None,
    dropout: float = 0.0,
    need_weights: bool,
) -> tuple[Tensor, Tensor | None]: ...
def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    scale: float | Tensor | None = None,
    dropout: float = 0.0,
    need_weights: bool = True,
) -> tuple[Tensor, Tensor | None]:
    r"""Average the values by how well each query matches each key.

    .. math:: \mathrm{Attention}(Q, K, V) = \mathrm{softmax}(Q K^\top / \sqrt{D}) \, V

    Args:
        q: queries, (..., T, D).
        k: keys, (..., S, D); leading dimensions broadcast against those of `q`.
        v: values, (..., S, Dv).
        mask: bool, True = may attend; broadcasts to (..., T, S) and never enlarges it. A query that may
            attend to nothing gets zeros, and sends zero gradient back.
        causal: hide the future; the last query is aligned with the last key. Combines with `mask`.
        scale: factor on the scores, a float or a 0-d tensor; D ** -0.5 by default.
        dropout: probability of dropping a weight. Pass 0 outside training.
        need_weights: False runs torch's fused kernel. Where values are as wide as keys and nothing is dropped, it
            stores no (T, S) weights on a CPU either, whatever the number of dimensions; a mask takes what it takes.

    Returns:
        The output (..., T, Dv), and the weights (..., T, S) before dropout, or None without `need_weights`.

    Scores are computed in float32 where the inputs have half precision, in which a product can leave the range.

    The fused kernel has no second derivative. `torch.func` transforms (jvp, hessian, vmap of grad) get the plain
    computation by themselves; for a second backward pass after ``create_graph=True``, ask for the weights, or call
    inside ``with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)``.

    Raises:
        ValueError: if shapes, devices, the scale or the dropout probability do not fit, or if a mask of three
            dimensions could mean sentences or heads.
        TypeError: if something is no tensor, dtypes differ or the mask is not boolean.

    Source: Vaswani et al. 2017, section 3.2.1, equation 1; footnote 4 for the scale.

    >>> q, k = torch.tensor([[8.0, 7.0]]), torch.tensor([[7.0, 8.0], [5.0, 5.0]])
    >>> output, weights = attention(q, k, torch.eye(2), scale=1.0)
    >>> (q @ k.T).tolist(), weights.sum().item()
    ([[112.0, 75.0]], 1.0)
    """
    check(q, k, v, mask, causal, scale, dropout, need_weights)
    return attend(q, k, v, mask, causal=causal, scale=scale, dropout=dropout, need_weights=need_weights)


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    *,
    causal: bool,
    scale: float | Tensor | None,
    dropout: float,
    need_weights: bool,
) -> tuple[Tensor, Tensor | None]:
    """`attention` of what is known to fit: a layer has looked at it already."""
    fused = not need_weights and not checks.transformed()
    n_queries, n_keys = q.shape[-2], k.shape[-2]
    if fused and mask is None and causal and n_queries == n_keys:
        # The kernel's own flag: with T = S it is aligned as ours is, and no mask is stored.
        return _fused(q, k, v, None, scale, dropout=dropout, causal=True), None
    if causal:
        future = causal_mask(n_queries, n_keys, device=q.device)
        mask = future if mask is None else mask & future
    if fused:
        return _fused(q, k, v, mask, scale, dropout=dropout), None
    weights = masked_softmax(_scores(q, k, scale), mask, write_over=True)
    if weights.dtype != q.dtype:
        weights = weights.to(q.dtype)
    kept = F.dropout(weights, dropout) if dropout else weights
    return kept @ v, weights if need_weights else None


def _scores(q: Tensor, k: Tensor, scale: float | Tensor | None) -> Tensor:
    """(..., T, S), in float32 where half precision comes: float16 ends at 65504, which a product may exceed."""
    factor = q.shape[-1] ** -0.5 if scale is None else scale
    if q.dtype in HALVES:
        with torch.autocast(q.device.type, enabled=False):
            return (q.float() * factor) @ k.float().transpose(-2, -1)
    if not checks.eager():
        return q @ k.transpose(-2, -1) * factor
    # Heads of a projection lie interleaved. Copied one after the other first: 1.9 ms to 0.5 (16×4×64×32); and queries
    # are fewer numbers to scale than scores: 107 µs to 37, in both directions.
    return (q.contiguous() * factor) @ k.contiguous().transpose(-2, -1)


def masked_softmax(scores: Tensor, mask: Tensor | None, *, write_over: bool = False) -> Tensor:
    """Softmax over the keys that may be attended; a row without any gives zeros, forward and backward.

    With `write_over` the scores may be lost on the way.
    """
    write_over = write_over and checks.visible(scores)
    if mask is None:
        return _softmax(scores, write_over)
    some = _some(mask)
    seen = mask if some is None else mask | ~some  # never a whole row of -inf: its gradient is NaN
    # Where scores are finite, to add -inf is to fill it in, in a quarter of the time: 490 µs to 120, in place to 43.
    if checks.visible(scores, mask) and _finite(scores):
        hidden = torch.where(seen, scores.new_zeros(()), float("-inf"))
        write_over = write_over and torch.broadcast_shapes(scores.shape, mask.shape) == scores.shape
        weights = _softmax(scores.add_(hidden) if write_over else scores + hidden, write_over)
        if some is None:
            return weights
        return weights * some if weights.requires_grad or not write_over else weights.mul_(some)
    weights = torch.where(seen, scores, float("-inf")).softmax(-1)
    return weights if some is None else torch.where(some, weights, 0.0)


def _softmax(scores: Tensor, write_over: bool) -> Tensor:
    """In place where it may be: fresh memory for 8×512×512 scores costs half as much as attention itself."""
    if write_over and not scores.requires_grad:
        return torch.softmax(scores, -1, out=scores)
    return scores.softmax(-1)


def _some(mask: Tensor) -> Tensor | None:
    """(..., T, 1), which rows may attend to something; None where all are seen to, which spares a pass over them."""
    if not checks.visible(mask):
        return mask.any(-1, keepdim=True)
    some = mask.view(torch.uint8).amax(-1, keepdim=True)  # `mask.any` takes 3 to 20 times as long
    return None if some.all() else some.bool()


def _fused(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    scale: float | Tensor | None,
    *,
    dropout: float,
    causal: bool = False,
) -> Tensor:
    """The output of torch's fused kernel, (..., T, Dv)."""
    if isinstance(scale, Tensor):  # the kernel takes a float only
        q, scale = q * scale, 1.0
    leading, rest = q.shape[:-2], q.shape[-2:-1] + v.shape[-1:]
    if mask is not None:
        leading = torch.broadcast_shapes(leading, mask.shape[:-2])
        q = q.expand(*leading, *q.shape[-2:])  # the kernel takes no mask wider than queries and keys together
    if len(leading) != 2 or not leading == k.shape[:-2] == v.shape[:-2]:
        leading = torch.broadcast_shapes(leading, k.shape[:-2], v.shape[:-2])
        q, k, v = (_as_four(x, leading) for x in (q, k, v))
    if mask is None:
        output = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=causal, scale=scale)
    else:
        allowed = mask if mask.ndim >= 2 else mask.reshape(1, -1)
        if allowed.ndim != 4 or len(leading) > 2:
            allowed = _as_four(allowed, leading if len(leading) > 2 else allowed.shape[:-2])
        output = _masked_kernel(q, k, v, allowed, dropout, scale)
    return output if len(leading) == 2 else output.reshape(*leading, *rest)


def _masked_kernel(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor, dropout: float, scale: float | None
) -> Tensor:
    """The kernel, and zeros for rows without keys."""
    if checks.visible(q, mask):
        # On the CPU it gives them itself, unless what it reads is not finite: 1.0 ms for 1.3 (16×4×64×32).
        output = F.scaled_dot_product_attention(q, k, v, mask, dropout, scale=scale)
        if _finite(output):
            return output
    # A row without keys attends to all of them inside the kernel, so that nothing is 0 / 0; it is zeroed after.
    some = mask.any(-1, keepdim=True)
    return torch.where(some, F.scaled_dot_product_attention(q, k, v, mask | ~some, dropout, scale=scale), 0.0)


def _finite(x: Tensor) -> bool:
    """Whether all are seen to be finite; numbers whose sum is not count as if they were not."""
    return math.isfinite(x.detach().sum().item())


def _as_four(x: Tensor, leading: tuple[int, ...]) -> Tensor:
    """(B, H, T, D) from any number of dimensions: the one form for which no kernel stores the weights."""
    x = x.expand(*leading, *x.shape[-2:])
    return x[(None,) * (2 - len(leading))] if len(leading) < 2 else x.flatten(0, -4)
