"""The exercises of a chapter, as they were stored when the book was built."""

import json
import sys

import _page
import torch
from torch import _ops
from torch._tensor import wrap
from transformer_lib.exercises import judging
from transformer_lib.exercises.judging import Raised

EXERCISES = {}


class Other:
    """A result of a kind that no answer can have."""


def _number(value):
    return float(value["float"]) if hasattr(value, "items") else value


def decoded(value):
    """What `encoded` in tools/page_exercises.py made into JSON."""
    if isinstance(value, list):
        return [decoded(part) for part in value]
    if not hasattr(value, "items"):
        return value
    [(kind, inner)] = list(value.items())
    if kind == "tensor":
        name, dims, numbers = inner
        return wrap(_ops.of_numbers([_number(x) for x in numbers], dims, _ops.DTYPES[name]))
    if kind == "raised":
        return Raised(*inner)
    if kind == "tuple":
        return tuple([decoded(part) for part in inner])
    if kind == "set":
        return set([decoded(part) for part in inner])
    if kind == "dict":
        return dict([(decoded(key), decoded(part)) for key, part in inner])
    return _number(value) if kind == "float" else Other()


class Stored:
    """Results, each read when it is looked at."""

    def __init__(self, name, row, count):
        self._found = [None] * count
        self._from = (name, row)

    def __iter__(self):
        for i in range(len(self._found)):
            yield self[i]

    def __len__(self):
        return len(self._found)

    def __getitem__(self, i):
        if self._found[i] is None:
            self._found[i] = (decoded(json.loads(_page.outcome(self._from[0], self._from[1], i))),)
        return self._found[i][0]


def _itself(result):
    return result


class Exported:
    """An exercise whose solution and mistakes are stored results."""

    def __init__(self, name):
        data = json.loads(_page.exercise(name))
        self._name, self._data = name, data
        self.shows, self.tolerance, self.messages = data["shows"], data["tolerance"], data["messages"]
        made = _made(data)
        self.probes, self.view = made.get("probes", list), made.get("view", _itself)
        self.given = made.get("given")
        if "given" in data:
            self.given = lambda: decoded(json.loads(_page.given(name)))
        holds = [made["condition " + str(i)] for i in range(len(data["conditions"]))]
        self.conditions = dict(list(zip(data["conditions"], [(one, None) for one in holds])))
        self.solution = len if data["function"] else None
        if not data["function"]:
            self.solution = Stored(name, -1, 1)[0]

    def right_outcomes(self):
        return Stored(self._name, -1, self._data["probes"])

    def wrong_outcomes(self):
        for row, message in enumerate(self.messages):
            yield message, Stored(self._name, row, self._data["probes"])

    def wrong_values(self):
        for row, message in enumerate(self.messages):
            yield message, Stored(self._name, row, 1)[0]


def _made(data):
    """The functions that came along as text, in the module that they were written in."""
    names = [name for name in data["expressions"]]
    module = data["module"]
    __import__(module)
    space = sys.modules[module].__dict__
    return dict([(name, eval(_page.readable(data["expressions"][name]), space)) for name in names])


def find(name):
    if name not in EXERCISES:
        EXERCISES[name] = Exported(name)
    return EXERCISES[name]


def verdict(name, answer):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return judging.verdict(find(name), answer)


def check(name, answer):
    print(verdict(name, answer))


def given(name):
    start = find(name).given
    if start is None:
        raise ValueError("the exercise " + repr(name) + " starts from nothing that could be given")
    return start()
