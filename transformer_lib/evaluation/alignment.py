"""Cross-attention as a word alignment, scored against gold alignments.

A link (s, t), as in `Pair.alignment`, says that target word t comes from source word s, counted from 0, special
tokens left out. Weights of shape (T, S) belong to the rows that *produce* the target words: row t is the one whose
logits predict word t, so it is the row in which word t - 1 (or the start token) was read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.decoding.protocols import config_of
from transformer_lib.model.modes import evaluating

Links = Collection[tuple[int, int]]


def alignment_weights(model: nn.Module, src_ids: Tensor, tgt_ids: Tensor) -> list[Tensor]:
    """Cross-attention of an encoder-decoder under teacher forcing, without special tokens and padding.

    Args:
        model: its ``model(src_ids, tgt_ids, return_weights=True)`` returns logits and weights with `cross`.
        src_ids: (B, S) source ids, padded on the right; an end token is left out of the result.
        tgt_ids: (B, T) target ids as a batch holds them: a start token, words, an end token, padding.

    Returns:
        One (n_layers, H, T_b, S_b) per sentence; row t produced target word t.

    Raises:
        ValueError: if a row holds no word, or shapes do not fit.
        TypeError: if ids are no tensors of integers.
    """
    checks.model("model", model)
    checks.ids("src_ids", src_ids, 2, "(B, S)")
    checks.ids("tgt_ids", tgt_ids, 2, "(B, T)")
    if len(src_ids) != len(tgt_ids) or tgt_ids.shape[1] < 2:
        raise ValueError(
            "expected as many source sentences as targets of begin token and words, "
            f"got {tuple(src_ids.shape)} and {tuple(tgt_ids.shape)}"
        )
    config = config_of(model)
    with evaluating(model), torch.no_grad():
        _, weights = model(src_ids, tgt_ids[:, :-1], return_weights=True)
    special = torch.tensor([config.pad_id, config.bos_id, config.eos_id], device=src_ids.device)
    cut = []
    for row, (source, target) in enumerate(zip(src_ids, tgt_ids, strict=True)):
        s, t = (~torch.isin(source, special)).sum(), (~torch.isin(target, special)).sum()
        if not s or not t:
            raise ValueError(f"row {row} holds {s} source and {t} target words; both must hold one")
        cut.append(weights.cross[:, row, :, :t, :s])
    return cut


def alignment_error_rate(
    weights: Tensor | Sequence[Tensor],
    gold: Links | Sequence[Links],
    *,
    possible: Links | Sequence[Links] | None = None,
    threshold: float | None = None,
) -> float:
    r"""Alignment error rate: disagreement between the links of attention and gold links.

    .. math:: \mathrm{error} = 1 - \frac{|A \cap S| + |A \cap P|}{|A| + |S|}

    A are the links of attention: from each target word to the source word with the largest weight (the first of
    equal ones), or with a `threshold` to each source word whose weight reaches it. S are the gold links that are sure,
    P these and the possible ones. Counts run over the whole corpus before they are divided.

    Args:
        weights: (T, S), or one such tensor per sentence.
        gold: sure links (s, t), source before target, or one such collection per sentence; a tensor (n, 2) will do.
        possible: further gold links, neither required nor errors, in the same form; none by default.
        threshold: a number in (0, 1], or None for the largest weight.

    Returns:
        A number in [0, 1]; 0 is perfect.

    Raises:
        ValueError: if shapes, links or counts do not fit, or there is nothing to score.
        TypeError: if weights are no tensors of floating-point numbers, or a link is not two whole numbers.

    Source: Och and Ney 2003, section 5.

    >>> weights = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> alignment_error_rate(weights, {(0, 0), (1, 1), (1, 2)})
    0.33333333333333337
    """
    if threshold is not None:
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
            raise TypeError(f"threshold must be a number, got {checks.said(threshold)}")
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold is a weight in (0, 1], got {threshold}")
    sentences = _sentences(weights, gold)
    extra = (
        [frozenset()] * len(sentences) if possible is None else [g for _, g in _sentences(weights, possible)]
    )
    hits = size = 0
    for (matrix, sure), also in zip(sentences, extra, strict=True):
        links = _links(matrix, threshold)
        hits += len(links & sure) + len(links & (sure | also))
        size += len(links) + len(sure)
    if not size:
        raise ValueError("there are no links, neither in the gold alignment nor in attention")
    return 1 - hits / size


def argmax_accuracy(weights: Tensor | Sequence[Tensor], gold: Links | Sequence[Links]) -> float:
    """The share of target words whose largest weight lies on a source word that they come from.

    Target words without a gold link do not count.

    Args:
        weights, gold: as in `alignment_error_rate`.

    Raises:
        ValueError: as there; if no target word has a link.

    >>> argmax_accuracy(torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), {(0, 0), (0, 1), (1, 1)})
    1.0
    """
    right = total = 0
    for matrix, sure in _sentences(weights, gold):
        right += len(_links(matrix, None) & sure)  # one link per target word
        total += len({t for _, t in sure})
    if not total:
        raise ValueError("no target word has a gold link")
    return right / total


def _links(weights: Tensor, threshold: float | None) -> set[tuple[int, int]]:
    if threshold is None:
        return {(s, t) for t, s in enumerate(weights.argmax(-1).tolist())}
    return {(s, t) for t, s in (weights >= threshold).nonzero().tolist()}


def _sentences(
    weights: Tensor | Sequence[Tensor], gold: Links | Sequence[Links]
) -> list[tuple[Tensor, frozenset[tuple[int, int]]]]:
    """Both arguments as lists over sentences, validated."""
    if isinstance(weights, Tensor):
        weights, gold = [weights], cast(list[Links], [gold])
    for name, given in (("weights", weights), ("links", gold)):
        if isinstance(given, str) or not isinstance(given, (Sequence, Collection, Tensor)):
            raise TypeError(f"{name} must be one for each sentence, got {checks.said(given)}")
    if len(weights) != len(gold):
        raise ValueError(
            f"each sentence needs its links, got {len(weights)} weights and {len(gold)} alignments"
        )
    if not len(weights):
        raise ValueError("there is no sentence to score")
    sentences = []
    for matrix, links in zip(weights, gold, strict=True):
        checks.floating("weights", matrix)
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise ValueError(
                f"weights must be (T, S), got {tuple(matrix.shape)}; choose a layer and a head first"
            )
        if matrix.isnan().any():
            raise ValueError("weights hold NaN")
        n_target, n_source = matrix.shape
        pairs = _pairs(cast(Links, links))
        for s, t in pairs:
            if not (0 <= t < n_target and 0 <= s < n_source):
                raise ValueError(
                    f"link {(s, t)} lies outside weights of T = {n_target} and S = {n_source}; "
                    "links are (source, target), counted from 0"
                )
        sentences.append((matrix, pairs))
    return sentences


def _pairs(links: Links) -> frozenset[tuple[int, int]]:
    """Links as pairs of Python ints: equal tensors hash differently, so a set would not merge them."""
    if isinstance(links, Tensor):
        links = links.tolist()
    found = set()
    for link in links if isinstance(links, Collection) and not isinstance(links, str) else (links,):
        if not isinstance(link, (Sequence, Tensor)) or isinstance(link, str) or len(link) != 2:
            raise TypeError(f"a link is a pair (source, target), got {checks.said(link)}")
        pair = tuple(x.item() if isinstance(x, Tensor) and not x.ndim else x for x in link)
        for x in pair:
            checks.whole("each side of a link", x)
        found.add(tuple(int(x) for x in pair))
    return frozenset(found)
