"""Scaled dot-product attention, the one operation that the rest of the book is built on."""

from __future__ import annotations

from typing import Literal, overload

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib import checks
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
    _check(q, k, v, mask, causal, scale, dropout, need_weights)
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
    weights = masked_softmax(_scores(q, k, scale), mask)
    if weights.dtype != q.dtype:
        weights = weights.to(q.dtype)
    kept = F.dropout(weights, dropout) if dropout else weights
    return kept @ v, weights if need_weights else None


def _scores(q: Tensor, k: Tensor, scale: float | Tensor | None) -> Tensor:
    """(..., T, S), in float32 where half precision comes: float16 ends at 65504, which a product may exceed."""
    factor = q.shape[-1] ** -0.5 if scale is None else scale
    if q.dtype not in HALVES:
        return q @ k.transpose(-2, -1) * factor
    with torch.autocast(q.device.type, enabled=False):
        return (q.float() * factor) @ k.float().transpose(-2, -1)


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax over the keys that may be attended; a row without any gives zeros, forward and backward."""
    if mask is None:
        return scores.softmax(-1)
    some = _some(mask)
    if some is None:
        return torch.where(mask, scores, float("-inf")).softmax(-1)
    # Never a whole row of -inf: its gradient is NaN.
    return torch.where(some, torch.where(mask | ~some, scores, float("-inf")).softmax(-1), 0.0)


def _some(mask: Tensor) -> Tensor | None:
    """(..., T, 1), which rows may attend to something; None where all are seen to, which spares a pass over them."""
    some = mask.any(-1, keepdim=True)
    return None if checks.visible(some) and some.all() else some


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
        some = _some(allowed)
        # A row without keys attends to all of them inside the kernel, so that nothing is 0 / 0; it is zeroed after.
        seen = allowed if some is None else allowed | ~some
        output = F.scaled_dot_product_attention(q, k, v, seen, dropout, scale=scale)
        output = output if some is None else torch.where(some, output, 0.0)
    return output if len(leading) == 2 else output.reshape(*leading, *rest)


def _as_four(x: Tensor, leading: tuple[int, ...]) -> Tensor:
    """(B, H, T, D) from any number of dimensions: the one form for which no kernel stores the weights."""
    x = x.expand(*leading, *x.shape[-2:])
    return x[(None,) * (2 - len(leading))] if len(leading) < 2 else x.flatten(0, -4)


def _check(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    causal: bool,
    scale: float | Tensor | None,
    dropout: float,
    need_weights: bool,
) -> None:
    """Refuse what cannot be meant."""
    for name, tensor in (("q", q), ("k", k), ("v", v)):
        checks.tensor(name, tensor)
        if tensor.ndim < 2:
            raise ValueError(f"{name} must be (..., length, width), got shape {tuple(tensor.shape)}")
        checks.floating(name, tensor, "; did you pass token ids?")
    checks.flag("causal", causal)
    checks.flag("need_weights", need_weights)
    checks.probability("dropout", dropout)
    _check_scale(scale)
    if not q.dtype == k.dtype == v.dtype:
        raise TypeError(f"q, k and v must share one dtype, got {q.dtype}, {k.dtype} and {v.dtype}")
    if not q.device == k.device == v.device:
        raise ValueError(f"q, k and v must share one device, got {q.device}, {k.device} and {v.device}")
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(
            f"queries and keys must have one width D, got q {tuple(q.shape)} and k {tuple(k.shape)}; "
            "did you transpose the keys? attention() does that itself"
        )
    if k.shape[-2] != v.shape[-2]:
        raise ValueError(f"each key needs one value, got k {tuple(k.shape)} and v {tuple(v.shape)}")
    if q.shape[-1] == 0 or k.shape[-2] == 0:
        raise ValueError(f"attention needs a key and a width, got q {tuple(q.shape)} and k {tuple(k.shape)}")
    leading = q.shape[:-2]
    if not leading == k.shape[:-2] == v.shape[:-2]:
        try:
            leading = torch.broadcast_shapes(leading, k.shape[:-2], v.shape[:-2])
        except RuntimeError as problem:
            raise ValueError(
                "dimensions before the last two must broadcast, "
                f"got q {tuple(q.shape)}, k {tuple(k.shape)} and v {tuple(v.shape)}"
            ) from problem
    if mask is not None:
        _check_mask(mask, (*leading, q.shape[-2], k.shape[-2]), q.device)


def _check_scale(scale: float | Tensor | None) -> None:
    if isinstance(scale, Tensor):
        if scale.ndim:
            raise ValueError(f"scale must be a float or a 0-d tensor, got shape {tuple(scale.shape)}")
        if scale.dtype == torch.bool or scale.is_complex():
            raise TypeError(f"scale must be a float or a 0-d tensor of numbers, got {scale.dtype}")
        if checks.visible(scale) and not scale.isfinite():
            raise ValueError(f"scale must be a finite number, got {scale.item()}")
    elif scale is not None:
        checks.number("scale", scale)


def _check_mask(mask: Tensor, scores_shape: tuple[int, ...], device: torch.device) -> None:
    checks.boolean("mask", mask)
    if mask.device != device:
        raise ValueError(f"mask is on {mask.device}, the queries on {device}")
    fits = mask.ndim <= len(scores_shape) and all(
        size in (1, wanted)
        for size, wanted in zip(reversed(mask.shape), reversed(scores_shape), strict=False)
    )
    if not fits:
        hint = ""
        if mask.ndim > len(scores_shape):
            hint = "; it would enlarge them: does it carry a head dimension that q, k and v lack?"
        raise ValueError(
            f"mask of shape {tuple(mask.shape)} must broadcast to the scores' shape {scores_shape}{hint}"
        )
    if mask.ndim == 3 and len(scores_shape) == 4 and mask.shape[0] == scores_shape[0] == scores_shape[1] > 1:
        raise ValueError(
            f"mask of shape {tuple(mask.shape)} could be one mask for each sentence or one for each head, for there "
            f"are {scores_shape[0]} of both; say mask[:, None] for sentences, mask[None] for heads"
        )
