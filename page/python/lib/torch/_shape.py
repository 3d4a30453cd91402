"""The same numbers in another form: views, and what is put together or repeated."""

import _reader
from torch import _ops
from torch._ops import INT, cast, common, integers, run, view
from torch._tensor import new, wrap


def _changed(name, attributes, x, *inputs):
    return wrap(view(name, attributes, x._t, *inputs))


def reshape(x, *shape):
    shape = list(_ops.dims_of(shape))
    count, known = x.numel(), _ops.product([n for n in shape if n != -1])
    fits = known == count if -1 not in shape else (known and count % known == 0)
    if not fits or shape.count(-1) > 1:
        raise RuntimeError("shape '%s' is invalid for input of size %d" % (_ops.size_words(shape), count))
    if -1 in shape:
        shape[shape.index(-1)] = count // known
    return _changed("Reshape", {"allowzero": 1}, x, integers(shape))


def view_as(x, other):
    return reshape(x, other._dims)


def flatten(x, start_dim=0, end_dim=-1):
    first, last = _ops.axis(start_dim, x.ndim), _ops.axis(end_dim, x.ndim)
    dims = x._dims
    if not dims:
        return reshape(x, 1)
    return reshape(x, dims[:first] + (_ops.product(dims[first : last + 1]),) + dims[last + 1 :])


ravel = flatten


def unflatten(x, dim, sizes):
    at = _ops.axis(dim, x.ndim)
    n, sizes = x._dims[at], list(_ops.dims_of((sizes,)))
    known = _ops.product([size for size in sizes if size != -1])
    if (-1 in sizes and n % known) or (-1 not in sizes and known != n):
        raise RuntimeError(
            "unflatten: Provided sizes %s don't multiply up to the size of dim %d (%d) in the input tensor"
            % (_ops.size_words(sizes), at, n)
        )
    if -1 in sizes:
        sizes[sizes.index(-1)] = n // known
    return reshape(x, x._dims[:at] + tuple(sizes) + x._dims[at + 1 :])


def permute(x, *order):
    axes = [_ops.axis(d, x.ndim) for d in _ops.dims_of(order)]
    if len(axes) != x.ndim or len(set(axes)) != len(axes):
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            "ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = %d" % (x.ndim, len(axes))
        )
    return _changed("Transpose", {"perm": axes}, x)


def _turned(x):
    return permute(x, tuple(range(x.ndim - 1, -1, -1)))


def transpose(x, dim0, dim1):
    a, b = _ops.axis(dim0, x.ndim), _ops.axis(dim1, x.ndim)
    order = list(range(x.ndim))
    if order:
        order[a], order[b] = b, a
    return permute(x, tuple(order))


swapaxes = swapdims = transpose


def t(x):
    if x.ndim > 2:
        raise RuntimeError("t() expects a tensor with <= 2 dimensions, but self is %dD" % x.ndim)
    return transpose(x, 0, 1) if x.ndim == 2 else x


def movedim(x, source, destination):
    a, b = _ops.axis(source, x.ndim), _ops.axis(destination, x.ndim)
    if not x.ndim:
        return x
    order = [i for i in range(x.ndim) if i != a]
    order.insert(b, a)
    return permute(x, tuple(order))


def unsqueeze(x, dim):
    return _changed("Unsqueeze", None, x, integers([_ops.axis(dim, x.ndim + 1)]))


def squeeze(x, dim=None):
    axes = range(x.ndim) if dim is None else [_ops.axis(d, x.ndim) for d in (dim if isinstance(dim, tuple) else (dim,))]
    return reshape(x, tuple([n for i, n in enumerate(x._dims) if i not in axes or n != 1]))


def expand(x, *shape):
    shape = list(_ops.dims_of(shape))
    lead = len(shape) - x.ndim
    for i in range(len(shape)):
        own = x._dims[i - lead] if i >= lead else 1
        if shape[i] == -1:
            shape[i] = own
        elif own not in (1, shape[i]):
            raise RuntimeError(
                "The expanded size of the tensor (%d) must match the existing size (%d) at non-singleton dimension %d.  "
                "Target sizes: %s.  Tensor sizes: %s"
                % (shape[i], own, i, _ops.size_words(shape), _ops.size_words(x._dims))
            )
    return _changed("Expand", None, x, integers(shape))


def expand_as(x, other):
    return expand(x, other._dims)


broadcast_to = expand


def select(x, dim, index):
    key = [slice_of()] * _ops.axis(dim, x.ndim) + [index]
    return x[tuple(key)]


def narrow(x, dim, start, length):
    key = [slice_of()] * _ops.axis(dim, x.ndim) + [slice_of(start, start + length)]
    return x[tuple(key)]


class _Slices:
    def __getitem__(self, key):
        return key


def slice_of(start=None, stop=None):
    return _Slices()[start:stop]


def split(x, size, dim=0):
    at = _ops.axis(dim, x.ndim)
    n = x._dims[at]
    sizes = [size] * (n // size) + ([n % size] if n % size else []) if isinstance(size, int) else list(size)
    if sum(sizes) != n:
        raise RuntimeError(
            "split_with_sizes expects split_sizes to sum exactly to %d (input tensor's size at dimension %d), "
            "but got split_sizes=%s" % (n, at, _ops.size_words(sizes))
        )
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return tuple([narrow(x, at, start, length) for start, length in zip(starts, sizes)])


def chunk(x, chunks, dim=0):
    n = x._dims[_ops.axis(dim, x.ndim)]
    return split(x, max(1, -(-n // chunks)), dim)


def unbind(x, dim=0):
    return tuple([select(x, dim, i) for i in range(x._dims[_ops.axis(dim, x.ndim)])])


def diagonal(x, offset=0, dim1=0, dim2=1):
    a, b = _ops.axis(dim1, x.ndim), _ops.axis(dim2, x.ndim)
    order = [i for i in range(x.ndim) if i not in (a, b)] + [a, b]
    return wrap(_reader.diagonal(permute(x, tuple(order))._t, offset))


def diag(x, diagonal=0):
    if x.ndim != 1:
        return _shape_diagonal(x, diagonal).clone()
    size = len(x) + abs(diagonal)
    made = new(0, x.dtype).expand(size, size).clone()
    _reader.assign(_shape_diagonal(made, diagonal)._t, x._t)
    return made


_shape_diagonal = diagonal


def trace(x):
    return diagonal(x).sum()


def cat(tensors, dim=0):
    tensors = [x for x in tensors]
    if not tensors:
        raise RuntimeError("torch.cat(): expected a non-empty list of Tensors")
    for place, x in enumerate(tensors):
        if not _ops.is_tensor(x):
            raise TypeError("expected Tensor as element %d in argument 0, but got %s" % (place, type(x).__name__))
    rank = max([x.ndim for x in tensors])
    for place, x in enumerate(tensors):
        if not x.ndim:
            raise RuntimeError("zero-dimensional tensor (at position %d) cannot be concatenated" % place)
    tensors = [x for x in tensors if x._dims != (0,) or rank == 1]
    at = _ops.axis(dim, rank)
    first = tensors[0]._dims
    for place, x in enumerate(tensors):
        if len(x._dims) != len(first):
            raise RuntimeError("Tensors must have same number of dimensions: got %d and %d" % (len(first), len(x._dims)))
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
            raise TypeError("expected Tensor as element %d in argument 0, but got %s" % (place, type(x).__name__))
        if x._dims != tensors[0]._dims:
            raise RuntimeError(
                "stack expects each tensor to be equal size, but got %s at entry 0 and %s at entry %d"
                % (_ops.size_words(tensors[0]._dims), _ops.size_words(x._dims), place)
            )
    return cat([unsqueeze(x, dim) for x in tensors], dim)


def flip(x, *dims):
    for dim in _ops.dims_of(dims):
        at = _ops.axis(dim, x.ndim)
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
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
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
    if not x.ndim:
        return clone(x)
    return wrap(run("Gather", {"axis": _ops.axis(dim, x.ndim)}, x._t, index._t))


def gather(x, dim, index):
    if index.dtype is not INT:
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    if index.ndim != x.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    at = _ops.axis(dim, x.ndim)
    for place in _ops.numbers_of(index):
        if not 0 <= place < x._dims[at]:
            raise RuntimeError("index %d is out of bounds for dimension %d with size %d" % (place, at, x._dims[at]))
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
