"""Exercises on recurrent networks: gradients through time, a radius that keeps them, a weighted average."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw, orthogonal

STEPS, SIZE = 50, 32


def _run(
    w: Tensor, inputs: Tensor, detach: bool = False, wave: Callable[[Tensor], Tensor] = torch.tanh
) -> list[Tensor]:
    states, h = [], torch.zeros(w.shape[0])
    for x in inputs:
        h = wave(w @ (h.detach() if detach else h) + x)
        states.append(h)
    return states


def _norms(loss: Tensor, states: list[Tensor]) -> Tensor:
    return torch.stack([grad.norm() for grad in torch.autograd.grad(loss, states)])


def _per_state(w: Tensor, inputs: Tensor) -> Tensor:
    states = _run(w, inputs)
    return _norms(states[-1].sum(), states)


def _of_all_states(w: Tensor, inputs: Tensor) -> Tensor:
    states = _run(w, inputs)
    return _norms(torch.stack(states).sum(), states)


def _without_tanh(w: Tensor, inputs: Tensor) -> Tensor:
    states = _run(w, inputs, wave=torch.clone)
    return _norms(states[-1].sum(), states)


def _of_inputs(w: Tensor, inputs: Tensor) -> Tensor:
    inputs = inputs.clone().requires_grad_()
    [gradient] = torch.autograd.grad(_run(w, inputs)[-1].sum(), inputs)
    return gradient.norm(dim=-1)


def _slope_of_the_earlier(w: Tensor, inputs: Tensor) -> Tensor:
    """The chain by hand, each step with the slope of the state that it arrives at."""
    *earlier, _ = _run(w, inputs)
    gradients = [torch.ones(w.shape[0])]
    for state in reversed(earlier):
        gradients.insert(0, w.T @ ((1 - state**2) * gradients[0]))
    return torch.stack(gradients).norm(dim=-1)


def gradient_of(x: Tensor) -> Tensor:
    """The gradient that a backward pass left on a tensor; `RuntimeError` if none reached it."""
    if x.grad is None:
        raise RuntimeError("no gradient reached this tensor")
    return x.grad


def _of_parameters(w: Tensor, inputs: Tensor) -> Tensor:
    _run(w, inputs)[-1].sum().backward()
    return gradient_of(w).norm()


def _unretained(w: Tensor, inputs: Tensor) -> list[Tensor]:
    states = _run(w, inputs)
    states[-1].sum().backward()
    return [gradient_of(state).norm() for state in states]


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
    shows="One backward pass gives the gradient of every state; with this W it is smaller the longer ago.",
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
        "Only the last state gets a gradient: was a state detached, or stacked and cut out again, after its step?": either(
            _cut, _cut_grad
        ),
        "The order is turned round: the first number belongs to the first state, the last to the last.": (
            lambda w, inputs: _per_state(w, inputs).flip(0)
        ),
        "That is the gradient of the sum of all states; the loss here is the sum of the last one alone.": (
            _of_all_states
        ),
        "There is no tanh in your step, so nothing is lost to its slope.": _without_tanh,
        "W is turned round: it stands on the left of the state, w @ h, not h @ w.": (
            lambda w, inputs: _per_state(w.T, inputs)
        ),
        "Those are shares of the last norm; asked are the norms themselves.": (
            lambda w, inputs: _per_state(w, inputs) / _per_state(w, inputs)[-1]
        ),
        "Those belong to the inputs, or the slope of each state's own step is in: asked is the gradient of h.": (
            _of_inputs
        ),
        "The slope of the wrong step: from one state back to the one before, it is that of the later state.": (
            _slope_of_the_earlier
        ),
        "Two things: the first number belongs to the first state, and the norms are asked for, not shares.": (
            lambda w, inputs: (_per_state(w, inputs) / _per_state(w, inputs)[-1]).flip(0)
        ),
        "Two things: the order is turned round, and the loss is the sum of the last state alone.": (
            lambda w, inputs: _of_all_states(w, inputs).flip(0)
        ),
        "These are the gradients themselves; take the norm of each, one number for each state.": (
            lambda w, inputs: torch.stack(torch.autograd.grad((run := _run(w, inputs))[-1].sum(), run))
        ),
    },
)


def reach(radius: float) -> float:
    """How much of the gradient comes back over the given 50 steps when W is `radius` times a rotation."""
    w = radius * orthogonal(SIZE, seed=1)
    states = _run(w, 0.5 * draw(STEPS, SIZE, seed=2))
    gradient = torch.ones(SIZE)
    for state in reversed(states):  # the chain by hand, so that a page without autograd computes it as well
        gradient = w.T @ ((1 - state**2) * gradient)
    return float(gradient.norm()) / SIZE**0.5


RADIUS = Exercise(
    name="a radius that keeps the norm",
    question="01.4",
    given=lambda: (orthogonal(SIZE, seed=1), 0.5 * draw(STEPS, SIZE, seed=2)),
    solution=1.53,
    shows="A radius well above 1 makes up for tanh′; a little less vanishes, a little more explodes.",
    conditions={
        "A single number is wanted: how many times the matrix is to be taken.": (
            lambda answer: not isinstance(answer, (str, bool)) and math.isfinite(float(answer)),
            either("1.53", math.nan, True),
        ),
        "Radius 1 would keep the norm without tanh; each step also multiplies by tanh′, which is below 1.": (
            lambda answer: not (abs(float(answer) - 1) < 0.06),
            1.0,
        ),
        "So large a radius presses every number against ±1, where tanh is flat. Take a much smaller one.": (
            lambda answer: abs(float(answer)) < 10,
            100.0,
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
        (8 * draw(3, 7, 1, seed=3), draw(3, 7, 5, seed=4)),
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
        "The weights have shared the states out already: sum over the words, do not take the mean as well.": (
            lambda scores, states: (scores.softmax(1) * states).mean(1)
        ),
        "Only one state is picked: every state counts, as much as its weight says.": either(
            lambda scores, states: states[torch.arange(len(states)), scores.argmax(1)[:, 0]],
            lambda scores, states: states[:, -1],
        ),
        "Every word weighs the same: the scores are not used, or softmax ran over an axis of one number.": (
            lambda scores, states: states.mean(1)
        ),
        "Two things: the scores must pass through softmax over the words, and the words be summed, not averaged.": (
            lambda scores, states: (scores * states).mean(1)
        ),
        "Sum over the words, axis 1: the states of a sentence become one vector.": either(
            lambda scores, states: scores.softmax(1) * states,
            lambda scores, states: (scores.softmax(1) * states).sum(1, keepdim=True),
            lambda scores, states: (scores.softmax(1) * states).sum(0),
            lambda scores, states: (scores.softmax(1) * states).sum(-1),
        ),
    },
)

EXERCISES = [PER_STATE, RADIUS, CONTEXT]
