"""What each loss of preference learning does alone, at several learning rates, and where it pushes the replies.

``python -m transformer_lib.studies.assistant_alone`` goes on from models that were tuned to answer, the same as those of
`assistant_stages`, with three seeds: with both losses, with the likelihood of preferred replies alone, and with
comparisons alone (DPO) at three rates. It writes ``transformer_lib/studies/results/assistant_alone.json``.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch

from transformer_lib import assistant
from transformer_lib.assistant.tuning import ANCHOR, PREFERENCE, both_replies
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.assistant_stages import Settings as Stages
from transformer_lib.studies.assistant_stages import imitated, instructed, recipe
from transformer_lib.studies.stored import command


@dataclass(frozen=True)
class Settings:
    """Of tuning and measuring; the defaults are those of the stored results."""

    stages: Stages = field(default_factory=Stages)
    rates: tuple[float, ...] = (1.0, 0.1, 0.03)  # of comparisons alone, as shares of the recipe's
    n_fresh: int = 200  # pairs whose likelihoods are measured


def compared(
    model: LanguageModel, settings: Stages, seed: int, *, rate: float, anchor: float
) -> LanguageModel:
    """A copy of a model that has learnt from comparisons, at a share of the recipe's learning rate."""
    generator = random.Random(f"preferences {seed}")
    pairs = [assistant.pair(generator) for _ in range(settings.n_pairs)]
    model = copy.deepcopy(model)
    slower = replace(recipe(PREFERENCE, settings, seed), peak_lr=rate * PREFERENCE.peak_lr)
    assistant.prefer(model, pairs, slower, anchor=anchor)
    return model


def likelihoods(model: LanguageModel, n_pairs: int) -> dict[str, float]:
    """Mean log-probability in nats of replies to fresh questions that are preferred, and of the others.

    Of the preferred also by kind: where they answer, and where they admit not to know.
    """
    fresh = [assistant.pair(random.Random(f"fresh {seed}")) for seed in range(n_pairs)]
    admits = torch.tensor([assistant.judge(one.story, one.question, one.chosen) == "admits" for one in fresh])
    with torch.no_grad():
        won, lost = assistant.reply_log_probabilities(model, both_replies(fresh)).sum(1).chunk(2)
    return {
        "chosen": won.mean().item(),
        "rejected": lost.mean().item(),
        "chosen answers": won[~admits].mean().item(),
        "chosen admissions": won[admits].mean().item(),
    }


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Measures and likelihoods before, and after each way of tuning, by seed."""
    stages, base = settings.stages, assistant.load("base")
    ways: dict[str, Callable[[LanguageModel, int], LanguageModel]] = {
        "before": lambda model, seed: model,
        "both": lambda model, seed: compared(model, stages, seed, rate=1.0, anchor=ANCHOR),
        "imitated": lambda model, seed: imitated(model, stages, seed)[0],
        **{
            f"compared at {rate:g}": lambda model, seed, rate=rate: compared(
                model, stages, seed, rate=rate, anchor=0.0
            )
            for rate in settings.rates
        },
    }
    found: dict[str, Any] = {"about": asdict(settings), **{name: [] for name in ways}}
    for seed in stages.seeds:
        first = instructed(base, stages, seed)[0]
        for name, tuned in ways.items():
            model = tuned(first, seed)
            measured = assistant.measure(model, n_questions=stages.n_questions, reference=first)._asdict()
            found[name].append(measured | likelihoods(model, settings.n_fresh))
    return found


if __name__ == "__main__":
    command("assistant_alone", study, __doc__)
