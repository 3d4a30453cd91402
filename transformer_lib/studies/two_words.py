"""Retrieving two words at once: one head against two, with and without a feed-forward network after them.

``python -m transformer_lib.studies.two_words`` trains twelve tiny models of one attention, three of each kind, and
writes ``transformer_lib/studies/results/two_words.json``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.model.layers import FeedForward
from transformer_lib.model.multihead import MultiHeadAttention
from transformer_lib.studies.stored import command

TEST_SEED = 2**40  # unlike every seed of training


@dataclass(frozen=True)
class Settings:
    """Training and measurement settings; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)
    head_counts: tuple[int, ...] = (1, 2)
    n_steps: int = 500
    batch_size: int = 64
    length: int = 12  # symbols of a sequence
    n_symbols: int = 16
    d_model: int = 32
    lr: float = 3e-3
    n_test: int = 500  # sequences


class Reader(nn.Module):
    """One causal attention over symbols; each position predicts the symbol one back and the symbol two back.

    There is no residual connection. With `network`, a feed-forward network follows the attention.
    """

    def __init__(self, n_heads: int, network: bool, settings: Settings) -> None:
        super().__init__()
        size = settings.d_model
        self.n_symbols = settings.n_symbols
        self.symbols = nn.Embedding(settings.n_symbols, size)
        self.places = nn.Embedding(settings.length, size)
        self.attention = MultiHeadAttention(size, n_heads)
        self.network = nn.Sequential(nn.LayerNorm(size), FeedForward(size, 4 * size)) if network else None
        self.output = nn.Linear(size, 2 * settings.n_symbols)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) symbols to logits (B, T, 2, n_symbols)."""
        x = self.symbols(ids) + self.places.weight[: ids.shape[1]]
        x, _ = self.attention(x, causal=True)
        if self.network is not None:
            x = x + self.network(x)
        return self.output(x).unflatten(-1, (2, self.n_symbols))


def drawn(n: int, seed: int, settings: Settings) -> tuple[Tensor, Tensor]:
    """Random symbols (n, T), and from the third position on the two symbols before it, (n, T - 2, 2), nearest first."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(settings.n_symbols, (n, settings.length), generator=generator)
    return ids, torch.stack([ids[:, 1:-1], ids[:, :-2]], dim=-1)


def trained(n_heads: int, network: bool, settings: Settings, seed: int) -> Reader:
    """A reader after its training."""
    torch.manual_seed(seed)
    model = Reader(n_heads, network, settings)
    optimizer = torch.optim.Adam(model.parameters(), settings.lr)
    for step in range(settings.n_steps):
        ids, wanted = drawn(settings.batch_size, seed * settings.n_steps + step, settings)
        loss = F.cross_entropy(model(ids)[:, 2:].flatten(0, 2), wanted.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def both(model: Reader, settings: Settings) -> float:
    """Share of positions with both symbols right, on held-out sequences."""
    ids, wanted = drawn(settings.n_test, TEST_SEED, settings)
    right = model(ids)[:, 2:].argmax(-1) == wanted
    return right.all(-1).float().mean().item()


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """The share of positions with both symbols right, for each number of heads and seed."""
    return {
        "about": asdict(settings),
        **{
            name: {
                str(n_heads): [
                    both(trained(n_heads, network, settings, seed), settings) for seed in settings.seeds
                ]
                for n_heads in settings.head_counts
            }
            for name, network in (("attention alone", False), ("with a network", True))
        },
    }


if __name__ == "__main__":
    command("two_words", study, __doc__)
