"""Every answer gets the same line in a page as in a notebook: known ones, right and wrong, and unusual ones."""

import contextlib
import io
import linecache
import warnings

import interpreter
import pytest
import unusual_answers

from tools import page_exercises, page_stubs
from transformer_lib import exercises
from transformer_lib.exercises import EXERCISES

CHAPTERS = sorted(path.name[:2] for path in (interpreter.ROOT / "book").glob("0[1-9]-*.ipynb"))
LEAST = 0.8  # of all exercises of the book are done in the page


@pytest.mark.parametrize("number", CHAPTERS)
def test_every_known_answer_gets_the_line_that_a_notebook_prints(number):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data, jobs = interpreter.chapter(number)
    said = interpreter.answers(jobs, {number: data})
    differ = [
        (j["name"], j["answer"], j["want"], a["line"])
        for j, a in zip(jobs, said, strict=True)
        if a["line"] != j["want"]
    ]
    assert jobs
    assert differ == []


@pytest.mark.parametrize("name", unusual_answers.ANSWERS)
def test_unusual_answers_get_the_line_that_a_notebook_prints(name):
    number = EXERCISES[name].question[:2]
    notebook = interpreter.notebook(number)
    data = page_stubs.of_notebook(notebook, number)
    [stub] = [stub for stub in page_stubs.stubs(notebook) if stub.name == name]
    texts = unusual_answers.ANSWERS[name]
    jobs = [{"chapter": number, "name": name, "text": text, "answer": stub.answer} for text in texts]
    said = interpreter.answers(jobs, {number: data})
    for i, (text, answer) in enumerate(zip(texts, said, strict=True)):
        assert answer["line"] == in_notebook(name, text, stub.answer, data["prelude"], f"<answer {i}>"), text


def in_notebook(name, text, answer, prelude, file):
    space = {"exercises": exercises}
    for line in prelude:
        if "set_printoptions" not in line:
            exec(line, space)
    linecache.cache[file] = (len(text), None, [line + "\n" for line in text.splitlines()], file)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, file, "exec"), space)
        return EXERCISES[name].verdict(eval(answer, space))


def test_four_of_five_exercises_are_done_in_the_page_and_the_others_say_why():
    stubs = [
        (number, stub.name) for number in CHAPTERS for stub in page_stubs.stubs(interpreter.notebook(number))
    ]
    reasons = {name: page_exercises.reason(EXERCISES[name]) for _, name in stubs}
    here = [name for name, why in reasons.items() if why is None]
    assert len(here) >= LEAST * len(reasons)
    assert all(why.endswith(".") for why in reasons.values() if why is not None)


# Answers that no notebook could print a line about.
STOPPED = {
    "while True:\n    pass": "Stopped after",
    "n = 0\nwhile n < 1:\n    n *= 2": "Stopped after",
    "def f():\n    for i in iter(int, 1):\n        pass\nf()": "Not yet.",
    "from itertools import count\nfor i in count():\n    pass": "Stopped after",
    "def f(n):\n    return 1 if n < 2 else f(n - 1) + f(n - 2)\nf(60)": "Stopped after",
    "x = [0] * 10**9": "MemoryError",
    "x = []\nwhile True:\n    x += x or [1]": "Not yet.",  # out of memory or of time
    "torch.zeros(10**5, 10**5)": "too large for a page",
    "torch.zeros(2500, 2500) @ torch.zeros(2500, 2500)": "too large for a page",
    "list(range(10**10))": "is not in the page",
    "def f(:\n    pass": "Line 1 of your code",
    "x = (1,\ny = 2": "SyntaxError",
    "if True:\nprint(1)": "Line 2 of your code",
    "match 3:\n    case 3:\n        pass": "`match` is not in the page",
    "import numpy as np\nnp.exp(1)": "`numpy.exp` is not in the page",
    "import pandas": "`pandas` is not in the page",
    "torch.einsum('i', torch.ones(2))": "`torch.einsum` is not in the page",
    "torch.ones(2).requires_grad_()": "autograd",
    "torch.ones(2, requires_grad=True)": "autograd",
    "torch.nn.Linear(2, 3)": "`torch.nn.Linear` is not in the page",
    "load_translator()": "`load_translator` is not in the page",
    "from transformer_lib import Transformer": "Transformer` is not in the page",
    "my_step = 3": "Not yet. A function is wanted",
    "x = 1": "Keep the name my_step",
    "import js\njs.document.title = 'mine'": "raises",
}  # fmt: skip


def test_what_never_ends_or_is_not_there_ends_with_a_line():
    number = "08"
    data = page_stubs.of_notebook(interpreter.notebook(number), number)
    job = {"chapter": number, "name": "decode with a cache", "answer": "my_step", "within": 300}
    said = interpreter.answers([job | {"text": text} for text in STOPPED], {number: data})
    lines = {text: answer["line"] for text, answer in zip(STOPPED, said, strict=True)}
    assert {text: line for text, line in lines.items() if STOPPED[text] not in line} == {}
    assert all(line.startswith("Not yet. ") and "\n" not in line for line in lines.values())
    assert max(answer["milliseconds"] for answer in said) < 20_000


def test_what_is_printed_is_shown_up_to_a_limit_and_with_the_last_line_that_has_no_end():
    number = "08"
    data = page_stubs.of_notebook(interpreter.notebook(number), number)
    texts = [
        "print('a', 'b', sep='|')\nprint('<i>no markup</i>', end='')",
        "for i in range(20000):\n    print('x' * 9)",
    ]
    job = {"chapter": number, "name": "temperature", "answer": "3"}
    few, many = interpreter.answers([job | {"text": text} for text in texts], {number: data})
    assert few["printed"] == "a|b\n<i>no markup</i>"
    assert 10_000 < len(many["printed"]) < 25_000
    assert many["printed"].endswith("…\n")
