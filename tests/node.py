"""Exported views in the page's reader, run by Node: many jobs, one process."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
KINDS = {"float32": "<f4", "int64": "<i4", "bool": "u1"}


def find() -> str:
    """The Node that the set-up installs; raises with the remedy if there is none."""
    place = ROOT / ".venv/bin/node"
    path = str(place) if place.exists() else shutil.which("node")
    if path is None:
        raise FileNotFoundError("node was not found: run `make setup`")
    return path


def packed(array: Any) -> dict[str, Any]:
    """A tensor as exported views store it."""
    array = np.asarray(array)
    kind = {"f": "float32", "i": "int64", "b": "bool"}[array.dtype.kind]
    data = np.ascontiguousarray(array, dtype=KINDS[kind]).tobytes()
    return {"type": kind, "shape": list(array.shape), "data": base64.b64encode(data).decode("ascii")}


def unpacked(tensor: dict[str, Any]) -> np.ndarray:
    array = np.frombuffer(base64.b64decode(tensor["data"]), dtype=KINDS[tensor["type"]])
    if tensor["type"] == "bool":
        assert np.isin(array, (0, 1)).all(), "a bool of the reader is neither 0 nor 1"
    return array.astype({"bool": bool, "int64": np.int64}.get(tensor["type"], np.float32)).reshape(
        tensor["shape"]
    )


def run(
    jobs: list[tuple],
) -> list[list[dict[str, np.ndarray] | str] | str]:
    """Each job is an exported view and its cases, inputs by name: arrays for a graph, control values for a table.

    Or it is the parts of a model, cases with arrays, and the name of a part or of a program that runs the parts.

    Returns for each job the outputs of each case, or the reader's error: for a case that failed, or in place of the
    list if loading failed.
    """
    written = [
        {
            "exported": exported,
            "cases": [
                case if "axes" in exported else {name: packed(array) for name, array in case.items()}
                for case in cases
            ],
            "program": program[0] if program else None,
        }
        for exported, cases, *program in jobs
    ]
    command = [find(), str(Path(__file__).parent / "scripts/run.mjs")]
    done = subprocess.run(command, input=json.dumps(written), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [
        job["refused"] if "refused" in job else [_answer(answer) for answer in job["answers"]]
        for job in json.loads(done.stdout)
    ]


def _answer(answer: dict[str, Any]) -> dict[str, np.ndarray] | str:
    if "error" in answer:
        return answer["error"]
    return {name: unpacked(tensor) for name, tensor in answer["outputs"].items()}
