"""What the machine's page looks up whatever the sentence: words for each unit of a feed-forward network, and positions."""

from __future__ import annotations

from functools import cache, partial

import torch
from torch import Tensor, nn

from transformer_lib.data import Batch, batches, generate, split
from transformer_lib.live.views.translating import MOST
from transformer_lib.model.layers import DecoderLayer, EncoderLayer
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator

NAMED = 4
"""Words that are named for a unit."""
SEEN = 5
"""A word that stands less often in the sentences is named for no unit."""
STACKS = ("encoder", "decoder")


@cache
def tables() -> dict[str, Tensor]:
    """Words for each unit, and what is added at each position; for the translator, no number depends on a sentence.

    Returns:
        for both stacks, `encoder_` and `decoder_`: `unit_words`, ids of the words at which each unit of each layer is
        most active, and `unit_means`, how active it is there, on average over the test sentences of the grammar, which
        the translator never saw, (L, d_ff, NAMED); `places`, the positions, (MOST, d_model). And
        `decoder_unit_raises`, (d_ff, NAMED): the words whose logits each unit of the last layer raises most.
    """
    model, english, french = load_translator()
    pairs = split(generate(9000, seed=5)).test_sentences
    means = activity(model, list(batches(pairs, english, french, 64)))
    found = {"decoder_unit_raises": raised(model).topk(NAMED, dim=0).indices.T}
    for stack in STACKS:
        top = means[stack].topk(NAMED, dim=1)
        found[f"{stack}_unit_words"] = top.indices.transpose(1, 2)
        found[f"{stack}_unit_means"] = top.values.transpose(1, 2)
        nothing = torch.zeros(1, MOST, model.config.d_model, device="cpu")
        found[f"{stack}_places"] = getattr(model, stack).embedding.positions(nothing, 0)[0].detach()
    return {name: tensor.contiguous() for name, tensor in found.items()}


@torch.no_grad()
def activity(model: Transformer, given: list[Batch], seen: int = SEEN) -> dict[str, Tensor]:
    """How active each unit is on average where a word is read: for each stack (L, V, d_ff).

    A word that is read fewer than `seen` times has 0.
    """
    config = model.config
    sizes = {"encoder": config.src_vocab_size, "decoder": config.tgt_vocab_size}
    sums = {stack: torch.zeros(config.n_layers, size, config.d_ff) for stack, size in sizes.items()}
    counts = {stack: torch.zeros(size, 1) for stack, size in sizes.items()}
    ids: dict[str, Tensor] = {}

    def add(stack: str, layer: int, _: nn.Module, given_: tuple[Tensor, ...]) -> None:
        [units] = given_
        read = _is_read(model, stack, ids[stack])
        sums[stack][layer].index_add_(0, ids[stack][read], units[read])

    hooks = []
    for stack in STACKS:
        for k, layer in enumerate(getattr(model, stack).layers):
            assert isinstance(layer, EncoderLayer | DecoderLayer)
            network = layer.feed_forward
            # what the second matrix is given is what the units give
            hooks.append(network.w_2.register_forward_pre_hook(partial(add, stack, k)))
    try:
        for batch in given:
            ids.update(encoder=batch.src_ids, decoder=batch.tgt_ids)
            for stack in STACKS:
                words = ids[stack][_is_read(model, stack, ids[stack])]
                counts[stack].index_add_(0, words, torch.ones(len(words), 1))
            model(batch.src_ids, batch.tgt_ids)
    finally:
        for hook in hooks:
            hook.remove()
    return {
        stack: torch.where(counts[stack] < seen, 0.0, sums[stack] / counts[stack].clamp(min=1))
        for stack in STACKS
    }


def _is_read(model: Transformer, stack: str, ids: Tensor) -> Tensor:
    """Where words stand that a stack reads: no padding, and in the decoder not the end, which is only written."""
    read = ids != model.config.pad_id
    return read & (ids != model.config.eos_id) if stack == "decoder" else read


@torch.no_grad()
def raised(model: Transformer) -> Tensor:
    r"""How much each unit of the decoder's last layer raises each word's logit, up to a factor of the unit: (V, d_ff).

    What a unit adds is its column w of :math:`W_2`. The last layer norm takes the mean from it, scales it by
    :math:`\gamma`, and divides all by one number; then come the vectors of the words, the rows of the output's matrix.
    """
    layer, norm = model.decoder.layers[-1], model.decoder.norm
    assert isinstance(layer, DecoderLayer)
    assert isinstance(norm, nn.LayerNorm)
    columns = layer.feed_forward.w_2.weight
    centred = (columns - columns.mean(0)) * norm.weight[:, None]
    return model.output.weight @ centred
