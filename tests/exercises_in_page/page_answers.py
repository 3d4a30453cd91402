"""Answers as jobs for a page: known ones as the library declares them, unusual ones, solutions and stubs of notebooks.

Each job has the line that it should get. What the build wrote for a chapter is tried as it stands; beside its code the
library's wrong answers are put in, which no reader is sent.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import unusual_answers
from thorough import enough

from tools import page_exercises, page_stubs
from tools.page_code import Gatherer, known
from transformer_lib import exercises
from transformer_lib.exercises import EXERCISES
from transformer_lib.exercises.checking import Either, Exercise

ROOT = Path(__file__).parents[2]
NO_CLOCK = 120_000  # milliseconds; a busy machine must not stop an answer


@cache
def notebook(number: str) -> dict:
    [path] = (ROOT / "book").glob(f"{number}-*.ipynb")
    return json.loads(path.read_text("utf-8"))


def chapters() -> list[str]:
    return sorted(
        path.name[:2] for path in (ROOT / "book").glob("[0-9][0-9]-*.ipynb") if path.name[:2] > "00"
    )


def built(script: str) -> dict:
    """What the build wrote for a chapter."""
    return json.loads(script[script.index("{") : script.rindex("}") + 1])


def written(number: str, data: dict) -> str:
    """The same as a script for a page."""
    return f"AttentionPython.register({json.dumps(number)},{json.dumps(data)});"


def _expressions(arguments: dict[str, Any]) -> list[ast.expr]:
    """The solution, then every value of the mistakes and of the conditions, as they are written."""
    wrong = list(arguments["mistakes"].values) if "mistakes" in arguments else []
    refused = [pair.elts[1] for pair in arguments["conditions"].values] if "conditions" in arguments else []
    return [arguments["solution"], *wrong, *refused]


def _lines(exercise: Exercise) -> list[tuple[str, str]]:
    """Where each answer stands among the expressions, and its line: tests/test_exercises.py holds Python to them."""
    found = [("[0]", f"Right. {exercise.shows}")]
    wrong = [*exercise.mistakes.items(), *((words, one) for words, (_, one) in exercise.conditions.items())]
    for i, (words, one) in enumerate(wrong, 1):
        places = [f"[{i}][{k}]" for k in range(len(one))] if isinstance(one, Either) else [f"[{i}]"]
        found += [(place, f"Not yet. {words}") for place in places]
    return found


def known_ones(number: str, data: dict) -> tuple[dict, list[dict]]:
    """The data with the code of all known answers, and a job for each."""
    code, jobs, ends = Gatherer(), [], {}
    page_stubs.prelude(notebook(number), code)
    for name in data["exercises"]:
        exercise = EXERCISES[name]
        module, arguments = page_exercises.declaration(exercise)
        source = known(module)
        for part, node in arguments.items():
            if part != "given" or "given" in data["exercises"][name]["expressions"]:  # else a model made it
                code.follow(node, source, module)
        own = f"ANSWERS_{len(jobs)}"
        texts = ", ".join(map(ast.unparse, _expressions(arguments)))
        ends[source.path] = ends.get(source.path, "") + f"{own} = [{texts}]\n"
        jobs += [
            {"name": name, "text": f"import {module} as m\n", "answer": f"m.{own}{place}", "want": want}
            for place, want in _lines(exercise)
        ]
    modules = data["modules"] | code.texts()
    return data | {"modules": modules | {path: modules[path] + end for path, end in ends.items()}}, jobs


def unusual_ones(number: str, data: dict) -> list[dict]:
    """Texts of readers, and stubs as they stand: their lines as a notebook prints them. Half of them, unless thorough."""
    jobs = []
    for stub in page_stubs.stubs(notebook(number)):
        if stub.name not in data["exercises"]:
            continue
        for i, text in enough(list(enumerate([stub.text, *unusual_answers.ANSWERS.get(stub.name, [])])), 2):
            want = in_notebook(stub.name, text, stub.answer, data["prelude"], f"<{stub.name} {i}>")
            jobs.append({"name": stub.name, "text": text, "answer": stub.answer, "want": want})
    return jobs


def in_notebook(name: str, text: str, answer: str, prelude: list[str], file: str) -> str:
    space = {"exercises": exercises}
    for line in prelude:
        if "set_printoptions" not in line:
            exec(line, space)
    linecache.cache[file] = (len(text), None, [line + "\n" for line in text.splitlines()], file)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, file, "exec"), space)
        return EXERCISES[name].verdict(eval(answer, space))


def solutions(number: str, data: dict) -> list[dict]:
    """What notebooks have as solutions, under the name of the stub's answer."""
    first = {stub.name: stub for stub in page_stubs.stubs(notebook(number))}
    jobs = []
    for cell in notebook(number)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or "hide-cell" not in cell["metadata"].get("tags", []):
            continue
        for node in ast.parse(source).body if "exercises.check(" in source else []:
            if (checked := page_stubs.checked(node)) is None or checked[0] not in data["exercises"]:
                continue
            name, answer = checked
            begun = map(ast.unparse, ast.parse(first[name].text).body)
            begun = [statement for statement in begun if "exercises.given(" in statement]
            text = "\n".join([*begun, *source.splitlines()[: node.lineno - 1]])
            want = f"Right. {EXERCISES[name].shows}"
            jobs.append({"name": name, "text": text, "answer": ast.unparse(answer), "want": want})
    return jobs
