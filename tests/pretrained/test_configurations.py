"""Every field of a published configuration that changes what is computed counts, or is refused by its name."""

import json
import re

import pytest
import torch
from published import FAMILIES, PAD, SHAPES, batch, pair
from torch import nn
from torch.testing import assert_close

from transformer_lib import greedy_decode
from transformer_lib.pretrained import load_gpt2, load_llama, load_marian

CLOSE = {"rtol": 0, "atol": 1e-9}
SHAPE = SHAPES[0]
ALL = 1 - 1e-9  # a probability of 1 is refused
DROPS = {
    "gpt2": ("embd_pdrop", "attn_pdrop", "resid_pdrop"),
    "bert": ("hidden_dropout_prob", "attention_probs_dropout_prob"),
    "marian": ("dropout", "attention_dropout", "activation_dropout"),
    "llama": ("attention_dropout",),
}
PUBLISHED = {  # what the config.json of the published model says beside its sizes and ids
    "gpt2": {
        "activation_function": "gelu_new", "attn_pdrop": 0.1, "embd_pdrop": 0.1, "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05, "resid_pdrop": 0.1, "summary_activation": None, "summary_first_dropout": 0.1,
        "summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True,
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
    },
    "bert": {
        "attention_probs_dropout_prob": 0.1, "gradient_checkpointing": False, "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
        "position_embedding_type": "absolute", "use_cache": True,
    },
    "marian": {
        "activation_dropout": 0.0, "activation_function": "swish", "add_bias_logits": False,
        "add_final_layer_norm": False, "attention_dropout": 0.0, "bad_words_ids": [[PAD]], "classif_dropout": 0.0,
        "decoder_layerdrop": 0.0, "dropout": 0.1, "encoder_layerdrop": 0.0, "init_std": 0.02, "num_beams": 4,
        "normalize_before": False, "normalize_embedding": False, "scale_embedding": True,
        "static_position_embeddings": True, "use_cache": True,
    },
    "llama": {
        "attention_bias": False, "attention_dropout": 0.0, "hidden_act": "silu", "initializer_range": 0.02,
        "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 10000.0,
        "tie_word_embeddings": False, "use_cache": True,
    },
}  # fmt: skip


def outputs(name, theirs, ours, ids):
    """Logits of both."""
    if name == "marian":
        return theirs(ids, decoder_input_ids=ids).logits, ours(ids, ids)
    return theirs(ids).logits, ours(ids)


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in DROPS for field in DROPS[name]])
def test_in_training_each_place_drops_what_theirs_drops_there(name, field):
    none = dict.fromkeys(DROPS[name], 0.0)
    ids, _ = batch(SHAPE[0], (5, 5))
    kept = outputs(name, *pair(name, SHAPE, **none), ids)[1]
    theirs, ours = pair(name, SHAPE, **(none | {field: ALL}))  # so that no chance is left
    assert_close(outputs(name, theirs, ours, ids)[1], kept, **CLOSE)
    expected, found = outputs(name, theirs.train(), ours.train(), ids)
    assert_close(found, expected, rtol=0, atol=1e-5 if name == "llama" else 1e-9)  # theirs rounds to float32
    assert (found - kept).abs().max() > 1e-3


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_model_with_the_fields_of_the_published_one_is_loaded_from_its_folder(name, tmp_path):
    made, _ = pair(name, SHAPE, torch.float32)
    made.save_pretrained(tmp_path)
    stored = tmp_path / "config.json"
    fields = json.loads(stored.read_text("utf-8")) | PUBLISHED[name]
    if name == "llama":  # as files had it before
        del fields["rope_parameters"]
    stored.write_text(json.dumps(fields), "utf-8")
    theirs = type(made).from_pretrained(tmp_path).eval()
    ids, _ = batch(SHAPE[0], (5, 5))
    expected, found = outputs(name, theirs, FAMILIES[name].load(theirs), ids)
    assert_close(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("gpt2", "scale_attn_weights", False),
        ("bert", "position_embedding_type", "relative_key"),
        ("bert", "add_cross_attention", True),
        ("marian", "normalize_before", True),
        ("marian", "normalize_embedding", True),
        ("marian", "add_final_layer_norm", True),
        ("marian", "static_position_embeddings", False),
        ("marian", "decoder_layerdrop", 0.1),
        ("marian", "tie_word_embeddings", False),
    ],
)
def test_a_field_that_ours_has_no_choice_for_is_refused_by_name(name, field, value):
    theirs, _ = pair(name, SHAPE)
    setattr(theirs.config, field, value)
    with pytest.raises(ValueError, match=re.escape(f"{field} is {value!r} in this model's config")):
        FAMILIES[name].load(theirs)


@pytest.mark.parametrize("kind", ["llama3", "yarn", "dynamic"])
def test_rescaled_rotary_positions_are_refused(kind):
    theirs, _ = pair("llama", SHAPE)
    theirs.config.rope_parameters = {"rope_type": kind, "rope_theta": 10000.0, "factor": 2.0}
    with pytest.raises(ValueError, match=re.escape(f"rope_type is {kind!r}")):
        load_llama(theirs)


def test_rotary_positions_of_a_part_of_each_head_are_refused():
    theirs, _ = pair("llama", SHAPE)
    theirs.config.rope_parameters["partial_rotary_factor"] = 0.5
    with pytest.raises(ValueError, match=re.escape("partial_rotary_factor is 0.5 in this model's config")):
        load_llama(theirs)


def test_scores_that_theirs_computes_in_float32_are_the_same():
    theirs, ours = pair("gpt2", SHAPE, torch.float32, reorder_and_upcast_attn=True)
    expected, found = outputs("gpt2", theirs, ours, batch(SHAPE[0], (7, 7))[0])
    assert_close(found, expected, rtol=0, atol=1e-4)


def test_an_id_that_stands_for_padding_may_be_a_word_of_a_gpt2_without_padding():
    theirs, _ = pair("gpt2", SHAPE, tie_word_embeddings=False, size=2.0, words=0.3, seed=11)
    theirs.config.pad_token_id = None
    ours = load_gpt2(theirs)
    ids = torch.tensor([[ours.config.pad_id, 5, ours.config.pad_id, 7, 11]])
    expected, found = outputs("gpt2", theirs, ours, ids)
    assert_close(found, expected, **CLOSE)
    options = {"max_new_tokens": 7, "do_sample": False, "pad_token_id": PAD, "eos_token_id": None}
    theirs.generation_config.eos_token_id = None
    written = theirs.generate(ids, attention_mask=torch.ones_like(ids), **options)[0, 5:].tolist()
    mine = greedy_decode(ours, ids, max_length=7)[0].tolist()
    assert mine == written[: len(mine)]
    assert len(mine) > 1


def test_in_bfloat16_ours_is_as_near_to_the_exact_logits_as_theirs():
    theirs, ours = pair("llama", SHAPES[1], torch.float32)
    ids, _ = batch(SHAPES[1][0], (19, 19))
    exact = ours(ids)
    expected = theirs.bfloat16()(ids).logits.float()
    found = load_llama(theirs)(ids).float()
    assert (found - exact).square().mean() < 1.5 * (expected - exact).square().mean()


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("gpt2", "transformer.h.0.attn"),
        ("bert", "bert.encoder.layer.0.output"),
        ("marian", "model.decoder.layers.1"),
        ("llama", "model.layers.0.self_attn"),
    ],
)
def test_a_weight_that_ours_has_no_place_for_is_named(name, where):
    theirs, _ = pair(name, SHAPE)
    theirs.get_submodule(where).gain = nn.Parameter(torch.ones(3, dtype=torch.float64))
    with pytest.raises(
        ValueError, match=re.escape(f"the weights hold {where}.gain, for which ours has no place")
    ):
        FAMILIES[name].load(theirs)


def test_matrices_that_the_config_ties_and_the_model_does_not_are_refused():
    theirs, _ = pair("gpt2", SHAPE)
    theirs.lm_head.weight = nn.Parameter(theirs.lm_head.weight + 1.0)
    with pytest.raises(
        ValueError,
        match=re.escape("the config ties output.weight to embedding.tokens.weight, and their numbers differ"),
    ):
        load_gpt2(theirs)
    theirs.config.tie_word_embeddings = False
    expected, found = outputs("gpt2", theirs, load_gpt2(theirs), batch(SHAPE[0], (5, 5))[0])
    assert_close(found, expected, **CLOSE)


def test_weights_of_several_types_and_weights_without_numbers_are_refused():
    theirs, _ = pair("llama", SHAPE)
    theirs.model.norm.float()
    with pytest.raises(
        ValueError, match=re.escape("the weights are of torch.float32 and torch.float64, expected one")
    ):
        load_llama(theirs)
    with pytest.raises(ValueError, match=re.escape("some weights are on the meta device")):
        load_llama(theirs.float().to("meta"))
    whole = nn.Parameter(torch.ones(6, 6, dtype=torch.int8), requires_grad=False)
    theirs, _ = pair("marian", SHAPE)
    theirs.model.encoder.layers[0].fc1.weight = whole
    with pytest.raises(ValueError, match=re.escape("torch.float64 and torch.int8")):
        load_marian(theirs)
