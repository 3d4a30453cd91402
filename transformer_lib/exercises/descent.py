"""The exercise on the training loop: gradient, clip, step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either

Gradient = Callable[[Tensor], Tensor]


def _descended(
    start: Tensor, gradient: Gradient, rates: Sequence[float], limit: float, slip: str = ""
) -> list[Tensor]:
    """Every place of gradient descent with clipping; `slip` names a mistake."""
    place, path, pile = start.clone(), [], torch.zeros_like(start)
    for rate in rates:
        at = start if slip == "stale" else place
        slope = gradient(at)
        if slip == "pile":
            pile = pile + slope
            slope = pile
        norm = slope.norm()
        if slip == "each":
            slope = slope.clamp(-limit, limit)
        elif slip == "always":
            slope = slope / norm * limit
        elif slip == "unit":
            slope = slope / norm if norm > limit else slope
        elif slip == "step":
            step = rate * slope
            slope = step * min(1.0, limit / step.norm().item()) / rate
        elif slip == "zero":
            slope = slope if norm <= limit else torch.zeros_like(slope)
        elif slip == "short":
            slope = slope if norm >= limit else slope / norm * limit
        elif slip != "free":
            slope = slope * min(1.0, limit / norm.item())
        used = rates[0] if slip == "first" else rate
        place = place + used * slope if slip == "up" else place - used * slope
        path.append(place)
    return {"late": [start, *path[:-1]], "whole": [start, *path], "last": path[-1]}.get(slip, path)


def _descent_slip(*names: str) -> Any:
    return either(*(partial(_descended, slip=name) for name in names))


def bowl(centre: Sequence[float], steep: Sequence[float]) -> Gradient:
    """The gradient of a bowl, ½ Σ steep (w − centre)²."""
    return lambda w: torch.tensor(steep) * (w - torch.tensor(centre))


LOOP = Exercise(
    name="a training loop",
    question="07.7",
    given=lambda: (bowl([1.0, -2.0], [1.0, 3.0]), torch.tensor([2.0, 0.0])),
    solution=_descended,
    shows="Fresh gradient, clip by its norm, step with its own rate: clipping shortens a step and keeps its direction.",
    probes=lambda: [
        (torch.tensor([2.0, 0.0]), bowl([1.0, -2.0], [1.0, 3.0]), [0.1, 0.3, 0.2], 4.0),
        (torch.tensor([3.0, -1.0, 2.0]), bowl([0.0, 0.5, 1.0], [2.0, 0.5, 1.0]), [0.5, 0.2, 0.4, 0.1], 1.5),
        # gradients whose sum, squares, largest number or sign would say otherwise than their length
        (torch.tensor([3.0, 2.0]), bowl([0.0, 0.0], [1.0, 1.0]), [0.1, 0.2], 4.0),
        (torch.tensor([3.0, 3.0]), bowl([0.0, 0.0], [1.0, 1.0]), [0.1], 4.0),
        (torch.tensor([-9.0, 0.5]), bowl([0.0, 0.0], [1.0, 1.0]), [0.1, 0.2], 4.0),
    ],
    mistakes={
        "Your gradients pile up: each step uses the gradient of its own place alone, so forget the one before.": (
            _descent_slip("pile")
        ),
        "You clip each number by itself, which turns the step another way: scale the whole gradient.": (
            _descent_slip("each")
        ),
        "A gradient that is shorter than the limit stays as it is.": _descent_slip("always", "short"),
        "A gradient that is too long is scaled down to the limit, not to length 1 and not to 0.": _descent_slip(
            "unit", "zero"
        ),
        "Clip the gradient, not the step: the rate is multiplied in afterwards.": _descent_slip("step"),
        "Your gradients are not clipped.": _descent_slip("free"),
        "You go uphill: a step goes against the gradient.": _descent_slip("up"),
        "Each step has a rate of its own.": _descent_slip("first"),
        "Take the gradient where you are now, not where you began.": _descent_slip("stale"),
        "Return the place after each step, as many as there are rates, the last one included.": _descent_slip(
            "late", "whole", "last"
        ),
    },
)

EXERCISES = [LOOP]
