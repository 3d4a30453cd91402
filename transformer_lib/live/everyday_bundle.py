"""All that the page of the everyday translator needs: weights, parts, subwords, and the drawings of its pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transformer_lib.live import drawings, everyday_graphs
from transformer_lib.live.translator_graphs import DISTRIBUTION
from transformer_lib.live.views import VIEWS
from transformer_lib.live.weight_bundle import (
    graphs_of,
    limits_of,
    stored_weight,
    used_by,
    weights_of,
    words_of,
)
from transformer_lib.models.everyday import EVERYDAY, load_everyday
from transformer_lib.storage.files import read_tensors
from transformer_lib.text import Subwords

NAME = "everyday-parts"
"""Name of the file of weights and parts."""
TITLES = {
    "Where each French word looks": "Where each French piece looks",
    "Probabilities at the chosen word": "Probabilities at the chosen piece",
    "The draw of the chosen word": "The draw of the chosen piece",
}


def bundle() -> dict[str, Any]:
    """Weights, exported parts, constants of the model, subwords and drawings.

    Matrices are stored as the model file has them: bytes, with a scale for each row.
    """
    found = load_everyday()
    assert isinstance(found.source, Subwords)
    graphs = graphs_of([*everyday_graphs.PARTS, DISTRIBUTION.name])
    tensors, known = read_tensors(EVERYDAY)[0], weights_of(found.model)
    config = found.model.config
    return {
        "weights": {name: stored_weight(name, tensors, known) for name in used_by(graphs)},
        "graphs": graphs,
        "limits": limits_of(config) | {"longest": config.max_length},
        "words": words_of(found.source),
        "drawings": {name: drawings_of(name) for name in ("translator", "sampling", "beam")},
    }


def files() -> dict[str, Any]:
    """What each file of the page holds, by name."""
    return {NAME: bundle()}


def drawings_of(view: str) -> list[dict[str, Any]]:
    """The drawings of a view of the other translator, for pieces instead of words."""
    return [
        drawings.spec(replace(drawing, title=TITLES.get(drawing.title, drawing.title)))
        | {"keeps": bool(getattr(drawing, "keeps", False))}
        for drawing in VIEWS[view].drawings
    ]
