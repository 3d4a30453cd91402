"""The best of n replies by a learnt reward: what the reward says of it, and what the judge says; stored tables."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice, Steps
from transformer_lib.live.drawings import Bars, Curves
from transformer_lib.live.views.view import View
from transformer_lib.studies import results
from transformer_lib.studies.assistant_rewards import Settings

PAIRS, COUNTS = Settings.n_pairs, Settings.n_replies
VERDICTS = {
    "told: right": ("told", "right"),
    "told: wrong": ("told", "wrong"),
    "told: no answer": ("told", "other"),
    "told: refused": ("told", "admits"),
    "not told: admits": ("untold", "admits"),
    "not told: invents": ("untold", "invents"),
    "not told: no answer": ("untold", "other"),
}


@cache
def _stored() -> dict[str, Any]:
    return results("assistant_rewards")


def best_of_n(pairs: Tensor, n: Tensor) -> dict[str, Tensor]:
    """The best of n replies by a reward model, out of what an instructed model draws.

    Read from the results of ``python -m transformer_lib.studies.assistant_rewards``: means over three seeds, a hundred
    questions each.

    Args:
        pairs: 0-d int64, how many preferences the reward model has seen: which of `PAIRS`.
        n: 0-d, replies to choose from, one of `COUNTS`.

    Returns:
        counts (7,); reward (1, 7), how much it has risen since n = 1; marks (2, 7), by the judge: right 1, admits 0, all
        else −1, of the reply chosen by reward and of the best there is; verdicts (7,), shares of `VERDICTS` in per
        cent, of the replies chosen from n.

    Source: Gao et al. 2022 (arXiv 2210.10760), section 1.
    """
    found, name = _stored(), str(PAIRS[int(pairs)])
    runs = found["best of n"][name]
    reward, true, most = (
        torch.tensor([[row[key] for row in run] for run in runs]).mean(0) for key in ("proxy", "true", "most")
    )
    chosen = [run[COUNTS.index(int(n))] for run in found["chosen"][name]]
    shares = [sum(row[kind].get(verdict, 0.0) for row in chosen) for kind, verdict in VERDICTS.values()]
    return {
        "counts": torch.tensor(COUNTS, dtype=torch.float32),
        "reward": (reward - reward[0])[None],
        "marks": torch.stack((true, most)),
        "verdicts": 100 * torch.tensor(shares) / len(chosen),
    }


ACROSS: dict[str, Any] = {"across": "n", "log_x": True, "marker": "n", "width": 360, "height": 260}

BEST_OF_N = View(
    name="best_of_n",
    title="The best of n, by a reward that was learnt",
    function=best_of_n,
    controls=(
        Steps("n", "choose from n", COUNTS, 1),
        Choice("pairs", "preferences", [f"{count:,}" for count in PAIRS]),
    ),
    drawings=(
        Curves("counts", "reward", ("reward",), "The learnt reward: gain", lowest=0.0, **ACROSS),
        Curves("counts", "marks", ("chosen", "best"), "The judge's mark", lowest=-0.6, highest=0.2, **ACROSS),
        Bars(
            "verdicts", tuple(VERDICTS), "What is chosen, in 100", maximum=100.0, digits=0, width=728, height=264
        ),
    ),
    example={"pairs": torch.tensor(0), "n": torch.tensor(1.0)},
    kind="table",
    hint="Raise n: the reward rises. Does the judge agree?",
)  # fmt: skip
