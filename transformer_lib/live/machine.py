"""The machine: one diagram of the trained translator into which one zooms, with the numbers of a sentence at every level.

The page has the numbers of one sentence stored (`example`); for others it runs the exported parts `translator-trace`,
with the translator's weights, and `machine-word`, which has none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from transformer_lib.decoding import greedy_decode
from transformer_lib.evaluation.tracing import trace
from transformer_lib.live.machine_tables import tables
from transformer_lib.live.storing import from_json, to_json
from transformer_lib.live.views.translating import LONGEST, MOST, SHOWN
from transformer_lib.live.views.view import View
from transformer_lib.model.attention import attention
from transformer_lib.models.translator import load_translator

SENTENCE = "the red car is old ."
"""Six words in, six out; *red car* and *voiture rouge* change places."""
STEP = 2.0**-17
"""Stored numbers are multiples of this, at most 4e-6 off; so they compress."""
GRAPHS = ("machine-word", "translator-distribution")
"""What the page may run before the translator's weights have come."""


def word(q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> dict[str, Tensor]:
    """One head, one word: its query against every key, and the values that it mixes.

    Args:
        q: (D,), the query.
        k, v: (S, D), keys and values.
        seen: (S,) bool, which keys the word may attend to.

    Returns:
        products q_i k_i and their running sums, (S, D); fits, the last of these, and scores, fits / √D, (S,);
        weights (S,), mixed, each value times its weight, (S, D), and output, their sum, (D,).
    """
    products = q * k
    output, weights = attention(q[None], k, v, seen[None])
    assert weights is not None
    fits = k @ q
    return {
        "products": products,
        "running": products.cumsum(-1),
        "fits": fits,
        "scores": fits * q.shape[-1] ** -0.5,
        "weights": weights[0],
        "mixed": weights[0][:, None] * v,
        "output": output[0],
    }


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)), device="cpu")


WORD = View(
    name="machine-word",
    title="",
    function=word,
    controls=(),
    drawings=(),
    example={
        "q": _random(16),
        "k": _random(5, 16),
        "v": _random(5, 16),
        "seen": torch.ones(5, dtype=torch.bool, device="cpu"),
    },
    dynamic={"k": {0: "s"}, "v": {0: "s"}, "seen": {0: "s"}},
)


def traced(sentence: str) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Translate a sentence: its ids (S,), the French ids (T,) with the end, and `trace` of both.

    Raises:
        UnknownWordsError: if a word is not in the vocabulary.
    """
    model, english, _ = load_translator()
    ids = torch.tensor(english.encode(sentence))
    [written] = greedy_decode(model, ids[None], max_length=LONGEST)
    read = torch.cat((written.new_tensor([model.config.bos_id]), written[:-1]))
    return ids, written, trace(model, ids, read)


def example() -> dict[str, Any]:
    """What the page needs before anything is typed: words, the numbers of `SENTENCE`, tables, graphs, sizes."""
    model, english, french = load_translator()
    ids, written, kept = traced(SENTENCE)
    config = model.config
    folder = Path(__file__).parent / "graphs"
    sizes = {
        "layers": config.n_layers,
        "heads": config.n_heads,
        "most": MOST,
        "bos": config.bos_id,
        "eos": config.eos_id,
    }
    return {
        "sentence": SENTENCE,
        "ids": ids.tolist(),
        "written": written.tolist(),
        "english": english.words,
        "french": french.words,
        "sizes": sizes,
        "outputs": {name: to_json(_rounded(tensor)) for name, tensor in kept.items()},
        "tables": {name: _stored(table) for name, table in tables().items()},
        "graphs": {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in GRAPHS},
    }


def hero(whole: dict[str, Any]) -> dict[str, Any]:
    """The part of an example that level 0 shows: the last cross-attention, and the likeliest words of each place."""
    outputs = {
        name: from_json(whole["outputs"][name]) for name in ("decoder_cross_mean", "probabilities", "logits")
    }
    likely = np.argsort(-outputs["probabilities"], axis=-1, kind="stable")[:, :SHOWN]
    kept = np.zeros_like(outputs["probabilities"])
    np.put_along_axis(kept, likely, np.take_along_axis(outputs["probabilities"], likely, -1), -1)
    outputs |= {"probabilities": kept, "logits": np.zeros_like(kept)}
    names = ("sentence", "ids", "written", "english", "french", "sizes")
    return {name: whole[name] for name in names} | {
        "outputs": {name: to_json(x) for name, x in outputs.items()}
    }


def _stored(table: Tensor) -> dict[str, Any]:
    return to_json(_rounded(table) if table.is_floating_point() else table.numpy())


def _rounded(tensor: Tensor) -> np.ndarray:
    return (torch.round(tensor.double() / STEP) * STEP).float().numpy()
