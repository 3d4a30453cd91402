"""The models of all stages as one exported step: they differ in their weights alone.

The loop over words is page script (`page/models/writing.js`), as is that of the writer of stories.
"""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.assistant import fresh_model
from transformer_lib.live.views.view import View
from transformer_lib.live.writer_graphs import read_more
from transformer_lib.model.transformer import LanguageModel


def step(ids: Tensor, past_keys: Tensor, past_values: Tensor) -> dict[str, Tensor]:
    """Read T words more, after P that the cache holds: `writer_graphs.read_more` of one model for all stages."""
    return read_more(MODEL, ids, past_keys, past_values)


def _model() -> LanguageModel:
    """A model in which each weight is known by its numbers; the page puts those of a stage in their place."""
    with torch.device("cpu"):  # whatever the default device is
        model, draw = fresh_model().eval(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn(weight.shape, generator=draw, device="cpu"))
    return model.requires_grad_(False)


def _parts() -> dict[str, View]:
    config, draw = MODEL.config, torch.Generator().manual_seed(0)

    def past() -> Tensor:
        shape = (config.n_layers, 1, config.n_heads, 5, config.d_head)
        return torch.randn(shape, generator=draw, device="cpu")

    example = {"ids": torch.tensor([5, 7, 11], device="cpu"), "past_keys": past(), "past_values": past()}
    dynamic = {"ids": {0: "t"}, "past_keys": {3: "p"}, "past_values": {3: "p"}}
    name = "assistant-step"
    return {name: View(name, "", step, controls=(), drawings=(), example=example, dynamic=dynamic)}


MODEL = _model()
"""Stands for the model of any stage."""
PARTS = _parts()
"""Reading words; the distribution of the next is the writer's part."""
