"""Training runs that differ in one thing: learning rate, initialisation, loss, or an injected fault.

``python -m transformer_lib.studies.training`` trains the same small translator on the same sentences many times
and writes ``transformer_lib/studies/results/training.json``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from transformer_lib.data import Pair, analyses, encode_pairs, pad, split, vocabularies
from transformer_lib.decoding import greedy_decode
from transformer_lib.evaluation import alignment_weights, exact_match
from transformer_lib.evaluation.report import translations
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.transformer import Transformer
from transformer_lib.studies.faults import forget_the_shift, leak, strangers
from transformer_lib.studies.stored import command
from transformer_lib.training import Batches, Recipe, train
from transformer_lib.training.loop import Batch

DECIMALS = 3  # of the attention maps
LONGEST = 40  # words of a translation, more than in any sentence
FAULTS = {"leak": leak, "no shift": forget_the_shift}  # in the model; the fault "strangers" is in its data


@dataclass(frozen=True)
class Change:
    """How a run differs from the book's recipe; the defaults are the recipe itself."""

    smoothing: float = 0.1
    peak_lr: float = 4e-3
    warmup_steps: int = 100
    dropout: float = 0.0
    norm_first: bool = True
    n_layers: int = 2  # of the encoder, and of the decoder
    n_known: int | None = None  # number of training sentences; None for all
    fault: str | None = None  # one of FAULTS, or "strangers"
    seeds: tuple[int, ...] = (0,)  # the first is drawn; more show the variation


# Name of each run -> its changes.
RUNS: dict[str, Change] = {
    "the recipe": Change(seeds=(0, 1)),
    "no smoothing": Change(smoothing=0.0, seeds=(0, 1)),
    "dropout .1": Change(dropout=0.1),
    "no warm-up": Change(warmup_steps=1),
    "rate × 10": Change(peak_lr=4e-2),
    "rate ÷ 20": Change(peak_lr=2e-4),
    # Deeper models, for which warm-up and norm order matter.
    "6 layers, no warm-up": Change(n_layers=6, warmup_steps=1),
    "6 layers, norm after": Change(n_layers=6, norm_first=False),
    "6 layers, norm after, no warm-up": Change(n_layers=6, norm_first=False, warmup_steps=1),
    # For the clinic: without smoothing, so that the loss can reach 0.
    "200 sentences": Change(smoothing=0.0, n_known=200),
    "no shift": Change(smoothing=0.0, fault="no shift"),
    "leak": Change(smoothing=0.0, fault="leak"),
    "strangers": Change(smoothing=0.0, fault="strangers"),
    "rate × 10, no smoothing": Change(smoothing=0.0, peak_lr=4e-2),
}


@dataclass(frozen=True)
class Settings:
    """Training and measurement settings; the defaults are those of the stored results."""

    n_pairs: int = 20_000  # drawn from the grammar; about 89 of 100 are trained on
    n_validation: int = 200  # sentences, in the curves
    n_test: int = 200  # sentences, translated at the end
    n_steps: int = 500
    every: int = 25  # steps between two points of the curves
    batch_size: int = 64
    clip: float = 1.0
    d_model: int = 64
    n_heads: int = 4
    mapped: str = "the red car was not in the garden ."
    written: Sequence[str] = field(
        default=("i am happy .", "the red car was not in the garden .", "sally gives paul an old book .")
    )


class Material:
    """Data of a study: training sentences, held-out ones, and the vocabularies."""

    def __init__(self, settings: Settings, seed: int = 0) -> None:
        splits = split(settings.n_pairs, seed)
        self.words = vocabularies()
        self.known_pairs, self.unseen_pairs = splits.train, splits.test_sentences[: settings.n_test]
        self.known = encode_pairs(splits.train, *self.words)
        validation = encode_pairs(splits.validation[: settings.n_validation], *self.words)
        self.validation = Batches(validation, settings.batch_size).in_order()


def fresh(material: Material, settings: Settings, change: Change = Change(), seed: int = 0) -> Transformer:
    """An untrained translator, with the change's fault if there is one."""
    torch.manual_seed(seed)
    model = Transformer(
        TransformerConfig(
            *map(len, material.words), d_model=settings.d_model, n_heads=settings.n_heads,
            d_ff=4 * settings.d_model, n_layers=change.n_layers, dropout=change.dropout,
            norm_first=change.norm_first, max_length=64,
        )
    )  # fmt: skip
    if change.fault in FAULTS:
        FAULTS[change.fault](model)
    return model


def run(material: Material, settings: Settings, change: Change, seed: int = 0) -> tuple[Transformer, list]:
    """A trained translator, and its learning curves."""
    model = fresh(material, settings, change, seed)
    batch_of = Batches(material.known[: change.n_known], settings.batch_size, seed=seed)
    recipe = Recipe(
        n_steps=settings.n_steps, peak_lr=change.peak_lr, warmup_steps=change.warmup_steps,
        smoothing=change.smoothing, clip=settings.clip, seed=seed,
        log_every=settings.every, save_every=settings.every,
    )  # fmt: skip
    chosen = strangers(batch_of) if change.fault == "strangers" else batch_of
    curves = train(model, chosen, recipe, validation=material.validation, progress=False)
    return model.eval(), curves


def measured(model: Transformer, material: Material, settings: Settings, change: Change) -> dict[str, Any]:
    """Metrics of a trained model: exact match, accuracy under teacher forcing, and confidence."""
    unseen, known = material.unseen_pairs, material.known_pairs[: change.n_known][: settings.n_test]

    def exact(pairs: Sequence[Pair]) -> float:
        said = translations(model, *material.words, pairs, max_length=LONGEST)
        return exact_match(said, [pair.french for pair in pairs])

    return {
        "exact": exact(unseen),
        "exact_known": exact(known),
        **sureness(model, material.validation),
    }


@torch.no_grad()
def sureness(model: Transformer, batches: Sequence[Batch]) -> dict[str, float]:
    """Mean confidence (largest probability) and accuracy under teacher forcing."""
    sure = right = count = 0.0
    for src_ids, tgt_ids in batches:
        best, guess = model(src_ids, tgt_ids[:, :-1]).softmax(-1).max(-1)
        targets = tgt_ids[:, 1:]
        real = targets != model.config.pad_id
        sure += best[real].sum().item()
        right += (guess == targets)[real].sum().item()
        count += real.sum().item()
    return {"sure": sure / count, "forced": right / count}


@torch.no_grad()
def maps(model: Transformer, material: Material, settings: Settings) -> dict[str, Any]:
    """Attention of the last decoder layer in one sentence, mean over heads; row t produces word t.

    Returns:
        decoder (T, T) over <bos> and the words, cross (T, S).
    """
    [pair] = analyses(settings.mapped)
    [(src, tgt)] = encode_pairs([pair], *material.words)
    src_ids, tgt_ids = pad([src]), pad([tgt])
    decoder = model(src_ids, tgt_ids[:, :-1], return_weights=True)[1].decoder[-1, 0].mean(0)
    [cross] = alignment_weights(model, src_ids, tgt_ids)
    n = len(pair.french)
    return {
        "decoder": decoder[:n, :n].round(decimals=DECIMALS).tolist(),
        "cross": cross[-1].mean(0).round(decimals=DECIMALS).tolist(),
    }


def written(model: Transformer, material: Material, settings: Settings) -> list[str]:
    """Greedy translations of the study's sentences."""
    source, target = material.words
    ids = [torch.tensor([source.encode(english)]) for english in settings.written]
    said = [greedy_decode(model, src_ids, max_length=LONGEST)[0] for src_ids in ids]
    return [" ".join(target.decode(row)) for row in said]


def columns(curves: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """The curves as one list for each quantity."""
    names = {
        "loss": "loss", "unseen": "validation_loss", "right": "validation_accuracy", "gradient": "gradient_norm",
        "rate": "lr",
    }  # fmt: skip
    return {short: [record[name] for record in curves] for short, name in names.items()}


def changes(change: Change) -> dict[str, Any]:
    """The fields in which a run differs from the recipe.

    >>> changes(Change(dropout=0.1, seeds=(0, 1)))
    {'dropout': 0.1}
    """
    usual = asdict(Change())
    return {name: value for name, value in asdict(change).items() if value != usual[name] and name != "seeds"}


def study(settings: Settings = Settings(), runs: Mapping[str, Change] = RUNS) -> dict[str, Any]:
    """Every run with each of its seeds: curves and measures; maps and sentences of the first."""
    material, found = Material(settings), {}
    for name, change in runs.items():
        started, by_seed = time.process_time(), []
        for seed in change.seeds:
            model, curves = run(material, settings, change, seed)
            by_seed.append(columns(curves) | measured(model, material, settings, change))
            if seed == change.seeds[0]:
                shown = {
                    "maps": maps(model, material, settings),
                    "written": written(model, material, settings),
                }
        found[name] = {
            "change": changes(change),
            "seeds": by_seed,
            **shown,
            "cpu_seconds": round(time.process_time() - started),
        }
    [pair] = analyses(settings.mapped)
    return {
        "about": asdict(settings),
        "recipe": asdict(Change()),
        "steps": list(range(settings.every, settings.n_steps + 1, settings.every)),
        "english": list(pair.english),
        "french": list(pair.french),
        "runs": found,
    }


if __name__ == "__main__":
    command("training", study, __doc__)
