"""What changed between 2017 and today, one change at a time, on a small writer of stories.

``python -m transformer_lib.studies.dress FILE`` trains every model with three seeds and writes ``results/dress.json``.
``--only "today" "2017"`` trains these alone and replaces their stored results. FILE holds texts with a line
<|endoftext|> between them; the stored results are of the TinyStories (Eldan and Li 2023) that the shipped writer was
trained on, which are not part of this repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformer_lib.model.cache import cache_bytes
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.studies.stored import results, store
from transformer_lib.studies.stories import SHORT, TODAY, Training, apart, of_file, read_stories, run

SIZES: dict[str, Any] = {"d_model": 48, "n_heads": 4, "n_layers": 2, "d_ff": 192}
COMMAND = "python -m transformer_lib.studies.dress FILE"
WINDOW = 32
# Each change as (fields before, fields after). A gate adds a third matrix: with two thirds of the width the parameters
# are as many as before (Shazeer 2020, section 2).
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rotary positions": ({"positions": "sinusoidal"}, {"positions": TODAY["positions"]}),
    "RMSNorm": ({"norm": "layer"}, {"norm": TODAY["norm"]}),
    "SwiGLU": (
        {"gated": False, "activation": "relu", "d_ff": SIZES["d_ff"]},
        {"gated": True, "activation": TODAY["activation"], "d_ff": SIZES["d_ff"] * 2 // 3},
    ),
    "grouped queries": ({"n_kv_heads": SIZES["n_heads"]}, {"n_kv_heads": SIZES["n_heads"] // 2}),
    "no biases": ({"bias": True}, {"bias": TODAY["bias"]}),
}
PAST, NOW = (
    SIZES | {name: value for pair in CHANGES.values() for name, value in pair[place].items()}
    for place in (0, 1)
)
MODELS: dict[str, dict[str, Any]] = {
    "today": NOW,
    "2017": PAST,
    **{f"today without {name}": NOW | before for name, (before, _) in CHANGES.items()},
    "today with a window": NOW,
    **{f"2017 with {name}": PAST | after for name, (_, after) in CHANGES.items()},
}
"""Both ends are pre-norm, as everywhere in this book: the place of the norm is chapter 05's experiment."""


def study(
    path: Path | str, training: Training = SHORT, only: Sequence[str] = tuple(MODELS)
) -> Iterator[dict[str, Any]]:
    """Train models by name, all by default, with every seed; yield what is found after each."""
    data, models = read_stories(path, training), {}
    about = asdict(training) | {
        "command": COMMAND,
        "texts": data.about["n_texts"],
        "window": WINDOW,
        "sizes": SIZES,
    }
    for name in only:
        models = models | {name: row(data, name, training)}
        yield {"about": about, "models": models}


def row(data: Any, name: str, training: Training) -> dict[str, Any]:
    """A model's bits per character for each seed, its parameters, and the bytes of its cache at full length."""
    window = WINDOW if name == "today with a window" else None
    runs = [run(data, MODELS[name], training, seed, window=window) for seed in training.seeds]
    config = LanguageModelConfig(len(data.target), **MODELS[name])
    kept = min(window or training.max_length, training.max_length)
    return {
        "bits": [one["bits"] for one in runs],
        "parameters": runs[0]["parameters"],
        "cache_bytes": cache_bytes(config, kept),
        "cpu_seconds": sum(one["cpu_seconds"] for one in runs),
    }


def differences(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each model against the one that it departs from: mean difference in bits per character, and if it is one.

    A difference counts only beyond the spread of the seeds, `apart`.

    >>> differences({"models": {"today": {"bits": [1.0, 1.1]}, "2017": {"bits": [1.5, 1.7]}}})["2017"]["apart"]
    True
    """
    rows = {name: one["bits"] for name, one in found["models"].items()}
    compared = {}
    for name, bits in rows.items():
        base = "2017" if name.startswith("2017 with") else "today"
        if name != base and base in rows:
            mean = sum(bits) / len(bits) - sum(rows[base]) / len(rows[base])
            compared[name] = {"from": base, "bits": mean, "apart": apart(bits, rows[base])}
    return compared


def stored(path: Path | str, only: list[str] | None = None) -> None:
    """Train and store after each model; with `only`, beside what is stored of the others."""
    before = {} if only is None else results("dress")["models"]
    for found in study(path, only=only or tuple(MODELS)):
        models = before | found["models"]
        store("dress", found | {"models": {name: models[name] for name in MODELS if name in models}})


if __name__ == "__main__":
    of_file(stored, __doc__, only={"nargs": "*", "choices": list(MODELS), "metavar": "NAME"})
