"""Execute chapters and store them reproducibly; compare stored outputs with a fresh run.

    python tools/notebooks.py execute [NOTEBOOK ...]
    python tools/notebooks.py check [NOTEBOOK ...]
    python tools/notebooks.py normalise [NOTEBOOK ...]

Without names, every chapter of _toc.yml. `normalise` executes nothing: it writes the set-up cell from its template and
rewrites the stored form, after that form or the library's version has changed.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, TypeGuard

import nbformat
import numpy as np
import yaml
from nbclient import NotebookClient
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this file is run as a program, too

from tools import setup_cell
from tools.stored_form import LIVE, MODEL, OURS, VIEW, compared, dumps, foreign_views, live_picture, normalise

__all__ = ["LIVE", "MODEL", "OURS", "VIEW", "dumps", "foreign_views", "live_picture", "normalise"]

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 1e-5
PIXELS = 0.005  # tolerated share of visibly different pixels between two renderings of one picture
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
QUIET = {"TQDM_DISABLE": "1", "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
QUIET |= {
    "HF_HUB_OFFLINE": "1",
    "PUBLISHED_MODELS": "",
}  # no chapter asks a host for a model, nor finds one here


def chapters() -> list[Path]:
    """The notebooks of the table of contents, in reading order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    files: list[str] = []

    def walk(node) -> None:
        if isinstance(node, dict):
            files.extend(node[key] for key in ("root", "file") if key in node)
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            walk(child)

    walk(toc)
    return [path for path in (ROOT / f"{name}.ipynb" for name in files) if path.exists()]


def execute(path: Path) -> nbformat.NotebookNode:
    """A fresh execution of the notebook, normalised."""
    notebook = setup_cell.apply(nbformat.read(path, as_version=4))
    notebook.metadata.pop("widgets", None)
    os.environ.update(ONE_THREAD | QUIET)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        # without it each kernel warns of an unencrypted local connection
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    return normalise(notebook)


def differences(stored, fresh) -> list[str]:
    """Differences between stored and fresh outputs, cell by cell."""
    complaints = []
    for number, (old, new) in enumerate(zip(stored["cells"], fresh["cells"], strict=True), 1):
        if old["cell_type"] != "code":
            continue
        ignored = {"nbval-ignore-output", "timing"} & set(old["metadata"].get("tags", []))
        if ignored:
            continue
        a, b = (_outputs(cell) for cell in (old, new))
        if a.keys() != b.keys():
            complaints.append(f"cell {number}: outputs {sorted(a)} became {sorted(b)}")
            continue
        for kind in a:
            same = _same_picture(a[kind], b[kind]) if kind.endswith("image/png") else a[kind] == b[kind]
            if not same and VIEW not in kind:
                complaints.append(f"cell {number}: {kind} differs")
    old, new = (_states(notebook) for notebook in (stored, fresh))
    if old.keys() != new.keys():
        return [*complaints, f"live pictures {sorted(old)} became {sorted(new)}"]
    for model in old:
        complaints += [f"{model}: {text}" for text in _unequal(old[model], new[model])]
    return complaints


def _outputs(cell) -> dict[str, str]:
    found = {}
    for i, output in enumerate(cell.get("outputs", [])):
        if output["output_type"] == "stream":
            found[f"{i} {output['name']}"] = compared(_text(output["text"]))
        for kind, data in output.get("data", {}).items():
            found[f"{i} {kind}"] = compared(_text(data)) if kind == "text/plain" else _text(data)
        if output["output_type"] == "error":
            found[f"{i} error"] = output["ename"]
    return found


def _text(data) -> str:
    if isinstance(data, list):
        return "".join(data)
    return data if isinstance(data, str) else json.dumps(data, sort_keys=True)


def _same_picture(old: str, new: str) -> bool:
    images = [Image.open(io.BytesIO(base64.b64decode(data))).convert("L") for data in (old, new)]
    if images[0].size != images[1].size:
        return False
    a, b = (np.asarray(image, dtype=int) for image in images)
    return float((abs(a - b) > 24).mean()) <= PIXELS


def _states(notebook) -> dict[str, dict]:
    return dict(notebook["metadata"].get(LIVE, {}))


def _unequal(old: Any, new: Any, path: str = "") -> list[str]:
    """Differences between two JSON values; numbers have a tolerance of 1e-5."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return [text for key in old for text in _unequal(old[key], new[key], f"{path}.{key}".lstrip("."))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            text
            for i, pair in enumerate(zip(old, new, strict=True))
            for text in _unequal(*pair, f"{path}[{i}]")
        ]
    if _is_number(old) and _is_number(new) and abs(old - new) <= TOLERANCE:
        return []
    return [] if old == new else [f"{path} was {old!r:.80}, is {new!r:.80}"]


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("command", choices=("execute", "check", "normalise"))
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    faults = 0
    for path in options.notebooks or chapters():
        path = path.resolve()
        if options.command == "normalise":
            fresh = normalise(setup_cell.apply(nbformat.read(path, as_version=4)))
        else:
            fresh = execute(path)
        if options.command != "check":
            text = dumps(fresh)
            changed = path.read_text("utf-8") != text
            path.write_text(text, "utf-8")
            print(f"{path.name}: {'changed' if changed else 'unchanged'}")
            continue
        complaints = differences(nbformat.read(path, as_version=4), fresh)
        faults += len(complaints)
        print(f"{path.name}: " + ("as stored" if not complaints else f"{len(complaints)} differences"))
        print("".join(f"  {line}\n" for line in complaints), end="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
