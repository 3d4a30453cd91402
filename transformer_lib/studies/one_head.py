"""One attention head on the Sally task, with dot products divided by √d, by 1 or by d."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.data.tasks import ANSWERS, SALLY_VOCABULARY, Sally, sally
from transformer_lib.model.attention import attention
from transformer_lib.text.vocabulary import PAD_ID

TEST_SEED = 2**40  # unlike every seed of training
# Exponent of d in the divisor of the products, and in that of the initial W_Q and W_K.
WAYS = {"√d": (0.5, 0.0), "nothing": (0.0, 0.0), "d": (1.0, 0.0), "nothing, smaller start": (0.0, 0.25)}


@dataclass(frozen=True)
class Settings:
    """Training and test settings of one head."""

    n_steps: int = 200
    batch_size: int = 64
    d_model: int = 32
    distance: tuple[int, int] = (0, 10)
    every: int = 40  # steps between two tests
    n_test: int = 300


class OneHead(nn.Module):
    """Word vectors, one head whose query is the last word, and a read-out; no positions, no other layer.

    Components of queries and keys have mean 0 and variance 1 at the start, as in the paper's footnote 4.

    Args:
        d_model: width of word vectors and values.
        d: width of queries and keys.
        way: one of `WAYS`.
    """

    def __init__(self, d_model: int, d: int, way: str = "√d") -> None:
        super().__init__()
        divisor, shrink = WAYS[way]
        self.scale = d**-divisor
        self.words = nn.Embedding(len(SALLY_VOCABULARY), d_model)
        spread = d_model**-0.5
        self.w_q = nn.Parameter(torch.randn(d_model, d) * spread * d**-shrink)
        self.w_k = nn.Parameter(torch.randn(d_model, d) * spread * d**-shrink)
        self.w_v = nn.Parameter(torch.randn(d_model, d_model) * spread)
        self.answers = nn.Linear(d_model, len(ANSWERS))

    def forward(self, task: Sally) -> tuple[Tensor, Tensor]:
        """Logits (B, answers), and the attention weights (B, S) of the last word."""
        x = self.words(task.ids)
        last = x[torch.arange(len(x)), task.lengths - 1][:, None]
        mask = (task.ids != PAD_ID)[:, None]
        mixed, weights = attention(last @ self.w_q, x @ self.w_k, x @ self.w_v, mask, scale=self.scale)
        return self.answers(last + mixed)[:, 0], weights[:, 0]


@torch.no_grad()
def tested(model: OneHead, task: Sally) -> tuple[float, float]:
    """The share of right answers, and the mean largest weight."""
    logits, weights = model(task)
    return (logits.argmax(-1) == task.targets).float().mean().item(), weights.amax(-1).mean().item()


def run(way: str, d: int, rate: float, seed: int, settings: Settings = Settings()) -> dict[str, list[float]]:
    """One training: right answers and largest weight before the first step and after every few.

    >>> tiny = Settings(n_steps=1, every=1, batch_size=2, n_test=5, d_model=3)
    >>> len(run("√d", 2, 1e-3, 0, tiny)["right"])
    2
    """
    test = sally(settings.n_test, settings.distance, TEST_SEED, balanced=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = OneHead(settings.d_model, d, way)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    found = [tested(model, test)]
    for step in range(1, settings.n_steps + 1):
        task = sally(settings.batch_size, settings.distance, seed * 1_000_003 + step, balanced=True)
        loss = F.cross_entropy(model(task)[0], task.targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step % settings.every == 0:
            found.append(tested(model, test))
    right, largest = zip(*found, strict=True)
    return {"right": list(right), "largest weight": list(largest)}
