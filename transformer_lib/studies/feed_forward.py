"""Ablation of the feed-forward networks, and of their activation.

``python -m transformer_lib.studies.feed_forward`` replaces each of the shipped translator's four networks by its best
linear fit or removes it, and writes ``transformer_lib/studies/results/feed_forward.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.data import Pair, encode_pairs, generate, pad, split
from transformer_lib.evaluation import exact_match
from transformer_lib.evaluation.report import translations
from transformer_lib.model.layers import FeedForward
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator
from transformer_lib.studies.stored import command
from transformer_lib.text.vocabulary import Vocabulary

STACKS = ("encoder", "decoder")


@dataclass(frozen=True)
class Settings:
    """What is measured; the defaults are those of the stored results."""

    n_drawn: int = 9000  # sentences of the grammar, of which about 4 of 100 are for tests
    drawn_with: int = 5  # seed
    n_fitted: int = 600  # training sentences for the linear fits
    n_sentences: int = 300  # unseen ones, translated


def linear_fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Least-squares fit: the matrix (d, e) and the bias (e,) from x (n, d) to y (n, e).

    >>> w, b = linear_fit(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[1.0], [3.0], [5.0]]))
    >>> round(w.item(), 4), round(b.item(), 4)
    (2.0, 1.0)
    """
    wide = torch.cat([x, x.new_ones(len(x), 1)], dim=1).double()
    found = torch.linalg.lstsq(wide, y.double()).solution.to(y)
    return found[:-1], found[-1]


@contextmanager
def replaced(
    networks: Sequence[nn.Module], functions: Sequence[Callable[[Tensor], Tensor]]
) -> Iterator[None]:
    """Replace networks by other functions for as long as the block runs."""
    for network, function in zip(networks, functions, strict=True):
        network.forward = function
    try:
        yield
    finally:
        for network in networks:
            del network.forward


@torch.no_grad()
def passing(
    model: Transformer, words: tuple[Vocabulary, Vocabulary], pairs: Sequence[Pair]
) -> dict[FeedForward, tuple[Tensor, Tensor]]:
    """Inputs and outputs of each feed-forward network on the pairs, (n, d_model) each."""
    networks = [layer.feed_forward for stack in STACKS for layer in getattr(model, stack).layers]
    seen: dict[FeedForward, list] = {network: [] for network in networks}
    hooks = [
        network.register_forward_hook(
            lambda module, inputs, output: seen[module].append((inputs[0][0], output[0]))
        )
        for network in networks
    ]
    for pair in pairs:
        [(source, target)] = encode_pairs([pair], *words)
        model(pad([source]), pad([target])[:, :-1])
    for hook in hooks:
        hook.remove()
    return {
        network: (torch.cat([x for x, _ in both]), torch.cat([y for _, y in both]))
        for network, both in seen.items()
    }


def explained(y: Tensor, guess: Tensor) -> float:
    """R²: the share of y's variance that a guess explains, (n, e) both."""
    return 1 - ((y - guess).square().sum() / (y - y.mean(0)).square().sum()).item()


def of_translator(settings: Settings) -> dict[str, Any]:
    """Exact match on unseen sentences: whole; with each network linear, or removed; with both of a stack linear."""
    model, source, target = load_translator()
    words = source, target
    drawn = split(generate(settings.n_drawn, seed=settings.drawn_with))
    unseen = drawn.test_sentences[: settings.n_sentences]
    known, fresh = (passing(model, words, pairs) for pairs in (drawn.train[: settings.n_fitted], unseen))
    meant = [pair.french for pair in unseen]

    def exact() -> float:
        return exact_match(translations(model, *words, unseen), meant)

    rows, fits = [], {}
    for stack in STACKS:
        for place, layer in enumerate(getattr(model, stack).layers):
            network = layer.feed_forward
            w, b = linear_fit(*known[network])
            fits[network] = lambda x, w=w, b=b: x @ w + b
            x, y = fresh[network]
            row = {"stack": stack, "layer": place + 1, "explained": explained(y, fits[network](x))}
            row["active"] = (network.w_1(x) > 0).float().mean().item()
            with replaced([network], [fits[network]]):
                row["linear"] = exact()
            with replaced([network], [torch.zeros_like]):
                row["gone"] = exact()
            rows.append(row)
    together = {}
    for stack in STACKS:
        networks = [layer.feed_forward for layer in getattr(model, stack).layers]
        with replaced(networks, [fits[network] for network in networks]):
            together[stack] = exact()
    return {"sentences": len(unseen), "whole": exact(), "each": rows, "both linear": together}


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """The measurements on the shipped translator."""
    return {
        "about": asdict(settings),
        "command": "python -m transformer_lib.studies.feed_forward",
        "translator": of_translator(settings),
    }


if __name__ == "__main__":
    command("feed_forward", study, __doc__)
