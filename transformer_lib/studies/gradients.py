"""Gradient norm at each earlier state, by kind of network, initialisation, length and training.

``python -m transformer_lib.studies.gradients`` writes ``transformer_lib/studies/results/gradients.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.data.tasks import ANSWERS, SALLY_VOCABULARY, Sally, sally
from transformer_lib.recurrence import (
    AttentiveClassifier,
    RecurrentClassifier,
    gradient_through_time,
    lstm_step,
    unroll,
)
from transformer_lib.studies.classifying import NETWORKS, Lesson, taught
from transformer_lib.studies.stored import command


@dataclass(frozen=True)
class Settings:
    """What is measured; the defaults are those of the stored results."""

    lesson: Lesson = field(default_factory=Lesson)
    seed: int = 0
    batch_size: int = 32  # sentences over which each norm is averaged
    distance: int = 40  # filler words between cue and tail
    radii: tuple[float, ...] = (0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0)
    lengths: tuple[int, ...] = (5, 10, 20, 30, 40, 50, 60)  # steps back to the first word


def backwards(norms: Tensor) -> Tensor:
    """Norms (T,) in order of time, reversed and divided by the last: entry k is k steps back.

    >>> backwards(torch.tensor([1.0, 2.0, 4.0]))
    tensor([1.0000, 0.5000, 0.2500])
    """
    return norms.flip(0) / norms[-1]


def sentences(settings: Settings) -> Sally:
    """Sentences of one length, so that none is padded: those with the fewest words before the cue."""
    task = sally(40 * settings.batch_size, settings.distance, settings.seed)
    shortest = task.lengths.min()
    rows = (task.lengths == shortest).nonzero()[: settings.batch_size, 0]
    return Sally(task.ids[rows, :shortest], *(part[rows] for part in task[1:]))


def of_networks(settings: Settings, networks: Sequence[str]) -> dict[str, Any]:
    """The four networks on Sally's sentences, before and after training; for the LSTM also its cell."""
    task = sentences(settings)
    found = {}
    for name in networks:
        torch.manual_seed(settings.seed)
        models = {
            "at the start": NETWORKS[name](settings.lesson.d_model),
            "trained": taught(name, settings.lesson, settings.seed),
        }
        found[name] = {
            when: backwards(gradient_through_time(model, task.ids, task.targets)).tolist()
            for when, model in models.items()
        }
        if name == "LSTM":
            found["LSTM, its cell"] = {
                when: backwards(gradient_of_cells(model, task.ids, task.targets)).tolist()
                for when, model in models.items()
            }
    return found


def gradient_of_cells(model: RecurrentClassifier, ids: Tensor, target: Tensor) -> Tensor:
    """As `gradient_through_time`, with respect to the cell c_t of an LSTM, by all its paths.

    c_t acts on later steps through the cells and, through h_t = o_t ⊙ tanh(c_t), through the states; both count.
    """
    x = model.embedding(ids)
    start = (x.new_zeros(len(ids), model.network.hidden_size),) * 2
    states = unroll(lstm_step, x, start, *model.network.all_weights[0])
    loss = F.cross_entropy(model.output(states[-1][0]), target, reduction="sum")
    gradients = torch.autograd.grad(loss, [cell for _, cell in states])
    return torch.stack([gradient.norm(dim=-1).mean() for gradient in gradients])


# For the live picture: the same words through three kinds of network with the same radius.
KINDS: dict[str, tuple[Callable[..., nn.Module], str]] = {
    "RNN": (RecurrentClassifier, "rnn"),
    "LSTM": (RecurrentClassifier, "lstm"),
    "RNN + attention": (AttentiveClassifier, "rnn"),
}


def by_radius(settings: Settings) -> dict[str, list]:
    """For each kind: radii × lengths, each a list of norms, entry k for the state k steps before the last."""
    generator = torch.Generator().manual_seed(settings.seed)
    size = (settings.batch_size, max(settings.lengths) + 1)
    words = torch.randint(3, len(SALLY_VOCABULARY), size, generator=generator)
    target = torch.randint(len(ANSWERS), size[:1], generator=generator)
    found = {}
    for name, (make, kind) in KINDS.items():
        rows = []
        for radius in settings.radii:
            torch.manual_seed(settings.seed)
            model = make(
                len(SALLY_VOCABULARY), len(ANSWERS), kind=kind, d_model=settings.lesson.d_model, radius=radius
            )
            rows.append([
                backwards(gradient_through_time(model, words[:, -length - 1 :], target)).tolist()
                for length in settings.lengths
            ])  # fmt: skip
        found[name] = rows
    return found


def study(settings: Settings = Settings(), networks: Sequence[str] = tuple(NETWORKS)) -> dict[str, Any]:
    """Both measurements, and the spectral radius of torch's initialisation."""
    radii = []
    for seed in range(20):
        torch.manual_seed(seed)
        weight = NETWORKS["RNN"](settings.lesson.d_model).network.weight_hh_l0
        radii.append(torch.linalg.eigvals(weight.detach()).abs().max().item())
    return {
        "about": {
            "lesson": asdict(settings.lesson),
            "seed": settings.seed,
            "batch_size": settings.batch_size,
        },
        "usual_radius": [
            min(radii),
            sum(radii) / len(radii),
            max(radii),
        ],  # least, mean and largest of 20 initialisations
        "networks": of_networks(settings, networks),
        "radii": settings.radii,
        "lengths": settings.lengths,
        "by_radius": by_radius(settings),
    }


if __name__ == "__main__":
    command("gradients", study, __doc__)
