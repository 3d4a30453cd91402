"""Learning curves and attention maps of stored runs, sound ones and faulty ones; stored tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice
from transformer_lib.live.drawings import Bars, Curves, Heatmap
from transformer_lib.live.views.view import View
from transformer_lib.studies import results

RECIPE = "the recipe"
# The sentence whose maps are drawn: the decoder's inputs, and the English.
READ = ("<bos>", "la", "voiture", "rouge", "n'", "était", "pas", "dans", "le", "jardin")
WRITES = (*READ[1:], ".")
ENGLISH = ("the", "red", "car", "was", "not", "in", "the (2)", "garden", ".")
LOSS: dict[str, Any] = {"log_y": True, "lowest": 1e-3, "highest": 10.0, "across": "step"}


@cache
def _stored() -> dict[str, Any]:
    return results("training")


def _run(name: str) -> dict[str, Tensor]:
    """Curves, maps and final values of one run, its first seed; shares in per cent."""
    found = _stored()
    row = found["runs"][name]
    first = row["seeds"][0]
    return {
        "steps": torch.tensor(found["steps"]).float(),
        "losses": torch.tensor([first["loss"], first["unseen"]]),
        "right": 100 * torch.tensor(first["right"]),
        "ends": 100 * torch.tensor([first["forced"], first["exact"]]),
        "known": 100 * torch.tensor(first["exact_known"]),
        "decoder": torch.tensor(row["maps"]["decoder"]),
        "cross": torch.tensor(row["maps"]["cross"]),
    }


COMPARED = (
    RECIPE, "no smoothing", "dropout .1", "no warm-up", "rate × 10", "rate ÷ 20", "6 layers, no warm-up",
    "6 layers, norm after", "6 layers, norm after, no warm-up",
)  # fmt: skip
ENDS = ("next words", "whole sentences")


def learning(run: Tensor) -> dict[str, Tensor]:
    """One saved run beside the book's recipe.

    Read from the results of ``python -m transformer_lib.studies.training``.

    Args:
        run: 0-d int64, which of `COMPARED`.

    Returns:
        steps (n,); losses (3, n): of the recipe on unseen sentences, of this run on these, and in training; right
        (2, n), per cent of the next words of unseen sentences, the recipe and this run; ends (2,) and usual (2,), final
        accuracy in per cent: next words under teacher forcing, and whole sentences by greedy decoding.
    """
    one, usual = _run(COMPARED[int(run)]), _run(RECIPE)
    return {
        "steps": one["steps"],
        # The order gives the recipe one colour and this run another, in curves as in bars.
        "losses": torch.stack((usual["losses"][1], one["losses"][1], one["losses"][0])),
        "right": torch.stack((usual["right"], one["right"])),
        "ends": one["ends"],
        "usual": usual["ends"],
    }


LEARNING = View(
    name="learning",
    title="One recipe, and eight others",
    function=learning,
    controls=(Choice("run", "training", COMPARED, COMPARED.index("rate × 10")),),
    drawings=(
        Curves(
            "steps", "losses", ("recipe, unseen", "unseen", "training"), "Loss", **{**LOSS, "lowest": 0.1},
            width=360, height=260,
        ),
        Curves(
            "steps", "right", ("recipe", "this one"), "Next words right, in 100", across="step", lowest=0.0,
            highest=100.0, width=360, height=260,
        ),
        Bars(
            "ends", ENDS, "Right at the end, in 100", maximum=100.0, beside="usual", names=("this one", "recipe"),
            digits=1, width=728, height=160,
        ),
    ),
    example={"run": torch.tensor(4)},
    kind="table",
    hint="Choose a training.",
)  # fmt: skip


MAP = Heatmap("decoder", READ, READ, "Decoder: the word just read (row) looks at", width=360, height=330)

PATIENTS: Sequence[str] = (
    "no smoothing", "strangers", "no shift", "200 sentences", "leak", "rate × 10, no smoothing",
)  # fmt: skip


def clinic(patient: Tensor) -> dict[str, Tensor]:
    """A training run in which something may be wrong.

    Read from the results of ``python -m transformer_lib.studies.training``.

    Args:
        patient: 0-d int64, which of `PATIENTS`; their names say what is wrong.

    Returns:
        steps (n,); losses (2, n), in training and on unseen sentences; decoder (10, 10) and cross (10, 9), attention
        of the last decoder layer in one sentence; ends (3,), final accuracy in per cent: next words under teacher forcing,
        unseen sentences, and training sentences by greedy decoding.
    """
    found = _run(PATIENTS[int(patient)])
    kept = {name: found[name] for name in ("steps", "losses", "decoder", "cross")}
    return kept | {"ends": torch.cat((found["ends"], found["known"][None]))}


CLINIC = View(
    name="clinic",
    title="What is wrong with this model?",
    function=clinic,
    controls=(Choice("patient", "patient", ("A", "B", "C", "D", "E", "F")),),
    drawings=(
        Curves("steps", "losses", ("training", "unseen"), "Loss", width=360, height=240, **LOSS),
        Bars(
            "ends", ("next words", "new sentences", "known sentences"), "Right at the end, in 100", maximum=100.0,
            digits=1, width=360, height=240,
        ),
        MAP,
        Heatmap("cross", WRITES, ENGLISH, "Across: the word to write (row) looks at", width=360, height=330),
    ),
    example={"patient": torch.tensor(0)},
    kind="table",
    hint="Choose a patient. Patient A is well.",
)  # fmt: skip
