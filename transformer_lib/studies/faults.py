"""Common training faults, injected on purpose: each changes a model or its data in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.model.layers import DecoderLayer
from transformer_lib.model.transformer import Transformer
from transformer_lib.training.loop import Batch

BatchOf = Callable[[int], Batch]


def leak(model: Transformer) -> None:
    """Remove the causal mask from a decoder's self-attention: each position also attends to later words.

    >>> from transformer_lib.model.transformer import TransformerConfig
    >>> model = Transformer(TransformerConfig(7, 7, d_model=6, n_heads=2, d_ff=5, n_layers=1))
    >>> leak(model)
    >>> src_ids, tgt_ids = torch.tensor([[3, 4]]), torch.tensor([[1, 5, 6]])
    >>> weights = model.eval()(src_ids, tgt_ids, return_weights=True)[1].decoder
    >>> bool((weights > 0).all())
    True
    """
    for layer in model.decoder.layers:
        assert isinstance(layer, DecoderLayer)
        layer.self_attention.register_forward_pre_hook(_see_all, with_kwargs=True)


def _see_all(module: nn.Module, args: tuple, kwargs: Mapping[str, Any]) -> tuple[tuple, dict[str, Any]]:
    return args, {**kwargs, "causal": False}


def forget_the_shift(model: nn.Module) -> None:
    """Train each position of a decoder on its input token, not on the next one.

    Implemented by shifting the logits by one: the prediction for a token is made where this token was read. The last
    position keeps its own.
    """
    model.register_forward_hook(_one_late)


def _one_late(module: nn.Module, args: tuple, output: Tensor | tuple) -> Tensor | tuple:
    if isinstance(output, tuple):
        return _one_late(module, args, output[0]), *output[1:]
    return torch.cat((output[:, 1:], output[:, -1:]), dim=1)


def strangers(batch_of: BatchOf) -> BatchOf:
    """The same batches, each translation paired with the source of another sentence of its batch."""

    def batch(step: int) -> Batch:
        src_ids, tgt_ids = batch_of(step)
        return src_ids if src_ids is None else src_ids.roll(1, 0), tgt_ids

    return batch
