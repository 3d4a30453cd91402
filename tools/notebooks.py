"""Execute chapters and store them so that a second run changes no byte; compare what is stored with a fresh run.

    python tools/notebooks.py execute [NOTEBOOK ...]
    python tools/notebooks.py check [NOTEBOOK ...]
    python tools/notebooks.py setup [NOTEBOOK ...]      write the set-up cell and the normal form, execute nothing

Without names, every chapter of _toc.yml.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import yaml
from nbclient import NotebookClient
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a program sees the files beside it alone

from tools import setup_cell

ROOT = Path(__file__).resolve().parent.parent
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
ASLEEP = "export default{render({el}){el.textContent='Run this cell to bring the picture to life.'}}"
SOLUTION = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
OURS = {"view", "spec", "markup", "values", "number", "response"}
NAMED = re.compile(rf"cell-\d{{3,}}|{setup_cell.ID}")
TOLERANCE = 1e-5
PIXELS = 0.005  # share of pixels that may differ visibly between two renderings of one picture
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
QUIET = {"TQDM_DISABLE": "1", "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


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
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    return normalise(notebook)


def normalise(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep state and numbers, drop what changes from run to run.

    Widget code is replaced by one line, so that a stored notebook carries no script; models are renumbered in
    the order in which they are shown.
    """
    state = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    names: dict[str, str] = {}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
            if "hide-cell" in cell.metadata.get("tags", []):
                cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **SOLUTION}
                cell.metadata["cellView"] = "form"  # Colab's way to fold code
        for output in cell.get("outputs", []):
            model = output.get("data", {}).get(VIEW, {}).get("model_id")
            if model:
                names.setdefault(model, f"live{len(names) + 1:04d}")
    kept = {}
    for model, entry in state.items():
        if model not in names:
            continue  # layouts and helpers that no page needs
        stored = {key: value for key, value in entry["state"].items() if key.startswith("_") or key in OURS}
        stored = {
            key: value for key, value in stored.items() if key not in ("_css", "_dom_classes", "layout")
        }
        kept[model] = entry | {"state": stored | {"_esm": ASLEEP}}
        kept[model].pop("buffers", None)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    if kept:
        notebook.metadata["widgets"] = {STATE: {"state": kept, "version_major": 2, "version_minor": 0}}
    text = json.dumps(notebook, ensure_ascii=False)
    for model, name in names.items():
        text = text.replace(model, name)
    fresh = nbformat.from_dict(json.loads(text))
    _name_cells(fresh.cells)
    return fresh


def _name_cells(cells: list) -> None:
    """Cells keep their names, so that a new one changes no other; it gets the next number that is free."""
    taken: set[str] = set()
    nameless = []
    for cell in cells:
        known = NAMED.fullmatch(cell.get("id", "")) and cell["id"] not in taken
        taken |= {cell["id"]} if known else set()
        nameless += [] if known else [cell]
    last = max((int(name[5:]) for name in taken if name != setup_cell.ID), default=0)
    for number, cell in enumerate(nameless, last + 1):
        cell["id"] = f"cell-{number:03d}"


def _joined(outputs: list) -> list:
    """Printed text that arrived in several pieces is one output: how it was cut is chance."""
    joined: list = []
    for output in outputs:
        before = joined[-1] if joined else {}
        if output["output_type"] == "stream" and before.get("name") == output["name"]:
            before["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def dumps(notebook: nbformat.NotebookNode) -> str:
    """The notebook as it is stored: sorted keys, one space of indentation, one newline at the end."""
    joined = nbformat.v4.rwbase.split_lines(nbformat.from_dict(json.loads(json.dumps(notebook))))
    return json.dumps(joined, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def foreign_views(notebook) -> list[str]:
    """Stored widgets that are not live pictures of ours: they would be dead on the page."""
    state = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    complaints = []
    for number, cell in enumerate(notebook["cells"], 1):
        for output in cell.get("outputs", []):
            view = output.get("data", {}).get(VIEW)
            if view is None:
                continue
            entry = state.get(view["model_id"], {})
            if entry.get("model_module") != "anywidget" or not entry.get("state", {}).keys() >= OURS:
                complaints.append(
                    f"cell {number} shows a widget that is no live picture: {entry.get('model_name', 'no state')}"
                )
    return complaints


def differences(stored, fresh) -> list[str]:
    """Where a fresh execution disagrees with what is stored, cell by cell."""
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
            found[f"{i} {output['name']}"] = _text(output["text"])
        for kind, data in output.get("data", {}).items():
            found[f"{i} {kind}"] = _text(data)
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
    state = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    return {model: {key: entry["state"][key] for key in OURS} for model, entry in state.items()}


def _unequal(old, new, path: str = "") -> list[str]:
    """Where two JSON values differ; numbers may by 1e-5."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return [text for key in old for text in _unequal(old[key], new[key], f"{path}.{key}".lstrip("."))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            text
            for i, pair in enumerate(zip(old, new, strict=True))
            for text in _unequal(*pair, f"{path}[{i}]")
        ]
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (old, new))
    if numbers and abs(old - new) <= TOLERANCE:
        return []
    return [] if old == new else [f"{path} was {old!r:.80}, is {new!r:.80}"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("execute", "check", "setup"))
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    faults = 0
    for path in options.notebooks or chapters():
        path = path.resolve()
        stored = nbformat.read(path, as_version=4)
        fresh = normalise(setup_cell.apply(stored)) if options.command == "setup" else execute(path)
        if options.command in ("execute", "setup"):
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
