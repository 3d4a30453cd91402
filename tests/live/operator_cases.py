"""Cases of single operators for `test_operators.py`, ordinary and extreme. Long: a table, some for each operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

INF, NAN = np.inf, np.nan
LAST = 2**63 - 1  # what exporters write for "to the end"


class Case(NamedTuple):
    operator: str
    inputs: tuple[Any, ...]  # None where an optional input is left out
    attributes: dict[str, Any]
    outputs: int


def case(operator: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Case:
    return Case(operator, inputs, attributes, outputs)


def real(*shape: int, seed: int = 0, size: float = 2.0) -> np.ndarray:
    draw = np.random.default_rng([seed, *shape]).standard_normal(shape) * size
    return np.asarray(draw, dtype=np.float32)


def whole(*shape: int, seed: int = 0, low: int = -9, high: int = 9) -> np.ndarray:
    return np.asarray(np.random.default_rng([seed, *shape]).integers(low, high + 1, shape), dtype=np.int64)


def truth(*shape: int, seed: int = 0) -> np.ndarray:
    return np.asarray(real(*shape, seed=seed) > 0)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def scalar(value: Any) -> np.ndarray:
    return np.array(value, dtype={bool: bool, int: np.int64, float: np.float32}[type(value)])


PAIRS = [
    ((3, 5), (3, 5)),
    ((3, 1), (1, 5)),
    ((5,), (2, 3, 5)),
    ((2, 3, 5), ()),
    ((), ()),
    ((2, 1, 5), (3, 1)),
    ((1,), (1, 1, 1)),
    ((0, 3), (1, 3)),
    ((0,), ()),
]
SPECIAL = floats(-INF, -7.5, -1.5, -1, -0.5, -0.0, 0, 1e-30, 0.5, 1, 1.5, 2.5, 88, INF, NAN)


def arithmetic() -> Iterator[Case]:
    across, down = np.meshgrid(SPECIAL, SPECIAL)
    for operator in ("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max"):
        for left, right in PAIRS:
            yield case(operator, real(*left), real(*right, seed=1))
        yield case(operator, across, down)
    for operator in ("Add", "Sub", "Mul", "Min", "Max"):
        yield case(operator, whole(3, 5), whole(5, seed=1))
    grid = np.meshgrid(ints(-7, -4, -1, 0, 1, 4, 7), ints(-3, -2, -1, 1, 2, 3))
    yield case("Div", *grid)
    yield case("Mod", *grid)
    yield case("Mod", *grid, fmod=1)
    yield case("Mod", *(side.astype(np.float32) / 2 for side in grid), fmod=1)
    yield case("Pow", whole(3, 5), whole(5, low=0, high=3))
    yield case("Pow", real(3, 5), whole(5, low=-2, high=3))
    for operator in ("Min", "Max"):
        yield case(operator, real(3, 5))
        yield case(operator, real(3, 1), real(1, 5, seed=1), real(5, seed=2))
    yield case("Clip", SPECIAL, scalar(-1.0), scalar(1.5))
    for low, high in ((scalar(-1.0), None), (None, scalar(1.5)), (None, None)):
        yield case("Clip", SPECIAL[1:-2], low, high)
    yield case("Clip", whole(3, 5), scalar(-2), scalar(3))


def unary() -> Iterator[Case]:
    smooth = (
        "Sqrt",
        "Reciprocal",
        "Exp",
        "Log",
        "Sin",
        "Cos",
        "Tanh",
        "Erf",
        "Sigmoid",
        "Relu",
        "Neg",
        "Abs",
        "Floor",
        "Ceil",
        "Round",
        "Sign",
    )
    dense = np.linspace(-8, 8, 997, dtype=np.float32)
    for operator in (*smooth, "IsNaN"):
        for x in (SPECIAL, dense, real(2, 3, 5), real(), real(0, 3)):
            yield case(operator, x)
    halves = np.arange(-6.5, 7, 0.5, dtype=np.float32)  # to the even neighbour
    for operator in ("Round", "Ceil", "Floor"):
        yield case(operator, halves)
    for operator in ("Neg", "Abs"):
        yield case(operator, whole(3, 5))
    for approximate in ("none", "tanh"):
        yield case("Gelu", dense, approximate=approximate)
        yield case("Gelu", real(), approximate=approximate)
    yield case("Gelu", real(2, 3, 5))
    yield case("Not", truth(3, 5))
    yield case("Not", scalar(False))
    for x in (real(2, 3), whole(2, 3), truth(2, 3), real(0)):
        yield case("Identity", x)


def comparisons() -> Iterator[Case]:
    grid = np.meshgrid(SPECIAL, SPECIAL)
    for operator in ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"):
        yield case(operator, *grid)
        for left, right in PAIRS:
            yield case(operator, whole(*left, low=-1, high=1), whole(*right, seed=1, low=-1, high=1))
    yield case("Equal", truth(3, 5), truth(3, 1, seed=1))
    for operator in ("And", "Or", "Xor"):
        for left, right in PAIRS:
            yield case(operator, truth(*left), truth(*right, seed=1))
    for shape in ((3, 5), (3, 1), (5,), (), (2, 3, 5)):
        yield case("Where", truth(*shape), real(3, 5), real(5, seed=1))
        yield case("Where", truth(*shape), whole(1, 5), scalar(-4))
    yield case("Where", truth(0, 3), real(0, 3), scalar(1.0))
    yield case("Where", np.array([True, False, True]), floats(NAN, NAN, 1), floats(2, -INF, NAN))


def products() -> Iterator[Case]:
    shapes = [
        ((3, 5), (5, 7)),
        ((2, 3, 5), (2, 5, 7)),
        ((2, 1, 3, 5), (11, 5, 7)),
        ((2, 3, 5), (5, 7)),
        ((3, 5), (2, 5, 7)),
        ((5,), (5, 7)),
        ((3, 5), (5,)),
        ((5,), (5,)),
        ((5,), (2, 5, 7)),
        ((2, 3, 5), (5,)),
        ((1, 1), (1, 1)),
        ((3, 0), (0, 7)),
        ((0, 5), (5, 7)),
    ]
    for left, right in shapes:
        yield case("MatMul", real(*left), real(*right, seed=1))
    yield case("MatMul", floats(0, 1, INF).reshape(1, 3), floats(INF, 1, 2, 0, 1, 1).reshape(3, 2))
    yield case("MatMul", floats(0, 0).reshape(1, 2), floats(NAN, 1, 1, -INF).reshape(2, 2))
    yield case("MatMul", whole(3, 5), whole(5, 7, seed=1))
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        left, right = real(*((5, 3) if a else (3, 5))), real(*((7, 5) if b else (5, 7)), seed=1)
        yield case("Gemm", left, right, transA=a, transB=b)
        for c in ((7,), (3, 1), (3, 7), (1,), ()):
            yield case("Gemm", left, right, real(*c, seed=2), transA=a, transB=b, alpha=0.5, beta=-2.0)
    yield case("Gemm", real(3, 5), real(5, 7), real(7))
    yield case("Gemm", real(3, 5), real(5, 7), alpha=1.5)


def norms() -> Iterator[Case]:
    for operator in ("Softmax", "LogSoftmax"):
        for axis in (-3, -1, 0, 1, 2):
            yield case(operator, real(2, 3, 5), axis=axis)
        yield case(operator, real(3, 5))
        yield case(operator, real(3, 1))
        yield case(operator, real(3, 5, size=1e4), axis=-1)
        yield case(operator, floats(0, -INF, 1, -INF), axis=0)
        yield case(operator, floats(0, NAN, 1), axis=0)
        yield case(operator, floats(-INF, -INF), axis=0)
        yield case(operator, real(0, 5), axis=-1)
    x, bias = real(2, 3, 5), real(5, seed=2)
    for axis, shape in ((-1, (5,)), (2, (5,)), (1, (3, 5)), (-2, (3, 5)), (0, (2, 3, 5))):
        yield case("LayerNormalization", x, real(*shape, seed=1), real(*shape, seed=2), axis=axis)
        yield case("LayerNormalization", x, real(*shape, seed=1), axis=axis, epsilon=0.1)
    yield case("LayerNormalization", x, real(5), bias)
    yield case("LayerNormalization", x, real(5), bias, stash_type=1)
    yield case("LayerNormalization", np.full((2, 5), 3, np.float32), real(5), bias)
    yield case("LayerNormalization", real(3, 1), real(1), real(1, seed=1))


def reductions() -> Iterator[Case]:
    for operator in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"):
        x = real(2, 3, 5)
        for axes in ((0,), (1,), (-1,), (0, 2), (-2, -1), (0, 1, 2)):
            for keepdims in (0, 1):
                yield case(operator, x, ints(*axes), keepdims=keepdims)
        for keepdims in (0, 1):
            yield case(operator, x, keepdims=keepdims)
            yield case(operator, x, ints(), keepdims=keepdims)
        yield case(operator, x, ints(), noop_with_empty_axes=1)
        yield case(operator, x, ints(1))
        yield case(operator, real(), keepdims=0)
        yield case(operator, real(2, 0, 3), ints(0))
        yield case(operator, whole(3, 5), ints(1))
        yield case(operator, floats(NAN, 1, 3, -INF).reshape(2, 2), ints(1))
    yield case("ReduceSum", real(2, 0, 3), ints(1))
    for axis in (0, 1, -1):
        for options in (
            {},
            {"keepdims": 0},
            {"select_last_index": 1},
            {"keepdims": 0, "select_last_index": 1},
        ):
            yield case("ArgMax", whole(3, 5, 7, low=0, high=2).astype(np.float32), axis=axis, **options)
    yield case("ArgMax", whole(3, 5))
    yield case("ArgMax", real(7), keepdims=0)


def places() -> Iterator[Case]:
    x = real(2, 3, 5)
    for data in (x, whole(2, 3, 5), truth(2, 3, 5)):
        for axis in (0, 1, 2, -1, -3):
            yield case("Gather", data, ints(0, -1, 1), axis=axis)
    yield case("Gather", x, scalar(-2), axis=2)
    yield case("Gather", x, ints(0, 1, -1, 0, 2, -3).reshape(2, 3), axis=1)
    yield case("Gather", x, ints(1))
    yield case("Gather", x, ints(), axis=1)
    for axis in (0, 1, -1):
        n = x.shape[axis]
        yield case("GatherElements", x, whole(2, 3, 5, low=-n, high=n - 1), axis=axis)
        yield case("GatherElements", whole(2, 3, 5), whole(1, 2, 4, low=0, high=n - 1), axis=axis)
    yield case("GatherElements", real(3), ints(2, 0))
    for axis in (1, -1):
        where = np.argsort(real(2, 3, 5, seed=1), axis)[:, :2, :3]
        yield case("ScatterElements", x, where, real(2, 2, 3, seed=2), axis=axis)
        yield case("ScatterElements", whole(2, 3, 5), where - x.shape[axis], whole(2, 2, 3), axis=axis)
    yield case("ScatterElements", truth(5), ints(3, 0), truth(2, seed=1), axis=0, reduction="none")
    yield case("ScatterElements", real(5, 2), ints(3, 0, 1, 2).reshape(2, 2), real(2, 2))
    for k in (0, 1, 3, 7):
        for largest in (0, 1):
            yield case(
                "TopK", whole(5, 7, low=0, high=3).astype(np.float32), ints(k), largest=largest, outputs=2
            )
    for axis in (0, 1, -1, -3):
        yield case("TopK", x, ints(2), axis=axis, outputs=2)
        yield case("TopK", whole(2, 3, 5), ints(2), axis=axis, largest=0, outputs=2)
    yield case("TopK", floats(0, -INF, INF, 0, -INF, INF), ints(6), outputs=2)
    yield case("TopK", floats(3, 1, 2), ints(2), outputs=2, sorted=1)
    for axis in (0, 2, -1, -3):
        for exclusive in (0, 1):
            for reverse in (0, 1):
                yield case("CumSum", x, scalar(axis), exclusive=exclusive, reverse=reverse)
    yield case("CumSum", whole(3, 5), ints(1))
    yield case("CumSum", real(0, 5), scalar(0))


def shapes() -> Iterator[Case]:
    x = real(2, 3, 5)
    for options in (
        {},
        {"start": 1},
        {"start": -1},
        {"end": 2},
        {"end": -1},
        {"start": 1, "end": 2},
        {"start": 3},
    ):
        yield case("Shape", x, **options)
    yield case("Shape", x, start=0, end=9)
    yield case("Shape", x, start=-9)
    yield case("Shape", real())
    for data in (x, real(), real(0, 3)):
        yield case("Size", data)
    for target in ((6, 5), (0, -1), (-1,), (1, 2, 3, 5), (2, -1, 1)):
        yield case("Reshape", x, ints(*target))
    yield case("Reshape", real(2, 5, 3), ints(0, 3, 5))
    yield case("Reshape", real(1), ints())
    yield case("Reshape", whole(6), ints(3, 2))
    yield case("Reshape", real(0, 3), ints(3, 0), allowzero=1)
    yield case("Reshape", real(0, 3), ints(0, 3))
    yield case("Transpose", x)
    for perm in ((0, 1, 2), (2, 0, 1), (0, 2, 1), (1, 2, 0)):
        yield case("Transpose", x, perm=perm)
    yield case("Transpose", truth(3, 5), perm=(1, 0))
    yield case("Transpose", real(0, 5), perm=(1, 0))
    for axis in (0, 1, 2, -1):
        dims = [[2, 3, 5], [2, 3, 5], [2, 3, 5]]
        dims[1][axis], dims[2][axis] = 1, 0
        yield case("Concat", *(real(*d, seed=i) for i, d in enumerate(dims)), axis=axis)
    yield case("Concat", whole(2), whole(3), axis=0)
    yield case("Concat", truth(2, 3), truth(2, 1), axis=-1)
    yield case("Concat", real(3), axis=0)
    yield case("Split", real(7, 2), outputs=3, num_outputs=3)
    yield case("Split", real(2, 6), outputs=2, num_outputs=2, axis=-1)
    yield case("Split", real(2, 7), ints(1, 0, 6), outputs=3, axis=1)
    yield case("Split", whole(5), ints(2, 3), outputs=2)
    yield case("Squeeze", real(1, 3, 1, 5))
    for axes in ((0,), (2,), (-2,), (0, -2)):
        yield case("Squeeze", real(1, 3, 1, 5), ints(*axes))
    yield case("Squeeze", whole(1), ints(0))
    for axes in ((0,), (1,), (-1,), (0, -1), (3, 1), (-2, 0)):
        yield case("Unsqueeze", whole(3, 5), ints(*axes))
    yield case("Unsqueeze", real(), ints(0))
    yield case("Unsqueeze", truth(), ints(0, 1))
    for shape in ((3, 5), (2, 3, 5), (3, 1), (1, 1), (1,), ()):
        yield case("Expand", real(3, 1), ints(*shape))
    yield case("Expand", whole(), ints(2, 3))
    yield case("Expand", truth(1, 3), ints(0, 3))
    for target in (1, 7, 9):
        yield case("Cast", floats(-2.9, -0.5, -0.0, 0.4, 1, 2.9, 1e9), to=target)
        yield case("Cast", whole(3, 5, low=-1, high=1), to=target)
        yield case("Cast", truth(3, 5), to=target)
        yield case("Cast", real(), to=target)
    yield case("Cast", floats(NAN, INF), to=9)
    for start, limit, delta in ((0, 5, 1), (3, -4, -2), (5, 5, 1), (5, 2, 1), (2, 9, 3)):
        yield case("Range", scalar(start), scalar(limit), scalar(delta))
        yield case("Range", scalar(start / 2), scalar(limit / 2), scalar(delta / 2))
    for upper in (0, 1):
        for k in (-9, -2, -1, 0, 1, 3, 9):
            yield case("Trilu", real(2, 3, 5), scalar(k), upper=upper)
        yield case("Trilu", real(5, 3), upper=upper)
    yield case("Trilu", truth(5, 5))
    yield case("Trilu", whole(5, 5), scalar(1), upper=1)
    for value in (None, floats(-1.5), ints(7), np.array([True]), floats(-INF)):
        for shape in ((3, 2), (), (0, 2)):
            options = {} if value is None else {"value": value}
            yield case("ConstantOfShape", ints(*shape), **options)


def slices() -> Iterator[Case]:
    x = real(5, 7)
    for start, end, step in (
        (1, 4, 1),
        (0, LAST, 1),
        (-3, LAST, 1),
        (0, -1, 2),
        (-1, -LAST - 1, -1),
        (LAST, -LAST - 1, -2),
        (4, 1, -1),
        (3, 0, -2),
        (2, 2, 1),
        (3, 1, 1),
        (1, 3, -1),
        (-99, 99, 3),
        (99, -99, -3),
        (-2, -5, -1),
        (0, -99, -1),
    ):
        for axis in (0, 1, -1):
            yield case("Slice", x, ints(start), ints(end), ints(axis), ints(step))
    yield case("Slice", x, ints(1, 2), ints(3, 6))
    yield case("Slice", x, ints(2), ints(5))
    yield case("Slice", x, ints(4, 0), ints(-LAST, 5), ints(-2, -1), ints(-1, 2))
    yield case("Slice", whole(2, 3, 5), ints(1, -2), ints(3, LAST), ints(2, 1))
    yield case("Slice", truth(7), ints(6), ints(-LAST), ints(0), ints(-3))
    yield case("Slice", real(0, 5), ints(0), ints(LAST), ints(0), ints(1))


CASES = [
    found
    for family in (arithmetic, unary, comparisons, products, norms, reductions, places, shapes, slices)
    for found in family()
]
