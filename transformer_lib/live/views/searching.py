"""A beam search with the trained translator: every beginning that was kept, and the hypotheses."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.decoding import BeamNode, beam_search
from transformer_lib.live.controls import Slider, Steps
from transformer_lib.live.drawings import Numbers, Tree
from transformer_lib.live.views.translating import LONGEST, TRANSLATOR, WARNS, inside, vocabularies
from transformer_lib.live.views.view import View
from transformer_lib.models.translator import load_translator

WIDEST = 8


def beam(sentence: Tensor, size: Tensor, alpha: Tensor) -> dict[str, Tensor]:
    """A beam search with its tree; nodes stand in the order in which they were kept, parents first.

    Args:
        sentence: (S,), English ids.
        size: 0-d, how many beginnings are kept.
        alpha: 0-d, the length penalty.

    Returns:
        For each of N nodes, parents (N,), -1 at the start, tokens (N,), totals (N,), ln p of the beginning, and
        ended (N,), bool; for each of K hypotheses, best first, ranks (K,), its last node, scores (K,), sentences
        (K, T), its ids, filled up with -1, and ranking (K, 2), ln p and score; inside, 0-d bool, whether the grammar
        makes the English sentence.
    """
    model, _, _ = load_translator()
    [hypotheses], [tree] = beam_search(
        model,
        sentence[None],
        max_length=LONGEST,
        beam_size=int(size),
        length_penalty=float(alpha),
        return_tree=True,
    )
    last = {path: node for node, path in enumerate(_paths(tree))}
    length = max(len(hypothesis.ids) for hypothesis in hypotheses)
    filled = [[*hypothesis.ids, *[-1] * (length - len(hypothesis.ids))] for hypothesis in hypotheses]
    return {
        "parents": torch.tensor([node.parent for node in tree]),
        "tokens": torch.tensor([node.id for node in tree]),
        "totals": torch.tensor([node.log_probability for node in tree]),
        "ended": torch.tensor([node.ended for node in tree]),
        "ranks": torch.tensor([last[hypothesis.ids] for hypothesis in hypotheses]),
        "scores": torch.tensor([hypothesis.score for hypothesis in hypotheses]),
        "sentences": torch.tensor(filled),
        "ranking": torch.tensor([[found.log_probability, found.score] for found in hypotheses]),
        "inside": inside(sentence),
    }


def _paths(tree: list[BeamNode]) -> list[tuple[int, ...]]:
    """The ids from the start to each node."""
    paths: list[tuple[int, ...]] = []
    for node in tree:
        before = paths[node.parent] if node.parent >= 0 else ()
        paths.append((*before, node.id))
    return paths


BEAM = View(
    name="beam",
    title="What a beam keeps",
    function=beam,
    controls=(
        TRANSLATOR.controls[0],
        Steps("size", "beam size", tuple(range(1, WIDEST + 1)), 4, digits=0),
        Slider("alpha", "length penalty α", 0.0, 2.0, 0.1, 0.6),
    ),
    drawings=(
        Tree(
            "parents",
            "tokens",
            "totals",
            "ranks",
            "french",
            "Beginnings that were kept",
        ),
        Numbers("ranking", "ranked", ("ln p", "score"), "Sentences, best first", width=736, height=260),
    ),
    example={
        "sentence": torch.tensor([3, 5, 7, 11]),
        "size": torch.tensor(4.0),
        "alpha": torch.tensor(0.6),
    },
    dynamic={"sentence": {0: "n"}},
    labels={"english": "e", "french": "f"},
    kind="program",
    hint="Type English. Then widen the beam.",
    spoken={"ranked": ("sentences", "french")},
    says=("French", "ranked"),
    warns=WARNS,
    defaults=vocabularies,
)
