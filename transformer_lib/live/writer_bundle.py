"""All that the page of the writer needs: weights as its model file has them, exported parts, subwords."""

from __future__ import annotations

from typing import Any

from transformer_lib.live import writer_graphs
from transformer_lib.live.weight_bundle import (
    graphs_of,
    stored_weight,
    used_by,
    weights_of,
    words_of,
    writing_limits_of,
)
from transformer_lib.models.writer import WRITER, load_writer
from transformer_lib.storage.files import read_tensors

NAME = "writer-parts"
"""Name of the file of weights and parts."""


def bundle() -> dict[str, Any]:
    """Weights, exported parts, constants of the model, subwords."""
    model, subwords = load_writer()
    graphs = graphs_of(writer_graphs.PARTS)
    tensors, known = read_tensors(WRITER)[0], weights_of(model)
    limits = writing_limits_of(model.config)
    weights = {name: stored_weight(name, tensors, known) for name in used_by(graphs)}
    return {"weights": weights, "graphs": graphs, "limits": limits, "words": words_of(subwords)}


def files() -> dict[str, Any]:
    """What each file of the page holds, by name."""
    return {NAME: bundle()}
