"""One query among a few keys in the plane: dot products, scale, softmax, weighted sum."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.live.controls import Points, Slider, Steps, Toggle
from transformer_lib.live.drawings import Arrows, Plane, Stage, Stages
from transformer_lib.live.views.view import Step, View
from transformer_lib.model.attention import attention

WIDTHS = (2, 4, 8, 16, 32, 64)
KEYS = 8
"""Number of keys with independent components beyond the plane; further keys repeat them."""

SEED = 696
"""With this seed the spread of five products follows √d closely, as the average over seeds does."""


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

    Two causes of large dot products are separate here. `length` multiplies query and keys: products grow with its
    square, for every d, and dividing by √d does not undo that. `d` adds components, each as large as the root mean
    square of the two in the plane, with a fixed random sign. So the size of components stays, the standard deviation
    of the products grows as √d, and dividing by √d undoes exactly that. At d = 2 there are only the two components
    of the plane.

    Args:
        query: (1, 2), first two components.
        keys: (n, 2), first two components.
        values: (n, 2).
        length: 0-d, factor on query and keys.
        d: 0-d, how many components queries and keys have, from 2 to 64.
        temperature: 0-d τ, a further divisor.
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
                Arrows("keys", "words", "key of", role="key"),
                Arrows("query", "asking", "query of", tag="query", role="query"),
            ),
            EXTENT,
            "Drag the query and the keys",
            times="length",
            facing="query",
            product="products",
            components="d",
            width=360,
            height=408,
        ),
        Stages(
            (
                Stage("products", "q · k", "product", maximum=8, scale="scores", signed=True, role="stream"),
                Stage("scores", "÷ √d", "÷ {divisor}", maximum=8, scale="scores", signed=True, role="stream"),
                Stage("weights", "softmax", "weight", digits=3),
            ),
            "words",
            "From products to weights",
            width=360,
            height=408,
        ),
        Plane(
            (
                Arrows("values", "words", "value of", role="value", strength="weights"),
                Arrows("output", ("output",), role="value"),
            ),
            4,
            "Weighted sum",
            chain="parts",
            result="output",
            width=360,
            height=460,
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
    hands={"query": 0, "keys": 0, "length": 0, "d": 0, "scaled": 1, "temperature": 1, "values": 2},
    steps=(
        Step("drag", (0,), ("query", "keys"), "Drag a point, or focus it and use the arrow keys."),
        Step(
            "scale and softmax", (0, 1), ("length", "d", "scaled", "temperature"),
            "Move a control: products become scores, scores become weights.",
        ),
        Step("mix", (1, 2), ("values",), "Each value counts as much as its weight: drag one."),
    ),
)  # fmt: skip
