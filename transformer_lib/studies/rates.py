"""Learning rates: short trainings at several rates, with and without warm-up, shallow and deep.

``python -m transformer_lib.studies.rates`` trains the small translator of the training study many times and
writes ``transformer_lib/studies/results/rates.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch.nn import functional

from transformer_lib.model.multihead import MultiHeadAttention
from transformer_lib.model.transformer import Transformer
from transformer_lib.studies.stored import command
from transformer_lib.studies.training import Change, Material, run
from transformer_lib.studies.training import Settings as TrainingSettings
from transformer_lib.training import shift
from transformer_lib.training.loop import Batch

ONE_WORD = 0.99  # a row of attention weights counts as saturated if its largest is above this


@dataclass(frozen=True)
class Settings:
    """Training settings; the defaults are those of the stored results."""

    rates: tuple[float, ...] = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
    deep: tuple[tuple[int, bool, float], ...] = (  # layers, norm first, rate: with a warm-up and without
        (6, True, 0.004),
        (6, False, 0.004),
        (6, False, 0.001),
    )
    seeds: tuple[int, ...] = (0, 1, 2)
    n_steps: int = 150  # of the sweep
    warmup_steps: int = 30
    deep_steps: int = 100
    deep_warmup: int = 20
    saturating: tuple[float, ...] = (0.004, 0.04)  # rates after whose training attention is measured
    training: TrainingSettings = field(
        default_factory=TrainingSettings
    )  # further settings, and the steps before the measurement


def short(material: Material, settings: Settings, change: Change, n_steps: int) -> list[float]:
    """The loss on unseen sentences at the end of a short training, without smoothing, for each seed."""
    shorter = replace(settings.training, n_steps=n_steps, every=n_steps)
    return [run(material, shorter, change, seed)[1][-1]["validation_loss"] for seed in settings.seeds]


def warmed(material: Material, settings: Settings) -> list[dict[str, list[float]]]:
    """Each of the deep models with a warm-up and without."""
    return [
        {
            name: short(
                material,
                settings,
                Change(peak_lr=rate, warmup_steps=steps, n_layers=n_layers, norm_first=norm_first),
                settings.deep_steps,
            )
            for name, steps in (("with", settings.deep_warmup), ("without", 1))
        }
        for n_layers, norm_first, rate in settings.deep
    ]


def saturation(model: Transformer, batches: Sequence[Batch]) -> dict[str, float]:
    """Saturation of a model's attention, and the gradient that reaches queries and keys.

    Args:
        model: a trained translator; its gradients are overwritten.
        batches: source and target ids.

    Returns:
        one_word: of the attention rows of real words in all layers and heads, the share whose largest weight is above
        .99; gradient: the norm of the gradient, over all batches, with respect to all query and key projections;
        all: the norm of the whole gradient. The loss is without smoothing.
    """
    parts = [part for part in model.modules() if isinstance(part, MultiHeadAttention)]
    model.zero_grad()
    sharp = rows = 0
    for src_ids, tgt_ids in batches:
        inputs, targets = shift(tgt_ids)
        logits, weights = model(src_ids, inputs, return_weights=True)
        asks = {"encoder": src_ids, "decoder": inputs, "cross": inputs}
        for name, ids in asks.items():
            largest = getattr(weights, name).amax(-1)  # (L, B, H, T)
            real = (ids != model.config.pad_id)[None, :, None].expand_as(largest)
            sharp += (largest > ONE_WORD)[real].sum().item()
            rows += real.sum().item()
        loss = functional.cross_entropy(logits.mT, targets, ignore_index=model.config.pad_id)
        (loss / len(batches)).backward()
    through = [
        gradient[: 2 * gradient.shape[1]]  # queries, keys
        for part in parts
        if (gradient := part.in_proj.weight.grad) is not None
    ]
    whole = [p.grad for p in model.parameters() if p.grad is not None]
    norms = (torch.stack([g.norm() for g in some]).norm().item() for some in (through, whole))
    return {"one_word": sharp / rows, **dict(zip(("gradient", "all"), norms, strict=True))}


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """The sweep, and the saturation of attention after two rates, with the training study's seed, without smoothing."""
    material = Material(settings.training)
    warmup = min(Change.warmup_steps, settings.training.n_steps)
    patients = [Change(smoothing=0.0, peak_lr=rate, warmup_steps=warmup) for rate in settings.saturating]
    looked = [
        saturation(run(material, settings.training, change)[0], material.validation) for change in patients
    ]
    return {
        "about": asdict(settings),
        "loss": [
            short(
                material, settings, Change(peak_lr=rate, warmup_steps=settings.warmup_steps), settings.n_steps
            )
            for rate in settings.rates
        ],
        "warmed": warmed(material, settings),
        "saturated": looked,
    }


if __name__ == "__main__":
    command("rates", study, __doc__)
