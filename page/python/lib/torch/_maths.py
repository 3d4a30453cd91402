"""Functions of each number by itself, and of rows: the first argument is the tensor, so that each is a method as well."""

import math

import _reader
from torch import _ops
from torch._compare import where
from torch._ops import BOOL, DOUBLE, FLOAT, INT, cast, common, is_tensor, run
from torch._tensor import wrap


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
    return x.__abs__()


def neg(x):
    return -x


def sign(x):
    return wrap(run("Sign", None, x._t))


def relu(x):
    if x.dtype is BOOL:
        raise RuntimeError("Boolean inputs not supported for relu")
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
    if x.dtype is BOOL:
        raise NotImplementedError("\"dot\" not implemented for 'Bool'")
    return x @ other


def outer(x, other):
    if x.ndim != 1:
        raise RuntimeError("outer: Expected 1-D argument self, but got %d-D" % x.ndim)
    return x[:, None] * other[None, :]


def _rows(name):
    def of_rows(x, dim=None, dtype=None, _stacklevel=3):
        if dtype is not None:
            x = x.to(dtype)
        if dim is None:
            dim = 1 if x.ndim not in (0, 1, 3) else 0
        at = _ops.axis(dim, x.ndim)
        if not x.dtype.is_floating_point:
            word = "softmax" if name == "Softmax" else "log_softmax"
            raise NotImplementedError(
                "\"%s_lastdim_kernel_impl\" not implemented for '%s'" % (word, x.dtype.spoken)
            )
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
