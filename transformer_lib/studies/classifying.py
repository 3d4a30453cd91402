"""Small networks for the Sally task, and their training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.data.tasks import ANSWERS, MOSTLY, SALLY_VOCABULARY, sally
from transformer_lib.recurrence import AttentiveClassifier, AveragingClassifier, RecurrentClassifier

M = TypeVar("M", bound=nn.Module)
CLIP = 1.0  # largest norm of the gradient
COOL = 0.3  # share of the steps over which the learning rate falls to 0


class BagOfWords(nn.Module):
    """Classifies from the mean of the word vectors, without word order.

    >>> BagOfWords(11, 3, d_model=5)(torch.tensor([[4, 7, 9], [2, 0, 0]])).shape
    torch.Size([2, 3])
    """

    def __init__(self, vocab_size: int, n_classes: int, *, d_model: int = 64) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, d_model, mode="mean", padding_idx=0)
        self.output = nn.Linear(d_model, n_classes)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) ids to logits (B, n_classes)."""
        return self.output(self.embedding(ids))


class Unasked(AttentiveClassifier):
    """Attention pooling without a query: each state's score depends on that state alone."""

    def _look_back(self, states: Tensor, last: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        return super()._look_back(states, torch.zeros_like(last), mask)


WORDS = len(SALLY_VOCABULARY)


def _network(make: Callable[..., nn.Module], **choices: Any) -> Callable[..., Any]:
    return lambda d_model, vocab_size=WORDS: make(vocab_size, len(ANSWERS), d_model=d_model, **choices)


# Each differs in one thing: initialisation, cell, or attention to all states.
NETWORKS: dict[str, Callable[..., Any]] = {
    "RNN": _network(RecurrentClassifier, kind="rnn"),
    "RNN, orthogonal": _network(RecurrentClassifier, kind="rnn", radius=1.0),
    "LSTM": _network(RecurrentClassifier, kind="lstm"),
    "RNN + attention": _network(AttentiveClassifier, kind="rnn"),
}

# Controls for the comparison of the four.
CONTROLS: dict[str, Callable[..., Any]] = {
    "LSTM, forget bias 1": _network(RecurrentClassifier, kind="lstm", forget_bias=1.0),
    "LSTM, forget bias 3": _network(RecurrentClassifier, kind="lstm", forget_bias=3.0),
    "RNN + mean of all states": _network(AveragingClassifier, kind="rnn"),
    "RNN + weights without a question": _network(Unasked, kind="rnn"),
    "bag of words": _network(BagOfWords),
}


@dataclass(frozen=True)
class Lesson:
    """Training settings of a network; the defaults are those of the stored results."""

    n_steps: int = 600
    batch_size: int = 64
    d_model: int = 32
    peak_lr: float = 3e-3
    distance: int = 30  # the largest, in filler words
    curriculum: bool = True  # begin with near cues; otherwise every cue is at the largest distance
    grow: float = 0.7  # share of the steps over which the largest distance grows
    mostly: tuple[float, float] = (MOSTLY, MOSTLY)  # how often the usual answer is right, for each tail
    hint_first: bool = False  # the ending's words before the cue
    ending: int = 10  # words of the ending

    def distances(self, step: int) -> tuple[int, int]:
        """The smallest and largest distance at a step, counted from 1."""
        if not self.curriculum:
            return self.distance, self.distance
        return 0, round(self.distance * min(1.0, step / (self.grow * self.n_steps)))

    def lr(self, step: int) -> float:
        """The learning rate: constant, then linear decay to 0."""
        return self.peak_lr * min(1.0, (self.n_steps + 1 - step) / (COOL * self.n_steps))


def sentences(lesson: Lesson, step: int, seed: int) -> tuple[Tensor, Tensor]:
    """The batch of a step: sentences and answers."""
    task = sally(
        lesson.batch_size,
        lesson.distances(step),
        seed * 1_000_003 + step,
        mostly=lesson.mostly,
        hint_first=lesson.hint_first,
        ending=lesson.ending,
    )
    return task.ids, task.targets


def taught(name: str, lesson: Lesson, seed: int) -> Any:
    """A trained network of `NETWORKS` or `CONTROLS`, determined by the seed; each step reads new sentences.

    >>> model = taught("RNN", Lesson(n_steps=1, batch_size=2, d_model=5), seed=0)
    >>> model.training
    False
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = (NETWORKS | CONTROLS)[name](lesson.d_model)
    return trained(model, lesson, lambda step: sentences(lesson, step, seed))


def trained(model: M, lesson: Lesson, drawn: Callable[[int], tuple[Tensor, Tensor]]) -> M:
    """The model after the lesson's steps on the batches (ids, targets) of `drawn`."""
    optimizer = torch.optim.Adam(model.parameters())
    for step in range(1, lesson.n_steps + 1):
        ids, targets = drawn(step)
        loss = F.cross_entropy(model(ids), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.param_groups[0]["lr"] = lesson.lr(step)
        optimizer.step()
    return model.eval()
