"""One attention row of the translator's encoder, beside the effect of masking each word: a stored table."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice
from transformer_lib.live.drawings import Words
from transformer_lib.live.shipped import SIZES
from transformer_lib.live.views.view import View
from transformer_lib.studies import results

TEXT = "sally adored reading ; when she received a book for her birthday she was happy ."
SENTENCE = tuple(TEXT.split())
# Repeated words are numbered by their place.
NAMES = tuple(
    f"{word} ({place})" if SENTENCE.count(word) > 1 else word for place, word in enumerate(SENTENCE, 1)
)


@cache
def _found() -> tuple[Tensor, Tensor]:
    """Weights and effects, (n_layers, H, n, n) each."""
    [row] = (row for row in results("heads")["words"] if tuple(row["english"]) == SENTENCE)
    return torch.tensor(row["weights"]), torch.tensor(row["effects"])


def heads(layer: Tensor, head: Tensor, word: Tensor) -> dict[str, Tensor]:
    """One row of one head's weights, and the effect of masking each of its words.

    Read from the results of ``python -m transformer_lib.studies.heads``.

    Args:
        layer: 0-d int64, which layer of the encoder, from 0.
        head: 0-d int64, which of its heads, from 0.
        word: 0-d int64, which word of the sentence is the query.

    Returns:
        weights (16,), and effects (16,): the largest total variation distance over the French words.
    """
    weights, effects = (table[int(layer), int(head), int(word)] for table in _found())
    return {"weights": weights.clone(), "effects": effects.clone()}


HEADS = View(
    name="heads",
    title="Where a word looks, and what it costs to look away",
    function=heads,
    controls=(
        Choice("layer", "layer", [str(number) for number in range(1, SIZES.n_layers + 1)], 1),
        Choice("head", "head", [str(number) for number in range(1, SIZES.n_heads + 1)], 2),
        Choice("word", "word that looks", NAMES, SENTENCE.index("happy")),
    ),
    drawings=(
        Words(
            "weights",
            NAMES,
            "How much it looks at each word (attention weight)",
            selected="word",
            language="english",
            height=118,
        ),
        Words(
            "effects",
            NAMES,
            "How much probability moves when that word is hidden",
            selected="word",
            language="english",
            height=118,
        ),
    ),
    example={"layer": torch.tensor(1), "head": torch.tensor(2), "word": torch.tensor(14)},
    kind="table",
    hint="Press a word of the sentence, or choose another head.",
)
