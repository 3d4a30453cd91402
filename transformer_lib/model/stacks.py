"""Stacks of layers over embedded words: the encoder, and the decoder short of its choice of a word."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.cache import KeyValueCache, all_or_nothing
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.layers import DecoderLayer, EncoderLayer
from transformer_lib.model.positions import LearnedPositions, RotaryPositions, SinusoidalPositions


class AttentionWeights(NamedTuple):
    """Who attended to whom, each (n_layers, B, H, T, S); None for an attention that the call did not run."""

    encoder: Tensor | None = None  # source words to source words
    decoder: Tensor | None = None  # target words to target words up to themselves
    cross: Tensor | None = None  # target words to source words


class Embedding(nn.Module):
    r"""Words to vectors that know their position.

    .. math:: \mathrm{Dropout}(\sqrt{d_{model}} \, E[ids] + PE)

    E starts normal with standard deviation 1 / √d_model, so that a scaled vector has entries of variance 1
    and, with tied embeddings, logits do as well. Checks its ids, for it is where they enter a model.

    Source: Vaswani et al. 2017, sections 3.4, 3.5 and 5.4.
    """

    def __init__(self, vocab_size: int, config: TransformerConfig) -> None:
        super().__init__()
        check_config(config)
        checks.count("vocab_size", vocab_size)
        d_model = config.d_model
        self.max_length = config.max_length
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=d_model**-0.5)
        self.scale = d_model**0.5 if config.scale_embeddings else 1.0
        self.positions = {
            "sinusoidal": lambda: SinusoidalPositions(config.max_length, d_model),
            "learned": lambda: LearnedPositions(config.max_length, d_model),
            "rotary": lambda: _unplaced,  # rotary positions enter inside attention
        }[config.positions]()
        norm = nn.LayerNorm(d_model, eps=config.norm_eps, bias=config.bias)
        self.norm = norm if config.norm_embeddings else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, ids: Tensor, offset: int = 0) -> Tensor:
        """(B, T) ids, the first at position `offset`, to (B, T, d_model)."""
        _check_ids(ids, self.tokens.num_embeddings, self.max_length, offset)
        x = self.norm(self.positions(self.tokens(ids) * self.scale, offset))
        return self.dropout(x) if self.dropout.training else x


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
        self, ids: Tensor, mask: Tensor | None = None, *, return_weights: bool = False
    ) -> Tensor | tuple[Tensor, AttentionWeights]:
        """(B, S) ids to (B, S, d_model).

        Args:
            ids: integer ids of words.
            mask: bool, True = may be attended, as `padding_mask(ids)` gives it; None: every word may.
            return_weights: also return `AttentionWeights` with its `encoder`.

        Raises:
            ValueError: if ids or mask do not fit.
            TypeError: if ids are not integers or the mask is not boolean.
        """
        check_mask(mask)
        x, weights = self.embedding(ids), []
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


def check_config(config: TransformerConfig) -> None:
    """Refuse what is no configuration."""
    checks.instance("config", config, TransformerConfig, "a TransformerConfig")


def layer_options(config: TransformerConfig) -> dict[str, Any]:
    """The config as arguments of each layer; rotary positions are one table, which all of them share."""
    rotary = config.positions == "rotary"
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
        "rotate": RotaryPositions(config.max_length, config.d_head) if rotary else None,
    }


def last_norm(config: TransformerConfig) -> nn.Module:
    """With pre-norm nothing has normalised the last sum; with post-norm the last layer has."""
    if not config.norm_first:
        return nn.Identity()
    return nn.LayerNorm(config.d_model, eps=config.norm_eps, bias=config.bias)


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


def _unplaced(x: Tensor, offset: int) -> Tensor:
    return x


def _check_ids(ids: Tensor, vocab_size: int, max_length: int, offset: int) -> None:
    checks.ids("ids", ids, 2, "(batch, length)")
    if torch.compiler.is_compiling():
        return  # lengths and values are unknown until the compiled program runs
    if 0 in ids.shape:
        raise ValueError(f"ids must hold at least one sentence of one word, got shape {tuple(ids.shape)}")
    if ids.shape[1] + offset > max_length:
        raise ValueError(
            f"a sequence of {ids.shape[1] + offset} words is longer than max_length {max_length}; "
            "shorten it or build the model with a larger max_length"
        )
    checks.within("ids", ids, vocab_size, "did you mix up source and target vocabulary?")
