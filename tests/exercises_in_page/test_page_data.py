"""What the build writes for pages: code taken out of the library, results as data, what a chapter made before its exercises."""

import ast
import math

import interpreter
import page_answers
import pytest
import torch

from tools import page_code, page_exercises, page_stubs
from transformer_lib.exercises import EXERCISES
from transformer_lib.exercises.checking import Raised

ELSEWHERE = {"gradient per state", "gradient by depth", "the row that decides"}  # not done in the page
LEAST = 0.8  # of all exercises of the book are


def names(text):
    return sorted(set(page_code.names_in(ast.parse(text))), key=str)


def test_names_that_come_from_outside_are_found_and_own_ones_are_not():
    assert names("def f(x, k=g):\n    y = x\n    return [h(i, y) for i in a.b]") == [
        ("a", "b"), ("g", None), ("h", None),
    ]  # fmt: skip
    assert names("lambda q: softmax(q)") == [("softmax", None)]


def test_docstrings_and_annotations_stay_behind():
    source = page_code.Source(
        'def f(x: int) -> int:\n    """What it does."""\n    y: int = x\n    return y\n'
    )
    assert ast.unparse(source.of("f")[0]) == "def f(x):\n    y = x\n    return y"


def test_code_is_followed_through_modules_and_nothing_else_comes_along():
    code = page_code.Gatherer()
    assert code.need("transformer_lib.model.positions", "sinusoidal_positions")
    assert not code.need("transformer_lib.model.positions", "no_such_name")
    texts = code.texts()
    assert "def sinusoidal_positions" in texts["transformer_lib/model/positions.py"]
    assert "transformer_lib/model/attention.py" not in texts
    assert code.outside >= {"torch"}
    for path, text in texts.items():
        compile(text, path, "exec")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (1 / 3, 0.333333),
        (math.inf, {"float": "inf"}),
        (True, True),
        ((1, "a"), {"tuple": [1, "a"]}),
        ({"a": 2}, {"dict": [["a", 2]]}),
        (torch.tensor([[1, 2]]), {"tensor": ["int64", [1, 2], [1, 2]]}),
        (torch.tensor([0.5]), {"tensor": ["float32", [1], [0.5]]}),
        (Raised("ValueError", "x"), {"raised": ["ValueError", "x"]}),
    ],
)
def test_results_become_data(value, stored):
    assert page_exercises.encoded(value) == stored


def test_a_result_without_a_form_is_refused():
    with pytest.raises(page_exercises.Unstorable, match="object"):
        page_exercises.encoded(object())


def test_a_result_is_stored_once():
    pool = page_exercises.Pool()
    assert [pool.place(one) for one in (0.5, [1, 2], 0.5, True, 1)] == [0, 1, 0, 2, 3]
    assert pool.stored == [0.5, [1, 2], True, 1]


def test_four_of_five_exercises_are_done_in_the_page_and_the_others_say_why():
    found = [
        stub.name
        for number in page_answers.chapters()
        for stub in page_stubs.stubs(page_answers.notebook(number))
    ]
    reasons = {name: why for name in found if (why := page_exercises.reason(EXERCISES[name]))}
    assert reasons.keys() == ELSEWHERE
    assert len(reasons) <= (1 - LEAST) * len(found)
    assert all(why.endswith(".") for why in reasons.values())


def cell(kind, source, name="c", **metadata):
    return {"cell_type": kind, "id": name, "source": [source], "metadata": metadata}


NOTEBOOK = {
    "cells": [
        cell(
            "code",
            "import torch\nimport pandas\nSIZE = 3\ndef helper(x):\n    return x * SIZE\nbig = torch.randn(9)",
        ),
        cell("code", "%pip install x"),
        cell("markdown", "## Exercises\nUse `helper` on `big`."),
        cell("code", 'my_answer = ...\nexercises.check("a", my_answer)', "stub"),
        cell("code", 'x = pandas\nexercises.check("a", 3)', "solution", tags=["hide-cell"]),
    ]
}


def test_a_stub_ends_before_its_check_and_solutions_are_none():
    [stub] = page_stubs.stubs(NOTEBOOK)
    assert stub == page_stubs.Stub("stub", "a", "my_answer = ...", "my_answer")


def test_a_page_has_what_a_chapter_made_as_far_as_it_can():
    made = page_stubs.prelude(NOTEBOOK, page_code.Gatherer())
    assert made["prelude"] == ["import torch as torch", "SIZE = 3", "def helper(x):\n    return x * SIZE"]
    assert made["absent"] == ["pandas"]


def test_the_names_of_torch_that_a_page_can_miss_are_those_that_torch_has():
    code = "from torch import _names\nprint(*_names.OF_TORCH)\nprint(*_names.OF_TENSORS)"
    [said] = interpreter.run([code])
    of_torch, of_tensors = (set(line.split()) for line in said["printed"].splitlines())
    public = {name for name in dir(torch.Tensor) if not name.startswith("_")}
    assert of_tensors - public == set()
    assert public - of_tensors == set()
    assert {name for name in of_torch if not hasattr(torch, name)} == set()
    assert {"einsum", "compile", "vmap"} <= of_torch
