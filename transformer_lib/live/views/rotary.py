"""Rotary positions: a query and a key, pair of dimensions by pair, turned by their places; their score by distance."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice, Slider, Toggle
from transformer_lib.live.drawings import Curves, Dial, Dials
from transformer_lib.live.views.view import View
from transformer_lib.model.positions import BASE, RotaryPositions

WIDTH = 16
N_PAIRS = WIDTH // 2
FARTHEST, SHIFT = 30, 33
"""The last place of each slider, and by how much both can be moved on."""

TURN = RotaryPositions(FARTHEST + SHIFT + 1, WIDTH)
ANGLES = tuple(f"{math.degrees(BASE ** (-2 * i / WIDTH)):.3g}°" for i in range(N_PAIRS))
"""By how much each pair turns from one place to the next."""


def rotary(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    query_at: Tensor,
    key_at: Tensor,
    shift: Tensor,
    pair: Tensor,
    same: Tensor,
) -> dict[str, Tensor]:
    r"""A query and a key turned by their places, and their product at every distance.

    .. math:: \langle R_m q, R_n k \rangle = \langle R_{m - n}\, q, k \rangle
              = \sum_i \langle q_i, k_i \rangle \cos((m - n)\theta_i) + \langle q_i, k_i^\perp \rangle \sin((m - n)\theta_i)

    with q_i the pair i of q, and k_i^⊥ = (k_{2i+1}, −k_{2i}): k_i turned by a right angle, clockwise.

    Args:
        query, key, value: (16,), before they are turned; the value is not turned at all.
        query_at, key_at: 0-d, their places, counted from 0.
        shift: 0-d, by how much both are moved on.
        pair: 0-d int64, the pair whose own curve is shown, from 0.
        same: 0-d bool; the query takes the place of the key as well.

    Returns:
        query_start, query_turned, key_start, key_turned, value_kept (8, 2), pair by pair; parts (8,), what each adds to
        the score, 0-d; distance, 0-d, of the query from the key; distances (61,), and curves (2, 61), the score at each of
        them and the chosen pair's part of it.

    Source: Su et al. 2021, section 3.2.2, equations 14 to 16, for any even width; 3.3 for the decay with distance.
    """
    key = torch.where(same, query, key)
    queries, keys = (TURN(x.expand(TURN.cos.shape[0], WIDTH)) for x in (query, key))  # at every place

    def pairs(x: Tensor, at: Tensor) -> Tensor:
        return x.index_select(0, at.to(torch.int64).reshape(1)).reshape(N_PAIRS, 2)

    turned_query, turned_key = pairs(queries, query_at + shift), pairs(keys, key_at + shift)
    parts = (turned_query * turned_key).sum(-1)
    behind = (queries[:1] * keys.index_select(0, torch.arange(FARTHEST, 0, -1))).reshape(FARTHEST, N_PAIRS, 2)
    ahead = (queries[: FARTHEST + 1] * keys[:1]).reshape(FARTHEST + 1, N_PAIRS, 2)
    by_distance = torch.cat((behind, ahead)).sum(-1)  # (61, 8)
    own = by_distance.index_select(1, pair.reshape(1))
    return {
        "query_start": query.reshape(N_PAIRS, 2).clone(),
        "query_turned": turned_query,
        "key_start": key.reshape(N_PAIRS, 2),
        "key_turned": turned_key,
        "value_kept": value.reshape(N_PAIRS, 2).clone(),
        "parts": parts,
        "score": parts.sum(),
        "distance": query_at - key_at,
        "distances": torch.arange(-FARTHEST, FARTHEST + 1) * 1.0,
        "curves": torch.cat((by_distance.sum(-1, keepdim=True), own), 1).T,
    }


def _vectors() -> dict[str, Tensor]:
    """A query, a key that points nearly where it does, pair by pair, and a value: 16 numbers each."""
    draw = torch.Generator().manual_seed(5)
    lengths = 0.75 + 0.25 * torch.rand(3, N_PAIRS, generator=draw)
    way = 2 * math.pi * torch.rand(2, N_PAIRS, generator=draw)
    off = 0.5 * torch.randn(N_PAIRS, generator=draw)
    directions = torch.stack((way[0], way[0] + off, way[1]))
    vectors = lengths[..., None] * torch.stack((directions.cos(), directions.sin()), -1)
    return dict(zip(("query", "key", "value"), vectors.flatten(1), strict=True))


ROTARY = View(
    name="rotary",
    title="Turned by the place",
    function=rotary,
    controls=(
        Slider("query_at", "place of the query", 0, FARTHEST, 1, 5, digits=0),
        Slider("key_at", "place of the key", 0, FARTHEST, 1, 2, digits=0),
        Slider("shift", "move both on by", 0, SHIFT, 1, 0, digits=0),
        Toggle("same", "the query's vector as key", False),
        Choice("pair", "pair", [str(i) for i in range(1, N_PAIRS + 1)], 1),
    ),
    drawings=(
        Dials(
            (
                Dial("query_turned", "query", "query", start="query_start"),
                Dial("key_turned", "key", "key", start="key_start"),
                Dial("value_kept", "value: never turned", "value"),
            ),
            [f"pair {i}" for i in range(1, N_PAIRS + 1)],
            ANGLES,
            "Each pair turns at its own speed",
            parts="parts",
            note="q · k = {score} at distance {distance}",
            selected="pair",
            width=420,
            height=350,
        ),
        Curves(
            "distances", "curves", ("all pairs", "this pair"), "q · k by distance", across="query's place − key's place",
            marker="distance", width=300, height=300,
        ),
    ),
    example={
        **_vectors(),
        "query_at": torch.tensor(5.0),
        "key_at": torch.tensor(2.0),
        "shift": torch.tensor(0.0),
        "pair": torch.tensor(1),
        "same": torch.tensor(False),
    },
    hint="Predict the score, then move both on. Press a pair to see its own curve.",
    defaults=_vectors,
)  # fmt: skip
