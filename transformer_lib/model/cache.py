"""What a decoder remembers of the words before: their keys and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from transformer_lib import checks

Entries = dict[nn.Module, tuple[Tensor, Tensor]]  # keys and values by the attention that they belong to
R = TypeVar("R")


class KeyValueCache:
    """Keys and values that attention layers have already computed: one cache for a whole model.

    A decoder that writes token by token would project its whole past again at every step. With a cache it
    is given the new positions only. The cache changes with every call that is given it, the one exception to
    the rule that nothing here writes to its arguments. Gradients flow through it.

    Attributes:
        length: the number of target positions decoded so far.
        nbytes: the bytes that are kept.

    >>> from transformer_lib.model.multihead import MultiHeadAttention
    >>> heads, cache = MultiHeadAttention(6, 2), KeyValueCache()
    >>> x = torch.randn(1, 3, 6)
    >>> steps = [heads(x[:, t : t + 1], causal=True, cache=cache)[0] for t in range(3)]
    >>> torch.allclose(torch.cat(steps, 1), heads(x, causal=True)[0], atol=1e-6), cache.length
    (True, 3)
    """

    def __init__(self) -> None:
        self._past: Entries = {}
        self._memory: Entries = {}

    @property
    def length(self) -> int:
        return min((k.shape[-2] for k, _ in self._past.values()), default=0)

    @property
    def nbytes(self) -> int:
        """Bytes of all keys and values that are kept, of the words and of the memory."""
        return sum(x.nbytes for kept in (self._past, self._memory) for pair in kept.values() for x in pair)

    def positions(self, module: nn.Module) -> int:
        """How many positions this module has put in."""
        return self._past[module][0].shape[-2] if module in self._past else 0

    def extend(self, module: nn.Module, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append the new keys and values (B, H, T, D) of a module; returns all of its (B, H, S, D)."""
        if module in self._past:
            old_k, old_v = self._past[module]
            if old_k.shape[0] != k.shape[0]:
                raise ValueError(
                    f"the cache holds {old_k.shape[0]} rows, the new positions have {k.shape[0]}; "
                    "when rows are dropped, repeated or moved, call cache.reorder(rows) too"
                )
            # Measured: writing into memory taken in advance is no faster, for reordering then copies that too.
            k, v = torch.cat((old_k, k), -2), torch.cat((old_v, v), -2)
        self._past[module] = k, v
        return k, v

    def once(
        self, module: nn.Module, memory: Tensor, project: Callable[[], tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, Tensor]:
        """The keys and values of the memory (B, S, d_model), projected at the first call only."""
        if module not in self._memory:
            self._memory[module] = project()
        k, v = self._memory[module]
        if k.shape[-2] != memory.shape[-2]:
            raise ValueError(
                f"the cache holds a memory of length {k.shape[-2]}, got one of {memory.shape[-2]}; "
                "a new source needs a new cache"
            )
        return k, v

    def reorder(self, rows: Tensor, *, memory: bool = True) -> None:
        """Make row i of the batch what row rows[i] was; rows may be repeated or dropped, so a beam may grow.

        Args:
            rows: (R,) integers, one for each row there will be.
            memory: False leaves the memory's keys and values in place, which is enough, and faster, where
                every row takes over from one that read the same source.

        Raises:
            ValueError: if `rows` has not one dimension, or names a row that is not there; the cache stays as it was.
            TypeError: if `rows` are no tensor of integers.
        """
        checks.tensor("rows", rows)
        if rows.ndim != 1:
            raise ValueError(f"expected one row index per new row, got shape {tuple(rows.shape)}")
        if rows.dtype not in (torch.int64, torch.int32):
            raise TypeError(f"expected integer row indices, got {rows.dtype}; did you pass a mask?")
        entries = (*self._past.values(), *(self._memory.values() if memory else ()))
        if entries:
            n_rows = min(k.shape[0] for k, _ in entries)
            checks.within("rows", rows, n_rows, f"the cache holds {n_rows} rows")
        self.take(rows, memory=memory)

    def take(self, rows: Tensor, *, memory: bool) -> None:
        """`reorder` with rows that are known to be there."""
        self._past = _chosen(self._past, rows)
        if memory:
            self._memory = _chosen(self._memory, rows)

    @classmethod
    def from_tensors(
        cls,
        past: Mapping[nn.Module, tuple[Tensor, Tensor]],
        memory: Mapping[nn.Module, tuple[Tensor, Tensor]],
    ) -> KeyValueCache:
        """A cache that holds these keys and values already, for each attention of a model.

        Args:
            past: of self-attention, keys and values (B, H, T, D).
            memory: of cross-attention, keys and values (B, H, S, D).
        """
        made = cls()
        made._past, made._memory = dict(past), dict(memory)
        return made

    def tensors(self) -> dict[str, Tensor]:
        """All that is kept, layers first: `keys` and `values` (L, B, H, T, D); `memory_keys`, `memory_values` (…, S, D).

        A decoder that stands alone has no memory.
        """
        kinds = {"": self._past, "memory_": self._memory}
        return {
            f"{prefix}{name}": torch.stack([pair[place] for pair in kept.values()])
            for prefix, kept in kinds.items()
            if kept
            for place, name in enumerate(("keys", "values"))
        }

    def snapshot(self) -> tuple[Entries, Entries]:
        """What it holds now; nothing is copied, for entries are replaced and never written to."""
        return dict(self._past), dict(self._memory)

    def restore(self, snapshot: tuple[Entries, Entries]) -> None:
        """Hold again what it held then."""
        self._past, self._memory = snapshot


def cache_bytes(config: Any, n_tokens: int, bytes_per_number: int = 2) -> int:
    r"""Bytes that the keys and values of a decoder's self-attention take, for one sequence.

    .. math:: L \cdot 2 \cdot K \cdot D \cdot T \cdot b

    Heads of queries are not in it, only those of keys and values: with K = H / 4 the cache is a quarter as large.

    Args:
        config: L layers, K heads of keys and values (`n_kv_heads`, or else `n_heads`), each D wide.
        n_tokens: T, words so far; behind a sliding window, no more than it is wide.
        bytes_per_number: b, 2 in half precision.

    Raises:
        ValueError: if a number is below 1.
        TypeError: if one is no whole number, or `config` has not these fields.

    Source: Shazeer 2019; Ainslie et al. 2023, section 2.2.

    >>> from transformer_lib.model.config import LanguageModelConfig
    >>> config = LanguageModelConfig(13, d_model=12 * 64, n_heads=12, n_layers=12, n_kv_heads=3)
    >>> cache_bytes(config, 1024)
    9437184
    """
    if not all(hasattr(config, name) for name in ("n_layers", "n_heads", "n_kv_heads", "d_head")):
        raise TypeError(f"config must be a TransformerConfig, got {checks.said(config)}")
    for name, number in (("n_tokens", n_tokens), ("bytes_per_number", bytes_per_number)):
        checks.count(name, number)
    n_heads = config.n_kv_heads or config.n_heads
    return config.n_layers * 2 * n_heads * config.d_head * n_tokens * bytes_per_number


def _chosen(
    entries: dict[nn.Module, tuple[Tensor, Tensor]], rows: Tensor
) -> dict[nn.Module, tuple[Tensor, Tensor]]:
    return {module: (k.index_select(0, rows), v.index_select(0, rows)) for module, (k, v) in entries.items()}


def all_or_nothing(kind: type) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Let a method that is given a `cache` of this kind leave it as it was when it raises.

    A refused call may then be repeated, put right, with the same cache.
    """

    def decorate(method: Callable[..., R]) -> Callable[..., R]:
        @wraps(method)
        def whole(*args: Any, cache: Any = None, **options: Any) -> R:
            if cache is None:
                return method(*args, **options)
            if not isinstance(cache, kind):
                checks.instance("cache", cache, kind, f"a {kind.__name__}")
            before = cache.snapshot()
            try:
                return method(*args, cache=cache, **options)
            except BaseException:
                cache.restore(before)
                raise

        return whole

    return decorate
