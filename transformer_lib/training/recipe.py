"""Hyperparameters of a training run."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_lib.training.schedule import SCHEDULES


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of a training run; the defaults are those of the shipped translator.

    Raises:
        ValueError: if a number is out of range or the schedule unknown.
    """

    n_steps: int = 6000
    peak_lr: float = 4e-3
    warmup_steps: int = 200
    schedule: str = "linear"  # "linear" after the warm-up, or "paper": the inverse square root
    smoothing: float = 0.1
    clip: float = 1.0  # largest norm of the gradient
    weight_decay: float = 0.0
    seed: int = 0  # of dropout; weights and order of batches are seeded by the caller
    log_every: int = 20  # steps between two points of the curves
    save_every: int = 500  # steps between two validations and checkpoints

    def __post_init__(self) -> None:
        for name in ("n_steps", "warmup_steps", "log_every", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, got {getattr(self, name)}")
        for name in ("peak_lr", "clip"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} is above 0, got {getattr(self, name)}")
        if not self.weight_decay >= 0.0:
            raise ValueError(f"weight_decay is 0 or more, got {self.weight_decay}")
        if not 0.0 <= self.smoothing <= 1.0:
            raise ValueError(f"smoothing is a probability in [0, 1], got {self.smoothing}")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"unknown schedule {self.schedule!r}, expected one of {', '.join(SCHEDULES)}")
        if self.warmup_steps > self.n_steps:
            raise ValueError(
                f"{self.warmup_steps} warm-up steps do not fit into a run of {self.n_steps} steps"
            )
        if self.save_every % self.log_every:
            raise ValueError(
                f"save_every must be a multiple of log_every, got {self.save_every} and {self.log_every}: "
                "a run that goes on must find whole points of its curves"
            )

    def lr(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        return SCHEDULES[self.schedule](step, self.peak_lr, self.warmup_steps, self.n_steps)
