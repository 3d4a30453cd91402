"""An exercise on writing with a cache: one word in, one row out, and no word before it at hand."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.model.attention import attention

Answer = tuple[Tensor, Tensor, Tensor]


def _step(
    word: Tensor, positions: Tensor, keys: Tensor, values: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor,
    *, place: int | None = None, placed: str = "qkv", seen: str = "all", scale: float | None = None,
) -> Answer:  # fmt: skip
    """Project the new word, append its key and value, attend to all; the options name mistakes."""
    at = positions[len(keys) if place is None else place]
    q, k, v = (
        ((word + at if name in placed else word) @ w)[None]
        for name, w in (("q", w_q), ("k", w_k), ("v", w_v))
    )
    before, (keys, values) = (keys, values), (torch.cat((keys, k)), torch.cat((values, v)))
    looked = {
        "all": (keys, values),
        "before": before,
        "new": (k, v),
        "twice": (torch.cat((keys, k)), torch.cat((values, v))),
        "swapped": (values, keys),
    }[seen]
    if not len(looked[0]):
        return torch.zeros_like(v[0]), keys, values
    return attention(q, *looked, scale=scale)[0][0], keys, values


def _changed(change) -> object:
    """The right step, with its three results changed."""
    return lambda *inputs: change(*_step(*inputs), *inputs)


def _probes() -> list[tuple]:
    """An empty cache, and one that holds words which nothing else tells."""
    return [
        (
            *(draw(d, seed=1), draw(7, d, seed=2), draw(t, d, seed=6), draw(t, d, seed=7)),
            *(draw(d, d, seed=seed) for seed in (3, 4, 5)),
        )
        for t, d in ((0, 2), (1, 3), (4, 5))
    ]


CACHE = Exercise(
    name="decode with a cache",
    question="08.4",
    solution=_step,
    shows="One word is projected, whatever stands before it; what came earlier is in the cache, and is never touched.",
    probes=_probes,
    mistakes={
        "Every word stands at position 0 in yours: with a cache the new word's position is the cache's length.": (
            partial(_step, place=0)
        ),
        "The last row of `positions` is not the new word's: its place is the number of words in the cache.": (
            partial(_step, place=-1)
        ),
        "The newest key stands in the list twice: append it once, then attend to the list as it is.": either(
            partial(_step, seen="twice"),
            _changed(lambda out, k, v, *_: (out, torch.cat((k, k[-1:])), torch.cat((v, v[-1:])))),
        ),
        "The positions are missing: add the row of the new word's place before you project.": partial(
            _step, placed=""
        ),
        "Add the position before you project: query, key and value all come from the same sum.": either(
            *(partial(_step, placed=some) for some in ("q", "k", "qk", "qv", "kv", "v"))
        ),
        "The new word sees itself, too: append its key and value first, then attend.": partial(
            _step, seen="before"
        ),
        "Attend to everything in the cache, not to the newest key alone.": partial(_step, seen="new"),
        "Keys and values are swapped: queries are compared with keys, and values are mixed.": partial(
            _step, seen="swapped"
        ),
        "The scale is missing: scores are divided by √d before softmax.": partial(_step, scale=1.0),
        "Return three things, in this order: the output, all keys and all values, the new ones at the end.": either(
            lambda *inputs: _step(*inputs)[0],
            lambda *inputs: _step(*inputs)[:2],
            _changed(lambda out, k, v, *_: (k, v, out)),
            _changed(lambda out, k, v, *_: (out, v, k)),
            _changed(lambda out, k, v, *_: (out, k[-1:], v[-1:])),
            _changed(lambda out, k, v, *_: (out, k[-1], v[-1])),
            _changed(lambda out, k, v, *_: (out, k[:-1], v[:-1])),
        ),
        "The newest word belongs at the end of the cache: the order of keys is the order of words.": _changed(
            lambda out, k, v, *_: (out, k.roll(1, 0), v.roll(1, 0))
        ),
        "The output is one word's, (d,); it must not keep the axis of the words.": _changed(
            lambda out, k, v, *_: (out[None], k, v)
        ),
        "Cached keys were projected once already: do not project them again.": _changed(
            lambda out, k, v, word, positions, keys, values, w_q, w_k, w_v: (
                attention(
                    (word + positions[len(keys)])[None] @ w_q,
                    torch.cat((keys @ w_k, k[-1:])),
                    torch.cat((values @ w_v, v[-1:])),
                )[0][0],
                torch.cat((keys @ w_k, k[-1:])),
                torch.cat((values @ w_v, v[-1:])),
            )
        ),
    },
)

EXERCISES = [CACHE]
