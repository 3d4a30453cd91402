"""Metrics of a translator: quality of translations, and alignment error of its cross-attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from transformer_lib.data import Pair, batches
from transformer_lib.decoding import greedy_decode
from transformer_lib.decoding.protocols import config_of
from transformer_lib.evaluation.alignment import alignment_error_rate, alignment_weights, argmax_accuracy
from transformer_lib.evaluation.scores import Bleu, bleu, exact_match
from transformer_lib.text.vocabulary import Vocabulary


class Quality(NamedTuple):
    """Translation quality: exact match and corpus BLEU."""

    exact_match: float
    bleu: Bleu


class Alignment(NamedTuple):
    """Alignment scores of one head; head None is the mean over a layer's heads, layer None also over all layers."""

    layer: int | None
    head: int | None
    error_rate: float
    accuracy: float


def translations(
    model: nn.Module,
    source: Vocabulary,
    target: Vocabulary,
    pairs: Sequence[Pair],
    *,
    batch_size: int = 128,
    max_length: int | None = None,
) -> list[tuple[str, ...]]:
    """Greedy translations of the English side of each pair, in the order of the pairs.

    Args:
        model: an encoder-decoder of these vocabularies.
        source, target: the vocabulary of each side.
        pairs: what to translate; sentences of similar length are batched together.
        batch_size: how many at a time.
        max_length: longest translation in words; `model.config.max_length` by default.
    """
    max_length = config_of(model).max_length if max_length is None else max_length
    device = next(model.parameters()).device
    order = sorted(range(len(pairs)), key=lambda row: len(pairs[row].english))
    ordered = batches([pairs[row] for row in order], source, target, batch_size, device=device)
    said = [
        tuple(target.decode(ids))
        for batch in ordered
        for ids in greedy_decode(model, batch.src_ids, max_length=max_length)
    ]
    return [words for _, words in sorted(zip(order, said, strict=True))]


def quality(model: nn.Module, source: Vocabulary, target: Vocabulary, pairs: Sequence[Pair]) -> Quality:
    """Exact match and BLEU of a model's greedy translations; arguments as for `translations`."""
    said = translations(model, source, target, pairs)
    meant = [pair.french for pair in pairs]
    # The model's words are the tokens, already separated by spaces.
    return Quality(
        exact_match(said, meant), bleu([*map(" ".join, said)], [*map(" ".join, meant)], tokenize="none")
    )


def alignments(
    model: nn.Module, source: Vocabulary, target: Vocabulary, pairs: Sequence[Pair], *, batch_size: int = 128
) -> list[Alignment]:
    """Each cross-attention under teacher forcing, scored against the gold alignment.

    Returns:
        For each layer the mean of its heads, then its heads; last the mean of all heads of all layers.
    """
    device = next(model.parameters()).device
    weights = [
        matrix.cpu()
        for batch in batches(pairs, source, target, batch_size, device=device)
        for matrix in alignment_weights(model, *batch)
    ]
    gold = [pair.alignment for pair in pairs]
    n_layers, n_heads = weights[0].shape[:2]
    found = []
    places = [(layer, head) for layer in range(n_layers) for head in (None, *range(n_heads))]
    for layer, head in [*places, (None, None)]:
        chosen = [_chosen(w, layer, head) for w in weights]
        scores = alignment_error_rate(chosen, gold), argmax_accuracy(chosen, gold)
        found.append(Alignment(layer, head, *scores))
    return found


def _chosen(weights: Tensor, layer: int | None, head: int | None) -> Tensor:
    """(T, S) of one head, or of the mean, from (n_layers, H, T, S)."""
    if layer is None:
        return weights.mean((0, 1))
    return weights[layer].mean(0) if head is None else weights[layer, head]


def best_alignment(table: Sequence[Alignment]) -> Alignment:
    """The entry with the smallest error, the first of equal ones."""
    return min(table, key=lambda row: row.error_rate)
