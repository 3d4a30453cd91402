"""Weights of trained models, stored once for all the parts that use them; constants and words beside them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from transformer_lib.live.grammar_tables import tables
from transformer_lib.live.storing import from_json, to_json
from transformer_lib.live.translator_graphs import PARTS
from transformer_lib.live.views.translating import LONGEST, SHOWN
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.transformer import LanguageModel, Transformer
from transformer_lib.models.translator import load_translator
from transformer_lib.storage.rounding import SCALES
from transformer_lib.text import Subwords

NAME = "translator-parts"
"""Name of the file of weights and parts."""
OWN = 64
"""Weights with fewer numbers stay in the graph."""


@cache
def weights() -> dict[str, np.ndarray]:
    """The model's parameters and tables by name."""
    return weights_of(load_translator()[0])


def weights_of(model: Transformer | LanguageModel) -> dict[str, np.ndarray]:
    """A model's parameters and tables by name."""
    tensors = {**dict(model.named_buffers()), **dict(model.named_parameters())}
    return {name: tensor.detach().cpu().numpy() for name, tensor in sorted(tensors.items())}


def lean(graph: dict[str, Any], known: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
    """The graph with the weights of a model, by default the translator, by name instead of value.

    Raises:
        ValueError: if a large weight is not the model's.
    """
    known = weights() if known is None else known
    return graph | {
        "weights": {
            name: _reference(graph["name"], stored, known) if _size(stored) >= OWN else stored
            for name, stored in graph["weights"].items()
        }
    }


def bundle() -> dict[str, Any]:
    """All that the page needs for the translator: weights, exported parts, constants of the model, and its grammar.

    Weights are stored in half precision where that is exact, as in the shipped model.
    """
    graphs = graphs_of(PARTS)
    limits = limits_of(load_translator()[0].config) | {"longest": LONGEST}
    used = {name: to_json(halved(weights()[name])) for name in used_by(graphs)}
    return {"weights": used, "graphs": graphs, "limits": limits, "grammar": tables()}


def limits_of(config: TransformerConfig) -> dict[str, int]:
    """The constants of a model that a page's programs need."""
    return {
        "bos": config.bos_id,
        "eos": config.eos_id,
        "english": config.src_vocab_size,
        "french": config.tgt_vocab_size,
        "layers": config.n_layers,
        "heads": config.n_heads,
        "most": config.max_length,
        "shown": SHOWN,
    }


def writing_limits_of(config: TransformerConfig) -> dict[str, int]:
    """The constants of a model that writes which a page's programs need."""
    return {
        "bos": config.bos_id,
        "eos": config.eos_id,
        "size": config.tgt_vocab_size,
        "layers": config.n_layers,
        "heads": config.n_heads,
        "kvHeads": config.n_kv_heads or config.n_heads,
        "headWidth": config.d_head,
        "window": config.max_length,
    }


def words_of(words: Subwords) -> dict[str, Any]:
    """What the page needs to cut text into subwords: pieces by id, and the pairs that merge, the first learnt first."""
    model = json.loads(words.to_json())["model"]
    return {
        "pieces": sorted(model["vocab"], key=model["vocab"].get),
        "merges": [" ".join(pair) for pair in model["merges"]],
        "unknown": model["vocab"][model["unk_token"]],
        "eos": words.eos_id,
        "special": [words.pad_id, words.bos_id],
    }


def stored_weight(name: str, tensors: Mapping[str, Any], known: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """A weight as the model file stores it; a table that it does not hold, by value."""
    if name not in tensors:
        return to_json(halved(known[name]))
    scales = tensors.get(name + SCALES)
    if scales is None:
        return to_json(tensors[name].numpy())
    packed = base64.b64encode(tensors[name].numpy().tobytes()).decode("ascii")
    shape = list(tensors[name].shape)
    return {"type": "int8", "shape": shape, "data": packed, "scales": to_json(scales.numpy())}


def graphs_of(names: Iterable[str]) -> dict[str, Any]:
    """Exported parts by their name within a model: start, step, distribution."""
    folder = Path(__file__).parent / "graphs"
    return {
        name.partition("-")[2]: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in names
    }


def used_by(graphs: Mapping[str, Any]) -> list[str]:
    """The names of the weights that graphs need."""
    return sorted(
        {w["shared"] for graph in graphs.values() for w in graph["weights"].values() if "shared" in w}
    )


def _size(stored: dict[str, Any]) -> int:
    return int(np.prod(stored["shape"]))


def halved(array: np.ndarray) -> np.ndarray:
    """An array in half precision where that is exact."""
    half = array.astype(np.float16)
    return half if (half.astype(np.float32) == array).all() else array


def _reference(graph: str, stored: dict[str, Any], known: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """A reference to the model's weight with these values: whole or some of its rows, possibly transposed."""
    array = from_json(stored)
    head = {"type": stored["type"], "shape": stored["shape"]}
    for transposed in (False, True):
        wanted = array.T if transposed else array
        for name, weight in known.items():
            if weight.shape[1:] != wanted.shape[1:] or weight.ndim != wanted.ndim:
                continue
            first = _place(weight, wanted)
            if first is None:
                continue
            rows = {} if len(weight) == len(wanted) else {"rows": [first, first + len(wanted)]}
            return head | {"shared": name} | rows | ({"transposed": True} if transposed else {})
    raise ValueError(f"{graph}: a weight of shape {stored['shape']} is none of the model's")


def _place(weight: np.ndarray, wanted: np.ndarray) -> int | None:
    """The first row of `weight` from which its rows equal `wanted`."""
    for first in range(len(weight) - len(wanted) + 1):
        if np.array_equal(weight[first], wanted[0]) and np.array_equal(
            weight[first : first + len(wanted)], wanted
        ):
            return first
    return None
