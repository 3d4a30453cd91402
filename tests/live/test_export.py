"""Exports: frozen inputs, stale files, exact round trips. Long: hand-made ONNX graphs for each fault."""

from __future__ import annotations

import base64
import json
import math
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import node
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from thorough import THOROUGH

from live.cases import LADDER
from transformer_lib.live import export
from transformer_lib.live.controls import Slider
from transformer_lib.live.storing import to_json
from transformer_lib.live.views import VIEWS, View

SENTENCE = VIEWS["sentence"]
# A fresh export takes seconds, so these alone are made unless the tests are thorough: a graph, a table, a part. What the
# page computes with each of the stored ones is compared with torch in test_views.py, test_machine.py, test_everyday.py.
MADE = tuple(export.EXPORTED) if THOROUGH else ("sentence", "schedule", "translator-distribution")


def tiny(function, *, kind="graph", **example) -> View:
    dynamic = {"x": {0: "n"}} if "x" in example else {}
    return View(
        name="tiny",
        title="",
        function=function,
        controls=(),
        drawings=(),
        example=example,
        dynamic=dynamic,
        kind=kind,
    )


def hand_made(nodes, inputs, outputs, weights=()):
    """An ONNX model in place of an export; views are matched by name only."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in outputs],
        [onnx.numpy_helper.from_array(array, name) for name, array in weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", export.OPSET)])


class TestFreezing:
    def test_an_input_that_disappears_is_refused(self, monkeypatch):
        frozen = hand_made(
            [helper.make_node("Exp", ["x"], ["y"])],
            [("x", TensorProto.FLOAT, ["n"])],
            [("y", TensorProto.FLOAT, ["n"])],
        )
        monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: SimpleNamespace(model_proto=frozen))
        view = tiny(lambda x, factor: {"y": x * factor}, x=torch.ones(3), factor=torch.tensor(2.0))
        with pytest.raises(ValueError, match="frozen") as raised:
            export.export(view)
        assert str(raised.value) == (
            "view 'tiny' declares the inputs ['x', 'factor'] and exports ['x']: one was frozen"
        )

    def test_a_size_that_python_computes_with_is_refused(self):
        # the root of a size is a Python number, and with it the size is frozen
        view = tiny(lambda x: {"y": x / math.sqrt(x.shape[0])}, x=torch.ones(3))
        with pytest.raises(ValueError, match="should stay 'n', the export froze it at 3"):
            export.export(view)

    def test_a_dimension_that_becomes_a_number_is_refused(self, monkeypatch):
        frozen = hand_made(
            [helper.make_node("Exp", ["x"], ["y"])],
            [("x", TensorProto.FLOAT, [3])],
            [("y", TensorProto.FLOAT, [3])],
        )
        monkeypatch.setattr(export, "onnx_model", lambda view: frozen)
        with pytest.raises(ValueError, match="froze") as raised:
            export.export(tiny(lambda x: {"y": x.exp()}, x=torch.ones(3)))
        assert str(raised.value) == (
            "view 'tiny': dimension 0 of x should stay 'n', the export froze it at 3"
        )

    def test_numbers_that_the_page_does_not_hold_are_refused(self, monkeypatch):
        double = hand_made(
            [helper.make_node("Cast", ["w"], ["y"], to=1)],
            [],
            [("y", TensorProto.FLOAT, [2])],
            [("w", np.ones(2, np.float64))],
        )
        monkeypatch.setattr(export, "onnx_model", lambda view: double)
        with pytest.raises(ValueError, match="float32, int64 and bool, got float64"):
            export.export(tiny(lambda: {}))


class TestStoredNumbers:
    @pytest.mark.parametrize(
        "array",
        [
            np.float32(0.1),
            np.arange(8, dtype=np.float32),
            np.arange(9, dtype=np.float32) / 7,
            np.array([-np.inf, np.inf, np.nan], np.float32),
            np.array([], np.float32),
            np.arange(-4, 5),
            np.int64(-1),
            np.array([[True, False], [False, False]]),
            np.tile([True, False, False], 5),
        ],
        ids=str,
    )
    def test_come_back_bit_by_bit(self, array):
        stored = to_json(np.asarray(array))
        json.loads(json.dumps(stored, allow_nan=False))
        graph = {"format": 1, "name": "stored", "inputs": [], "outputs": [{"name": "w"}], "nodes": []}
        [[answer]] = node.run([(graph | {"weights": {"w": stored}}, [{}])])
        assert answer["w"].dtype == np.asarray(array).dtype
        np.testing.assert_array_equal(answer["w"], array)

    def test_are_written_as_numbers_up_to_eight(self):
        assert to_json(np.ones(8, np.float32))["values"] == [1.0] * 8
        assert "values" not in to_json(np.ones(9, np.float32))

    def test_the_end_of_every_axis_fits_the_integers_of_the_page(self):
        large = to_json(np.array([2**63 - 1, -(2**63)]))
        assert large["values"] == [2**31 - 1, -(2**31)]

    def test_weights_that_no_node_reads_are_left_out(self, monkeypatch):
        model = hand_made(
            [helper.make_node("Add", ["x", "used"], ["y"])],
            [("x", TensorProto.FLOAT, ["n"])],
            [("y", TensorProto.FLOAT, ["n"])],
            [("used", np.ones(1, np.float32)), ("idle", np.ones(1, np.float32))],
        )
        monkeypatch.setattr(export, "onnx_model", lambda view: model)
        assert len(export.export(tiny(lambda x: {"y": x + 1}, x=torch.ones(3)))["weights"]) == 1

    def test_constants_become_weights_whatever_their_attribute(self, monkeypatch):
        tensor = onnx.numpy_helper.from_array(np.float32([1, 2]))
        model = hand_made(
            [
                helper.make_node("Constant", [], ["a"], value=tensor),
                helper.make_node("Constant", [], ["b"], value_float=0.5),
                helper.make_node("Constant", [], ["c"], value_ints=[0]),
                helper.make_node("Mul", ["a", "b"], ["d"]),
                helper.make_node("Unsqueeze", ["d", "c"], ["y"]),
            ],
            [],
            [("y", TensorProto.FLOAT, [1, 2])],
        )
        monkeypatch.setattr(export, "onnx_model", lambda view: model)
        [[answer]] = node.run([(export.export(tiny(lambda: {})), [{}])])
        assert answer["y"].tolist() == [[0.5, 1.0]]


class TestTables:
    def test_count_the_first_control_slowest(self):
        stored = export.table(LADDER)
        heights = np.frombuffer(base64.b64decode(stored["outputs"]["heights"]["data"]), "<f4").reshape(
            7, 2, 3, 3
        )
        assert stored["outputs"]["heights"]["shape"] == [3]
        assert stored["outputs"]["side"]["shape"] == [1, 2]
        np.testing.assert_allclose(heights[0, 0, 0], [-0.3, 0.7, 1.7], rtol=1e-6)
        np.testing.assert_allclose(heights[6, 1, 2], [3, 4, 5], rtol=1e-6)
        np.testing.assert_allclose(heights[:, 0, 1, 0], [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3], atol=1e-6)

    def test_with_a_shape_that_changes_between_cells_are_refused(self):
        view = replace(LADDER, function=lambda rung, high, side: {"y": torch.zeros(1 + int(side))})
        with pytest.raises(ValueError, match="changes its shape") as raised:
            export.export(view)
        assert str(raised.value) == (
            "view 'ladder': output y changes its shape between cells: [(1,), (2,), (3,)]"
        )

    def test_run_functions_that_need_gradients(self):
        def slope(x):
            place = x.clone().requires_grad_()
            return {"slope": torch.autograd.grad(place**3, place)[0]}

        slider = Slider("x", "x", 0, 2, 1, 1)
        view = tiny(slope, kind="graph", y=torch.tensor(1.0))
        view = replace(view, controls=(slider,), example={"x": torch.tensor(1.0)}, dynamic={}, kind="table")
        [answers] = node.run([(export.export(view), [{"x": 0}, {"x": 1}, {"x": 2}])])
        assert [float(answer["slope"]) for answer in answers] == [0, 3, 12]

    def test_of_another_format_are_refused(self):
        [refused] = node.run([(export.table(LADDER) | {"format": 2}, [])])
        assert refused == "table format 2 is not 1"


SHIPPED = Path(export.__file__).parent


@pytest.fixture(scope="module")
def fresh(model):
    """Exports of views, by name; each is made once. What is not to be made is read from where it ships."""
    make = export.export

    def once(name):
        view = export.EXPORTED[name]
        if name not in MADE:
            return json.loads((SHIPPED / export.FOLDERS[view.kind] / f"{name}.json").read_text("utf-8"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(export, "onnx_model", lambda view: model(view.name))
            return make(view)

    return cache(once)


@pytest.fixture
def package(tmp_path, monkeypatch, fresh):
    """A copy of the exported views that may be broken."""
    for folder in export.FOLDERS.values():
        source = Path(export.__file__).parent / folder
        if source.exists():
            shutil.copytree(source, tmp_path / folder)
    monkeypatch.setattr(export, "__file__", str(tmp_path / "export.py"))
    monkeypatch.setattr(export, "export", lambda view: fresh(view.name))
    return tmp_path


class TestStaleness:
    def test_what_ships_is_fresh(self, package):
        assert export.stale() == []

    @pytest.mark.parametrize("name", ["sentence", "schedule", "translator-distribution"])
    def test_one_changed_digit_is_told(self, package, name, capsys):
        path = export.path_of(export.EXPORTED[name])
        text = path.read_text("utf-8")
        place = max(i for i, letter in enumerate(text) if letter == "1")
        path.write_text(text[:place] + "2" + text[place + 1 :], "utf-8")
        assert export.stale() == [f"{name}.json is stale"]
        assert export.main(["--check"]) == 1
        assert capsys.readouterr().out == f"{name}.json is stale\n"

    def test_a_changed_function_is_told(self, package, model, fresh, monkeypatch):
        changed = onnx.ModelProto()
        changed.CopyFrom(model("sentence"))
        scale = next(node for node in changed.graph.node if node.op_type == "Pow")
        scale.op_type = "Mul"
        monkeypatch.setattr(export, "onnx_model", lambda view: changed)
        monkeypatch.setattr(
            export, "export", lambda v: export.graph(v) if v.name == "sentence" else fresh(v.name)
        )
        assert export.stale() == ["sentence.json is stale"]

    def test_a_missing_export_is_told(self, package):
        export.path_of(SENTENCE).unlink()
        assert export.stale() == ["sentence.json is missing"]
        with pytest.raises(ValueError, match="never exported") as raised:
            export.load(SENTENCE)
        assert str(raised.value) == (
            "view 'sentence' was never exported: run `python -m transformer_lib.live.export`"
        )

    @pytest.mark.parametrize("folder", export.FOLDERS.values())
    def test_an_export_without_a_view_is_told(self, package, folder):
        (package / folder).mkdir(exist_ok=True)
        (package / folder / "gone.json").write_text("{}", "utf-8")
        assert export.stale() == ["gone.json belongs to no view"]

    def test_writing_twice_changes_no_byte(self, package, capsys):
        paths = [export.path_of(view) for view in export.EXPORTED.values()]
        before = [path.read_bytes() for path in paths]
        assert export.main([]) == 0
        assert [path.read_bytes() for path in paths] == before
        said = capsys.readouterr().out.splitlines()
        assert said == [f"{path.name} {path.stat().st_size} bytes" for path in paths]
        assert export.main(["--check"]) == 0
        assert capsys.readouterr().out == "every exported view is up to date\n"

    def test_one_view_is_written_alone_and_an_unknown_one_is_told(self, package, capsys):
        sentence, table = (export.path_of(export.EXPORTED[name]) for name in ("sentence", "schedule"))
        for path in (sentence, table):
            path.write_text("{}", "utf-8")
        assert export.main(["schedule"]) == 0
        assert (sentence.read_text("utf-8"), table.stat().st_size > 9) == ("{}", True)
        with pytest.raises(SystemExit):
            export.main(["head"])
        assert "no view is called head; there are " in capsys.readouterr().err

    def test_a_lost_folder_is_made_again(self, package):
        before = export.path_of(SENTENCE).read_bytes()
        shutil.rmtree(package / "graphs")
        export.main([])
        assert export.path_of(SENTENCE).read_bytes() == before
