"""Beam search: a few sentences grown side by side, the best of them kept at each step."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, overload

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.decoding.continuation import Continuation, check_ids, check_logits
from transformer_lib.decoding.protocols import config_of
from transformer_lib.model.modes import inference_mode


class Hypothesis(NamedTuple):
    """A sentence that a search found: its ids (the end token included, if it was reached), its score, ln p(ids)."""

    ids: tuple[int, ...]
    score: float
    log_probability: float


class BeamNode(NamedTuple):
    """A kept token in the tree of a search: its parent's index in the tree (-1 at the start), ln p up to here."""

    parent: int
    id: int
    log_probability: float
    ended: bool


Tree = list[BeamNode]

WIDEST = 10_000
"""Beginnings side by side: a thousand times what is usual, and as many as memory bears."""

LARGEST_PENALTY = 700.0
"""ln of the largest length penalty: e^709 is the end of double precision."""


@overload
def beam_search(
    model: nn.Module,
    src_ids: Tensor,
    *,
    max_length: int,
    beam_size: int = ...,
    length_penalty: float = ...,
    return_tree: Literal[False] = ...,
) -> list[list[Hypothesis]]: ...
@overload
def beam_search(
    model: nn.Module,
    src_ids: Tensor,
    *,
    max_length: int,
    beam_size: int = ...,
    length_penalty: float = ...,
    return_tree: Literal[True],
) -> tuple[list[list[Hypothesis]], list[Tree]]: ...
def beam_search(
    model: nn.Module,
    src_ids: Tensor,
    *,
    max_length: int,
    beam_size: int = 4,
    length_penalty: float = 0.6,
    return_tree: bool = False,
) -> list[list[Hypothesis]] | tuple[list[list[Hypothesis]], list[Tree]]:
    r"""Keep the `beam_size` likeliest beginnings at each step, and rank the sentences that end.

    .. math:: \mathrm{score}(y) = \frac{\ln p(y \mid x)}{\mathrm{lp}(y)}, \qquad
              \mathrm{lp}(y) = \left(\frac{5 + |y|}{6}\right)^{\alpha}

    At each step every beginning is extended by every token, and of all these the K = `beam_size` likeliest stay
    (equal ones: the better beginning first, then the smaller id). A beginning that ends leaves the beam as a
    hypothesis and is never extended; up to K take its place at the next step. What has not ended after `max_length`
    tokens is a hypothesis as it stands. A source is finished when no beginning can still come among its best K, so
    stopping early changes nothing. |y| counts the end token. A beam of 1 is greedy decoding.

    Args:
        model, src_ids, max_length: as in `greedy_decode`.
        beam_size: K, from 1 to 10,000.
        length_penalty: α >= 0; 0 ranks by probability alone and so favours short sentences.
        return_tree: also return everything that was kept, to draw it.

    Returns:
        For each source up to K hypotheses, best first; with `return_tree` also one list of `BeamNode` per source,
        parents before children.

    Raises:
        ValueError: as in `greedy_decode`; if `beam_size` or `length_penalty` is out of range.
        TypeError: if ids are not integers.

    Source: Wu et al. 2016, section 7, equation 14, without the coverage penalty; Vaswani et al. 2017, section 6.1,
    for K = 4 and α = 0.6.

    >>> from transformer_lib.model.transformer import Transformer, TransformerConfig
    >>> model = Transformer(TransformerConfig(11, 13, d_model=6, n_heads=2, d_ff=24, n_layers=1))
    >>> [hypotheses] = beam_search(model, torch.tensor([[3, 5, 7, 2]]), max_length=4)
    >>> len(hypotheses), hypotheses[0].score >= hypotheses[1].score
    (4, True)
    """
    check_ids(model, src_ids, max_length)
    if isinstance(beam_size, bool) or not isinstance(beam_size, int) or not 1 <= beam_size <= WIDEST:
        raise ValueError(f"beam_size is a whole number from 1 to {WIDEST}, got {checks.said(beam_size)}")
    _check_penalty(length_penalty, max_length)
    checks.flag("return_tree", return_tree)
    with inference_mode(model):
        steps = _search(model, src_ids, max_length, beam_size, length_penalty)
        trees = _trees(steps, len(src_ids), config_of(model).eos_id)
    ranked = [_ranked(tree, max_length, length_penalty)[:beam_size] for tree in trees]
    return (ranked, trees) if return_tree else ranked


class _Step(NamedTuple):
    """What one step kept: A sources still searched, W places each. A place of log-probability -inf is empty."""

    sources: Tensor  # (A,)
    parents: Tensor  # (A, W) places of the step before
    ids: Tensor  # (A, W)
    totals: Tensor  # (A, W) ln p


def _search(model: nn.Module, src_ids: Tensor, max_length: int, beam_size: int, alpha: float) -> list[_Step]:
    continuation, eos_id = Continuation(model, src_ids), config_of(model).eos_id
    logits, device = continuation.first, src_ids.device
    sources = torch.arange(len(src_ids), device=device)
    live = torch.zeros(len(src_ids), 1, dtype=torch.float64, device=device)  # ln p of the beginnings, (A, W)
    best = torch.full((len(src_ids), beam_size), -math.inf, dtype=torch.float64, device=device)
    steps, some_ended = [], False
    for length in range(1, max_length + 1):
        places = live.shape[1]
        check_logits(logits, live.flatten() > -math.inf)
        gains, ids = _likeliest(logits, beam_size)
        before = live.flatten()[:, None]
        gains = gains.masked_fill(before == -math.inf, -math.inf)  # whatever an empty place says
        candidates = (before + gains).view(len(sources), -1)
        # The candidates of a beginning stand in their order, so a stable sort settles what is equal.
        totals, at = candidates.sort(dim=1, descending=True, stable=True)
        totals, at = totals[:, :beam_size], at[:, :beam_size]
        parents, ids = at // ids.shape[1], ids.reshape(len(sources), -1).gather(1, at)
        steps.append(_Step(sources, parents, ids, totals))
        if length == max_length:
            break
        ended = ids == eos_id
        some_ended = some_ended or bool(ended.any())
        live = totals.masked_fill(ended, -math.inf) if some_ended else totals
        first_rows = torch.arange(len(sources), device=device)[:, None] * places
        in_place = ids.shape[1] == places  # each source's rows stay where they are
        if some_ended:
            scores = totals.masked_fill(~ended, -math.inf) / _penalty(length, alpha)
            best = torch.cat([best, scores], 1).topk(beam_size).values
            # ln p only falls, and no sentence can be longer than max_length: the score that is still in reach.
            reach = live.amax(1) / _penalty(max_length, alpha)
            going = best[:, -1] < reach
            if not going.any():
                break
            if not going.all():
                sources, live, best = sources[going], live[going], best[going]
                parents, ids, first_rows = parents[going], ids[going], first_rows[going]
                in_place = False
        continuation.keep((first_rows + parents).flatten(), same_sources=in_place)
        logits = continuation.step(ids.flatten())
    return steps


def _likeliest(logits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """ln p and ids of the likeliest tokens of each row, best first, equal ones by id: two (R, min(count, V))."""
    count = min(count, logits.shape[-1])
    values, ids = logits.topk(min(count + 1, logits.shape[-1]))
    if (values[:, 1:] == values[:, :-1]).any():  # which of equal ones topk takes is left open
        values, ids = logits.sort(dim=-1, descending=True, stable=True)
    gains = values[:, :count].double() - logits.logsumexp(-1, keepdim=True).double()
    return gains, ids[:, :count]


def _check_penalty(alpha: float, max_length: int) -> None:
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)):
        raise TypeError(f"length_penalty must be a number, got {checks.said(alpha)}")
    if not (math.isfinite(alpha) and alpha >= 0):
        raise ValueError(
            f"length_penalty is at least 0 and finite, got {alpha}; below 0 it would punish length"
        )
    largest = LARGEST_PENALTY / math.log((5 + max_length) / 6) if max_length > 1 else math.inf
    if alpha > largest:
        raise ValueError(
            f"length_penalty is at most {largest:.0f} where {max_length} tokens may be written, got {alpha}: "
            "a longer sentence would divide by more than a float holds"
        )


def _penalty(length: int, alpha: float) -> float:
    return ((5 + length) / (5 + 1)) ** alpha


def _trees(steps: list[_Step], n_sources: int, eos_id: int) -> list[Tree]:
    """The kept tokens of each source, parents before children."""
    trees: list[Tree] = [[] for _ in range(n_sources)]
    above: list[list[int]] = [
        [-1] for _ in range(n_sources)
    ]  # place -> index in the tree, of the step before
    for step in steps:
        for source, *kept in zip(*(tensor.tolist() for tensor in step), strict=True):
            tree, parents = trees[source], above[source]
            above[source] = []
            for parent, token, total in zip(*kept, strict=True):
                above[source].append(len(tree))
                if total > -math.inf:
                    tree.append(BeamNode(parents[parent], token, total, token == eos_id))
    return trees


def _ranked(tree: Tree, max_length: int, alpha: float) -> list[Hypothesis]:
    """The hypotheses of a tree: what ended, and what stood when no length was left; best first."""
    hypotheses, lengths = [], []
    for index, node in enumerate(tree):
        lengths.append(1 if node.parent < 0 else lengths[node.parent] + 1)
        if node.ended or lengths[index] == max_length:
            score = node.log_probability / _penalty(lengths[index], alpha)
            hypotheses.append(Hypothesis(_path(tree, index), score, node.log_probability))
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)  # stable: of equal ones the earlier


def _path(tree: Tree, index: int) -> tuple[int, ...]:
    ids = []
    while index >= 0:
        ids.append(tree[index].id)
        index = tree[index].parent
    return tuple(reversed(ids))
