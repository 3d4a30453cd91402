"""Stacks of layers over embedded words: the encoder, and the decoder short of its choice of a word."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.cache import KeyValueCache, all_or_nothing
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.embedding import Embedding, check_config
from transformer_lib.model.layers import DecoderLayer, EncoderLayer
from transformer_lib.model.norms import NORMS
from transformer_lib.model.positions import RotaryPositions


class AttentionWeights(NamedTuple):
    """Who attended to whom, each (n_layers, B, H, T, S); None for an attention that the call did not run."""

    encoder: Tensor | None = None  # source words to source words
    decoder: Tensor | None = None  # target words to target words up to themselves
    cross: Tensor | None = None  # target words to source words


class Encoder(nn.Module):
    """Reads a whole sentence at once: embedding, layers, and with pre-norm a last norm.

    >>> config = TransformerConfig(11, 13, d_model=6, n_heads=2, d_ff=24, n_layers=3)
    >>> memory, weights = Encoder(config)(torch.tensor([[3, 5, 7, 9]]), None, return_weights=True)
    >>> memory.shape, weights.encoder.shape
    (torch.Size([1, 4, 6]), torch.Size([3, 1, 2, 4, 4]))
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        check_config(config)
        self.embedding = Embedding(config.src_vocab_size, config)
        options = layer_options(config)
        self.layers = nn.ModuleList(EncoderLayer(**options) for _ in range(config.n_layers))
        self.norm = last_norm(config)

    def forward(
        self,
        ids: Tensor,
        mask: Tensor | None = None,
        *,
        segments: Tensor | None = None,
        return_weights: bool = False,
    ) -> Tensor | tuple[Tensor, AttentionWeights]:
        """(B, S) ids to (B, S, d_model).

        Args:
            ids: integer ids of words.
            mask: bool, True = may be attended, as `padding_mask(ids)` gives it; None: every word may.
            segments: (B, S) integers, the segment of each word, where `config.n_segments` is not 0; None: all are 0.
            return_weights: also return `AttentionWeights` with its `encoder`.

        Raises:
            ValueError: if ids, mask or segments do not fit.
            TypeError: if ids are not integers or the mask is not boolean.
        """
        check_mask(mask)
        x, weights = self.embedding(ids, segments=segments), []
        for layer in self.layers:
            x, attended = layer(x, mask, need_weights=return_weights)
            weights.append(attended)
        x = self.norm(x)
        return (x, AttentionWeights(encoder=torch.stack(weights))) if return_weights else x


class Decoder(nn.Module):
    """Reads the target so far and the encoder's memory; vectors come out, from which words are predicted."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        check_config(config)
        self.embedding = Embedding(config.tgt_vocab_size, config)
        options = layer_options(config)
        self.layers = nn.ModuleList(DecoderLayer(**options) for _ in range(config.n_layers))
        self.norm = last_norm(config)

    @all_or_nothing(KeyValueCache)
    def forward(
        self,
        ids: Tensor,
        memory: Tensor,
        memory_mask: Tensor | None = None,
        *,
        cache: KeyValueCache | None = None,
        return_weights: bool = False,
    ) -> tuple[Tensor, AttentionWeights]:
        """(B, T) ids and (B, S, d_model) memory to (B, T, d_model), and the weights if they are asked for."""
        check_mask(memory_mask)
        past = 0 if cache is None else cache.length
        x = self.embedding(ids, past)
        _check_memory(memory, x, past)
        weights, cross_weights = [], []
        for layer in self.layers:
            x, attended, crossed = layer(x, memory, memory_mask, need_weights=return_weights, cache=cache)
            weights.append(attended)
            cross_weights.append(crossed)
        x = self.norm(x)
        if not return_weights:
            return x, AttentionWeights()
        return x, AttentionWeights(decoder=torch.stack(weights), cross=torch.stack(cross_weights))


def layer_options(config: TransformerConfig) -> dict[str, Any]:
    """The config as arguments of each layer; rotary positions are one table, which all of them share."""
    rotary = None
    if config.positions == "rotary":
        pairs, base = config.position_pairs, config.position_base
        rotary = RotaryPositions(config.max_length, config.d_head, pairs=pairs, base=base)
    return {
        "d_model": config.d_model,
        "n_heads": config.n_heads,
        "d_ff": config.d_ff,
        "dropout": config.dropout,
        "norm_first": config.norm_first,
        "activation": config.activation,
        "bias": config.bias,
        "norm_eps": config.norm_eps,
        "n_kv_heads": config.n_kv_heads,
        "rotate": rotary,
        "norm": config.norm,
        "gated": config.gated,
    }


def last_norm(config: TransformerConfig) -> nn.Module:
    """With pre-norm nothing has normalised the last sum; with post-norm the last layer has."""
    if not config.norm_first:
        return nn.Identity()
    return NORMS[config.norm](config.d_model, config.norm_eps, config.bias)


def check_mask(mask: Tensor | None) -> None:
    """Refuse a mask (B, S): where B equals T it would pass for one of (T, S)."""
    if mask is not None:
        checks.boolean("mask", mask)
    if mask is not None and mask.ndim != 4:
        raise ValueError(
            f"a model's mask must broadcast to (B, H, T, S) and have four dimensions, got {tuple(mask.shape)}; "
            "padding_mask(ids) builds one, and a mask (T, S) becomes one by mask[None, None]"
        )


def _check_memory(memory: Tensor, x: Tensor, past: int) -> None:
    """With a past, keys and values are cached: the memory's rows are not used, so they need not fit."""
    checks.tensor("memory", memory)
    rows_fit = past or memory.shape[0] == x.shape[0]
    if memory.ndim != 3 or memory.shape[-1] != x.shape[-1] or not rows_fit:
        raise ValueError(
            f"memory must be (batch, source length, d_model) = ({x.shape[0]}, S, {x.shape[-1]}), "
            f"got {tuple(memory.shape)}; is it what encode() gave for these sentences?"
        )
