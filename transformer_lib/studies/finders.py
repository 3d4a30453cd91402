"""Induction: how many layers and heads it needs, and the role of the first layer.

``python -m transformer_lib.studies.finders`` trains nine small models, three of each kind: one layer of four heads, two
layers of four, two layers of one. It ablates heads, one and several at once, beside random subspaces, masks single
symbols in the first layer, and writes ``transformer_lib/studies/results/finders.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.data.tasks import Induction, induction
from transformer_lib.evaluation import ablated, ablated_at_random, with_head_mask
from transformer_lib.evaluation.ablation import attentions
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.stored import command
from transformer_lib.training import linear_schedule

TEST_SEED = 2**40  # unlike every seed of training
CLIP = 1.0  # largest norm of the gradient


@dataclass(frozen=True)
class Settings:
    """Training and measurement settings; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)  # of the trained models
    controls: tuple[int, ...] = tuple(range(12))  # seeds of the random subspaces
    n_steps: int = 600
    batch_size: int = 32
    length: int = 32  # symbols of a sequence
    n_symbols: int = 32
    periods: tuple[int, int] = (5, 15)
    d_model: int = 64
    n_heads: int = 4
    peak_lr: float = 3e-3
    n_test: int = 256  # sequences

    @property
    def early(self) -> range:
        """Places with a symbol before them, up to the longest period, counted from 0."""
        return range(1, self.periods[1])

    @property
    def late(self) -> range:
        """Places by which every segment has been read once and has begun again."""
        return range(self.periods[1] + 1, self.length)


def repeats(settings: Settings, n: int, seed: int) -> Induction:
    """Induction sequences of these sizes."""
    return induction(n, settings.length, seed, n_symbols=settings.n_symbols, periods=settings.periods)


def finder(n_layers: int, n_heads: int, settings: Settings, seed: int) -> LanguageModel:
    """A model trained on sequences that repeat; the loss counts only where the next symbol can be known."""
    torch.manual_seed(seed)
    size = settings.d_model
    model = LanguageModel(
        LanguageModelConfig(
            settings.n_symbols, d_model=size, n_heads=n_heads, d_ff=size, n_layers=n_layers,
            dropout=0.0, tie_embeddings="none", max_length=settings.length,
        )
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98))
    for step in range(settings.n_steps):
        rate = linear_schedule(
            step + 1, settings.peak_lr, max(1, settings.n_steps // 10), settings.n_steps + 1
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        task = repeats(settings, settings.batch_size, seed * settings.n_steps + step)
        loss = F.cross_entropy(model(task.ids)[task.known], task.targets[task.known])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
    return model.eval()


@torch.no_grad()
def found(model: nn.Module, task: Induction) -> float:
    """Accuracy where the next symbol can be known."""
    right = model(task.ids).argmax(-1) == task.targets
    return right[task.known].float().mean().item()


def previous_score(weights: Tensor, places: Iterable[int] | None = None) -> Tensor:
    """(..., T, T) weights to (...): the mean weight on the previous word, over all words but the first.

    `places` narrows it to some of these; the first word is place 0.

    >>> previous_score(torch.tensor([[1.0, 0.0], [0.7, 0.3]]))
    tensor(0.7000)
    """
    before = weights.diagonal(-1, dim1=-2, dim2=-1)  # (..., T - 1), of the words 1 … T - 1
    return before.mean(-1) if places is None else before[..., [place - 1 for place in places]].mean(-1)


def induction_score(weights: Tensor, task: Induction) -> Tensor:
    """Mean weight of each head on the symbols after earlier occurrences of the current one.

    Args:
        weights: (..., B, H, T, T).
        task: the B sequences.

    Returns:
        (..., H), the total weight on all such places, averaged over the queries that have any.

    Source: Olsson et al. 2022, on induction heads.
    """
    place = torch.arange(weights.shape[-1])
    period = task.periods[:, None, None]
    after = (place[:, None] + 1 - place) % period == 0  # (B, T, T): the symbol there equals the next one
    after = after & (place <= place[:, None]) & (place > 0)
    known = task.known[:, None]  # (B, 1, T)
    there = (weights * after[:, None]).sum(-1) * known
    return there.sum((-3, -1)) / known.sum()


@torch.no_grad()
def found_blind(model: LanguageModel, task: Induction, back: int, places: Iterable[int]) -> float:
    """Accuracy when, in the first layer only, these places cannot attend to the symbol `back` before."""
    length = task.ids.shape[1]
    mask = torch.ones(length, length, dtype=torch.bool, device=task.ids.device)
    rows = torch.tensor([place for place in places if place >= back], dtype=torch.long)
    mask[rows, rows - back] = False
    x = model.embedding(task.ids)
    for number, layer in enumerate(model.layers):
        x, _ = layer(x, mask[None, None] if number == 0 else None, causal=True)
    right = model.output(model.norm(x)).argmax(-1) == task.targets
    return right[task.known].float().mean().item()


@torch.no_grad()
def found_without(model: LanguageModel, task: Induction, layer: int, heads: Iterable[int]) -> float:
    """Accuracy without several heads of one layer at once."""
    mask = torch.ones(model.config.n_layers, model.config.n_heads, device=task.ids.device)
    mask[layer, list(heads)] = 0.0
    logits = torch.func.functional_call(model, with_head_mask(model, decoder_mask=mask), (task.ids,))
    return (logits.argmax(-1) == task.targets)[task.known].float().mean().item()


def without(model: nn.Module, kind: str, measure: Callable[[], float], controls: tuple[int, ...]) -> dict:
    """`measure` without each head, (n_layers, H), and without random subspaces, (n_layers, controls)."""
    modules = list(attentions(model, kind).values())
    heads, random = [], []
    for layer, module in enumerate(modules):
        heads.append([])
        for head in range(module.n_heads):
            with ablated(model, layer, head, kind):
                heads[-1].append(measure())
        random.append([])
        for seed in controls:
            with ablated_at_random(model, layer, kind, seed=seed):
                random[-1].append(measure())
    return {"without": heads, "at random": random}


def measured(model: LanguageModel, task: Induction, settings: Settings) -> dict[str, Any]:
    """Accuracy, attention scores and ablations of one model of two layers."""
    with torch.no_grad():
        weights = model(task.ids, return_weights=True)[1].decoder  # (2, B, H, T, T)
    places, n_heads = range(settings.length), model.config.n_heads
    return {
        "right": found(model, task),
        "previous, early": previous_score(weights, settings.early).mean(1).tolist(),
        "previous, late": previous_score(weights, settings.late).mean(1).tolist(),
        "induction": induction_score(weights, task).tolist(),
        "first layer blind": {
            "one back": found_blind(model, task, 1, places),
            "one back, late": found_blind(model, task, 1, settings.late),
            "two back": found_blind(model, task, 2, places),
        },
        **without(model, "decoder", lambda: found(model, task), settings.controls),
        "first layer without": [  # 1, 2, … of its heads, every choice of them
            [found_without(model, task, 0, heads) for heads in combinations(range(n_heads), n)]
            for n in range(1, n_heads + 1)
        ],
    }


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """All nine models."""
    task = repeats(settings, settings.n_test, TEST_SEED)

    def of(n_layers: int, n_heads: int, measure: Callable[..., Any]) -> list:
        return [measure(finder(n_layers, n_heads, settings, seed), task) for seed in settings.seeds]

    def whole(model: LanguageModel, task: Induction) -> dict[str, Any]:
        return measured(model, task, settings)

    return {
        "about": asdict(settings),
        "even": {
            name: sum(1 / (place + 1) for place in places) / len(places)
            for name, places in (("early", settings.early), ("late", settings.late))
        },
        "one layer": of(1, settings.n_heads, found),
        "two layers": of(2, settings.n_heads, whole),
        "two layers of one head": of(2, 1, whole),
    }


if __name__ == "__main__":
    command("finders", study, __doc__)
