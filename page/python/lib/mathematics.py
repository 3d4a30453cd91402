"""math: what MicroPython has, which takes tensors of one number as well, and what it lacks."""

import math as _math

from written import missing


def _plain(value):
    return value.item() if hasattr(value, "is_floating_point") else value


def _open(function):
    return lambda *given: function(*[_plain(value) for value in given])


for _name in dir(_math):
    if _name[:2] != "__":
        _value = getattr(_math, _name)
        globals()[_name] = _open(_value) if callable(_value) else _value


def _whole(function):
    return lambda value: int(function(_plain(value)))


floor, ceil, trunc = _whole(_math.floor), _whole(_math.ceil), _whole(_math.trunc)


def log(value, base=None):
    value = _plain(value)
    return _math.log(value) if base is None else _math.log(value) / _math.log(base)


def prod(values, *, start=1):
    for value in values:
        start = start * value
    return start


def fsum(values):
    return float(sum(values))


def comb(n, k):
    return 0 if k > n else factorial(n) // (factorial(k) * factorial(n - k))


def perm(n, k=None):
    return factorial(n) // factorial(n - (n if k is None else k))


def gcd(*numbers):
    found = 0
    for number in numbers:
        while number:
            found, number = number, found % number
    return abs(found)


def isqrt(n):
    root = int(_math.sqrt(n))
    while root * root > n:
        root -= 1
    while (root + 1) * (root + 1) <= n:
        root += 1
    return root


def hypot(*sides):
    return _math.sqrt(sum([side * side for side in sides]))


def dist(p, q):
    return hypot(*[a - b for a, b in zip(p, q)])


def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    a, b = _plain(a), _plain(b)
    return a == b or abs(a - b) <= max(rel_tol * max(abs(a), abs(b)), abs_tol)


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("math." + name)
