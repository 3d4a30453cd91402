"""Tensors made anew: of numbers, of one number, in rows, at random."""

import _reader
from torch import _ops
from torch._ops import BOOL, FLOAT, INT, is_tensor, text
from torch._tensor import new, wrap
from written import missing

HINTS = ("device", "requires_grad", "pin_memory", "layout", "memory_format")  # what a page has one kind of


def _kind(named, otherwise):
    for name in named:
        if name == "requires_grad" and named[name]:
            raise missing("autograd: gradients that torch computes")
        if name not in HINTS and name not in ("dtype", "generator"):
            raise TypeError("unexpected keyword argument '" + name + "'")
    kind = named.get("dtype")
    return otherwise if kind is None else kind


def tensor(data, **named):
    kind = _kind(named, None)
    return new(data, kind).clone() if is_tensor(data) else new(data, kind)


def as_tensor(data, **named):
    return new(data, _kind(named, None))


asarray = as_tensor


def full(size, fill_value, **named):
    fill = fill_value.item() if is_tensor(fill_value) else fill_value
    kind = _kind(named, _ops.kind_of(fill))
    return wrap(_reader.full(kind.name, text(_ops.dims_of((size,))), fill))


def _filled(value):
    def filled(*size, **named):
        size = named.pop("size", size)
        dims = _ops.dims_of(size)
        for n in dims:
            if n < 0:
                raise RuntimeError(
                    "Trying to create tensor with negative dimension %d: %s" % (n, _ops.size_words(dims))
                )
        return wrap(_reader.full(_kind(named, FLOAT).name, text(dims), value))

    return filled


zeros, ones = _filled(0), _filled(1)
empty = zeros


def _like(value):
    return lambda x, **named: wrap(_reader.full(_kind(named, x.dtype).name, text(x._dims), value))


zeros_like, ones_like = _like(0), _like(1)
empty_like = zeros_like


def full_like(x, fill_value, **named):
    return full(x._dims, fill_value, dtype=_kind(named, x.dtype))


def new_zeros(x, *size, **named):
    return zeros(*size, dtype=_kind(named, x.dtype))


def new_ones(x, *size, **named):
    return ones(*size, dtype=_kind(named, x.dtype))


def new_full(x, size, fill_value, **named):
    return full(size, fill_value, dtype=_kind(named, x.dtype))


def new_tensor(x, data, **named):
    return tensor(data, dtype=_kind(named, x.dtype))


def arange(*bounds, **named):
    bounds = [bound.item() if is_tensor(bound) else bound for bound in bounds]
    start, end, step = ([0] + bounds + [1] if len(bounds) == 1 else bounds + [1])[:3]
    start, end, step = named.pop("start", start), named.pop("end", end), named.pop("step", step)
    whole = all([isinstance(bound, int) for bound in (start, end, step)])
    kind = _kind(named, INT if whole else FLOAT)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = -int(-((end - start) / step) // 1)
    if kind is INT and max(abs(start), abs(end)) >= _ops.LARGEST:
        kind = _ops.DOUBLE  # integers have 32 bits here
    made = wrap(_reader.steps(FLOAT.name if kind is BOOL else kind.name, start, step, count))
    return made.to(kind)


def linspace(start, end, steps, **named):
    start, end = [bound.item() if is_tensor(bound) else bound for bound in (start, end)]
    step = (end - start) / max(steps - 1, 1)
    half = steps // 2
    return new(
        [start + i * step if i < half else end - (steps - 1 - i) * step for i in range(steps)]
        if steps > 1
        else [start] * steps,
        _kind(named, FLOAT),
    )


def eye(n, m=None, **named):
    m = n if m is None else m
    return wrap(_reader.eye(_kind(named, FLOAT).name, n, m))


def tril_indices(row, col, offset=0, **named):
    return new(
        [
            [i for i in range(row) for j in range(col) if j <= i + offset],
            [j for i in range(row) for j in range(col) if j <= i + offset],
        ],
        INT,
    )


def meshgrid(*tensors, indexing="ij"):
    tensors = tensors[0] if len(tensors) == 1 and not is_tensor(tensors[0]) else tensors
    shape = tuple([len(x) for x in tensors])
    if indexing != "ij":
        raise missing("meshgrid with indexing other than 'ij'")
    return tuple(
        [
            x.reshape((1,) * i + (len(x),) + (1,) * (len(tensors) - i - 1)).expand(shape)
            for i, x in enumerate(tensors)
        ]
    )


def cartesian_prod(*tensors):
    return stacked([x.flatten() for x in meshgrid(*tensors)])


def stacked(parts):
    from torch._join import stack

    return stack(parts, -1)


class Generator:
    def __init__(self, device=None):
        self._which = _reader.anotherGenerator(67280421310721 % 2**31)

    def manual_seed(self, seed):
        _reader.seed(self._which, int(seed) % 2**32)
        return self


def _which(named):
    generator = named.get("generator")
    return 0 if generator is None else generator._which


def manual_seed(seed):
    _reader.seed(0, int(seed) % 2**32)


def _drawn(kind):
    def drawn(*size, **named):
        size = named.pop("size", size)
        made = wrap(_reader.random(_which(named), kind, text(_ops.dims_of(size)), 0, 1))
        return made.to(_kind(named, FLOAT))

    return drawn


rand, randn = _drawn("uniform"), _drawn("normal")


def rand_like(x, **named):
    return rand(x._dims, dtype=_kind(named, x.dtype))


def randn_like(x, **named):
    return randn(x._dims, dtype=_kind(named, x.dtype))


def randint(low, high=None, size=None, **named):
    if size is None:
        low, high, size = 0, low, high
    if high is None:
        low, high = 0, low
    if high <= low:
        raise RuntimeError(
            "random_ expects 'from' to be less than 'to', but got from=%d >= to=%d" % (low, high)
        )
    return wrap(_reader.random(_which(named), "integers", text(_ops.dims_of((size,))), low, high))


def randperm(n, **named):
    return wrap(_reader.permutation(_which(named), n))


def bernoulli(x, **named):
    return (rand(x._dims) < x).to(x.dtype)


def broadcast_shapes(*shapes):
    from torch._size import Size

    wide = ()
    for shape in shapes:
        try:
            wide = _ops.broadcast(wide, _ops.dims_of((shape,)))
        except RuntimeError:
            raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape")
    return Size(wide)


def broadcast_tensors(*tensors):
    shape = broadcast_shapes(*[x._dims for x in tensors])
    return tuple([x.expand(shape) for x in tensors])
