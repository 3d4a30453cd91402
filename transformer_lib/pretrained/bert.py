"""BERT: an encoder alone, post-norm, with learned positions and segments, and a norm over its embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.masked_language import MaskedLanguageModel
from transformer_lib.model.stacks import Encoder
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

KINDS = ("BertModel", "BertForMaskedLM", "BertForPreTraining")
LEFT_BEHIND = (
    "pooler.",
    "bert.pooler.",
    "cls.seq_relationship.",
    "cls.predictions.bias",
)  # the last is a second name
LAYER = {
    "self_attention.in_proj": tuple(f"attention.self.{name}" for name in ("query", "key", "value")),
    "self_attention.out_proj": "attention.output.dense",
    "self_attention_norm.norm": "attention.output.LayerNorm",
    "feed_forward.w_1": "intermediate.dense",
    "feed_forward.w_2": "output.dense",
    "feed_forward_norm.norm": "output.LayerNorm",
}
HEAD = {
    "transform": "cls.predictions.transform.dense",
    "norm": "cls.predictions.transform.LayerNorm",
    "output": "cls.predictions.decoder",
}


def load_bert(model: Any) -> Encoder | MaskedLanguageModel:
    """A BERT of the `transformers` library as an `Encoder` or a `MaskedLanguageModel`, with the same outputs.

    Call it with `padding_mask(ids, pad_id)`; padding on the left is hidden as well, and counts as positions, as there.

    Args:
        model: a `BertModel`, which becomes an `Encoder`, or a `BertForMaskedLM` or `BertForPreTraining`, which becomes a
            `MaskedLanguageModel`. It stays as it is: weights are copied. What reads the first vector alone is left
            behind: the pooler, and with it the guess whether one sentence follows the other.

    Returns:
        The model in evaluation mode, of the same dtype and on the same device. In training mode it drops where theirs
        does.

    Raises:
        TypeError: if it is no such model.
        ValueError: if it is a decoder, has positions that are not added or an activation that ours has not; or weights
            that ours has no place for, of several types, or tied by the config and not equal.

    Source: Devlin et al. 2019, section 3 and appendix A.2.
    """
    check_kind(model, KINDS)
    theirs = model.config
    refuse(theirs, {"is_decoder": False, "add_cross_attention": False, "position_embedding_type": "absolute"})
    pad = theirs.pad_token_id or 0
    config = LanguageModelConfig(
        theirs.vocab_size,
        d_model=theirs.hidden_size,
        n_heads=theirs.num_attention_heads,
        d_ff=theirs.intermediate_size,
        n_layers=theirs.num_hidden_layers,
        dropout=theirs.hidden_dropout_prob,
        norm_first=False,
        activation=activation(theirs.hidden_act),
        positions="learned",
        norm_eps=theirs.layer_norm_eps,
        tie_embeddings="output" if theirs.tie_word_embeddings else "none",
        scale_embeddings=False,
        norm_embeddings=True,
        output_bias=True,
        n_segments=theirs.type_vocab_size,
        pad_id=pad,
        eos_id=1 if pad != 1 else 0,  # nothing is written, so nothing ends
        max_length=theirs.max_position_embeddings,
    )
    weights = Weights(model)
    ours: Encoder | MaskedLanguageModel
    if "embeddings.word_embeddings.weight" in weights:
        ours = filled(Encoder, config, encoder_tensors(weights, config.n_layers))
    else:
        ours = filled(MaskedLanguageModel, config, tensors(weights, config.n_layers))
    weights.check_all_read(but=LEFT_BEHIND)
    drop(
        ours,
        embeddings=theirs.hidden_dropout_prob,
        attention=theirs.attention_probs_dropout_prob,
        activations=0.0,
        sublayers=theirs.hidden_dropout_prob,
    )
    return ours


def encoder_tensors(theirs: Mapping[str, Tensor], n_layers: int, prefix: str = "") -> dict[str, Tensor]:
    """Weights, or gradients, of the encoder by our names."""
    found = renamed(
        theirs,
        {
            "embedding.tokens": f"{prefix}embeddings.word_embeddings",
            "embedding.segments.table": f"{prefix}embeddings.token_type_embeddings",
            "embedding.norm": f"{prefix}embeddings.LayerNorm",
            **in_layers(n_layers, LAYER, "layers.{}", prefix + "encoder.layer.{}"),
        },
    )
    return found | {"embedding.positions.table": theirs[f"{prefix}embeddings.position_embeddings.weight"]}


def tensors(theirs: Mapping[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    """The same of the whole model."""
    encoder = encoder_tensors(theirs, n_layers, "bert.")
    return {f"encoder.{name}": x for name, x in encoder.items()} | renamed(theirs, HEAD)
