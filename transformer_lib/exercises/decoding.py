"""An exercise on writing: beam search."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw

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

EXERCISES = [BEAM]
