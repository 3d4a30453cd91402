"""The first code cell of every notebook, which installs the book's library where it is missing, as in Colab.

The wheel is beside the published pages, with its version in the address, so that page and library match. The cell
is written from one template: `python tools/notebooks.py normalise` puts it into every notebook.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nbformat import v4

from tools import set_address

ROOT = Path(__file__).resolve().parent.parent
NAME = "attention-live"
ID = "setup"
METADATA = {"cellView": "form", "tags": ["remove-cell"]}  # a form in Colab, hidden on pages
TEMPLATE = """\
# @title Set-up: run this cell first
# It adds the book's library where that is missing, and replaces nothing.
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec

WHEEL = "{wheel}"
NEEDED = {needed}
if not all(map(find_spec, NEEDED)):
    command = [sys.executable, "-m", "pip", "install", "--quiet", f"{name}{extras} @ {{WHEEL}}"]
    subprocess.run(command, capture_output=True)
    invalidate_caches()
if not all(map(find_spec, NEEDED)):
    raise SystemExit(f"The book's library did not arrive: see whether {{WHEEL}} opens, then run this cell again.")
import transformer_lib

if getattr(transformer_lib, "BOOK", None) != "{book}":
    raise SystemExit(
        "Another package is installed as transformer_lib: run `%pip uninstall -y transformer-lib {name}`, "
        "restart the session, and run this cell again."
    )
"""
# Optional requirements of a chapter: a word in its code -> the extra, its package
EXTRAS = {
    r"\bbleu\b": ("evaluation", "sacrebleu"),
    r"\b(?:Subwords|load_writer)\b": ("data", "tokenizers"),
    r"\bload_(?:gpt2|bert|marian|llama)\b": ("pretrained", "transformers"),
}
# The set-up of older notebooks: the beginning of a cell with further code
OLDER = re.compile(r"\Atry:\n    import transformer_lib\b.*\nexcept ImportError:.*\n    %pip install .*\n*")


def version(root: Path = ROOT) -> str:
    """The library's version, read without importing it."""
    text = (root / "transformer_lib" / "__init__.py").read_text("utf-8")
    return re.findall(r'^__version__ = "([\w.]+)"', text, re.MULTILINE)[0]


def wheel(root: Path = ROOT) -> str:
    """The wheel's file name."""
    return f"{NAME.replace('-', '_')}-{version(root)}-py3-none-any.whl"


def address(root: Path = ROOT) -> str:
    """The address of the wheel, beside the published pages."""
    return f"{set_address.page(set_address.current(root))}/wheels/{wheel(root)}"


def source(code: str, root: Path = ROOT) -> str:
    """The set-up cell of a notebook with this code."""
    used = [pair for pattern, pair in EXTRAS.items() if re.search(pattern, code)]
    extras = f"[{','.join(extra for extra, _ in used)}]" if used else ""
    needed = "[" + ", ".join(f'"{name}"' for name in ("transformer_lib", *(name for _, name in used))) + "]"
    edition = f"Attention, Live {version(root)}"
    return TEMPLATE.format(
        wheel=address(root), needed=needed, name=NAME, extras=extras, book=edition
    ).rstrip()


def is_setup(cell: dict[str, Any]) -> bool:
    """Whether a cell is a set-up cell, of this template or of an earlier version of it."""
    return cell["cell_type"] == "code" and cell["source"].startswith(TEMPLATE.split("\n")[0])


def apply(notebook: Any, root: Path = ROOT) -> Any:
    """Write the notebook's set-up cell, in place: replaced, or added before the first code cell.

    The other cells stay unchanged; if a cell is added, each execution count grows by one.
    """
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    wanted = source("\n".join(cell["source"] for cell in code if not is_setup(cell)), root)
    if not code:
        return notebook
    first = code[0]
    if not is_setup(first):
        first["source"] = OLDER.sub("", first["source"])
        for cell in code:
            for counted in (cell, *cell["outputs"]):
                if counted.get("execution_count"):
                    counted["execution_count"] += 1
        first, before = v4.new_code_cell(id=ID, execution_count=1), cells.index(first)
        cells.insert(before, first)
    first["source"] = wanted
    first["metadata"].update(METADATA)
    return notebook
