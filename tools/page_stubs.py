"""The cells of exercises in a notebook: where an answer begins, what is checked of it, which names came before it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from tools.page_code import Gatherer, Source
from tools.page_exercises import GRADIENTS, MODEL, of_chapter

CHAPTER = "__chapter__"
# Modules that a page has, of their own or in page/python/lib.
PAGE_MODULES = {
    "torch", "torch.nn", "torch.nn.functional", "torch.linalg", "math", "collections", "itertools", "functools", "re",
    "statistics", "fractions", "json", "random", "operator", "copy",
}  # fmt: skip
IN_CODE = re.compile(r"`([^`\n]+)`")
# Functions of the library that a page has wherever the chapter imports them: they are short.
LIGHT = {
    "transformer_lib.checks",
    *(f"transformer_lib.model.{name}" for name in ("attention", "masks", "positions")),
}


@dataclass(frozen=True)
class Stub:
    """One exercise of a notebook: its cell, its name, the text to begin with, and the answer that is checked."""

    cell: str
    name: str
    text: str
    answer: str


def checked(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """The name and the answer of `exercises.check(name, answer)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not (
        isinstance(call, ast.Call) and ast.unparse(call.func) == "exercises.check" and len(call.args) == 2
    ):
        return None
    return ast.literal_eval(call.args[0]), call.args[1]


def _code(notebook: dict) -> list[tuple[dict, str]]:
    return [(cell, "".join(cell["source"])) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _folded(cell: dict) -> bool:
    return "hide-cell" in cell["metadata"].get("tags", [])


def stubs(notebook: dict) -> list[Stub]:
    """The exercises in their order."""
    found = []
    for cell, source in _code(notebook):
        if _folded(cell) or "exercises.check(" not in source:
            continue
        *_, last = ast.parse(source).body
        if (found_here := checked(last)) is not None:
            text = "\n".join(source.splitlines()[: last.lineno - 1]).rstrip()
            found.append(Stub(cell["id"], found_here[0], text, ast.unparse(found_here[1])))
    return found


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a command for the notebook alone
        return []


# Of the package a page has its modules, and the names that a chapter imports from it.
PACKAGE = """import sys
HOMES = {homes!r}
def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    home = HOMES.get(name, "transformer_lib." + name)
    __import__(home)
    return getattr(sys.modules[home], name) if name in HOMES else sys.modules[home]
"""


def of_notebook(notebook: dict, number: str) -> dict[str, Any]:
    """All that a page's interpreter must know of a chapter."""
    code = Gatherer()
    found = of_chapter(number, code)
    found |= prelude(notebook, code)
    homes = {
        line.split()[3]: line.split()[1]
        for line in found["prelude"]
        if line.startswith("from transformer_lib.")
    }
    package = {"transformer_lib/__init__.py": PACKAGE.format(homes=homes)}
    return found | {"modules": code.texts() | package}


def prelude(notebook: dict, modules: Gatherer) -> dict[str, Any]:
    """What a chapter makes before its exercises, as far as a page has it: lines to run, and what is absent: imports and
    functions.

    Imports of modules that a page has are kept. Of the rest, whatever stubs, solutions and the exercises' words name.
    """
    before, wanted, words = [], set(), set()
    settings, begun = [], False
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            begun = begun or "## Exercises" in source
            words |= {
                word
                for code in IN_CODE.findall(source)
                for word in re.findall(r"[A-Za-z_]\w*", code)
                if begun
            }
        elif "exercises.check(" in source:
            wanted |= {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
        elif not wanted:
            before += _statements(source)
            settings += [
                node
                for node in _statements(source)
                if ast.unparse(node).startswith("torch.set_printoptions(")
            ]
    source = Source("\n".join(map(ast.unparse, before)), CHAPTER)
    names = {name for name in (*source.definitions, *source.imports) if not name.startswith("_")} - {
        "exercises"
    }
    named = wanted | words
    lines, kept = [], set()
    for name in [*source.imports, *source.definitions]:
        mine = name in source.imports and (source.imports[name][0] in PAGE_MODULES or _light(name, source))
        if name in names and (mine or name in named) and (text := _taken(name, source, modules)) is not None:
            lines += text
            kept.add(name)
    lines += map(ast.unparse, settings)
    told = {
        name
        for name in names - kept
        if name in source.imports or isinstance(source.of(name)[0], (ast.FunctionDef, ast.ClassDef))
    }
    return {"prelude": list(dict.fromkeys(lines)), "absent": sorted(told)}


def _taken(name: str, source: Source, modules: Gatherer) -> list[str] | None:
    """The lines that make a name, with what they need before them; None if they need what a page has not."""
    trial = Gatherer()
    trial.follow(ast.Name(name, ast.Load()), source, CHAPTER)
    outside = {part for part in trial.outside if part not in PAGE_MODULES and not part.startswith("torch.")}
    outside -= {"typing", "collections.abc", "numbers", "dataclasses", "__future__"}
    if trial.reached & (MODEL | GRADIENTS) or outside or name in trial.modules:
        return None
    for module, statements in trial.taken.items():
        if module != CHAPTER:
            modules.taken.setdefault(module, {}).update(statements)
            modules.lines.setdefault(module, set()).update(trial.lines.get(module, set()))
    own = trial.taken.get(CHAPTER, {})
    if any(not isinstance(node, (ast.FunctionDef, ast.ClassDef)) and _heavy(node) for node in own.values()):
        return None
    imports = sorted(trial.lines.get(CHAPTER, ()))
    return [*imports, *(ast.unparse(node) for node in source.statements if id(node) in own)]


def _light(name: str, source: Source) -> bool:
    trial = Gatherer()
    trial.follow(ast.Name(name, ast.Load()), source, CHAPTER)
    return bool(trial.taken) and trial.taken.keys() <= LIGHT


def _heavy(node: ast.stmt) -> bool:
    """Whether a statement computes more than a page should before an exercise: anything that calls."""
    return any(isinstance(part, (ast.Call, ast.comprehension)) for part in ast.walk(node))
