"""Optimising a reward that is only learnt: the best of n by a reward model.

``python -m transformer_lib.studies.assistant_rewards`` learns reward models from few and from many preferences, and
picks the best of n replies of the shipped instructed model by them. It writes
``transformer_lib/studies/results/assistant_rewards.json``.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from transformer_lib import assistant
from transformer_lib.assistant.tuning import PREFERENCE, REWARDS
from transformer_lib.model.modes import inference_mode
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.stored import command


@dataclass(frozen=True)
class Settings:
    """Of learning and measuring; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)
    n_pairs: tuple[int, ...] = (30, 300, 3000)  # that reward models learn from
    n_steps: int = 150  # of each reward model
    n_replies: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)  # to choose the best of
    n_questions: int = 50  # with an answer, and as many without


def proxy(base: LanguageModel, settings: Settings, seed: int, n_pairs: int) -> LanguageModel:
    """A reward model that has learnt from so many preferences."""
    generator, model = random.Random(f"proxy {seed}"), copy.deepcopy(base)
    pairs = [assistant.pair(generator) for _ in range(n_pairs)]
    n_steps = settings.n_steps
    recipe = replace(
        PREFERENCE, n_steps=n_steps, seed=seed, warmup_steps=min(PREFERENCE.warmup_steps, n_steps)
    )
    assistant.learn_rewards(model, pairs, recipe)
    return model


def drawn(model: LanguageModel, settings: Settings, seed: int) -> tuple[list, list[str], list[str]]:
    """Stories and questions, each as often as replies to it are ever chosen from; those replies, and their verdicts."""
    n = max(settings.n_replies)
    asked = [assistant.draw(at, told) for told in (True, False) for at in range(settings.n_questions)]
    group = [one for one in asked for _ in range(n)]
    said = assistant.replies(model, group, generator=torch.Generator().manual_seed(seed))
    return group, said, [assistant.judge(*one, reply) for one, reply in zip(group, said, strict=True)]


def kept(rewards: Tensor, n: int) -> Tensor:
    """(B, N // n) which of all B · N replies are the best of each n to a question.

    >>> kept(torch.tensor([[0.0, 3.0, 1.0, 2.0], [4.0, 0.0, 0.0, 1.0]]), 2)
    tensor([[1, 3],
            [4, 7]])
    """
    count, most = rewards.shape
    groups, places = (
        x[:, : most // n * n].reshape(-1, n) for x in (rewards, torch.arange(count * most).view(count, most))
    )
    return places.gather(1, assistant.best_of_n(groups)[:, None]).view(count, -1)


def optimised(rewards: Tensor, worth: Tensor, counts: tuple[int, ...]) -> list[dict[str, float]]:
    """For the best of each number of replies: the reward it was chosen by, and its worth; both (B, N), cut in groups."""
    found = []
    for n in counts:
        best = kept(rewards, n)
        most = worth[:, : worth.shape[1] // n * n].reshape(-1, n).amax(1)
        found.append({
            "n": n, "proxy": rewards.flatten()[best].mean().item(), "true": worth.flatten()[best].mean().item(),
            "most": most.mean().item(), "kl": assistant.best_of_n_kl(n),
        })  # fmt: skip
    return found


def shares(rewards: Tensor, verdicts: list[str], n: int) -> dict[str, dict[str, float]]:
    """Verdicts on the best of n replies, of questions that the story answers (the first half) and of the others."""
    found = {}
    for name, best in zip(("told", "untold"), kept(rewards, n).chunk(2), strict=True):
        counts = Counter(verdicts[place] for place in best.flatten().tolist())
        found[name] = {verdict: many / best.numel() for verdict, many in sorted(counts.items())}
    return found


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Proxy reward, true worth and verdicts by n, for each number of preferences, seed by seed."""
    base = assistant.load("instructed")
    found: dict[str, Any] = {
        "about": asdict(settings),
        "best of n": {str(n): [] for n in settings.n_pairs},
        "chosen": {str(n): [] for n in settings.n_pairs},
    }
    for seed in settings.seeds:
        group, said, verdicts = drawn(base, settings, seed)
        most = max(settings.n_replies)
        worth = torch.tensor([REWARDS[verdict] for verdict in verdicts]).view(-1, most)
        for n_pairs in settings.n_pairs:
            model = proxy(base, settings, seed, n_pairs)
            with inference_mode(model):
                scores = [
                    assistant.score(model, group[at : at + 512], said[at : at + 512])
                    for at in range(0, len(group), 512)
                ]
            rewards = torch.cat(scores).view(worth.shape)
            found["best of n"][str(n_pairs)].append(optimised(rewards, worth, settings.n_replies))
            found["chosen"][str(n_pairs)].append([shares(rewards, verdicts, n) for n in settings.n_replies])
    return found


if __name__ == "__main__":
    command("assistant_rewards", study, __doc__)
