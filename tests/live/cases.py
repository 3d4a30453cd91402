"""A grid of inputs for any view: every control at its ends, seeded combinations, several sizes of every open dimension."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from thorough import THOROUGH
from torch import Tensor

from transformer_lib.live.controls import Choice, Slider, Toggle, bind, source_of, typed_labels
from transformer_lib.live.views import View
from transformer_lib.text.vocabulary import SPECIALS

PRIMES = (2, 3, 5, 7, 11, 13)
LONGEST = 14  # words: the longest sentence of the book
# Random cases for each choice of sizes; tables and programs are slow.
COMBINATIONS = {"graph": 6, "table": 6 if THOROUGH else 3, "program": 2}
BEYOND = 99  # more words than any sentence: a choice among spoken labels is clamped to the last


@dataclass
class Case:
    """One setting of a picture: values of the controls, inputs of the view, labels."""

    values: dict[str, Any]
    inputs: dict[str, Tensor]
    labels: dict[str, list[str]]


def _ladder(rung: Tensor, high: Tensor, side: Tensor) -> dict[str, Tensor]:
    steps = torch.arange(3.0)
    return {"heights": torch.where(high, 10.0, 1.0) * rung + steps, "side": (side + steps[:2]).reshape(1, 2)}


LADDER = View(
    name="ladder",
    title="A table of three controls",
    function=_ladder,
    controls=(
        Slider("rung", "rung", -0.3, 0.3, 0.1, 0.1),
        Toggle("high", "high", False),
        Choice("side", "side", ("left", "right", "above"), 2),
    ),
    drawings=(),
    example={"rung": torch.tensor(0.1), "high": torch.tensor(False), "side": torch.tensor(2)},
    kind="table",
)
"""A view of kind table: in each cell, numbers that no other cell holds."""


def sizes_of(view: View) -> list[dict[str, int]]:
    """Sizes to try for the open dimensions: the example's, all 1, distinct primes, the longest."""
    example = {
        symbol: view.example[name].shape[i]
        for name, dims in view.dynamic.items()
        for i, symbol in dims.items()
    }
    symbols = sorted(example)
    if not symbols:
        return [{}]
    if view.kind == "program":
        return [example, dict.fromkeys(symbols, 1), dict.fromkeys(symbols, LONGEST)]
    return [
        example,
        dict.fromkeys(symbols, 1),
        {symbol: PRIMES[i % len(PRIMES)] for i, symbol in enumerate(symbols)},
        {symbol: PRIMES[-1 - i % len(PRIMES)] for i, symbol in enumerate(symbols)},
        dict.fromkeys(symbols, LONGEST),
    ]


def grid(view: View) -> list[Case]:
    """Every control at each of a few values with the others at their start, and combinations, for all sizes."""
    draw = random.Random(view.name)
    return [case for sizes in sizes_of(view) for case in _of_sizes(view, sizes, draw)]


def _of_sizes(view: View, sizes: dict[str, int], draw: random.Random) -> Iterator[Case]:
    constants = {name: _resized(view, name, sizes, draw) for name in view.constants}
    given = labels = _labels(view, sizes)
    offered = {}
    for control in sorted(
        view.controls, key=lambda c: c.kind != "text"
    ):  # typed words are labels for the others
        offered[control.name] = _offered(view, control, sizes, labels, draw)
        if control.kind == "text":
            labels = labels | typed_labels([control], {control.name: offered[control.name][0]})
    bound = {c.name: bind(c, labels, offered[c.name][0], view.spoken) for c in view.controls}

    def made(values: dict[str, Any]) -> Case:
        moved = {name: control.tensor(values[name]) for name, control in bound.items()}
        return Case(values, constants | moved, given)

    start = {name: values[0] for name, values in offered.items()}
    yield made(start)
    for name, values in offered.items():
        yield from (made(start | {name: value}) for value in values[1:])
    for _ in range(COMBINATIONS[view.kind] if view.controls else 0):
        yield made({name: draw.choice(_all(bound[name], values)) for name, values in offered.items()})


def _all(control: Any, offered: list[Any]) -> list[Any]:
    endless = not getattr(control, "tabular", True) or isinstance(getattr(control, "options", None), str)
    return offered if endless else control.values()


def _offered(view: View, control: Any, sizes: dict[str, int], labels: dict, draw: random.Random) -> list[Any]:
    """The starting value and a few others, extremes among them."""
    if control.kind == "text":
        words, [symbol] = labels[control.vocabulary], view.dynamic[control.name].values()
        count = sizes[symbol]
        words = [word for word in words if word not in SPECIALS]
        sentences = [draw.choices(words, k=count) for _ in range(3)]
        return [" ".join(sentence) for sentence in [*sentences, words[:1] * count, words[-1:] * count]]
    if view.example[control.name].ndim:  # points, levels: ends, zero or the middle, some between
        example = view.example[control.name].shape
        shape = torch.Size(sizes.get(_symbol(view, control.name, i), n) for i, n in enumerate(example))
        stops = [control.minimum, control.maximum, (control.minimum + control.maximum) / 2]
        steps = round((control.maximum - control.minimum) / control.step)
        free = [torch.tensor([draw.randint(0, steps) for _ in range(shape.numel())]) for _ in range(3)]
        drawn = [(control.minimum + control.step * places).reshape(shape) for places in free]
        own = [view.example[control.name]] if shape == example else []
        return [x.tolist() for x in [*own, *drawn, *(torch.full(shape, float(stop)) for stop in stops)]]
    if control.kind == "choice" and source_of(control) in view.spoken:
        return [0, 1, BEYOND]
    values = bind(control, labels, 0 if control.kind == "choice" else None).values()
    start = min(control.value, len(values) - 1) if control.kind == "choice" else control.value
    return [start, values[0], values[-1], *(draw.sample(values, 2) if len(values) > 3 else ())]


def _symbol(view: View, name: str, dimension: int) -> str | None:
    return view.dynamic.get(name, {}).get(dimension)


def _labels(view: View, sizes: dict[str, int]) -> dict[str, list[str]]:
    labels, given = {}, view.defaults()
    for name, symbol in view.labels.items():
        if name in given:
            labels[name] = list(given[name])
            continue
        counted = [
            c for c in view.controls if getattr(c, "options", None) == name and view.example[c.name].ndim
        ]
        count = sizes[symbol] if symbol in sizes else view.example[counted[0].name].shape[0]
        labels[name] = [f"w{i}" for i in range(count)]
    return labels


def _resized(view: View, name: str, sizes: dict[str, int], draw: random.Random) -> Tensor:
    """A constant of these sizes, from the example's rows, so that constraints on them hold."""
    tensor = view.example[name]
    for dimension, symbol in view.dynamic.get(name, {}).items():
        if tensor.shape[dimension] != sizes[symbol]:
            rows = draw.choices(range(tensor.shape[dimension]), k=sizes[symbol])
            tensor = tensor.index_select(dimension, torch.tensor(rows))
    return tensor
