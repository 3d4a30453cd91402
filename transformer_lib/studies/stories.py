"""Small language models on a file of stories: what the studies of chapter 09 train, and how they measure."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.masks import sliding_window_mask
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.stored import first_line
from transformer_lib.training import Batches, Recipe, train, validate
from transformer_lib.training.data import Data
from transformer_lib.training.language import bits_per_character, text_data

TODAY: dict[str, Any] = {
    "positions": "rotary",
    "norm": "rms",
    "gated": True,
    "activation": "silu",
    "bias": False,
}
"""Choices of a Llama; the shared heads of keys and values are a number, `n_kv_heads`."""


@dataclass(frozen=True)
class Training:
    """Settings of a short training, the same for every model of a study."""

    n_steps: int = 200
    batch_size: int = 8  # rows of at most `max_length` tokens
    max_length: int = 128
    vocab_size: int = 512  # subwords
    peak_lr: float = 4e-3
    warmup_steps: int = 20  # shorter in proportion where a run has fewer steps
    seeds: tuple[int, ...] = (0, 1, 2)  # of the initial weights and the order of the batches


SHORT = Training()
"""The settings of the stored results."""


class Windowed(nn.Module):
    """A language model whose words see only the last `window` words, themselves among them."""

    def __init__(self, model: LanguageModel, window: int) -> None:
        super().__init__()
        self.model, self.config, self.window = model, model.config, window

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (B, T, V) for (B, T) ids."""
        return self.model(ids, sliding_window_mask(ids.shape[1], ids.shape[1], self.window)[None, None])


def read_stories(path: Path | str, training: Training, vocab_size: int | None = None) -> Data:
    """The file of stories as rows of ids; every 25th story is held out."""
    return text_data(path, vocab_size=vocab_size or training.vocab_size, max_length=training.max_length)


def run(
    data: Data,
    choices: dict[str, Any],
    training: Training,
    seed: int,
    *,
    n_steps: int | None = None,
    window: int | None = None,
) -> dict[str, Any]:
    """Train one model and measure it on the stories held out.

    Args:
        data: from `read_stories`.
        choices: fields of `LanguageModelConfig`.
        training: the common settings.
        seed: of the initial weights and the order of the batches.
        n_steps: instead of those of the settings; the warm-up keeps its share.
        window: words that each word sees; all before it by default.

    Returns:
        The seed, parameters, steps, tokens trained on, loss in nats per token, bits per character, CPU seconds.
    """
    n_steps = n_steps or training.n_steps
    config = LanguageModelConfig(len(data.target), max_length=training.max_length, dropout=0.0, **choices)
    torch.manual_seed(seed)
    model: nn.Module = LanguageModel(config)
    if window is not None:
        model = Windowed(model, window)
    recipe = Recipe(
        n_steps=n_steps,
        peak_lr=training.peak_lr,
        warmup_steps=max(1, training.warmup_steps * n_steps // training.n_steps),
        smoothing=0.0,
        seed=seed,
        log_every=1,
        save_every=n_steps,
        precision="float32",
    )
    began = time.process_time()
    curves = train(model, Batches(data.train, training.batch_size, seed=seed), recipe, progress=False)
    held_out = Batches(data.validation, training.batch_size).in_order()
    loss = validate(model, held_out, precision="float32").loss
    return {
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": n_steps,
        "tokens": sum(point["tokens"] for point in curves),
        "loss": loss,
        "bits": bits_per_character(loss, data),
        "cpu_seconds": round(time.process_time() - began),
    }


def apart(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether results of several seeds differ beyond their spread: each of one side lies on the same side of all others.

    >>> apart([1.0, 1.2], [1.3, 1.4]), apart([1.0, 1.35], [1.3, 1.4])
    (True, False)
    """
    return max(one) < min(other) or max(other) < min(one)


def of_file(study: Callable[..., Any], description: str | None, **options: dict[str, Any]) -> Any:
    """The program of a study of stories: it takes their file, and runs on one thread."""
    parser = argparse.ArgumentParser(description=first_line(description))
    parser.add_argument("file", help="texts with a line <|endoftext|> between them, plain or .gz")
    for name, option in options.items():
        parser.add_argument(f"--{name}", **option)
    found = vars(parser.parse_args())
    torch.set_num_threads(1)
    return study(found.pop("file"), **found)
