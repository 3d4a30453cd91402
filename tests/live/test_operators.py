"""Every operator of the page's reader agrees with onnxruntime, and unknown ones are rejected."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from types import SimpleNamespace

import node
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from live.operator_cases import CASES, INF, NAN, Case, case, floats, ints, real, scalar
from transformer_lib.live import export

SCRIPTS = node.ROOT / "page/tensor"


def model_of(case: Case) -> onnx.ModelProto:
    """A model of one node."""
    names = ["" if array is None else f"x{i}" for i, array in enumerate(case.inputs)]
    given = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in zip(names, case.inputs, strict=True)
        if name
    ]
    results = [f"y{i}" for i in range(case.outputs)]
    attributes = {
        name: onnx.numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for name, value in case.attributes.items()
    }
    made = helper.make_node(case.operator, names, results, **attributes)
    schema = onnx.defs.get_schema(case.operator, export.OPSET)
    types = onnx.shape_inference.infer_node_outputs(schema, made, {value.name: value.type for value in given})
    graph = helper.make_graph([made], case.operator, given, [_open(name, types[name]) for name in results])
    imports = [helper.make_opsetid("", export.OPSET)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def _open(name: str, kind: onnx.TypeProto) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind.tensor_type.elem_type, None)


def graph_of(model: onnx.ModelProto) -> dict:
    """The model as exported for the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "onnx_model", lambda view: model)
        return export.graph(SimpleNamespace(name=model.graph.name, dynamic={}))


def feed(case: Case) -> dict[str, np.ndarray]:
    return {f"x{i}": array for i, array in enumerate(case.inputs) if array is not None}


def clipped(case: Case) -> dict[str, np.ndarray]:
    """The page's integers have 32 bits; the export clips larger ones."""
    low, high = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    return {n: a.clip(low, high) if a.dtype == np.int64 else a for n, a in feed(case).items()}


@cache
def answers() -> list:
    jobs = [(graph_of(model_of(case)), [clipped(case)]) for case in CASES]
    return node.run(jobs)


def name_of(i: int) -> str:
    case = CASES[i]
    shapes = "·".join("none" if a is None else "x".join(map(str, a.shape)) or "0d" for a in case.inputs)
    return f"{case.operator}-{shapes}-{i}"


@pytest.mark.parametrize("i", range(len(CASES)), ids=name_of)
def test_the_reader_gives_the_numbers_of_onnxruntime(i):
    session = onnxruntime.InferenceSession(model_of(CASES[i]).SerializeToString())
    expected = session.run(None, feed(CASES[i]))
    [answer] = answers()[i]
    assert isinstance(answer, dict), answer
    for k, wanted in enumerate(expected):
        found = answer[f"y{k}"]
        assert found.dtype == wanted.dtype
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6, equal_nan=True)


def listed() -> dict[str, list[str]]:
    """The operators that the reader knows, and their attributes."""
    script = (
        "import { OPERATORS } from './operators.js';"
        "console.log(JSON.stringify(Object.entries(OPERATORS).map(([name, [known]]) => [name, known])))"
    )
    command = [node.find(), "--input-type=module", "--eval", script]
    return dict(json.loads(subprocess.run(command, cwd=SCRIPTS, capture_output=True, check=True).stdout))


def test_every_operator_and_every_attribute_is_tried():
    tried: dict[str, set[str]] = {}
    for one in CASES:
        tried.setdefault(one.operator, set()).update(one.attributes)
    assert tried == {operator: set(known) for operator, known in listed().items()}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (case("Clip", floats(-INF, NAN, INF), scalar(-1.0)), floats(-INF, NAN, INF).clip(-1)),
        (case("Clip", floats(-INF, NAN, INF)), floats(-INF, NAN, INF)),
        (case("ReduceMax", floats(1, NAN, 3), ints(0), keepdims=0), scalar(NAN)),
        (case("ReduceMin", floats(1, NAN, 3), ints(0), keepdims=0), scalar(NAN)),
        (case("ReduceMax", floats(NAN, 1, 3), ints(0), keepdims=0), scalar(NAN)),
    ],
)
def test_the_reader_follows_torch_where_onnxruntime_does_not(case, expected):
    # torch keeps infinities beyond an open bound, and every NaN; onnxruntime neither
    [[answer]] = node.run([(graph_of(model_of(case)), [feed(case)])])
    np.testing.assert_array_equal(answer["y0"], expected)


def test_casts_to_int32_are_integers():
    graph = graph_of(model_of(case("Cast", floats(-1.9, 2.9), to=7)))
    graph["nodes"][0][3]["to"] = 6
    [[answer]] = node.run([(graph, [{"x0": floats(-1.9, 2.9)}])])
    assert answer["y0"].tolist() == [-1, 2]
    assert answer["y0"].dtype == np.int64


@pytest.mark.parametrize(
    ("case", "error"),
    [
        (case("Gather", real(5), ints(5)), "Gather: index 5 outside 0 … 4"),
        (case("Gather", real(5), ints(-6)), "Gather: index -6 outside 0 … 4"),
        (case("GatherElements", real(5), ints(-6)), "GatherElements: index -6 outside 0 … 4"),
        (case("ScatterElements", real(5), ints(5), real(1)), "ScatterElements: index 5 outside 0 … 4"),
        (case("MatMul", real(3, 5), real(7, 3)), "MatMul: MatMul of [3,5] and [7,3]: 5 is not 7"),
        (case("Add", real(3), real(5)), "Add: shapes [3] and [5] do not broadcast"),
        (case("Softmax", real(3), axis=1), "Softmax: axis 1 does not exist in rank 1"),
        (case("Softmax", real(3), axis=-2), "Softmax: axis -2 does not exist in rank 1"),
        (case("Reshape", real(3), ints(5)), "Reshape: Reshape: [3] does not fit [5]"),
    ],
)
def test_what_cannot_be_computed_is_said_with_the_name_of_the_operator(case, error):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx.shape_inference, "infer_node_outputs", lambda *_: _same_type(case))
        graph = graph_of(model_of(case))
    [[answer]] = node.run([(graph, [feed(case)])])
    assert answer == f"{case.operator}: {error}"


def _same_type(case: Case) -> dict[str, onnx.TypeProto]:
    return {"y0": helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, None)}


def refusal(**changes) -> str:
    """The reader's error for a graph of one Softmax with these changes."""
    graph = graph_of(model_of(case("Softmax", real(3)))) | changes
    [refused] = node.run([(graph, [])])
    assert isinstance(refused, str), "the graph was loaded"
    return refused


def test_an_unknown_operator_is_refused_at_load():
    for name in ("Einsum", "constructor", "toString"):
        said = refusal(nodes=[[name, ["x0"], ["y0"], {}]])
        assert said == f"Softmax: the reader knows no operator {name}"


def test_an_unknown_attribute_is_refused_at_load():
    said = refusal(nodes=[["Softmax", ["x0"], ["y0"], {"axis": 0, "sparse": 1}]])
    assert said == "Softmax: Softmax has unknown attributes sparse"


@pytest.mark.parametrize(
    ("operator", "name", "value"),
    [("Cast", "to", 10), ("ScatterElements", "reduction", "add"), ("Gelu", "approximate", "sigmoid")],
)
def test_an_unknown_value_of_an_attribute_is_refused_at_load(operator, name, value):
    said = refusal(nodes=[[operator, ["x0"], ["y0"], {name: value}]])
    assert said == f"Softmax: {operator} has the unknown {name} {value}"


def test_a_graph_that_reads_what_nobody_computes_is_refused_at_load():
    said = refusal(nodes=[["Softmax", ["x9"], ["y0"], {}]])
    assert said == "Softmax: Softmax reads x9 before it is computed"
    later = [["Add", ["x0", "v1"], ["y0"], {}], ["Exp", ["x0"], ["v1"], {}]]
    assert refusal(nodes=later) == "Softmax: Add reads v1 before it is computed"
    assert refusal(nodes=[]) == "Softmax: nothing computes y0"


def test_another_format_is_refused_at_load():
    assert refusal(format=2) == "graph format 2 is not 1"
