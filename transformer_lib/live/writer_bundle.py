"""All that the page of the writer needs: weights as its model file has them, exported parts, subwords."""

from __future__ import annotations

from typing import Any

from transformer_lib.live import writer_graphs
from transformer_lib.live.everyday_bundle import stored_weight, words_of
from transformer_lib.live.weight_bundle import graphs_of, used_by, weights_of
from transformer_lib.models.writer import WRITER, load_writer
from transformer_lib.storage.files import read_tensors

NAME = "writer-parts"
"""Name of the file of weights and parts."""


def bundle() -> dict[str, Any]:
    """Weights, exported parts, constants of the model, subwords."""
    model, subwords = load_writer()
    config = model.config
    graphs = graphs_of(writer_graphs.PARTS)
    tensors, known = read_tensors(WRITER)[0], weights_of(model)
    limits = {
        "bos": config.bos_id,
        "eos": config.eos_id,
        "size": config.tgt_vocab_size,
        "layers": config.n_layers,
        "heads": config.n_heads,
        "kvHeads": config.n_kv_heads or config.n_heads,
        "headWidth": config.d_head,
        "window": config.max_length,
    }
    weights = {name: stored_weight(name, tensors, known) for name in used_by(graphs)}
    return {"weights": weights, "graphs": graphs, "limits": limits, "words": words_of(subwords)}
