"""Tensors put together, repeated, and picked from."""

from torch import _ops
from torch._ops import INT, cast, common, run
from torch._shape import expand, flatten, narrow, reshape, slice_of, unsqueeze
from torch._tensor import new, wrap


def cat(tensors, dim=0):
    tensors = [x for x in tensors]
    if not tensors:
        raise RuntimeError("torch.cat(): expected a non-empty list of Tensors")
    for place, x in enumerate(tensors):
        if not _ops.is_tensor(x):
            raise TypeError(
                "expected Tensor as element %d in argument 0, but got %s" % (place, type(x).__name__)
            )
    rank = max([x.ndim for x in tensors])
    for place, x in enumerate(tensors):
        if not x.ndim:
            raise RuntimeError("zero-dimensional tensor (at position %d) cannot be concatenated" % place)
    tensors = [x for x in tensors if x._dims != (0,) or rank == 1]
    first = tensors[0]._dims
    at = _ops.axis(dim, len(first))
    for x in tensors:
        if len(x._dims) != len(first):
            raise RuntimeError(
                "Tensors must have same number of dimensions: got %d and %d" % (len(first), len(x._dims))
            )
    for place, x in enumerate(tensors):
        for i in range(rank):
            if i != at and x._dims[i] != first[i]:
                raise RuntimeError(
                    "Sizes of tensors must match except in dimension %d. Expected size %d but got size %d for tensor "
                    "number %d in the list." % (at, first[i], x._dims[i], place)
                )
    kind = common(*tensors)
    return wrap(run("Concat", {"axis": at}, *[cast(x, kind) for x in tensors]))


concat = cat


def stack(tensors, dim=0):
    tensors = [x for x in tensors]
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    for place, x in enumerate(tensors):
        if not _ops.is_tensor(x):
            raise TypeError(
                "expected Tensor as element %d in argument 0, but got %s" % (place, type(x).__name__)
            )
        if x._dims != tensors[0]._dims:
            raise RuntimeError(
                "stack expects each tensor to be equal size, but got %s at entry 0 and %s at entry %d"
                % (_ops.size_words(tensors[0]._dims), _ops.size_words(x._dims), place)
            )
    return cat([unsqueeze(x, dim) for x in tensors], dim)


def flip(x, *dims):
    for dim in _ops.dims_of(dims):
        at = _ops.axis(dim, x.ndim)
        if not x.ndim:
            return x.clone()
        x = index_select(x, at, new(list(range(x._dims[at] - 1, -1, -1)), INT))
    return x


def roll(x, shifts, dims=None):
    if dims is None:
        return reshape(roll(flatten(x), shifts, 0), x._dims)
    if isinstance(shifts, (tuple, list)):
        for shift, dim in zip(shifts, dims):
            x = roll(x, shift, dim)
        return x
    at = _ops.axis(dims, x.ndim)
    n = x._dims[at]
    return index_select(x, at, new([(i - shifts) % n for i in range(n)], INT)) if n else x


def repeat(x, *counts):
    counts = _ops.dims_of(counts)
    if len(counts) < x.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        )
    for at, count in enumerate(counts):
        x = x if len(counts) == x.ndim else reshape(x, (1,) * (len(counts) - x.ndim) + x._dims)
        x = cat([x] * count, at) if count else narrow(x, at, 0, 0)
    return x


tile = repeat


def repeat_interleave(x, repeats, dim=None):
    x, dim = (flatten(x), 0) if dim is None else (x, dim)
    n = x._dims[_ops.axis(dim, x.ndim)]
    counts = [repeats] * n if isinstance(repeats, int) else repeats.tolist()
    return index_select(x, dim, new([i for i in range(n) for _ in range(counts[i])], INT))


def index_select(x, dim, index):
    _ops.axis(dim, x.ndim)
    if not x.ndim:
        return x.clone()
    return wrap(run("Gather", {"axis": _ops.axis(dim, x.ndim)}, x._t, index._t))


def gather(x, dim, index):
    if index.dtype is not INT:
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    if index.ndim != x.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    at = _ops.axis(dim, x.ndim)
    for place in _ops.numbers_of(index):
        size = x._dims[at] if x.ndim else 1
        if not 0 <= place < size:
            raise RuntimeError("index %d is out of bounds for dimension %d with size %d" % (place, at, size))
    if not x.ndim:
        return x.clone()
    return wrap(run("GatherElements", {"axis": at}, x._t, index._t))


def scatter(x, dim, index, src=None, value=None):
    src = value if src is None else src
    src = src if _ops.is_tensor(src) else new(src, x.dtype).expand(index._dims)
    return wrap(run("ScatterElements", {"axis": _ops.axis(dim, x.ndim)}, x._t, index._t, cast(src, x.dtype)))


def index_add(x, dim, index, source, *, alpha=1):
    made = x.clone()
    for row, place in enumerate(index.tolist()):
        key = [slice_of()] * _ops.axis(dim, x.ndim)
        made[tuple(key + [place])] += alpha * source[tuple(key + [row])]
    return made


def scatter_add(x, dim, index, src):
    at, made = _ops.axis(dim, x.ndim), x.clone()
    numbers = _ops.numbers_of(index)
    for i, place in enumerate(numbers):
        where, rest = [], i
        for n in reversed(index._dims):
            where.insert(0, rest % n)
            rest //= n
        value = src[tuple(where)]
        where[at] = place
        made[tuple(where)] += value
    return made


def masked_select(x, mask):
    shape = _ops.broadcast(x._dims, mask._dims)
    return expand(x, shape)[expand(mask, shape)]
