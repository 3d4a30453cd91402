"""Effect of residual connections and LayerNorm on signal and gradient by depth."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice, Toggle
from transformer_lib.live.drawings import Curves
from transformer_lib.live.views.view import View
from transformer_lib.studies.depth import NORMS, STARTS, Settings, middle, passage

BOUNDS = (1e-30, 1e30)  # near the limits of float32, and far outside the axes


def depth(start: Tensor, residual: Tensor, norm: Tensor) -> dict[str, Tensor]:
    r"""Size of the signal and of the gradient at each depth of an untrained encoder of 24 layers.

    .. math:: \frac{\lVert x_l \rVert}{\lVert x_0 \rVert}, \qquad \lVert \partial L / \partial x_l \rVert

    with the loss of `transformer_lib.studies.depth.passage`, both cut at `BOUNDS`. Sizes are geometric means over
    three seeds, the likeness is an arithmetic mean; the input is 8 words of random numbers with variance 1.

    Args:
        start: 0-d int64; which of `STARTS` the matrices are drawn from.
        residual: 0-d bool; add each block's input to its output.
        norm: 0-d int64; which of `NORMS`: no LayerNorm, one before each block, or one after each sum.

    Returns:
        layers (25,); signal (1, 25), relative to the input; gradient (1, 25), absolute;
        likeness (1, 25), the mean cosine between two words' vectors.
    """
    kind = list(STARTS)[int(start)]
    runs = [passage(kind, bool(residual), NORMS[int(norm)], seed) for seed in Settings().seeds]
    return {
        "layers": torch.arange(Settings().n_layers + 1) * 1.0,
        "signal": middle([run.signal / run.signal[0] for run in runs])[None].clamp(*BOUNDS).float(),
        "gradient": middle([run.gradient for run in runs])[None].clamp(*BOUNDS).float(),
        "likeness": torch.stack([run.likeness for run in runs]).mean(0)[None].float(),
    }


# Limits for the usual cases; curves beyond them are cut off, and their numbers can still be read.
SIZES = {"across": "layers", "log_y": True, "lowest": 1e-3, "highest": 1e3, "width": 198, "height": 212}

DEPTH = View(
    name="depth",
    title="Signal and gradient by depth",
    function=depth,
    controls=(
        Choice("start", "initialisation", tuple(STARTS)),
        Choice("norm", "LayerNorm", ("none", "before", "after")),
        Toggle("residual", "residual connections", False),
    ),
    drawings=(
        Curves("layers", "signal", ("size",), "Signal", **SIZES),
        Curves("layers", "gradient", ("size",), "Gradient", **SIZES),
        Curves(
            "layers", "likeness", ("cosine",), "Likeness of two words", across="layers", lowest=-0.1, highest=1.05,
            width=198, height=212,
        ),
    ),
    example={"start": torch.tensor(0), "residual": torch.tensor(False), "norm": torch.tensor(0)},
    kind="table",
    hint="Switch residual connections on, choose where LayerNorm stands, then another initialisation.",
)  # fmt: skip
