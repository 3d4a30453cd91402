"""Exercises on recurrent networks: fading, gradients through time, an honest control, a weighted average."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw, orthogonal

STEPS, SIZE = 50, 32

FADING = Exercise(
    name="norm after ten steps",
    question="01.1",
    solution=0.6**10,
    shows="Each step multiplies by .6, so ten steps leave six thousandths: fading is exponential.",
    mistakes={
        "The norm does not fall by the same amount at each step; it is multiplied by .6 ten times.": either(
            1 - 10 * 0.4, 0.0
        ),
        "Dividing .6 by 10 treats ten steps as one; multiply by .6 ten times.": 0.06,
    },
)


def _run(w: Tensor, inputs: Tensor, detach: bool = False) -> list[Tensor]:
    states, h = [], torch.zeros(w.shape[0])
    for x in inputs:
        h = torch.tanh(w @ (h.detach() if detach else h) + x)
        states.append(h)
    return states


def _per_state(w: Tensor, inputs: Tensor) -> Tensor:
    states = _run(w, inputs)
    return torch.stack([grad.norm() for grad in torch.autograd.grad(states[-1].sum(), states)])


def _of_parameters(w: Tensor, inputs: Tensor) -> Tensor:
    _run(w, inputs)[-1].sum().backward()
    return w.grad.norm()


def _unretained(w: Tensor, inputs: Tensor) -> list[Tensor]:
    states = _run(w, inputs)
    states[-1].sum().backward()
    return [state.grad.norm() for state in states]


def _cut(w: Tensor, inputs: Tensor) -> Tensor:
    """The gradient where each step was detached from the one before: the last state alone gets one."""
    norms = torch.zeros(len(inputs))
    norms[-1] = w.shape[0] ** 0.5
    return norms


def _cut_grad(w: Tensor, inputs: Tensor) -> list[Tensor]:
    states = _run(w, inputs, detach=True)
    return [grad.norm() for grad in torch.autograd.grad(states[-1].sum(), states)]


PER_STATE = Exercise(
    name="gradient per state",
    question="01.2",
    solution=_per_state,
    shows="One backward pass tells what each earlier state still counts for; it is smaller the longer ago.",
    probes=lambda: [
        ((0.5 * orthogonal(size, seed=1)).requires_grad_(), draw(steps, size, seed=2))
        for size, steps in ((2, 3), (5, 7))
    ],
    mistakes={
        "That is the gradient of the weights, one for all steps; ask for the gradient of each state.": either(
            _of_parameters, lambda w, inputs: _of_parameters(w, inputs).repeat(len(inputs))
        ),
        "A state keeps no gradient by itself: call state.retain_grad() before backward(), or use autograd.grad.": either(
            _unretained, lambda w, inputs: torch.zeros(len(inputs))
        ),
        "Only the last state gets a gradient: somewhere a state is detached before it goes into the next step.": either(
            _cut, _cut_grad
        ),
    },
)

Example = tuple[str, str, str]  # cue, tail, answer


def _sally(counts: dict[tuple[str, str], int]) -> list[Example]:
    cues = {"happy": "adored", "disappointed": "hated", "older": "saw"}
    return [(cues[answer], tail, answer) for (tail, answer), n in counts.items() for _ in range(n)]


TRAIN = _sally({
    ("birthday", "older"): 8, ("birthday", "happy"): 2, ("birthday", "disappointed"): 2,
    ("prize", "older"): 2, ("prize", "happy"): 5, ("prize", "disappointed"): 2,
})  # fmt: skip
TEST = _sally({
    ("birthday", "older"): 5, ("birthday", "happy"): 1, ("birthday", "disappointed"): 1,
    ("prize", "older"): 1, ("prize", "happy"): 4, ("prize", "disappointed"): 1,
})  # fmt: skip


def _kept(examples: list[Example], key: Callable[[Example], object]) -> list[Example]:
    """As many examples of each kind as the rarest kind has."""
    groups = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    fewest = min(map(len, groups.values()))
    return [example for group in groups.values() for example in group[:fewest]]


def _even(examples: list[Example], *columns: int) -> bool:
    counts = Counter(tuple(example[i] for i in columns) for example in examples)
    wanted = {tuple(example[i] for i in columns) for example in TRAIN}
    return counts.keys() == wanted and len(set(counts.values())) == 1


def _control(train: list[Example], test: list[Example]) -> tuple[list[Example], list[Example]]:
    return _kept(train, lambda e: e[1:]), _kept(test, lambda e: e[1:])


def _applied(answer: Callable) -> tuple[list[Example], list[Example]]:
    train, test = answer(list(TRAIN), list(TEST))
    return [tuple(example) for example in train], [tuple(example) for example in test]


CONTROL = Exercise(
    name="equal-class control",
    question="01.3",
    given=lambda: (list(TRAIN), list(TEST)),
    solution=_control,
    shows="With every answer as frequent after each tail, only the cue can tell: what is learnt now is memory.",
    conditions={
        "Return two lists, train and test, made of the examples that came in.": (
            lambda answer: all(set(part) <= set(TRAIN) and part for part in _applied(answer)),
            lambda train, test: ([], []),
        ),
        "Only the test set is balanced: the model still learns from training that one answer is commoner.": (
            lambda answer: _even(_applied(answer)[0], 2),
            lambda train, test: (train, _kept(test, lambda e: e[1:])),
        ),
        "The test set is not balanced: an answer that is commoner there looks like knowledge.": (
            lambda answer: _even(_applied(answer)[1], 2),
            lambda train, test: (_kept(train, lambda e: e[1:]), test),
        ),
        "The tail still tells the answer: make each answer equally frequent after each tail, not only over all.": (
            lambda answer: all(_even(part, 1, 2) for part in _applied(answer)),
            lambda train, test: (_kept(train, lambda e: e[2]), _kept(test, lambda e: e[2])),
        ),
    },
)


def reach(radius: float) -> float:
    """How much of the gradient comes back over the given 50 steps when W is `radius` times a rotation."""
    first = torch.zeros(SIZE, requires_grad=True)
    h = first
    for x in 0.5 * draw(STEPS, SIZE, seed=2):
        h = torch.tanh(radius * orthogonal(SIZE, seed=1) @ h + x)
    h.sum().backward()
    return float(first.grad.norm()) / SIZE**0.5


RADIUS = Exercise(
    name="a radius that keeps the norm",
    question="01.4",
    given=lambda: (orthogonal(SIZE, seed=1), 0.5 * draw(STEPS, SIZE, seed=2)),
    solution=1.53,
    shows="A radius well above 1 makes up for tanh′; a little less vanishes, a little more explodes.",
    conditions={
        "Radius 1 would keep the norm without tanh; each step also multiplies by tanh′, which is below 1.": (
            lambda answer: not (abs(float(answer) - 1) < 0.06),
            1.0,
        ),
        "The gradient explodes: after 50 steps it is far above where it started. Take a smaller radius.": (
            lambda answer: reach(float(answer)) < 3,
            2.0,
        ),
        "The gradient vanishes: after 50 steps less than a third is left. Take a larger radius.": (
            lambda answer: reach(float(answer)) > 1 / 3,
            0.6,
        ),
    },
)

CONTEXT = Exercise(
    name="context vector",
    question="01.5",
    solution=lambda scores, states: (scores.softmax(1) * states).sum(1),
    shows="The context is an average of all states with weights that sum to 1: no state has to carry the others.",
    probes=lambda: [
        (torch.tensor([[[2.0], [0.0]]]), torch.tensor([[[1.0, 0.0, 3.0], [0.0, 1.0, 5.0]]])),
        (draw(2, 5, 1, seed=1), draw(2, 5, 3, seed=2)),
    ],
    mistakes={
        "Softmax runs over the features: with one score per word that makes every weight 1. Use the words' axis.": either(
            lambda scores, states: (scores.softmax(-1) * states).sum(1),
            lambda scores, states: (scores * states).softmax(-1).sum(1),
            lambda scores, states: (scores * states.softmax(-1)).sum(1),
        ),
        "The weights are not normalised: pass the scores through softmax, so that they sum to 1.": either(
            lambda scores, states: (scores * states).sum(1),
            lambda scores, states: (scores.exp() * states).sum(1),
        ),
        "Softmax runs over the batch: sentences do not share their attention.": (
            lambda scores, states: (scores.softmax(0) * states).sum(1)
        ),
    },
)

EXERCISES = [FADING, PER_STATE, CONTROL, RADIUS, CONTEXT]
