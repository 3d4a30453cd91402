"""The tensor: what Python's operators do with it. Its methods come from the other modules (see __init__.py)."""

import _reader
from torch import _index, _names, _numbers, _ops, _show
from torch._inplace import InPlace
from torch._ops import BOOL, DTYPES, FLOAT, broadcast, cast, common, is_tensor, run
from torch._size import CPU, Size
from written import missing


_known = {}  # what the reader says of a tensor -> dtype and sizes


def wrap(handle):
    return Tensor(handle)


def new(value, kind=None):
    """A tensor of numbers in lists; `kind` is its dtype."""
    return _numbers.new(value, kind, wrap)


def _both(name, a, b, kind=None):
    if not is_tensor(b) and not isinstance(b, (int, float)):
        return NotImplemented
    if (
        is_tensor(b) and a.dtype is b.dtype and a._dims == b._dims and kind in (None, a.dtype)
    ):  # most are alike
        return wrap(run(name, None, a._t, b._t))
    kind = kind or common(a, b)
    broadcast(a._dims, b._dims if is_tensor(b) else ())
    return wrap(run(name, None, cast(a, kind), cast(b, kind)))


def _real(a, b):
    kind = common(a, b)
    return kind if kind.is_floating_point else FLOAT


class Tensor(InPlace):
    requires_grad, is_leaf, is_sparse, is_cuda, device, layout = (
        False,
        True,
        False,
        False,
        CPU,
        "torch.strided",
    )
    backward = requires_grad_ = retain_grad = _ops.no_gradients

    def __init__(self, handle):
        self._t = handle
        said = _reader.info(handle)
        if said not in _known:
            kind, dims = said.split("|")
            _known[said] = DTYPES[kind], tuple([int(n) for n in dims.split(",")]) if dims else ()
        self.dtype, self._dims = _known[said]

    @property
    def shape(self):
        return Size(self._dims)

    @property
    def ndim(self):
        return len(self._dims)

    @property
    def grad(self):
        return None

    def __repr__(self):
        return _show.shown(self)

    def __getattr__(self, name):
        if name in ("T", "mT", "H"):
            if name == "mT" and len(self._dims) == 1:
                raise RuntimeError(
                    "tensor.mT is only supported on matrices or batches of matrices. Got %d-D tensor."
                    % len(self._dims)
                )
            if len(self._dims) < 3:
                return self.t()
            return self._turned() if name == "T" else self.transpose(-2, -1)
        if name[:2] == "__":
            raise AttributeError(name)
        if name[-1:] == "_" and hasattr(Tensor, name[:-1]):
            return lambda *given, **named: self._become(getattr(self, name[:-1])(*given, **named))
        if name in _names.OF_TENSORS:
            raise missing("Tensor." + name)
        raise AttributeError("'Tensor' object has no attribute '" + name + "'")

    def _become(self, value):
        if broadcast(self._dims, value._dims) != self._dims:
            raise RuntimeError(
                "output with shape %s doesn't match the broadcast shape %s"
                % (_ops.size_words(self._dims), _ops.size_words(broadcast(self._dims, value._dims)))
            )
        if _ops.category(value.dtype) > _ops.category(self.dtype):
            raise RuntimeError(
                "result type %s can't be cast to the desired output type %s"
                % (value.dtype.spoken, self.dtype.spoken)
            )
        _reader.assign(self._t, cast(value, self.dtype))
        return self

    def __add__(self, other):
        return _both("Add", self, other)

    __radd__ = __add__

    def __sub__(self, other):
        _ops.may_subtract(self, other)
        return _both("Sub", self, other)

    def __rsub__(self, other):
        _ops.may_subtract(self, self)
        return (
            NotImplemented if not isinstance(other, (int, float)) else new(other, common(self, other)) - self
        )

    def __mul__(self, other):
        return _both("Mul", self, other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return _both("Div", self, other, _real(self, other)) if _number(other) else NotImplemented

    def __rtruediv__(self, other):
        return new(other, _real(self, other)) / self

    def __floordiv__(self, other):
        return (self / other).floor().to(common(self, other)) if _number(other) else NotImplemented

    def __rfloordiv__(self, other):
        return new(other, common(self, other)) // self

    def __mod__(self, other):
        return _both("Mod", self, other)

    def __rmod__(self, other):
        return new(other, common(self, other)) % self

    def __pow__(self, other):
        return _both("Pow", self, other)

    def __rpow__(self, other):
        return _both("Pow", new(other, common(self, other)), self)

    def __matmul__(self, other):
        if not is_tensor(other):
            return NotImplemented
        _ops.product_fits(self, other)
        return wrap(run("MatMul", None, self._t, other._t))

    def __neg__(self):
        if self.dtype is BOOL:
            raise RuntimeError(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
            )
        return wrap(run("Neg", None, self._t))

    def __pos__(self):
        return self

    def __abs__(self):
        return wrap(run("Abs", None, _ops.numbers_for("abs_cpu", self)))

    def __invert__(self):
        if self.dtype.is_floating_point:
            raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
        return wrap(run("Not", None, self._t)) if self.dtype is BOOL else -self - 1

    def _logical(self, other, name):
        both = all([(x.dtype if is_tensor(x) else _ops.kind_of(x)) is BOOL for x in (self, other)])
        if not both:
            raise missing(
                "`&`, `|` and `^` of numbers: of booleans they are; `" + name.lower() + "` of other tensors"
            )
        return _both(name, self, other, BOOL)

    def __and__(self, other):
        return self._logical(other, "And")

    def __or__(self, other):
        return self._logical(other, "Or")

    def __xor__(self, other):
        return self._logical(other, "Xor")

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __eq__(self, other):
        return _both("Equal", self, other) if _number(other) else False

    def __ne__(self, other):
        return ~_both("Equal", self, other) if _number(other) else True

    def __lt__(self, other):
        return _both("Less", self, other)

    def __le__(self, other):
        return _both("LessOrEqual", self, other)

    def __gt__(self, other):
        return _both("Greater", self, other)

    def __ge__(self, other):
        return _both("GreaterOrEqual", self, other)

    def __hash__(self):
        return id(self)

    def __len__(self):
        if not self._dims:
            raise TypeError("len() of a 0-d tensor")
        return self._dims[0]

    def __iter__(self):
        if not self._dims:
            raise TypeError("iteration over a 0-d tensor")
        return iter([self[i] for i in range(self._dims[0])])

    def __bool__(self):
        n = self.numel()
        if n != 1:
            said = "no values" if n == 0 else "more than one value"
            raise RuntimeError("Boolean value of Tensor with " + said + " is ambiguous")
        return bool(self.item())

    def __int__(self):
        return int(self._only())

    def _only(self):
        if self.numel() != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.item()

    def __contains__(self, value):
        return bool((self == value).any())

    def __getitem__(self, key):
        return _index.get(self, key, wrap, new)

    def __setitem__(self, key, value):
        _index.put(self, key, value, wrap, new)


def _number(value):
    return is_tensor(value) or isinstance(value, (int, float))
