"""A model file of one vocabulary for both languages, of a run, and of a run in progress."""

import torch

from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage.model_file import FILE, is_finished, model_path, read_model, write_model
from transformer_lib.text import Subwords

WORDS = Subwords.train(["der hund schläft", "the dog sleeps"], 40)
ABOUT = {"data": {"source_eos": True}}


def model():
    torch.manual_seed(0)
    return Transformer(TransformerConfig(len(WORDS), len(WORDS), 6, 2, 11, 1, tie_embeddings="all"))


def test_one_vocabulary_for_both_languages_is_stored_once(tmp_path):
    twin = Subwords.from_json(WORDS.to_json())
    write_model(tmp_path / "one", model(), WORDS, WORDS, ABOUT)
    write_model(tmp_path / "two", model(), WORDS, twin, ABOUT)
    one, two = read_model(tmp_path / "one"), read_model(tmp_path / "two")
    assert one.source is one.target
    assert two.source is not two.target
    assert one.source.to_json() == two.target.to_json() == WORDS.to_json()
    sizes = [(tmp_path / name).stat().st_size for name in ("one", "two")]
    assert sizes[1] - sizes[0] > 0.9 * len(WORDS.to_json())


def test_a_model_says_whether_its_sources_end_in_eos(tmp_path):
    for name, about, ends in (("a", ABOUT, True), ("b", {"data": {}}, False), ("c", {}, False)):
        write_model(tmp_path / name, model(), WORDS, WORDS, about)
        assert read_model(tmp_path / name).source_eos is ends


def test_a_path_names_a_file_or_the_folder_of_a_run(tmp_path):
    assert model_path(tmp_path) == tmp_path / FILE
    assert model_path(str(tmp_path / "other")) == tmp_path / "other"


def test_a_run_in_progress_is_not_finished(tmp_path):
    assert not is_finished(tmp_path / FILE)
    for about, finished in (({"step": 5}, False), ({}, True)):
        write_model(tmp_path / FILE, model(), WORDS, WORDS, about)
        assert is_finished(tmp_path / FILE) == finished
