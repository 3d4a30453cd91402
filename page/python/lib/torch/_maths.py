"""Functions of each number by itself, and of rows: the first argument is the tensor, so that each is a method as well."""

import math

import _reader
from torch import _ops
from torch._ops import BOOL, DOUBLE, FLOAT, INT, broadcast, cast, common, is_tensor, run
from torch._tensor import new, wrap

_truth = bool


def _real(x):
    return x._t if x.dtype.is_floating_point else cast(x, FLOAT)


def _map(name):
    return lambda x: wrap(run(name, None, _real(x)))


exp, log, sqrt, sin, cos, tanh, sigmoid, erf = [
    _map(name) for name in ("Exp", "Log", "Sqrt", "Sin", "Cos", "Tanh", "Sigmoid", "Erf")
]
reciprocal, _floor, _ceil, _round = [_map(name) for name in ("Reciprocal", "Floor", "Ceil", "Round")]


def floor(x):
    return _floor(x) if x.dtype.is_floating_point else x.clone()


def ceil(x):
    return _ceil(x) if x.dtype.is_floating_point else x.clone()


def round(x, *, decimals=0):
    if not x.dtype.is_floating_point:
        return x.clone()
    return _round(x * 10.0**decimals) / 10.0**decimals if decimals else _round(x)


def trunc(x):
    return where(x < 0, ceil(x), floor(x))


def abs(x):
    return wrap(run("Abs", None, x._t))


def neg(x):
    return -x


def sign(x):
    return wrap(run("Sign", None, x._t))


def relu(x):
    return wrap(run("Relu", None, x._t))


def square(x):
    return x * x


def rsqrt(x):
    return reciprocal(sqrt(x))


def log2(x):
    return log(x) / math.log(2)


def log10(x):
    return log(x) / math.log(10)


def log1p(x):
    return log(x + 1)


def expm1(x):
    return exp(x) - 1


def tan(x):
    return sin(x) / cos(x)


def add(x, other, *, alpha=1):
    return x + other * alpha if alpha != 1 else x + other


def sub(x, other, *, alpha=1):
    return x - other * alpha if alpha != 1 else x - other


def mul(x, other):
    return x * other


def div(x, other, *, rounding_mode=None):
    if rounding_mode == "floor":
        return x // other
    return trunc(x / other).to(common(x, other)) if rounding_mode == "trunc" else x / other


def remainder(x, other):
    return x % other


def floor_divide(x, other):
    return x // other


def pow(x, exponent):
    return x**exponent


def matmul(x, other):
    if not is_tensor(other):
        raise TypeError("matmul(): argument 'other' must be Tensor, not " + type(other).__name__)
    return x @ other


def mm(x, other):
    if x.ndim != 2 or other.ndim != 2:
        raise RuntimeError(("self" if x.ndim != 2 else "mat2") + " must be a matrix")
    return x @ other


def bmm(x, other):
    if x.ndim != 3 or other.ndim != 3:
        raise RuntimeError("batch1 must be a 3D tensor" if x.ndim != 3 else "batch2 must be a 3D tensor")
    return x @ other


def mv(x, other):
    return x @ other


def dot(x, other):
    if x.ndim != 1 or other.ndim != 1:
        raise RuntimeError("1D tensors expected, but got %dD and %dD tensors" % (x.ndim, other.ndim))
    return x @ other


def outer(x, other):
    return x[:, None] * other[None, :]


def _compared(name):
    return lambda x, other: getattr(x, name)(other)


eq, ne, lt, le, gt, ge = [_compared("__" + name + "__") for name in ("eq", "ne", "lt", "le", "gt", "ge")]
logical_and, logical_or, logical_xor = [
    (lambda word: lambda x, other: getattr(x.bool(), word)(other.bool()))(word) for word in ("__and__", "__or__", "__xor__")
]


def logical_not(x):
    return ~x.bool()


def isnan(x):
    return wrap(run("IsNaN", None, x._t))


def isinf(x):
    return abs(x) == math.inf


def isfinite(x):
    return abs(x) < math.inf


def isclose(x, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    if x.dtype is not other.dtype:
        raise RuntimeError("%s did not match %s" % (x.dtype.spoken, other.dtype.spoken))
    near = (x == other) | (isfinite(other) & (abs(x - other) <= atol + abs(other) * rtol))
    return near | (isnan(x) & isnan(other)) if equal_nan else near


def allclose(x, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    if not is_tensor(other):
        raise TypeError("allclose(): argument 'other' (position 2) must be Tensor, not " + type(other).__name__)
    return _truth(isclose(x, other, rtol, atol, equal_nan).all())


def equal(x, other):
    return x._dims == other._dims and _truth((x == other).all())


def where(condition, x=None, other=None):
    if x is None:
        return wrap(_reader.nonzero(condition._t)).unbind(-1)
    kind = common(x, other)
    for part in (x, other):
        broadcast(condition._dims, part._dims if is_tensor(part) else ())
    if is_tensor(x) and is_tensor(other):
        broadcast(x._dims, other._dims)
    if condition.dtype is not BOOL:
        raise RuntimeError("where expected condition to be a boolean tensor, but got a tensor with dtype " + condition.dtype.spoken)
    return wrap(run("Where", None, condition._t, cast(x, kind), cast(other, kind)))


def masked_fill(x, mask, value):
    if mask.dtype is not BOOL:
        raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype " + mask.dtype.spoken.lower())
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


def _rows(name):
    def of_rows(x, dim=None, dtype=None, _stacklevel=3):
        if dtype is not None:
            x = x.to(dtype)
        if not x.dtype.is_floating_point:
            word = "softmax" if name == "Softmax" else "log_softmax"
            raise NotImplementedError('"%s_lastdim_kernel_impl" not implemented for \'%s\'' % (word, x.dtype.spoken))
        if dim is None:
            dim = 1 if x.ndim not in (0, 1, 3) else 0
        at = _ops.axis(dim, x.ndim)
        return wrap(run(name, {"axis": at}, x._t)) if x.ndim else (x * 0 + (1 if name == "Softmax" else 0))

    return of_rows


softmax, log_softmax = _rows("Softmax"), _rows("LogSoftmax")


def _of_matrices(name, x):
    if x.ndim < 2:
        raise RuntimeError(name + ": input tensor must have at least 2 dimensions")


def tril(x, diagonal=0):
    _of_matrices("tril", x)
    return wrap(run("Trilu", {"upper": 0}, x._t, _reader.full("int64", "[]", diagonal)))


def triu(x, diagonal=0):
    _of_matrices("triu", x)
    return wrap(run("Trilu", {"upper": 1}, x._t, _reader.full("int64", "[]", diagonal)))


def lerp(x, end, weight):
    return x + (end - x) * weight


def addmm(x, a, b):
    return x + a @ b


def to(x, *given, **named):
    given = list(given) + [named[name] for name in named if name in ("dtype", "other")]
    for part in given:
        if is_tensor(part):
            return to(x, part.dtype)
        if hasattr(part, "spoken"):
            return x if part is x.dtype else wrap(cast(x, part))
    return x


def type_as(x, other):
    return to(x, other.dtype)


float, double, long, int, bool = [
    (lambda kind: lambda x: to(x, kind))(kind) for kind in (FLOAT, DOUBLE, INT, INT, BOOL)
]
