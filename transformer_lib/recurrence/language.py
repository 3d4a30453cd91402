"""A recurrent language model, and the configuration of recurrent models."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.cache import all_or_nothing
from transformer_lib.recurrence.networks import (
    NETWORKS,
    RecurrentState,
    check_ids,
    check_radius,
    recurrent_network,
    step_on,
)


@dataclass(frozen=True)
class RecurrentConfig:
    """Sizes and choices of a recurrent language model or translator.

    Raises:
        ValueError: if a size is below 1, a choice is unknown, or an id is beyond the vocabulary.
        TypeError: if a field is of another kind.
    """

    src_vocab_size: int  # words that the encoder reads
    tgt_vocab_size: int  # words that the decoder reads and writes
    d_model: int = 128  # width of embeddings and states
    kind: str = "gru"  # "rnn", "lstm" or "gru"
    n_layers: int = 1  # layers of the encoder, and of the decoder
    attention: bool = False  # additive attention (Bahdanau et al. 2014)
    bidirectional: bool | None = None  # an encoder that reads from both ends; None: if there is attention
    reverse_source: bool = False  # read the source from its end (Sutskever et al. 2014, section 3.3)
    radius: float | None = None  # spectral radius of the recurrent matrices; None for torch's own start
    dropout: float = 0.0  # on embeddings, between layers, and before the logits
    pad_id: int = 0  # fills short sentences
    bos_id: int = 1  # begins a target sentence
    eos_id: int = 2  # ends a sentence
    max_length: int = 512  # the longest sequence, source or target

    def __post_init__(self) -> None:
        for name in ("src_vocab_size", "tgt_vocab_size", "d_model", "n_layers", "max_length"):
            checks.count(name, getattr(self, name))
        for name in ("pad_id", "bos_id", "eos_id"):
            checks.count(name, getattr(self, name), least=0)
        for name in ("attention", "reverse_source"):
            checks.flag(name, getattr(self, name))
        checks.choice("kind", self.kind, tuple(NETWORKS))
        checks.probability("dropout", self.dropout)
        check_radius(self.radius)
        if self.eos_id == self.pad_id:
            raise ValueError(f"eos_id and pad_id must differ, got {self.eos_id} for both")

    @property
    def both_ends(self) -> bool:
        """Whether the encoder reads from both ends."""
        return self.attention if self.bidirectional is None else self.bidirectional


class RecurrentLanguageModel(nn.Module):
    r"""Predicts each word from the state after the words before it.

    .. math:: h_t = f(h_{t-1}, x_t), \qquad p(x_{t+1} \mid x_1 \dots x_t) = \mathrm{softmax}(W_o h_t + b_o)

    It is called, trained and decoded as a `LanguageModel` is. Padding on the right needs no mask: it is read last.

    Args:
        config: sizes and choices; the vocabulary is `tgt_vocab_size`.

    Source: Mikolov et al. 2010, section 2.

    >>> import torch
    >>> RecurrentLanguageModel(RecurrentConfig(13, 13, d_model=6))(torch.tensor([[1, 4, 6, 8]])).shape
    torch.Size([1, 4, 13])
    """

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        checks.instance("config", config, RecurrentConfig, "a RecurrentConfig")
        self.config = config
        d_model = config.d_model
        self.embedding = nn.Embedding(config.tgt_vocab_size, d_model)
        self.network = recurrent_network(
            config.kind, d_model, d_model, config.n_layers, radius=config.radius, dropout=config.dropout
        )
        self.output = nn.Linear(d_model, config.tgt_vocab_size)
        self.dropout = nn.Dropout(config.dropout)

    def new_cache(self) -> RecurrentState:
        """The state for step-by-step decoding."""
        return RecurrentState()

    @all_or_nothing(RecurrentState)
    def forward(self, ids: Tensor, *, cache: RecurrentState | None = None) -> Tensor:
        """(B, T) ids to logits (B, T, tgt_vocab_size); with a cache only the new ids."""
        check_ids(ids, self.config.tgt_vocab_size)
        state = None if cache is None else cache.state
        hidden, state = step_on(self.network, self.dropout(self.embedding(ids)), state)
        if cache is not None:
            cache.state, cache.length = state, cache.length + ids.shape[1]
        return self.output(self.dropout(hidden))
