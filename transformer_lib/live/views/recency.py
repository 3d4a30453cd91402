"""Answers of four networks in the Sally task, beside the base rates of the tail: a stored table."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from transformer_lib.data.tasks import ANSWERS, CUES, TAILS
from transformer_lib.figures import network_colour
from transformer_lib.live.controls import Choice, Steps
from transformer_lib.live.drawings import Curves, Numbers
from transformer_lib.live.views.view import View
from transformer_lib.studies import results
from transformer_lib.studies.sally import base_rates

NAMES = ("RNN", "RNN, orthogonal", "LSTM", "RNN + attention")
DISTANCES = (0, 5, 10, 15, 20, 25, 30, 40, 50)
PERCENT = (33, 60, 80)  # of each tail's usual answer, in training; the first is a third


@cache
def _found() -> tuple[Tensor, Tensor]:
    """Probabilities (points of the grid, models, distances, tails, cues, answers), and distances."""
    found = results("sally")
    rows = [[point[name]["probabilities"] for name in NAMES] for point in found["grid"]]
    return torch.tensor(rows), torch.tensor(found["distances"], dtype=torch.float32)


def recency(
    cue: Tensor, tail: Tensor, birthday: Tensor, prize: Tensor, distance: Tensor
) -> dict[str, Tensor]:
    """The answers of networks that were trained where each tail has its own usual answer.

    Read from the results of ``python -m transformer_lib.studies.sally``: means over some sixty sentences that the
    networks never saw, one training of each network for each pair of frequencies.

    Args:
        cue: 0-d int64, which of `CUES` Sally did; its answer has the same number.
        tail: 0-d int64, which of `TAILS` the sentence has.
        birthday: 0-d, per cent of *older* after a birthday in training, one of `PERCENT`.
        prize: 0-d, per cent of *happy* after a prize in training, one of `PERCENT`.
        distance: 0-d, filler words between cue and tail, one of `DISTANCES`.

    Returns:
        answers (5, 3): the probabilities of each network, and in the last row how often each answer was right after
        this tail in training; distances (9,), and right (4, 9), the probability of the right answer.
    """
    probabilities, distances = _found()
    rates = [
        1 / len(ANSWERS) if int(share) == PERCENT[0] else int(share) / 100 for share in (birthday, prize)
    ]
    point = PERCENT.index(int(birthday)) * len(PERCENT) + PERCENT.index(int(prize))
    said = probabilities[point, :, :, int(tail), int(cue)]  # (models, distances, answers)
    here = said[:, DISTANCES.index(int(distance))]
    return {
        "answers": torch.cat([here, base_rates(rates)[int(tail)][None]]),
        "distances": distances.clone(),
        "right": said[..., int(cue)].clone(),
    }


RECENCY = View(
    name="recency",
    title="What does Sally's sentence end with?",
    function=recency,
    controls=(
        Choice("cue", "what Sally did to reading", CUES),
        Choice("tail", "her book was for a", TAILS),
        Steps("birthday", "% older after a birthday", PERCENT, 60),
        Steps("prize", "% happy after a prize", PERCENT, 60),
        Steps("distance", "words between", DISTANCES, 30),
    ),
    drawings=(
        Numbers(
            "answers", (*NAMES, "in training"), ANSWERS, "Probability of each answer", shade=1.0,
            width=360, height=260,
        ),
        Curves(
            "distances", "right", NAMES, "Probability of the right answer", across="words between", lowest=0.0,
            highest=1.05, marker="distance", colours=tuple(map(network_colour, NAMES)), width=360, height=260,
        ),
    ),
    example={
        "cue": torch.tensor(0), "tail": torch.tensor(0), "birthday": torch.tensor(60.0),
        "prize": torch.tensor(60.0), "distance": torch.tensor(30.0),
    },
    kind="table",
    hint="Choose what Sally did, then how her sentence goes on.",
)  # fmt: skip


def reader(cue: Tensor, tail: Tensor) -> dict[str, Tensor]:
    """The right answer, what the plain RNN answers with 30 words between, and how often each was right in training.

    The last two are the first and the last row of `recency`, for endings whose usual answer has 60 of 100.

    Args:
        cue: 0-d int64, which of `CUES` Sally did.
        tail: 0-d int64, which of `TAILS` the sentence has.

    Returns:
        answers (3, 3).
    """
    said = recency(cue, tail, torch.tensor(60.0), torch.tensor(60.0), torch.tensor(30.0))["answers"]
    right = torch.nn.functional.one_hot(cue, len(ANSWERS)).to(said.dtype)
    return {"answers": torch.stack([right, said[0], said[-1]])}


READER = View(
    name="reader",
    title="What does Sally's sentence end with?",
    function=reader,
    controls=RECENCY.controls[:2],
    drawings=(
        Numbers(
            "answers", ("right", "the network", "in training"), ANSWERS, "Probability of each answer", shade=1.0,
            width=480, height=210,
        ),
    ),
    example={"cue": torch.tensor(0), "tail": torch.tensor(0)},
    kind="table",
    hint="Choose what Sally did, then how her sentence goes on.",
)  # fmt: skip
