"""Exercises on writing: temperature, top-p, beam, cache."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from transformer_lib.attention import attention
from transformer_lib.decoding import next_token_distribution
from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw

TEMPERATURE = Exercise(
    name="temperature",
    question="08.1",
    solution=lambda logits, temperature: (logits / temperature).softmax(-1),
    shows="Dividing the logits sharpens below 1 and flattens above it; the order of the words stays.",
    probes=lambda: [(torch.tensor([2.0, 0.0]), 0.5), (draw(3, 7, seed=1), 2.0)],
    mistakes={
        "You scale probabilities: they no longer sum to 1, or nothing changes. Divide the logits, before softmax.": (
            either(
                lambda logits, temperature: logits.softmax(-1) / temperature,
                lambda logits, temperature: logits.softmax(-1) * temperature,
                lambda logits, temperature: logits.softmax(-1),
            )
        ),
        "You multiply the logits: temperature divides them, so that a high one flattens.": (
            lambda logits, temperature: (logits * temperature).softmax(-1)
        ),
    },
)


def _nucleus(p: Tensor, top_p: float, crossing: bool = True, renormalised: bool = True) -> Tensor:
    ordered, order = p.sort(descending=True)
    before = ordered.cumsum(-1) - ordered
    kept = before < top_p - 1e-6 if crossing else ordered.cumsum(-1) <= top_p + 1e-6
    cut = torch.zeros_like(p).scatter(-1, order, ordered * kept)
    return cut / cut.sum() if renormalised else cut


TOP_P = Exercise(
    name="top-p",
    question="08.2",
    solution=lambda p, top_p: next_token_distribution(p.log(), top_p=top_p),
    shows="The shortest list of words that reaches p, the crossing word included, made to sum to 1 again.",
    probes=lambda: [(torch.tensor([0.3, 0.5, 0.2]), 0.7), (draw(7, seed=1).softmax(-1), 0.6)],
    mistakes={
        "You drop the word that crosses the threshold: keep it, so that the kept words reach p.": either(
            lambda p, top_p: _nucleus(p, top_p, crossing=False),
            lambda p, top_p: _nucleus(p, top_p, crossing=False, renormalised=False),
        ),
        "What is kept does not sum to 1: divide it by its sum.": lambda p, top_p: _nucleus(
            p, top_p, renormalised=False
        ),
    },
)

Next = Callable[[tuple[int, ...]], Tensor]  # words so far -> log-probabilities of the next, (V,)
Penalty = Callable[[int], float]


def _beam(
    log_p: Next, eos: int, size: int, max_length: int, penalty: Penalty,
    *, extend: bool = False, multiply: bool = False, add: bool = False,
) -> tuple[int, ...]:  # fmt: skip
    """The best hypothesis; the three switches are three mistakes."""
    gain = torch.exp if add else lambda line: line
    beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    ended = []
    for _ in range(max_length):
        grown = [
            (total + float(g), (*words, token))
            for total, words in beam
            for token, g in enumerate(gain(log_p(words)))
        ]
        kept = sorted(grown, key=lambda entry: -entry[0])[:size]
        ended += [entry for entry in kept if entry[1][-1] == eos]
        beam = [entry for entry in kept if extend or entry[1][-1] != eos]
        if not beam:
            break
    candidates = beam if extend else ended + beam

    def score(entry: tuple[float, tuple[int, ...]]) -> float:
        factor = penalty(len(entry[1]))
        return entry[0] * factor if multiply else entry[0] / factor

    return max(candidates, key=score)[1]


def _table(seed: int, n_words: int = 4) -> Next:
    """A small language: the next word depends on the last one and on the length."""
    logits = 1.5 * draw(8, n_words + 1, n_words, seed=seed)

    def log_p(words: tuple[int, ...]) -> Tensor:
        return logits[min(len(words), 7), words[-1] if words else n_words].log_softmax(-1)

    return log_p


def length_penalty(length: int) -> float:
    """((5 + length) / 6) to the power .6; Wu et al. 2016, equation 14."""
    return ((5 + length) / 6) ** 0.6


BEAM_SEEDS = (0, 1, 2, 3, 4, 5)
BEAM = Exercise(
    name="beam search",
    question="08.3",
    given=lambda: (_table(BEAM_SEEDS[0]), length_penalty),
    solution=_beam,
    shows="Several beginnings stay in the race, and log-probabilities divided by a penalty compare their ends.",
    probes=lambda: [(_table(seed), 0, 3, 5, length_penalty) for seed in BEAM_SEEDS],
    mistakes={
        "You go on after <eos>: a finished hypothesis leaves the beam and waits for the others.": (
            lambda *inputs: _beam(*inputs, extend=True)
        ),
        "You multiply by the penalty: a log-probability is negative, so divide, or long sentences lose twice.": (
            lambda *inputs: _beam(*inputs, multiply=True)
        ),
        "You add probabilities: a sentence's probability is a product, so add log-probabilities.": (
            lambda *inputs: _beam(*inputs, add=True)
        ),
    },
)


def _decoded(
    x: Tensor, positions: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor,
    *, restart: bool = False, twice: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One word at a time: project the new one, append its key and value, attend to all."""
    keys, values, outputs = x[:0] @ w_k, x[:0] @ w_v, []
    for t in range(len(x)):
        new = x[t : t + 1] + positions[0 if restart else t]
        keys, values = torch.cat((keys, new @ w_k)), torch.cat((values, new @ w_v))
        seen = (torch.cat((keys, new @ w_k)), torch.cat((values, new @ w_v))) if twice else (keys, values)
        outputs.append(attention(new @ w_q, *seen)[0])
    return torch.cat(outputs), keys


def _stored_twice(*inputs: Tensor) -> tuple[Tensor, Tensor]:
    outputs, keys = _decoded(*inputs)
    return outputs, keys.repeat_interleave(2, 0)


CACHE = Exercise(
    name="decode with a cache",
    question="08.4",
    solution=_decoded,
    shows="Each word is projected once, and the outputs are those of causal attention over the whole sentence.",
    probes=lambda: [
        (draw(t, d, seed=1), draw(t, d, seed=2), *(draw(d, d, seed=seed) for seed in (3, 4, 5)))
        for t, d in ((2, 2), (7, 5))
    ],
    mistakes={
        "Every word stands at position 0 in your loop: with a cache the new word's position is the cache's length.": (
            lambda *inputs: _decoded(*inputs, restart=True)
        ),
        "The newest key stands in the list twice: append it once, then attend to the list as it is.": either(
            lambda *inputs: _decoded(*inputs, twice=True), _stored_twice
        ),
    },
)

EXERCISES = [TEMPERATURE, TOP_P, BEAM, CACHE]
