"""torch, as much of it as the exercises use: its arithmetic is the live pictures' reader."""

import math

import _reader
from torch import _compare, _join, _make, _maths, _names, _ops, _reduce, _shape, _values
from torch._make import Generator, manual_seed
from torch._show import set_printoptions
from torch._size import Device, Size
from torch._tensor import Tensor
from written import missing

inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
bool, long, int64, int32 = _ops.BOOL, _ops.INT, _ops.INT, _ops.INT
float, float32, double, float64 = _ops.FLOAT, _ops.FLOAT, _ops.DOUBLE, _ops.DOUBLE
dtype = _ops.dtype
for _name in _ops.ABSENT:
    globals()[_name] = _ops.ABSENT[_name]
strided = "torch.strided"
__version__ = "2.13.0 (in the page)"
OF_TENSORS_ALONE = ("to", "item", "tolist", "size", "dim", "copy_", "fill_", "zero_", "long", "float", "double", "int", "bool",
                    "new_zeros", "new_ones", "new_full", "new_tensor", "view_as", "expand", "contiguous", "cpu", "to_dense", "repeat")  # fmt: skip
OF_TORCH_ALONE = ("stack", "cat", "concat", "where")


def _public(module):
    return [
        (name, value)
        for name, value in module.__dict__.items()
        if name[0] != "_" and callable(value) and not isinstance(value, type)
    ]


def _free(name, method):
    def call(x, *given, **named):
        if not _ops.is_tensor(x):
            raise TypeError(
                "%s(): argument 'input' (position 1) must be Tensor, not %s" % (name, type(x).__name__)
            )
        return method(x, *given, **named)

    return call


_helpers = (
    "wrap",
    "new",
    "run",
    "view",
    "cast",
    "common",
    "broadcast",
    "integers",
    "is_tensor",
    "missing",
    "slice_of",
    "text",
    "namedtuple",
)
for _module in (_compare, _maths, _reduce, _shape, _join, _values):
    for _name, _value in _public(_module):
        if _name in _helpers:
            continue
        if _name not in OF_TORCH_ALONE:
            setattr(Tensor, _name, _value)
        if _name not in OF_TENSORS_ALONE:
            globals()[_name] = _value if _name in OF_TORCH_ALONE else _free(_name, _value)
for _name, _value in _public(_make):
    if _name[:4] == "new_":
        setattr(Tensor, _name, _value)
    elif _name not in _helpers and _name != "stacked":
        globals()[_name] = _value
Tensor.where = lambda self, condition, other: _compare.where(condition, self, other)
Tensor.view, Tensor._turned = _shape.reshape, _shape._turned
is_tensor = _ops.is_tensor


class finfo:
    def __init__(self, kind=float32):
        single = kind is float32
        self.eps = 2.0**-23 if single else 2.0**-52
        self.max = 3.4028234663852886e38 if single else 1.7976931348623157e308
        self.min, self.tiny, self.dtype = -self.max, 2.0**-126 if single else 2.0**-1022, kind


def get_default_dtype():
    return float32


def promote_types(a, b):
    return a if a.rank >= b.rank else b


def result_type(*values):
    return _ops.common(*values)


class _Context:
    """A setting that changes nothing in a page."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __call__(self, function):
        return function


no_grad = inference_mode = enable_grad = autocast = _Context


class device(_Context):
    def __new__(cls, name="cpu"):
        return object.__new__(cls)

    type, index = "cpu", None

    def __str__(self):
        return "cpu"

    def __eq__(self, other):
        return str(other) == "cpu"


class _Module:
    """A part of torch: what it lacks is named."""

    def __init__(self, name, **known):
        self._name = name
        for key in known:
            setattr(self, key, known[key])

    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        raise missing(self._name + "." + name)


class _Random(_Context):
    def __enter__(self):
        self._state = _reader.state(0)

    def __exit__(self, *_):
        _reader.restore(0, self._state)
        return False


random = _Module("torch.random", fork_rng=_Random, manual_seed=manual_seed)
# As in an export: one plain way for all values.
compiler = _Module("torch.compiler", is_compiling=lambda: True)
cuda = _Module("torch.cuda", is_available=lambda: False)


class SymInt:
    pass


def is_autocast_enabled(*_):
    return False


def is_grad_enabled():
    return False


def get_default_device():
    return device("cpu")


def __getattr__(name):
    if name in _names.OF_TORCH:
        raise missing("torch." + name)
    raise AttributeError("module 'torch' has no attribute '" + name + "'")


import torch.linalg  # they take from here
import torch.autograd
import torch.nn.functional

nn = torch.nn
for _name in ("relu", "softmax", "log_softmax", "sigmoid", "tanh"):
    setattr(nn.functional, _name, globals()[_name])
