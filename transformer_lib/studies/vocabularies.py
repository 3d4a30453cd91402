"""Perplexity across vocabularies: the same stories in small and in large subwords.

``python -m transformer_lib.studies.vocabularies FILE`` writes ``results/vocabularies.json``; FILE as for the study
`dress`. Perplexity is per token, and a token of another vocabulary is another amount of text: even the uniform
distribution has the better perplexity where there are fewer tokens to choose from. Bits per character do not depend on
how the text was cut.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from transformer_lib.studies.stored import store
from transformer_lib.studies.stories import SHORT, TODAY, Training, of_file, read_stories, run
from transformer_lib.training import Batches, perplexity
from transformer_lib.training.data import Data
from transformer_lib.training.language import bits_per_character

COMMAND = "python -m transformer_lib.studies.vocabularies FILE"
SIZES: dict[str, Any] = {"d_model": 48, "n_heads": 4, "n_kv_heads": 2, "n_layers": 2, "d_ff": 128}


@dataclass(frozen=True)
class Settings:
    """Vocabularies and training; the defaults are those of the stored results."""

    vocabularies: tuple[int, ...] = (256, 1024)
    share: float = 0.1  # of one pass over the text, so that every vocabulary reads as much of it
    training: Training = field(default_factory=lambda: replace(SHORT, seeds=(0, 1)))


def unigram_loss(data: Data) -> float:
    """Nats per held-out token of the distribution that counts how often each stands in the training text, plus one."""
    counts = Counter(token for _, ids in data.train for token in ids[1:])
    counted = torch.tensor([counts[token] + 1.0 for token in range(len(data.target))], dtype=torch.float64)
    held_out = torch.tensor([token for _, ids in data.validation for token in ids[1:]])
    return -(counted / counted.sum()).log()[held_out].mean().item()


def study(path: Path | str, settings: Settings = Settings()) -> dict[str, Any]:
    """For each vocabulary, perplexity and bits per character of three predictors: uniform, unigram, trained."""
    rows, about = [], {}
    for size in settings.vocabularies:
        data = read_stories(path, settings.training, size)
        per_pass = Batches(data.train, settings.training.batch_size).per_epoch
        n_steps = max(1, round(settings.share * per_pass))
        runs = [
            run(data, TODAY | SIZES, settings.training, seed, n_steps=n_steps)
            for seed in settings.training.seeds
        ]
        losses = {
            "uniform": [math.log(len(data.target))],
            "unigram": [unigram_loss(data)],
            "trained": [one["loss"] for one in runs],
        }
        rows.append(
            {
                "vocabulary": len(data.target),
                "tokens_per_character": data.about["tokens_per_character"],
                "parameters": runs[0]["parameters"],
                "steps": n_steps,
                "tokens": runs[0]["tokens"],
                "perplexity": {name: [perplexity(loss) for loss in some] for name, some in losses.items()},
                "bits": {
                    name: [bits_per_character(loss, data) for loss in some] for name, some in losses.items()
                },
                "cpu_seconds": sum(one["cpu_seconds"] for one in runs),
            }
        )
        about = asdict(settings) | {"command": COMMAND, "texts": data.about["n_texts"]}
    return {"about": about, "rows": rows}


if __name__ == "__main__":
    of_file(lambda file: store("vocabularies", study(file)), __doc__)
