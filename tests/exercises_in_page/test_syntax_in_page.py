"""What the page says of a line that is no Python: the line to mend, and what is wrong with it, in Python's words."""

import importlib.util
from pathlib import Path

import interpreter
import pytest

PATH = Path(__file__).parents[2] / "page/python/lib/syntax.py"
spec = importlib.util.spec_from_file_location("syntax_in_page", PATH)
assert spec
assert spec.loader
syntax = importlib.util.module_from_spec(spec)
spec.loader.exec_module(syntax)

# text, the line that MicroPython names, the line to mend, words
FAULTS = [
    ("def f(x)\n    return x", 1, 1, "expected ':'"),
    ("for x in range(3)  # :\n    pass", 1, 1, "expected ':'"),
    ("def f(x):\nreturn x", 2, 2, "expected an indented block after"),
    ("def f(x):\n    y = (x + 1\n    return y", 3, 2, "'(' was never closed"),
    ("y = x + 1)", 1, 1, "unmatched ')'"),
    ("x = 'abc", 1, 1, "unterminated string literal"),
    ("if x = 1:\n    pass", 1, 1, "invalid syntax. Maybe you meant '==' "),
]
OURS = [
    ("def f(x):\n    Return x", 2, 2, "`Return` begins with a capital letter"),
    ("def f():\n    y = 1\n  return y", 2, 3, "unindent does not match any outer indentation level"),
    ("x = [1,\n     2 3]\ny = (1)", 2, 2, "invalid syntax"),
    ('x = """It\'s\nfine"""\ny = 1 2', 3, 3, "invalid syntax"),
]


def said(text, number, words="invalid syntax"):
    return syntax.told(text.split("\n"), number, "unindent" if "\n  return" in text else words)


@pytest.mark.parametrize(("text", "named", "line", "words"), [*FAULTS, *OURS])
def test_the_line_to_mend_is_named_with_what_is_wrong(text, named, line, words):
    number, found = said(text, named)
    assert (number, found[: len(words)]) == (line, words)


@pytest.mark.parametrize(("text", "named", "line", "words"), FAULTS)
def test_the_words_are_those_of_python(text, named, line, words):
    with pytest.raises(SyntaxError) as caught:
        compile(text, "answer.py", "exec")
    assert caught.value.lineno == line
    assert caught.value.msg.startswith(words)


def test_the_pages_interpreter_reads_the_rules():
    code = "import syntax\nprint(syntax.told(['def f(x)', '    return x'], 1, 'invalid syntax'))"
    assert interpreter.run([code])[0]["printed"].strip() == "(1, \"expected ':'\")"
