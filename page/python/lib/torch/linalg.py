"""Decompositions, computed in page/tensor/decompositions.js."""

import _reader
from collections import namedtuple
from torch import _reduce, _shape
from torch._tensor import wrap
from written import missing

Found = namedtuple("Found", ("U", "S", "Vh"))


def norm(x, ord=None, dim=None, keepdim=False):
    return _reduce.norm(x, 2 if ord is None else ord, dim, keepdim)


vector_norm = norm


def svd(x, full_matrices=True):
    made = _reader.svd(x._t, full_matrices)
    return Found(*[wrap(_reader.part(made, i)) for i in range(3)])


def qr(x, mode="reduced"):
    made = _reader.qr(x._t)
    return wrap(_reader.part(made, 0)), wrap(_reader.part(made, 1))


def cholesky(x):
    return wrap(_reader.cholesky(x._t))


def diagonal(x, **named):
    return _shape.diagonal(x, dim1=-2, dim2=-1, **named)


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("torch.linalg." + name)
