"""Numbers in lists of lists, as one row and a shape."""

from torch import _ops
from torch._ops import BOOL, DOUBLE, FLOAT, INT, cast, is_tensor
from torch._size import Size


def new(value, kind, wrap):
    """A tensor of numbers in lists; `kind` is its dtype."""
    if is_tensor(value):
        return value if kind is None or kind is value.dtype else wrap(cast(value, kind))
    dims, flat = [], []
    _flatten(value, dims, flat, 0)
    if kind is None:
        kind = FLOAT if not flat else None
        for number in flat:
            own = number[1] if isinstance(number, tuple) else _ops.kind_of(number)
            kind = own if kind is None or own.rank > kind.rank else kind
    numbers = [number[0] if isinstance(number, tuple) else number for number in flat]
    if kind is INT and any([abs(number) >= _ops.LARGEST for number in numbers if number == number]):
        kind = DOUBLE  # integers have 32 bits here
    if kind is BOOL:
        numbers = [1 if number else 0 for number in numbers]
    return wrap(_ops.of_numbers(numbers, dims, kind))


def _flatten(value, dims, flat, depth):
    if is_tensor(value):
        value = (value.item(), value.dtype) if not value._dims else [x for x in value]
    if (
        isinstance(value, (list, Size))
        or (isinstance(value, tuple) and not (len(value) == 2 and hasattr(value[1], "spoken")))
        or isinstance(value, range)
    ):
        value = list(value)
        if len(dims) == depth:
            if flat:
                raise TypeError("not a sequence")
            dims.append(len(value))
        elif dims[depth] != len(value):
            raise ValueError(
                "expected sequence of length %d at dim %d (got %d)" % (dims[depth], depth, len(value))
            )
        for part in value:
            _flatten(part, dims, flat, depth + 1)
        return
    if depth < len(dims):
        raise ValueError("expected sequence of length %d at dim %d (got 0)" % (dims[depth], depth))
    if not isinstance(value, (bool, int, float, tuple)):
        if isinstance(value, str):
            raise TypeError("new(): invalid data type 'str'")
        raise RuntimeError("Could not infer dtype of " + type(value).__name__)
    flat.append(value)
