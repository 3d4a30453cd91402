"""Predict first: the reader's guesses, and the true values once revealed."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.live.controls import Levels, Reveal
from transformer_lib.live.drawings import Bars
from transformer_lib.live.views.view import View


def predict(guess: Tensor, truth: Tensor, revealed: Tensor) -> dict[str, Tensor]:
    """Guesses beside the true values.

    Args:
        guess: (n,), what the reader set.
        truth: (n,), what was computed.
        revealed: 0-d bool; until then the true values are not in the output.

    Returns:
        guessed and true (n,), off (n,), how far they are apart, and average, its mean.
    """
    off = torch.where(revealed, (guess - truth).abs(), 0.0)
    return {
        "guessed": guess + 0.0,
        "true": torch.where(revealed, truth, 0.0),
        "off": off,
        "average": off.mean(),
    }


PREDICT = View(
    name="predict",
    title="Predict first",
    function=predict,
    controls=(
        Reveal("revealed", "show"),
        Levels("guess", "your guess", "guess for", "labels", 0.0, 1.0, 0.01),
    ),
    drawings=(
        Bars(
            "guessed",
            "labels",
            "",
            beside="true",
            names=("your guess", "computed"),
            shown="revealed",
            drag="guess",
            off=("off", "average"),
            width=736,
            height=260,
        ),
    ),
    example={
        "guess": torch.tensor([0.5, 0.25, 0.25]),
        "truth": torch.tensor([0.7, 0.1, 0.2]),
        "revealed": torch.tensor(False),
    },
    dynamic={"guess": {0: "n"}, "truth": {0: "n"}},
    labels={"labels": "n"},
    hint="Drag each bar to your guess, then press show.",
)
