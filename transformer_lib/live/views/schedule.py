"""Learning-rate schedule and label smoothing; stored tables."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice, Steps
from transformer_lib.live.drawings import Bars, Curves
from transformer_lib.live.shipped import SIZES
from transformer_lib.live.views.view import View
from transformer_lib.training import label_smoothing_loss, warmup_schedule

WIDTHS = (64, 128, 256, 512, 1024)
PLACES = tuple(sorted({round(10 ** (k / 10)) for k in range(51)}))  # steps from 1 to 100,000


def schedule(warmup: Tensor, width: Tensor) -> dict[str, Tensor]:
    """The paper's learning-rate schedule, beside that of its base model.

    Args:
        warmup: 0-d, steps of warm-up.
        width: 0-d int64, which of `WIDTHS` d_model is.

    Returns:
        steps (n,), rates (2, n): of this setting, and of d_model 512 with 4000 steps.

    Source: Vaswani et al. 2017, section 5.3, equation 3.
    """
    settings = ((WIDTHS[int(width)], int(warmup)), (512, 4000))
    rates = [[warmup_schedule(step, *setting) for step in PLACES] for setting in settings]
    return {"steps": torch.tensor(PLACES).float(), "rates": torch.tensor(rates)}


SCHEDULE = View(
    name="schedule",
    title="The learning rate, step by step",
    function=schedule,
    controls=(
        Steps("warmup", "warm-up steps", (1, 10, 100, 400, 1000, 4000, 10000), 400),
        Choice("width", "d_model", [str(width) for width in WIDTHS]),
    ),
    drawings=(
        Curves(
            "steps", "rates", ("this one", "the paper"), "Learning rate", across="step", log_x=True, log_y=True,
            lowest=1e-5, highest=1.0, marker="warmup", digits=2, width=560, height=300,
        ),
    ),
    example={"warmup": torch.tensor(400.0), "width": torch.tensor(0)},
    kind="table",
    hint="Shorten the warm-up and watch the peak.",
)  # fmt: skip

CHANCES = (*(round(k / 50, 2) for k in range(1, 45)), 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.995, 0.998)


def smoothing(smoothing: Tensor, classes: Tensor) -> dict[str, Tensor]:
    """Loss of one word by the probability of the right token; the other tokens share the rest evenly.

    Args:
        smoothing: 0-d, epsilon.
        classes: 0-d, V, tokens in the vocabulary.

    Returns:
        chances (n,) of the right token, losses (2, n), smoothed and plain; best, 0-d, the probability at which the smoothed
        loss is least; target (2,): the target probability of the right token, and of all others together.

    Source: Szegedy et al. 2016, section 7.
    """
    epsilon, n_classes = float(smoothing), int(classes)
    # In double precision: near 1, float32 rounding would be visible in the logarithm.
    right = torch.tensor(CHANCES, dtype=torch.float64)
    chances = ((1 - right) / (n_classes - 1))[:, None].repeat(1, n_classes)
    chances[:, 0] = right
    losses = [
        [label_smoothing_loss(row.log(), torch.tensor(0), smoothing=share, pad_id=None) for row in chances]
        for share in (epsilon, 0.0)
    ]
    best = torch.tensor(1 - epsilon + epsilon / n_classes)
    return {
        "chances": right.float(),
        "losses": torch.tensor(losses, dtype=torch.float32),
        "best": best,
        "target": torch.stack((best, 1 - best)),
    }


SMOOTHING = View(
    name="smoothing",
    title="How sure should a model be?",
    function=smoothing,
    controls=(
        Steps("smoothing", "ε", (0.0, 0.02, 0.05, 0.1, 0.2, 0.3), 0.1, digits=2),
        Steps("classes", "tokens V", (2, 10, 191, SIZES.tgt_vocab_size, 10000), SIZES.tgt_vocab_size),
    ),
    drawings=(
        Curves(
            "chances", "losses", ("smoothed", "plain"), "Loss of one word", across="probability of the right token",
            lowest=0.0, highest=4.0, marker="best", width=380, height=300,
        ),
        Bars(
            "target", ("the right token", "all others together"), "What the target asks for", digits=3, width=340,
            height=160,
        ),
    ),
    example={"smoothing": torch.tensor(0.1), "classes": torch.tensor(float(SIZES.tgt_vocab_size))},
    kind="table",
    hint="Move ε to 0: the bottom of the curve moves to certainty.",
)  # fmt: skip
