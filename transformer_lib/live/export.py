"""Export of each view to a file that the page can run: a graph of tensor primitives, or a table.

``python -m transformer_lib.live.export`` writes them all, or those that are named; ``--check`` says which are stale.
Needs the extra ``export``; nothing else in the library does.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import itertools
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transformer_lib.live import assistant_graphs, everyday_graphs, writer_graphs
from transformer_lib.live.machine import WORD
from transformer_lib.live.storing import attribute_to_json, to_json
from transformer_lib.live.translator_graphs import PARTS
from transformer_lib.live.views import VIEWS, View
from transformer_lib.live.weight_bundle import lean, weights_of
from transformer_lib.models.everyday import load_everyday
from transformer_lib.models.writer import load_writer

OPSET = 20  # from 23 on, attention is folded into one operator
FORMAT = 1
FOLDERS = {"graph": "graphs", "table": "tables"}
EXPORTED = {name: view for name, view in VIEWS.items() if view.kind != "program"}
EXPORTED |= PARTS | everyday_graphs.PARTS | writer_graphs.PARTS | assistant_graphs.PARTS | {WORD.name: WORD}
"""What has a file: views that run by themselves, and the parts that programs run."""


def path_of(view: View) -> Path:
    """The path of the exported view in the package."""
    return Path(__file__).parent / FOLDERS[view.kind] / f"{view.name}.json"


def export(view: View) -> dict[str, Any]:
    """The view as JSON: a graph or a table. A part of a translator refers to shared weights by name.

    Raises:
        ValueError: if an input was frozen or a dimension declared dynamic became a number.
    """
    if view.kind == "table":
        return table(view)
    if view.name in everyday_graphs.PARTS:
        return lean(graph(view), weights_of(load_everyday().model))
    if view.name in writer_graphs.PARTS:
        return lean(graph(view), weights_of(load_writer()[0]))
    if view.name in assistant_graphs.PARTS:
        return lean(graph(view), weights_of(assistant_graphs.MODEL))
    return lean(graph(view)) if view.name in PARTS else graph(view)


class _Shell(torch.nn.Module):
    """The exporter takes modules only. Outputs are returned in the order of their names."""

    def __init__(self, function, names) -> None:
        super().__init__()
        self.function, self.names = function, names

    def forward(self, *inputs):
        outputs = self.function(**dict(zip(self.names, inputs, strict=True)))
        return tuple(outputs[name] for name in sorted(outputs))


def onnx_model(view: View):
    """The view as an ONNX model, its inputs and outputs under their own names."""
    symbols: dict[str, torch.export.Dim] = {}

    def dims(name: str) -> dict[int, Any]:
        return {i: symbols.setdefault(s, torch.export.Dim(s)) for i, s in view.dynamic.get(name, {}).items()}

    outputs = sorted(view.function(**view.example))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of a missing torchvision
        program = torch.onnx.export(
            _Shell(view.function, list(view.example)),
            tuple(view.example.values()),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes={"inputs": tuple(dims(name) for name in view.example)},
            input_names=list(view.example),
            output_names=outputs,
            optimize=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError(f"torch exported nothing for view {view.name!r}")
    model = program.model_proto
    declared, found = list(view.example), [value.name for value in model.graph.input]
    if sorted(found) != sorted(declared):
        raise ValueError(
            f"view {view.name!r} declares the inputs {declared} and exports {found}: one was frozen"
        )
    return model


def graph(view: View) -> dict[str, Any]:
    """The view as a JSON graph: inputs, outputs, weights, nodes."""
    import onnx

    model = onnx_model(view)
    g = model.graph
    own = {value.name for value in [*g.input, *g.output]}
    short: dict[str, str] = {"": ""}

    def rename(name: str) -> str:
        if name not in short:
            short[name] = name if name in own else f"v{len(short)}"
        return short[name]

    inputs = [_value(value) for value in g.input]
    _check_dynamic(view, {value["name"]: value["shape"] for value in inputs})
    weights = {rename(t.name): to_json(onnx.numpy_helper.to_array(t)) for t in g.initializer}
    nodes = []
    for node in g.node:
        if node.op_type == "Constant":
            [attribute] = node.attribute
            array = np.asarray(onnx.helper.get_attribute_value(attribute))
            if array.dtype == np.float64:  # ONNX has single precision here, Python only double
                array = array.astype(np.float32)
            if attribute.name == "value":
                array = onnx.numpy_helper.to_array(attribute.t)
            weights[rename(node.output[0])] = to_json(array)
            continue
        attributes = {a.name: attribute_to_json(onnx.helper.get_attribute_value(a)) for a in node.attribute}
        nodes.append(
            [node.op_type, [rename(n) for n in node.input], [rename(n) for n in node.output], attributes]
        )
    used = {name for node in nodes for name in node[1]} | {value.name for value in g.output}
    return {
        "format": FORMAT,
        "name": view.name,
        "inputs": inputs,
        "outputs": [_value(value) for value in g.output],
        "weights": {name: tensor for name, tensor in weights.items() if name in used},
        "nodes": nodes,
    }


_TYPES = {1: "float32", 7: "int64", 9: "bool"}


def _value(value) -> dict[str, Any]:
    tensor = value.type.tensor_type
    shape = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
    return {"name": value.name, "type": _TYPES[tensor.elem_type], "shape": shape}


def _check_dynamic(view: View, shapes: dict[str, list]) -> None:
    for name, dims in view.dynamic.items():
        for dim, symbol in dims.items():
            if shapes[name][dim] != symbol:
                raise ValueError(
                    f"view {view.name!r}: dimension {dim} of {name} should stay {symbol!r}, "
                    f"the export froze it at {shapes[name][dim]!r}"
                )


def table(view: View) -> dict[str, Any]:
    """The view evaluated at every combination of its controls' values, first control slowest."""
    axes = [{"name": control.name, "values": control.values()} for control in view.controls]
    cells = []
    for values in itertools.product(*(axis["values"] for axis in axes)):
        inputs = {c.name: c.tensor(value) for c, value in zip(view.controls, values, strict=True)}
        cells.append(view.function(**inputs))
    outputs = {}
    for name in sorted(cells[0]):
        shapes = {tuple(cell[name].shape) for cell in cells}
        if len(shapes) != 1:
            raise ValueError(
                f"view {view.name!r}: output {name} changes its shape between cells: {sorted(shapes)}"
            )
        stacked = torch.stack([cell[name].detach().float() for cell in cells]).numpy().astype("<f4")
        data = base64.b64encode(stacked.tobytes()).decode("ascii")
        outputs[name] = {"shape": list(shapes.pop()), "data": data}
    return {"format": FORMAT, "name": view.name, "axes": axes, "outputs": outputs}


def dumps(exported: dict[str, Any]) -> str:
    """Compact JSON, the same bytes each time."""
    return json.dumps(exported, ensure_ascii=False, separators=(",", ":")) + "\n"


def load(view: View) -> dict[str, Any]:
    """The exported view as it ships; raises `ValueError` with the remedy if there is none."""
    path = path_of(view)
    if not path.exists():
        raise ValueError(
            f"view {view.name!r} was never exported: run `python -m transformer_lib.live.export`"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def stale(views: dict[str, View] = EXPORTED) -> list[str]:
    """One line for each view whose stored file differs from a fresh export, and for each file without a view."""
    complaints = []
    for view in views.values():
        path = path_of(view)
        if not path.exists():
            complaints.append(f"{path.name} is missing")
        elif path.read_text(encoding="utf-8") != dumps(export(view)):
            complaints.append(f"{path.name} is stale")
    wanted = {path_of(view) for view in views.values()}
    for folder in FOLDERS.values():
        extra = set((Path(__file__).parent / folder).glob("*.json")) - wanted
        complaints += [f"{path.name} belongs to no view" for path in sorted(extra)]
    return complaints


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="the views to export; all of them if none is named")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a stored file is stale"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - EXPORTED.keys():
        parser.error(f"no view is called {', '.join(sorted(unknown))}; there are {', '.join(EXPORTED)}")
    if options.check:
        complaints = stale()
        print("\n".join(complaints) or "every exported view is up to date")
        return 1 if complaints else 0
    for view in (EXPORTED[name] for name in options.names or EXPORTED):
        path_of(view).parent.mkdir(exist_ok=True)
        path_of(view).write_text(dumps(export(view)), encoding="utf-8")
        print(path_of(view).name, path_of(view).stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
