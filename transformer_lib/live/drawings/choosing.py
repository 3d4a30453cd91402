"""Drawings of decoding: sampling from the cumulative distribution, and the tree of a beam search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from transformer_lib import figures
from transformer_lib.figures.draws import drawn_at
from transformer_lib.figures.trees import columns_of, path_to
from transformer_lib.live.drawings.names import Labels, Outputs, Values, language_of, listed, names_of

TOLD = 5
"""Number of segments or hypotheses listed in the text alternative."""


APART, AROUND = 60, 56
"""CSS pixels of a beginning in its column, and of title, numbers of steps and scroll bar."""


@dataclass(frozen=True)
class Strip:
    """Probabilities of the words, by id, as segments of the line from 0 to 1, and the segment that a draw falls on.

    Attributes:
        edges: the output, (V,): cumulative probabilities, the ends of the segments.
        labels: the V words.
        draw: a 0-d output from 0 to 1, the draw.
        digits: decimals of a share.
    """

    edges: str
    labels: str | Sequence[str]
    title: str
    draw: str
    digits: int = 2
    width: int = 736
    height: int = 112
    type = "strip"
    keeps = True  # also on narrow screens: letters do not shrink

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.strip(
            axes,
            outputs[self.edges],
            names_of(self.labels, labels),
            float(outputs[self.draw]),
            title=self.title,
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        names, edges = names_of(self.labels, labels), outputs[self.edges].tolist()
        draw = float(outputs[self.draw])
        lows = [0.0, *edges[:-1]]
        shares = [high - low for low, high in zip(lows, edges, strict=True)]
        at = drawn_at(edges, draw)
        widest = sorted(range(len(edges)), key=lambda i: -shares[i])[:TOLD]
        widest = [i for i in widest if shares[i] > 0]
        return (
            f"{self.title}: the draw {draw:.4g} falls on {names[at]}, from {lows[at]:.4g} to {edges[at]:.4g}. "
            f"Largest shares: {listed([names[i] for i in widest], [shares[i] for i in widest])}."
        )


@dataclass(frozen=True)
class Tree:
    """Beginnings that a beam search kept: a column for each length, in each the beginnings in the tree's order.

    Attributes:
        parents: the output, (N,): each node's parent, an earlier node, or -1 at the start.
        tokens: the output, (N,): the id of each node's word.
        totals: the output, (N,): ln p of the beginning that each node ends.
        ranks: the output, (K,): the last node of each hypothesis, best first.
        labels: the vocabulary.
    """

    parents: str
    tokens: str
    totals: str
    ranks: str
    labels: str | Sequence[str]
    title: str
    width: int = 736
    height: int = 330
    type = "tree"
    keeps = True  # also on narrow screens: columns scroll there

    def fitted(self, outputs: Outputs) -> Tree:
        """The drawing as tall as its fullest column, at most `height`; the page's script does the same."""
        columns = columns_of(outputs[self.parents].tolist())
        most = max((columns.count(column) for column in set(columns)), default=1)
        return replace(self, height=min(self.height, APART * most + AROUND))

    def _words(self, outputs: Outputs, labels: Labels) -> list[str]:
        names = names_of(self.labels, labels)
        return [names[i] for i in outputs[self.tokens].tolist()]

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.tree(
            axes,
            outputs[self.parents].tolist(),
            self._words(outputs, labels),
            outputs[self.totals].tolist(),
            outputs[self.ranks].tolist(),
            title=self.title,
            language=language_of(self.labels),
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        parents, words = outputs[self.parents].tolist(), self._words(outputs, labels)
        totals, ranks = outputs[self.totals].tolist(), outputs[self.ranks].tolist()
        said = [
            f"{rank}. {' '.join(words[i] for i in path_to(parents, end))} (ln p {totals[end]:.4g})"
            for rank, end in enumerate(ranks[:TOLD], start=1)
        ]
        steps = max(columns_of(parents), default=0)
        return f"{self.title}. {len(parents)} beginnings kept in {steps} steps. {'; '.join(said)}."
