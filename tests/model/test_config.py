"""A config holds the paper's sizes and refuses what cannot be built."""

import dataclasses

import pytest
from twins import says

from transformer_lib import LanguageModelConfig, TransformerConfig
from transformer_lib.models.translator import WEIGHTS
from transformer_lib.storage.files import read_tensors


def test_the_defaults_are_the_base_model_of_the_paper_with_pre_norm():
    assert dataclasses.asdict(TransformerConfig(11, 13)) == {
        "src_vocab_size": 11,
        "tgt_vocab_size": 13,
        "d_model": 512,
        "n_heads": 8,
        "d_ff": 2048,
        "n_layers": 6,
        "dropout": 0.1,
        "norm_first": True,
        "activation": "relu",
        "positions": "sinusoidal",
        "bias": True,
        "norm_eps": 1e-5,
        "tie_embeddings": "output",
        "scale_embeddings": True,
        "norm_embeddings": False,
        "output_bias": False,
        "pad_id": 0,
        "bos_id": 1,
        "eos_id": 2,
        "max_length": 512,
        "n_kv_heads": None,
        "norm": "layer",
        "gated": False,
        "position_pairs": "neighbours",
        "position_base": 10_000.0,
        "n_segments": 0,
    }


def test_a_decoder_alone_needs_one_vocabulary():
    config = LanguageModelConfig(13, 21, 3)
    assert (config.src_vocab_size, config.tgt_vocab_size, config.d_model, config.d_head) == (13, 13, 21, 7)
    copied = dataclasses.replace(config, n_layers=2)
    assert isinstance(copied, LanguageModelConfig)
    assert dataclasses.asdict(copied) == dataclasses.asdict(TransformerConfig(13, 13, 21, 3, n_layers=2))
    with pytest.raises(ValueError, match="tgt_vocab_size"):
        LanguageModelConfig(0)


@pytest.mark.parametrize("n_kv_heads", [3, 0, 16])
def test_heads_of_keys_and_values_divide_the_heads(n_kv_heads):
    with pytest.raises(ValueError, match="n_kv_heads"):
        TransformerConfig(11, 13, n_kv_heads=n_kv_heads)


def test_a_head_has_its_share_of_the_width():
    assert TransformerConfig(11, 13, d_model=21, n_heads=3).d_head == 7


def test_a_config_cannot_be_changed_but_copied_with_changes():
    config = TransformerConfig(11, 13)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.d_model = 64
    assert dataclasses.replace(config, d_model=64).d_model == 64


@pytest.mark.parametrize(
    "name", ["src_vocab_size", "tgt_vocab_size", "d_model", "n_heads", "d_ff", "n_layers", "max_length"]
)
def test_sizes_are_at_least_one(name):
    good = {"src_vocab_size": 1, "tgt_vocab_size": 1, "n_heads": 1, name: 1}
    assert getattr(TransformerConfig(**good), name) == 1
    with says(ValueError, f"{name} must be at least 1, got 0"):
        TransformerConfig(**good | {name: 0})


def test_heads_divide_the_width():
    with says(ValueError, "d_model must be a multiple of n_heads, got d_model 10 and n_heads 3"):
        TransformerConfig(11, 13, d_model=10, n_heads=3)


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_dropout_is_a_probability(dropout):
    with says(ValueError, f"dropout is a probability in [0, 1), got {dropout}"):
        TransformerConfig(11, 13, dropout=dropout)
    assert TransformerConfig(11, 13, dropout=0.0).dropout == 0.0


@pytest.mark.parametrize("eps", [0.0, -1e-5])
def test_norms_need_an_epsilon(eps):
    with says(
        ValueError, f"norm_eps must be a finite number above 0, got {eps}: a constant vector has variance 0"
    ):
        TransformerConfig(11, 13, norm_eps=eps)
    assert TransformerConfig(11, 13, norm_eps=1e-12).norm_eps == 1e-12


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("activation", "relu, gelu, gelu_tanh, silu"),
        ("positions", "sinusoidal, learned, rotary"),
        ("tie_embeddings", "none, output, all"),
        ("norm", "layer, rms"),
        ("position_pairs", "neighbours, halves"),
    ],
)
def test_choices_are_named(name, known):
    with says(ValueError, f"unknown {name} 'other', expected one of {known}"):
        TransformerConfig(11, 13, **{name: "other"})
    for choice in known.split(", "):
        assert getattr(TransformerConfig(11, 11, **{name: choice}), name) == choice


def test_one_matrix_for_both_languages_needs_one_vocabulary():
    message = "tie_embeddings='all' needs one vocabulary for both languages, got sizes 11 and 13"
    with says(ValueError, message):
        TransformerConfig(11, 13, tie_embeddings="all")


def test_a_file_says_a_later_choice_only_where_it_was_made():
    plain = TransformerConfig(11, 13).as_dict()
    assert plain.keys() == dataclasses.asdict(TransformerConfig(11, 13)).keys() - {
        "n_kv_heads", "norm", "gated", "position_pairs", "position_base", "n_segments"
    }  # fmt: skip
    chosen = TransformerConfig(11, 13, gated=True, n_segments=2, position_base=5.0)
    assert chosen.as_dict().keys() - plain.keys() == {"gated", "n_segments", "position_base"}
    for config in (TransformerConfig(11, 13), chosen):
        assert TransformerConfig(**config.as_dict()) == config


@pytest.mark.parametrize(("name", "value"), [("position_base", 0.0), ("n_segments", -1), ("gated", 1)])
def test_later_choices_are_checked(name, value):
    with pytest.raises((ValueError, TypeError), match=name):
        TransformerConfig(11, 13, **{name: value})


def test_the_shipped_translators_configuration_is_stored_as_it_would_be_now():
    stored = read_tensors(WEIGHTS)[1]["config"]
    assert TransformerConfig(**stored).as_dict() == stored
