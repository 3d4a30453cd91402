"""Marian: an encoder and a decoder as in 2017, post-norm, with all sines before all cosines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.positions import sinusoidal_positions
from transformer_lib.model.transformer import Transformer
from transformer_lib.pretrained.copying import (
    Weights,
    activation,
    check_kind,
    drop,
    filled,
    in_layers,
    refuse,
    renamed,
)

ENCODER_LAYER = {
    "self_attention.in_proj": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "self_attention.out_proj": "self_attn.out_proj",
    "self_attention_norm.norm": "self_attn_layer_norm",
    "feed_forward.w_1": "fc1",
    "feed_forward.w_2": "fc2",
    "feed_forward_norm.norm": "final_layer_norm",
}
DECODER_LAYER = ENCODER_LAYER | {
    "cross_attention.in_proj": ("encoder_attn.q_proj", "encoder_attn.k_proj", "encoder_attn.v_proj"),
    "cross_attention.out_proj": "encoder_attn.out_proj",
    "cross_attention_norm.norm": "encoder_attn_layer_norm",
}
SAME = (("encoder_layers", "decoder_layers"), ("encoder_ffn_dim", "decoder_ffn_dim"))
SAME += (("encoder_attention_heads", "decoder_attention_heads"),)
USUAL = {
    "tie_word_embeddings": True,
    "normalize_before": False,
    "normalize_embedding": False,
    "add_final_layer_norm": False,
    "static_position_embeddings": True,
    "encoder_layerdrop": 0.0,
    "decoder_layerdrop": 0.0,
}
"""What every published translator of this family has; other values would make another model of it."""
TABLE = torch.float32  # Marian's sines are rounded to it, whatever the weights' dtype
CLOSE = 1e-6  # two sines in that precision


def load_marian(model: Any) -> Transformer:
    """A Marian translator of the `transformers` library, such as opus-mt-en-fr, as a `Transformer`, with the same outputs.

    Sources are padded with `config.pad_id`, which the model hides wherever it stands; padding on the left counts as
    positions, as there. `config.bos_id` is what decoding starts with: in Marian that is the padding token. What their
    `generation_config` says is for the decoders to be told: a number of beams, tokens that are never written (`forbidden`).

    Args:
        model: a `MarianMTModel`, from `from_pretrained` or with random weights. It stays as it is: weights are copied.

    Returns:
        The model in evaluation mode, of the same dtype and on the same device. In training mode it drops where theirs
        does. When it is trained on, the vector of the padding token learns like any other; theirs keeps it as it is.

    Raises:
        TypeError: if it is no such model.
        ValueError: if encoder and decoder differ in depth, width or heads, one matrix is shared but not all three, norms
            stand elsewhere, layers are dropped, or its positions are not Marian's; or weights that ours has no place for,
            of several types, or tied by the config and not equal.

    Source: Junczys-Dowmunt et al. 2018 (Marian); Vaswani et al. 2017.
    """
    check_kind(model, ("MarianMTModel",))
    theirs = model.config
    for of_encoder, of_decoder in SAME:
        refuse(theirs, {of_decoder: getattr(theirs, of_encoder)})
    refuse(theirs, USUAL)
    config = TransformerConfig(
        theirs.vocab_size,
        theirs.decoder_vocab_size,
        d_model=theirs.d_model,
        n_heads=theirs.encoder_attention_heads,
        d_ff=theirs.encoder_ffn_dim,
        n_layers=theirs.encoder_layers,
        dropout=theirs.dropout,
        norm_first=False,
        activation=activation(theirs.activation_function),
        position_pairs="halves",
        tie_embeddings="all" if theirs.share_encoder_decoder_embeddings else "output",
        scale_embeddings=theirs.scale_embedding,
        output_bias=True,
        pad_id=theirs.pad_token_id,
        bos_id=theirs.decoder_start_token_id,
        eos_id=theirs.eos_token_id,
        max_length=theirs.max_position_embeddings,
    )
    weights = Weights(model)
    _check_positions(weights, config)
    ours = filled(Transformer, config, tensors(weights, config.n_layers), tables=TABLE)
    weights.check_all_read()
    drop(
        ours,
        embeddings=theirs.dropout,
        attention=theirs.attention_dropout,
        activations=theirs.activation_dropout,
        sublayers=theirs.dropout,
    )
    return ours


def tensors(theirs: Mapping[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    """Their weights, or gradients, by our names."""
    found = renamed(
        theirs,
        {
            "encoder.embedding.tokens": "model.encoder.embed_tokens",
            **in_layers(n_layers, ENCODER_LAYER, "encoder.layers.{}", "model.encoder.layers.{}"),
            "decoder.embedding.tokens": "model.decoder.embed_tokens",
            **in_layers(n_layers, DECODER_LAYER, "decoder.layers.{}", "model.decoder.layers.{}"),
            "output": "lm_head",
        },
    )
    bias = theirs.get("final_logits_bias")
    return found if bias is None else found | {"output.bias": bias[0]}


def _check_positions(theirs: Mapping[str, Tensor], config: TransformerConfig) -> None:
    """The tables are computed here as there; a model with others would give other outputs."""
    ours = sinusoidal_positions(config.max_length, config.d_model, pairs="halves")
    for part in ("encoder", "decoder"):
        table = theirs[f"model.{part}.embed_positions.weight"]
        if table.shape != ours.shape or (table.float().cpu() - ours.float()).abs().max() > CLOSE * _coarse(
            table
        ):
            raise ValueError(f"the positions of the {part} are not the sinusoids of Vaswani et al. 2017")


def _coarse(table: Tensor) -> float:
    """How much coarser than float32 the table's precision is."""
    return max(1.0, torch.finfo(table.dtype).eps / torch.finfo(TABLE).eps)
