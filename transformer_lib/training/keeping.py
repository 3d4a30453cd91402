"""Which weights of a run its model file holds: the last, the best on validation sentences, or an average of several."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.storage.checkpoint import load_model, model_tensors
from transformer_lib.storage.files import read_tensors, write_tensors
from transformer_lib.training.processes import from_first, rank, same_parameters
from transformer_lib.training.step import Validation

KEEP = ("last", "best", "average")
SNAPSHOTS = "averaged"  # the folder of the checkpoints that an average is taken of


class Keeper:
    r"""Writes the model file of a run at each checkpoint, so that a run that is stopped leaves a model.

    "average" is the mean of each weight over the last n checkpoints, :math:`\bar w = \frac1n \sum_i w_i`.

    Args:
        path: the model file.
        write: `write(model, about)` writes it; called in the first process alone.
        measure: `measure(model)` validates a model; called in every process.
        keep: "last", "best" or "average".
        n_average: how many checkpoints are averaged.

    Raises:
        ValueError: if `keep` is unknown, or `n_average` below 1.

    Source: Vaswani et al. 2017, section 6.1 (the last 5 checkpoints of the base model).
    """

    def __init__(
        self,
        path: Path | str,
        write: Callable[[nn.Module, dict[str, Any]], None],
        measure: Callable[[nn.Module], Validation],
        *,
        keep: str = "last",
        n_average: int = 5,
    ) -> None:
        checks.choice("keep", keep, KEEP)
        checks.count("n_average", n_average)
        self.path, self.write, self.measure = Path(path), write, measure
        self.keep, self.n_average = keep, n_average
        self.called = False

    def __call__(self, model: nn.Module, record: dict[str, Any]) -> bool:
        """Take in the model of a checkpoint; returns whether the model file is now of this step."""
        self.called = True
        if self.keep == "average":
            model, record = self._averaged(model, record)
        if rank() > 0:
            return False
        if self.keep == "best" and record["validation_loss"] >= self._best_before(record["step"]):
            return False
        self.write(model, self._about(record))
        return True

    def finish(self, model: nn.Module, record: dict[str, Any]) -> None:
        """Write the model file of a run that had nothing left to do, if it is lost or may be another's."""
        [there] = from_first(lambda: [self.path.exists()])
        if not self.called and (self.keep == "last" or not there):
            self(model, record)

    def _about(self, record: dict[str, Any]) -> dict[str, Any]:
        names = ("step", "validation_loss", "validation_accuracy")
        return {"kept": self.keep, **{name: record[name] for name in names}}

    def _best_before(self, step: int) -> float:
        """The validation loss of the model file, if an earlier step of a run that keeps the best wrote it."""
        if not self.path.exists():
            return math.inf
        about = read_tensors(self.path)[1]["training"]
        earlier = about.get("kept") == "best" and about["step"] < step
        return about["validation_loss"] if earlier else math.inf

    def _averaged(self, model: nn.Module, record: dict[str, Any]) -> tuple[nn.Module, dict[str, Any]]:
        """A copy of the model with averaged weights, and how good it is, in every process."""
        mean = copy.deepcopy(model)
        if rank() == 0:
            paths = self._snapshots(model, record["step"])
            load_model(mean, _mean([read_tensors(path)[0] for path in paths]), self.path)
        same_parameters(mean)
        measured = self.measure(mean)._asdict()
        return mean, {
            "step": record["step"],
            **{f"validation_{name}": value for name, value in measured.items()},
        }

    def _snapshots(self, model: nn.Module, step: int) -> list[Path]:
        """The files of the last checkpoints up to this one; others, of a run that was killed later, are removed."""
        folder = self.path.parent / SNAPSHOTS
        folder.mkdir(parents=True, exist_ok=True)
        write_tensors(folder / f"{step:09d}.safetensors", model_tensors(model), {"step": step})
        paths = sorted(folder.glob("*.safetensors"))
        kept = [path for path in paths if int(path.stem) <= step][-self.n_average :]
        for path in set(paths) - set(kept):
            path.unlink()
        return kept


def _mean(parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each floating-point tensor; of others, the last."""
    mean = dict(parts[-1])
    for name, last in mean.items():
        if last.is_floating_point():
            total = torch.stack([part[name].double() for part in parts]).mean(0)
            mean[name] = total.to(last.dtype)
    return mean
