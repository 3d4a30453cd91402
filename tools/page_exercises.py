"""Exercises as pages take them: what is given, the probes, what the solution and each mistake give on them, the messages.

Results are stored; functions that must run in the page (probes, views, conditions, what is given) go along as text, with
all that they use (`tools.page_code`). An exercise that needs what a page has not gets the reason in its place.
"""

from __future__ import annotations

import ast
import json
import math
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tools.page_code import Gatherer, known
from transformer_lib import exercises
from transformer_lib.exercises.checking import Exercise, Raised

GRADIENTS = {"autograd", "requires_grad_", "backward", "retain_grad"}
MODEL = {"load_translator"}
NEEDS_GRADIENTS = "It needs gradients that torch computes; this page computes none."
NEEDS_MODEL = "It questions the trained translator, layer by layer; this page cannot."
DIGITS = 6  # of a stored number; tolerances are far wider


class Unstorable(TypeError):
    """A result that a page cannot be given."""


def encoded(value: Any) -> Any:
    """A result as JSON: lists as they are, anything else as an object with one key that says what it is."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Raised):
        return {"raised": [value.kind, value.line]}
    if isinstance(value, Tensor):
        numbers = value.detach().flatten().tolist()
        kind = {torch.float32: "float32", torch.float64: "float64", torch.int64: "int64", torch.bool: "bool"}[
            value.dtype
        ]
        return {
            "tensor": [
                kind,
                list(value.shape),
                [_number(float(x)) if value.is_floating_point() else int(x) for x in numbers],
            ]
        }
    if isinstance(value, list):
        return [encoded(part) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [encoded(part) for part in value]}
    if isinstance(value, Mapping):
        return {"dict": [[encoded(key), encoded(part)] for key, part in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {"set": [encoded(part) for part in value]}
    raise Unstorable(type(value).__name__)


def _number(x: float) -> Any:
    if not math.isfinite(x):
        return {"float": str(x)}
    return float(f"{x:.{DIGITS}g}") if abs(x) < 1e15 else x


def declaration(exercise: Exercise) -> tuple[str, dict[str, ast.expr]]:
    """The module that declares an exercise, and the arguments of its declaration."""
    for concept in exercises.CONCEPTS:
        if exercise not in concept.EXERCISES:
            continue
        source = known(concept.__name__)
        for node in source.statements:
            value = getattr(node, "value", None)
            if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "Exercise":
                arguments = {word.arg or "": word.value for word in value.keywords}
                if ast.literal_eval(arguments["name"]) == exercise.name:
                    return concept.__name__, arguments
    raise LookupError(f"{exercise.name!r} is declared in another way than NAME = Exercise(name=..., ...)")


def _conditions(arguments: dict[str, ast.expr]) -> list[ast.expr]:
    given = arguments.get("conditions")
    if given is None:
        return []
    assert isinstance(given, ast.Dict), "conditions are written as a dictionary"
    return [pair.elts[0] for pair in given.values if isinstance(pair, ast.Tuple)]


def reason(exercise: Exercise) -> str | None:
    """Why an exercise cannot be done in a page; None if it can."""
    module, arguments = declaration(exercise)
    source, reached = known(module), Gatherer()
    for part in [
        arguments.get("probes"),
        arguments.get("view"),
        arguments["solution"],
        *_conditions(arguments),
    ]:
        if part is not None:
            reached.follow(part, source, module)
    if reached.reached & GRADIENTS:
        return NEEDS_GRADIENTS
    if "given" in arguments and _given(exercise, arguments, module) is None:
        return NEEDS_MODEL
    return None


def _given(exercise: Exercise, arguments: dict, module: str) -> ast.expr | dict | None:
    """What is given, as an expression, or where a model made it as its result; None if neither can be."""
    reached = Gatherer()
    reached.follow(arguments["given"], known(module), module)
    if not reached.reached & MODEL:
        return arguments["given"]
    try:
        return encoded(exercise.given()) if exercise.given else None
    except Unstorable:
        return None


def exported(exercise: Exercise, code: Gatherer) -> dict:
    """One exercise as data; what runs in the page is gathered in `code`, and named by the expressions returned."""
    module, arguments = declaration(exercise)
    source, conditions = known(module), _conditions(arguments)
    expressions = {"probes": arguments.get("probes"), "view": arguments.get("view")}
    expressions |= {f"condition {i}": part for i, part in enumerate(conditions)}
    data: dict[str, Any] = {"name": exercise.name, "shows": exercise.shows, "tolerance": exercise.tolerance}
    if "given" in arguments:
        given = _given(exercise, arguments, module)
        if isinstance(given, ast.expr):
            expressions["given"] = given
        else:
            data["given"] = given
    for part in expressions.values():
        if part is not None:
            code.follow(part, source, module)
    data |= {
        "module": module,
        "expressions": {name: ast.unparse(part) for name, part in expressions.items() if part is not None},
    }
    data |= {"conditions": list(exercise.conditions), "function": callable(exercise.solution)}
    pool = Pool()
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        if exercise.conditions:
            data["solution"] = [] if callable(exercise.solution) else [pool.place(encoded(exercise.solution))]
            data["wrong"] = []
        elif callable(exercise.solution):
            data["solution"] = [pool.place(_stored(one)) for one in exercise.right_outcomes()]
            data["wrong"] = [
                [message, [pool.place(_stored(one)) for one in found]]
                for message, found in exercise.wrong_outcomes()
            ]
        else:
            data["solution"] = [pool.place(encoded(exercise.solution))]
            data["wrong"] = [
                [message, [pool.place(encoded(one))]] for message, one in exercise.wrong_values()
            ]
    return data | {"outcomes": pool.stored}


class Pool:
    """Results, each stored once: mistakes are right on many probes, and alike on others."""

    def __init__(self) -> None:
        self.stored: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, result: Any) -> int:
        """Where a result, as JSON, stands among those stored."""
        key = json.dumps(result)
        if key not in self._places:
            self._places[key] = len(self.stored)
            self.stored.append(result)
        return self._places[key]


def _stored(outcome: Any) -> Any:
    try:
        return encoded(outcome)
    except Unstorable:  # a mistake's; nothing that an answer gives is equal to it
        return {"other": type(outcome).__name__}


def of_chapter(number: str, code: Gatherer) -> dict[str, Any]:
    """Every exercise of a chapter by its name: its data, or the reason why it is not in the page."""
    found = {e.name: e for e in exercises.EXERCISES.values() if e.question.startswith(f"{number}.")}
    reasons = {name: why for name, exercise in found.items() if (why := reason(exercise))}
    data = {name: exported(exercise, code) for name, exercise in found.items() if name not in reasons}
    return {"exercises": data, "reasons": reasons}
