"""Beam width: log-probability and quality of translations.

``python -m transformer_lib.studies.decoding`` translates unseen sentences with beams of several widths and
length penalties, with the shipped translator and two others: the training that it began with, stopped early, with its
label smoothing and without. It writes ``transformer_lib/studies/results/decoding.json``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

import torch

from transformer_lib.data import Pair, batches, pad, split, vocabularies
from transformer_lib.decoding import Hypothesis, beam_search
from transformer_lib.evaluation import bleu, exact_match, paired_bootstrap
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator
from transformer_lib.studies.stopping import stopped
from transformer_lib.studies.stored import command
from transformer_lib.text.vocabulary import Vocabulary
from transformer_lib.training import Recipe

# Each is the recipe of the model card; the smoothing of those that are stopped early, None for the shipped one.
STOPPED = {"shipped": None, "stopped early": 0.1, "stopped early, no smoothing": 0.0}
TRANSLATORS = tuple(STOPPED)
SENTENCES = ("of all lengths", "of 16 words and more")
LONG = 16  # words of a long English sentence
ROWS = 1024  # beginnings in one batch
SAME = 1e-4  # numerical tolerance of ln p


@dataclass(frozen=True)
class Settings:
    """Settings of the searches; the defaults are those of the stored results."""

    widths: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    penalties: tuple[float, ...] = (0.0, 0.6)  # the first must be 0: search for the likeliest sentence
    n_drawn: int = 24_000  # pairs, of which about 4 of 100 are for tests
    n_sentences: int = 200  # of each kind, at most
    stop: int = 250  # the last step of those that are stopped early, out of the recipe's 6,000
    n_train: int = 100_000  # pairs drawn to train them
    batch_size: int = 64
    training_seed: int = 0  # of those that are stopped early
    seed: int = 1  # of the drawn test sentences
    n_resamples: int = 1000  # of the paired bootstrap
    n_hunted: int = 150_000  # pairs drawn to find sentences of which greedy misses a likelier translation
    hunted_words: int = 13  # English words of such a sentence, at least
    hunting: int = 4  # width of the beam that hunts


def best(
    model: Transformer, source: Vocabulary, pairs: Sequence[Pair], width: int, penalty: float
) -> list[Hypothesis]:
    """The best hypothesis for the English of each pair, in the order of the pairs."""
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].english))
    count = max(1, ROWS // width)
    found: dict[int, Hypothesis] = {}
    for start in range(0, len(order), count):
        places = order[start : start + count]
        ids = pad([source.encode(pairs[place].english) for place in places])
        ranked = beam_search(
            model, ids, max_length=model.config.max_length, beam_size=width, length_penalty=penalty
        )
        found |= {place: hypotheses[0] for place, hypotheses in zip(places, ranked, strict=True)}
    return [found[place] for place in range(len(pairs))]


def is_proved(width: int, log_probability: float) -> bool:
    r"""Whether a beam of this width, without length penalty, is certain to have found the likeliest sentence.

    Beginnings of one length that are all likelier than p exclude each other, so there are fewer than 1/p of them.
    A beam of K >= 1/p keeps all of them, among them every beginning of a likelier sentence.

    >>> is_proved(2, math.log(0.6)), is_proved(2, math.log(0.4))
    (True, False)
    """
    return math.log(width) + log_probability >= 0


def early(settings: Settings, smoothing: float = 0.1) -> Transformer:
    """The shipped translator's first training, stopped after some of its steps; its words are `vocabularies()`."""
    recipe = Recipe(smoothing=smoothing, seed=settings.training_seed)
    return stopped(recipe, settings.stop, n_pairs=settings.n_train, batch_size=settings.batch_size)


def compared(
    model: Transformer, source: Vocabulary, target: Vocabulary, pairs: Sequence[Pair], settings: Settings
) -> dict[str, list]:
    """Paired bootstrap test of beams of several widths."""
    runs = [best(model, source, pairs, width, 0.0) for width in settings.widths]
    lines = [[" ".join(target.decode(row.ids)) for row in run] for run in runs]
    return paired_bootstrap(
        lines, [" ".join(pair.french) for pair in pairs], n_resamples=settings.n_resamples
    )


def of(
    model: Transformer, source: Vocabulary, target: Vocabulary, pairs: Sequence[Pair], settings: Settings
) -> dict[str, Any]:
    """Every width and penalty on the same sentences: quality, log-probability and search errors.

    Returns:
        rows (penalties, widths) of `log_p`, the mean ln p of the translations; `exact`; `bleu`; `length`, words per
        word of the reference; `missed`, the share of sentences of which a likelier translation is
        known, from another run or because the empty one is. For the first penalty, 0, also `proved` (widths,), the
        share that is proved to be the likeliest. And `empty`, the mean ln p of the empty translation, and
        `empty_wins`, the share of sentences for which it is likelier than every other found.
    """
    outputs = [
        [best(model, source, pairs, width, penalty) for width in settings.widths]
        for penalty in settings.penalties
    ]
    found = [
        max(row.log_probability for row in rows)
        for rows in zip(*(run for runs in outputs for run in runs), strict=True)
    ]
    empty = ends_at_once(model, source, pairs)
    likeliest = list(map(max, found, empty))
    tables: dict[str, list] = {name: [] for name in ("log_p", "exact", "bleu", "length", "missed")}
    for runs in outputs:
        judged = [_judged(run, target, pairs, likeliest) for run in runs]
        for name, table in tables.items():
            table.append([row[name] for row in judged])
    proved = [
        mean(is_proved(width, row.log_probability) for row in run)
        for width, run in zip(settings.widths, outputs[0], strict=True)
    ]
    wins = mean(nothing > something for nothing, something in zip(empty, found, strict=True))
    return {"sentences": len(pairs), "proved": proved, "empty": mean(empty), "empty_wins": wins, **tables}


def _judged(
    run: Sequence[Hypothesis], target: Vocabulary, pairs: Sequence[Pair], likeliest: Sequence[float]
) -> dict[str, float]:
    said = [target.decode(row.ids) for row in run]
    meant = [list(pair.french) for pair in pairs]
    lines = [[" ".join(words) for words in side] for side in (said, meant)]
    behind = [top - row.log_probability for top, row in zip(likeliest, run, strict=True)]
    return {
        "log_p": mean(row.log_probability for row in run),
        "exact": exact_match(said, meant),
        "bleu": bleu(*lines, tokenize="none").score,
        "length": sum(map(len, said)) / sum(map(len, meant)),
        "missed": mean(gap > SAME for gap in behind),
    }


@torch.no_grad()
def given_log_p(
    model: Transformer, source: Vocabulary, target: Vocabulary, pairs: Sequence[Pair]
) -> list[float]:
    """ln p of the French of each pair, given its English: by teacher forcing."""
    found = []
    for batch in batches(pairs, source, target, 128):
        said = batch.tgt_ids[:, 1:]
        log_p = model(batch.src_ids, batch.tgt_ids[:, :-1]).log_softmax(-1)
        chosen = log_p.gather(-1, said[..., None])[..., 0]
        found += (chosen * (said != model.config.pad_id)).sum(-1).tolist()
    return found


def hunted(model: Transformer, source: Vocabulary, target: Vocabulary, settings: Settings) -> dict[str, Any]:
    """Unseen long sentences of which a beam finds a likelier translation than greedy decoding, and whether it is right.

    Returns:
        sentences, how many were tried; wrong, how many of greedy's are not the reference, and preferred, for how many
        of these the model gives the reference more; likelier, for how many the beam found something likelier;
        mended and spoiled, how many of these were right with the beam only, with greedy decoding only; cases, all
        that are likelier: English, reference, greedy's and the beam's French, each with its ln p.
    """
    drawn = split(settings.n_hunted, settings.seed + 5)
    pairs = [
        pair
        for pair in drawn.test_sentences + drawn.test_combinations
        if len(pair.english) >= settings.hunted_words
    ]
    greedy, beam = (best(model, source, pairs, width, 0.0) for width in (1, settings.hunting))
    rows = []
    for pair, log_p, *runs in zip(
        pairs, given_log_p(model, source, target, pairs), greedy, beam, strict=True
    ):
        texts = [pair.french, *(target.decode(run.ids) for run in runs)]
        scores = [log_p, *(run.log_probability for run in runs)]
        rows.append((pair.english, *zip([" ".join(text) for text in texts], scores, strict=True)))
    wrong = [row for row in rows if row[2][0] != row[1][0]]
    likelier = [row for row in rows if row[3][1] > row[2][1] + SAME]
    names = ("reference", "greedy", "beam")
    return {
        "sentences": len(rows),
        "wrong": len(wrong),
        "preferred": sum(row[1][1] > row[2][1] for row in wrong),
        "likelier": len(likelier),
        "mended": sum(row[3][0] == row[1][0] for row in likelier),
        "spoiled": sum(row[2][0] == row[1][0] for row in likelier),
        "cases": [
            {"english": " ".join(row[0]), **dict(zip(names, map(list, row[1:]), strict=True))}
            for row in likelier
        ],
    }


@torch.no_grad()
def ends_at_once(model: Transformer, source: Vocabulary, pairs: Sequence[Pair]) -> list[float]:
    """ln p of the empty translation of each pair: of the end token as first token."""
    start = torch.tensor([[model.config.bos_id]])
    found = []
    for pair in pairs:
        memory = model.encode(torch.tensor([source.encode(pair.english)]), None)
        logits = model.decode(start, memory, None)[0, -1]
        found.append(logits.log_softmax(-1)[model.config.eos_id].item())
    return found


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """All three translators on both kinds of sentences."""
    shipped, source, target = load_translator()
    unseen = split(settings.n_drawn, settings.seed).test_sentences
    kinds = [unseen, [pair for pair in unseen if len(pair.english) >= LONG]]
    kinds = [pairs[: settings.n_sentences] for pairs in kinds]
    first = vocabularies()
    models = {
        name: (shipped, source, target) if smoothing is None else (early(settings, smoothing), *first)
        for name, smoothing in STOPPED.items()
    }
    return {
        "about": asdict(settings),
        "signature": bleu(["a"], ["a"], tokenize="none").signature,
        "measured": {
            name: [of(*model, pairs, settings) for pairs in kinds] for name, model in models.items()
        },
        "compared": compared(*models[TRANSLATORS[1]], kinds[0], settings),
        "hunted": hunted(shipped, source, target, settings),
    }


if __name__ == "__main__":
    command("decoding", study, __doc__)
