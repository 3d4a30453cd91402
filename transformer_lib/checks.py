"""What the public functions refuse, said in one way: what came, and what was expected.

Each check looks at kinds, dtypes and shapes, which costs next to nothing and exports. A check of values asks
`visible` first: values are looked at on the CPU only, where that stops no device, and neither while a graph is
exported nor inside `torch.func` transforms, where there is no value to look at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import peek_interpreter_stack
from torch.autograd import forward_ad

INTEGERS = (torch.int64, torch.int32)


def said(value: Any) -> str:
    """What a value is, in a few words, for a message.

    >>> said(None), said([1.0, 2.0]), said(torch.ones(2, 3)), said("a")
    ('None', 'a list', 'a tensor of shape (2, 3)', "'a'")
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}" if value.ndim else f"a 0-d tensor of {value.dtype}"
    name = type(value).__name__
    return f"a{'n' * (name[:1].lower() in 'aeiou')} {name}"


def transformed() -> bool:
    """Whether a `torch.func` transform (vmap, grad, jvp …) or a forward derivative is under way."""
    if torch.compiler.is_compiling():
        return False
    return forward_ad._current_level >= 0 or peek_interpreter_stack() is not None


def eager() -> bool:
    """Whether operations run one after the other as they are written: no export, no transform."""
    return not torch.compiler.is_compiling() and not transformed()


def visible(*tensors: Tensor) -> bool:
    """Whether values may be looked at: on the CPU, outside of exports and transforms."""
    return eager() and all(tensor.is_cpu for tensor in tensors)


def tensor(name: str, value: Any, hint: str = "") -> None:
    """Refuse what is no tensor."""
    if not isinstance(value, Tensor):
        if not hint and (isinstance(value, Sequence) or hasattr(value, "__array__")):
            hint = "; torch.as_tensor(…) makes one"
        raise TypeError(f"{name} must be a tensor, got {said(value)}{hint}")


def floating(name: str, value: Any, hint: str = "") -> None:
    """Refuse what is no tensor of floating-point numbers."""
    if not isinstance(value, Tensor):
        tensor(name, value)
    if not value.is_floating_point():
        raise TypeError(f"{name} must be floating point, got {value.dtype}{hint}")


def vectors(name: str, value: Any, shape: str, weight: Tensor, n_dims: int | None = None) -> None:
    """Refuse what is no tensor of vectors as wide as a module's weight reads them, or cannot be multiplied with it.

    `shape` says in a message what stands before the width: "batch, length, d_model".
    """
    if not isinstance(value, Tensor):
        tensor(name, value)
    width = weight.shape[-1]
    if value.ndim != (n_dims or value.ndim) or value.ndim < 1 or value.shape[-1] != width:
        row = n_dims == 3 and value.ndim == 2
        hint = "; a single sentence becomes a batch of one by x[None]" if row else ""
        raise ValueError(f"{name} must be ({shape} = {width}), got {tuple(value.shape)}{hint}")
    if not value.is_floating_point():
        raise TypeError(f"{name} must be floating point, got {value.dtype}; did you pass token ids?")
    if value.dtype != weight.dtype and not torch.is_autocast_enabled(value.device.type):
        raise TypeError(
            f"{name} is {value.dtype}, the weights are {weight.dtype}; x.to(weight.dtype) converts"
        )
    if value.device != weight.device:
        raise ValueError(f"{name} is on {value.device}, the weights are on {weight.device}")


def ids(name: str, value: Any, n_dims: int | None = None, shape: str = "") -> None:
    """Refuse what is no tensor of ids, or has not so many dimensions."""
    tensor(name, value)
    if value.dtype not in INTEGERS:
        raise TypeError(
            f"{name} must be int64 or int32, got {value.dtype}; did you pass embeddings or a mask?"
        )
    if n_dims is not None and value.ndim != n_dims:
        row = value.ndim == n_dims - 1
        hint = "; a single sentence becomes a batch of one by ids[None]" if row and n_dims == 2 else ""
        raise ValueError(f"{name} must be {shape}, got shape {tuple(value.shape)}{hint}")


def within(name: str, value: Tensor, size: int, hint: str) -> None:
    """Refuse ids outside 0 … size - 1, where their values can be seen."""
    if visible(value) and value.numel():
        low, high = (bound.item() for bound in value.aminmax())
        if low < 0 or high >= size:
            wrong = low if low < 0 else high
            raise ValueError(f"{name} must lie in 0 … {size - 1}, got {wrong}; {hint}")


def boolean(name: str, value: Any) -> None:
    """Refuse what is no boolean tensor in which True means *may attend*."""
    tensor(name, value)
    if value.dtype != torch.bool:
        raise TypeError(
            f"{name} must be bool with True = may attend, got {value.dtype}; "
            "an additive mask of 0 and -inf becomes one by `mask == 0`"
        )


def whole(name: str, value: Any) -> None:
    """Refuse what is no whole number: neither 2.0 nor True is one."""
    if isinstance(value, torch.SymInt):
        return  # a length that an export keeps open
    if isinstance(value, bool) or not isinstance(value, (int, Integral)):
        raise TypeError(f"{name} must be a whole number, got {said(value)}")


def count(name: str, value: Any, least: int = 1) -> None:
    """Refuse what is no whole number of at least `least`.

    >>> count("n_heads", 2.0)
    Traceback (most recent call last):
        ...
    TypeError: n_heads must be a whole number, got 2.0
    """
    whole(name, value)
    if not isinstance(value, torch.SymInt) and value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def number(
    name: str, value: Any, *, least: float = -math.inf, above: float = -math.inf, hint: str = ""
) -> None:
    """Refuse what is no finite number in the range; a 0-d tensor is none, as `float(x)` makes one."""
    if isinstance(value, bool) or not isinstance(value, (float, int, Real)):
        raise TypeError(f"{name} must be a number, got {said(value)}")
    if not math.isfinite(value) or value < least or value <= above:
        bound = f" of at least {least:g}" if least > -math.inf else ""
        bound = f" above {above:g}" if above > -math.inf else bound
        raise ValueError(f"{name} must be a finite number{bound}, got {value}{hint}")


def probability(name: str, value: Any, *, below_one: bool = True) -> None:
    """Refuse what is no probability; by default 1 is refused, too."""
    if isinstance(value, bool) or not isinstance(value, (float, int, Real)):
        raise TypeError(f"{name} must be a number, got {said(value)}")
    if not (0.0 <= float(value) < 1.0 if below_one else 0.0 <= float(value) <= 1.0):
        end = ")" if below_one else "]"
        raise ValueError(f"{name} is a probability in [0, 1{end}, got {value}")


def flag(name: str, value: Any) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {said(value)}")


def choice(name: str, value: Any, known: Sequence[str]) -> None:
    """Refuse what is none of the known words."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"unknown {name} {value!r}, expected one of {', '.join(known)}")


def instance(name: str, value: Any, kind: type | tuple[type, ...], expected: str) -> None:
    """Refuse what is not of a kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {expected}, got {said(value)}")


def model(name: str, value: Any) -> None:
    """Refuse what is no model."""
    instance(name, value, nn.Module, "a model (torch.nn.Module)")
