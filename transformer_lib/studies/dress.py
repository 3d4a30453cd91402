"""What changed between 2017 and today, one change at a time, on a small writer of stories.

``python -m transformer_lib.studies.dress FILE`` trains every model with three seeds and writes ``results/dress.json``.
``--only "today" "2017"`` trains these alone and replaces their stored results. ``--rates`` trains each model but the
"2017 with …" with the first seed at half and at twice to sixteen times the learning rate, and with the others at the best
of these: a change may look good because one rate suits it. FILE holds texts with a line <|endoftext|> between them; the
stored results are of the TinyStories (Eldan and Li 2023) that the shipped writer was trained on, which are not part of
this repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
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
"""Both ends are pre-norm, as everywhere in this book: the place of the norm is chapter 05's experiment. The biases of 2017
stand in attention, too, where the paper has none."""
FACTORS = (0.5, 2.0, 4.0, 8.0, 16.0)
"""Of the learning rate, in the runs at other rates."""
AT_OTHER_RATES = tuple(name for name in MODELS if not name.startswith("2017 with"))


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


def other_rates(
    path: Path | str, training: Training = SHORT, names: Sequence[str] = AT_OTHER_RATES
) -> Iterator[dict[str, dict[str, list[float]]]]:
    """Train models with the first seed at other learning rates, and with the other seeds at the best of these.

    Yields after each model the bits by model and rate, one for each seed.
    """
    data, found = read_stories(path, training), {}
    first, others = training.seeds[:1], training.seeds[1:]
    for name in names:

        def bits(rate: float, seeds: tuple[int, ...], name: str = name) -> list[float]:
            return row(data, name, replace(training, peak_lr=rate, seeds=seeds))["bits"]

        rates = {factor * training.peak_lr: bits(factor * training.peak_lr, first) for factor in FACTORS}
        best = min(rates, key=lambda rate: rates[rate])
        if others:
            rates[best] = rates[best] + bits(best, others)
        found = found | {name: {f"{rate:g}": some for rate, some in rates.items()}}
        yield found


def at_best(found: dict[str, Any]) -> dict[str, tuple[float, list[float]]]:
    """Of each model that was trained at several rates: the rate that served the first seed best, and the bits there.

    >>> models, rates = {"today": {"bits": [1.0, 1.2]}}, {"today": {"0.002": [1.1], "0.008": [0.9, 1.3]}}
    >>> at_best({"about": {"peak_lr": 4e-3}, "models": models, "rates": rates})
    {'today': (0.008, [0.9, 1.3])}
    """
    usual, best = found["about"]["peak_lr"], {}
    for name, rates in found["rates"].items():
        runs = {usual: found["models"][name]["bits"]} | {float(rate): bits for rate, bits in rates.items()}
        rate = min(runs, key=lambda one: runs[one][0])
        best[name] = (rate, runs[rate])
    return best


def stored(path: Path | str, only: list[str] | None = None, rates: bool = False) -> None:
    """Train and store after each model; with `only` or `rates`, beside what is stored of the others."""
    if rates:
        before = results("dress")
        for found in other_rates(path):
            store("dress", before | {"rates": before.get("rates", {}) | found})
        return
    before = {} if only is None else results("dress")
    for found in study(path, only=only or tuple(MODELS)):
        models = before.get("models", {}) | found["models"]
        store("dress", before | found | {"models": {name: models[name] for name in MODELS if name in models}})


if __name__ == "__main__":
    of_file(
        stored,
        __doc__,
        only={"nargs": "*", "choices": list(MODELS), "metavar": "NAME"},
        rates={"action": "store_true"},
    )
