"""Going on from a trained model: its weights, its words, and what is refused."""

import re

import pytest
import torch

from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel, Transformer, TransformerConfig
from transformer_lib.storage.model_file import read_model, read_writer, write_model, write_writer
from transformer_lib.text import Subwords
from transformer_lib.text.vocabulary import Vocabulary
from transformer_lib.training import __main__ as program
from transformer_lib.training import checksum, read_tensors
from transformer_lib.training.data import Data, grammar_data
from transformer_lib.training.starting import begin, read_start

SIZES = ("--d-model", "8", "--n-heads", "2", "--d-ff", "16", "--n-layers", "1")
SMALL = [
    *("--pairs", "300", "--steps", "3", "--warmup", "1", "--log-every", "1", "--save-every", "3"),
    *(*SIZES, "--batch-size", "7", "--samples", "1"),
]

pytestmark = pytest.mark.usefixtures("quiet")


def model_of(source, target, **sizes):
    torch.manual_seed(3)
    config = TransformerConfig(len(source), len(target), 8, 2, 16, 1, **{"max_length": 128, **sizes})
    return Transformer(config).eval()


def data_of(source, target):
    return Data([], [], source, target, {})


@pytest.fixture
def trained(tmp_path):
    """A model of few words in one order."""
    source, target = Vocabulary(["cat", "dog", "."]), Vocabulary(["chat", "chien", "."])
    model = model_of(source, target)
    write_model(tmp_path / "m.safetensors", model, source, target, {}, dtype=torch.float32)
    return tmp_path / "m.safetensors", model


def test_rows_move_with_their_words_and_new_words_keep_fresh_rows(trained):
    path, before = trained
    source, target = Vocabulary(["a", "dog", ".", "cat"]), Vocabulary([".", "un", "chat", "noir", "chien"])
    torch.manual_seed(5)
    model = Transformer(TransformerConfig(7, 8, 8, 2, 16, 1, max_length=128))
    fresh = model.decoder.embedding.tokens.weight.detach().clone()
    begin(model, model.config.as_dict(), data_of(source, target), read_start(path))
    old_ids = torch.tensor([[3, 4, 5]])  # cat dog .
    new_ids = torch.tensor([[6, 4, 5]])
    told = torch.tensor([[1, 3, 4]])  # <bos> chat chien
    now = torch.tensor([[1, 5, 7]])
    with torch.no_grad():
        expected, found = before(old_ids, told), model.eval()(new_ids, now)
    places = [0, 1, 2, 5, 7, 3]  # of pad, bos, eos, chat, chien and the stop
    torch.testing.assert_close(found[..., places], expected)
    torch.testing.assert_close(model.decoder.embedding.tokens.weight[[4, 6]], fresh[[4, 6]])
    assert model.output.weight is model.decoder.embedding.tokens.weight


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"n_layers": 2}, "n_layers is 1 there and 2 here"),
        ({"max_length": 40}, "max_length is 128 there and 40 here"),
        ({"positions": "rotary"}, "positions is sinusoidal there and rotary here"),
    ],
)
def test_another_model_is_refused_and_stays_as_it_was(trained, sizes, words):
    path, _ = trained
    source, target = Vocabulary(["cat", "dog", "."]), Vocabulary(["chat", "chien", "."])
    config = {"d_model": 8, "n_heads": 2, "d_ff": 16, "n_layers": 1, "max_length": 128} | sizes
    model = Transformer(TransformerConfig(6, 6, **config))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))} cannot be gone on from: {words}"):
        begin(model, model.config.as_dict(), data_of(source, target), read_start(path))
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, before[name])


def test_a_vocabulary_that_lacks_words_is_refused(trained):
    path, _ = trained
    source, target = Vocabulary(["cat", "."]), Vocabulary(["chat", "chien", "."])
    model = model_of(source, target)
    with pytest.raises(ValueError, match="1 of its words are not in the data's vocabulary, the first 'dog'"):
        begin(model, model.config.as_dict(), data_of(source, target), read_start(path))


def test_dropout_may_be_another(trained):
    path, _ = trained
    source, target = Vocabulary(["cat", "dog", "."]), Vocabulary(["chat", "chien", "."])
    model = model_of(source, target, dropout=0.5)
    begin(model, model.config.as_dict(), data_of(source, target), read_start(path))


def test_the_program_goes_on_from_a_run_with_further_pairs(tmp_path, capsys):
    assert program.main([*SMALL, "--out", str(tmp_path / "a")]) == 0
    more = [*SMALL, "--further", "150", "--start", str(tmp_path / "a"), "--out", str(tmp_path / "b")]
    assert program.main([*more, "--lr", "1e-9"]) == 0
    first, second = (read_model(tmp_path / name / "model.safetensors") for name in "ab")
    assert second.about["start"] == checksum(*read_tensors(tmp_path / "a/model.safetensors"))
    assert second.about["data"] == grammar_data(300, n_further=150).about
    assert "start" not in first.about
    assert len(second.target) > len(first.target)
    here = second.target.encode(first.target.words[3:])
    torch.testing.assert_close(
        second.model.decoder.embedding.tokens.weight[here],
        first.model.decoder.embedding.tokens.weight[3:],
        atol=1e-4,
        rtol=1e-3,
    )
    capsys.readouterr()
    assert program.main([*more, "--lr", "1e-9", "--resume"]) == 0, "a run that began so can be resumed"
    without = [one for one in more if one not in ("--start", str(tmp_path / "a"))]
    assert program.main([*without, "--lr", "1e-9", "--resume"]) == 2
    assert "start" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--start", "nowhere"), "there is no file nowhere"),
        (("--d-model", "16", "--start", "A"), "d_model is 8 there and 16 here"),
        (("--data", "F", "--source", "de", "--target", "en", "--start", "A"), "has whole words"),
        (("--further", "-1"), "expected a number of further pairs, 0 or more, got -1"),
    ],
)
def test_what_cannot_be_gone_on_from_is_one_line_and_code_2(tmp_path, capsys, options, words):
    source, target = grammar_data(300)[2:4]
    (tmp_path / "A").mkdir()
    write_model(tmp_path / "A/model.safetensors", model_of(source, target), source, target, {})
    paths = [str(tmp_path / one) if one in ("A", "F") else one for one in options]
    assert program.main([*SMALL, "--out", str(tmp_path / "b"), *paths]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "b").exists()


TEXT = "\n".join(f"the dog number {n} sleeps\n<|endoftext|>" for n in range(60))


def test_text_of_ones_own_is_cut_by_the_subwords_of_the_model(tmp_path):
    file = tmp_path / "texts"
    file.write_text(TEXT, "utf-8")
    words = Subwords.train(["a quick cat sees a dog"] * 3, 60)
    torch.manual_seed(0)
    model = LanguageModel(
        LanguageModelConfig(len(words), d_model=8, n_heads=2, d_ff=16, n_layers=1, max_length=32)
    )
    write_writer(tmp_path / "w.safetensors", model, words, {})
    task = ["--task", "language-model", "--data", str(file), "--max-length", "32", "--vocab-size", "99"]
    more = [*SMALL, *task, "--start", str(tmp_path / "w.safetensors"), "--out", str(tmp_path / "b")]
    assert program.main(more) == 0
    assert read_writer(tmp_path / "b/model.safetensors").words.to_json() == words.to_json()
