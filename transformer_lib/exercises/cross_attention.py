"""Exercises on how the encoder's work reaches the output: the cross map, masks with a cache, alignment, the layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from transformer_lib.attention import attention
from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.masks import causal_mask


def _weights(queries: Tensor, keys: Tensor) -> Tensor:
    return (queries @ keys.T * queries.shape[-1] ** -0.5).softmax(-1)


CROSS_MAP = Exercise(
    name="the cross map",
    question="06.1",
    solution=lambda target, source, w_q, w_k: _weights(target @ w_q, source @ w_k),
    shows="The target asks and the source answers: one row per target word, one column per source word, (T, S).",
    probes=lambda: [
        (draw(t, d, seed=1), draw(s, d, seed=2), draw(d, d, seed=3), draw(d, d, seed=4))
        for t, s, d in ((2, 2, 2), (3, 5, 7))
    ],
    mistakes={
        "Your map is (S, T): a row belongs to a target word, its columns to the source.": (
            lambda target, source, w_q, w_k: _weights(target @ w_q, source @ w_k).T
        ),
        "Your queries come from the source: the word that is being written asks, so queries come from the target.": (
            either(
                lambda target, source, w_q, w_k: _weights(source @ w_q, target @ w_k),
                lambda target, source, w_q, w_k: _weights(source @ w_q, target @ w_k).T,
            )
        ),
    },
)


def _from_the_top(n_queries: int, n_keys: int, last: int = 0) -> Tensor:
    return torch.ones(n_queries, n_keys, dtype=torch.bool).tril(last)


CACHED_MASK = Exercise(
    name="causal mask with a cache",
    question="06.2",
    solution=causal_mask,
    shows="The last query sees the last key: with more keys than queries the mask hangs on the right.",
    probes=lambda: [(1, 3), (2, 2), (3, 5), (5, 5)],
    mistakes={
        "Your mask hangs on the left: the queries are the last T of S positions, so query 0 already has a past.": (
            _from_the_top
        ),
        "A word may see itself: at position t the keys up to t, t included.": either(
            lambda t, s: _from_the_top(t, s, s - t - 1), lambda t, s: _from_the_top(t, s, -1)
        ),
        "Your mask is upside down: True means may attend.": either(
            lambda t, s: ~causal_mask(t, s), lambda t, s: ~_from_the_top(t, s)
        ),
    },
)

SENTENCE = ["<bos>", "je", "suis", "content", ".", "<eos>"]


def _row_probes() -> list[tuple]:
    return [
        ("content", draw(5, 5, seed=1).softmax(-1), list(SENTENCE)),
        ("je", draw(5, 7, seed=2).softmax(-1), list(SENTENCE)),
    ]


PRODUCING = Exercise(
    name="the row that produces a word",
    question="06.3",
    given=lambda: (SENTENCE[3], draw(5, 5, seed=1).softmax(-1), list(SENTENCE)),
    solution=lambda word, weights, tokens: weights[tokens.index(word) - 1],
    shows="Row t reads token t and writes token t + 1: what a word looked at stands one row above its own.",
    probes=_row_probes,
    mistakes={
        "That row reads the word, and writes the next one: the row that produces it stands one above.": (
            lambda word, weights, tokens: weights[tokens.index(word)]
        ),
        "Columns belong to source words: take a row.": either(
            lambda word, weights, tokens: weights[:, tokens.index(word) - 1],
            lambda word, weights, tokens: weights[:, tokens.index(word)],
        ),
    },
)

Pairs = Iterable[tuple[int, int]]  # (target position, source position)


def _found(weights: Tensor, skip: Iterable[int]) -> set[tuple[int, int]]:
    """Each target word with the source word that it looks at most."""
    return {(t, int(s)) for t, s in enumerate(weights.argmax(-1)) if t not in set(skip)}


def _error(weights: Tensor, gold: Pairs, special: Iterable[int]) -> float:
    found, gold = _found(weights, special), set(gold)
    return 1 - 2 * len(found & gold) / (len(found) + len(gold))


def _misses(weights: Tensor, gold: Pairs, special: Iterable[int]) -> float:
    found, gold = _found(weights, special), set(gold)
    return 1 - len(found & gold) / len(gold)


def _map(columns: list[int], n_keys: int) -> Tensor:
    """Weights whose largest stands in these columns, row by row."""
    return 0.8 * torch.eye(n_keys)[columns] + 0.2 / n_keys


ALIGNMENT = Exercise(
    name="alignment error",
    question="06.4",
    solution=_error,
    shows="The error counts what is missed and what is made up, over real words only.",
    probes=lambda: [
        (_map([0, 1, 1, 3], 5), [(0, 0), (1, 1), (1, 2), (2, 2)], [3]),
        (_map([0, 2, 1, 2, 4, 4], 5), [(0, 0), (1, 1), (2, 1), (3, 2), (3, 3)], [4, 5]),
    ],
    mistakes={
        "That is 1 − recall: count both sides, 1 − 2 · |found and gold| / (|found| + |gold|).": _misses,
        "Special tokens are no words: leave the rows in `special` out of what you found.": either(
            lambda weights, gold, special: _error(weights, gold, ()),
            lambda weights, gold, special: (
                _misses(weights, gold, ()) if not gold else _error(weights, gold, [])
            ),
        ),
        "That is 1 − precision: words of the gold alignment that you missed must count too.": (
            lambda weights, gold, special: (
                1 - len(_found(weights, special) & set(gold)) / len(_found(weights, special))
            )
        ),
    },
)

Attend = Callable[[Tensor, Tensor, Tensor | None], Tensor]


def _attend(query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
    return attention(query, keys, keys, mask)[0]


def _written(x: Tensor, attend: Attend) -> Tensor:
    return x + attend(x, x, causal_mask(len(x)))


def _finished(x: Tensor, read: Tensor, think: Callable[[Tensor], Tensor]) -> Tensor:
    x = x + read
    return x + think(x)


def _decoder_layer(x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable) -> Tensor:
    x = _written(x, attend)
    return _finished(x, attend(x, memory, memory_mask), think)


def _from_target(x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable) -> Tensor:
    x = _written(x, attend)
    return _finished(x, attend(x, x, None), think)


def _from_target_masked(
    x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable
) -> Tensor:
    x = _written(x, attend)
    return _finished(x, attend(x, x, memory_mask), think)


def _causal_memory(x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable) -> Tensor:
    x = _written(x, attend)
    return _finished(x, attend(x, memory, memory_mask & causal_mask(len(x), len(memory))), think)


def _causal_memory_only(
    x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable
) -> Tensor:
    x = _written(x, attend)
    return _finished(x, attend(x, memory, causal_mask(len(x), len(memory))), think)


def _unpadded(x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable) -> Tensor:
    x = _written(x, attend)
    return _finished(x, attend(x, memory, None), think)


def _seeing_the_future(
    x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable
) -> Tensor:
    x = x + attend(x, x, None)
    return _finished(x, attend(x, memory, memory_mask), think)


def _layer_probes() -> list[tuple]:
    def think(x: Tensor) -> Tensor:
        return torch.tanh(x @ draw(x.shape[-1], x.shape[-1], seed=7))

    padded = torch.tensor([[True] * 5 + [False] * 2])
    return [
        (draw(3, 2, seed=3), draw(3, 2, seed=4), torch.tensor([[True, True, False]]), _attend, think),
        (draw(3, 5, seed=1), draw(7, 5, seed=2), padded, _attend, think),
    ]


LAYER = Exercise(
    name="a decoder layer",
    question="06.5",
    solution=_decoder_layer,
    shows="Look back at what was written, read the source, think: three sublayers, each added to the path.",
    probes=_layer_probes,
    mistakes={
        "Keys and values come from the target: in cross-attention they come from the memory.": either(
            _from_target, _from_target_masked
        ),
        "The memory needs no causal mask: the whole source is known before the first word is written.": either(
            _causal_memory, _causal_memory_only
        ),
        "Padding in the source is read as if it were words: pass memory_mask to the cross-attention.": _unpadded,
        "Self-attention sees the future: give it the causal mask.": _seeing_the_future,
    },
)

EXERCISES = [CROSS_MAP, CACHED_MASK, PRODUCING, ALIGNMENT, LAYER]
