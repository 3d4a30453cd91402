"""One query among a few keys in the plane: dot products, scale, softmax, weighted sum."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.live.controls import Points, Slider, Steps, Toggle
from transformer_lib.live.drawings import Arrows, Plane, Stage, Stages
from transformer_lib.live.views.view import View
from transformer_lib.model.attention import attention

WIDTHS = (2, 4, 8, 16, 32, 64)
KEYS = 8
"""So many keys have components of their own beyond the plane; further ones repeat them."""

SEED = 696
"""Five products of any one draw scatter: with this one their spread follows √d as the average of all draws does."""


def _signs() -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(SEED)
    signs = torch.randint(0, 2, (1 + KEYS, WIDTHS[-1] - 2), generator=draw) * 2.0 - 1.0
    return signs[:1], signs[1:]


QUERY_SIGNS, KEY_SIGNS = _signs()


def plane(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    length: Tensor,
    d: Tensor,
    temperature: Tensor,
    scaled: Tensor,
) -> dict[str, Tensor]:
    r"""Attention of one query to n keys, of whose d components the plane shows the first two.

    .. math:: w = \mathrm{softmax}\!\left(\frac{q K^\top}{\sqrt{d}\,\tau}\right), \qquad o = w V

    Two things make dot products large, and they are apart here. `length` multiplies query and keys: products grow
    with its square, whatever d is, and no √d takes that back. `d` adds components: each is as large as the two in
    the plane are on average (their root mean square), its sign drawn once and for all. So the components keep their
    size, products spread as √d grows, and dividing by √d takes exactly that back. At d = 2 there is nothing but what
    the plane shows.

    Args:
        query: (1, 2), its first two components.
        keys: (n, 2), theirs.
        values: (n, 2).
        length: 0-d, factor on query and keys.
        d: 0-d, how many components queries and keys have, from 2 to 64.
        temperature: 0-d τ, a divisor of its own.
        scaled: 0-d bool; divide by √d.

    Returns:
        products, scores and weights (n,); parts (n, 2), weight times value; output (2,); divisor, 0-d.

    Source: Vaswani et al. 2017, section 3.2.1, equation 1 and footnote 4.
    """
    n = keys.shape[0]
    q = _extend(length * query, QUERY_SIGNS, d)
    k = _extend(length * keys, KEY_SIGNS.index_select(0, torch.arange(n) % KEYS), d)
    divisor = torch.where(scaled, d**0.5, 1.0) * temperature
    output, weights = attention(q, k, values, scale=1 / divisor)
    weights = weights.reshape(n)
    products = (q @ k.T).reshape(n)
    return {
        "products": products,
        "divisor": divisor,
        "scores": products / divisor,
        "weights": weights,
        "parts": weights[:, None] * values,
        "output": output.reshape(2),
    }


def _extend(vectors: Tensor, signs: Tensor, d: Tensor) -> Tensor:
    """Vectors (n, 2) with components 3 to d of the same root mean square, and zeros up to 64."""
    size = vectors.square().mean(-1, keepdim=True).sqrt()
    there = torch.arange(signs.shape[-1]) < d - 2
    return torch.cat([vectors, size * signs * there], -1)


EXTENT = 16

PLANE = View(
    name="plane",
    title="One query among keys",
    function=plane,
    controls=(
        Slider("length", "vector length ×", 0.05, 1.0, 0.05, 1.0, digits=2),
        Steps("d", "components d", WIDTHS, 2),
        Toggle("scaled", "divide by √d", True),
        Slider("temperature", "temperature", 0.1, 30.0, 0.1, 1.0),
        Points("query", "query", "query of", "asking", -EXTENT, EXTENT, 1),
        Points("keys", "keys", "key of", "words", -EXTENT, EXTENT, 1),
        Points("values", "values", "value of", "words", -4, 4, 0.5),
    ),
    drawings=(
        Plane(
            (
                Arrows("keys", "words", "key of"),
                Arrows("query", "asking", "query of", tag="query", accent=True),
            ),
            EXTENT,
            "Drag the query and the keys",
            times="length",
            facing="query",
            product="products",
            components="d",
            width=292,
            height=340,
        ),
        Stages(
            (
                Stage("products", "q · k", "product", maximum=8, scale="scores", signed=True),
                Stage("scores", "÷ √d", "÷ {divisor}", maximum=8, scale="scores", signed=True),
                Stage("weights", "softmax", "weight", digits=3),
            ),
            "words",
            "From products to weights",
            width=224,
            height=340,
        ),
        Plane(
            (
                Arrows("values", "words", "value of", strength="weights"),
                Arrows("output", ("output",), accent=True),
            ),
            4,
            "Weighted sum",
            chain="parts",
            result="output",
            width=188,
            height=340,
        ),
    ),
    example={
        "query": torch.tensor([[8.0, 7.0]]),
        "keys": torch.tensor([[7.0, 8.0], [5.0, 5.0], [11.0, -4.0], [-2.0, 4.0], [0.0, 15.0]]),
        "values": torch.tensor([[3.0, 1.0], [1.0, 3.0], [-1.0, 2.0], [-2.0, -2.0], [2.0, -1.0]]),
        "length": torch.tensor(1.0),
        "d": torch.tensor(2.0),
        "temperature": torch.tensor(1.0),
        "scaled": torch.tensor(True),
    },
    dynamic={"keys": {0: "n"}, "values": {0: "n"}},
    labels={"words": "n", "asking": "one"},
    hint="Drag a point, or focus it and use the arrow keys.",
)
