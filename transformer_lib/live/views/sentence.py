"""Self-attention on a sentence."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from transformer_lib.live.controls import Choice, Slider, Text, Toggle
from transformer_lib.live.drawings import Bars, Heatmap, Words
from transformer_lib.live.views.view import View
from transformer_lib.model.attention import attention
from transformer_lib.model.masks import causal_mask


def sentence(
    x: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    temperature: Tensor,
    scaled: Tensor,
    causal: Tensor,
    hidden: Tensor,
    word: Tensor,
) -> dict[str, Tensor]:
    """Self-attention on a sentence.

    Args:
        x: (n, d) word vectors.
        w_q, w_k: (d, k) projections to queries and keys.
        temperature: 0-d; scores are divided by it.
        scaled: 0-d bool; divide the scores by √k as well.
        causal: 0-d bool; hide the future.
        hidden: 0-d; how many words at the end count as padding.
        word: 0-d int64; the row to show.

    Returns:
        weights (n, n) and allowed (n, n), bool; of the chosen word, row (n,) and seen (n,), bool.
    """
    queries, keys = x @ w_q, x @ w_k
    n = x.shape[0]
    scale = torch.where(scaled, w_q.shape[-1] ** -0.5, 1.0) / temperature
    real = torch.arange(n) < n - hidden
    mask = (causal_mask(n) | ~causal) & real
    _, weights = attention(queries, keys, keys, mask, scale=scale)
    chosen = word.reshape(1)
    return {
        "weights": weights,
        "allowed": mask,
        "row": weights.index_select(0, chosen).reshape(n),
        "seen": mask.index_select(0, chosen).reshape(n),
    }


def typed(
    ids: Tensor,
    embeddings: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    temperature: Tensor,
    scaled: Tensor,
    causal: Tensor,
    word: Tensor,
) -> dict[str, Tensor]:
    """Self-attention on a sentence that was typed: `sentence` on the rows of `embeddings` (v, d) that `ids` (n,) name."""
    x = embeddings.index_select(0, ids)
    return sentence(x, w_q, w_k, temperature, scaled, causal, torch.zeros(()), word)


_random = torch.Generator().manual_seed(0)

SENTENCE = View(
    name="sentence",
    title="Who looks at whom",
    function=sentence,
    controls=(
        Choice("word", "word that looks", "tokens"),
        Slider("temperature", "temperature", 0.1, 4.0, 0.1, 1.0),
        Slider("hidden", "words hidden at the end", 0, 5, 1, 0, digits=0),
        Toggle("scaled", "divide by √d", True),
        Toggle("causal", "hide the future", False),
    ),
    drawings=(
        Words("row", "tokens", "Where the chosen word looks", selected="word", height=112),
        Heatmap(
            "weights",
            "tokens",
            "tokens",
            "Each word (row) looks at each (column)",
            selected="word",
            allowed="allowed",
        ),
        Bars("row", "tokens", "The row of the chosen word", allowed="seen", fold=0.02, height=270),
    ),
    example={
        "x": torch.randn(7, 5, generator=_random),
        "w_q": torch.randn(5, 3, generator=_random),
        "w_k": torch.randn(5, 3, generator=_random),
        "temperature": torch.tensor(1.0),
        "scaled": torch.tensor(True),
        "causal": torch.tensor(False),
        "hidden": torch.tensor(0.0),
        "word": torch.tensor(2),
    },
    dynamic={"x": {0: "n", 1: "d"}, "w_q": {0: "d", 1: "k"}, "w_k": {0: "d", 1: "k"}},
    labels={"tokens": "n"},
    hint="Press a word to see its row, or move a control.",
)

TYPED = replace(
    SENTENCE,
    name="typed",
    title="Who looks at whom in your sentence",
    function=typed,
    controls=(
        Text("ids", "your sentence", "vocabulary", words="tokens"),
        *(control for control in SENTENCE.controls if control.name != "hidden"),
    ),
    example={
        "ids": torch.tensor([4, 2, 0, 6, 2]),
        "embeddings": torch.randn(7, 5, generator=_random),
        **{name: value for name, value in SENTENCE.example.items() if name not in ("x", "hidden")},
    },
    dynamic={
        "ids": {0: "n"},
        "embeddings": {0: "v", 1: "d"},
        "w_q": SENTENCE.dynamic["w_q"],
        "w_k": SENTENCE.dynamic["w_k"],
    },
    labels={"vocabulary": "v"},
    hint="Type a sentence out of known words, or press a word to see its row.",
)
