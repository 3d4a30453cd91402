"""One attention head learns Sally's question, with its scores divided by √d, by nothing or by d.

``python -m transformer_lib.studies.one_head`` trains it at each width, rate and seed, and writes
``transformer_lib/results/one_head.json``.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.attention import attention
from transformer_lib.studies.stored import store
from transformer_lib.tasks import ANSWERS, SALLY_VOCABULARY, Sally, sally
from transformer_lib.vocabulary import PAD_ID

TEST_SEED = 2**40  # far from every seed of training
# What the products are divided by, as a power of d, and the power of d that shrinks W_Q and W_K at the start.
WAYS = {"√d": (0.5, 0.0), "nothing": (0.0, 0.0), "d": (1.0, 0.0), "nothing, smaller start": (0.0, 0.25)}


@dataclass(frozen=True)
class Settings:
    """What is trained; the defaults are those of the stored results."""

    widths: tuple[int, ...] = (16, 64, 512)
    rates: tuple[float, ...] = (3e-4, 1e-3, 3e-3)
    seeds: tuple[int, ...] = (0, 1, 2)
    n_steps: int = 200
    batch_size: int = 64
    d_model: int = 32
    distance: tuple[int, int] = (0, 10)
    every: int = 40  # steps between two tests
    n_test: int = 300


class OneHead(nn.Module):
    """Word vectors, one head in which the last word asks, and a read-out; no positions, no other layer.

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
        """Logits (B, answers), and the weights (B, S) that the last word gives."""
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


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Every way at every width and rate, with each seed."""
    runs = [
        {"way": way, "d": d, "rate": rate, "seed": seed, **run(way, d, rate, seed, settings)}
        for d in settings.widths
        for way in WAYS
        for rate in settings.rates
        for seed in settings.seeds
    ]
    steps = list(range(0, settings.n_steps + 1, settings.every))
    return {"command": f"python -m {__name__}", "about": asdict(settings), "steps": steps, "runs": runs}


def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(arguments)
    torch.set_num_threads(1)
    store("one_head", study())


if __name__ == "__main__":
    main()
