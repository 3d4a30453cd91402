"""Four small networks that answer Sally's question, and how they are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from transformer_lib.recurrence import AttentiveClassifier, RecurrentClassifier
from transformer_lib.tasks import ANSWERS, MOSTLY, SALLY_VOCABULARY, sally

CLIP = 1.0  # largest norm of the gradient
COOL = 0.3  # share of the steps over which the rate falls to nothing


def _network(make: type[RecurrentClassifier], **choices) -> Callable[[int], RecurrentClassifier]:
    return lambda d_model: make(len(SALLY_VOCABULARY), len(ANSWERS), d_model=d_model, **choices)


# One idea apart from each other: another start, other cells, or a look back at all states.
NETWORKS: dict[str, Callable[[int], RecurrentClassifier]] = {
    "RNN": _network(RecurrentClassifier, kind="rnn"),
    "RNN, orthogonal": _network(RecurrentClassifier, kind="rnn", radius=1.0),
    "LSTM": _network(RecurrentClassifier, kind="lstm"),
    "RNN + attention": _network(AttentiveClassifier, kind="rnn"),
}


@dataclass(frozen=True)
class Lesson:
    """How a network is trained; the defaults are those of the stored results."""

    n_steps: int = 600
    batch_size: int = 64
    d_model: int = 32
    peak_lr: float = 3e-3
    distance: int = 30  # the largest, in filler words
    curriculum: bool = True  # begin with near cues; otherwise every cue is as far as it gets
    grow: float = 0.7  # share of the steps over which the largest distance grows
    mostly: tuple[float, float] = (MOSTLY, MOSTLY)  # how often the usual answer is right, for each tail

    def distances(self, step: int) -> tuple[int, int]:
        """The smallest and largest distance at a step, counted from 1."""
        if not self.curriculum:
            return self.distance, self.distance
        return 0, round(self.distance * min(1.0, step / (self.grow * self.n_steps)))

    def lr(self, step: int) -> float:
        """Level, then down to nothing."""
        return self.peak_lr * min(1.0, (self.n_steps + 1 - step) / (COOL * self.n_steps))


def taught(name: str, lesson: Lesson, seed: int) -> RecurrentClassifier:
    """A network of `NETWORKS`, trained; the same seed gives the same one, and each step new sentences.

    >>> model = taught("RNN", Lesson(n_steps=1, batch_size=2, d_model=5), seed=0)
    >>> model.training
    False
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = NETWORKS[name](lesson.d_model)
    optimizer = torch.optim.Adam(model.parameters())
    for step in range(1, lesson.n_steps + 1):
        task = sally(lesson.batch_size, lesson.distances(step), seed * 1_000_003 + step, mostly=lesson.mostly)
        loss = F.cross_entropy(model(task.ids), task.targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.param_groups[0]["lr"] = lesson.lr(step)
        optimizer.step()
    return model.eval()
