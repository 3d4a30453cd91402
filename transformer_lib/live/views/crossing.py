"""From encoder to output: cross-attention maps, and next-word probabilities under a changed source."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice
from transformer_lib.live.drawings import Bars, Heatmap, Links, Words
from transformer_lib.live.views.view import View


def cross(maps: Tensor, layer: Tensor, head: Tensor, word: Tensor) -> dict[str, Tensor]:
    """The cross-attention map of one head, or the mean over a layer's heads.

    Args:
        maps: (L, H, T, S), weights of the rows that produce each target word.
        layer: 0-d int64.
        head: 0-d int64; 0 is the mean over heads, h the head h − 1.
        word: 0-d int64, the target word to show.

    Returns:
        weights (T, S), row (S,).
    """
    chosen = maps.index_select(0, layer.reshape(1)).squeeze(0)
    both = torch.cat((chosen.mean(0, keepdim=True), chosen))
    weights = both.index_select(0, head.reshape(1)).squeeze(0)
    return {"weights": weights, "row": weights.index_select(0, word.reshape(1)).squeeze(0)}


_random = torch.Generator().manual_seed(0)

CROSS = View(
    name="cross",
    title="Where each French word looks",
    function=cross,
    controls=(
        Choice("layer", "decoder layer", ("1", "2"), 1),
        Choice("head", "head", ("mean", "1", "2", "3", "4")),
        Choice("word", "French word", "target"),
    ),
    drawings=(
        Links(
            "weights", "source", "target", "Links of the chosen word", selected="word", width=736, height=200
        ),
        Heatmap("weights", "target", "source", "French (row) looks at English (column)", selected="word"),
    ),
    example={
        "maps": torch.rand(2, 4, 5, 3, generator=_random).softmax(-1),
        "layer": torch.tensor(1),
        "head": torch.tensor(0),
        "word": torch.tensor(2),
    },
    dynamic={"maps": {2: "t", 3: "s"}},
    labels={"target": "t", "source": "s"},
    hint="Choose a French word, then another head.",
)


MAPS = replace(
    CROSS,
    name="maps",
    title="Who looks at whom",
    controls=(
        Choice("layer", "encoder layer", ("1", "2"), 1),
        Choice("head", "head", ("mean", "1", "2", "3", "4")),
        Choice("word", "word that looks", "words"),
    ),
    drawings=(
        Words(
            "row",
            "words",
            "Where the chosen word looks",
            selected="word",
            language="english",
            width=720,
            height=110,
        ),
        Heatmap(
            "weights",
            "words",
            "words",
            "Each word (row) looks at each (column)",
            selected="word",
            language="english",
        ),
    ),
    example={**CROSS.example, "maps": torch.rand(2, 4, 5, 5, generator=_random).softmax(-1)},
    dynamic={"maps": {2: "n", 3: "n"}},
    labels={"words": "n"},
    hint="Press a word, or choose another head.",
)


def what_if(chances: Tensor, variant: Tensor, step: Tensor) -> dict[str, Tensor]:
    """Probabilities of the next word under a changed source, beside those of the first source.

    Args:
        chances: (K, T, V), for K sources, T steps of one target and V words.
        variant: 0-d int64, which source.
        step: 0-d int64, which step.

    Returns:
        changed (V,), first (V,).
    """

    def at(source: Tensor) -> Tensor:
        chosen = chances.index_select(0, source.reshape(1)).squeeze(0)
        return chosen.index_select(0, step.reshape(1)).squeeze(0)

    return {"changed": at(variant), "first": at(torch.zeros_like(variant))}


WHAT_IF = View(
    name="what-if",
    title="Change a source word",
    function=what_if,
    controls=(Choice("variant", "English", "sources", 1), Choice("step", "French so far", "steps")),
    drawings=(
        Bars(
            "changed", "words", "Probability of the next word", beside="first", names=("this sentence", "the first one"),
            quiet=0.005, fold=0.02, language="french", width=736, height=220,
        ),
    ),
    example={
        "chances": torch.rand(3, 4, 5, generator=_random).softmax(-1),
        "variant": torch.tensor(1),
        "step": torch.tensor(0),
    },
    dynamic={"chances": {0: "k", 1: "t", 2: "v"}},
    labels={"sources": "k", "steps": "t", "words": "v"},
)  # fmt: skip
