"""The writer of stories as exported parts: a step that reads any number of subwords, and what the next is drawn from.

The loop over subwords is page script (`page/models/writing.js`); every number in it comes from these parts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from transformer_lib.decoding import next_token_distribution, repetition_penalty
from transformer_lib.live.views.view import View
from transformer_lib.model.cache import KeyValueCache
from transformer_lib.model.layers import EncoderLayer
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.models.writer import load_writer


def step(ids: Tensor, past_keys: Tensor, past_values: Tensor) -> dict[str, Tensor]:
    """Read T subwords more, after P that the cache holds.

    Args:
        ids: (T,) int64.
        past_keys, past_values: (L, 1, K, P, D) for K heads of keys and values; P may be 0.

    Returns:
        logits (T, V) of the subword after each; weights (L, H, T, P + T), where each head looks; and the cache for the
        next step: keys and values (L, 1, K, P + T, D).
    """
    return read_more(load_writer()[0], ids, past_keys, past_values)


def read_more(model: LanguageModel, ids: Tensor, past_keys: Tensor, past_values: Tensor) -> dict[str, Tensor]:
    """`step` of any language model."""
    layers = [layer for layer in model.layers if isinstance(layer, EncoderLayer)]
    past: dict[nn.Module, tuple[Tensor, Tensor]] = {
        layer.self_attention: (k, v) for layer, k, v in zip(layers, past_keys, past_values, strict=True)
    }
    cache = KeyValueCache.from_tensors(past, {})
    logits, attended = model(ids[None], cache=cache, return_weights=True)
    assert attended.decoder is not None
    return {"logits": logits[0], "weights": attended.decoder[:, 0]} | cache.tensors()


def distribution(
    logits: Tensor,
    ids: Tensor,
    penalty: Tensor,
    temperature: Tensor,
    top_k: Tensor,
    top_p: Tensor,
    min_p: Tensor,
) -> dict[str, Tensor]:
    """`next_token_distribution` after `repetition_penalty`.

    Args:
        logits: (V,), of the next subword; V may be any number.
        ids: (T,) int64, all before it.
        penalty, temperature, top_k, top_p, min_p: 0-d.

    Returns:
        probabilities (V,).
    """
    weighed = repetition_penalty(logits, ids, penalty)
    return {"probabilities": next_token_distribution(weighed, temperature, top_k, top_p, min_p=min_p)}


def _parts() -> dict[str, View]:
    config = load_writer()[0].config
    random = torch.Generator().manual_seed(0)

    def past() -> Tensor:
        shape = (config.n_layers, 1, config.n_kv_heads or config.n_heads, 5, config.d_head)
        return torch.randn(shape, generator=random, device="cpu")

    def number(value: float) -> Tensor:
        return torch.tensor(value, device="cpu")

    logits = torch.randn(config.tgt_vocab_size, generator=random, device="cpu")
    read = torch.tensor([5, 7, 11], device="cpu")
    examples = {
        "step": (step, {"ids": read, "past_keys": past(), "past_values": past()}),
        "distribution": (
            distribution,
            {"logits": logits, "ids": read.clone(), "penalty": number(1.2), "temperature": number(0.8)}
            | {"top_k": number(20.0), "top_p": number(0.9), "min_p": number(0.05)},
        ),
    }
    open_sizes = {"ids": {0: "t"}, "past_keys": {3: "p"}, "past_values": {3: "p"}, "logits": {0: "v"}}
    found = {}
    for part, (function, example) in examples.items():
        dynamic = {name: sizes for name, sizes in open_sizes.items() if name in example}
        name = f"writer-{part}"
        found[name] = View(name, "", function, controls=(), drawings=(), example=example, dynamic=dynamic)
    return found


PARTS = _parts()
"""Reading subwords, and the distribution of the next."""
