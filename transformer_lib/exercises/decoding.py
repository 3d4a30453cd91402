"""Exercises on writing: temperature, top-p, beam search."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from transformer_lib.decoding import next_token_distribution
from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw

TEMPERATURE = Exercise(
    name="temperature",
    question="08.1",
    solution=lambda logits, temperature: (logits / temperature).softmax(-1),
    shows="Dividing the logits sharpens below 1 and flattens above it; the order of the words stays.",
    probes=lambda: [
        (torch.tensor([2.0, 0.0]), 0.5),
        (draw(3, 7, seed=1), 2.0),
        (draw(2, 3, 5, seed=2), 0.1),  # the last axis is not always the first or second
        (draw(5, seed=4), 5.0),
    ],
    mistakes={
        "You scale probabilities: they no longer sum to 1, or nothing changes. Divide the logits, before softmax.": (
            either(
                lambda logits, temperature: logits.softmax(-1) / temperature,
                lambda logits, temperature: logits.softmax(-1) * temperature,
                lambda logits, temperature: logits.softmax(-1),
                lambda logits, temperature: (logits.softmax(-1) / temperature).softmax(-1),
                lambda logits, temperature: logits.softmax(-1) ** (1 / temperature),
            )
        ),
        "These are not probabilities yet: exponentials must be divided by their sum, and no logarithm taken.": either(
            lambda logits, temperature: (logits / temperature).exp(),
            lambda logits, temperature: (logits / temperature).log_softmax(-1),
            lambda logits, temperature: logits / temperature,
        ),
        "Softmax runs along the last axis, the vocabulary: each row sums to 1.": either(
            lambda logits, temperature: (logits / temperature).softmax(0),
            lambda logits, temperature: (logits / temperature).exp() / (logits / temperature).exp().sum(),
        ),
        "You multiply the logits: temperature divides them, so that a high one flattens.": (
            lambda logits, temperature: (logits * temperature).softmax(-1)
        ),
    },
)


def _nucleus(
    p: Tensor, top_p: float, crossing: bool = True, renormalised: bool = True, more: int = 0
) -> Tensor:
    ordered, order = p.sort(descending=True)
    before = ordered.cumsum(-1) - ordered
    kept = before < top_p - 1e-6 if crossing else ordered.cumsum(-1) <= top_p + 1e-6
    kept |= torch.arange(len(p)) < kept.sum() + more
    cut = torch.zeros_like(p).scatter(-1, order, ordered * kept)
    return cut / cut.sum() if renormalised else cut


def _cut(p: Tensor, kept: Tensor) -> Tensor:
    return p * kept / (p * kept).sum()


TOP_P = Exercise(
    name="top-p",
    question="08.2",
    solution=lambda p, top_p: next_token_distribution(p.log(), top_p=top_p),
    shows="The shortest list of words that reaches p, the crossing word included, made to sum to 1 again.",
    probes=lambda: [
        (torch.tensor([0.3, 0.5, 0.2]), 0.7),
        (draw(7, seed=1).softmax(-1), 0.6),
        (draw(11, seed=3).softmax(-1), 0.85),
        (torch.tensor([0.1, 0.8, 0.06, 0.04]), 0.5),  # one word is enough
        (torch.tensor([0.125, 0.5, 0.125, 0.25]), 0.75),  # two reach it exactly, in any precision
        (torch.tensor([0.26, 0.24, 0.22, 0.28]), 0.4),
        (torch.tensor([0.15, 0.05, 0.5, 0.3]), 0.93),
        (torch.tensor([0.2, 0.5, 0.3]), 0.82),
    ],
    mistakes={
        "You drop the word that crosses the threshold: keep it, so that the kept words reach p.": either(
            lambda p, top_p: _nucleus(p, top_p, crossing=False),
            lambda p, top_p: _nucleus(p, top_p, crossing=False, renormalised=False),
        ),
        "You keep one word too many: the list is full as soon as it reaches p.": either(
            lambda p, top_p: _nucleus(p, top_p, more=1),
            lambda p, top_p: _nucleus(p, top_p, more=1, renormalised=False),
        ),
        "What is kept does not sum to 1: divide it by its sum, which is more than p.": either(
            lambda p, top_p: _nucleus(p, top_p, renormalised=False),
            lambda p, top_p: _nucleus(p, top_p, renormalised=False) / top_p,
        ),
        "Return the probabilities of all the words, 0 for those that are cut, and not the words' ids.": (
            lambda p, top_p: p.argsort(descending=True)[: (_nucleus(p, top_p) > 0).sum()]
        ),
        "The probabilities come back in another order: put each one back in the place of its word.": either(
            lambda p, top_p: _nucleus(p, top_p).sort(descending=True).values,
            lambda p, top_p: (q := _nucleus(p, top_p).sort(descending=True).values)[q > 0],
        ),
        "Sort first, the likeliest in front: the list is made of the likeliest words, wherever they stand.": either(
            lambda p, top_p: _cut(p, p.cumsum(-1) - p < top_p - 1e-6),
            lambda p, top_p: _cut(p, p.cumsum(-1) <= top_p + 1e-6),
            lambda p, top_p: _cut(p, (p[:, None] >= p).float() @ p <= top_p + 1e-6),
            lambda p, top_p: _cut(p, (p[:, None] > p).float() @ p < top_p - 1e-6),
        ),
        "No single word has to reach p: add the likeliest up until they do.": lambda p, top_p: _cut(
            p, p >= top_p
        ),
        "Divide by the sum of what is kept; a second softmax gives something to words that were cut.": (
            lambda p, top_p: _nucleus(p, top_p, renormalised=False).softmax(-1)
        ),
    },
)

Next = Callable[[tuple[int, ...]], Tensor]  # words so far -> log-probabilities of the next, (V,)
Penalty = Callable[[int], float]


def _beam(
    log_p: Next, eos: int, size: int, max_length: int, penalty: Penalty, slip: str = ""
) -> tuple[int, ...]:
    """The best hypothesis; `slip` names a mistake."""
    race: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    size = 3 if slip == "three" else size
    ended, places = [], 1 if slip == "greedy" else size
    for _ in range(max_length):
        grown = []
        for total, words in race:
            if slip in ("stay", "hold") and words and words[-1] == eos:
                grown.append((total, words))
                continue
            gains = log_p(words).exp() if slip == "add" else log_p(words)
            ways = [(total + gain, (*words, token)) for token, gain in enumerate(gains.tolist())]
            grown += sorted(ways, reverse=True)[:1] if slip == "apart" and words else ways
        kept = sorted(grown, reverse=slip != "least")[
            :places
        ]  # one length, so one penalty: no need to divide
        ended += [one for one in (grown if slip == "beside" else kept) if one[1][-1] == eos]
        race = [one for one in kept if slip in ("extend", "both", "stay", "hold") or one[1][-1] != eos]
        if not race or (slip == "first" and ended) or (slip in ("enough", "settled") and len(ended) >= size):
            break
        places = len(race) if slip == "shrink" else places
    scores = {
        "multiply": lambda one: one[0] * penalty(len(one[1])),
        "plain": lambda one: one[0],
        "length": lambda one: one[0] / len(one[1]),
        "worst": lambda one: -one[0] / penalty(len(one[1])),
        "bonus": lambda one: one[0] + penalty(len(one[1])),
        "short": lambda one: one[0] / penalty(len(one[1]) - (one[1][-1] == eos)),
        "shorter": lambda one: one[0] / penalty(len(one[1]) - 1),
        "long": lambda one: one[0] / penalty(len(one[1]) + 1),
    }
    pool = {"extend": race, "hold": race, **dict.fromkeys(("forget", "first", "settled"), ended or race)}.get(
        slip, ended + race
    )
    best = max(pool, key=scores.get(slip, lambda one: one[0] / penalty(len(one[1]))))
    return {"whole": best, "bare": tuple(word for word in best[1] if word != eos)}.get(slip, best[1])


def _slip(*names: str) -> Any:
    return either(*(partial(_beam, slip=name) for name in names))


def _table(seed: int, n_words: int = 4) -> Next:
    """A small language: the next word depends on the last one and on the length."""
    logits = 1.5 * draw(8, n_words + 1, n_words, seed=seed)

    def log_p(words: tuple[int, ...]) -> Tensor:
        return logits[min(len(words), 7), words[-1] if words else n_words].log_softmax(-1)

    return log_p


def length_penalty(length: int) -> float:
    """((5 + length) / 6) to the power .6; Wu et al. 2016, equation 14."""
    return ((5 + length) / 6) ** 0.6


def steep_penalty(length: int) -> float:
    """((5 + length) / 6) to the power 1.5."""
    return ((5 + length) / 6) ** 1.5


BEAM_SEEDS = (117, 23, 204, 16, 481)  # languages in which every mistake below shows
BEAM = Exercise(
    name="beam search",
    question="08.3",
    given=lambda: (_table(BEAM_SEEDS[0]), length_penalty),
    solution=_beam,
    shows="Several beginnings stay in the race, and log-probabilities divided by a penalty compare their ends.",
    probes=lambda: [
        *((_table(seed), 0, 3, 5, length_penalty) for seed in BEAM_SEEDS),
        *(
            (_table(seed), 3, 2, 6, steep_penalty) for seed in (39, 92, 82)
        ),  # nothing but the rule is the same
        (_table(3), 0, 1, 4, length_penalty),  # one place: greedy decoding, where two places find another
        (_table(23), 0, 3, 1, length_penalty),
        (_table(127, 7), 5, 5, 4, steep_penalty),  # where three or four places find another
    ],
    mistakes={
        "You go on after <eos>: a finished hypothesis leaves the beam and waits for the others.": _slip(
            "extend", "both"
        ),
        "You multiply by the penalty: a log-probability is negative, so divide, or long sentences lose twice.": (
            _slip("multiply")
        ),
        "You add probabilities: a sentence's probability is a product, so add log-probabilities.": _slip(
            "add"
        ),
        "You keep one beginning, and that is greedy decoding: keep the `size` likeliest.": _slip("greedy"),
        "You keep the best continuation of each beginning: choose among the continuations of all together.": (
            _slip("apart")
        ),
        "You keep the least likely: ln p is negative, and the largest is the one nearest to 0.": _slip(
            "least", "worst"
        ),
        "You stop at the first sentence that ends: beginnings still in the race may beat it.": _slip("first"),
        "You stop when `size` sentences have ended: a beginning still in the race may beat them all.": _slip(
            "enough", "settled"
        ),
        "The penalty is missing: at the end, compare totals divided by penalty(length).": _slip("plain"),
        "Divide by penalty(length), not by the length itself.": _slip("length"),
        "The penalty is a divisor: neither add it nor subtract it.": _slip("bonus"),
        "You keep more than `size`: a sentence, ended or not, needs a place among the `size` likeliest of its round.": _slip(
            "beside"
        ),
        "The length that the penalty gets counts the end token.": _slip("short", "shorter"),
        "A sentence that has ended needs no place in later rounds: it leaves the race and waits.": _slip(
            "stay"
        ),
        "The length that the penalty gets counts the ids that are returned, and no start token.": _slip(
            "long"
        ),
        "The size of the beam and the end token are arguments: use them.": _slip("three"),
        "Your beam shrinks when a sentence ends: each round has `size` places again.": _slip("shrink"),
        "What has not ended after `max_length` ids counts, too, as it stands.": _slip("forget"),
        "Return the ids alone, with the end token if there is one.": _slip("whole", "bare"),
    },
)

EXERCISES = [TEMPERATURE, TOP_P, BEAM]
