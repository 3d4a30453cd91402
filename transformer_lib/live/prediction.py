"""Predict first: the reader enters a guess before the answer is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from transformer_lib.live.views.predict import PREDICT
from transformer_lib.live.widget import LivePicture, show

HEAD, ROW = 36, 46
"""CSS pixels of the legend and of each pair of bars."""


def predict(
    question: str,
    labels: Sequence[str],
    truth: Tensor | Sequence[float],
    *,
    maximum: float,
    unit: str = "",
    step: float | None = None,
    start: Tensor | Sequence[float] | None = None,
    alt: str | None = None,
    caption: str = "",
) -> LivePicture:
    """Ask for a guess per label; the true values are drawn beside it once the reader presses *show*.

    Args:
        question: what to guess, in one line.
        labels: one for each number.
        truth: the numbers, (n,), as they were computed, from 0 to `maximum`.
        maximum: the largest guess that can be made.
        unit: shown after each number, for example "%" or " s".
        step: step of the guesses; a hundredth of `maximum`, rounded, by default.
        start: initial value of the guesses; half of `maximum` by default.
        alt, caption: as in `show`.

    Raises:
        ValueError: if there is not one true number for each label, or one lies outside the range.

    >>> picture = predict("How much of the row goes where?", ["Sally", "she"], [0.9, 0.1], maximum=1)
    >>> picture.outputs["true"].tolist()
    [0.0, 0.0]
    >>> picture.set(revealed=True, guess=[0.5, 0.5])
    >>> [round(number, 4) for number in picture.outputs["off"].tolist()]
    [0.4, 0.4]
    """
    truth = torch.as_tensor(truth, dtype=torch.float32, device="cpu")
    if truth.shape != (len(labels),):
        raise ValueError(
            f"truth must hold one number for each of {len(labels)} labels, got {tuple(truth.shape)}"
        )
    if not ((truth >= 0) & (truth <= maximum)).all():
        raise ValueError(
            f"the truth must lie in 0 … {maximum:g}, or nobody can guess it; got {truth.tolist()}"
        )
    if step is None:
        step = 10.0 ** math.floor(math.log10(maximum / 100) + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if start is None:
        start = [round(round(maximum / 2 / step) * step, 9)] * len(labels)
    shares = abs(float(truth.sum()) - maximum) < 1e-4 * maximum
    reveal, guess = PREDICT.controls
    [bars] = PREDICT.drawings
    view = replace(
        PREDICT,
        title=question,
        controls=(reveal, replace(guess, maximum=float(maximum), step=step, digits=digits)),
        drawings=(
            replace(
                bars,
                maximum=float(maximum),
                unit=unit,
                digits=digits,
                total=float(maximum) if shares else None,
                height=HEAD + ROW * len(labels),
            ),
        ),
    )
    return show(view, labels=labels, truth=truth, guess=start, alt=alt, caption=caption)
