"""What can be told of an answer in a page: the line that raised, in Python's words, and whether a stub is untouched."""

import io
import sys

import syntax
import written

FILE = 'File "answer.py", line '
lines = []  # of the reader's code
untouched = []  # names of functions in it that do nothing
needed = {}  # of each of its functions, the arguments that it cannot do without
absent = []  # names that the chapter made, and the page has not
KINDS = {
    "closure": "function",
    "generator": "function",
    "bound_method": "method",
    "": "ellipsis",
    "OrderedDict": "dict",
}
SIGNS = {
    "__add__": "+", "__sub__": "-", "__mul__": "*", "__truediv__": "/", "__floordiv__": "//", "__mod__": "%",
    "__pow__": "** or pow()", "__matmul__": "@", "__and__": "&", "__or__": "|", "__xor__": "^", "__lshift__": "<<",
    "__rshift__": ">>", "__iadd__": "+=", "__isub__": "-=", "__imul__": "*=", "__itruediv__": "/=", "__imatmul__": "@=",
}  # fmt: skip
COMPARED = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
UNARY = {"__neg__": "unary -", "__pos__": "unary +", "__invert__": "unary ~", "__abs__": "abs()"}
SAID = (
    ("isn't defined", "is not defined"), ("isn't subscriptable", "is not subscriptable"), ("isn't callable", "is not callable"),
    ("isn't iterable", "is not iterable"), ("isn't an iterator", "is not an iterator"),
    ("doesn't support item assignment", "does not support item assignment"),
    ("divide by zero", "division by zero"), ("no module named", "No module named"),
    ("invalid syntax for integer with base 10", "invalid literal for int() with base 10"),
    ("indices must be integers, not", "indices must be integers or slices, not"),
)  # fmt: skip


def type_name(value):
    name = type(value).__name__
    return name if name == "generator" and not callable(value) else KINDS.get(name, name)


def kind(error):
    name, said = type(error).__name__, str(error)
    if name == "RuntimeError" and said[:23] == "maximum recursion depth":
        return "RecursionError"
    if name == "NameError" and said[:14] == "local variable":
        return "UnboundLocalError"
    if name == "ImportError" and said[:9] == "no module":
        return "ModuleNotFoundError"
    return {"JsException": "RuntimeError"}.get(name, name)


def _quoted(said):
    """The words that stand in quotes."""
    return [KINDS.get(part, part) for part in said.split("'")[1::2]]


def _operands(said):
    """Python's words for operands that do not fit."""
    sign = said.split("for ", 1)[1].split(":", 1)[0]
    kinds = _quoted(said)
    if sign in UNARY:
        return "bad operand type for " + UNARY[sign] + ": '" + kinds[0] + "'"
    if len(kinds) < 2:
        return said
    if sign in COMPARED:
        return "'%s' not supported between instances of '%s' and '%s'" % (COMPARED[sign], kinds[0], kinds[1])
    if sign == "__add__" and kinds[0] in ("str", "list", "tuple"):
        quote = '"' if kinds[0] == "str" else '"'
        return "can only concatenate %s (not %s%s%s) to %s" % (kinds[0], quote, kinds[1], quote, kinds[0])
    if sign == "__mul__" and kinds[0] in ("str", "list", "tuple"):
        return "can't multiply sequence by non-int of type '%s'" % kinds[1]
    return "unsupported operand type(s) for %s: '%s' and '%s'" % (SIGNS.get(sign, sign), kinds[0], kinds[1])


def _arguments(said):
    """1 argument, 2 arguments; was, were."""
    name, rest = said.split("() takes ", 1)
    wanted, given = rest.split(" positional arguments but ", 1)
    many, got = int(wanted), int(given.split(" ")[0])
    if got < many and len(needed.get(name, ())) == many:
        return _lacking(name, ["'" + one + "'" for one in needed[name][got:]])
    return "%s() takes %d positional argument%s but %d %s given" % (
        name, many, "" if many == 1 else "s", got, "was" if got == 1 else "were")  # fmt: skip


def _lacking(name, names):
    last = "" if len(names) == 1 else (", and " if len(names) > 2 else " and ") + names.pop()
    many = len(names) + (1 if last else 0)
    return "%s() missing %d required positional argument%s: %s%s" % (
        name, many, "" if many == 1 else "s", ", ".join(names), last)  # fmt: skip


def said(error):
    if isinstance(error, KeyError):
        return repr(error.args[0]) if error.args else ""
    if isinstance(error, MemoryError):
        return ""
    words = str(error)
    if words[:16] == "unsupported type":
        return _operands(words)
    if isinstance(error, TypeError) and "() takes " in words and " positional arguments but " in words:
        return _arguments(words)
    for theirs, ours in SAID:
        words = words.replace(theirs, ours)
    return words.strip()


def _missing(error):
    """Names that there are, and in a page are not: raises in their place."""
    words = str(error)
    if isinstance(error, ImportError):
        raise written.missing(words.split("'")[1] if "'" in words else words.split(" ")[-1])
    if isinstance(error, NameError) and "'" in words and words.split("'")[1] in absent:
        raise written.missing(words.split("'")[1])


def line_of(error):
    """The number of the reader's line that was last at work, None if none was."""
    out = io.StringIO()
    sys.print_exception(error, out)
    places = out.getvalue().split(FILE)[1:]
    return int(places[-1].split(",")[0].split("\n")[0]) if places else None


def where(error):
    _missing(error)
    first = (said(error).split("\n") or [""])[0]
    number = line_of(error)
    if isinstance(error, SyntaxError) and number is not None and 0 < number <= len(lines):
        number, first = syntax.told(lines, number, first)
    words = (kind(error) + ": " + first[:200]).rstrip(": ")
    if number is None:
        return words
    source = lines[number - 1].strip()[:80] if 0 < number <= len(lines) else ""
    shown = ", `" + source + "`," if source else ""
    return "Line " + str(number) + " of your code" + shown + " raises " + words


def does_nothing(function):
    return callable(function) and getattr(function, "__name__", None) in untouched
