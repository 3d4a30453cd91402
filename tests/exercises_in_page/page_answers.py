"""Every known answer as text that a page can run: the solution, each usual mistake, what each condition refuses."""

from __future__ import annotations

import ast

from tools import page_exercises, page_stubs
from tools.page_code import Gatherer, library
from transformer_lib.exercises import EXERCISES
from transformer_lib.exercises.checking import Exercise

EITHER = "class Either(tuple):\n    pass\ndef either(*wrong):\n    return Either(wrong)\n"


def expressions(exercise: Exercise) -> list[ast.expr]:
    """The solution, then every value of the mistakes and of the conditions, as they are written."""
    _, arguments = page_exercises._module_of(exercise)
    wrong = list(arguments["mistakes"].values) if "mistakes" in arguments else []
    refused = [pair.elts[1] for pair in arguments["conditions"].values] if "conditions" in arguments else []
    return [arguments["solution"], *wrong, *refused]


def of_chapter(number: str, notebook: dict) -> tuple[dict, list[dict]]:
    """A chapter's data with the answers' code in its modules, and a job for each answer with the line it should get."""
    data, code, jobs = page_stubs.of_notebook(notebook, number), Gatherer(), []
    page_stubs.prelude(notebook, code)
    ends: dict[str, str] = {}
    for name in data["exercises"]:
        exercise = EXERCISES[name]
        module, _ = page_exercises._module_of(exercise)
        source = library(module)
        source.imports.pop("either", None)  # ours stands in the text
        found = expressions(exercise)
        page_exercises.exported(exercise, code)
        for part in found:
            code.follow(part, source, module)
        own = f"ANSWERS_{len(jobs)}"
        ends[source.path] = (
            ends.get(source.path, EITHER) + f"{own} = [{', '.join(map(ast.unparse, found))}]\n"
        )
        values = [
            exercise.solution,
            *exercise.mistakes.values(),
            *(wrong for _, wrong in exercise.conditions.values()),
        ]
        for i, value in enumerate(values):
            for k, one in enumerate(value if type(value).__name__ == "Either" else [value]):
                place = f"[{k}]" if type(value).__name__ == "Either" else ""
                jobs.append({
                    "chapter": number, "name": name, "text": f"import {module} as m\n",
                    "answer": f"m.{own}[{i}]{place}", "want": exercise.verdict(one),
                })  # fmt: skip
    data["modules"] |= code.texts()
    for path, end in ends.items():
        data["modules"][path] += end
    return data, jobs
