"""Positions: the frequencies of the sinusoidal encoding, and the effect of swapping two words."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.live.controls import Choice, Slider, Steps, Toggle
from transformer_lib.live.drawings import Bars, Curves
from transformer_lib.live.views.view import View
from transformer_lib.model.attention import attention
from transformer_lib.model.positions import sinusoidal_positions

N_PLACES, WIDTH = 50, 64


def positions(table: Tensor, place: Tensor, clock: Tensor, width: Tensor) -> dict[str, Tensor]:
    r"""One frequency (clock) of the sinusoidal encoding, and the similarity of one position to all others.

    .. math:: \mathrm{similarity}(p) = \frac{PE_{place} \cdot PE_p}{width / 2}

    Args:
        table: (50, 64), `sinusoidal_positions`.
        place: 0-d, the place to compare with, counted from 0.
        clock: 0-d, which pair of columns to show, counted from 0.
        width: 0-d, how many of the table's columns are compared, from the first, the highest frequencies first.

    Returns:
        places (50,); hands (2, 50), sine and cosine of the clock; similarity (1, 50), 1 for a place with itself.
    """
    column = (2 * clock).to(torch.int64).reshape(1)
    hands = torch.cat((table.index_select(1, column), table.index_select(1, column + 1)), 1).T
    kept = table * (torch.arange(WIDTH) < width)
    chosen = kept.index_select(0, place.to(torch.int64).reshape(1))
    return {
        "places": torch.arange(N_PLACES) * 1.0,
        "hands": hands,
        "similarity": chosen @ kept.T / (width / 2),
    }


POSITIONS = View(
    name="positions",
    title="The clocks of the positions",
    function=positions,
    controls=(
        Slider("clock", "clock i", 0, 31, 1, 2, digits=0),
        Slider("place", "compare with place", 0, 49, 1, 20, digits=0),
        Steps("width", "columns compared", (2, 4, 8, 16, 32, 64), 64),
    ),
    drawings=(
        Curves(
            "places", "hands", ("sine", "cosine"), "One clock, place by place", across="place", lowest=-1.1,
            highest=1.1, marker="place", width=360, height=260,
        ),
        Curves(
            "places", "similarity", ("similarity",), "How alike is each place to the chosen one?", across="place",
            lowest=-1.1, highest=1.1, marker="place", width=360, height=260,
        ),
    ),
    hands={"clock": 0, "place": 1, "width": 1},
    example={
        "table": sinusoidal_positions(N_PLACES, WIDTH),
        "clock": torch.tensor(2.0),
        "place": torch.tensor(20.0),
        "width": torch.tensor(64.0),
    },
)  # fmt: skip


def swap(
    x: Tensor,
    p: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    w_v: Tensor,
    b_q: Tensor,
    b_k: Tensor,
    b_v: Tensor,
    first: Tensor,
    second: Tensor,
    positioned: Tensor,
) -> dict[str, Tensor]:
    r"""Relative change of each word's output when two words swap positions.

    One head of attention on normalised vectors. Outputs are compared word by word, wherever the word is.

    .. math:: \frac{\lVert y'_{w} - y_{w} \rVert}{\lVert y_{w} \rVert}

    Args:
        x: (n, d) word vectors.
        p: (n, d) vectors of the places.
        w_q, w_k, w_v: (d, k) projections, the gain of the norm before them included.
        b_q, b_k, b_v: (k,) their biases, with the projected bias of the norm.
        first, second: 0-d int64, the words to swap.
        positioned: 0-d bool; add the places to the words.

    Returns:
        moved (n,), 0 where nothing changed; in the order of the sentence as it was.
    """
    n = x.shape[0]
    here = torch.arange(n)
    order = torch.where(here == first, second, torch.where(here == second, first, here))
    places = torch.where(positioned, p, torch.zeros_like(p))

    def head(vectors: Tensor) -> Tensor:
        normed = F.layer_norm(vectors + places, vectors.shape[-1:])
        return attention(normed @ w_q + b_q, normed @ w_k + b_k, normed @ w_v + b_v)[0]

    y = head(x)
    z = head(x.index_select(0, order)).index_select(0, order)  # back to the original order
    return {"moved": (z - y).square().sum(-1).sqrt() / y.square().sum(-1).sqrt()}


_random = torch.Generator().manual_seed(3)

SWAP = View(
    name="swap",
    title="Two words trade places",
    function=swap,
    controls=(
        Choice("first", "this word", "tokens"),
        Choice("second", "trades with", "tokens", 2),
        Toggle("positioned", "add positions", False),
    ),
    drawings=(
        Bars("moved", "tokens", "How far does each word's output move?", maximum=1.0, height=230),
    ),
    example={
        "x": torch.randn(5, 6, generator=_random),
        "p": sinusoidal_positions(5, 6),
        "w_q": torch.randn(6, 3, generator=_random),
        "w_k": torch.randn(6, 3, generator=_random),
        "w_v": torch.randn(6, 3, generator=_random),
        "b_q": torch.randn(3, generator=_random),
        "b_k": torch.randn(3, generator=_random),
        "b_v": torch.randn(3, generator=_random),
        "first": torch.tensor(0),
        "second": torch.tensor(2),
        "positioned": torch.tensor(False),
    },
    dynamic={
        "x": {0: "n", 1: "d"}, "p": {0: "n", 1: "d"},
        "w_q": {0: "d", 1: "k"}, "w_k": {0: "d", 1: "k"}, "w_v": {0: "d", 1: "k"},
        "b_q": {0: "k"}, "b_k": {0: "k"}, "b_v": {0: "k"},
    },
    labels={"tokens": "n"},
)  # fmt: skip
