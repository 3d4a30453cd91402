"""What the program says: before a run, what it reads and how long it may take; along it, how well the model translates."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.decoding.texts import as_text, translate_ids
from transformer_lib.model.modes import in_mode
from transformer_lib.model.transformer import Transformer
from transformer_lib.storage.model_file import TrainedModel
from transformer_lib.text import Subwords, Words
from transformer_lib.training.data import Data
from transformer_lib.training.loop import Batch, share_of
from transformer_lib.training.order import Batches
from transformer_lib.training.precision import chosen_precision
from transformer_lib.training.processes import n_processes
from transformer_lib.training.recipe import Recipe
from transformer_lib.training.step import training_step

MEASURED_STEPS = 3
LONGEST_SAMPLE = 120  # characters: an untrained model repeats itself for long


class _Still(torch.optim.SGD):
    """An optimiser that moves nothing: what a step costs is measured without taking it."""

    def step(self, closure: Any = None) -> None:
        pass


def summary(data: Data, model: nn.Module, batches: Batches, recipe: Recipe) -> list[str]:
    """What a run is made of, a line each: data, vocabulary, model, device, length."""
    device = next(model.parameters()).device
    n_parameters = sum(p.numel() for p in model.parameters())
    machine = (
        _counted(torch.get_num_threads(), "thread")
        if device.type == "cpu"
        else torch.cuda.get_device_name(device)
    )
    if n_processes() > 1:
        machine += f", {n_processes()} processes"
    epochs = recipe.n_steps / batches.per_epoch
    rows = "rows of text" if data.about["kind"] == "text" else "pairs"
    parts = "" if recipe.accumulate == 1 else f", each in {recipe.accumulate} parts"
    return [
        f"data: {len(data.train):,} {rows} to train on, {len(data.validation):,} to validate on",
        *data.left_out,
        f"vocabulary: {_vocabulary(data)}",
        f"model: {n_parameters:,} parameters",
        f"device: {device.type}, {machine}, {chosen_precision(recipe.precision, device)}",
        f"run: {recipe.n_steps:,} steps of {batches.batch_size:,} {rows}{parts}, {epochs:.1f} epochs",
    ]


def _vocabulary(data: Data) -> str:
    source, target = data.source, data.target
    kind = "subwords" if isinstance(source, Subwords) else "words"
    if data.about["kind"] == "text":
        return f"{len(source):,} {kind}"
    if source is target:
        return f"{len(source):,} {kind} of both languages together"
    return f"{len(source):,} {kind} of the source, {len(target):,} of the target"


def seconds_per_step(model: nn.Module, batch_of: Callable[[int], Batch], recipe: Recipe) -> float:
    """How long a step takes here, measured on the first batches; the model and torch's random numbers stay as they were.

    Every process must call this.
    """
    device = next(model.parameters()).device
    still = _Still(model.parameters(), lr=0.0)
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), in_mode(model, training=True):
        began = 0.0
        for step in range(MEASURED_STEPS + 1):
            src_ids, tgt_ids = share_of(batch_of(step + 1), device)
            training_step(
                model, still, src_ids, tgt_ids, accumulate=recipe.accumulate, precision=recipe.precision
            )
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if step == 0:  # the first also warms up
                began = time.perf_counter()
    model.zero_grad(set_to_none=True)
    return (time.perf_counter() - began) / MEASURED_STEPS


def estimate(n_steps: int, seconds: float) -> str:
    """About how long a run takes.

    >>> estimate(4000, 0.28), estimate(100, 0.02), estimate(100_000, 0.5)
    ('about 19 minutes for 4,000 steps', 'about 2 seconds for 100 steps', 'about 13.9 hours for 100,000 steps')
    """
    total = n_steps * seconds
    if total < 90:
        said = f"{total:.0f} seconds"
    elif total < 5400:
        said = f"{total / 60:.0f} minutes"
    else:
        said = f"{total / 3600:.1f} hours"
    return f"about {said} for {n_steps:,} steps"


def progress_line(record: dict[str, Any], n_steps: int, kept: bool) -> str:
    """How good the model of a checkpoint is."""
    return (
        f"step {record['step']:,} of {n_steps:,}: loss {record['loss']:.3f}; on unseen sentences "
        f"{record['validation_loss']:.3f}, perplexity {record['validation_perplexity']:.3f}, "
        f"{record['validation_accuracy']:.2%} of next tokens right" + ("; model written" if kept else "")
    )


def samples(model: Transformer, data: Data, n: int) -> list[str]:
    """What the model makes of a few validation sentences, by greedy decoding, a line each."""
    if n == 0:
        return []
    rows = [len(data.validation) * place // n for place in range(min(n, len(data.validation)))]
    pairs = [data.validation[row] for row in rows]
    found = TrainedModel(model, data.source, data.target, {"data": data.about})
    written = translate_ids(found, [src for src, _ in pairs if src is not None])
    return [
        f"  {_short(data.source, src or [])} → {_short(data.target, ids)} (reference: {_short(data.target, tgt)})"
        for (src, tgt), ids in zip(pairs, written, strict=True)
    ]


def _short(words: Words, ids: Sequence[int] | Tensor) -> str:
    text = " ".join(as_text(words, ids).split())
    return text if len(text) <= LONGEST_SAMPLE else text[:LONGEST_SAMPLE].rstrip() + " …"


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing}" + ("s" if n > 1 else "")
