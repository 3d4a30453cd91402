"""Calls of the live pictures' reader: kinds of numbers, shapes that must fit, and torch's words where they do not."""

import array
import json
import uctypes

import _reader
from written import missing


class dtype:
    def __init__(self, name, spoken, code, rank):
        self.name, self.spoken, self.code, self.rank = name, spoken, code, rank
        self.is_floating_point = rank > 1

    def __repr__(self):
        return "torch." + self.name


BOOL, INT, FLOAT, DOUBLE = (
    dtype("bool", "Bool", 9, 0),
    dtype("int64", "Long", 7, 1),
    dtype("float32", "Float", 1, 2),
    dtype("float64", "Double", 11, 3),
)
ABSENT = {
    name: dtype(name, name, None, -1)
    for name in ("float16", "bfloat16", "half", "int8", "int16", "uint8", "complex64")
}
DTYPES = {kind.name: kind for kind in (BOOL, INT, FLOAT, DOUBLE)}
C_NAMES = {"bool": "bool", "int64": "long", "float32": "float", "float64": "double"}
LARGEST = 2**31  # integers have 32 bits in the page


def is_tensor(value):
    return hasattr(value, "_t")


def text(numbers):
    return "[" + ",".join([str(int(number)) for number in numbers]) + "]"


def integers(numbers):
    return _reader.integers(text(numbers))


def run(name, attributes, *inputs):
    return _reader.run(name, json.dumps(attributes) if attributes else "{}", *inputs)


def view(name, attributes, of, *inputs):
    return _reader.view(name, json.dumps(attributes) if attributes else "{}", of, *inputs)


def of_numbers(numbers, dims, kind):
    """A reader's tensor of these numbers, which come in a row."""
    buffer = array.array("d", numbers)
    return _reader.make(kind.name, text(dims), uctypes.addressof(buffer) if len(buffer) else 8, len(buffer))


def numbers_of(tensor):
    buffer = array.array("d", bytes(8 * tensor.numel()))
    if len(buffer):
        _reader.read(tensor._t, uctypes.addressof(buffer))
    if tensor.dtype is BOOL:
        return [number != 0 for number in buffer]
    return [int(number) for number in buffer] if tensor.dtype is INT else list(buffer)


def kind_of(number):
    """The dtype that a number of Python's brings along."""
    if number is True or number is False:
        return BOOL
    return INT if isinstance(number, int) else FLOAT


def category(kind):
    return min(kind.rank, 2)


def common(*values):
    """The dtype of a result: tensors decide, then tensors without an axis, then numbers, if they are of a higher kind."""
    levels = [None, None, None]
    for value in values:
        level, kind = (2, kind_of(value)) if not is_tensor(value) else (0 if value._dims else 1, value.dtype)
        if levels[level] is None or kind.rank > levels[level].rank:
            levels[level] = kind
    found = None
    for kind in levels:
        if kind is not None and (found is None or category(kind) > category(found)):
            found = kind
    return found


def cast(value, kind):
    """The handle of a tensor or number in a dtype."""
    if kind.code is None:
        raise missing("torch." + kind.name)
    if not is_tensor(value):
        if not isinstance(value, (int, float)):
            raise TypeError("expected a tensor or a number, not " + type(value).__name__)
        return _reader.full(kind.name, "[]", value)
    return value._t if value.dtype is kind else run("Cast", {"to": kind.code}, value._t)


def size_words(dims):
    return "[" + ", ".join([str(n) for n in dims]) + "]"


def broadcast(a, b):
    """The shape that two shapes broadcast to."""
    rank = max(len(a), len(b))
    wide = []
    for i in range(rank - 1, -1, -1):
        m = a[i - rank + len(a)] if i >= rank - len(a) else 1
        n = b[i - rank + len(b)] if i >= rank - len(b) else 1
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                "The size of tensor a (%d) must match the size of tensor b (%d) at non-singleton dimension %d"
                % (m, n, i)
            )
        wide.insert(0, n if m == 1 else m)
    return tuple(wide)


def axis(dim, rank):
    """The axis counted from the front."""
    if hasattr(dim, "item"):
        dim = dim.item()
    if not isinstance(dim, int):
        raise TypeError("an axis must be a whole number, not " + type(dim).__name__)
    last = max(rank, 1)
    if not -last <= dim < last:
        raise IndexError(
            "Dimension out of range (expected to be in range of [%d, %d], but got %d)"
            % (-last, last - 1, dim)
        )
    return dim % last


def dims_of(given):
    """Sizes that came one by one or as one tuple."""
    if len(given) == 1 and not isinstance(given[0], int) and not is_tensor(given[0]):
        given = given[0]
    return tuple([int(n) for n in given])


def product(dims):
    count = 1
    for n in dims:
        count *= n
    return count


def may_subtract(a, b):
    """Refuse the difference of truths, as torch does."""
    truths = [x.dtype is BOOL for x in (a, b) if is_tensor(x)]
    if len(truths) == 2 and any(truths):
        raise RuntimeError(
            "Subtraction, the `-` operator, with %s is not supported. %s"
            % (
                ("two bool tensors", "Use the `^` or `logical_xor()` operator instead.")
                if all(truths)
                else (
                    "a bool tensor",
                    "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
                )
            )
        )


def numbers_for(kernel, x):
    """The handle of a tensor, unless it holds truths, which the kernel of that name does not take."""
    if x.dtype is BOOL:
        raise NotImplementedError("\"%s\" not implemented for 'Bool'" % kernel)
    return x._t


def product_fits(a, b):
    """Refuse a product of two tensors that torch refuses."""
    product_shapes(a._dims, b._dims)
    if (
        len(a._dims) > 1 and len(b._dims) > 2
    ):  # batches: torch looks at the first kind before it compares both
        numbers_for("bmm", a)
    if a.dtype is not b.dtype:
        said = (C_NAMES[a.dtype.name], C_NAMES[b.dtype.name])
        raise RuntimeError("expected m1 and m2 to have the same dtype, but got: %s != %s" % said)
    numbers_for(
        "addmm_impl_cpu_" if len(b._dims) == 2 else "dot" if len(a._dims) == 1 else "addmv_impl_cpu", a
    )


def product_shapes(a, b):
    """Refuse what matmul refuses, in its words."""
    if not a or not b:
        raise RuntimeError(
            "both arguments to matmul need to be at least 1D, but they are %dD and %dD" % (len(a), len(b))
        )
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        if len(a) == len(b) == 1:
            raise RuntimeError(
                "inconsistent tensor size, expected tensor [%d] and src [%d] to have the same number of elements, "
                "but got %d and %d elements respectively" % (a[0], b[0], a[0], b[0])
            )
        if len(a) == 2 and len(b) == 1:
            raise RuntimeError(
                "size mismatch, got input (%d), mat (%dx%d), vec (%d)" % (a[0], a[0], a[1], b[0])
            )
        if len(a) <= 2 and len(b) <= 2 or len(b) == 2:
            left = a if len(a) > 1 else (1, a[0])
            rows = product(left[:-1])
            raise RuntimeError(
                "mat1 and mat2 shapes cannot be multiplied (%dx%d and %dx%d)" % (rows, left[-1], b[0], b[-1])
            )
        batch = product(broadcast(a[:-2], b[:-2]))
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: [%d, %d] but got: [%d, %d]."
            % (batch, a[-1], batch, inner)
        )
    if len(a) > 2 or len(b) > 2:
        broadcast(a[:-2], b[:-2])


def no_gradients(*_, **__):
    raise missing("autograd: gradients that torch computes")
