"""The batch of each step, a function of seed and step only, so that a run can resume at any step."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

from transformer_lib.data import pad

Item = TypeVar("Item")

# Batches are cut from pools of this many, sorted by length: little padding, and still a new mixture every epoch.
POOL = 20


class Batches:
    """Pairs of sentences as padded batches, by number of the step, epoch after epoch without end.

    Each epoch shuffles all pairs, sorts pools of them by length, cuts each pool into batches of about as many
    tokens, and shuffles the batches. So there is little padding, and a token has the same weight in a long sentence
    as in a short one, unlike in batches of equally many sentences: the loss is a mean over tokens. A remainder that
    fills no batch is left for the next epoch.

    Args:
        pairs: source and target ids of each pair; None instead of the source ids for a language model.
        batch_size: pairs in a batch, on average; all of them where there are fewer.
        seed: of the order.
        pad_id: the padding id.

    Raises:
        ValueError: if there is no pair, or the batch size is below 1.

    >>> batches = Batches([([5], [1, 7, 2]), ([5, 6], [1, 2])], batch_size=2)
    >>> src_ids, tgt_ids = batches(1)
    >>> src_ids.shape, tgt_ids.shape, batches.per_epoch
    (torch.Size([2, 2]), torch.Size([2, 3]), 1)
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Sequence[int] | None, Sequence[int]]],
        batch_size: int,
        *,
        seed: int = 0,
        pad_id: int = 0,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"a batch holds at least one pair, got batch_size {batch_size}")
        if not pairs:
            raise ValueError("there is no pair of sentences to train on")
        self.pairs, self.seed, self.pad_id = pairs, seed, pad_id
        self.batch_size = min(batch_size, len(pairs))
        self.per_epoch = len(pairs) // self.batch_size
        self._epoch, self._order = -1, []

    def __call__(self, step: int) -> tuple[Tensor | None, Tensor]:
        """The batch of a step, counted from 1: (B, S) source ids or None, and (B, T) target ids."""
        if step < 1:
            raise ValueError(f"steps count from 1, got {step}")
        return self._padded(self.rows(step))

    def rows(self, step: int) -> list[int]:
        """The indices of the pairs in the batch of a step."""
        epoch, number = divmod(step - 1, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(epoch)
        return self._order[number]

    def in_order(self) -> list[tuple[Tensor | None, Tensor]]:
        """All pairs once, by length, for validation: no pair is left out."""
        order = sorted(range(len(self.pairs)), key=self._length)
        return [self._padded(rows) for rows in _cut(order, self.batch_size)]

    def _shuffled(self, epoch: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(derived_seed(self.seed, epoch))
        order = torch.randperm(len(self.pairs), generator=generator).tolist()
        pools = _cut(order[: self.per_epoch * self.batch_size], POOL * self.batch_size)
        batches = []
        for pool in pools:
            pool.sort(key=self._length)
            n_tokens = [sum(self._length(row)) for row in pool]
            batches += _cut_evenly(pool, n_tokens, len(pool) // self.batch_size)
        turns = torch.randperm(len(batches), generator=generator).tolist()
        return [batches[turn] for turn in turns]

    def _length(self, row: int) -> tuple[int, int]:
        src, tgt = self.pairs[row]
        return len(tgt), 0 if src is None else len(src)

    def _padded(self, rows: Sequence[int]) -> tuple[Tensor | None, Tensor]:
        sources, targets = zip(*(self.pairs[row] for row in rows), strict=True)
        return None if sources[0] is None else pad(sources, self.pad_id), pad(targets, self.pad_id)


def derived_seed(*numbers: int) -> int:
    """One seed from several numbers, such as a run's seed and a step: distinct for distinct lists.

    So random numbers of a step do not depend on earlier ones, and resuming a run needs no state of a random
    generator.

    >>> derived_seed(0, 1) == derived_seed(0, 1) != derived_seed(1, 0)
    True
    """
    return int.from_bytes(hashlib.blake2b(repr(numbers).encode(), digest_size=8).digest(), "big")


def _cut(items: list[Item], size: int) -> list[list[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _cut_evenly(items: list[Item], weights: Sequence[int], n_parts: int) -> list[list[Item]]:
    """Cut a list into parts of about equal weight, each of one item at least."""
    parts, start = [], 0
    for left in range(n_parts, 0, -1):
        goal, end, weight = sum(weights[start:]) / left, start, 0
        while end < len(items) - (left - 1) and (end == start or weight + weights[end] / 2 <= goal):
            weight += weights[end]
            end += 1
        parts.append(items[start:end])
        start = end
    return parts
