"""What a wider beam finds, by translator, sentences and length penalty: a stored table."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice, Steps
from transformer_lib.live.drawings import Curves
from transformer_lib.live.views.view import View
from transformer_lib.studies import results
from transformer_lib.studies.decoding import SENTENCES, TRANSLATORS, Settings

WIDTHS, PENALTIES = Settings.widths, Settings.penalties
SHARES = ("BLEU", "exactly right", "likelier missed")


@cache
def _found() -> dict[str, Any]:
    return results("decoding")["measured"]


def widths(translator: Tensor, sentences: Tensor, penalty: Tensor) -> dict[str, Tensor]:
    """Quality and log-probability of translations by beam width.

    Read from the results of ``python -m transformer_lib.studies.decoding``.

    Args:
        translator: 0-d int64, which of `TRANSLATORS`.
        sentences: 0-d int64, which of `SENTENCES`.
        penalty: 0-d, α of the length penalty, one of `PENALTIES`.

    Returns:
        widths (n,); likely (1, n), the mean ln p of the translations; shares (3, n): BLEU, exact match, and the share of
        sentences of which a likelier translation is known, in per cent; lengths (1, n), words per 100 of the references.
    """
    found = _found()[TRANSLATORS[int(translator)]][int(sentences)]
    row = PENALTIES.index(round(float(penalty), 3))
    percent = [[100 * share for share in found[name][row]] for name in ("exact", "missed")]
    return {
        "widths": torch.tensor(WIDTHS, dtype=torch.float32),
        "likely": torch.tensor([found["log_p"][row]]),
        "shares": torch.tensor([found["bleu"][row], *percent]),
        "lengths": 100 * torch.tensor([found["length"][row]]),
    }


BEAM_WIDTHS = View(
    name="widths",
    title="Is a wider beam better?",
    function=widths,
    controls=(
        Choice("translator", "translator", TRANSLATORS, 1),
        Choice("sentences", "sentences", SENTENCES),
        Steps("penalty", "length penalty α", PENALTIES, 0.0, digits=1),
    ),
    drawings=(
        Curves(
            "widths", "likely", ("ln p",), "How likely: mean ln p", across="beam", log_x=True,
            width=360, height=260,
        ),
        Curves(
            "widths", "lengths", ("length",), "Words written, for 100 of the references", across="beam", log_x=True,
            lowest=0.0, highest=140.0, width=360, height=260,
        ),
        Curves(
            "widths", "shares", SHARES, "How good: BLEU, and shares in %", across="beam", log_x=True, lowest=0.0,
            highest=100.0, width=728, height=280,
        ),
    ),
    example={
        "translator": torch.tensor(1), "sentences": torch.tensor(0), "penalty": torch.tensor(0.0),
    },
    kind="table",
    hint="Raise the penalty, then choose the shipped translator.",
)  # fmt: skip
