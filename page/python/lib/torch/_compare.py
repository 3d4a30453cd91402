"""Comparisons, and what masks choose."""

import math

import _reader
from torch._ops import BOOL, FLOAT, broadcast, cast, common, is_tensor, run
from torch._tensor import new, wrap

_truth = bool


def _compared(name):
    return lambda x, other: getattr(x, name)(other)


eq, ne, lt, le, gt, ge = [_compared("__" + name + "__") for name in ("eq", "ne", "lt", "le", "gt", "ge")]
logical_and, logical_or, logical_xor = [
    (lambda word: lambda x, other: getattr(x.bool(), word)(other.bool()))(word)
    for word in ("__and__", "__or__", "__xor__")
]


def logical_not(x):
    return ~x.bool()


def isnan(x):
    return wrap(run("IsNaN", None, x._t))


def isinf(x):
    return abs(x) == math.inf


def isfinite(x):
    return (x == x) if not x.dtype.is_floating_point else abs(x) < math.inf


def _of_one_dtype(x, other):
    if x.dtype is not other.dtype:
        raise RuntimeError("%s did not match %s" % (x.dtype.spoken, other.dtype.spoken))
    broadcast(x._dims, other._dims)


def isclose(x, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    _of_one_dtype(x, other)
    near = x == other
    if x.dtype is not BOOL:
        near = near | (isfinite(other) & (abs(x - other) <= atol + abs(other) * rtol))
    return near | (isnan(x) & isnan(other)) if equal_nan else near


def allclose(x, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    if not is_tensor(other):
        raise TypeError(
            "allclose(): argument 'other' (position 2) must be Tensor, not " + type(other).__name__
        )
    _of_one_dtype(x, other)
    return _reader.close(x._t, other._t, rtol, atol, _truth(equal_nan)) == 1


def equal(x, other):
    return x._dims == other._dims and _reader.close(x._t, other._t, 0, 0, False) == 1


def where(condition, x=None, other=None):
    if x is None:
        return wrap(_reader.nonzero(condition._t)).unbind(-1)
    kind = common(x, other)
    for part in (x, other):
        broadcast(condition._dims, part._dims if is_tensor(part) else ())
    if is_tensor(x) and is_tensor(other):
        broadcast(x._dims, other._dims)
    if condition.dtype is not BOOL:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            + condition.dtype.spoken
        )
    return wrap(run("Where", None, condition._t, cast(x, kind), cast(other, kind)))


def masked_fill(x, mask, value):
    if mask.dtype is not BOOL:
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype " + mask.dtype.spoken.lower()
        )
    broadcast(x._dims, mask._dims)
    return where(mask, new(value.item() if is_tensor(value) else value, x.dtype), x)


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    if not x.dtype.is_floating_point:
        return x.clone()
    most = 3.4028234663852886e38 if x.dtype is FLOAT else 1.7976931348623157e308
    x = where(isnan(x), new(nan, x.dtype), x)
    x = where(x == math.inf, new(most if posinf is None else posinf, x.dtype), x)
    return where(x == -math.inf, new(-most if neginf is None else neginf, x.dtype), x)


def clamp(x, min=None, max=None):
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    x = x if min is None else maximum(x, min)
    return x if max is None else minimum(x, max)


clip = clamp


def maximum(x, other):
    kind = common(x, other)
    return wrap(run("Max", None, cast(x, kind), cast(other, kind)))


def minimum(x, other):
    kind = common(x, other)
    return wrap(run("Min", None, cast(x, kind), cast(other, kind)))
