"""Scaled dot-product attention, the one operation that the rest of the book is built on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.masks import causal_mask


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
        need_weights: False runs torch's fused kernel, which never stores the (T, S) weights.

    Returns:
        The output (..., T, Dv), and the weights (..., T, S) before dropout, or None without `need_weights`.

    Raises:
        ValueError: if shapes, devices or the dropout probability do not fit.
        TypeError: if dtypes differ or the mask is not boolean.

    Source: Vaswani et al. 2017, section 3.2.1, equation 1; footnote 4 for the scale.

    >>> q, k = torch.tensor([[8.0, 7.0]]), torch.tensor([[7.0, 8.0], [5.0, 5.0]])
    >>> output, weights = attention(q, k, torch.eye(2), scale=1.0)
    >>> (q @ k.T).tolist(), weights.sum().item()
    ([[112.0, 75.0]], 1.0)
    """
    _check(q, k, v, mask, scale, dropout)
    n_queries, n_keys = q.shape[-2], k.shape[-2]
    if need_weights:
        if causal:
            future = causal_mask(n_queries, n_keys, device=q.device)
            mask = future if mask is None else mask & future
        scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
        weights = _softmax(scores, mask)
        kept = F.dropout(weights, dropout) if dropout else weights
        return kept @ v, weights

    if isinstance(scale, Tensor):  # the kernel takes a float only
        q, scale = q * scale, 1.0
    if mask is None and causal and n_queries == n_keys:
        # The kernel's own flag: with T = S it is aligned as ours is, and no mask is stored.
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True, scale=scale), None
    if causal:
        future = causal_mask(n_queries, n_keys, device=q.device)
        mask = future if mask is None else mask & future
    if mask is None:
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scale), None
    mask = torch.atleast_2d(mask)  # the kernel takes no mask of fewer dimensions
    # Nor one wider than queries and keys together, which it may be where only the values are as wide.
    q = q.expand(*torch.broadcast_shapes(q.shape[:-2], mask.shape[:-2]), *q.shape[-2:])
    some = mask.any(-1, keepdim=True)
    # A row without keys attends to all of them inside the kernel, so that nothing is 0 / 0, and is zeroed after.
    output = F.scaled_dot_product_attention(q, k, v, mask | ~some, dropout_p=dropout, scale=scale)
    return torch.where(some, output, 0.0), None


def _softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax over the keys that may be attended; a row without any gives zeros, forward and backward."""
    if mask is None:
        return scores.softmax(-1)
    some = mask.any(-1, keepdim=True)
    # Never a whole row of -inf: its gradient is NaN.
    hidden = torch.where(mask | ~some, scores, float("-inf"))
    return torch.where(some, hidden.softmax(-1), 0.0)


def _check(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float | Tensor | None, dropout: float
) -> None:
    """Refuse what cannot be meant; looks at shapes and dtypes only, so it costs nothing and exports."""
    for name, tensor in (("q", q), ("k", k), ("v", v)):
        if tensor.ndim < 2:
            raise ValueError(f"{name} must be (..., length, width), got shape {tuple(tensor.shape)}")
        if not tensor.is_floating_point():
            raise TypeError(f"{name} must be floating point, got {tensor.dtype}; did you pass token ids?")
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
    if isinstance(scale, Tensor) and scale.ndim:
        raise ValueError(f"scale must be a float or a 0-d tensor, got shape {tuple(scale.shape)}")
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"dropout is a probability in [0, 1), got {dropout}")
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


def _check_mask(mask: Tensor, scores_shape: tuple[int, ...], device: torch.device) -> None:
    if mask.dtype != torch.bool:
        raise TypeError(
            f"mask must be bool with True = may attend, got {mask.dtype}; "
            "an additive mask of 0 and -inf becomes one by `mask == 0`"
        )
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
