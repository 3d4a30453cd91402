"""A tensor as numbers, and numbers put into it."""

import _reader
from torch import _ops
from torch._tensor import wrap


def clone(x, **_):
    return wrap(_reader.copy(x._t))


def _itself(x, *_, **__):
    return x


contiguous = detach = cpu = to_dense = _itself


def numel(x):
    return _ops.product(x._dims)


nelement = numel


def size(x, dim=None):
    return x.shape if dim is None else x._dims[_ops.axis(dim, x.ndim)]


def dim(x):
    return x.ndim


def item(x):
    if numel(x) != 1:
        raise RuntimeError("a Tensor with %d elements cannot be converted to Scalar" % numel(x))
    return _ops.numbers_of(x)[0]


def tolist(x):
    numbers = _ops.numbers_of(x)
    return _nested(numbers, x._dims, 0) if x._dims else numbers[0]


def _nested(numbers, dims, start):
    if len(dims) == 1:
        return numbers[start : start + dims[0]]
    inner = _ops.product(dims[1:])
    return [_nested(numbers, dims[1:], start + i * inner) for i in range(dims[0])]


def is_complex(x):
    return False


def is_floating_point(x):
    return x.dtype.is_floating_point


def is_contiguous(x):
    return True


def copy_(x, source):
    x[...] = source
    return x


def fill_(x, value):
    x[...] = value
    return x


def zero_(x):
    return fill_(x, 0)
