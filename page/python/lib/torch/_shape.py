"""The same numbers in another form: views."""

import _reader
from torch import _ops
from torch._ops import integers, view
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
    if not x.ndim:
        raise RuntimeError("unflatten: Provided sizes %s don't fit a tensor without axes" % (sizes,))
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
    if not order:
        raise TypeError('permute() missing 1 required positional arguments: "dims"')
    axes = [_ops.axis(d, x.ndim) for d in _ops.dims_of(order)]
    if len(axes) != x.ndim or len(set(axes)) != len(axes):
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            "ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = %d"
            % (x.ndim, len(axes))
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
    axes = (
        range(x.ndim)
        if dim is None
        else [_ops.axis(d, x.ndim) for d in (dim if isinstance(dim, tuple) else (dim,))]
    )
    return reshape(x, tuple([n for i, n in enumerate(x._dims) if i not in axes or n != 1]))


def expand(x, *shape):
    shape = list(_ops.dims_of(shape))
    lead = len(shape) - x.ndim
    if lead < 0:
        raise RuntimeError(
            "expand(torch.%sTensor{%s}, size=%s): the number of sizes provided (%d) must be greater or equal to the "
            "number of dimensions in the tensor (%d)"
            % (x.dtype.spoken, _ops.size_words(x._dims), _ops.size_words(shape), len(shape), x.ndim)
        )
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


def _some_axis(name, x):
    if not x.ndim:
        raise RuntimeError(name + " expects at least a 1-dimensional tensor")


def split(x, size, dim=0):
    _some_axis("split", x)
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
    _some_axis("chunk", x)
    n = x._dims[_ops.axis(dim, x.ndim)]
    return split(x, max(1, -(-n // chunks)), dim)


def unbind(x, dim=0):
    return tuple([select(x, dim, i) for i in range(x._dims[_ops.axis(dim, x.ndim)])])


def diagonal(x, offset=0, dim1=0, dim2=1):
    a, b = _ops.axis(dim1, x.ndim), _ops.axis(dim2, x.ndim)
    order = [i for i in range(x.ndim) if i not in (a, b)] + [a, b]
    return wrap(_reader.diagonal(permute(x, tuple(order))._t, offset))


def diag(x, diagonal=0):
    if x.ndim not in (1, 2):
        raise RuntimeError("diag(): Supports 1D or 2D tensors. Got %dD" % x.ndim)
    if x.ndim != 1:
        return _shape_diagonal(x, diagonal).clone()
    size = len(x) + abs(diagonal)
    made = new(0, x.dtype).expand(size, size).clone()
    _reader.assign(_shape_diagonal(made, diagonal)._t, x._t)
    return made


_shape_diagonal = diagonal


def trace(x):
    return diagonal(x).sum()
