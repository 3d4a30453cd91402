"""Guards over stored notebooks; each returns one line per fault. Long: fifteen independent rules, a few lines each.

`tests/test_notebooks.py` calls them on every notebook, and on notebooks broken on purpose.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import yaml
from nbconvert.filters import markdown2html

from tools import notebooks
from tools import setup_cell as setting_up

MAX_LINES = 25
MAX_MEDIAN = 8
MAX_BYTES = 1_000_000
NORMALISE = "python tools/notebooks.py normalise"
MIN_ALT = 15  # characters; shorter ones are no description
TAGS = {
    "hide-input": "plotting and set-up",
    "hide-cell": "solutions",
    "remove-cell": "the set-up cell, which no page needs",
    "hide-output": "long listings",
    "raises-exception": "the error is the lesson",
    "nbval-ignore-output": "differs between machines by nature",
    "timing": "prints measured times, is compared by nobody",
}
RAW_MARKUP = {
    r"\{[\w:+.-]+\}<code": "a role",
    r"(?:^|>)\s*(?:`{3,}|:{3,}|~{3,})\s*\{": "a directive fence",
    r"language-\{|class=\"\{": "a directive fence",
    r"(?:^|>)\([\w:-]+\)=": "a target",
    r"\{\{.*?\}\}": "a substitution",
    r"(?:^|>)\+\+\+": "a block break",
}
UNSTABLE = {
    r"/(?:home|root|tmp|usr|opt|Users|var|mnt|content)/\S": "an absolute path",
    r"\b[A-Z]:\\\\?\w": "an absolute path",
    r"site-packages": "an absolute path",
    r"\b0x[0-9a-fA-F]{6,}": "a memory address",
    r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}": "a random id",
    r"https?://": "an address",
}
TIMES = r"\b\d[\d.,]*\s?(?:ns|µs|us|ms|s|secs?|seconds?|minutes?|it/s|s/it)\b|[Ww]all time"
INSTALL = re.compile(r"^\s*[%!]\s*pip[^\n]*$|pip install[^\n]*$", re.MULTILINE)


def contents(root: Path) -> list[str]:
    """Each notebook is in _toc.yml, and each entry of _toc.yml is a file."""
    listed = list(_entries(yaml.safe_load((root / "_toc.yml").read_text("utf-8"))))
    stored = sorted(str(path.relative_to(root).with_suffix("")) for path in (root / "book").glob("*.ipynb"))
    faults = [] if stored else ["book/ holds no notebook"]
    faults += [f"{name} is missing from _toc.yml" for name in stored if name not in listed]
    for name in listed:
        if not any((root / f"{name}{suffix}").exists() for suffix in (".ipynb", ".md")):
            faults.append(f"_toc.yml names {name}, which does not exist")
    return faults


def _entries(node) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _entries(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key in ("root", "file"):
                yield child
            else:
                yield from _entries(child)


def _code(notebook) -> Iterator[tuple[int, dict]]:
    """The code cells with their position, counted from 1 over all cells."""
    return ((i, cell) for i, cell in enumerate(notebook["cells"], 1) if cell["cell_type"] == "code")


def _markdown(notebook) -> Iterator[tuple[int, str]]:
    return (
        (i, cell["source"]) for i, cell in enumerate(notebook["cells"], 1) if cell["cell_type"] == "markdown"
    )


def _tags(cell) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def execution(notebook) -> list[str]:
    """Every code cell was executed, in order, from 1; no errors or warnings unless the cell allows them."""
    faults = []
    for turn, (i, cell) in enumerate(_code(notebook), 1):
        if not cell["source"].strip():
            faults.append(f"cell {i} is empty")
        if cell.get("execution_count") != turn:
            faults.append(f"cell {i} has the execution count {cell.get('execution_count')}, expected {turn}")
        raised = [output["ename"] for output in cell["outputs"] if output["output_type"] == "error"]
        if raised and "raises-exception" not in _tags(cell):
            faults.append(f"cell {i} stores the error {raised[0]}")
        if not raised and "raises-exception" in _tags(cell):
            faults.append(f"cell {i} should raise, and stores no error")
        if any(output.get("name") == "stderr" for output in cell["outputs"]):
            faults.append(f"cell {i} writes to stderr")
    return faults


def lengths(notebook) -> list[str]:
    """No code cell is over 25 lines, half of them are at most 8; the set-up cell is no part of the chapter."""
    cells = ((i, cell["source"]) for i, cell in _code(notebook) if not setting_up.is_setup(cell))
    lines = {i: len(source.splitlines()) for i, source in cells}
    faults = [f"cell {i} has {n} lines, {MAX_LINES} are allowed" for i, n in lines.items() if n > MAX_LINES]
    if lines and median(lines.values()) > MAX_MEDIAN:
        faults.append(f"the median code cell has {median(lines.values()):g} lines, {MAX_MEDIAN} are allowed")
    return faults


def tags(notebook) -> list[str]:
    """Only known tags: a misspelled one would be ignored silently."""
    cells = enumerate(notebook["cells"], 1)
    return [
        f"cell {i} has the unknown tag {tag!r}"
        for i, cell in cells
        for tag in sorted(_tags(cell) - TAGS.keys())
    ]


def alternatives(notebook) -> list[str]:
    """Every picture has alt text: Markdown images, figures and live pictures."""
    faults = []
    for i, source in _markdown(notebook):
        alts = re.findall(r"!\[(.*?)\]\(", source, re.DOTALL)
        for tag in re.findall(r"<img\b[^>]*>", source):
            found = re.search(r"\balt\s*=\s*([\"'])(.*?)\1", tag, re.DOTALL)
            alts.append(found.group(2) if found else "")
        faults += [f"cell {i}: an image has no alt text" for alt in alts if len(alt.strip()) < MIN_ALT]
    for i, cell in _code(notebook):
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if notebooks.live_picture(output) or notebooks.MODEL in output.get("metadata", {}):
                words = _text(data.get("text/plain", ""))
                if len(words) < MIN_ALT or re.match(r"<|\w+\(", words):
                    faults.append(f"cell {i}: the live picture has no alt text")
                if "image/png" not in data:
                    faults.append(f"cell {i}: the live picture has no still")
            elif any(kind.startswith("image/") for kind in data) and len(alt) < MIN_ALT:
                faults.append(f"cell {i}: the figure has no alt text (cell metadata mystnb.image.alt)")
    return faults


def formats(notebook) -> list[str]:
    """Pictures are PNG: the ids and dates in an SVG change with every run."""
    kinds = [(i, kind) for i, cell in _code(notebook) for o in cell["outputs"] for kind in o.get("data", {})]
    return [
        f"cell {i} stores {kind}" for i, kind in kinds if kind.startswith("image/") and kind != "image/png"
    ]


def plain_markdown(notebook) -> list[str]:
    """Markdown without MyST markup, which Colab and GitHub would show as text."""
    faults = []
    for i, source in _markdown(notebook):
        shown = {
            source.replace("\r", ""),
            re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", "", markdown2html(source), flags=re.DOTALL),
        }
        kinds = {
            kind for raw, kind in RAW_MARKUP.items() for text in shown if re.search(raw, text, re.MULTILINE)
        }
        faults += [f"cell {i}: {kind} would be shown raw" for kind in sorted(kinds)]
    return faults


def stable_outputs(notebook) -> list[str]:
    """Outputs contain no machine paths, addresses, dates or times."""
    faults = []
    for i, cell in _code(notebook):
        printed = "\n".join(_printed(cell))
        kinds = {kind for pattern, kind in UNSTABLE.items() if re.search(pattern, printed)}
        if "timing" not in _tags(cell) and re.search(TIMES, printed):
            kinds.add("a time (tag the cell as timing)")
        faults += [f"cell {i} prints {kind}" for kind in sorted(kinds)]
    return faults


def _printed(cell) -> Iterator[str]:
    for output in cell["outputs"]:
        yield _text(output.get("text", ""))
        yield "\n".join(output.get("traceback", []))
        yield from (
            _text(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")
        )


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def folded(notebook) -> list[str]:
    """A solution is folded on pages, in JupyterLab and in Colab."""
    faults = []
    for i, cell in _code(notebook):
        if "hide-cell" in _tags(cell) and cell["metadata"].get("cellView") != "form":
            faults.append(f"cell {i}: the solution stands open in Colab (cell metadata cellView: form)")
    return faults


def cell_names(notebook) -> list[str]:
    """Each cell has a unique id, which stays from version to version."""
    names = [cell.get("id") for cell in notebook["cells"]]
    return [
        f"cell {i} has the name {name!r} of another"
        for i, name in enumerate(names, 1)
        if name in names[: i - 1]
    ]


def size(path: Path) -> list[str]:
    """The file is not too large for slow connections and version control."""
    found = path.stat().st_size
    return [f"{found} bytes, {MAX_BYTES} are allowed"] if found > MAX_BYTES else []


def setup_cell(notebook) -> list[str]:
    """The first code cell is the set-up cell, as in its template; no other cell installs or downloads anything."""
    cells = list(_code(notebook))
    wanted = setting_up.apply({"cells": [dict(cell, metadata=dict(cell["metadata"])) for _, cell in cells]})
    faults = []
    if not cells or wanted["cells"][0] != dict(cells[0][1]):
        faults.append("the first code cell is not the set-up cell: run python tools/notebooks.py normalise")
    for i, cell in cells[1:]:
        faults += [f"cell {i} installs something: {line.strip()}" for line in INSTALL.findall(cell["source"])]
        if "remove-cell" in _tags(cell):
            faults.append(f"cell {i} is taken from the page, which the set-up cell alone may be")
    return faults


def own_definitions(books: dict[str, dict]) -> list[str]:
    """No function is defined in two notebooks: shared functions belong in the library."""
    places: dict[str, str] = {}
    faults = []
    for name, notebook in books.items():
        for i, cell in _code(notebook):
            try:
                tree = ast.parse(re.sub(r"^(\s*)[%!]", r"\1pass  # ", cell["source"], flags=re.MULTILINE))
            except SyntaxError:
                faults.append(f"{name}: cell {i} is not Python")
                continue
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    body = ast.unparse(node)
                    if places.setdefault(body, name) != name:
                        faults.append(f"{name}: cell {i} defines {node.name} again, as {places[body]} does")
    return faults


def normal_form(path: Path) -> list[str]:
    """The file is byte for byte what `make execute` writes."""
    text = path.read_text("utf-8")
    fresh = notebooks.dumps(notebooks.normalise(notebooks.nbformat.reads(text, as_version=4)))
    return [] if text == fresh else [f"not in its normal form: run make execute, or {NORMALISE}"]


def foreign_views(notebook) -> list[str]:
    """Stored widgets are live pictures of this book: others would not work on the page."""
    return notebooks.foreign_views(notebook)
