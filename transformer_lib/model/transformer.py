"""The whole Transformer: an encoder that reads, a decoder that writes; and a decoder that stands alone."""

from __future__ import annotations

from typing import Literal, overload

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.cache import KeyValueCache, all_or_nothing
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.embedding import Embedding, check_config
from transformer_lib.model.layers import EncoderLayer
from transformer_lib.model.masks import left_padding_mask, padding_mask
from transformer_lib.model.stacks import (
    AttentionWeights,
    Decoder,
    Encoder,
    check_mask,
    last_norm,
    layer_options,
)

__all__ = [
    "AttentionWeights",
    "Decoder",
    "Encoder",
    "LanguageModel",
    "Transformer",
    "TransformerConfig",
]


class Transformer(nn.Module):
    """Encoder and decoder: predicts each target word from the source and the target words before it.

    Args:
        config: sizes and choices.

    Source: Vaswani et al. 2017, section 3 and figure 1.

    >>> config = TransformerConfig(11, 13, d_model=6, n_heads=2, d_ff=24, n_layers=3)
    >>> model = Transformer(config).eval()
    >>> src_ids, tgt_ids = torch.tensor([[3, 5, 7, 9, 0]]), torch.tensor([[1, 4, 6]])
    >>> logits, weights = model(src_ids, tgt_ids, return_weights=True)
    >>> logits.shape, weights.cross.shape
    (torch.Size([1, 3, 13]), torch.Size([3, 1, 2, 3, 5]))
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        check_config(config)
        _check_specials(config)
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.output = output_layer(config, self.decoder.embedding)
        if config.tie_embeddings == "all":
            self.encoder.embedding.tokens.weight = self.decoder.embedding.tokens.weight

    @overload
    def encode(
        self, src_ids: Tensor, src_mask: Tensor | None, *, return_weights: Literal[False] = False
    ) -> Tensor: ...
    @overload
    def encode(
        self, src_ids: Tensor, src_mask: Tensor | None, *, return_weights: Literal[True]
    ) -> tuple[Tensor, AttentionWeights]: ...
    def encode(self, src_ids, src_mask, *, return_weights=False):
        """Read the source: (B, S) ids to the memory (B, S, d_model).

        Args:
            src_ids: integer ids of source words.
            src_mask: bool, True = may be attended: `padding_mask(src_ids)`, or None if nothing is padded.
            return_weights: also return `AttentionWeights` with its `encoder`.

        Raises:
            ValueError: if ids or mask do not fit the config or each other.
            TypeError: if ids are not integers or the mask is not boolean.
        """
        return self.encoder(src_ids, src_mask, return_weights=return_weights)

    @overload
    def decode(
        self,
        tgt_ids: Tensor,
        memory: Tensor,
        memory_mask: Tensor | None,
        *,
        cache: KeyValueCache | None = None,
        return_weights: Literal[False] = False,
    ) -> Tensor: ...
    @overload
    def decode(
        self,
        tgt_ids: Tensor,
        memory: Tensor,
        memory_mask: Tensor | None,
        *,
        cache: KeyValueCache | None = None,
        return_weights: Literal[True],
    ) -> tuple[Tensor, AttentionWeights]: ...
    @all_or_nothing(KeyValueCache)
    def decode(self, tgt_ids, memory, memory_mask, *, cache=None, return_weights=False):
        """Predict, after each target word, the next: (B, T) ids to logits (B, T, tgt_vocab_size).

        Args:
            tgt_ids: integer ids of target words, the first usually `bos_id`; with a cache only the new ones.
            memory: (B, S, d_model), from `encode`.
            memory_mask: the source's mask. Targets are never masked by their id: causality already keeps
                padding on the right out of sight.
            cache: keys and values of the calls before this one; takes in those of this one. From its second
                use on, only the length of `memory` is looked at.
            return_weights: also return `AttentionWeights` with its `decoder` and `cross`.

        Raises:
            ValueError: if ids, memory, mask or cache do not fit the config or each other.
            TypeError: if ids are not integers or the mask is not boolean.
        """
        hidden, weights = self.decoder(
            tgt_ids, memory, memory_mask, cache=cache, return_weights=return_weights
        )
        logits = self.output(hidden)
        return (logits, weights) if return_weights else logits

    def forward(
        self, src_ids: Tensor, tgt_ids: Tensor, *, return_weights: bool = False
    ) -> Tensor | tuple[Tensor, AttentionWeights]:
        """Logits (B, T, tgt_vocab_size) for whole target sentences, as in training.

        Source padding is hidden, each target word sees itself and the ones before. Arguments and errors are
        those of `encode` and `decode`; with `return_weights`, all three fields of `AttentionWeights`.
        """
        checks.ids("src_ids", src_ids, 2, "(batch, length)")
        src_mask = padding_mask(src_ids, self.config.pad_id)
        if not return_weights:
            return self.decode(tgt_ids, self.encode(src_ids, src_mask), src_mask)
        memory, read = self.encode(src_ids, src_mask, return_weights=True)
        logits, written = self.decode(tgt_ids, memory, src_mask, return_weights=True)
        return logits, written._replace(encoder=read.encoder)


class LanguageModel(nn.Module):
    """A decoder alone: predicts each word from the words before it.

    Args:
        config: a `LanguageModelConfig`; of a `TransformerConfig` only the target's vocabulary counts.

    Source: Radford et al. 2018, section 3.1.

    >>> from transformer_lib.model.config import LanguageModelConfig
    >>> config = LanguageModelConfig(13, d_model=6, n_heads=2, d_ff=24, n_layers=3)
    >>> LanguageModel(config)(torch.tensor([[1, 4, 6, 8]])).shape
    torch.Size([1, 4, 13])
    """

    takes_padding = True  # on the left, as `n_padding` says

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        check_config(config)
        _check_specials(config)
        self.config = config
        self.embedding = Embedding(config.tgt_vocab_size, config)
        options = layer_options(config)
        self.layers = nn.ModuleList(EncoderLayer(**options) for _ in range(config.n_layers))
        self.norm = last_norm(config)
        self.output = output_layer(config, self.embedding)

    @all_or_nothing(KeyValueCache)
    def forward(
        self,
        ids: Tensor,
        mask: Tensor | None = None,
        *,
        n_padding: Tensor | None = None,
        cache: KeyValueCache | None = None,
        return_weights: bool = False,
    ) -> Tensor | tuple[Tensor, AttentionWeights]:
        """Logits (B, T, tgt_vocab_size) for (B, T) ids.

        Args:
            ids: integer ids; with a cache only the new ones.
            mask: bool, True = may attend, on top of causality; four dimensions that broadcast to
                (B, H, T, S), S counting the cached words too. Padding on the right needs none.
            n_padding: (B,) integers, how many ids at the left of each row are padding, of the whole row if the first
                of it are cached: they are hidden, and positions count from the first word after them.
            cache: keys and values of the calls before this one; takes in those of this one.
            return_weights: also return `AttentionWeights` with its `decoder`.

        Raises:
            ValueError: if ids, mask, padding or cache do not fit the config or each other.
            TypeError: if ids are not integers or the mask is not boolean.
        """
        check_mask(mask)
        past = 0 if cache is None else cache.length
        if n_padding is not None:
            _check_padding(n_padding, ids, past)
        x, weights = self.embedding(ids, past, n_padding=n_padding), []
        if n_padding is not None:
            words = left_padding_mask(n_padding, past + ids.shape[1])
            mask = words if mask is None else mask & words
        for layer in self.layers:
            x, attended = layer(x, mask, causal=True, need_weights=return_weights, cache=cache)
            weights.append(attended)
        logits = self.output(self.norm(x))
        return (logits, AttentionWeights(decoder=torch.stack(weights))) if return_weights else logits


def _check_padding(n_padding: Tensor, ids: Tensor, past: int) -> None:
    """Each row has a number of its own, and at least one word after the padding."""
    checks.ids("n_padding", n_padding, 1, "(batch,)")
    checks.ids("ids", ids, 2, "(batch, length)")
    if n_padding.shape[0] != ids.shape[0]:
        raise ValueError(
            f"n_padding must have a number for each row of ids {tuple(ids.shape)}, got {len(n_padding)}"
        )
    checks.within("n_padding", n_padding, past + ids.shape[1], "a row holds a word after its padding")


def _check_specials(config: TransformerConfig) -> None:
    """A decoder begins with one id and ends with another: it must be able to read and to write them."""
    for name in ("bos_id", "eos_id"):
        if getattr(config, name) >= config.tgt_vocab_size:
            raise ValueError(
                f"{name} must be an id of the target vocabulary, 0 … {config.tgt_vocab_size - 1}, "
                f"got {getattr(config, name)}"
            )


def output_layer(config: TransformerConfig, embedding: Embedding) -> nn.Linear:
    """Vectors to logits, by the embedding's own matrix unless the config unties them."""
    output = nn.Linear(config.d_model, config.tgt_vocab_size, bias=config.output_bias)
    if config.tie_embeddings == "none":
        nn.init.xavier_uniform_(output.weight)
    else:
        output.weight = embedding.tokens.weight
    if config.output_bias:
        nn.init.zeros_(output.bias)
    return output
