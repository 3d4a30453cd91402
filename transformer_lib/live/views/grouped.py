"""Grouped queries: heads of keys and values shared by neighbouring query heads, their weights, and what a cache takes."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice, Steps
from transformer_lib.live.drawings import Bars, Groups, Heatmap
from transformer_lib.live.views.view import View
from transformer_lib.model.attention import attention
from transformer_lib.model.cache import cache_bytes
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.multihead import MultiHeadAttention
from transformer_lib.model.transformer import LanguageModel

N_HEADS = 8
KV_HEADS = (8, 4, 2, 1)
LENGTHS = tuple(16 * 2**i for i in range(10))
COUNTED = LanguageModelConfig(1024, d_model=N_HEADS * 64, n_heads=N_HEADS, n_layers=12, n_kv_heads=1)
"""The model whose cache is counted, in float16: 12 layers, heads 64 wide."""

MEGABYTE = 1e6
OF_ONE = cache_bytes(COUNTED, 1) / MEGABYTE
"""Megabytes of one token and one head of keys and values."""


def grouped(
    queries: Tensor, keys: Tensor, n_kv_heads: Tensor, word: Tensor, n_tokens: Tensor
) -> dict[str, Tensor]:
    """Causal attention of eight query heads that share heads of keys, each the mean of those that it replaces.

    Keys are linear in their projection: the mean of the keys is the key of the mean projection.

    Args:
        queries, keys: (8, n, D), of a layer whose heads share nothing; positions are in them.
        n_kv_heads: 0-d, heads of keys and values: 8, 4, 2 or 1.
        word: 0-d int64, the word that looks.
        n_tokens: 0-d, length of the text in the cache.

    Returns:
        reads (8,), which head of keys and values each query head reads, from 0; weights (8, n), of the chosen word; moved,
        0-d, by how much these differ from those without sharing: total variation distance, mean over the heads;
        megabytes (2,), of a cache with eight heads of keys and values, and with the chosen number.

    Source: Ainslie et al. 2023, section 2.1 for the mean, 2.2 for the groups; Shazeer 2019, section 3, for one head.
    """
    n = queries.shape[1]
    reads = torch.floor(torch.arange(N_HEADS) * n_kv_heads / N_HEADS)
    together = (reads[:, None] == reads) * n_kv_heads / N_HEADS  # each row the mean over a group
    shared = (together @ keys.flatten(1)).reshape_as(keys)

    def of_word(k: Tensor) -> Tensor:
        weights = attention(queries, k, k, causal=True)[1]
        return weights.index_select(1, word.reshape(1)).reshape(N_HEADS, n)

    weights = of_word(shared)
    heads = torch.stack((torch.full((), float(N_HEADS)), n_kv_heads))
    return {
        "reads": reads,
        "weights": weights,
        "moved": (weights - of_word(keys)).abs().sum(-1).mean() / 2,
        "megabytes": OF_ONE * n_tokens * heads,
    }


@torch.no_grad()
def heads_of(model: LanguageModel, ids: Tensor, layer: int) -> dict[str, Tensor]:
    """The queries and keys of one layer of a decoder alone, as this picture takes them.

    Args:
        model: in evaluation mode, with eight query heads.
        ids: (n,) ids of a text.
        layer: which layer, from 0.

    Returns:
        queries, keys (8, n, D), positions in them; a head of keys that several queries share stands there for each.
    """
    heads = model.get_submodule(f"layers.{layer}.self_attention")
    assert isinstance(heads, MultiHeadAttention)
    seen: list[Tensor] = []
    hook = heads.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    try:
        model(ids[None])
    finally:
        hook.remove()
    q, k, _ = (
        x.unflatten(-1, (-1, heads.d_head)).transpose(1, 2)
        for x in heads.in_proj(seen[0]).split(heads.sizes, -1)
    )
    keys = heads.rotate(k, 0)[0].repeat_interleave(heads.n_heads // heads.n_kv_heads, 0)
    return {"queries": heads.rotate(q, 0)[0], "keys": keys}


_random = torch.Generator().manual_seed(0)

GROUPED = View(
    name="grouped",
    title="Eight query heads, fewer heads of keys and values",
    function=grouped,
    controls=(
        Steps("n_kv_heads", "heads of keys and values", KV_HEADS, 2),
        Choice("word", "word that looks", "tokens", 4),
        Steps("n_tokens", "tokens in the cache", LENGTHS, 4096),
    ),
    drawings=(
        Groups("reads", N_HEADS, "Keys and values that each query reads", note="share of attention moved: {moved}"),
        Heatmap(
            "weights", [f"query {i}" for i in range(1, N_HEADS + 1)], "tokens", "Where the word looks, head by head",
            height=260,
        ),
        Bars(
            "megabytes", ("8 heads", "as drawn"), "The cache of 12 layers, in MB",
            maximum=LENGTHS[-1] * N_HEADS * OF_ONE, unit=" MB", height=190,
        ),
    ),
    hands={"n_kv_heads": 0, "word": 1, "n_tokens": 2},
    example={
        "queries": 2 * torch.randn(N_HEADS, 5, 3, generator=_random),
        "keys": torch.randn(N_HEADS, 5, 3, generator=_random),
        "n_kv_heads": torch.tensor(2.0),
        "word": torch.tensor(4),
        "n_tokens": torch.tensor(4096.0),
    },
    dynamic={"queries": {1: "n", 2: "d"}, "keys": {1: "n", 2: "d"}},
    labels={"tokens": "n"},
    hint="Predict which bar shrinks and which lines stay, then take heads of keys and values away.",
)  # fmt: skip
