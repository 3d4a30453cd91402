"""An exercise on writing with a cache: one word in, one row out."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from transformer_lib.attention import attention
from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw


def _decoded(
    x: Tensor, positions: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor,
    *, restart: bool = False, twice: bool = False, late: bool = False, scale: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One word at a time: project the new one, append its key and value, attend to all."""
    keys, values, outputs = x[:0] @ w_k, x[:0] @ w_v, []
    for t in range(len(x)):
        new = x[t : t + 1] + positions[0 if restart else t]
        keys, values = torch.cat((keys, new @ w_k)), torch.cat((values, new @ w_v))
        seen = (torch.cat((keys, new @ w_k)), torch.cat((values, new @ w_v))) if twice else (keys, values)
        seen = (keys[:-1], values[:-1]) if late else seen
        outputs.append(attention(new @ w_q, *seen, scale=scale)[0])
    return torch.cat(outputs), keys


def _apart(
    x: Tensor, positions: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, placed: str, before: int = 0
) -> tuple[Tensor, Tensor]:
    """Causal attention in which only the named projections know their place."""
    q, k, v = (
        (x + positions if name in placed else x) @ w for name, w in (("q", w_q), ("k", w_k), ("v", w_v))
    )
    return attention(q, k, v, torch.ones(len(x), len(x), dtype=torch.bool).tril(-before))[0], k


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
        "The positions are missing: add the row of the new word's place before you project.": (
            lambda x, positions, *w: _decoded(x, 0 * positions, *w)
        ),
        "Add the position before you project: query, key and value all come from the same sum.": either(
            *(partial(_apart, placed=some) for some in ("q", "k", "qk"))
        ),
        "The new word sees itself, too: append its key and value first, then attend.": either(
            lambda *inputs: _decoded(*inputs, late=True),
            lambda *inputs: _apart(*inputs, placed="qkv", before=1),  # zeros where the cache is empty
        ),
        "Attend to everything in the cache, not to the newest key alone.": lambda x, positions, w_q, w_k, w_v: (
            (x + positions) @ w_v,
            (x + positions) @ w_k,
        ),
        "Keys and values are swapped: queries are compared with keys, and values are mixed.": (
            lambda x, positions, w_q, w_k, w_v: (
                _decoded(x, positions, w_q, w_v, w_k)[0],
                (x + positions) @ w_k,
            )
        ),
        "The scale is missing: scores are divided by √d before softmax.": (
            lambda *inputs: _decoded(*inputs, scale=1.0)
        ),
        "Your words look ahead: each may see only what is in the cache when it is written.": (
            lambda x, positions, w_q, w_k, w_v: (
                attention((y := x + positions) @ w_q, y @ w_k, y @ w_v)[0],
                y @ w_k,
            )
        ),
        "Return two things, the outputs and the cached keys, in this order; all rows, not the last one.": either(
            lambda *inputs: _decoded(*inputs)[0],
            lambda *inputs: (*_decoded(*inputs), (inputs[0] + inputs[1]) @ inputs[4]),
            lambda *inputs: _decoded(*inputs)[::-1],
            lambda *inputs: (_decoded(*inputs)[0][-1:], _decoded(*inputs)[1]),
        ),
        "Return the keys, projected by W_K: not the words themselves, not queries and not values.": either(
            lambda x, positions, *w: (_decoded(x, positions, *w)[0], (x + positions) @ w[2]),
            lambda x, positions, *w: (_decoded(x, positions, *w)[0], (x + positions) @ w[0]),
            lambda x, positions, *w: (_decoded(x, positions, *w)[0], x + positions),
            lambda x, positions, w_q, w_k, w_v: _decoded(x, positions, w_q, w_q, w_v),
        ),
    },
)

EXERCISES = [CACHE]
