"""Tensors as text, as torch shows them."""

import math

from torch import _ops


class Options:
    precision, threshold, edgeitems, linewidth, sci_mode = 4, 1000, 3, 80, None


def set_printoptions(
    precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None
):
    Options.precision = Options.precision if precision is None else precision
    Options.threshold = Options.threshold if threshold is None else threshold
    Options.edgeitems = Options.edgeitems if edgeitems is None else edgeitems
    Options.linewidth = Options.linewidth if linewidth is None else linewidth
    Options.sci_mode = sci_mode


def _form(value, kind):
    return ("{:." + str(Options.precision) + kind + "}").format(value)


class Formatter:
    def __init__(self, numbers, floating):
        self.floating, self.whole, self.scientific, self.width = floating, True, False, 1
        if not floating:
            self.width = max([1] + [len(str(value)) for value in numbers])
            return
        finite = [value for value in numbers if value != 0 and value - value == 0]
        if not finite:
            return
        sizes = [abs(value) for value in finite]
        least, most = min(sizes), max(sizes)
        self.whole = all([value == math.ceil(value) for value in finite])
        self.scientific = most / least > 1000.0 or most > 1.0e8 or (not self.whole and least < 1.0e-4)
        if Options.sci_mode is not None:
            self.scientific = Options.sci_mode
        if self.scientific:
            lengths = [len(_form(value, "e")) for value in finite]
        elif self.whole:
            lengths = [len("{:.0f}".format(value)) + 1 for value in finite]
        else:
            lengths = [len(_form(value, "f")) for value in finite]
        self.width = max(lengths)

    def __call__(self, value):
        if not self.floating:
            said = str(value)
        elif value - value != 0:
            said = "nan" if value != value else "inf" if value > 0 else "-inf"
        elif self.scientific:
            said = _form(value, "e")
        elif self.whole:
            said = "{:.0f}.".format(value)
        else:
            said = _form(value, "f")
        return " " * (self.width - len(said)) + said


def _places(n, short):
    """Which of n stand there, None for those left out."""
    edge = Options.edgeitems
    if short and n > 2 * edge:
        return list(range(edge)) + [None] + list(range(n - edge, n))
    return list(range(n))


def _row(numbers, start, n, indent, form, short):
    parts = [" ..." if i is None else form(numbers[start + i]) for i in _places(n, short)]
    per_line = max(1, int((Options.linewidth - indent) // (form.width + 2)))
    lines = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)] or [""]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _block(numbers, start, dims, indent, form, short):
    if not dims:
        return form(numbers[start])
    if len(dims) == 1:
        return _row(numbers, start, dims[0], indent, form, short)
    inner = _ops.product(dims[1:])
    parts = [
        "..." if i is None else _block(numbers, start + i * inner, dims[1:], indent + 1, form, short)
        for i in _places(dims[0], short)
    ]
    return "[" + ("," + "\n" * (len(dims) - 1) + " " * (indent + 1)).join(parts) + "]"


def _shown(numbers, start, dims, short):
    """The numbers that stand there in the end: they alone decide the form."""
    if not dims:
        return [numbers[start]]
    inner = _ops.product(dims[1:])
    found = []
    for i in _places(dims[0], short):
        if i is not None:
            found += _shown(numbers, start + i * inner, dims[1:], short)
    return found


def shown(tensor):
    numbers, dims, kind = _ops.numbers_of(tensor), tensor._dims, tensor.dtype
    suffixes = []
    if not numbers:
        if len(dims) != 1:
            suffixes.append("size=" + str(tuple(dims)))
        if kind is not _ops.FLOAT:
            suffixes.append("dtype=" + repr(kind))
        body = "[]"
    else:
        if kind is _ops.DOUBLE:
            suffixes.append("dtype=torch.float64")
        short = len(numbers) > Options.threshold
        form = Formatter(_shown(numbers, 0, dims, short), kind.is_floating_point)
        body = _block(numbers, 0, dims, len("tensor("), form, short)
    text = "tensor(" + body
    last = len(text) - text.rfind("\n") - 1
    for suffix in suffixes:
        if last + len(suffix) + 2 > Options.linewidth:
            text += ",\n" + " " * len("tensor(") + suffix
            last = len("tensor(") + len(suffix)
        else:
            text += ", " + suffix
            last += len(suffix) + 2
    return text + ")"
