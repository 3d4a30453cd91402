"""Translation by length of the sentence: what one vector between encoder and decoder costs, and attention saves.

``python -m transformer_lib.studies.length`` trains seven translators for about the same CPU time, the best one without
attention also for four times as long, and writes
``transformer_lib/results/length.json``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.config import TransformerConfig
from transformer_lib.corpus import encode_pairs, pad, split, vocabularies
from transformer_lib.decoding import greedy_decode
from transformer_lib.layers import EncoderLayer
from transformer_lib.recurrence import RecurrentConfig, RecurrentTranslator, lstm_step, unroll
from transformer_lib.studies.stored import store
from transformer_lib.training import Batches, Recipe, train
from transformer_lib.transformer import Transformer

BUCKETS = ((3, 6), (7, 10), (11, 15), (16, 20), (21, 30))  # words of the English sentence
Ids = list[tuple[list[int], list[int]]]


@dataclass(frozen=True)
class Contender:
    """A translator, and as many steps as fit into the common time."""

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
# model, measured in turn with one thread: about 50 s for every model on the machine of the stored run.
CONTENDERS = {
    "GRU, 64 wide": Contender(_recurrent("gru", 64), 2500, 4e-3),
    "GRU, 128 wide": Contender(_recurrent("gru", 128), 1500, 3e-3),
    "GRU, 256 wide": Contender(_recurrent("gru", 256), 620),
    "LSTM, 224 wide": Contender(_recurrent("lstm", 224), 700),
    "LSTM, source reversed": Contender(_recurrent("lstm", 224, reverse_source=True), 700),
    # Is it the one vector, or did the others learn for too short a time? The best of them, given four times as much.
    "LSTM, reversed, 4 × as long": Contender(_recurrent("lstm", 224, reverse_source=True), 2800),
    "GRU with attention": Contender(_recurrent("gru", 128, attention=True), 510, 3e-3),
    "Transformer, 64 wide": Contender(_transformer, 1050, 4e-3),
}


@dataclass(frozen=True)
class Settings:
    """How much is drawn, trained and tested; the defaults are those of the stored results."""

    n_pairs: int = 60_000  # drawn; about 89 of 100 are trained on
    per_bucket: int = 200  # unseen sentences of each length, where there are so many
    share: float = 1.0  # of each contender's steps
    batch_size: int = 64
    seed: int = 0
    lengths: tuple[int, ...] = (8, 16, 32, 64, 128, 256, 512, 1024)  # of the timed sequences
    repeats: int = 7  # of each timing


def bucketed(pairs: Sequence[tuple], per_bucket: int) -> list[list[tuple]]:
    """The first pairs of each bucket of English length.

    >>> [len(bucket) for bucket in bucketed([(["a"] * 3,), (["a"] * 4,), (["a"] * 8,)], per_bucket=1)]
    [1, 1, 0, 0, 0]
    """
    return [[pair for pair in pairs if low <= len(pair[0]) <= high][:per_bucket] for low, high in BUCKETS]


def exact_share(model: nn.Module, pairs: Ids) -> float:
    """How many greedy translations are equal to the grammar's own, word for word."""
    sources, targets = zip(*pairs, strict=True)
    longest = max(map(len, targets))
    written = greedy_decode(model, pad(sources), max_length=longest)
    gold = pad([target[1:] for target in targets])  # without the start token, as it is written
    return same_rows(written, gold).float().mean().item()


def same_rows(written: Tensor, gold: Tensor) -> Tensor:
    """(B,) bool: which rows hold the same ids; what the shorter side lacks must be padding on the longer.

    >>> same_rows(torch.tensor([[5, 2], [5, 6]]), torch.tensor([[5, 2, 0], [5, 6, 2]])).tolist()
    [True, False]
    """
    width = max(written.shape[1], gold.shape[1])
    sides = (nn.functional.pad(ids, (0, width - ids.shape[1])) for ids in (written, gold))
    return torch.eq(*sides).all(1)


def study(settings: Settings = Settings(), contenders: dict[str, Contender] = CONTENDERS) -> dict[str, Any]:
    """Train every contender and measure it on unseen sentences of each length."""
    splits, words = split(settings.n_pairs, settings.seed), vocabularies()
    known = encode_pairs(splits.train, *words)
    unseen = [
        encode_pairs(bucket, *words)
        for bucket in bucketed(splits.test_sentences + splits.validation, settings.per_bucket)
    ]
    rows = []
    for name, contender in contenders.items():
        torch.manual_seed(settings.seed)
        model = contender.make(*map(len, words))
        n_steps = max(1, round(settings.share * contender.n_steps))
        recipe = Recipe(
            n_steps=n_steps, peak_lr=contender.peak_lr, warmup_steps=max(1, n_steps // 10), seed=settings.seed
        )
        batches = Batches(known, settings.batch_size, seed=settings.seed)
        started = time.process_time()
        train(model, batches, recipe, progress=False)
        seconds = time.process_time() - started
        rows.append({
            "name": name,
            "parameters": sum(p.numel() for p in model.parameters()),
            "steps": n_steps,
            "cpu_seconds": round(seconds),
            "exact": [exact_share(model, bucket) if bucket else None for bucket in unseen],
        })  # fmt: skip
    return {
        "about": {"seed": settings.seed, "pairs": len(known), "batch_size": settings.batch_size},
        "buckets": [list(bucket) for bucket in BUCKETS],
        "sentences": [len(bucket) for bucket in unseen],
        "models": rows,
        "speed": speed(settings),
    }


def speed(settings: Settings = Settings(), d_model: int = 64, batch_size: int = 16) -> dict[str, Any]:
    """Time of a training step of one layer, forward and backward, in units of the shortest Transformer layer.

    An LSTM takes one step after the other, written out or in torch's kernel; a layer of the Transformer computes all
    places at once, and n² weights. One thread, and CPU time: what waits for other programs does not count.
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
        for _ in range(settings.repeats + 1):  # in turn, so that a busy moment hits all
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
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(arguments)
    torch.set_num_threads(1)
    store("length", study())


if __name__ == "__main__":
    main()
