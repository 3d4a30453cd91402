"""Hyperparameters of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from transformer_lib.training.precision import PRECISIONS
from transformer_lib.training.schedule import SCHEDULES, cooldown

LATER = ("accumulate", "precision", "cooldown_steps")  # fields that older runs do not have


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of a training run; the defaults are those of the shipped translator before it went on.

    Raises:
        ValueError: if a number is out of range or the schedule unknown.
    """

    n_steps: int = 6000
    peak_lr: float = 4e-3
    warmup_steps: int = 200
    schedule: str = "linear"  # "linear" after the warm-up, or "paper": the inverse square root
    cooldown_steps: int = 0  # the last steps, over which the rate falls to 0 whatever the schedule
    smoothing: float = 0.1
    clip: float = 1.0  # largest norm of the gradient
    weight_decay: float = 0.0  # of matrices; norms, biases and embeddings have none
    seed: int = 0  # of dropout; weights and order of batches are seeded by the caller
    log_every: int = 20  # steps between two points of the curves
    save_every: int = 500  # steps between two validations and checkpoints
    accumulate: int = 1  # parts that a batch is computed in, one after the other, to need less memory
    precision: str = "auto"  # of the forward pass: "float32", "bfloat16", or "auto": what suits the device

    def __post_init__(self) -> None:
        for name in ("n_steps", "warmup_steps", "log_every", "save_every", "accumulate"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, got {getattr(self, name)}")
        for name in ("peak_lr", "clip"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} is above 0, got {getattr(self, name)}")
        if not self.weight_decay >= 0.0:
            raise ValueError(f"weight_decay is 0 or more, got {self.weight_decay}")
        if not 0.0 <= self.smoothing <= 1.0:
            raise ValueError(f"smoothing is a probability in [0, 1], got {self.smoothing}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"unknown precision {self.precision!r}, expected one of {', '.join(PRECISIONS)}")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"unknown schedule {self.schedule!r}, expected one of {', '.join(SCHEDULES)}")
        if self.warmup_steps > self.n_steps:
            raise ValueError(
                f"{self.warmup_steps} warm-up steps do not fit into a run of {self.n_steps} steps"
            )
        if not 0 <= self.cooldown_steps < self.n_steps:
            raise ValueError(
                f"cooldown_steps is 0 or more and below n_steps, {self.n_steps}, got {self.cooldown_steps}"
            )
        if self.save_every % self.log_every:
            raise ValueError(
                f"save_every must be a multiple of log_every, got {self.save_every} and {self.log_every}: "
                "a run that goes on must find whole points of its curves"
            )

    def as_dict(self) -> dict[str, Any]:
        """The numbers for a file; fields that older files lack are left out where they have their default.

        >>> Recipe().as_dict().keys() & {"n_steps", "accumulate"}, Recipe(accumulate=2).as_dict()["accumulate"]
        ({'n_steps'}, 2)
        """
        defaults = {name: getattr(type(self), name) for name in LATER}
        return {name: value for name, value in asdict(self).items() if defaults.get(name) != value}

    def lr(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        rate = SCHEDULES[self.schedule](step, self.peak_lr, self.warmup_steps, self.n_steps)
        return rate * cooldown(step, self.cooldown_steps, self.n_steps)
