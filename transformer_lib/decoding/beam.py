"""Beam search: a few sentences grown side by side, the best of them kept at each step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, overload

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.decoding.continuation import Continuation, check_ids, check_logits, without
from transformer_lib.decoding.hypotheses import PENALTIES, Hypothesis, Step, Tree, ranked, trees
from transformer_lib.decoding.protocols import config_of
from transformer_lib.model.modes import inference_mode

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
    normalise: str = ...,
    replace_ended: bool = ...,
    forbidden: Sequence[int] = ...,
    n_padding: Tensor | None = ...,
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
    normalise: str = ...,
    replace_ended: bool = ...,
    forbidden: Sequence[int] = ...,
    n_padding: Tensor | None = ...,
    return_tree: Literal[True],
) -> tuple[list[list[Hypothesis]], list[Tree]]: ...
def beam_search(
    model: nn.Module,
    src_ids: Tensor,
    *,
    max_length: int,
    beam_size: int = 4,
    length_penalty: float = 0.6,
    normalise: str = "wu",
    replace_ended: bool = False,
    forbidden: Sequence[int] = (),
    n_padding: Tensor | None = None,
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

    With `replace_ended` the next likeliest beginning takes the place of one that ends at once, so that K are extended at
    every step. Then, with `normalise` "power", this is `generate` of the `transformers` library, with
    `early_stopping="never"`.

    Args:
        model, src_ids, max_length, forbidden, n_padding: as in `greedy_decode`.
        beam_size: K, from 1 to 10,000.
        length_penalty: α >= 0; 0 ranks by probability alone and so favours short sentences.
        normalise: "wu" for lp as above, or "power" for lp(y) = |y|^α.
        replace_ended: as above.
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
    check_ids(model, src_ids, max_length, n_padding, forbidden)
    if isinstance(beam_size, bool) or not isinstance(beam_size, int) or not 1 <= beam_size <= WIDEST:
        raise ValueError(f"beam_size is a whole number from 1 to {WIDEST}, got {checks.said(beam_size)}")
    checks.choice("normalise", normalise, tuple(PENALTIES))
    _check_penalty(length_penalty, max_length)
    checks.flag("replace_ended", replace_ended)
    checks.flag("return_tree", return_tree)
    lp = PENALTIES[normalise]

    def penalty(length: int) -> float:
        return lp(length, length_penalty)

    with inference_mode(model):
        rules = _Rules(
            max_length, beam_size, penalty, replace_ended, tuple(forbidden), config_of(model).eos_id
        )
        steps = _search(Continuation(model, src_ids, n_padding), len(src_ids), src_ids.device, rules)
        grown = trees(steps, len(src_ids), rules.eos_id)
    best = [ranked(tree, max_length, penalty)[:beam_size] for tree in grown]
    return (best, grown) if return_tree else best


class _Rules(NamedTuple):
    """What a search was asked for."""

    max_length: int
    beam_size: int
    penalty: Callable[[int], float]
    replace_ended: bool
    forbidden: tuple[int, ...]
    eos_id: int


def _search(continuation: Continuation, n_sources: int, device: torch.device, rules: _Rules) -> list[Step]:
    logits, beam_size = continuation.first, rules.beam_size
    sources = torch.arange(n_sources, device=device)
    live = torch.zeros(n_sources, 1, dtype=torch.float64, device=device)  # ln p of the beginnings, (A, W)
    best = torch.full((n_sources, beam_size), -math.inf, dtype=torch.float64, device=device)
    steps, some_ended = [], False
    for length in range(1, rules.max_length + 1):
        places = live.shape[1]
        check_logits(logits, live.flatten() > -math.inf)
        gains, ids = _likeliest(logits, beam_size + rules.replace_ended, rules.forbidden)
        before = live.flatten()[:, None]
        gains = gains.masked_fill(before == -math.inf, -math.inf)  # whatever an empty place says
        candidates = (before + gains).view(len(sources), -1)
        # The candidates of a beginning stand in their order, so a stable sort settles what is equal.
        totals, at = candidates.sort(dim=1, descending=True, stable=True)
        parents, ids = at // ids.shape[1], ids.reshape(len(sources), -1).gather(1, at)
        step = _kept(Step(sources, parents, ids, totals), rules)
        steps.append(step)
        if length == rules.max_length:
            break
        parents, ids, totals = (x[:, :beam_size] for x in step[1:])
        ended = step.ids == rules.eos_id
        some_ended = some_ended or bool(ended.any())
        live = totals.masked_fill(ended[:, :beam_size], -math.inf) if some_ended else totals
        first_rows = torch.arange(len(sources), device=device)[:, None] * places
        in_place = ids.shape[1] == places  # each source's rows stay where they are
        if some_ended:
            scores = step.totals.masked_fill(~ended, -math.inf) / rules.penalty(length)
            best = torch.cat([best, scores], 1).topk(beam_size).values
            # ln p only falls, and no sentence can be longer than max_length: the score that is still in reach.
            reach = live.amax(1) / rules.penalty(rules.max_length)
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


def _kept(step: Step, rules: _Rules) -> Step:
    """Of all candidates, best first, those that count; the first K places are those that may be extended."""
    width = rules.beam_size
    if not rules.replace_ended:
        return Step(step.sources, *(x[:, :width] for x in step[1:]))
    _, ids, totals = (x[:, : 2 * width] for x in step[1:])
    ended, place = ids == rules.eos_id, torch.arange(ids.shape[1], device=ids.device)
    goes_on = ~ended & ((~ended).cumsum(1) <= width)
    totals = totals.masked_fill(~(goes_on | (ended & (place < width))), -math.inf)
    order = goes_on.byte().sort(dim=1, descending=True, stable=True).indices
    return Step(step.sources, step.parents.gather(1, order), ids.gather(1, order), totals.gather(1, order))


def _likeliest(logits: Tensor, count: int, forbidden: Sequence[int]) -> tuple[Tensor, Tensor]:
    """ln p and ids of the likeliest tokens of each row, best first, equal ones by id: two (R, min(count, V))."""
    count, total = min(count, logits.shape[-1]), logits.logsumexp(-1, keepdim=True).double()
    logits = without(logits, forbidden)
    values, ids = logits.topk(min(count + 1, logits.shape[-1]))
    if (values[:, 1:] == values[:, :-1]).any():  # which of equal ones topk takes is left open
        values, ids = logits.sort(dim=-1, descending=True, stable=True)
    return values[:, :count].double() - total, ids[:, :count]


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
