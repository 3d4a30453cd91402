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
    """Results, each read when it is looked at first."""

    def __init__(self, of, places):
        self._of, self._places = of, places

    def __iter__(self):
        for place in self._places:
            yield self._of.outcome(place)

    def __len__(self):
        return len(self._places)

    def __getitem__(self, i):
        return self._of.outcome(self._places[i])


def _itself(result):
    return result


class Exported:
    """An exercise whose solution and mistakes are stored results."""

    def __init__(self, name):
        data = json.loads(_page.exercise(name))
        self._name, self._right, self._wrong, self._read = name, data["solution"], data["wrong"], {}
        self.shows, self.tolerance = data["shows"], data["tolerance"]
        made = _made(data)
        self.probes, self.view = made.get("probes", list), made.get("view", _itself)
        self.given = made.get("given")
        if "given" in data:
            self.given = lambda: decoded(json.loads(_page.given(name)))
        holds = [made["condition " + str(i)] for i in range(len(data["conditions"]))]
        self.conditions = dict(list(zip(data["conditions"], [(one, None) for one in holds])))
        self.solution = len if data["function"] else None
        if not data["function"]:
            self.solution = self.outcome(self._right[0])

    def outcome(self, place):
        if place not in self._read:
            self._read[place] = decoded(json.loads(_page.outcome(self._name, place)))
        return self._read[place]

    def right_outcomes(self):
        return Stored(self, self._right)

    def wrong_outcomes(self):
        for message, places in self._wrong:
            yield message, Stored(self, places)

    def wrong_values(self):
        for message, places in self._wrong:
            yield message, self.outcome(places[0])


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
