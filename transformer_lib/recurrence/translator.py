"""Recurrent encoder-decoder, with one fixed-size vector between them or attention to every source word."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.cache import all_or_nothing
from transformer_lib.model.masks import padding_mask
from transformer_lib.model.stacks import AttentionWeights
from transformer_lib.recurrence.additive import AdditiveAttention
from transformer_lib.recurrence.cells import State
from transformer_lib.recurrence.language import RecurrentConfig
from transformer_lib.recurrence.networks import (
    RecurrentState,
    check_ids,
    read,
    real_lengths,
    recurrent_network,
    step_on,
)


class RecurrentTranslator(nn.Module):
    r"""A recurrent encoder-decoder.

    Without attention the decoder only gets the encoder's last state, as its first. With attention each step attends
    to all encoder states, and the encoder reads from both ends unless `config.bidirectional` is False:

    .. math:: c_t = \mathrm{attention}(s_{t-1}, h_1 \dots h_S), \qquad s_t = f(s_{t-1}, [y_{t-1}; c_t])

    It is called, trained and decoded as a `Transformer` is.

    Args:
        config: sizes and choices.

    Source: Sutskever et al. 2014, sections 2 and 3.3; Bahdanau et al. 2014, sections 3.1 and 3.2.

    >>> model = RecurrentTranslator(RecurrentConfig(11, 13, d_model=6, attention=True))
    >>> logits, weights = model(torch.tensor([[3, 5, 7, 0]]), torch.tensor([[1, 4, 6]]), return_weights=True)
    >>> logits.shape, weights.cross.shape
    (torch.Size([1, 3, 13]), torch.Size([1, 1, 1, 3, 4]))
    """

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        checks.instance("config", config, RecurrentConfig, "a RecurrentConfig")
        self.config = config
        d_model = config.d_model
        d_encoded = 2 * d_model if config.both_ends else d_model
        d_memory = d_encoded if config.attention else 0
        options = {"n_layers": config.n_layers, "radius": config.radius, "dropout": config.dropout}
        self.src_embedding = nn.Embedding(config.src_vocab_size, d_model)
        self.tgt_embedding = nn.Embedding(config.tgt_vocab_size, d_model)
        self.encoder = recurrent_network(
            config.kind, d_model, d_model, bidirectional=config.both_ends, **options
        )
        self.decoder = recurrent_network(config.kind, d_model + d_memory, d_model, **options)
        if config.attention:
            self.attention = AdditiveAttention(d_model, d_memory, d_model)
        if config.both_ends:
            self.start = nn.Linear(d_encoded, d_model)
        self.output = nn.Linear(d_model + d_memory, config.tgt_vocab_size)
        self.dropout = nn.Dropout(config.dropout)

    def new_cache(self) -> RecurrentState:
        """The state for step-by-step decoding."""
        return RecurrentState()

    def encode(self, src_ids: Tensor, src_mask: Tensor | None = None) -> tuple[Tensor, State]:
        """(B, S) ids to the encoder's states (B, S, d), in the order of the source, and the decoder's first state.

        The mask is ignored: padding is recognised by `config.pad_id` and never read.

        Raises:
            ValueError: if a row holds no word or more than `max_length`, padding stands before one, or an id is
                beyond the vocabulary.
            TypeError: if ids are no tensor of integers.
        """
        check_ids(src_ids, self.config.src_vocab_size, self.config.max_length)
        lengths = real_lengths(src_ids, self.config.pad_id)
        order = _reversed_places(src_ids, lengths) if self.config.reverse_source else None
        ids = src_ids if order is None else src_ids.gather(1, order)
        output, state = read(self.encoder, self.dropout(self.src_embedding(ids)), lengths)
        if order is not None:
            output = output.gather(1, order[..., None].expand_as(output))
        if self.config.both_ends:
            # (2 · n_layers, B, d), forward and backward in turn: joined, and mapped to the decoder's state.
            both = (part.unflatten(0, (-1, 2)).transpose(1, 2).flatten(2) for part in state)
            state = tuple(torch.tanh(self.start(part)) for part in both)
        return output, state

    @all_or_nothing(RecurrentState)
    def decode(
        self,
        tgt_ids: Tensor,
        memory: tuple[Tensor, State],
        memory_mask: Tensor | None,
        *,
        cache: RecurrentState | None = None,
        return_weights: bool = False,
    ) -> Tensor | tuple[Tensor, AttentionWeights]:
        """Predict, after each target word, the next: (B, T) ids to logits (B, T, tgt_vocab_size).

        Args:
            tgt_ids: ids of target words, the first usually `bos_id`; with a cache only the new ones.
            memory: from `encode`; with a cache it is read at the first step only.
            memory_mask: `padding_mask(src_ids)`, or None if nothing is padded.
            cache: from `new_cache`; takes in the state after the last word.
            return_weights: also return `AttentionWeights`, `cross` (1, B, 1, T, S); only with attention.

        Raises:
            ValueError: if weights are asked of a model without attention, or ids, memory or mask do not fit.
            TypeError: if ids are no tensor of integers, or the memory is not what `encode` gives.
        """
        past = 0 if cache is None else cache.length
        check_ids(tgt_ids, self.config.tgt_vocab_size, self.config.max_length - past)
        _check_memory(memory, memory_mask, tgt_ids, past)
        if return_weights and not self.config.attention:
            raise ValueError(
                "this model has no attention whose weights could be returned; see RecurrentConfig.attention"
            )
        cache = RecurrentState() if cache is None else cache
        if cache.state is None:
            cache.state = memory[1]
            if self.config.attention:
                cache.memory = (self.attention.u(memory[0]), memory[0])
        x = self.dropout(self.tgt_embedding(tgt_ids))
        if self.config.attention:
            hidden, weights = self._attend(x, memory_mask, cache)
        else:
            hidden, cache.state = step_on(self.decoder, x, cache.state)
            weights = None
        cache.length += tgt_ids.shape[1]
        logits = self.output(self.dropout(hidden))
        return (logits, AttentionWeights(cross=weights)) if return_weights else logits

    def _attend(self, x: Tensor, mask: Tensor | None, cache: RecurrentState) -> tuple[Tensor, Tensor]:
        """Step by step: each query is the state before."""
        mask = None if mask is None else mask[:, 0, 0]
        hidden, weights = [], []
        for x_t in x.unbind(1):
            assert cache.state is not None  # `decode` began with the encoder's
            context, attended = self.attention(cache.state[0][-1], *cache.memory, mask)
            output, cache.state = step_on(self.decoder, torch.cat([x_t, context], -1)[:, None], cache.state)
            hidden.append(torch.cat([output[:, 0], context], -1))
            weights.append(attended)
        return torch.stack(hidden, 1), torch.stack(weights, 1)[None, :, None]

    def forward(
        self, src_ids: Tensor, tgt_ids: Tensor, *, return_weights: bool = False
    ) -> Tensor | tuple[Tensor, AttentionWeights]:
        """Logits (B, T, tgt_vocab_size) for whole target sentences, as in training."""
        check_ids(src_ids, self.config.src_vocab_size, self.config.max_length)
        mask = padding_mask(src_ids, self.config.pad_id)
        return self.decode(tgt_ids, self.encode(src_ids, mask), mask, return_weights=return_weights)


def _check_memory(memory: tuple[Tensor, State], mask: Tensor | None, tgt_ids: Tensor, past: int) -> None:
    if not (isinstance(memory, tuple) and len(memory) == 2 and isinstance(memory[0], Tensor)):
        raise TypeError(f"memory must be what encode() gave, got {checks.said(memory)}")
    n_rows = len(tgt_ids)
    if not past and len(memory[0]) != n_rows:
        raise ValueError(f"there are {n_rows} target sentences, and the memory of {len(memory[0])} sources")
    if mask is not None:
        checks.boolean("memory_mask", mask)
        if mask.ndim != 4 or mask.shape[1:3] != (1, 1):
            raise ValueError(
                f"memory_mask must be (B, 1, 1, S), got {tuple(mask.shape)}; padding_mask builds it"
            )


def _reversed_places(ids: Tensor, lengths: Tensor) -> Tensor:
    """(B, S) indices that reverse each row's words and leave its padding in place; their own inverse."""
    place = torch.arange(ids.shape[1], device=ids.device)
    return torch.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)
