"""The writer of stories: the weights that were trained, and what its card says."""

from __future__ import annotations

import math
import re

import pytest
import torch

from transformer_lib import greedy_decode, load_writer
from transformer_lib.models.writer import WRITER
from transformer_lib.storage.files import checksum, read_tensors
from transformer_lib.storage.model_file import read_writer
from transformer_lib.text import Vocabulary

CARD = WRITER.with_suffix(".md").read_text("utf-8")


def test_it_is_loaded_once_and_as_it_was_trained():
    model, subwords = load_writer()
    assert load_writer("cpu")[0] is model
    assert not model.training
    assert len(subwords) == model.config.tgt_vocab_size
    config = model.config
    assert (config.positions, config.norm, config.gated, config.activation) == ("rotary", "rms", True, "silu")
    assert config.n_kv_heads == config.n_heads // 2
    assert not config.bias


def test_the_file_gives_the_same_bits_each_time():
    model, _ = load_writer()
    again = read_writer(WRITER).model.state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in model.state_dict().items())


def test_it_goes_on_with_a_beginning_as_its_card_says():
    model, subwords = load_writer()
    told = re.findall(r"^- \*(.+?)\* … \*(.+?)\*$", CARD, re.MULTILINE)
    assert len(told) >= 3
    for beginning, continuation in told:
        ids = torch.tensor([subwords.encode(beginning, bos=True)])
        [written] = greedy_decode(model, ids, max_length=40)
        whole = subwords.decode(torch.cat([ids[0], written]))
        assert " ".join(whole.removeprefix(beginning).split()) == continuation, beginning


def test_the_card_tells_of_this_file():
    tensors, about = read_tensors(WRITER)
    training = about["training"]
    recipe, data, config = training["recipe"], training["data"], about["config"]
    assert f"{WRITER.stat().st_size:,} bytes" in CARD
    assert WRITER.stat().st_size < 2_000_000
    assert checksum(tensors, about) in CARD
    model, subwords = load_writer()
    assert f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters" in CARD
    assert f"{len(subwords):,} subwords" in CARD
    assert f"{data['n_texts']:,} of them" in CARD
    assert f"{config['n_layers']} layers, d_model {config['d_model']}, {config['n_heads']} heads" in CARD
    assert f"After {training.get('step', recipe['n_steps']):,} of {recipe['n_steps']:,} steps" in CARD
    bits = training["validation_loss"] / math.log(2) * data["tokens_per_character"]
    assert f"{bits:.3f} bits per character" in CARD
    assert f"perplexity {math.exp(training['validation_loss']):.2f} per subword" in CARD


def test_the_card_gives_the_command_that_trained_it():
    about = read_tensors(WRITER)[1]
    training, config = about["training"], about["config"]
    recipe = training["recipe"]
    options = dict(re.findall(r"--([a-z-]+) ([^-\s\\]\S*)", CARD.split("```")[1]))
    expected = {
        "vocab-size": config["tgt_vocab_size"],
        "max-length": config["max_length"],
        "d-model": config["d_model"],
        "n-heads": config["n_heads"],
        "kv-heads": config["n_kv_heads"],
        "n-layers": config["n_layers"],
        "d-ff": config["d_ff"],
        "dropout": config["dropout"],
        "batch-size": training["batch_size"],
        "lr": recipe["peak_lr"],
        "warmup": recipe["warmup_steps"],
        "steps": recipe["n_steps"],
        "weight-decay": recipe["weight_decay"],
        "smoothing": recipe["smoothing"],
        "save-every": recipe["save_every"],
    }
    assert {name: float(options[name]) for name in expected} == expected
    assert recipe["seed"] == 0  # the program's own


def test_the_card_names_data_and_licence():
    for words in ("TinyStories", "Eldan and Li 2023", "CDLA-Sharing-1.0"):
        assert words in CARD


def test_a_file_of_whole_words_is_refused(monkeypatch):
    from transformer_lib.models import writer

    found = read_writer(WRITER)._replace(words=Vocabulary(["a"]))
    monkeypatch.setattr(writer, "read_writer", lambda *_: found)
    with pytest.raises(ValueError, match="expected one of subwords"):
        writer._load.__wrapped__("cpu")
