"""Takes out of the library what a page needs of it: definitions, and whatever these use, as text.

A `Gatherer` starts from expressions or names, follows names through modules of `transformer_lib`, and writes each
module with the definitions that were reached, without docstrings and annotations.
"""

from __future__ import annotations

import ast
import importlib.util
import symtable
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = "transformer_lib"
ROOT = Path(__file__).resolve().parent.parent


class Unclothed(ast.NodeTransformer):
    """Without docstrings and annotations: they are for people, and for pyright."""

    def _function(self, node):
        self.generic_visit(node)
        node.returns = None
        arguments = node.args
        for argument in [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]:
            if argument is not None:
                argument.annotation = None
        return self._bare(node)

    def _bare(self, node):
        first = node.body[0]
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        ):
            node.body = node.body[1:] or [ast.Pass()]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        return self._bare(node)

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value, lineno=node.lineno) if node.value else None


def free_names(node: ast.AST) -> set[str]:
    """Names that come from outside: neither arguments nor what a function or a comprehension calls its own."""
    found = set()
    tables = [symtable.symtable(ast.unparse(node), "code", "exec")]
    for table in tables:
        tables += table.get_children()
        outermost = table.get_type() == "module"
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (outermost or symbol.is_global())
        }
    return found


def names_in(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Names that come from outside, with the attribute that is taken of them, if one is."""
    free, taken = free_names(node), set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in free:
            taken.add(id(part.value))
            yield part.value.id, part.attr
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Name)
            and isinstance(part.ctx, ast.Load)
            and part.id in free
            and id(part) not in taken
        ):
            yield part.id, None


class Source:
    """The top level of one text: what it defines, and what it imports."""

    def __init__(self, text: str, package: str = "", path: str = "") -> None:
        self.path = path
        self.definitions: dict[str, list[ast.stmt]] = {}
        self.imports: dict[str, tuple[str, str | None]] = {}  # name -> module, and what of it
        self.statements: list[ast.stmt] = []
        for node in Unclothed().visit(ast.parse(text)).body:
            self._add(node, package)

    def _add(self, node: ast.stmt, package: str) -> None:
        if isinstance(node, ast.With):  # imports of the exercises stand in one
            for inner in node.body:
                self._add(inner, package)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                self.imports[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0],
                    None,
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.imports[alias.asname or alias.name] = (node.module or package, alias.name)
        else:
            self.statements.append(node)
            for name in _defined(node):
                self.definitions.setdefault(name, []).append(node)

    def of(self, name: str) -> list[ast.stmt]:
        """The statements that make a name; of overloads the last alone."""
        found = self.definitions.get(name, [])
        functions: list[ast.stmt] = [node for node in found if isinstance(node, ast.FunctionDef)]
        return functions[-1:] if functions else found


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (
                part.id
                for part in ast.walk(target)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            )


def known(module: str) -> Source:
    """A module of the library that there is."""
    source = library(module)
    assert source is not None, module
    return source


@cache
def library(module: str) -> Source | None:
    """A module of the library by its dotted name; None if there is none."""
    if module.split(".")[0] != LIBRARY:
        return None
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # something within a module
        return None
    if found is None or found.origin is None:
        return None
    path = Path(found.origin)
    return Source(path.read_text("utf-8"), module, path.relative_to(ROOT).as_posix())


class Gatherer:
    """What was reached so far: for each module the statements and the imports that it needs."""

    def __init__(self) -> None:
        self.outside: set[str] = set()  # modules of other libraries
        self.modules: set[str] = set()  # names of modules of this one
        self.taken: dict[str, dict[int, ast.stmt]] = {}
        self.lines: dict[str, set[str]] = {}
        self.reached: set[str] = set()  # every name, and every name of another library with its dots
        self._asked: set[tuple[str, str]] = set()

    def need(self, module: str, name: str) -> bool:
        """Take a definition of a module of the library; False if it has none."""
        source = library(module)
        if source is None:
            return False
        if (module, name) in self._asked:
            return True
        self._asked.add((module, name))
        return self._resolve(source, module, name, None)

    def follow(self, node: ast.AST, source: Source, module: str) -> None:
        """Take whatever an expression or a statement of a module uses."""
        for name, attribute in names_in(node):
            self._resolve(source, module, name, attribute)
        for part in ast.walk(node):  # methods by their names: x.backward()
            if isinstance(part, ast.Attribute):
                self.reached.add(part.attr)

    def _resolve(self, source: Source, module: str, name: str, attribute: str | None) -> bool:
        self.reached.add(name)
        if statements := source.of(name):
            for node in statements:
                taken = self.taken.setdefault(module, {})
                if id(node) not in taken:
                    taken[id(node)] = node
                    self.follow(node, source, module)
            return True
        if name not in source.imports:
            return False
        return self._imported(*source.imports[name], name, attribute, module)

    def _imported(self, origin: str, what: str | None, name: str, attribute: str | None, module: str) -> bool:
        lines = self.lines.setdefault(module, set())
        if library(origin) is None:  # of another library
            lines.add(f"from {origin} import {what} as {name}" if what else f"import {origin} as {name}")
            self.reached.add(".".join(part for part in (origin, what, attribute) if part))
            self.outside.add(origin)
            return True
        whole = f"{origin}.{what}" if what else origin
        if library(whole) is not None and (
            what is None or not known(origin).of(what)
        ):  # a module, of which one thing is taken
            lines.add(f"from {origin} import {what} as {name}" if what else f"import {origin} as {name}")
            self.modules.add(name)
            self.taken.setdefault(whole, {})
            return attribute is None or self.need(whole, attribute)
        home, own = self._home(origin, what or name)
        lines.add(f"from {home} import {own} as {name}")
        return self.need(home, own)

    def _home(self, module: str, name: str) -> tuple[str, str]:
        """Where a name that a package hands on is defined."""
        source = library(module)
        while source is not None and name not in source.definitions and name in source.imports:
            origin, what = source.imports[name]
            module, name, source = origin, what or name, library(origin)
        return module, name

    def texts(self) -> dict[str, str]:
        """Each module's path and text."""
        modules = sorted({*self.taken, *self.lines})
        return {source.path: self.text(module) for module in modules if (source := library(module))}

    def text(self, module: str) -> str:
        source = library(module)
        taken = self.taken.get(module, {})
        nodes = [node for node in source.statements if id(node) in taken] if source else list(taken.values())
        return "\n".join([*sorted(self.lines.get(module, ())), *(ast.unparse(node) for node in nodes)]) + "\n"
