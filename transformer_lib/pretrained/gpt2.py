"""GPT-2: a decoder alone, pre-norm, with learned positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

LAYER = {
    "self_attention_norm.norm": "ln_1",
    "self_attention.in_proj": "attn.c_attn",
    "self_attention.out_proj": "attn.c_proj",
    "feed_forward_norm.norm": "ln_2",
    "feed_forward.w_1": "mlp.c_fc",
    "feed_forward.w_2": "mlp.c_proj",
}
TRANSPOSED = ("proj.weight", "w_1.weight", "w_2.weight")  # stored (in, out) there, (out, in) here


def load_gpt2(model: Any) -> LanguageModel:
    """A GPT-2 of the `transformers` library as a `LanguageModel`, with the same outputs.

    Args:
        model: a `GPT2LMHeadModel`, from `from_pretrained` or with random weights. It stays as it is: weights are copied.

    Returns:
        The model in evaluation mode, of the same dtype and on the same device. In training mode it drops where theirs
        does. With `reorder_and_upcast_attn` theirs computes scores in float32; ours computes them in the weights' dtype.

        Prompts of different lengths are padded on the left, and `n_padding` says how far: GPT-2 has no padding token,
        so `config.pad_id` is merely what fills a row after its end. Of several end tokens `config.eos_id` is the first.

    Raises:
        TypeError: if it is no such model.
        ValueError: if its configuration has what ours cannot be: cross-attention, scores divided by the layer's number
            or not by √D, an unknown activation; or weights that ours has no place for, of several types, or tied by the
            config and not equal.

    Source: Radford et al. 2019, section 2.3; the approximation of GELU from Hendrycks and Gimpel 2016, section 2.
    """
    check_kind(model, ("GPT2LMHeadModel",))
    theirs = model.config
    usual = {
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
    }
    refuse(theirs, usual)
    config = LanguageModelConfig(
        theirs.vocab_size,
        d_model=theirs.n_embd,
        n_heads=theirs.n_head,
        d_ff=theirs.n_inner or 4 * theirs.n_embd,
        n_layers=theirs.n_layer,
        dropout=theirs.resid_pdrop,
        activation=activation(theirs.activation_function),
        positions="learned",
        norm_eps=theirs.layer_norm_epsilon,
        tie_embeddings="output" if theirs.tie_word_embeddings else "none",
        scale_embeddings=False,
        max_length=theirs.n_positions,
        **special_ids(theirs),
    )
    weights = Weights(model)
    ours = filled(LanguageModel, config, tensors(weights, config.n_layers))
    weights.check_all_read()
    drop(
        ours,
        embeddings=theirs.embd_pdrop,
        attention=theirs.attn_pdrop,
        activations=0.0,
        sublayers=theirs.resid_pdrop,
    )
    return ours


def tensors(theirs: Mapping[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    """Their weights, or gradients, by our names and in our layout."""
    found = renamed(
        theirs,
        {
            "embedding.tokens": "transformer.wte",
            **in_layers(n_layers, LAYER, "layers.{}", "transformer.h.{}"),
            "norm": "transformer.ln_f",
            "output": "lm_head",
        },
    )
    found = {name: x.T if name.endswith(TRANSPOSED) else x for name, x in found.items()}
    return found | {"embedding.positions.table": theirs["transformer.wpe.weight"]}
