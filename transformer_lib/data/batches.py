"""From pairs of sentences to padded batches of ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from transformer_lib.text import Sentence, Words
from transformer_lib.text.vocabulary import PAD_ID


class Batch(NamedTuple):
    """Padded sentences: source (B, S), words only; target (B, T), <bos> words <eos>."""

    src_ids: Tensor
    tgt_ids: Tensor


def encode_pairs(
    pairs: Sequence[tuple[Sentence, Sentence, *tuple]],
    source: Words,
    target: Words,
    *,
    source_eos: bool = False,
) -> list[tuple[list[int], list[int]]]:
    """The ids of each pair: source words only, target words between <bos> and <eos>.

    Args:
        pairs: `Pair`s, or any tuples that begin with a sentence and its translation.
        source, target: the vocabulary of each side.
        source_eos: also end the source with <eos>, so that the encoder is told where a sentence without a full stop ends.

    Raises:
        UnknownWordsError: naming the words that a vocabulary lacks.

    >>> from transformer_lib.data import generate, vocabularies
    >>> [(src, tgt)] = encode_pairs(generate(1), *vocabularies())
    >>> tgt[0], tgt[-1]
    (1, 2)
    """
    return [
        (source.encode(pair[0], eos=source_eos), target.encode(pair[1], bos=True, eos=True)) for pair in pairs
    ]


def pad(
    sequences: Sequence[Sequence[int]], pad_id: int = PAD_ID, *, device: torch.device | None = None
) -> Tensor:
    """Fill sequences of ids up to the longest, on the right: (B, T).

    Raises:
        ValueError: if there is no sequence, or one is empty.

    >>> pad([[5, 6, 7], [8]])
    tensor([[5, 6, 7],
            [8, 0, 0]])
    """
    if not sequences or not all(map(len, sequences)):
        raise ValueError("expected at least one sequence, and none of them empty")
    longest = max(map(len, sequences))
    return torch.tensor([[*ids, *[pad_id] * (longest - len(ids))] for ids in sequences], device=device)


def batches(
    pairs: Sequence[tuple[Sentence, Sentence, *tuple]],
    source: Words,
    target: Words,
    batch_size: int,
    *,
    generator: torch.Generator | None = None,
    device: torch.device | None = None,
) -> Iterator[Batch]:
    """All pairs once, `batch_size` at a time; the last batch may be smaller.

    Args:
        pairs: `Pair`s, or any tuples that begin with a sentence and its translation.
        source, target: the vocabulary of each side.
        batch_size: B, at least 1.
        generator: shuffles the pairs; without one they keep their order.
        device: where the batches live.

    Yields:
        src_ids (B, S) and tgt_ids (B, T), int64, padded with the vocabularies' pad id.

    Raises:
        ValueError: if `batch_size` is below 1 or there is no pair.

    >>> from transformer_lib.data import generate, vocabularies
    >>> [len(batch.src_ids) for batch in batches(generate(7), *vocabularies(), 3)]
    [3, 3, 1]
    """
    if batch_size < 1:
        raise ValueError(f"a batch holds at least one pair, got batch_size {batch_size}")
    if not pairs:
        raise ValueError("there is no pair of sentences to batch")
    return _cut(encode_pairs(pairs, source, target), source, target, batch_size, generator, device)


def _cut(encoded, source, target, batch_size, generator, device) -> Iterator[Batch]:
    n = len(encoded)
    order = (
        range(n)
        if generator is None
        else torch.randperm(n, generator=generator, device=generator.device).tolist()
    )
    for start in range(0, n, batch_size):
        sources, targets = zip(*(encoded[row] for row in order[start : start + batch_size]), strict=True)
        yield Batch(pad(sources, source.pad_id, device=device), pad(targets, target.pad_id, device=device))
