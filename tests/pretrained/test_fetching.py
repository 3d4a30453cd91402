"""Trained models come from a folder, or one sentence says why they do not; no test asks a host."""

import socket
from pathlib import Path

import nbformat
import pytest
import torch
from published import SHAPES, pair

from tools import notebooks
from transformer_lib.pretrained import NotFetchedError, fetch
from transformer_lib.pretrained.fetching import MODELS

CHAPTER = Path(__file__).parents[2] / "book" / "09-real-models.ipynb"
WORDS = ["<pad>", "<eos>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
FAMILY = {"gpt2": "gpt2", "bert-base-uncased": "bert", "opus-mt-en-fr": "marian"}


@pytest.fixture(autouse=True)
def no_host(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a host was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.delenv("PUBLISHED_MODELS", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for each model, small and with random weights, as `save_pretrained` writes it."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    place = tmp_path_factory.mktemp("models")
    vocab, *sizes, positions = SHAPES[1]
    del positions
    for name, family in FAMILY.items():
        theirs, _ = pair(family, (vocab, *sizes, 64), torch.float32)
        theirs.save_pretrained(place / name)
        words = {word: i for i, word in enumerate([*WORDS, *"abcdefghijklmnopqrstuvwxyz .;"][:vocab])}
        tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>",
            cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
        ).save_pretrained(place / name)  # fmt: skip
    return place


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_from_the_folder_with_its_tokenizer(name, folder, monkeypatch):
    monkeypatch.setenv("PUBLISHED_MODELS", str(folder))
    model, tokenizer = fetch(name)
    assert type(model).__name__ == MODELS[name][1]
    assert not model.training
    assert tokenizer("a b").input_ids == [6, 7]


def test_what_the_folder_lacks_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PUBLISHED_MODELS", str(tmp_path))
    with pytest.raises(NotFetchedError, match="gpt2 is not in the folder that PUBLISHED_MODELS names"):
        fetch("gpt2")


def test_a_damaged_folder_gives_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "gpt2").mkdir()
    monkeypatch.setenv("PUBLISHED_MODELS", str(tmp_path))
    with pytest.raises(NotFetchedError, match=r"^gpt2 could not be fetched: [^\n]+$"):
        fetch("gpt2")


@pytest.mark.parametrize("value", ["1", "true", "YES"])
def test_no_host_is_asked_where_the_hub_is_off(value, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    with pytest.raises(NotFetchedError, match="HF_HUB_OFFLINE is set"):
        fetch("bert-base-uncased")


def test_no_host_is_asked_where_notebooks_are_executed_for_the_book():
    wanted = {"HF_HUB_OFFLINE": "1", "PUBLISHED_MODELS": ""}
    assert notebooks.QUIET.items() >= wanted.items()
    for name, value in wanted.items():
        assert f'"{name}": "{value}"' in (CHAPTER.parents[1] / "conftest.py").read_text("utf-8")


def cells_that_fetch():
    cells = nbformat.read(CHAPTER, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code" and "fetch(" in cell.source]


def test_the_chapter_shows_what_the_folder_holds(folder, monkeypatch, capsys):
    cells = cells_that_fetch()
    assert [name for name in MODELS if not any(f'fetch("{name}")' in cell for cell in cells)] == []
    monkeypatch.setenv("PUBLISHED_MODELS", str(folder))
    names: dict = {}
    exec(IMPORTS, names)
    with torch.no_grad():  # as in the chapter
        for cell in cells:
            exec(cell, names)
            said = capsys.readouterr().out
            assert said.count("the same logits: True") == cell.count("fetch("), said
            assert "fetched" not in said


IMPORTS = """
import torch
import torch.nn.functional as F
from transformer_lib import *
from tools import notebooks
from transformer_lib.pretrained import NotFetchedError, fetch
"""
