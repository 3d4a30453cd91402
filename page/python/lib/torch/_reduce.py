"""Sums, means, extremes and orders along axes. Long: the page knows no tensors but these."""

import math

import _reader
from collections import namedtuple
from torch import _ops
from torch._maths import abs as _abs
from torch._compare import isfinite, maximum, where
from torch._maths import exp, log, sqrt
from torch._ops import BOOL, INT, cast, is_tensor, run
from torch._tensor import new, wrap

_sorted = sorted
Found = namedtuple("Found", ("values", "indices"))


def _axes(x, dim):
    if dim is None or (isinstance(dim, (tuple, list)) and not len(dim)):
        return None
    given = dim if isinstance(dim, (tuple, list)) else (dim,)
    return [_ops.axis(d, x.ndim) for d in given]


def _reduced(name, x, axes, keepdim, handle=None):
    handle = x._t if handle is None else handle
    if not x.ndim:
        return wrap(_reader.copy(handle))
    attributes = {"keepdims": 1 if keepdim else 0}
    return wrap(
        run(name, attributes, handle) if axes is None else run(name, attributes, handle, _ops.integers(axes))
    )


def _count(x, axes):
    return _ops.product([n for i, n in enumerate(x._dims) if axes is None or i in axes])


def _names(dim, keepdim, named):
    """numpy's names for the same, which torch takes as well."""
    dim = named.get("axis", dim)
    return dim, named.get("keepdims", keepdim)


def sum(x, dim=None, keepdim=False, dtype=None, **named):
    dim, keepdim = _names(dim, keepdim, named)
    kind = dtype or (x.dtype if x.dtype.is_floating_point else INT)
    return _reduced("ReduceSum", x, _axes(x, dim), keepdim, cast(x, kind))


def mean(x, dim=None, keepdim=False, dtype=None, **named):
    dim, keepdim = _names(dim, keepdim, named)
    x = x if dtype is None else x.to(dtype)
    if not x.dtype.is_floating_point:
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            "Got: " + x.dtype.spoken
        )
    axes = _axes(x, dim)
    return sum(x, dim, keepdim) / _count(x, axes)


def prod(x, dim=None, keepdim=False):
    return _reduced(
        "ReduceProd", x, _axes(x, dim), keepdim, cast(x, x.dtype if x.dtype.is_floating_point else INT)
    )


def var(x, dim=None, unbiased=True, keepdim=False, *, correction=None, **named):
    if dim is True or dim is False:
        dim, unbiased = None, dim
    dim, keepdim = _names(dim, keepdim, named)
    less = (1 if unbiased else 0) if correction is None else correction
    centred = x - mean(x, dim, True)
    count = _count(x, _axes(x, dim)) - less
    total = sum(centred * centred, dim, keepdim)
    return total / count if count > 0 else total * math.nan


def std(x, dim=None, unbiased=True, keepdim=False, *, correction=None, **named):
    return sqrt(var(x, dim, unbiased, keepdim, correction=correction, **named))


def norm(x, p=2, dim=None, keepdim=False, **named):
    p = 2 if p is None or isinstance(p, str) else named.get("ord", p)
    if not x.dtype.is_floating_point:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got " + x.dtype.spoken
        )
    if p == math.inf:
        return amax(_abs(x), dim, keepdim)
    if p == 1:
        return sum(_abs(x), dim, keepdim)
    return sqrt(sum(x * x, dim, keepdim)) if p == 2 else sum(_abs(x) ** p, dim, keepdim) ** (1 / p)


def any(x, dim=None, keepdim=False, **named):
    dim, keepdim = _names(dim, keepdim, named)
    if dim is None and not keepdim:
        return new(_reader.any(x._t) == 1)
    return sum((x != 0), dim, keepdim) > 0


def all(x, dim=None, keepdim=False, **named):
    dim, keepdim = _names(dim, keepdim, named)
    if dim is None and not keepdim:
        return new(_reader.all(x._t) == 1)
    return sum((x == 0), dim, keepdim) == 0


def count_nonzero(x, dim=None):
    return sum(x != 0, dim)


def amax(x, dim=None, keepdim=False):
    _some(x, "amax", dim)
    return _reduced("ReduceMax", x, _axes(x, dim), keepdim)


def amin(x, dim=None, keepdim=False):
    _some(x, "amin", dim)
    return _reduced("ReduceMin", x, _axes(x, dim), keepdim)


def aminmax(x):
    return amin(x), amax(x)


def _some(x, name, dim=None):
    if not x.numel() and dim is None:
        raise RuntimeError(
            name
            + "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
        )


def _places(x, dim, keepdim, largest):
    if x.dtype is BOOL:
        raise RuntimeError("argm%s(): does not support bool input" % ("ax" if largest else "in"))
    at = _ops.axis(dim, x.ndim)
    if not x.ndim:
        return new(0)
    handle = x._t if largest else run("Neg", None, x._t)
    return wrap(run("ArgMax", {"axis": at, "keepdims": 1 if keepdim else 0}, handle))


def argmax(x, dim=None, keepdim=False):
    _some(x, "argmax", dim)
    return _places(x.flatten(), 0, False, True) if dim is None else _places(x, dim, keepdim, True)


def argmin(x, dim=None, keepdim=False):
    _some(x, "argmin", dim)
    return _places(x.flatten(), 0, False, False) if dim is None else _places(x, dim, keepdim, False)


def max(x, dim=None, keepdim=False, **named):
    dim, keepdim = _names(dim, keepdim, named)
    if dim is None:
        _some(x, "max")
        return amax(x)
    return maximum(x, dim) if is_tensor(dim) else _extremes(x, dim, keepdim, True)


def min(x, dim=None, keepdim=False, **named):
    dim, keepdim = _names(dim, keepdim, named)
    if dim is None:
        _some(x, "min")
        return amin(x)
    if is_tensor(dim):
        return -maximum(-x, -dim)
    return _extremes(x, dim, keepdim, False)


def _extremes(x, dim, keepdim, largest):
    """The extremes along an axis and where they stand; truths too, whose places torch tells only here."""
    counted = wrap(cast(x, INT)) if x.dtype is BOOL else x
    return Found((amax if largest else amin)(x, dim, keepdim), _places(counted, dim, keepdim, largest))


def topk(x, k, dim=-1, largest=True, sorted=True):
    _ops.axis(dim, x.ndim)
    if x.dtype is BOOL:
        raise RuntimeError("Sort currently does not support bool dtype")
    return _ordered(x, k, dim, largest)


def _ordered(x, k, dim, largest):
    at = _ops.axis(dim, x.ndim)
    if not x.ndim:
        return Found(x.clone(), new(0))
    if k > (x._dims[at] if x.ndim else 1):
        raise RuntimeError("selected index k out of range")
    made = run("TopK", {"axis": at, "largest": 1 if largest else 0}, x._t, _reader.full("int64", "[]", k))
    return Found(wrap(_reader.part(made, 0)), wrap(_reader.part(made, 1)))


def sort(x, dim=-1, descending=False, stable=False):
    at = _ops.axis(dim, x.ndim)
    return _ordered(x, x._dims[at] if x.ndim else 1, dim, descending)


def argsort(x, dim=-1, descending=False, stable=False):
    return sort(x, dim, descending)[1]


def median(x):
    values = sort(x.flatten())[0]
    return values[(len(values) - 1) // 2]


def cumsum(x, dim, dtype=None):
    kind = dtype or (x.dtype if x.dtype.is_floating_point else INT)
    at = _ops.axis(dim, x.ndim)
    if not x.ndim:
        return wrap(cast(x, kind)).clone()
    return wrap(run("CumSum", None, cast(x, kind), _reader.full("int64", "[]", at)))


def logsumexp(x, dim, keepdim=False):
    most = amax(x, dim, True)
    most = where(isfinite(most), most, 0.0)
    total = log(sum(exp(x - most), dim, True)) + most
    return total if keepdim else total.squeeze(dim)


def bincount(x, weights=None, minlength=0):
    if x.ndim != 1:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    numbers = _ops.numbers_of(x)
    size = minlength
    for number in numbers:
        if number < 0:
            raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
        size = number + 1 if number >= size else size
    counts = [0] * size
    shares = [1] * len(numbers) if weights is None else weights.tolist()
    for number, share in zip(numbers, shares):
        counts[number] += share
    return new(counts, INT if weights is None else None)


def unique(x, sorted=True, return_inverse=False, return_counts=False):
    numbers = _ops.numbers_of(x)
    kept = []
    for number in _sorted(numbers):
        if not kept or kept[-1] != number:
            kept.append(number)
    found = [new(kept, x.dtype)]
    if return_inverse:
        found.append(new([kept.index(number) for number in numbers], INT).reshape(x._dims))
    if return_counts:
        found.append(new([numbers.count(number) for number in kept], INT))
    return found[0] if len(found) == 1 else tuple(found)


def nonzero(x, as_tuple=False):
    found = wrap(_reader.nonzero(cast(x, BOOL)))
    return found.unbind(-1) if as_tuple else found


def cdist(x, other, p=2.0, compute_mode=None):
    for name, part in (("X1", x), ("X2", other)):
        if part.ndim < 2:
            raise RuntimeError("cdist only supports at least 2D tensors, %s got: %dD" % (name, part.ndim))
    if x._dims[-1] != other._dims[-1]:
        said = (x._dims[-1], other._dims[-1])
        raise RuntimeError("X1 and X2 must have the same number of columns. X1: %d X2: %d" % said)
    return norm(x[..., :, None, :] - other[..., None, :, :], p, -1)
