"""What the page of the three models needs: the world and its words, the exported step, and each stage's weights apart."""

from __future__ import annotations

from typing import Any

from transformer_lib.assistant import VOCABULARY
from transformer_lib.assistant.facts import KINDS
from transformer_lib.assistant.replying import MAX_REPLY
from transformer_lib.assistant.storing import STAGES, load, shipped
from transformer_lib.assistant.texts import EXAM
from transformer_lib.assistant.words import APOLOGY, BASE, DO_NOT_KNOW, PEOPLE, POLITE, RUDE
from transformer_lib.live import assistant_graphs
from transformer_lib.live.weight_bundle import (
    graphs_of,
    stored_weight,
    used_by,
    weights_of,
    writing_limits_of,
)
from transformer_lib.storage.files import read_tensors

NAME = "assistant-parts"
"""Name of the file of parts; those of weights are called as the files of the models."""
DISTRIBUTION = "writer-distribution"


def world() -> dict[str, Any]:
    """The tables that the judge of the page reads: what can be told and asked, and how a reply is read."""
    kinds = {
        name: kind._asdict() | {"askings": [asking._asdict() for asking in kind.askings]}
        for name, kind in KINDS.items()
    }
    manners = {"polite": [POLITE, APOLOGY], "rude": RUDE}
    return {"people": PEOPLE, "base": BASE, "kinds": kinds, "admission": DO_NOT_KNOW, **manners}


def bundle() -> dict[str, Any]:
    """Exported parts, constants, words, and the weights that no stage changes."""
    graphs, known = _graphs(), weights_of(assistant_graphs.MODEL)
    limits = writing_limits_of(assistant_graphs.MODEL.config) | {"most": MAX_REPLY}
    fixed = set(dict(assistant_graphs.MODEL.named_buffers()))
    weights = {name: stored_weight(name, {}, known) for name in used_by(graphs) if name in fixed}
    return {"weights": weights, "graphs": graphs, "limits": limits, "words": VOCABULARY.words, "exam": EXAM}


def weights_of_stage(stage: str) -> dict[str, Any]:
    """The trained weights of a stage, as its file stores them."""
    tensors, known = read_tensors(shipped(stage))[0], weights_of(load(stage))
    fixed = set(dict(assistant_graphs.MODEL.named_buffers()))
    return {name: stored_weight(name, tensors, known) for name in used_by(_graphs()) if name not in fixed}


def files() -> dict[str, Any]:
    """What each file of the page holds, by name."""
    return {NAME: bundle()} | {shipped(stage).stem: weights_of_stage(stage) for stage in STAGES}


def _graphs() -> dict[str, Any]:
    return graphs_of([*assistant_graphs.PARTS, DISTRIBUTION])
