"""Answers of four networks in the Sally task, by cue, tail and distance.

``python -m transformer_lib.studies.sally`` trains them with and without a length curriculum, on the control, and for
a grid of frequencies, and writes ``transformer_lib/studies/results/sally.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.data.tasks import ANSWERS, CUES, MOSTLY, TAILS, USUAL, sally
from transformer_lib.studies.classifying import NETWORKS, Lesson, taught
from transformer_lib.studies.stored import command

THIRD = 1 / len(ANSWERS)
TEST_SEED = 2**40  # unlike every seed of training


@dataclass(frozen=True)
class Settings:
    """Training and test settings; the defaults are those of the stored results."""

    lesson: Lesson = field(default_factory=Lesson)
    seeds: tuple[int, ...] = (0, 1, 2)
    distances: tuple[int, ...] = (
        0,
        5,
        10,
        15,
        20,
        25,
        30,
        40,
        50,
    )  # the last two are longer than any in training
    frequencies: tuple[float, ...] = (THIRD, MOSTLY, 0.8)  # of each tail's usual answer, in the grid
    n_test: int = 360  # sentences at each distance, a sixth of them for each cue and tail


@torch.no_grad()
def answers(model: nn.Module, distance: int, n: int, seed: int = TEST_SEED, **order) -> tuple[Tensor, Tensor]:
    """A model's answers by cue and tail.

    Args:
        model: sentences to logits.
        distance: filler words between cue and tail.
        n: sentences, about a sixth for each pair of cue and tail.
        seed: of the sentences.
        order: `hint_first` and `ending`, as for `sally`.

    Returns:
        probabilities (tails, cues, answers), the mean over the sentences; and right (tails, cues), the share of them
        to which the likeliest answer is right.
    """
    task = sally(n, distance, seed, balanced=True, **order)
    probabilities = model(task.ids).softmax(-1)
    right = (probabilities.argmax(-1) == task.targets).float()
    kind = task.tails * len(CUES) + task.targets  # cue and answer have the same number
    mean = torch.zeros(len(TAILS) * len(CUES), len(ANSWERS) + 1)
    mean.index_add_(0, kind, torch.cat([probabilities, right[:, None]], 1))
    mean = mean / torch.bincount(kind, minlength=len(mean)).clamp(min=1)[:, None]
    mean = mean.unflatten(0, (len(TAILS), len(CUES)))
    return mean[..., :-1], mean[..., -1]


def accuracy(right: Tensor, mostly: Sequence[float]) -> Tensor:
    """Accuracy under given frequencies of each tail's usual answer.

    Args:
        right: (..., tails, cues), from `answers`.
        mostly: the frequency of each tail's usual answer.

    Returns:
        (...), the mean over both tails.

    >>> by_the_tail = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])  # older after birthday, happy after prize
    >>> round(accuracy(by_the_tail, (0.6, 0.6)).item(), 4)
    0.6
    """
    return (right * base_rates(mostly)).sum(-1).mean(-1)


def base_rates(mostly: Sequence[float]) -> Tensor:
    """(tails, answers): how often each answer is right after each tail.

    >>> base_rates((0.6, 0.8))
    tensor([[0.2000, 0.2000, 0.6000],
            [0.8000, 0.1000, 0.1000]])
    """
    usual = torch.tensor(mostly)
    rates = ((1 - usual[:, None]) / (len(ANSWERS) - 1)).repeat(1, len(ANSWERS))
    rates[range(len(TAILS)), USUAL] = usual
    return rates


def asked(model: nn.Module, settings: Settings) -> dict[str, Any]:
    """`answers` at every distance, as lists: probabilities (distances, tails, cues, answers) and right."""
    found = [answers(model, distance, settings.n_test) for distance in settings.distances]
    return {
        name: torch.stack(part).tolist()
        for name, part in zip(("probabilities", "right"), zip(*found, strict=True), strict=True)
    }


def study(settings: Settings = Settings(), networks: Sequence[str] = tuple(NETWORKS)) -> dict[str, Any]:
    """Train and test every network: in three regimes with each seed, and at each point of the grid with the first."""
    lesson = settings.lesson
    regimes = {
        "curriculum": replace(lesson, curriculum=True),
        "far from the start": replace(lesson, curriculum=False),
        "control": replace(lesson, curriculum=True, mostly=(THIRD, THIRD)),
    }

    def runs(lesson: Lesson, seeds: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
        return {name: [asked(taught(name, lesson, seed), settings) for seed in seeds] for name in networks}

    found = {regime: runs(lesson, settings.seeds) for regime, lesson in regimes.items()}
    known = {regimes[regime].mostly: found[regime] for regime in ("curriculum", "control")}
    grid = []
    for birthday in settings.frequencies:
        for prize in settings.frequencies:
            mostly = (birthday, prize)
            there = known.get(mostly) or runs(replace(lesson, mostly=mostly), settings.seeds[:1])
            grid.append({name: there[name][0] for name in networks})
    return {
        "about": {"lesson": asdict(lesson), "seeds": settings.seeds, "n_test": settings.n_test},
        "models": list(networks),
        "distances": settings.distances,
        "frequencies": settings.frequencies,
        "regimes": found,
        "grid": grid,  # frequencies after a birthday × frequencies after a prize, the first seed
    }


if __name__ == "__main__":
    command("sally", study, __doc__)
