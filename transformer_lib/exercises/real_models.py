"""Exercises on what published models add: rotary positions, shared keys, online softmax, loading, counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.model.attention import attention
from transformer_lib.model.positions import RotaryPositions, sinusoidal_positions


def _turned(x: Tensor) -> Tensor:
    return RotaryPositions(*x.shape)(x)


def _turned_in_halves(x: Tensor) -> Tensor:
    """Dimension i is paired with i + D / 2, as in other code, instead of with its neighbour."""
    order = torch.arange(x.shape[-1]).unflatten(0, (2, -1)).T.flatten()
    return _turned(x[:, order])[:, order.argsort()]


def _turned_back(x: Tensor) -> Tensor:
    mirror = torch.tensor([1.0, -1.0]).repeat(x.shape[-1] // 2)  # turned as seen from behind
    return _turned(x * mirror) * mirror


def _placed(x: Tensor) -> Tensor:
    return x + sinusoidal_positions(*x.shape)


ROTARY = Exercise(
    name="rotary attention",
    question="09.1",
    solution=lambda q, k, v: attention(_turned(q), _turned(k), v)[0],
    shows="Queries and keys are turned, values are not, and of their places the score knows the distance alone.",
    probes=lambda: [
        (draw(t, d, seed=1), draw(t, d, seed=2), draw(t, d, seed=3)) for t, d in ((2, 4), (5, 14), (1, 6))
    ],
    mistakes={
        "You turn the values, too: only queries and keys meet in a dot product that should know the distance.": (
            lambda q, k, v: attention(_turned(q), _turned(k), _turned(v))[0]
        ),
        "Your pairs are i and i + D/2: here neighbours, 2i and 2i + 1, are turned together.": (
            lambda q, k, v: attention(_turned_in_halves(q), _turned_in_halves(k), v)[0]
        ),
        "You add positions: that makes scores depend on where the words stand. Turn the vectors instead.": either(
            lambda q, k, v: attention(_placed(q), _placed(k), v)[0],
            lambda q, k, v: attention(_placed(q), _placed(k), _placed(v))[0],
        ),
        "Only one of the two is turned: turn queries and keys, or no distance comes out.": either(
            lambda q, k, v: attention(_turned(q), k, v)[0], lambda q, k, v: attention(q, _turned(k), v)[0]
        ),
        "You turn the other way: a positive angle takes the first of a pair towards the second.": (
            lambda q, k, v: attention(_turned_back(q), _turned_back(k), v)[0]
        ),
        "The scores are not divided by √D: turning changes nothing about that.": (
            lambda q, k, v: (_turned(q) @ _turned(k).T).softmax(-1) @ v
        ),
    },
)

ONE_HEAD = 12 * 1024 * 64 * 2  # layers × tokens × width × bytes

CACHE = Exercise(
    name="bytes of a cache",
    question="09.2",
    given=lambda: {
        "n_layers": 12, "n_heads": 12, "n_key_value_heads": 3, "d_head": 64, "n_tokens": 1024, "bytes_per_number": 2
    },
    solution=2 * 3 * ONE_HEAD,
    shows="Keys and values of three heads instead of twelve: the cache shrinks to a quarter, queries are not in it.",
    mistakes={
        "Queries are in your count: they are used at once and never stored.": either(
            (12 + 2 * 3) * ONE_HEAD, 3 * 3 * ONE_HEAD, 3 * 12 * ONE_HEAD
        ),
        "Half of it is missing: a cache holds values beside the keys, and a number takes more than one byte.": (
            3 * ONE_HEAD
        ),
        "That is the cache of all twelve heads: keys and values are shared, only three of each are stored.": (
            2 * 12 * ONE_HEAD
        ),
    },
    tolerance=1e-6,
)  # fmt: skip

Blocks = Sequence[Tensor]


def _online(
    scores: Blocks, values: Blocks, rescale_sum: bool = True, rescale_output: bool = True, keep_new: bool = True,
    unit: Callable[[Tensor, Tensor], Tensor] = torch.maximum, start: Tensor | None = None,
) -> Tensor:  # fmt: skip
    largest = scores[0].max() if start is None else start
    total, output = torch.zeros(()), torch.zeros(values[0].shape[-1])
    for block, rows in zip(scores, values, strict=True):
        new = unit(largest, block.max())
        factor, powers = (largest - new).exp(), (block - new).exp()
        total = total * (factor if rescale_sum else 1) + powers.sum()
        output = output * (factor if rescale_output else 1) + powers @ rows
        largest = new if keep_new else block.max()
    return output / total


def _block_means(scores: Blocks, values: Blocks) -> Tensor:
    means = [block.softmax(-1) @ rows for block, rows in zip(scores, values, strict=True)]
    return torch.stack(means).mean(0)


def _own_units(scores: Blocks, values: Blocks) -> Tensor:
    powers = torch.cat([(block - block.max()).exp() for block in scores])
    return powers @ torch.cat(list(values)) / powers.sum()


def _plain_exponentials(scores: Blocks, values: Blocks) -> Tensor:
    powers = torch.cat(list(scores)).exp()
    return powers @ torch.cat(list(values)) / powers.sum()


def _block_probes() -> list[tuple]:
    """Rising maxima; scores that overflow without the right one; of three blocks the middle the lowest, or the highest."""

    def blocks(n: int, d: int, levels: tuple[float, ...], size: float = 1.0) -> tuple:
        scores = [size * draw(n, seed=i) + level for i, level in enumerate(levels)]
        return scores, [draw(n, d, seed=20 + i) for i in range(len(levels))]

    return [
        blocks(2, 3, (0.0, 1.0)),
        blocks(5, 2, (0.0, 1.0, 2.0)),
        blocks(3, 2, (0.0, 100.0), size=100.0),
        blocks(3, 2, (-1000.0, -1001.0)),
        blocks(3, 2, (-1000.0, 1000.0)),
        blocks(3, 2, (1000.0, -1000.0)),
        *(blocks(2, 3, levels) for levels in ((2.0, -2.0, 1.0), (-1000.0, 1000.0, -1000.0))),
    ]


ONLINE = Exercise(
    name="softmax in blocks",
    question="09.3",
    solution=_online,
    shows="Block by block gives the same average as all at once: nothing is approximated, only stored less.",
    probes=_block_probes,
    mistakes={
        "A larger maximum came up and the old sum stayed: multiply sum and output by exp(old − new maximum).": either(
            lambda scores, values: _online(scores, values, rescale_sum=False),
            lambda scores, values: _online(scores, values, rescale_output=False),
            lambda scores, values: _online(scores, values, rescale_sum=False, rescale_output=False),
        ),
        "The mean of the blocks' averages is not the average: a block with larger scores counts for more.": _block_means,
        "Without subtracting the maximum large scores overflow: keep the largest score seen so far.": _plain_exponentials,
        "A later block may hold far larger scores than the first: take its maximum, too.": (
            lambda scores, values: _online(scores, values, unit=lambda old, new: old)
        ),
        "A later block may hold far smaller scores: keep the largest so far, not the last block's.": either(
            lambda scores, values: _online(scores, values, unit=lambda old, new: new),
            lambda scores, values: _online(scores, values, keep_new=False),
        ),
        "Each block is in a unit of its own: subtract one maximum from all, the largest seen so far.": _own_units,
        "The weighted sum is not divided: at the end comes the sum of all exponentials.": (
            lambda scores, values: (
                (torch.cat([*scores]) - max(map(torch.max, scores))).exp() @ torch.cat([*values])
            )
        ),
        "Your largest score starts too high, for all may lie far below: start with the first block's, or with −∞.": (
            lambda scores, values: _online(scores, values, start=torch.zeros(()))
        ),
    },
)

State = Mapping[str, Tensor]


def _mlp(x: Tensor, state: State, approximate: str = "tanh", transposed: bool = True) -> Tensor:
    w_fc, w_proj = (state[f"{name}.weight"] for name in ("c_fc", "c_proj"))
    if not transposed:
        w_fc, w_proj = w_fc.T, w_proj.T
    hidden = F.gelu(x @ w_fc + state["c_fc.bias"], approximate=approximate)
    return hidden @ w_proj + state["c_proj.bias"]


def _norm(x: Tensor, state: State) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], state["ln_2.weight"], state["ln_2.bias"])


def _loaded(d: int, d_ff: int, n_words: int = 3) -> tuple[Tensor, dict[str, Tensor]]:
    """Words' vectors, and half a GPT-2 block: weights stand as (in, out), as that model stores them."""
    shapes = {
        "ln_2.weight": (d,), "ln_2.bias": (d,), "c_fc.weight": (d, d_ff), "c_fc.bias": (d_ff,),
        "c_proj.weight": (d_ff, d), "c_proj.bias": (d,),
    }  # fmt: skip
    return draw(n_words, d, seed=30), {
        name: draw(*shape, seed=i) for i, (name, shape) in enumerate(shapes.items())
    }


LOAD = Exercise(
    name="load half a block of GPT-2",
    question="09.4",
    given=lambda: _loaded(5, 20),
    solution=lambda x, state: x + _mlp(_norm(x, state), state),
    shows="Pre-norm, matrices stored as (in, out), and the tanh form of GELU: three details, one model.",
    probes=lambda: [_loaded(5, 5), _loaded(5, 20), _loaded(5, 5, n_words=1)],
    mistakes={
        "GPT-2 stores its matrices as (in, out): use x @ weight, or transpose before you copy into nn.Linear.": (
            lambda x, state: x + _mlp(_norm(x, state), state, transposed=False)
        ),
        'That is the exact GELU: GPT-2 was trained with its tanh form, approximate="tanh".': (
            lambda x, state: x + _mlp(_norm(x, state), state, approximate="none")
        ),
        "That is post-norm: GPT-2 normalises what goes into the network and leaves the sum alone.": either(
            lambda x, state: _norm(x + _mlp(x, state), state),
            lambda x, state: x + _norm(_mlp(x, state), state),
        ),
        "The residual is missing: add x.": lambda x, state: _mlp(_norm(x, state), state),
        "The residual is what came in, not its norm: add x itself.": (
            lambda x, state: _norm(x, state) + _mlp(_norm(x, state), state)
        ),
    },
    tolerance=1e-5,
)

D, WORDS, PLACES = 768, 50257, 1024
TOTAL = 12 * (12 * D**2 + 13 * D) + 2 * D + (WORDS + PLACES) * D

COUNT = Exercise(
    name="count GPT-2",
    question="09.5",
    given=lambda: {"n_layers": 12, "d_model": D, "vocab_size": WORDS, "n_positions": PLACES},
    solution=TOTAL,
    shows="Twelve layers of 12 d², one table for words in and out, one for positions: 124 million.",
    mistakes={
        "The output matrix is the table of words again: it is tied, so count it once.": either(
            TOTAL + WORDS * D, TOTAL + (WORDS - PLACES) * D
        ),
        "GPT-2 learns its positions: 1024 vectors more.": TOTAL - PLACES * D,
        "Only the layers are in your count: the tables of words and positions are parameters, too.": (
            12 * (12 * D**2 + 13 * D)
        ),
    },
    tolerance=0.004,
)

EXERCISES = [ROTARY, CACHE, ONLINE, LOAD, COUNT]
