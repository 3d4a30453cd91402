"""The stored form of executed notebooks: reproducible, and with pictures that every viewer shows.

A live picture is stored as its still, with its text, like any figure. So every viewer shows it, without network or
script: GitHub, nbviewer, nbconvert, an editor before any cell has run. A stored *widget* would be preferred by most of
them, and not work. The numbers for the book's pages are in the notebook's metadata under `LIVE`; an output refers to
its own by name.
"""

from __future__ import annotations

import base64
import io
import json
import re
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import split_lines
from PIL import Image

from tools import setup_cell

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
PNG = "image/png"
COMPARED = Path(__file__).resolve().parent.parent / "tests" / "outputs.cfg"
LIVE = "live"
MODEL = "page_model"  # a trained model that the book's page shows alive, by name: in an output's metadata, a widget's state
OURS = {"view", "spec", "markup", "values", "number", "response"}
SCALE = 2  # stored pixels for one on the screen, as in transformer_lib.figures
SOLUTION = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
NAMED = re.compile(rf"cell-\d{{3,}}|{setup_cell.ID}")
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


def live_picture(output) -> str | None:
    """The live picture of an output: its name in the notebook's metadata, or its model after a run."""
    view = output.get("data", {}).get(VIEW, {})
    return view.get("model_id") or output.get("metadata", {}).get(LIVE)


def normalise(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep state and numbers, drop everything that changes from run to run.

    Models are renumbered in the order in which they are shown.
    """
    states, trained = _states(notebook), _trained(notebook)
    names: dict[str, str] = {}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = joined(cell.outputs)
        if "hide-cell" in cell.metadata.get("tags", []):
            cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **SOLUTION}
            cell.metadata["cellView"] = "form"  # Colab's way to fold code
        for output in cell.outputs:
            model = live_picture(output)
            if model in states:
                names.setdefault(model, f"live{len(names) + 1:04d}")
                output["data"].pop(VIEW, None)
                output["metadata"] = {LIVE: model} | _still(output["data"])
            elif model in trained:
                output["data"].pop(VIEW)
                output["metadata"] = {MODEL: trained[model]} | _still(output["data"])
            elif PNG in output.get("data", {}) and MODEL not in output["metadata"]:
                alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
                output["metadata"] = output["metadata"] | ({PNG: {"alt": alt}} if alt else {})
    metadata: dict[str, Any] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": LANGUAGE,
    }
    if names:
        metadata[LIVE] = {model: states[model] for model in names}
    notebook.metadata = NotebookNode(nbformat.from_dict(metadata))
    text = json.dumps(notebook, ensure_ascii=False)
    if names:
        text = re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)
    fresh = NotebookNode(nbformat.from_dict(json.loads(text)))
    _name_cells(fresh.cells)
    return fresh


def _name_cells(cells: list) -> None:
    """Cells keep their ids; a new one gets the next free number."""
    taken: set[str] = set()
    nameless = []
    for cell in cells:
        known = NAMED.fullmatch(cell.get("id", "")) and cell["id"] not in taken
        taken |= {cell["id"]} if known else set()
        nameless += [] if known else [cell]
    last = max((int(name[5:]) for name in taken if name != setup_cell.ID), default=0)
    for number, cell in enumerate(nameless, last + 1):
        cell["id"] = f"cell-{number:03d}"


def _states(notebook) -> dict[str, dict]:
    """The inputs of each live picture: as stored, or from the widgets' state after a run."""
    widgets = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    ours = {model: entry["state"] for model, entry in widgets.items() if _is_ours(entry)}
    kept = {model: {key: state[key] for key in OURS} for model, state in ours.items()}
    return notebook.metadata.get(LIVE, {}) | kept


def _trained(notebook) -> dict[str, str]:
    """The trained models shown in a run, whose weights come from the kernel: a page has them in files of its own."""
    widgets = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    found = {model: entry.get("state", {}).get(MODEL) for model, entry in widgets.items()}
    return {model: name for model, name in found.items() if name}


def _is_ours(entry: dict) -> bool:
    return entry.get("model_module") == "anywidget" and entry.get("state", {}).keys() >= OURS


def _still(data: dict) -> dict[str, dict]:
    """A still for viewers: its text, and its size in CSS pixels."""
    if PNG not in data:
        return {}
    words = data.get("text/plain", "")
    alt = " ".join(("".join(words) if isinstance(words, list) else words).split())
    with Image.open(io.BytesIO(base64.b64decode(data[PNG]))) as picture:
        width, height = (side // SCALE for side in picture.size)
    return {PNG: {"alt": alt, "width": width, "height": height}}


@cache
def _rules() -> list[tuple[re.Pattern, str]]:
    """What nbval replaces before it compares, in the order of its file."""
    found = ConfigParser(interpolation=None)
    found.read(COMPARED, encoding="utf-8")
    return [(re.compile(rule["regex"]), rule["replace"]) for rule in map(found.__getitem__, found.sections())]


def compared(text: str) -> str:
    """Printed text without what differs between processors, as `COMPARED` says.

    >>> compared("les→the 0.8881, and loss 0.8881")
    'les→the 0.888, and loss 0.8881'
    """
    for pattern, replacement in _rules():
        text = pattern.sub(replacement, text)
    return text


def joined(outputs: list) -> list:
    """Join printed text that arrived in several pieces, which differ from run to run."""
    whole: list = []
    for output in outputs:
        before = whole[-1] if whole else {}
        if output["output_type"] == "stream" and before.get("name") == output["name"]:
            before["text"] += output["text"]
        else:
            whole.append(output)
    return whole


def dumps(notebook: nbformat.NotebookNode) -> str:
    """The notebook as it is stored: sorted keys, one space of indentation, one newline at the end."""
    lines = split_lines(nbformat.from_dict(json.loads(json.dumps(notebook))))
    return json.dumps(lines, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def foreign_views(notebook) -> list[str]:
    """Stored widgets that are not live pictures of ours, or pictures without their numbers: neither works on the page."""
    states = notebook["metadata"].get(LIVE, {})
    complaints = []
    for number, cell in enumerate(notebook["cells"], 1):
        for output in cell.get("outputs", []):
            model = live_picture(output)
            if model is None:
                continue
            if VIEW in output["data"] or not states.get(model, {}).keys() >= OURS:
                complaints.append(f"cell {number} shows a widget that is no live picture with its numbers")
    return complaints
