"""Everything that a `Transformer` computes on its way from two sentences to the next word.

The model itself returns its result and, if asked, its attention weights. Here the same modules are called in the same
order, and each number that one hands to the next is kept.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.attention import masked_softmax
from transformer_lib.model.layers import DecoderLayer, EncoderLayer, PreNorm
from transformer_lib.model.masks import causal_mask
from transformer_lib.model.multihead import MultiHeadAttention
from transformer_lib.model.stacks import Embedding
from transformer_lib.model.transformer import Transformer

Kept = dict[str, Tensor]


@torch.no_grad()
def trace(model: nn.Module, src_ids: Tensor, tgt_ids: Tensor) -> dict[str, Tensor]:
    r"""Encode a sentence, decode another, and keep what is passed on the way.

    With L layers, H heads of width D, S source and T target words, names begin with the stack, `encoder_` or `decoder_`,
    and go on with the part:

    - `tokens`, `positions`, `start`: scaled embeddings, positions, and the vectors that enter the first layer, (S, d_model);
    - for each attention, `self_` and in the decoder `cross_`: `comes`, the vectors that come in, and `reads`, what
      the sublayer reads of them (normalised, with pre-norm), (L, S, d_model); `q`, `k`, `v`, (L, H, S, D);
      `fits`, the products q · k, and `scores`, these over √D, (L, H, S, S); `weights`; `heads`, the weighted values,
      (L, H, S, D); `joined`, the same side by side, and `adds`, that times W_O, (L, S, d_model); `mean`, the weights
      averaged over the heads, (L, S, S);
    - `ff_comes`, `ff_reads`, `ff_adds` as above, `ff_units`, what the activation gives, (L, S, d_ff);
    - `goes`, what leaves the layer, (L, S, d_model); `last`, that of the last layer after the stack's last norm.

    Vectors that come, are read, are added or go have their length beside them: `self_comes_length`, (L, S), and so on.
    The decoder's are the same with T for S; its `cross_k` and `cross_v` are of the memory, `encoder_last`. Then `logits`
    and `probabilities`, (T, V). Row t of all that belongs to the decoder depends on the target's first t + 1 words only.

    Args:
        model: a `Transformer`, in evaluation mode.
        src_ids: (S,) integer ids.
        tgt_ids: (T,) integer ids, the first usually `bos_id`.

    Raises:
        ValueError: if the model is in training mode, or a sentence is empty or has an unknown id.
        TypeError: if the model is no `Transformer`, or ids are not integers.

    Source: Vaswani et al. 2017, section 3 and figure 1.

    >>> from transformer_lib import TransformerConfig
    >>> model = Transformer(TransformerConfig(11, 13, d_model=6, n_heads=2, d_ff=24, n_layers=3)).eval()
    >>> kept = trace(model, torch.tensor([3, 5, 7, 9, 4]), torch.tensor([1, 4]))
    >>> kept["encoder_self_weights"].shape, kept["decoder_cross_weights"].shape, kept["logits"].shape
    (torch.Size([3, 2, 5, 5]), torch.Size([3, 2, 2, 5]), torch.Size([2, 13]))
    """
    checks.instance("model", model, Transformer, "a Transformer")
    assert isinstance(model, Transformer)
    if model.training:
        raise ValueError(
            "the model is in training mode, and dropout would change its numbers; call model.eval()"
        )
    checks.ids("src_ids", src_ids, 1, "(length,)")
    checks.ids("tgt_ids", tgt_ids, 1, "(length,)")
    for name, ids in (("src_ids", src_ids), ("tgt_ids", tgt_ids)):
        if not ids.shape[0]:
            raise ValueError(f"{name} is empty: a sentence has at least one word")
    encoder, memory = _encoder(model, src_ids)
    decoder, last = _decoder(model, tgt_ids, memory)
    logits = model.output(last)
    return encoder | decoder | {"logits": logits[0], "probabilities": logits[0].softmax(-1)}


def _encoder(model: Transformer, ids: Tensor) -> tuple[Kept, Tensor]:
    kept, x = _embedded(model.encoder.embedding, ids)
    layers = []
    for layer in model.encoder.layers:
        assert isinstance(layer, EncoderLayer)
        attended, x = _attended(layer.self_attention, layer.self_attention_norm, x, None, None)
        thought, x = _thought(layer, x)
        layers.append(_named("self", attended) | thought)
    last = model.encoder.norm(x)
    return _named("encoder", kept | _stacked(layers) | _measured({"last": last[0]})), last


def _decoder(model: Transformer, ids: Tensor, memory: Tensor) -> tuple[Kept, Tensor]:
    kept, x = _embedded(model.decoder.embedding, ids)
    past = causal_mask(ids.shape[0], device=ids.device)
    layers = []
    for layer in model.decoder.layers:
        assert isinstance(layer, DecoderLayer)
        attended, x = _attended(layer.self_attention, layer.self_attention_norm, x, None, past)
        crossed, x = _attended(layer.cross_attention, layer.cross_attention_norm, x, memory, None)
        thought, x = _thought(layer, x)
        layers.append(_named("self", attended) | _named("cross", crossed) | thought)
    last = model.decoder.norm(x)
    return _named("decoder", kept | _stacked(layers) | _measured({"last": last[0]})), last


def _embedded(embedding: Embedding, ids: Tensor) -> tuple[Kept, Tensor]:
    tokens = embedding.tokens(ids[None]) * embedding.scale
    placed = embedding.positions(tokens, 0)
    start = embedding.norm(placed)
    kept = _measured({"tokens": tokens[0], "positions": (placed - tokens)[0], "start": start[0]})
    return kept, start


def _attended(
    heads: MultiHeadAttention, norm: PreNorm, x: Tensor, memory: Tensor | None, mask: Tensor | None
) -> tuple[Kept, Tensor]:
    """One attention with its residual: what is kept of it, and the vectors after it."""
    reads = norm.before(x)
    source = reads if memory is None else memory
    q, k, v = (_projected(heads, vectors, part) for part, vectors in enumerate((reads, source, source)))
    if memory is None:
        q, k = heads.rotate(q, 0), heads.rotate(k, 0)
    if heads.n_kv_heads != heads.n_heads:
        k, v = (y.repeat_interleave(heads.n_heads // heads.n_kv_heads, 1) for y in (k, v))
    fits = q @ k.transpose(-2, -1)
    scores = fits * heads.d_head**-0.5
    weights = masked_softmax(scores, mask)
    output = weights @ v
    joined = output.transpose(1, 2).flatten(2)
    adds = heads.out_proj(joined)
    kept = {"q": q, "k": k, "v": v, "fits": fits, "scores": scores, "weights": weights}
    kept |= {"heads": output, "joined": joined, "mean": weights.mean(1)}
    kept |= _measured({"comes": x, "reads": reads, "adds": adds})
    return {name: tensor[0] for name, tensor in kept.items()}, norm.after(x, adds)


def _projected(heads: MultiHeadAttention, x: Tensor, part: int) -> Tensor:
    """Queries, keys or values (B, heads, T, D): part 0, 1 or 2 of the stored matrix."""
    first, last = sum(heads.sizes[:part]), sum(heads.sizes[: part + 1])
    bias = heads.in_proj.bias
    projected = F.linear(x, heads.in_proj.weight[first:last], None if bias is None else bias[first:last])
    return projected.unflatten(-1, (-1, heads.d_head)).transpose(1, 2)


def _thought(layer: EncoderLayer | DecoderLayer, x: Tensor) -> tuple[Kept, Tensor]:
    """The feed-forward network with its residual: what is kept of it, and the vectors after it."""
    network, norm = layer.feed_forward, layer.feed_forward_norm
    reads = norm.before(x)
    units = network.activation(network.w_1(reads))
    adds = network.w_2(units)
    goes = norm.after(x, adds)
    kept = _measured({"ff_comes": x, "ff_reads": reads, "ff_adds": adds, "goes": goes}) | {"ff_units": units}
    return {name: tensor[0] for name, tensor in kept.items()}, goes


def _measured(kept: Kept) -> Kept:
    return kept | {f"{name}_length": x.square().sum(-1).sqrt() for name, x in kept.items()}


def _named(prefix: str, kept: Kept) -> Kept:
    return {f"{prefix}_{name}": tensor for name, tensor in kept.items()}


def _stacked(layers: list[Kept]) -> Kept:
    return {name: torch.stack([layer[name] for layer in layers]) for name in layers[0]}
