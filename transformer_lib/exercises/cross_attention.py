"""Exercises on how the encoder's work reaches the output: the cross map, masks with a cache, the layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations, product

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.model.attention import attention
from transformer_lib.model.masks import causal_mask


def _weights(queries: Tensor, keys: Tensor) -> Tensor:
    return (queries @ keys.T * queries.shape[-1] ** -0.5).softmax(-1)


def _scores(target: Tensor, source: Tensor, w_q: Tensor, w_k: Tensor, power: float = -0.5) -> Tensor:
    return (target @ w_q) @ (source @ w_k).T * w_q.shape[-1] ** power


CROSS_MAP = Exercise(
    name="the cross map",
    question="06.1",
    solution=lambda target, source, w_q, w_k: _weights(target @ w_q, source @ w_k),
    shows="The target asks and the source answers: one row per target word, one column per source word, (T, S).",
    probes=lambda: [
        (draw(t, d, seed=1), draw(s, d, seed=2), draw(d, d, seed=3), draw(d, d, seed=4))
        for t, s, d in ((2, 2, 2), (3, 5, 7), (7, 2, 3), (1, 3, 2))
    ],
    mistakes={
        "Your map is (S, T): a row belongs to a target word, its columns to the source.": (
            lambda target, source, w_q, w_k: _weights(target @ w_q, source @ w_k).T
        ),
        "Your queries come from the source: the word that is being written asks, so queries come from the target.": (
            either(
                lambda target, source, w_q, w_k: _weights(source @ w_q, target @ w_k),
                lambda target, source, w_q, w_k: _weights(source @ w_q, target @ w_k).T,
                lambda target, source, w_q, w_k: _scores(source, target, w_q, w_k, 0).softmax(-1),
            )
        ),
        "That is self-attention: queries come from the target, keys from the source.": either(
            lambda target, source, w_q, w_k: _weights(target @ w_q, target @ w_k),
            lambda target, source, w_q, w_k: _weights(source @ w_q, source @ w_k),
        ),
        "The scale is not √d: divide the scores by the square root of a query's width.": either(
            *(
                lambda target, source, w_q, w_k, power=power: _scores(
                    target, source, w_q, w_k, power
                ).softmax(-1)
                for power in (0, -1, 0.5)
            )
        ),
        "Softmax is missing: scores become weights, each row of which sums to 1.": either(
            _scores, lambda target, source, w_q, w_k: _scores(target, source, w_q, w_k, 0)
        ),
        "Softmax runs over the wrong axis: each target word shares out its attention along its row, dim=-1.": either(
            lambda target, source, w_q, w_k: _scores(target, source, w_q, w_k).softmax(0),
            lambda target, source, w_q, w_k: _scores(target, source, w_q, w_k).softmax(0).T,
        ),
        "The projections are not right: queries are target @ w_q, and keys are source @ w_k.": either(
            lambda target, source, w_q, w_k: _weights(target, source),
            lambda target, source, w_q, w_k: _weights(target @ w_k, source @ w_q),
            lambda target, source, w_q, w_k: _weights(target @ w_q.T, source @ w_k.T),
        ),
        "The keys are not transposed: every query meets every key, queries @ keys.T.": (
            lambda target, source, w_q, w_k: ((target @ w_q) @ (source @ w_k) / w_q.shape[-1] ** 0.5).softmax(
                -1
            )
        ),
        "Only the weights are wanted: leave out what attention mixes with them.": either(
            lambda target, source, w_q, w_k: attention(target @ w_q, source @ w_k, source @ w_k),
            lambda target, source, w_q, w_k: attention(target @ w_q, source @ w_k, source),
            lambda target, source, w_q, w_k: _weights(target @ w_q, source @ w_k) @ source,
            lambda target, source, w_q, w_k: _weights(target @ w_q, source @ w_k) @ source @ w_k,
        ),
        "There is no causal mask here: the whole source is known before the first word is written.": (
            lambda target, source, w_q, w_k: attention(target @ w_q, source @ w_k, source, causal=True)[1]
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
    probes=lambda: [(1, 3), (2, 2), (3, 5), (5, 5), (2, 7)],
    mistakes={
        "Your mask hangs on the left: the queries are the last T of S positions, so query 0 already has a past.": (
            _from_the_top
        ),
        "A word may see itself: at position t the keys up to t, t included.": either(
            lambda t, s: _from_the_top(t, s, s - t - 1), lambda t, s: _from_the_top(t, s, -1)
        ),
        "Your mask is upside down: True means may attend.": either(
            lambda t, s: ~causal_mask(t, s),
            lambda t, s: ~_from_the_top(t, s),
            lambda t, s: torch.ones(t, s, dtype=torch.bool).triu(s - t),
        ),
        "Nothing is hidden: a query may not look at keys that stand after its own place.": (
            lambda t, s: torch.ones(t, s, dtype=torch.bool)
        ),
    },
)

Attend = Callable[[Tensor, Tensor, Tensor | None], Tensor]
Asked = Callable[[Tensor, Tensor, Tensor], tuple]  # x, memory, memory_mask -> what `attend` is called with


def _attend(queries: Tensor, keys_and_values: Tensor, mask: Tensor | None = None) -> Tensor:
    return attention(queries, keys_and_values, keys_and_values, mask)[0]


def _past(x: Tensor, memory: Tensor, memory_mask: Tensor) -> tuple:
    return x, x, causal_mask(len(x))


def _source(x: Tensor, memory: Tensor, memory_mask: Tensor) -> tuple:
    return x, memory, memory_mask


def _layer(
    back: Asked = _past,
    across: Asked = _source,
    kept: Sequence[int] = (1, 1, 1),
    done: Sequence[int] = (1, 1, 1),
):
    """A layer by what its attentions are called with, where x is kept beside a block, and which blocks are done."""

    def layer(x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable) -> Tensor:
        blocks = [
            lambda x: attend(*back(x, memory, memory_mask)),
            lambda x: attend(*across(x, memory, memory_mask)),
            think,
        ]
        for block, residual, there in zip(blocks, kept, done, strict=True):
            x = residual * x + block(x) if there else x
        return x

    return layer


def _in_order(*order: int) -> Callable:
    """The three blocks, 0 back, 1 across, 2 think, in another order."""

    def layer(x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable) -> Tensor:
        for block in order:
            x = _layer(done=[block == k for k in range(3)])(x, memory, memory_mask, attend, think)
        return x

    return layer


def _side_by_side(thinks_of_x: bool) -> Callable:
    """All blocks read x as it came in; or all but the last."""

    def layer(x: Tensor, memory: Tensor, memory_mask: Tensor, attend: Attend, think: Callable) -> Tensor:
        read = x + attend(*_past(x, memory, memory_mask)) + attend(*_source(x, memory, memory_mask))
        return read + think(x if thinks_of_x else read)

    return layer


def _layer_probes() -> list[tuple]:
    def think(x: Tensor) -> Tensor:
        return torch.tanh(x @ draw(x.shape[-1], x.shape[-1], seed=7))

    padded = torch.tensor([[True] * 5 + [False] * 2])
    return [
        (draw(3, 2, seed=3), draw(3, 2, seed=4), torch.tensor([[True, True, False]]), _attend, think),
        (draw(3, 5, seed=1), draw(7, 5, seed=2), padded, _attend, think),
        (draw(5, 3, seed=5), draw(2, 3, seed=6), torch.tensor([[False, True]]), _attend, think),
        (draw(2, 3, seed=8), draw(3, 3, seed=9), torch.tensor([[True, False, True]] * 2), _attend, think),
        (draw(1, 5, seed=10), draw(3, 5, seed=11), torch.tensor([[True, True, False]]), _attend, think),
    ]


LAYER = Exercise(
    name="a decoder layer",
    question="06.5",
    solution=_layer(),
    shows="Look back at what was written, read the source, think: three sublayers, each added to the path.",
    probes=_layer_probes,
    mistakes={
        "Keys and values come from the target: in cross-attention they come from the memory.": either(
            _layer(across=lambda x, memory, mask: (x, x, None)),
            _layer(across=lambda x, memory, mask: (x, x, mask)),
            _layer(across=_past),
        ),
        "Queries come from the memory: in cross-attention the target asks, attend(x, memory, memory_mask).": either(
            _layer(across=lambda x, memory, mask: (memory, x, None)),
            _layer(across=lambda x, memory, mask: (memory, x, mask)),
            _layer(across=lambda x, memory, mask: (memory, memory, None)),
            _layer(across=lambda x, memory, mask: (memory, memory, mask)),
        ),
        "The memory needs no causal mask: the whole source is known before the first word is written.": either(
            _layer(across=lambda x, memory, mask: (x, memory, mask & causal_mask(len(x), len(memory)))),
            _layer(across=lambda x, memory, mask: (x, memory, causal_mask(len(x), len(memory)))),
        ),
        "Padding in the source is read as if it were words: pass memory_mask to the cross-attention.": either(
            _layer(across=lambda x, memory, mask: (x, memory, None)),
            _layer(across=lambda x, memory, mask: (x, memory, ~mask)),
        ),
        "Self-attention sees the future: give it the causal mask.": either(
            _layer(back=lambda x, memory, mask: (x, x, None)),
            _layer(back=lambda x, memory, mask: (x, x, mask)),
            _layer(
                back=lambda x, memory, mask: (x, x, None), across=lambda x, memory, mask: (x, memory, None)
            ),
        ),
        "A word may look at itself and at its past: True means may look, as in torch.ones(n, n).tril().": either(
            _layer(back=lambda x, memory, mask: (x, x, ~causal_mask(len(x)))),
            _layer(back=lambda x, memory, mask: (x, x, _from_the_top(len(x), len(x), -1))),
            _layer(back=lambda x, memory, mask: (x, x, _from_the_top(len(x), len(x)).T)),
            _layer(
                back=lambda x, memory, mask: (x, x, ~causal_mask(len(x))),
                across=lambda x, memory, mask: (x, memory, ~mask),
            ),
        ),
        "A plus is missing: what a block gives is added to what went in, x = x + ….": either(
            *(_layer(kept=kept) for kept in product((0, 1), repeat=3) if not all(kept)),
            lambda x, *inputs: x + _layer(kept=(0, 0, 0))(x, *inputs),
        ),
        "The order is another: look back at what is written, look across at the source, think.": either(
            *(_in_order(*order) for order in permutations(range(3)) if order != (0, 1, 2))
        ),
        "A block is missing: there are three, self-attention, cross-attention and think.": either(
            *(_layer(done=done) for done in product((0, 1), repeat=3) if 0 < sum(done) < 3)
        ),
        "Each block reads what the one before it left, x with everything added so far: yours read an older x.": either(
            _side_by_side(True), _side_by_side(False)
        ),
    },
)

EXERCISES = [CROSS_MAP, CACHED_MASK, LAYER]
