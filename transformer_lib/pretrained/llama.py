"""Llama: a decoder alone in today's dress: rotary positions, grouped queries, RMSNorm, SwiGLU, no biases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.pretrained.copying import (
    Weights,
    activation,
    check_kind,
    drop,
    filled,
    in_layers,
    refuse,
    renamed,
    special_ids,
)
from transformer_lib.pretrained.flat_file import read_weights

LAYER = {
    "self_attention_norm.norm": "input_layernorm",
    "self_attention.in_proj": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "self_attention.out_proj": "self_attn.o_proj",
    "feed_forward_norm.norm": "post_attention_layernorm",
    "feed_forward.w_1": "mlp.gate_proj",
    "feed_forward.v": "mlp.up_proj",
    "feed_forward.w_2": "mlp.down_proj",
}
DRESS: dict[str, Any] = {
    "positions": "rotary",
    "norm": "rms",
    "gated": True,
    "scale_embeddings": False,
}
TABLE = torch.float64  # exact in every precision; nothing is stored


def load_llama(model: Any) -> LanguageModel:
    r"""A Llama of the `transformers` library, or of a file of llama2.c, as a `LanguageModel`, with the same outputs.

    The file's rotary pairs are neighbours, as the paper has them; the `transformers` library reorders the rows of W_Q
    and W_K, so that its pairs are halves (`config.position_pairs`). In float64 ours computes norms and angles in float64;
    theirs rounds them to float32.

    Args:
        model: a `LlamaForCausalLM`, from `from_pretrained` or with random weights, which stays as it is: weights are
            copied. Or the path of a file in the float32 format of llama2.c, such as stories260K.bin.

    Returns:
        The model in evaluation mode, of the same dtype and on the same device. Prompts of different lengths are padded on
        the left, and `n_padding` says how far. Of several end tokens, as in Llama 3, `config.eos_id` is the first.

    Raises:
        TypeError: if it is neither.
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or the configuration has what ours cannot be: heads of another width than
            d_model / n_heads, rescaled or partial rotary positions, biases in some maps only; or weights that ours has
            no place for, of several types, or tied by the config and not equal.

    Source: Touvron et al. 2023, section 2.2; grouped queries as in Ainslie et al. 2023.
    """
    if isinstance(model, (str, Path)):
        config, stored = read_weights(Path(model), DRESS)
        return filled(LanguageModel, config, tensors(stored, config.n_layers), tables=TABLE)
    check_kind(model, ("LlamaForCausalLM",))
    config, weights = _config(model.config), Weights(model)
    ours = filled(LanguageModel, config, tensors(weights, config.n_layers), tables=TABLE)
    weights.check_all_read()
    drop(ours, embeddings=0.0, attention=model.config.attention_dropout, activations=0.0, sublayers=0.0)
    return ours


def tensors(theirs: Mapping[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    """Their weights, or gradients, by our names."""
    return renamed(
        theirs,
        {
            "embedding.tokens": "model.embed_tokens",
            **in_layers(n_layers, LAYER, "layers.{}", "model.layers.{}"),
            "norm": "model.norm",
            "output": "lm_head",
        },
    )


def _config(theirs: Any) -> LanguageModelConfig:
    refuse(theirs, {"head_dim": theirs.hidden_size // theirs.num_attention_heads})
    refuse(theirs, {"mlp_bias": theirs.attention_bias})
    rope = theirs.rope_parameters
    if rope["rope_type"] != "default":
        raise ValueError(
            f"rope_type is {rope['rope_type']!r} in this model's config, ours can only be 'default': "
            "the frequencies are rescaled there"
        )
    if rope.get("partial_rotary_factor") not in (None, 1.0):
        raise ValueError(
            f"partial_rotary_factor is {rope['partial_rotary_factor']!r} in this model's config, ours can only be 1.0"
        )
    return LanguageModelConfig(
        theirs.vocab_size,
        d_model=theirs.hidden_size,
        n_heads=theirs.num_attention_heads,
        n_kv_heads=theirs.num_key_value_heads,
        d_ff=theirs.intermediate_size,
        n_layers=theirs.num_hidden_layers,
        dropout=0.0,
        activation=activation(theirs.hidden_act),
        bias=theirs.attention_bias,
        norm_eps=theirs.rms_norm_eps,
        tie_embeddings="output" if theirs.tie_word_embeddings else "none",
        position_pairs="halves",
        position_base=rope["rope_theta"],
        max_length=theirs.max_position_embeddings,
        **DRESS,
        **special_ids(theirs),
    )
