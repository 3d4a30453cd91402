"""A head that learns to find what came after the same word before: its map, all heads' scores, the loss; stored tables."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from transformer_lib.live.controls import Slider
from transformer_lib.live.drawings import Curves, Heatmap, Numbers
from transformer_lib.live.views.view import View
from transformer_lib.studies import results
from transformer_lib.studies.assistant_induction import SHOWN, Settings

EVERY, LAST = Settings.every, Settings.n_steps
LIST = ("<bos>", "list", ":", *SHOWN, *(f"{word} (2)" for word in SHOWN))
"""The tokens of the map; in the second run of the list words are numbered."""
SEEDS = Settings.seeds
LAYERS, HEADS = 3, 4


@cache
def _stored() -> dict[str, Any]:
    return results("assistant_induction")


def induction(step: Tensor) -> dict[str, Tensor]:
    r"""A small language model that has learnt lists for some steps.

    A head's induction score is the mean weight, where a list runs again, on the word to come, wherever it stood before;
    words of the model that is drawn, and losses on other lists, are read from the results of
    ``python -m transformer_lib.studies.assistant_induction``.

    Args:
        step: 0-d, of training: 0, 20, … 600.

    Returns:
        weights (13, 13), of the head whose score is highest in the end; scores (3, 4), of every head; steps (31,), and
        losses (4, 31) by step: on words that come for the first time, and, for three seeds, on words that come again.

    Source: Olsson et al. 2022, *Key Concepts* and *Argument 1*.
    """
    found = _stored()
    at = round(float(step) / EVERY)
    first, *_ = runs = found["lists"]
    curves = [[row["first"] for row in first], *([row["again"] for row in run] for run in runs)]
    return {
        "weights": torch.tensor(found["maps"]["weights"][at]),
        "scores": torch.tensor(first[at]["induction"]),
        "steps": torch.tensor([float(row["step"]) for row in first]),
        "losses": torch.tensor(curves),
    }


INDUCTION = View(
    name="induction",
    title="A head learns to look up",
    function=induction,
    controls=(Slider("step", "training step", 0, LAST, EVERY, 0, digits=0),),
    drawings=(
        Heatmap("weights", LIST, LIST, "Layer 2, head 4: a word (row) looks at", width=360, height=360),
        Curves(
            "steps", "losses", ("new words", "again", *(f"seed {seed}" for seed in SEEDS[1:])),
            "Loss, nats a word", across="step", lowest=0.0, highest=5.0, marker="step", width=360, height=360,
        ),
        Numbers(
            "scores",
            [f"layer {layer}" for layer in range(1, LAYERS + 1)],
            [f"head {head}" for head in range(1, HEADS + 1)],
            "Induction score of every head",
            shade=1.0,
            lines=2,
            width=728,
            height=230,
        ),
    ),
    example={"step": torch.tensor(0.0)},
    kind="table",
    hint="Move on step by step, from 200 to 400.",
)  # fmt: skip
