"""Controls for the Sally study: other initialisations, other readouts, more steps, another order.

``python -m transformer_lib.studies.controls`` trains each with three seeds and writes
``transformer_lib/studies/results/controls.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.data.tasks import FILLER, PEOPLE_VOCABULARY, SALLY_VOCABULARY, two_people
from transformer_lib.recurrence import RecurrentClassifier, lstm_step
from transformer_lib.recurrence.cells import STEPS, State
from transformer_lib.studies.classifying import CONTROLS, NETWORKS, Lesson, taught, trained
from transformer_lib.studies.sally import TEST_SEED, accuracy, answers
from transformer_lib.studies.stored import command

FAR = {"curriculum": False}
# Title of a run: network, and its changes to the lesson.
RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "hint first": ("RNN", {"hint_first": True}),
    "4,000 steps": ("RNN", {"n_steps": 4000}),
    "ending of 5 words": ("RNN", {"ending": 5}),
    "LSTM, forget bias 3": ("LSTM, forget bias 3", {}),
    "LSTM, forget bias 1, far": ("LSTM, forget bias 1", FAR),
    "LSTM, forget bias 3, far": ("LSTM, forget bias 3", FAR),
    "mean of all states": ("RNN + mean of all states", {}),
    "mean of all states, far": ("RNN + mean of all states", FAR),
    "bag of words": ("bag of words", {}),
}
# The task `two_people`: three readouts of the same RNN.
READOUTS = ("RNN + mean of all states", "RNN + weights without a question", "RNN + attention")
GATED = ("LSTM", "LSTM, forget bias 3")
HOLDING = ("RNN, orthogonal", "LSTM")
PUSHES = (0.01, 1.0)  # shares of the way from the state after *adored* to the state after *hated*


@dataclass(frozen=True)
class Settings:
    """Training and test settings; the defaults are those of the stored results."""

    lesson: Lesson = field(default_factory=Lesson)
    seeds: tuple[int, ...] = (0, 1, 2)
    distances: tuple[int, ...] = (0, 20, 30, 50)
    n_test: int = 360  # sentences at each distance
    held: int = 40  # filler words over which gates are measured


def right(model: nn.Module, lesson: Lesson, settings: Settings) -> list[float]:
    """Accuracy at each distance, with the training frequencies of each ending's usual answer."""
    order = {"hint_first": lesson.hint_first, "ending": lesson.ending}
    shares = [answers(model, distance, settings.n_test, **order)[1] for distance in settings.distances]
    return [accuracy(share, lesson.mostly).item() for share in shares]


def of_people(name: str, lesson: Lesson, seed: int, settings: Settings) -> dict[str, list[float]]:
    """A readout trained on `two_people`, near cues first: share of right answers and of the other's, by distance.

    Both are counted over the sentences in which the two people have different answers.
    """
    torch.manual_seed(seed)
    model = (NETWORKS | CONTROLS)[name](lesson.d_model, vocab_size=len(PEOPLE_VOCABULARY))

    def drawn(step: int) -> tuple[Tensor, Tensor]:
        return two_people(lesson.batch_size, lesson.distances(step), seed * 1_000_003 + step)[:2]

    trained(model, lesson, drawn)
    found: dict[str, list[float]] = {"right": [], "the other's": []}
    for distance in settings.distances:
        task = two_people(settings.n_test, distance, TEST_SEED)
        differ = task.targets != task.others
        with torch.no_grad():
            said = model(task.ids).argmax(-1)
        for title, answer in zip(found, (task.targets, task.others), strict=True):
            found[title].append((said == answer)[differ].float().mean().item())
    return found


@torch.no_grad()
def gates(model: RecurrentClassifier, settings: Settings) -> dict[str, float]:
    """Whether a trained LSTM's gates carry the cue: their values on the filler words after it.

    Returns:
        mean, of the forget gates; kept, the largest product over the words of any one number of the cell; difference,
        the norm of the difference between the cells after *adored* and after *hated*, at the end relative to the
        beginning; carried, how long the part of it is that came through the gates, relative to the whole.
    """
    [weights] = model.network.all_weights
    width = model.network.hidden_size
    filler = [FILLER[k % len(FILLER)] for k in range(settings.held)]
    cells, opened = [], []
    for cue in ("adored", "hated"):
        ids = torch.tensor(SALLY_VOCABULARY.encode(["sally", cue, "reading", *filler]))
        state, kept = (torch.zeros(1, width),) * 2, []
        path = []
        for x in model.embedding(ids)[:, None]:
            gate = (x @ weights[0].T + weights[2] + state[0] @ weights[1].T + weights[3]).chunk(4, -1)[1]
            kept.append(gate.sigmoid()[0])
            state = lstm_step(x, state, *weights)
            path.append(state[1][0])
        cells.append((path[2], path[-1]))  # after *reading*, and at the end
        opened.append(torch.stack(kept[3:]))
    product = opened[0].prod(0)
    start, end = (a - b for a, b in zip(*cells, strict=True))
    return {
        "mean": torch.stack(opened).mean().item(),
        "kept": product.max().item(),
        "difference": (end.norm() / start.norm()).item(),
        "carried": ((product * start).norm() / end.norm()).item(),
    }


@torch.no_grad()
def latching(model: RecurrentClassifier, settings: Settings) -> dict[str, float]:
    """What remains of a small and a large perturbation of the state after *adored*, some filler words later.

    Returns:
        small and whole, the remaining norm relative to the perturbation, for 1 % of the way to the state after *hated*
        and for all of it.
    """
    [weights] = model.network.all_weights
    step, width = STEPS[model.kind], model.network.hidden_size

    def read(words: Sequence[str], state: State) -> State:
        for x in model.embedding(torch.tensor(SALLY_VOCABULARY.encode(words)))[:, None]:
            state = step(x, state, *weights)
        return state

    start = (torch.zeros(1, width),) * (2 if model.kind == "lstm" else 1)
    here, there = (read(["sally", cue, "reading"], start) for cue in ("adored", "hated"))
    filler = [FILLER[k % len(FILLER)] for k in range(settings.held)]
    end = torch.cat(read(filler, here))
    left = []
    for share in PUSHES:
        push = [share * (b - a) for a, b in zip(here, there, strict=True)]
        moved = read(filler, tuple(a + by for a, by in zip(here, push, strict=True)))
        left.append(((torch.cat(moved) - end).norm() / torch.cat(push).norm()).item())
    return dict(zip(("small", "whole"), left, strict=True))


def study(settings: Settings = Settings(), titles: Sequence[str] = tuple(RUNS)) -> dict[str, Any]:
    """Every run with every seed, the readouts on two people, the gates, and the perturbations."""
    found: dict[str, Any] = {
        "about": {
            "lesson": asdict(settings.lesson),
            "seeds": settings.seeds,
            "n_test": settings.n_test,
            "changes": {title: dict(RUNS[title][1]) for title in titles},
        },
        "distances": settings.distances,
        "right": {},
        "people": {},
        "gates": {},
        "latching": {},
    }
    for part, name, rows in parts(settings, titles):
        found[part][name] = rows
    return found


def parts(settings: Settings, titles: Sequence[str]) -> Iterator[tuple[str, str, list]]:
    """The parts of `study`, one by one: key, and a row for each seed."""
    model = cache(taught)  # each network is trained once for all parts
    for name in READOUTS:
        yield "people", name, [of_people(name, settings.lesson, seed, settings) for seed in settings.seeds]
    for title in titles:
        name, change = RUNS[title]
        lesson = replace(settings.lesson, **change)
        yield "right", title, [right(model(name, lesson, seed), lesson, settings) for seed in settings.seeds]
    for name in GATED:
        yield "gates", name, [gates(model(name, settings.lesson, seed), settings) for seed in settings.seeds]
    for name in HOLDING:
        rows = [latching(model(name, settings.lesson, seed), settings) for seed in settings.seeds]
        yield "latching", name, rows


if __name__ == "__main__":
    command("controls", study, __doc__)
