"""The training loop: steps, learning rates, curves, validation, checkpoints, and resuming."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn
from tqdm import tqdm

from transformer_lib.model.modes import in_mode
from transformer_lib.storage.checkpoint import load_checkpoint, save_checkpoint
from transformer_lib.storage.files import alone_in
from transformer_lib.training.curves import Curves
from transformer_lib.training.order import derived_seed
from transformer_lib.training.processes import n_processes, rank, same_parameters, wait_for_all
from transformer_lib.training.recipe import LATER, Recipe
from transformer_lib.training.step import Step, Validation, adam, training_step, validate

CHECKPOINT, CURVES = "checkpoint.safetensors", "curves.jsonl"
CHANGEABLE = ("n_steps", "cooldown_steps")  # of a recipe, when a run goes on

Batch = tuple[Tensor | None, Tensor]


def train(
    model: nn.Module,
    batch_of: Callable[[int], Batch],
    recipe: Recipe,
    *,
    validation: Sequence[Batch] = (),
    folder: Path | str | None = None,
    about: Mapping[str, Any] | None = None,
    resume: bool = False,
    pad_id: int = 0,
    progress: bool = True,
    on_checkpoint: Callable[[nn.Module, dict[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """Train a model, step by step, to the end of its recipe.

    Everything random at a step comes from the seed and the number of the step. So a run that was killed at any moment
    and resumes from its last checkpoint ends bit for bit as an uninterrupted one, on the same machine, with the same
    number of threads and processes. It may also resume with more steps or another cool-down: the rate then follows
    the new schedule from there, so the result is not that of a run which had it from the start.

    With several processes, each takes every n-th row of the same batches (possibly none), and only the first writes
    files.

    Args:
        model: `model(src_ids, tgt_ids) -> logits`, on the device where it trains.
        batch_of: the batch of each step, counted from 1, as `Batches` gives it.
        recipe: steps, rates and the rest.
        validation: batches to measure the model on whenever it is saved; none for no measure.
        folder: where checkpoint and curves go; None keeps nothing on disk.
        about: further identification of the run, such as the model's configuration; JSON.
        resume: continue from the checkpoint in the folder; from the start if there is none.
        pad_id: the padding id.
        progress: show a bar on stderr; the environment variable TQDM_DISABLE=1 hides it, too.
        on_checkpoint: called in every process with the model and the record of its step, before each checkpoint is
            written; it must leave the model as it is. A run that is killed between both calls it again.

    Returns:
        The curves: records with step, lr, loss (mean since the last record, smoothing included),
        gradient_norm, tokens, and where the model was validated, validation_loss, validation_perplexity and
        validation_accuracy.

    Raises:
        ValueError: if the checkpoint is damaged or of another run.
        BlockingIOError: if another process is writing into the folder.
        FileExistsError: if the folder holds a run and `resume` is off; nothing in it is changed.
        FloatingPointError: if the loss is no longer finite; the last checkpoint stays.
    """
    device = next(model.parameters()).device
    optimizer = adam(model, weight_decay=recipe.weight_decay)
    same_parameters(model)
    run = {"recipe": recipe.as_dict(), "n_processes": n_processes(), **(about or {})}
    with ExitStack() as open_things:
        done, curves = _begin(folder, model, optimizer, run, resume, open_things)
        open_things.enter_context(_training(model, device))
        bar = open_things.enter_context(_bar(recipe.n_steps, done, progress))
        steps: list[Step] = []
        for step in range(done + 1, recipe.n_steps + 1):
            torch.manual_seed(derived_seed(recipe.seed, step, rank()))
            batch, lr = share_of(batch_of(step), device), recipe.lr(step)
            steps.append(training_step(model, optimizer, *batch, lr=lr, pad_id=pad_id, **_settings(recipe)))
            bar.update()
            save = step == recipe.n_steps or step % recipe.save_every == 0
            if not save and step % recipe.log_every:
                continue
            record = {"step": step, "lr": lr, **_summary(steps)}
            steps = []
            _check_finite(record)
            if save and validation:
                measured = measure(model, validation, pad_id=pad_id, precision=recipe.precision)
                record |= {f"validation_{name}": value for name, value in measured._asdict().items()}
            curves.add(record)
            bar.set_postfix(_shown(curves.records) if rank() == 0 else {})
            if save and on_checkpoint is not None:
                on_checkpoint(model, record)
            if save and folder is not None and rank() == 0:
                about_it = {**run, "step": step, "record": record}
                save_checkpoint(Path(folder) / CHECKPOINT, model, optimizer, about_it)
    return curves.records


def measure(
    model: nn.Module, validation: Sequence[Batch], *, pad_id: int = 0, precision: str = "auto"
) -> Validation:
    """`validate` with this process's share of every batch; each process gets the measure of all of them."""
    device = next(model.parameters()).device
    shares = (share_of(batch, device) for batch in validation)
    return validate(model, (share for share in shares if len(share[1])), pad_id=pad_id, precision=precision)


def share_of(batch: Batch, device: torch.device) -> Batch:
    """Every n-th row of a batch, for this process, on its device."""
    src_ids, tgt_ids = batch
    rows = slice(rank(), None, n_processes())
    return None if src_ids is None else src_ids[rows].to(device), tgt_ids[rows].to(device)


def refuse_existing(folder: Path | str, *, resume: bool) -> None:
    """Raise `FileExistsError` if a folder holds a run and `resume` is off."""
    checkpoint, curves = Path(folder) / CHECKPOINT, Path(folder) / CURVES
    # a run that diverged before its first point leaves an empty file
    if not resume and (checkpoint.exists() or (curves.exists() and curves.stat().st_size)):
        raise FileExistsError(f"{folder} holds a run already: go on with --resume, or choose another folder")


def _begin(
    folder: Path | str | None,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    run: dict[str, Any],
    resume: bool,
    open_things: ExitStack,
) -> tuple[int, Curves]:
    """The number of steps done already, and the curves up to there."""
    if folder is None:
        return 0, Curves()
    checkpoint, path, done, record = Path(folder) / CHECKPOINT, Path(folder) / CURVES, 0, None
    if rank() == 0 and Path(folder).is_dir():
        open_things.enter_context(alone_in(Path(folder)))
    refuse_existing(folder, resume=resume)
    if checkpoint.exists():
        done, record = _go_on(checkpoint, model, optimizer, run)
    wait_for_all(
        next(model.parameters()).device
    )  # the first must not write before the others have read the folder
    if rank() > 0:
        return done, Curves()
    if not Path(folder).is_dir():
        Path(folder).mkdir(parents=True, exist_ok=True)
        open_things.enter_context(alone_in(Path(folder)))
    curves = Curves(path, until=done)
    if record is not None and (not curves.records or curves.records[-1]["step"] < done):
        curves.add(record)  # the file, or its end, was lost
    if done and not curves.records:
        raise ValueError(
            f"{path} is lost, and {checkpoint} of an older version holds no record of it: begin anew"
        )
    return done, curves


def _go_on(
    checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer, run: dict[str, Any]
) -> tuple[int, dict[str, Any] | None]:
    """Load the checkpoint of this run, or of one that was to end otherwise; returns steps done and last record."""
    later = {name: getattr(Recipe, name) for name in LATER}
    recipe = {name: value for name, value in {**later, **run["recipe"]}.items() if name not in CHANGEABLE}
    unsaid: dict[str, Any] = {"start": None} | {f"recipe.{name}": value for name, value in later.items()}
    found = load_checkpoint(checkpoint, model, optimizer, expected={**run, "recipe": recipe}, unsaid=unsaid)
    done = found["step"]
    if done > run["recipe"]["n_steps"]:
        raise ValueError(
            f"{checkpoint} has {done} steps behind it, more than the {run['recipe']['n_steps']} asked for"
        )
    return done, found.get("record")


@contextmanager
def _training(model: nn.Module, device: torch.device) -> Generator[None, None, None]:
    """Training mode inside the block; afterwards each module's mode and torch's random state are restored."""
    with (
        torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
        in_mode(model, training=True),
    ):
        yield


def _bar(n_steps: int, done: int, progress: bool) -> tqdm[NoReturn]:
    hidden = not progress or rank() > 0 or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    return tqdm(total=n_steps, initial=done, unit="step", disable=hidden)


def _settings(recipe: Recipe) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in ("smoothing", "clip", "accumulate", "precision")}


def _shown(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The last losses, for the bar."""
    found = {"loss": f"{records[-1]['loss']:.3f}"}
    measured = [record["validation_loss"] for record in records if "validation_loss" in record]
    return found | ({"validation": f"{measured[-1]:.3f}"} if measured else {})


def _summary(steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "loss": torch.stack([step.loss for step in steps]).mean().item(),
        "gradient_norm": steps[-1].gradient_norm.item(),
        "tokens": int(sum(step.n_tokens for step in steps)),
    }


def _check_finite(record: Mapping[str, Any]) -> None:
    if not (math.isfinite(record["loss"]) and math.isfinite(record["gradient_norm"])):
        raise FloatingPointError(
            f"at step {record['step']} the loss is {record['loss']} and the gradient's norm "
            f"{record['gradient_norm']}: training diverged; try a lower learning rate or a longer warm-up"
        )
