"""Loss by size and amount of data: twelve small runs, a power law fitted to eleven, and the twelfth predicted.

``python -m transformer_lib.studies.scaling FILE`` writes ``results/scaling.json``; FILE as for the study `dress`.

The law is that of Hoffmann et al. 2022, section 3.3 (their approach 3), for N parameters and D tokens:

    L(N, D) = E + A / N^α + B / D^β

What differs: they fitted some 400 runs of up to 16 billion parameters by a Huber loss on log L, from a grid of starts;
here are eleven runs of a few thousand parameters, least squares on L, and a grid of exponents, for which E, A and B
follow in one step. Every run here reads new text only, and its learning rate falls to its own end, as theirs does.
All twelve share one learning rate; as a control they are trained and predicted again at a higher one.
Kaplan et al. 2020, section 1.2, equation 1.5, has a law without the offset E, and counts N without embeddings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from transformer_lib.studies.stored import store
from transformer_lib.studies.stories import SHORT, TODAY, Training, of_file, read_stories, run
from transformer_lib.training.data import Data

COMMAND = "python -m transformer_lib.studies.scaling FILE"
EXPONENTS = torch.arange(1, 31, dtype=torch.float64, device="cpu") / 20  # .05 to 1.5, for α and β alike
N_COEFFICIENTS = 5  # E, A, B, α, β
FASTER = 8  # the rate at which the study `dress` found the third of these sizes best, with the most data


@dataclass(frozen=True)
class Settings:
    """Sizes of the twelve runs; the defaults are those of the stored results."""

    widths: tuple[int, ...] = (16, 32, 48, 64)
    steps: tuple[int, ...] = (50, 100, 200)
    seed: int = 0
    n_resamples: int = 1000
    training: Training = field(default_factory=lambda: SHORT)


class Law(NamedTuple):
    """Coefficients of L(N, D) = E + A / N^α + B / D^β."""

    offset: float  # E, the loss that neither size nor data removes
    a: float
    b: float
    alpha: float
    beta: float

    def __call__(self, n_parameters: float, n_tokens: float) -> float:
        """The loss of a model of so many parameters after so many tokens."""
        return self.offset + self.a / n_parameters**self.alpha + self.b / n_tokens**self.beta


def fits(n_parameters: Tensor, n_tokens: Tensor, losses: Tensor, *, offset: bool = True) -> list[Law]:
    """The law of each row of losses by least squares, with E, A, B at least 0.

    Args:
        n_parameters, n_tokens: (n,) of the runs.
        losses: (R, n), R sets of losses of these runs.
        offset: False sets E to 0.

    Raises:
        ValueError: if the shapes do not fit, or there are not more runs than coefficients.
    """
    n_runs = len(n_parameters)
    if losses.ndim != 2 or losses.shape[1] != n_runs or len(n_tokens) != n_runs:
        raise ValueError(
            f"losses must be (R, {n_runs}), a loss for each run, got {tuple(losses.shape)} and {len(n_tokens)} n_tokens"
        )
    if n_runs <= N_COEFFICIENTS:
        raise ValueError(f"five coefficients need more than five runs, got {n_runs}")
    alpha, beta = (grid.flatten() for grid in torch.meshgrid(EXPONENTS, EXPONENTS, indexing="ij"))
    powers = [x.double() ** -y[:, None] for x, y in ((n_parameters, alpha), (n_tokens, beta))]
    candidates, errors = [], []
    for offset_here in (1.0, 0.0) if offset else (0.0,):  # where the best E is below 0, it is 0
        design = torch.stack([torch.full_like(powers[0], offset_here), *powers], -1)  # (G, n, 3)
        size = design.norm(dim=1, keepdim=True).clamp(min=1e-300)
        solved = torch.linalg.pinv(design / size) @ losses.double().T / size.mT  # (G, 3, R)
        error = (design @ solved - losses.double().T).square().sum(1)
        candidates.append(solved)
        errors.append(error.where((solved >= 0).all(1), float("inf")))
    solved, error = torch.cat(candidates), torch.cat(errors)
    best, which = error.argmin(0), torch.arange(len(losses))
    e, a, b = solved[best, :, which].T
    exponents = (x[best % len(alpha)] for x in (alpha, beta))
    rows = zip(*(x.tolist() for x in (e, a, b, *exponents)), strict=True)
    return [Law(*row) for row in rows]


def predicted(
    runs: list[dict[str, Any]], n_parameters: int, n_tokens: int, *, n_resamples: int, seed: int
) -> dict[str, Any]:
    """What the law of some runs says of another: the loss, and where 95 of 100 would lie.

    The interval resamples what the fit leaves over, enlarged by √(n / (n - 5)) for the five coefficients: each time
    the law is fitted anew, and one more remainder is added to what it predicts.

    Args:
        runs: with parameters, tokens and loss.
        n_parameters, n_tokens: of the run that is predicted.
        n_resamples: laws fitted for the interval.
        seed: of the resampling.
    """
    sizes, tokens, losses = (
        torch.tensor([float(one[name]) for one in runs], dtype=torch.float64)
        for name in ("parameters", "tokens", "loss")
    )
    [law], [bare] = fits(sizes, tokens, losses[None]), fits(sizes, tokens, losses[None], offset=False)
    fitted = torch.tensor(
        [law(n, d) for n, d in zip(sizes.tolist(), tokens.tolist(), strict=True)], dtype=torch.float64
    )
    left = losses - fitted
    left = (left - left.mean()) * (len(runs) / (len(runs) - N_COEFFICIENTS)) ** 0.5
    generator = torch.Generator().manual_seed(seed)
    drawn = left[torch.randint(len(runs), (n_resamples, len(runs) + 1), generator=generator)]
    laws = fits(sizes, tokens, fitted + drawn[:, :-1])
    ends = torch.tensor([one(n_parameters, n_tokens) for one in laws], dtype=torch.float64) + drawn[:, -1]
    low, high = ends.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return {
        "law": law._asdict(),
        "largest_residual": (losses - fitted).abs().max().item(),
        "loss": law(n_parameters, n_tokens),
        "interval": [low, high],
        "without_offset": bare(n_parameters, n_tokens),
    }


def study(path: Path | str, settings: Settings = Settings()) -> dict[str, Any]:
    """The twelve at the settings' learning rate, and as a control at `FASTER` times that."""
    data = read_stories(path, settings.training)
    faster = replace(settings.training, peak_lr=FASTER * settings.training.peak_lr)
    return {
        "about": asdict(settings) | {"command": COMMAND, "texts": data.about["n_texts"]},
        **twelve(data, settings, settings.training),
        "faster": {"factor": FASTER, **twelve(data, settings, faster)},
    }


def twelve(data: Data, settings: Settings, training: Training) -> dict[str, Any]:
    """Train eleven, fit, predict the twelfth, which is the largest with the most data, and only then train it."""

    def trained(width: int, n_steps: int) -> dict[str, Any]:
        choices = TODAY | {
            "d_model": width, "n_heads": 4, "n_kv_heads": 2, "n_layers": 2, "d_ff": width * 8 // 3
        }  # fmt: skip
        return run(data, choices, training, settings.seed, n_steps=n_steps) | {"d_model": width}

    *first, last = [(width, n_steps) for width in settings.widths for n_steps in settings.steps]
    runs = [trained(*one) for one in first]
    sizes = {one["d_model"]: one["parameters"] for one in runs}
    seen = {one["steps"]: one["tokens"] for one in runs}  # the same batches at every width
    ahead = predicted(
        runs,
        sizes[last[0]],
        seen[last[1]],
        n_resamples=settings.n_resamples,
        seed=settings.seed,
    )
    truth = trained(*last)
    low, high = ahead["interval"]
    return {
        "runs": [*runs, truth],
        "predicted": ahead,
        "measured": truth["loss"],
        "inside": low <= truth["loss"] <= high,
    }


if __name__ == "__main__":
    of_file(lambda file: store("scaling", study(file)), __doc__)
