"""What decoding asks of a model, and of what the model keeps between steps: any class that has these will do."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from transformer_lib.model.cache import KeyValueCache


class Config(Protocol):
    """The ids and sizes that decoding reads; `src_vocab_size` of an encoder-decoder alone."""

    @property
    def src_vocab_size(self) -> int: ...
    @property
    def tgt_vocab_size(self) -> int: ...
    @property
    def max_length(self) -> int: ...
    @property
    def pad_id(self) -> int: ...
    @property
    def bos_id(self) -> int: ...
    @property
    def eos_id(self) -> int: ...


@runtime_checkable
class EncoderDecoder(Protocol):
    """Reads a source once, then gives the logits of the next token for what is written so far."""

    def encode(self, src_ids: Tensor, src_mask: Tensor | None, /) -> Tensor:
        """(B, S) ids and a mask (B, 1, 1, S) to a memory whose first dimension is B."""
        ...

    def decode(
        self, tgt_ids: Tensor, memory: Tensor, memory_mask: Tensor | None, /, *, cache: Any = None
    ) -> Tensor:
        """(B, T) new ids to logits (B, T, V)."""
        ...


class LanguageModel(Protocol):
    """Called with (B, T) new ids, it gives logits (B, T, V)."""

    def __call__(self, ids: Tensor, /, *, cache: Any = None, **padding: Tensor) -> Tensor: ...


@runtime_checkable
class PaddedLanguageModel(Protocol):
    """One that also takes rows padded on the left, as `n_padding` (B,) says."""

    takes_padding: bool


class Cache(Protocol):
    """What a model remembers of the tokens before."""

    def reorder(self, rows: Tensor) -> None:
        """Make row i of the batch what row rows[i] was."""
        ...


@runtime_checkable
class OwnCache(Protocol):
    """A model whose cache is of a kind of its own."""

    def new_cache(self) -> Cache: ...


def config_of(model: nn.Module) -> Config:
    """The ids and sizes of a model; raises `TypeError` if it has none."""
    config: Any = getattr(model, "config", None)
    if config is None:
        raise TypeError(f"the model must have a config, as a Transformer has; got a {type(model).__name__}")
    return config


def new_cache(model: nn.Module) -> Cache:
    """An empty cache of the kind that the model takes."""
    return model.new_cache() if isinstance(model, OwnCache) else KeyValueCache()
