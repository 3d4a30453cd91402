"""Translation quality by sentence length, with one fixed vector or with attention, and training time by length.

``python -m transformer_lib.studies.length`` trains seven translators with three seeds each and writes
``results/length.json``. ``--only "GRU with attention" --seeds 1 2`` trains that one with these seeds and
replaces its stored results; ``--only`` without a name only measures the times.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.data import encode_pairs, pad, split, vocabularies
from transformer_lib.decoding import greedy_decode
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.layers import EncoderLayer
from transformer_lib.model.transformer import Transformer
from transformer_lib.recurrence import RecurrentConfig, RecurrentTranslator, lstm_step, unroll
from transformer_lib.studies.stored import first_line, results, store
from transformer_lib.training import Batches, Recipe, train

BUCKETS = ((3, 6), (7, 10), (11, 15), (16, 20), (21, 30))  # words of the English sentence
Ids = list[tuple[list[int], list[int]]]


@dataclass(frozen=True)
class Contender:
    """A translator, and its number of steps in the common time budget."""

    make: Callable[[int, int], nn.Module]  # sizes of the two vocabularies
    n_steps: int
    peak_lr: float = 2e-3


def _recurrent(kind: str, d_model: int, **choices: bool) -> Callable[[int, int], nn.Module]:
    return lambda source, target: RecurrentTranslator(
        RecurrentConfig(source, target, d_model=d_model, kind=kind, **choices)
    )


def _transformer(source: int, target: int) -> nn.Module:
    return Transformer(
        TransformerConfig(source, target, d_model=64, n_heads=4, d_ff=256, n_layers=2, dropout=0.0)
    )


# Steps are fixed, not seconds, so that a run can be repeated. They come from the median CPU time of a step of each
# model, measured in turn with one thread: 35 to 55 s for each on the machine of the first stored run, and
# four times as long where the name says so.
CONTENDERS = {
    "GRU": Contender(_recurrent("gru", 128), 1000, 3e-3),
    "LSTM": Contender(_recurrent("lstm", 224), 700),
    "LSTM, source reversed": Contender(_recurrent("lstm", 224, reverse_source=True), 700),
    # Control for too short a training: the best model without attention, with four times the steps.
    "LSTM, reversed, 4 × as long": Contender(_recurrent("lstm", 224, reverse_source=True), 2800),
    # Control for the bidirectional encoder: the same with a unidirectional one.
    "GRU with attention, one way": Contender(
        _recurrent("gru", 128, attention=True, bidirectional=False), 510, 3e-3
    ),
    "GRU with attention, both ways": Contender(_recurrent("gru", 128, attention=True), 510, 3e-3),
    "Transformer": Contender(_transformer, 1050, 4e-3),
}


@dataclass(frozen=True)
class Settings:
    """Sizes of data, training and tests; the defaults are those of the stored results."""

    n_pairs: int = 60_000  # drawn; about 89 of 100 are trained on
    per_bucket: int = 200  # unseen sentences of each length, where there are so many
    share: float = 1.0  # of each contender's steps
    batch_size: int = 64
    seed: int = 0  # of the sentences
    seeds: tuple[int, ...] = (0, 1, 2)  # of each contender's initialisation, and of the order of its batches
    lengths: tuple[int, ...] = (8, 16, 32, 64, 128, 256, 512, 1024)  # of the timed sequences
    repeats: int = 7  # of each timing


def bucketed(pairs: Sequence[tuple], per_bucket: int) -> list[list[tuple]]:
    """The first pairs of each bucket of English length.

    >>> [len(bucket) for bucket in bucketed([(["a"] * 3,), (["a"] * 4,), (["a"] * 8,)], per_bucket=1)]
    [1, 1, 0, 0, 0]
    """
    return [[pair for pair in pairs if low <= len(pair[0]) <= high][:per_bucket] for low, high in BUCKETS]


def exact_share(model: nn.Module, pairs: Ids) -> float:
    """Exact match of greedy translations."""
    sources, targets = zip(*pairs, strict=True)
    longest = max(map(len, targets))
    written = greedy_decode(model, pad(sources), max_length=longest)
    gold = pad([target[1:] for target in targets])  # without the start token, as decoding returns it
    return same_rows(written, gold).float().mean().item()


def same_rows(written: Tensor, gold: Tensor) -> Tensor:
    """(B,) bool: which rows hold the same ids, padding on the right aside.

    >>> same_rows(torch.tensor([[5, 2], [5, 6]]), torch.tensor([[5, 2, 0], [5, 6, 2]])).tolist()
    [True, False]
    """
    width = max(written.shape[1], gold.shape[1])
    sides = (nn.functional.pad(ids, (0, width - ids.shape[1])) for ids in (written, gold))
    return torch.eq(*sides).all(1)


def study(
    settings: Settings = Settings(), contenders: dict[str, Contender] = CONTENDERS, timed: bool = True
) -> dict[str, Any]:
    """Train every contender with every seed and measure it on unseen sentences of each length."""
    rows, abouts = zip(*trained(settings, contenders), strict=True)
    return abouts[0] | {"models": list(rows)} | ({"speed": speed(settings)} if timed else {})


def trained(
    settings: Settings, contenders: dict[str, Contender]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each contender's row for each seed, and the settings common to all."""
    splits, words = split(settings.n_pairs, settings.seed), vocabularies()
    known = encode_pairs(splits.train, *words)
    unseen = [
        encode_pairs(bucket, *words)
        for bucket in bucketed(splits.test_sentences + splits.validation, settings.per_bucket)
    ]
    about = {
        "about": {"seed": settings.seed, "pairs": len(known), "batch_size": settings.batch_size},
        "buckets": [list(bucket) for bucket in BUCKETS],
        "sentences": [len(bucket) for bucket in unseen],
    }
    for name, contender in contenders.items():
        for seed in settings.seeds:
            torch.manual_seed(seed)
            model = contender.make(*map(len, words))
            n_steps = max(1, round(settings.share * contender.n_steps))
            recipe = Recipe(
                n_steps=n_steps, peak_lr=contender.peak_lr, warmup_steps=max(1, n_steps // 10), seed=seed
            )
            started = time.process_time()
            train(model, Batches(known, settings.batch_size, seed=seed), recipe, progress=False)
            seconds = time.process_time() - started
            yield {
                "name": name,
                "seed": seed,
                "parameters": sum(p.numel() for p in model.parameters()),
                "steps": n_steps,
                "cpu_seconds": round(seconds),
                "exact": [exact_share(model, bucket) if bucket else None for bucket in unseen],
            }, about  # fmt: skip


def replaced(rows: list[dict[str, Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows with one replaced by name and seed, in the order of `CONTENDERS`.

    >>> old, new = ({"name": "LSTM", "seed": 0, "steps": steps} for steps in (1, 2))
    >>> [row["steps"] for row in replaced([old], new)]
    [2]
    """
    order = list(CONTENDERS)
    kept = [one for one in rows if (one["name"], one["seed"]) != (row["name"], row["seed"])]
    return sorted([*kept, row], key=lambda one: (order.index(one["name"]), one["seed"]))


def by_seed(found: dict[str, Any]) -> dict[str, Tensor]:
    """Exact match of each contender, (seeds, buckets)."""
    rows: dict[str, list] = {}
    for row in found["models"]:
        rows.setdefault(row["name"], []).append(row["exact"])
    return {name: torch.tensor(shares) for name, shares in rows.items()}


def speed(settings: Settings = Settings(), d_model: int = 64, batch_size: int = 16) -> dict[str, Any]:
    """Time of a training step of one layer, forward and backward, in units of the shortest Transformer layer.

    An LSTM takes one step after the other, in a Python loop or in torch's kernel; a layer of the Transformer computes
    all positions at once, and n² weights. One thread, CPU time.
    """
    torch.manual_seed(settings.seed)
    lstm, layer = nn.LSTM(d_model, d_model, batch_first=True), EncoderLayer(d_model, 4, 4 * d_model)
    start = (torch.zeros(batch_size, d_model),) * 2
    ways = {
        "LSTM, a loop": lambda x: torch.stack(
            [h for h, _ in unroll(lstm_step, x, start, *lstm.all_weights[0])]
        ),
        "LSTM, torch's kernel": lambda x: lstm(x)[0],
        "Transformer layer": lambda x: layer(x, causal=True)[0],
    }
    times = {name: [] for name in ways}
    for length in settings.lengths:
        x = torch.randn(batch_size, length, d_model)
        taken = {name: [] for name in ways}
        for _ in range(settings.repeats + 1):  # in turn, so that load on the machine affects all alike
            for name, way in ways.items():
                started = time.process_time()
                way(x).sum().backward()
                taken[name].append(time.process_time() - started)
        for name in ways:
            times[name].append(median(taken[name][1:]))  # the first run warms up
    unit = times["Transformer layer"][0]
    return {
        "lengths": list(settings.lengths),
        "relative": {name: [t / unit for t in row] for name, row in times.items()},
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=first_line(__doc__))
    parser.add_argument(
        "--only", nargs="*", choices=[*CONTENDERS, []], metavar="NAME", help="train these alone"
    )
    parser.add_argument("--seeds", nargs="*", type=int, default=Settings.seeds, help="with these seeds")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    settings = Settings(seeds=tuple(chosen.seeds))
    if chosen.only is None:
        store("length", study(settings))
        return
    for row, _ in trained(settings, {name: CONTENDERS[name] for name in chosen.only}):
        found = results("length")
        store("length", found | {"models": replaced(found["models"], row)})
    if not chosen.only:
        store("length", results("length") | {"speed": speed(settings)})


if __name__ == "__main__":
    main()
