"""What `attention` refuses."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib import checks


def check(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    causal: bool,
    scale: float | Tensor | None,
    dropout: float,
    need_weights: bool,
    names: tuple[str, str, str] = ("q", "k", "v"),
) -> None:
    """Refuse what cannot be meant; `names` are those of the arguments."""
    for name, tensor in zip(names, (q, k, v), strict=True):
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
