"""Norm of the loss's gradient at each earlier state of a recurrent network, by radius and length: a stored table."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from transformer_lib.figures import network_colour
from transformer_lib.live.controls import Steps
from transformer_lib.live.drawings import Curves
from transformer_lib.live.views.view import View
from transformer_lib.studies import results

NAMES = ("RNN", "LSTM", "RNN + attention")
RADII = (0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0)
LENGTHS = (5, 10, 20, 30, 40, 50, 60)


@cache
def _norms() -> dict[tuple[float, int], Tensor]:
    """(kinds, steps) of each radius and length, from 0 steps back to the longest; NaN beyond the first word."""
    found = results("gradients")
    table = {}
    for i, radius in enumerate(found["radii"]):
        for j, length in enumerate(found["lengths"]):
            norms = torch.full((len(NAMES), max(LENGTHS) + 1), torch.nan)
            for row, name in enumerate(NAMES):
                norms[row, : length + 1] = torch.tensor(found["by_radius"][name][i][j])
            table[round(radius, 2), length] = norms
    return table


def gradient(radius: Tensor, length: Tensor) -> dict[str, Tensor]:
    r"""The norm of the loss's gradient with respect to each state, relative to the last one's.

    .. math:: \left\| \frac{\partial L}{\partial h_{T-k}} \right\| \Big/ \left\| \frac{\partial L}{\partial h_T} \right\|

    Measured by `gradient_through_time` on untrained networks, whose recurrent matrices are `radius` times an
    orthogonal one; read from the results of ``python -m transformer_lib.studies.gradients``.

    Args:
        radius: 0-d, the spectral radius, one of `RADII`.
        length: 0-d, steps from the last word to the first, one of `LENGTHS`.

    Returns:
        steps (61,), how many steps back; norms (3, 61), a row each of `NAMES`, NaN beyond the first word.

    Source: Pascanu et al. 2013, section 2.1.
    """
    norms = _norms()[round(float(radius), 2), int(length)]
    return {"steps": torch.arange(norms.shape[1]).float(), "norms": norms.clone()}


GRADIENT = View(
    name="gradient",
    title="Gradient through time",
    function=gradient,
    controls=(
        Steps("radius", "spectral radius", RADII, 0.6, digits=1),
        Steps("length", "steps back to the first word", LENGTHS, 30),
    ),
    drawings=(
        Curves(
            "steps", "norms", NAMES, "Gradient of the loss, relative to the last word's", across="steps back",
            log_y=True, lowest=1e-12, highest=1e3, marker="length", digits=2,
            colours=tuple(map(network_colour, NAMES)),
        ),
    ),
    example={"radius": torch.tensor(0.6), "length": torch.tensor(30.0)},
    kind="table",
    hint="Raise the radius and watch what reaches the first word, at the line.",
)  # fmt: skip
