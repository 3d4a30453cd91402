"""Exercises on taking heads away: one beside a control, and the fewest that break a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

import torch
from torch import Tensor, nn

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.heads import split_heads
from transformer_lib.exercises.probes import FixedDropout, draw
from transformer_lib.model.attention import attention


class Heads(nn.Module):
    """A small layer whose heads can be switched off: `layer(x, keep)` multiplies head h's output by keep[h]."""

    def __init__(self, n_heads: int = 3) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.matrices = [draw(6, 6, seed=seed) for seed in range(4)]
        self.dropout = FixedDropout()
        self.weights = torch.zeros(0)  # (H, T, T), those of the last call, for drawing

    def forward(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        q, k, v = (split_heads((x @ w)[None], self.n_heads) for w in self.matrices[:3])
        output, self.weights = attention(q, k, v)
        kept = output if keep is None else output * torch.as_tensor(keep, dtype=x.dtype)[:, None, None]
        return self.dropout(kept.transpose(1, 2).flatten(2)[0]) @ self.matrices[3]


def _changes(
    layer: Heads, x: Tensor, train: bool = False, keeps: Tensor | None = None, lengths: bool = False
) -> list[Tensor]:
    """How far the output moves when each head is switched off in turn; or by how much its length changes."""
    layer.train(train)
    keeps = 1 - torch.eye(layer.n_heads) if keeps is None else keeps
    if lengths:
        return [(layer(x, keep).norm() - layer(x).norm()).abs() for keep in keeps]
    return [(layer(x, keep) - layer(x)).norm() for keep in keeps]


def _with_control(changes: list[Tensor], head: int) -> list[Tensor]:
    others = [change for h, change in enumerate(changes) if h != head]
    return [changes[head], torch.stack(others).mean()]


ABLATE = Exercise(
    name="ablate a head",
    question="04.5",
    given=lambda: (Heads().train(), draw(5, 6, seed=9)),
    solution=lambda layer, x, head: _with_control(_changes(layer, x), head),
    shows="What a head does shows when its output is gone, beside the change that the other heads make.",
    probes=lambda: [(Heads().train(), draw(2, 6, seed=8), 0), (Heads(6).train(), draw(5, 6, seed=9), 2)],
    mistakes={
        "The output did not change: you set the weights that are drawn to zero. Switch off the head's output.": either(
            lambda layer, x, head: [0.0, 0.0], lambda layer, x, head: 0.0
        ),
        "A change alone says little: return it together with the mean change over the other heads, the control.": either(
            lambda layer, x, head: _changes(layer, x)[head],
            lambda layer, x, head: _changes(layer, x, train=True)[head],
            lambda layer, x, head: [_changes(layer, x)[head], 0.0],
        ),
        "Dropout was on while you measured: call layer.eval() first.": (
            lambda layer, x, head: _with_control(_changes(layer, x, train=True), head)
        ),
        "The control is the mean over the other heads: without `head` itself, and not the sum.": either(
            lambda layer, x, head: [_changes(layer, x)[head], torch.stack(_changes(layer, x)).mean()],
            lambda layer, x, head: [
                _changes(layer, x)[head],
                sum(_changes(layer, x)) - _changes(layer, x)[head],
            ],
        ),
        "The head's own change comes first, the control second.": (
            lambda layer, x, head: _with_control(_changes(layer, x), head)[::-1]
        ),
        "You kept this head and took the others: `keep` holds 0 for what goes and 1 for what stays.": (
            lambda layer, x, head: _with_control(_changes(layer, x, keeps=torch.eye(layer.n_heads)), head)
        ),
        "Take the norm of the difference: two outputs can be equally long and far apart.": (
            lambda layer, x, head: _with_control(_changes(layer, x, lengths=True), head)
        ),
    },
)


def measure(costs: Iterable[float], job: Iterable[int], worth: float) -> Callable[..., float]:
    """How often a model is right without some heads: each costs a little, and a job is lost when all that do it go."""
    costs, job = list(costs), set(job)

    def right(gone: Iterable[int] | int = ()) -> float:
        without = {int(head) for head in (gone if isinstance(gone, Iterable) else [gone])}
        return 1.0 - sum(costs[head] for head in without) - worth * (job <= without)

    return right


def _least(right: Callable[..., float], n_heads: int, bound: float = 0.5) -> list[int]:
    """The fewest heads without which the model is right less often than the bound."""
    for size in range(1, n_heads + 1):
        for gone in combinations(range(n_heads), size):
            if right(gone) < bound:
                return list(gone)
    return []


def _worst_first(right: Callable[..., float], n_heads: int) -> list[int]:
    """One after the other, always the head that is missed most."""
    gone: list[int] = []
    while right(gone) >= 0.5 and len(gone) < n_heads:
        rest = [head for head in range(n_heads) if head not in gone]
        gone.append(min(rest, key=lambda head: right([*gone, head])))
    return sorted(gone)


def _by_alone(right: Callable[..., float], n_heads: int) -> list[int]:
    """In the order in which each is missed alone."""
    order = sorted(range(n_heads), key=lambda head: right([head]))
    size = next((n for n in range(1, n_heads + 1) if right(order[:n]) < 0.5), n_heads)
    return sorted(order[:size])


def _restored(right: Callable[..., float], n_heads: int, order: Iterable[int] | None = None) -> list[int]:
    """All away, then each given back that the model can have and still be broken."""
    gone = set(range(n_heads))
    for head in range(n_heads) if order is None else order:
        if right(gone - {head}) < 0.5:
            gone -= {head}
    return sorted(gone)


def _at_most(size: int) -> Callable[..., list[int]]:
    def answer(right: Callable[..., float], n_heads: int) -> list[int]:
        found = _least(right, n_heads)
        return found if len(found) <= size else []

    return answer


REDUNDANT = Exercise(
    name="the fewest heads that break it",
    question="04.6",
    given=lambda: (measure([0.02, 0.15, 0.05, 0.03], [0, 3], 0.6), 4),
    solution=_least,
    shows="Heads that do the same job hide each other: one at a time, neither is missed.",
    probes=lambda: [
        (measure([0.02, 0.01, 0.03], [2], 0.7), 3),
        (measure([0.02, 0.15, 0.05, 0.03], [0, 3], 0.6), 4),
        (measure([0.01, 0.16, 0.02, 0.17, 0.03], [0, 2, 4], 0.6), 5),
        (measure([0.3, 0.05, 0.28, 0.02, 0.04], [3, 4], 0.2), 5),
        (measure([0.04, 0.02, 0.28, 0.05, 0.3], [0, 1], 0.2), 5),
        (measure([0.02, 0.2, 0.19, 0.18, 0.02], [0, 4], 0.6), 5),
        (measure([0.01, 0.02, 0.16, 0.03, 0.02], [0, 1, 3, 4], 0.6), 5),
        (
            measure([0.01, 0.02, 0.03, 0.01, 0.02, 0.01], range(6), 0.6),
            6,
        ),  # all of them together, and no fewer
        (measure([0.01, 0.02, 0.03, 0.01, 0.02, 0.01, 0.02], [5, 6], 0.6), 7),
        (measure([0.3, 0.02, 0.02, 0.22, 0.01], [0, 1, 2], 0.25), 5),  # what is missed least hides the pair
        (measure([0.5, 0.0, 0.125], [], 0.0), 3),  # without head 0 it is right exactly half of the time
    ],
    view=lambda found: sorted(int(head) for head in found),
    mistakes={
        "The head that is missed most alone need not be among them: try sets of heads, small ones first.": either(
            lambda right, n_heads: [min(range(n_heads), key=lambda head: right([head]))],
            lambda right, n_heads: min(range(n_heads), key=lambda head: right([head])),
        ),
        "Taking the worst one first misses heads that stand in for each other: try all sets, small ones first.": either(
            _worst_first, _by_alone
        ),
        "That breaks it, but fewer heads do: try all sets of one head, then of two, and so on.": either(
            lambda right, n_heads: list(range(n_heads)),
            _restored,
            lambda right, n_heads: _restored(right, n_heads, reversed(range(n_heads))),
            lambda right, n_heads: _restored(
                right, n_heads, sorted(range(n_heads), key=lambda head: -right([head]))
            ),
            lambda right, n_heads: next(
                list(gone)
                for size in range(n_heads, 0, -1)
                for gone in combinations(range(n_heads), size)
                if right(gone) < 0.5
            ),
        ),
        "Your search ends too early: many heads can do one job, so go on to larger sets, up to all of them.": either(
            _at_most(1), _at_most(2), _at_most(3)
        ),
        "Less than half of the time is asked for: a model that is right exactly half of it is not broken.": (
            lambda right, n_heads: _least(right, n_heads, 0.5 + 1e-9)
        ),
        "That fits one model only: the function is tried with others, and has to search.": either(
            lambda right, n_heads: [0, 3], lambda right, n_heads: [0, n_heads - 1]
        ),
        "The heads themselves are wanted, not how many there are.": (
            lambda right, n_heads: len(_least(right, n_heads))
        ),
    },
)

EXERCISES = [ABLATE, REDUNDANT]
