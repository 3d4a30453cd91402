"""Comparing what came with what was wanted, and saying in one sentence where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from transformer_lib.exercises.introspection import type_name


def numbers(value: Any) -> Tensor | None:
    """The value as a tensor on the CPU, if it holds numbers and nothing else."""
    if isinstance(value, (Fraction, Decimal)):
        value = float(value)
    if isinstance(value, (list, tuple)) and any(isinstance(part, (Fraction, Decimal)) for part in value):
        value = [float(part) if isinstance(part, (Fraction, Decimal)) else part for part in value]
    try:
        if isinstance(value, Tensor):
            tensor = value.detach().cpu()
        elif isinstance(value, (list, tuple)) and any(isinstance(part, Tensor) for part in value):
            tensor = torch.stack([torch.as_tensor(part).detach().cpu() for part in value])
        elif isinstance(value, (list, tuple)) and any(
            isinstance(part, (Fraction, Decimal)) for part in value
        ):
            tensor = torch.as_tensor(
                [float(part) if isinstance(part, (Fraction, Decimal)) else part for part in value]
            )
        elif isinstance(value, (bool, int, float, np.ndarray, np.generic, list, tuple)):
            tensor = torch.as_tensor(value)
        else:
            return None
        return None if tensor.is_complex() else tensor.to_dense()
    except Exception:  # ragged lists, words, tensors without data
        return None


def same(wanted: Any, got: Any, tolerance: float) -> bool:
    """Whether two results agree: numbers within the tolerance, words without regard to case."""
    a, b = numbers(wanted), numbers(got)
    if a is not None and b is not None:
        if (a.dtype == torch.bool) != (b.dtype == torch.bool):
            return False
        if a.numel() == b.numel() == 1:
            a, b = a.reshape(()), b.reshape(())
        if a.shape != b.shape:
            return False
        return torch.allclose(b.double(), a.double(), rtol=tolerance, atol=tolerance, equal_nan=True)
    if isinstance(wanted, str) and isinstance(got, str):
        return _plain(wanted) == _plain(got)
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        return wanted.keys() == got.keys() and all(same(wanted[key], got[key], tolerance) for key in wanted)
    if isinstance(wanted, (list, tuple)) and isinstance(got, (list, tuple)):
        pairs = zip(wanted, got, strict=False)
        return len(wanted) == len(got) and all(same(x, y, tolerance) for x, y in pairs)
    if a is not None or b is not None or type(wanted) is not type(got):
        return False
    return wanted is got or bool(wanted == got)


def _plain(words: str) -> str:
    return " ".join(words.lower().split()).rstrip(".")


def holds_ellipsis(value: Any) -> bool:
    """Whether the answer, or a part of it, was left open."""
    if value is None or value is ...:
        return True
    if isinstance(value, (list, tuple)):
        return any(part is ... for part in value) or (bool(value) and all(part is None for part in value))
    if isinstance(value, Mapping):
        return holds_ellipsis(list(value.values()))
    return False


def describe(value: Any) -> str:
    """What a value is, in a few words."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (list, tuple)) and any(isinstance(part, Tensor) and part.ndim for part in value):
        return f"{len(value)} tensors"
    tensor = numbers(value)
    if tensor is None:
        if isinstance(value, Mapping):
            return "a dictionary with " + ", ".join(repr(key) for key in list(value)[:6])
        if isinstance(value, (list, tuple)):
            words = ", ".join(value) if value and all(isinstance(part, str) for part in value) else ""
            shown = f": {words}" if 0 < len(words) <= 60 else ""
            return f"a {type_name(value)} of {len(value)}{shown}"
        return (
            "a function"
            if type_name(value) == "function"
            else "a class"
            if isinstance(value, type)
            else f"an object of type {type_name(value)}"
        )
    if tensor.ndim == 0:
        return "a number" if isinstance(value, Tensor) else f"the number {_shown(value)}"
    kind = "booleans" if tensor.dtype == torch.bool else "numbers"
    if tensor.ndim == 1:
        return f"{tensor.numel()} {kind}"
    return f"{kind} of shape {tuple(tensor.shape)}"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def difference(wanted: Any, got: Any, *, tolerance: float, reveal: bool = True) -> str:
    """Where two results differ: kind first, then shape, then the first value. `reveal` prints the right one."""
    a, b = numbers(wanted), numbers(got)
    if a is None or b is None:
        return _difference_in_parts(wanted, got, tolerance, reveal)
    if (a.dtype == torch.bool) != (b.dtype == torch.bool):
        kind = describe(wanted) if reveal else kind_of(wanted)
        hint = "booleans, dtype=torch.bool" if a.dtype == torch.bool else "numbers, not True and False"
        return f"expected {kind}, got {describe(got)}: {hint}, are wanted."
    if a.numel() == b.numel() == 1:
        a, b = a.reshape(()), b.reshape(())
    if a.shape != b.shape and a.ndim == 0:
        return _one_is_wanted(got, a.dtype == torch.bool)
    if a.shape != b.shape:
        return f"the shape should be {tuple(a.shape)}, yours is {tuple(b.shape)}."
    truths = a.dtype == torch.bool
    a, b = a.double(), b.double()
    for name, broken in (("NaN", b.isnan() & ~a.isnan()), ("infinity", b.isinf() & ~a.isinf())):
        if broken.any():
            return (
                f"your answer holds {name}; look for 0 / 0, for a logarithm of 0 or an exponential of much."
            )
    off = ~torch.isclose(b, a, rtol=tolerance, atol=tolerance, equal_nan=True)
    place = tuple(off.nonzero()[0].tolist()) if off.any() else ()
    at = f" at {list(place)}" if place else ""
    right, found = a[place].item(), b[place].item()
    if truths:
        return (
            f"expected {bool(right)}{at}, got {bool(found)}." if reveal else f"{bool(found)}{at} is not it."
        )
    if reveal:
        return f"expected {right:.4g}{at}, got {found:.4g}."
    return f"{found:.4g}{at} is too {'small' if found < right else 'large'}."


def _one_is_wanted(got: Any, truths: bool) -> str:
    if truths:
        return f"one True or False is wanted, this is {describe(got)}: take .all() of it, or .any()."
    comma = isinstance(got, tuple) and len(got) == 2 and all(isinstance(part, int) for part in got)
    hint = ": write decimals with a point, 0.5" if comma else ""
    return f"one number is wanted, this is {describe(got)}{hint}."


def _difference_in_parts(wanted: Any, got: Any, tolerance: float, reveal: bool) -> str:
    if isinstance(wanted, (list, tuple)) and isinstance(got, (list, tuple)) and len(wanted) == len(got):
        for i, (a, b) in enumerate(zip(wanted, got, strict=True), 1):
            if not same(a, b, tolerance):
                return f"part {i}: {difference(a, b, tolerance=tolerance, reveal=reveal)}"
    if isinstance(wanted, Mapping) and isinstance(got, Mapping) and wanted.keys() == got.keys():
        for key in wanted:
            if not same(wanted[key], got[key], tolerance):
                return f"{key}: {difference(wanted[key], got[key], tolerance=tolerance, reveal=reveal)}"
    if isinstance(wanted, str) and isinstance(got, str):
        return f"expected {wanted!r}, got {got[:80]!r}." if reveal else f"{got[:80]!r} is not it."
    kind = describe(wanted) if reveal else kind_of(wanted)
    hint = ": call the function, and hand over what it gives" if callable(got) else ""
    if isinstance(got, str) and numbers(wanted) is not None and any(letter.isdigit() for letter in got):
        hint = ": leave the quotes away"
    return f"expected {kind}, got {describe(got)}{hint}."


def kind_of(wanted: Any) -> str:
    """What is wanted, without giving it away."""
    if isinstance(wanted, str):
        return "a word or two, as text"
    if isinstance(wanted, (bool, int, float)):
        return "True or False" if isinstance(wanted, bool) else "a number"
    return describe(wanted).partition(": ")[0]
