"""Training data, and a trained model as one file."""

import dataclasses
import hashlib
import json

import pytest
import torch

from transformer_lib.data import split, vocabularies
from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage.model_file import read_model, write_model
from transformer_lib.text import Subwords
from transformer_lib.text.vocabulary import Vocabulary
from transformer_lib.training import data as data_module
from transformer_lib.training import model_tensors, read_tensors, write_tensors
from transformer_lib.training.data import folder_data, grammar_data


def test_the_grammars_tests_are_never_trained_on():
    data = grammar_data(400, seed=3)
    splits, (source, target) = split(400, 3), vocabularies()
    assert (data.source, data.target) == (source, target)
    for ids, pairs in ((data.train, splits.train), (data.validation, splits.validation)):
        assert [tuple(source.decode(src)) for src, _ in ids] == [pair.english for pair in pairs]
        assert [tuple(target.decode(tgt)) for _, tgt in ids] == [pair.french for pair in pairs]
        assert all(tgt[0] == 1 and tgt[-1] == 2 for _, tgt in ids)
    held_out = {pair.english for pair in splits.test_sentences + splits.test_combinations}
    assert held_out
    assert not held_out & {tuple(source.decode(src)) for src, _ in data.train + data.validation}


def test_data_say_what_they_are_and_tell_themselves_from_others():
    data = grammar_data(200)
    assert {key: data.about[key] for key in ("kind", "n_pairs", "seed")} == {
        "kind": "grammar",
        "n_pairs": 200,
        "seed": 0,
    }
    assert len(data.about["checksum"]) == 64
    assert data.about == grammar_data(200, 0).about
    others = {grammar_data(200, 1).about["checksum"], grammar_data(201).about["checksum"]}
    assert data.about["checksum"] not in others


@pytest.mark.parametrize(
    ("n", "words"), [(0, "at least one pair to draw, got 0"), (1, "1 pairs leave nothing")]
)
def test_too_few_pairs_are_refused(n, words):
    with pytest.raises(ValueError, match=words):
        grammar_data(n)


DE = ["der hund schläft", "die katze schläft", "der mann liest", "die frau liest ein buch"]
EN = ["the dog sleeps", "the cat sleeps", "the man reads", "the woman reads a book"]


@pytest.fixture
def folder(tmp_path):
    for stem, rows in (("train", slice(0, 4)), ("val", slice(1, 3))):
        (tmp_path / f"{stem}.de").write_text("\n".join(DE[rows]) + "\n", "utf-8")
        (tmp_path / f"{stem}.en").write_text("\n".join(EN[rows]) + "\n", "utf-8")
    return tmp_path


def test_a_folder_becomes_subwords_of_both_languages(folder):
    data = folder_data(folder, "de", "en", vocab_size=60, max_length=64)
    assert [data.source.decode(src) for src, _ in data.train] == DE
    assert [data.target.decode(tgt) for _, tgt in data.train] == EN
    assert [data.target.decode(tgt) for _, tgt in data.validation] == EN[1:3]
    assert (data.train[0][1][0], data.train[0][1][-1]) == (1, 2)
    assert (data.train[0][0][0], data.train[0][0][-1]) != (1, 2)
    assert len(data.source) <= 60
    about = {key: value for key, value in data.about.items() if key != "checksum"}
    assert about == {"kind": "folder", "source": "de", "target": "en", "n_pairs": 4, "source_eos": True}
    turned = folder_data(folder, "en", "de", vocab_size=60)
    assert [turned.source.decode(src) for src, _ in turned.train] == EN
    assert turned.about["checksum"] != data.about["checksum"]


def test_subwords_are_learnt_from_the_training_sentences_alone(folder):
    small, large = (folder_data(folder, "de", "en", vocab_size=size) for size in (30, 8000))
    assert len(small.source) <= 30 < len(large.source)
    assert len(folder_data(folder, "de", "en").source) == len(large.source)
    (folder / "val.de").write_text("zzz zzz\nzzz\n", "utf-8")
    assert folder_data(folder, "de", "en").source.to_json() == large.source.to_json()


def test_pairs_with_a_long_side_are_left_out(folder):
    everything = folder_data(folder, "de", "en", vocab_size=60)
    lengths = sorted(max(map(len, pair)) for pair in everything.train)
    kept = folder_data(folder, "de", "en", vocab_size=60, max_length=lengths[1])
    assert [max(map(len, pair)) <= lengths[1] for pair in everything.train].count(True) == len(kept.train)
    assert 0 < len(kept.train) < 4
    with pytest.raises(ValueError, match=rf"no pair of sentences in {folder} has at most 2 subwords"):
        folder_data(folder, "de", "en", max_length=2)


def test_what_is_left_out_is_counted(folder):
    everything = folder_data(folder, "de", "en", vocab_size=60)
    assert everything.left_out == ()
    lines = (folder / "train.en").read_text("utf-8").splitlines()
    (folder / "train.en").write_text("\n".join([*lines[:2], "", lines[3]]) + "\n", "utf-8")
    for ending in ("de", "en"):
        file = folder / f"val.{ending}"
        file.write_text(file.read_text("utf-8") + "x " * 129 + "\n", "utf-8")
    data = folder_data(folder, "de", "en")
    assert len(data.train) == len(everything.train) - 1
    assert len(data.validation) == len(everything.validation)
    assert data.left_out == (
        "train: 1 lines left out, empty in one language or both (the first is line 3)",
        "val: 1 of 3 pairs left out, with more than 128 subwords",
    )


def test_a_hundred_and_twenty_eight_subwords_are_enough_unless_told(folder):
    lines = (folder / "train.de").read_text("utf-8").splitlines()
    (folder / "train.de").write_text("\n".join([*lines[:3], "x " * 127]) + "\n", "utf-8")
    assert len(folder_data(folder, "de", "en").train) == 4
    (folder / "train.de").write_text("\n".join([*lines[:3], "x " * 128]) + "\n", "utf-8")
    assert len(folder_data(folder, "de", "en").train) == 3


def test_a_source_ends_in_eos_unless_told(folder):
    ended, plain = (folder_data(folder, "de", "en", source_eos=kind) for kind in (True, False))
    assert [list(src) for src, _ in ended.train] == [[*src, 2] for src, _ in plain.train]
    assert [tgt for _, tgt in ended.train] == [tgt for _, tgt in plain.train]
    assert "source_eos" not in plain.about, "a run from before goes on"


def test_joint_subwords_are_one_vocabulary_learnt_from_both_languages(folder):
    data = folder_data(folder, "de", "en", vocab_size=60, subwords="joint")
    assert data.source is data.target
    assert len(data.source) <= 60
    assert [data.source.decode(src) for src, _ in data.train] == DE
    assert [data.source.decode(tgt) for _, tgt in data.train] == EN
    assert data.about["subwords"] == "joint"
    with pytest.raises(ValueError, match="unknown subwords 'one', expected one of separate, joint"):
        folder_data(folder, "de", "en", subwords="one")


def test_the_subwords_are_those_of_the_first_process(folder, monkeypatch):
    plain = folder_data(folder, "de", "en", vocab_size=60)
    monkeypatch.setattr(data_module, "from_first", lambda make: make()[::-1])
    turned = folder_data(folder, "de", "en", vocab_size=60)
    assert turned.source.to_json() == plain.target.to_json() != plain.source.to_json()


def test_the_checksum_is_that_of_the_pairs_as_json():
    data = grammar_data(200)
    both = json.dumps((data.train, data.validation)).encode()
    assert data.about["checksum"] == hashlib.sha256(both).hexdigest(), "older runs could not go on"


def small_model(**options):
    torch.manual_seed(0)
    source, target = Vocabulary(["i", "am", "é"]), Vocabulary(["je", "suis"])
    config = TransformerConfig(len(source), len(target), 6, 2, 11, 1, **options)
    return Transformer(config), source, target


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.bfloat16])
def test_a_model_comes_back_from_its_file_with_its_vocabularies(tmp_path, device, dtype):
    model, source, target = small_model(activation="gelu", norm_first=False)
    write_model(tmp_path / "m", model.to(device), source, target, {"seed": 5}, dtype=dtype)
    found = read_model(str(tmp_path / "m"), device)
    assert found.model.config == model.config
    assert (found.source, found.target) == (source, target)
    assert found.about == {"seed": 5}
    assert not found.model.training
    for ours, theirs in zip(found.model.parameters(), model.parameters(), strict=True):
        assert ours.device == theirs.device
        assert ours.dtype == torch.float32
        assert torch.equal(ours, theirs.to(dtype).float())


def test_the_file_holds_half_precision_unless_told_and_lives_on_the_processor(tmp_path):
    write_model(tmp_path / "m", *small_model(), {})
    assert {tensor.dtype for tensor in read_tensors(tmp_path / "m")[0].values()} == {torch.float16}
    assert next(read_model(tmp_path / "m").model.parameters()).device.type == "cpu"


def test_subwords_come_back_too(tmp_path):
    subwords = Subwords.train(DE, 40), Subwords.train(EN, 41)
    model = Transformer(TransformerConfig(len(subwords[0]), len(subwords[1]), 6, 2, 11, 1))
    write_model(tmp_path / "m", model, *subwords, {})
    found = read_model(tmp_path / "m")
    assert found.source.encode(DE[0]) == subwords[0].encode(DE[0])
    assert found.target.encode(EN[0]) == subwords[1].encode(EN[0])


def test_the_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "m"
    model, source, target = small_model()
    write_model(path, model, source, target, {})
    tensors, about = read_tensors(path)
    vocabularies = about["vocabularies"]
    broken = [
        {},
        about | {"config": dataclasses.asdict(model.config) | {"colour": 1}},
        about | {"config": dataclasses.asdict(model.config) | {"n_heads": 5}},
        about | {"config": 3},
        about | {"vocabularies": vocabularies | {"source": {"kind": "letters", "content": "[]"}}},
        about | {"vocabularies": vocabularies | {"target": {"kind": "words", "content": "["}}},
        {key: value for key, value in about.items() if key != "training"},
    ]
    for other in broken:
        write_tensors(path, tensors, other)
        with pytest.raises(ValueError, match=rf"{path} holds no translation model that this version knows"):
            read_model(path)
    write_tensors(path, {name: t for name, t in tensors.items() if "norm" not in name}, about)
    with pytest.raises(ValueError, match=rf"{path} lacks the tensor"):
        read_model(path)
    with pytest.raises(FileNotFoundError, match="no file"):
        read_model(tmp_path / "none")


def test_shared_weights_are_shared_again(tmp_path):
    model, source, target = small_model()
    write_model(tmp_path / "m", model, source, target, {})
    assert len(read_tensors(tmp_path / "m")[0]) == len(model_tensors(model))
    found = read_model(tmp_path / "m").model
    assert found.output.weight is found.decoder.embedding.tokens.weight


@pytest.mark.parametrize("stem", ["train", "val"])
def test_other_sentences_in_either_part_of_a_folder_are_other_data(folder, stem):
    before = folder_data(folder, "de", "en", vocab_size=60)
    for ending in ("de", "en"):
        file = folder / f"{stem}.{ending}"
        file.write_text("\n".join(reversed(file.read_text("utf-8").split("\n")[:-1])) + "\n", "utf-8")
    after = folder_data(folder, "de", "en", vocab_size=60)
    assert after.about["checksum"] != before.about["checksum"]


def test_a_folder_whose_validation_sentences_are_all_too_long_is_refused(folder):
    for ending in ("de", "en"):
        file = folder / f"val.{ending}"
        file.write_text(" ".join(file.read_text("utf-8").split("\n")) * 9 + "\n", "utf-8")
    longest = 30
    assert folder_data(folder, "de", "en", vocab_size=8000, max_length=999).validation
    with pytest.raises(ValueError, match=f"at most {longest} subwords"):
        folder_data(folder, "de", "en", vocab_size=8000, max_length=longest)
