"""Weights in fewer bytes: float16, or int8 with one scale for each row of a matrix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

SCALES = ".scales"  # what stands behind the name of an int8 matrix in that of its scales
STORED = {"float32": torch.float32, "float16": torch.float16, "int8": torch.int8}


def narrowed(tensors: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    r"""Tensors in a narrower dtype.

    With int8, row i of a matrix is :math:`w_{ij} \approx s_i q_{ij}`, :math:`s_i = \max_j |w_{ij}| / 127`, and what
    is no matrix is float16. A tensor with a number beyond the range of the dtype stays as it is.

    Raises:
        ValueError: if a number is not finite.

    Source: Dettmers et al. 2022, section 2.1 (row-wise absmax quantization).

    >>> tensors = narrowed({"w": torch.tensor([[127.0, -3.0], [0.0, 0.0]])}, torch.int8)
    >>> tensors["w"].tolist(), tensors["w.scales"].tolist()
    ([[127, -3], [0, 0]], [1.0, 0.0])
    """
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{name} holds numbers that are not finite; did training diverge?")
        if dtype == torch.int8 and tensor.ndim == 2:
            scales = tensor.detach().float().abs().amax(1) / 127
            rows = tensor.detach() / torch.where(scales > 0, scales, 1.0)[:, None]
            found[name], found[name + SCALES] = rows.round().to(torch.int8), scales
        else:
            narrow = tensor.detach().to(torch.float16 if dtype == torch.int8 else dtype)
            found[name] = narrow if narrow.isfinite().all() else tensor
    return found


def widened(tensors: Mapping[str, Tensor], path: Path | str) -> dict[str, Tensor]:
    """The floating-point tensors that `narrowed` made these of, as near as they can be had.

    Raises:
        ValueError: if one is of another kind, or not finite; names the file.
    """
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name.endswith(SCALES) and name.removesuffix(SCALES) in tensors:
            continue
        scales = tensors.get(name + SCALES)
        if tensor.dtype == torch.int8 and scales is not None and scales.shape == tensor.shape[:1]:
            tensor = tensor.float() * scales[:, None]
        if not tensor.is_floating_point():
            raise ValueError(f"{path} holds {name} as {tensor.dtype}: weights are floating-point numbers")
        if not tensor.isfinite().all():
            raise ValueError(f"{path} holds numbers in {name} that are not finite")
        found[name] = tensor
    return found
