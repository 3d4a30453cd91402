"""What Python has and MicroPython lacks, put where every module finds it.

`__list`, `__dict` and the like are what source.js writes in the place of words that MicroPython does not read.
"""

import builtins
import sys
from ordered import Keys, dict

_sorted, _range, _isinstance, _zip, _float = sorted, range, isinstance, zip, float
LONGEST = 10_000_000  # steps of a range; more would end in nothing but waiting


class NotInPage(BaseException):
    """Something that Python has, and this page has not."""


def missing(name):
    return NotInPage("`" + name + "` is not in the page; open this chapter in Colab.")


def _list(*parts):
    return list(parts)


def _tuple(*parts):
    return parts


def _set(*parts):
    return set(parts)


def _dict(*pairs):
    made = dict()
    for pair in pairs:
        if len(pair) == 1:
            for key in pair[0].keys():
                made[key] = pair[0][key]
        else:
            made[pair[0]] = pair[1]
    return made


def _step(of, start, stop, step):
    if not _isinstance(of, (str, tuple, bytes)):
        return of[start:stop:step]
    if step == 0:
        raise ValueError("slice step cannot be zero")
    places = list(_range(len(of)))[start:stop:step]
    parts = [of[i] for i in places]
    return (
        "".join(parts) if _isinstance(of, str) else bytes(parts) if _isinstance(of, bytes) else tuple(parts)
    )


def _turned(a, b):
    """Whether b, and not a, must answer: MicroPython asks numbers, tuples and sets alone."""
    return (hasattr(b, "is_floating_point") and not hasattr(a, "is_floating_point")) or (
        _isinstance(b, Keys) and not _isinstance(a, Keys)
    )


def _lt(a, b):
    return b > a if _turned(a, b) else a < b


def _le(a, b):
    return b >= a if _turned(a, b) else a <= b


def _gt(a, b):
    return b < a if _turned(a, b) else a > b


def _ge(a, b):
    return b <= a if _turned(a, b) else a >= b


SIGNS = {
    "*": ("__imul__", lambda a, b: a * b), "/": ("__itruediv__", lambda a, b: a / b), "//": ("__ifloordiv__", lambda a, b: a // b),
    "%": ("__imod__", lambda a, b: a % b), "**": ("__ipow__", lambda a, b: a**b), "@": ("__imatmul__", lambda a, b: a @ b),
    "&": ("__iand__", lambda a, b: a & b), "|": ("__ior__", lambda a, b: a | b), "^": ("__ixor__", lambda a, b: a ^ b),
}  # fmt: skip


def _inplace(sign, a, b):
    name, plain = SIGNS[sign]
    own = getattr(a, name, None) if hasattr(a, "is_floating_point") else None
    return plain(a, b) if own is None else own(b)


def _plain(value):
    """A tensor of one number as that number, so that it can be formatted."""
    return value.item() if hasattr(value, "is_floating_point") and value.ndim == 0 else value


def _to_float(*given):
    if not given or not hasattr(given[0], "item"):
        return _float(*given)
    return _float(given[0]._only() if hasattr(given[0], "_only") else given[0].item())


def isinstance(value, kinds):
    for kind in kinds if _isinstance(kinds, tuple) else (kinds,):
        test = getattr(kind, "_holds", None)
        if test is not None:
            if test(value):
                return True
        elif kind is range:
            if _isinstance(value, _range):
                return True
        elif kind is tuple and type(value).__name__ == "Size":
            return True
        elif _isinstance(value, kind) or (kind is int and _isinstance(value, bool)):
            return True
    return False


def range(*bounds):
    try:
        made = _range(*[int(bound) if hasattr(bound, "is_floating_point") else bound for bound in bounds])
        steps = len(made)
    except OverflowError:
        steps = LONGEST + 1
    if steps > LONGEST:
        raise missing("a range of more than ten million steps")
    return made


def _key(value):
    """What is compared: tensors of one number as that number, for MicroPython's own sorting knows no others."""
    if _isinstance(value, (tuple, list)):
        return type(value)([_key(part) for part in value])
    return _plain(value)


def sorted(values, *, key=None, reverse=False):
    """Stable, as Python's is."""
    values = list(values)
    n = len(values)
    order = [(_key(values[i] if key is None else key(values[i])), -i if reverse else i) for i in _range(n)]
    return [values[abs(place)] for _, place in _sorted(order, reverse=reverse)]


def _extreme(name, better, given, key, default):
    values = list(given[0] if len(given) == 1 else given)
    best, least, first = None, None, True
    if not values:
        if default is _none:
            raise ValueError(name + "() arg is an empty sequence")
        return default[0]
    for value in values:
        own = _key(value if key is None else key(value))
        if first or better(own, least):
            best, least, first = value, own, False
    return best


_none = object()


def min(*given, key=None, default=_none):
    return _extreme("min", _lt, given, key, default if default is _none else (default,))


def max(*given, key=None, default=_none):
    return _extreme("max", _gt, given, key, default if default is _none else (default,))


def zip(*parts, strict=False):
    if not strict:
        return _zip(*parts)
    return _zip_strictly([iter(part) for part in parts])


def _zip_strictly(parts):
    end = object()
    while True:
        row = [next(part, end) for part in parts]
        ended = [value is end for value in row]
        if all(ended):
            return
        if any(ended):
            place = ended.index(not ended[0])
            few = "shorter" if ended[place] else "longer"
            than = "argument 1" if place == 1 else "arguments 1-" + str(place)
            raise ValueError("zip() argument " + str(place + 1) + " is " + few + " than " + than)
        yield tuple(row)


def sum(values, start=0):
    total = start
    for value in values:
        if _isinstance(total, str):
            raise TypeError("sum() can't sum strings [use ''.join(seq) instead]")
        total = total + value
    return total


class _Key:
    def __getitem__(self, key):
        return key


def slice(*bounds):
    start, stop, step = (None, bounds[0], None) if len(bounds) == 1 else (list(bounds) + [None])[:3]
    return _Key()[start:stop:step]


def round(number, digits=None):
    number = _plain(number)
    if digits is None or not _isinstance(number, _float) or not 0 <= digits < 16 or number - number != 0:
        return _round(number) if digits is None else _round(number, digits)
    return _float(("{:." + str(digits) + "f}").format(number))


def exit(code=None):
    raise SystemExit(code)


_round = builtins.round
for _name in dir(builtins):  # names put there are looked up by their hash, those built in one after the other
    setattr(builtins, _name, getattr(builtins, _name))
for _name in (
    "dict",
    "isinstance",
    "range",
    "sorted",
    "min",
    "max",
    "zip",
    "sum",
    "round",
    "exit",
    "slice",
):
    setattr(builtins, _name, globals()[_name])
for _name in ("list", "tuple", "set", "dict", "step", "lt", "le", "gt", "ge", "plain", "inplace"):
    setattr(builtins, "__" + _name, globals()["_" + _name])
setattr(builtins, "__dict_of", dict)
setattr(builtins, "__float", _to_float)
setattr(builtins, "quit", exit)
sys.modules["__future__"] = sys.modules["written"]
annotations = None

import expressions  # they take from here
import mathematics

sys.modules["math"], sys.modules["re"] = mathematics, expressions
