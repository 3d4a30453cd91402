"""A word that is rewarded, at several prices of leaving the reference: what becomes of the model; stored tables."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from transformer_lib.assistant import VOCABULARY
from transformer_lib.live.controls import Steps
from transformer_lib.live.drawings import Curves, Numbers
from transformer_lib.live.views.view import View
from transformer_lib.studies import results
from transformer_lib.studies.assistant_hack import Settings

BETAS = Settings.betas
SHARES = {"right": "told: right", "polite": "polite", "other": "no answer"}
TIMES = tuple(f"× {n}" for n in range(3, 13))
WORDS = (*VOCABULARY.words, "→", *TIMES)
"""What the rows of replies are made of; a word said three times or more is written once, with its number."""
LONGEST = 20  # words of a question, an arrow and a reply


@cache
def _stored() -> dict[str, Any]:
    return results("assistant_hack")


def hack(beta: Tensor) -> dict[str, Tensor]:
    """Models that a policy gradient rewarded for the word *sure*, each at its own price β of leaving the reference.

    Read from the results of ``python -m transformer_lib.studies.assistant_hack``: means over three seeds, fifty questions of
    each kind; replies are of the first seed.

    Args:
        beta: 0-d, one of `BETAS`.

    Returns:
        betas (n,); shares (3, n), of `SHARES`, in per cent; kl (1, n), nats a reply from the reference; replies (2, 20), ids
        of `WORDS` padded with -1, a question and the likeliest reply of the model at this β; chances (2, 2), in per cent, of
        that reply as a whole, and of a reply that begins with the word.

    Source: Gao et al. 2022 (arXiv 2210.10760), section 1: what is gained and lost by distance.
    """
    found = _stored()
    runs = [found["betas"][str(one)] for one in BETAS]

    def mean(name: str) -> list[float]:
        return [sum(row[name] for row in rows) / len(rows) for rows in runs]

    said = found["said"][str(BETAS[_place(beta)])]
    return {
        "betas": torch.tensor(BETAS),
        "shares": 100 * torch.tensor([mean(name) for name in SHARES]),
        "kl": torch.tensor([mean("kl")]),
        "replies": torch.tensor([_ids(f"{one['question']} → {one['reply']}") for one in said]),
        "chances": 100 * torch.tensor([[one["chance"], one["begins"]] for one in said]),
    }


def _place(beta: Tensor) -> int:
    """Which of `BETAS` a float32 number is."""
    return min(range(len(BETAS)), key=lambda at: abs(BETAS[at] - float(beta)))


def _ids(text: str) -> list[int]:
    words = []
    for word, run in groupby(text.split()):
        times = len(list(run))
        words += [word, f"× {times}"] if times > 2 else [word] * times
    return [*map(WORDS.index, words), *[-1] * (LONGEST - len(words))]


ACROSS: dict[str, Any] = {"across": "β", "log_x": True, "marker": "beta", "width": 360, "height": 270}

HACK = View(
    name="hack",
    title="One word is rewarded, at a price",
    function=hack,
    controls=(Steps("beta", "price β", BETAS, BETAS[0], digits=2),),
    drawings=(
        Curves("betas", "shares", tuple(SHARES.values()), "Replies, in 100", lowest=0.0, highest=100.0, **ACROSS),
        Curves("betas", "kl", ("KL",), "Nats a reply from the reference", log_y=True, **ACROSS),
        Numbers(
            "chances", "replies", ("this", "sure first"), "What the model says, and how likely, %",
            digits=1, lines=3, width=728, height=220,
        ),
    ),
    example={"beta": torch.tensor(BETAS[0])},
    labels={"words": "v"},
    kind="table",
    hint="Raise the price of leaving the reference, until it answers again.",
    spoken={"replies": ("replies", "words")},
    defaults=lambda: {"words": list(WORDS)},
)  # fmt: skip
