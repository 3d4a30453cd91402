"""Tensors as JSON: in a picture's state all as numbers, in exported files large ones as base64 of their bytes."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

INLINE = 8
"""Constants up to this many numbers are written as numbers."""


def pack(tensor: Tensor) -> dict[str, Any]:
    """A tensor as JSON: type, shape, flat values; non-finite values become null."""
    kind = {torch.bool: "bool", torch.int64: "int64"}.get(tensor.dtype, "float32")
    values = tensor.detach().cpu().flatten().tolist()
    if kind == "float32":
        # Seven digits are enough for what a picture shows, and keep stored notebooks stable.
        values = [float(f"{v:.7g}") if math.isfinite(v) else None for v in values]
    return {"type": kind, "shape": list(tensor.shape), "values": values}


def to_json(array: np.ndarray) -> dict[str, Any]:
    """Type, shape and numbers of an array.

    Raises:
        ValueError: for a dtype that the page does not support.

    >>> to_json(np.ones(2, np.float32))
    {'type': 'float32', 'shape': [2], 'values': [1.0, 1.0]}
    """
    if array.dtype in (np.float32, np.float16):
        kind, stored = str(array.dtype), array
    elif array.dtype == np.int64:
        # Slice's "to the end" is the largest int64; the page's integers have 32 bits.
        kind, stored = "int64", array.clip(-(2**31), 2**31 - 1).astype(np.int32)
    elif array.dtype == bool:
        kind, stored = "bool", array.astype(np.uint8)
    else:
        raise ValueError(f"the page's graphs hold float32, int64 and bool, got {array.dtype}")
    head = {"type": kind, "shape": list(array.shape)}
    if array.size <= INLINE and np.isfinite(stored).all():
        return head | {"values": stored.flatten().tolist()}
    little = np.ascontiguousarray(stored).astype(stored.dtype.newbyteorder("<"))
    return head | {"data": base64.b64encode(little.tobytes()).decode("ascii")}


def from_json(stored: dict[str, Any]) -> np.ndarray:
    """The inverse of `to_json`, with integers of 32 bits.

    >>> from_json(to_json(np.arange(9, dtype=np.float32))).sum().item()
    36.0
    """
    kind = {"int64": "<i4", "bool": "u1", "float16": "<f2"}.get(stored["type"], "<f4")
    if "values" in stored:
        return np.array(stored["values"], kind).reshape(stored["shape"])
    return np.frombuffer(base64.b64decode(stored["data"]), kind).reshape(stored["shape"])


def attribute_to_json(value: Any) -> Any:
    """An attribute of an ONNX node."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (int, float, str)):
        return value
    if hasattr(value, "dims"):  # ConstantOfShape carries its value as a tensor
        import onnx

        return to_json(onnx.numpy_helper.to_array(value))
    return list(value)
