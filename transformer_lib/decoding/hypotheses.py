"""What a beam search leaves: a tree of kept tokens, and the sentences in it, ranked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor


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


def _wu(length: int, alpha: float) -> float:
    return ((5 + length) / (5 + 1)) ** alpha


def _power(length: int, alpha: float) -> float:
    return float(length) ** alpha


PENALTIES: dict[str, Callable[[int, float], float]] = {
    "wu": _wu,  # Wu et al. 2016, equation 14
    "power": _power,  # of the length itself: with an exponent of 1 a mean over tokens
}


class Step(NamedTuple):
    """What one step kept: A sources still searched, W places each. A place of log-probability -inf is empty."""

    sources: Tensor  # (A,)
    parents: Tensor  # (A, W) places of the step before
    ids: Tensor  # (A, W)
    totals: Tensor  # (A, W) ln p


def trees(steps: list[Step], n_sources: int, eos_id: int) -> list[Tree]:
    """The kept tokens of each source, parents before children."""
    found: list[Tree] = [[] for _ in range(n_sources)]
    above: list[list[int]] = [
        [-1] for _ in range(n_sources)
    ]  # place -> index in the tree, of the step before
    for step in steps:
        for source, *kept in zip(*(tensor.tolist() for tensor in step), strict=True):
            tree, parents = found[source], above[source]
            above[source] = []
            for parent, token, total in zip(*kept, strict=True):
                above[source].append(len(tree))
                if total > -math.inf:
                    tree.append(BeamNode(parents[parent], token, total, token == eos_id))
    return found


def ranked(tree: Tree, max_length: int, penalty: Callable[[int], float]) -> list[Hypothesis]:
    """The hypotheses of a tree: what ended, and what stood when no length was left; best first."""
    hypotheses, lengths = [], []
    for index, node in enumerate(tree):
        lengths.append(1 if node.parent < 0 else lengths[node.parent] + 1)
        if node.ended or lengths[index] == max_length:
            score = node.log_probability / penalty(lengths[index])
            hypotheses.append(Hypothesis(_path(tree, index), score, node.log_probability))
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)  # stable: of equal ones the earlier


def _path(tree: Tree, index: int) -> tuple[int, ...]:
    ids = []
    while index >= 0:
        ids.append(tree[index].id)
        index = tree[index].parent
    return tuple(reversed(ids))
