"""The shipped translator's full training from other seeds, with one head and with four.

``python -m transformer_lib.studies.long_runs`` trains eight translators with the training program's own settings, five
with four heads and three with one, ablates each head of the five encoders, and writes
``transformer_lib/studies/results/long_runs.json``. Models found in the folder of `--runs` are not trained again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from transformer_lib.data import Pair, split
from transformer_lib.evaluation import ablated, exact_match
from transformer_lib.evaluation.report import translations
from transformer_lib.storage.model_file import FILE, is_finished, read_model
from transformer_lib.studies.gender import lost
from transformer_lib.studies.stored import first_line, store
from transformer_lib.training.__main__ import main as training_program


@dataclass(frozen=True)
class Settings:
    """Training and measurement settings; the defaults are those of the stored results."""

    four: tuple[int, ...] = (
        1,
        2,
        3,
        4,
        5,
    )  # seeds of the runs with four heads; the shipped translator's is 0
    one: tuple[int, ...] = (1, 2, 3)  # seeds of the runs with one head
    n_drawn: int = 8000  # as in the study of heads
    n_sentences: int = 300
    options: tuple[str, ...] = ()  # further options of the training program


def trained(settings: Settings, n_heads: int, seed: int, runs: Path) -> Path:
    """The file of a trained translator in the folder `runs`, trained there if it is missing."""
    folder = runs / f"{n_heads}-{seed}"
    if not is_finished(folder / FILE):
        options = ["--out", str(folder), "--seed", str(seed), "--n-heads", str(n_heads), *settings.options]
        if training_program(options):
            raise RuntimeError(f"the training into {folder} failed")
    return folder / FILE


def measured(path: Path, pairs: Sequence[Pair], by_head: bool = True) -> dict[str, Any]:
    """Exact match, and what `lost` counts without each head of the encoder, (n_layers, H)."""
    model, (source, target) = (found := read_model(path, "cpu")).model, found.vocabularies()
    meant = [pair.french for pair in pairs]

    def said() -> list[tuple[str, ...]]:
        return translations(model, source, target, pairs)

    before = said()
    row: dict[str, Any] = {"exact": exact_match(before, meant)}
    if by_head:
        row["gender"] = [[] for _ in range(model.config.n_layers)]
        for layer, heads in enumerate(row["gender"]):
            for head in range(model.config.n_heads):
                with ablated(model, layer, head, "encoder"):
                    heads.append(lost(before, said(), meant))
    return row


def study(runs: Path, settings: Settings = Settings()) -> dict[str, Any]:
    """For each number of heads and seed: exact match on unseen sentences, and gender where there are several heads."""
    pairs = split(settings.n_drawn, seed=1).test_sentences[: settings.n_sentences]
    found = {
        str(n_heads): [
            {"seed": seed, **measured(trained(settings, n_heads, seed, runs), pairs, by_head=n_heads > 1)}
            for seed in seeds
        ]
        for n_heads, seeds in ((1, settings.one), (4, settings.four))
    }
    return {"about": asdict(settings), "heads": found}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=first_line(__doc__))
    parser.add_argument("--runs", type=Path, default=Path("runs/long"), help="folder of the trained models")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    store("long_runs", study(options.runs))


if __name__ == "__main__":
    main()
