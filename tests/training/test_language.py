"""Texts of a file as rows of a language model, and the program that trains one."""

import gzip
import math

import pytest
import torch
from twins import says

from transformer_lib import LanguageModel, LanguageModelConfig, greedy_decode
from transformer_lib.storage.model_file import read_model, read_writer, write_writer
from transformer_lib.text import Vocabulary
from transformer_lib.training import __main__ as program
from transformer_lib.training import read_curves
from transformer_lib.training.language import SET_ASIDE, bits_per_character, text_data
from transformer_lib.training.step import validate

pytestmark = pytest.mark.usefixtures("quiet")

NAMES = ("tom", "lily", "ben", "sue", "max", "amy", "sam")
TEXTS = [
    f"{a} saw {b}.\n{b} said hello to {a} and to {c}."
    for a in NAMES for b in NAMES for c in NAMES[:2]
]  # fmt: skip
DRESS = (
    *("--positions", "rotary", "--norm-kind", "rms", "--gated", "--activation", "silu", "--no-bias"),
    *("--kv-heads", "1", "--d-model", "8", "--n-heads", "2", "--d-ff", "11", "--n-layers", "1"),
)


@pytest.fixture
def stories(tmp_path):
    path = tmp_path / "stories.txt.gz"
    path.write_bytes(gzip.compress("\n<|endoftext|>\n".join(TEXTS).encode() + b"\n<|endoftext|>\n"))
    return path


def test_every_25th_text_is_set_aside_and_the_rows_of_a_text_overlap_by_one_token(stories):
    data = text_data(stories, vocab_size=60, max_length=7)
    assert data.source is data.target
    for rows, texts in (
        (data.validation, TEXTS[::SET_ASIDE]),
        (data.train, [t for n, t in enumerate(TEXTS) if n % SET_ASIDE]),
    ):
        ids = [list(row) for _, row in rows]
        assert max(map(len, ids)) == 8
        assert min(map(len, ids)) >= 2
        joined, found = [], []
        for row in ids:
            joined = row if row[0] == data.target.bos_id else joined + row[1:]
            if row[-1] == data.target.eos_id:
                found.append(data.target.decode(joined))
        assert found == texts
    assert all(src is None for src, _ in data.train)


def test_a_bit_per_character_does_not_depend_on_how_text_is_cut(stories):
    """A model that knows nothing needs ln V for each token; in bits for each character."""
    n_characters = sum(map(len, TEXTS[::SET_ASIDE]))
    for vocab_size, max_length in ((40, 5), (60, 64)):
        data = text_data(stories, vocab_size=vocab_size, max_length=max_length)
        n_tokens = sum(len(data.target.encode(text)) + 1 for text in TEXTS[::SET_ASIDE])  # and its end
        found = bits_per_character(math.log(len(data.target)), data)
        assert found == pytest.approx(n_tokens * math.log2(len(data.target)) / n_characters)


def test_the_program_trains_a_writer_says_what_it_writes_and_goes_on(stories, tmp_path, capsys):
    run = [
        *("--task", "language-model", "--data", str(stories), "--vocab-size", "60", "--max-length", "24"),
        *("--warmup", "2", "--log-every", "2", "--save-every", "4", "--batch-size", "5", "--samples", "1"),
        *("--device", "cpu", "--smoothing", "0", *DRESS),
    ]
    folder = tmp_path / "run"
    assert program.main([*run, "--steps", "4", "--out", str(folder)]) == 0
    assert program.main([*run, "--steps", "8", "--out", str(folder), "--resume"]) == 0
    said = capsys.readouterr().out
    found = read_writer(folder / "model.safetensors")
    config = found.model.config
    assert (config.positions, config.norm, config.gated, config.bias) == ("rotary", "rms", True, False)
    assert (config.n_kv_heads, config.activation, config.tgt_vocab_size) == (1, "silu", len(found.words))
    record = read_curves(folder / "curves.jsonl")[-1]
    data = text_data(stories, vocab_size=60, max_length=24)
    bits = bits_per_character(found.about["validation_loss"], data)
    assert f"on unseen sentences, {bits:.3f} bits per character, perplexity" in said
    assert "rows of text to train on" in said
    assert "  tom saw" in said
    rows = torch.tensor([list(data.validation[0][1])])
    assert found.about["validation_loss"] <= record["validation_loss"]
    assert math.isfinite(validate(found.model, [(None, rows)]).loss)
    [written] = greedy_decode(found.model, torch.tensor([[1]]), max_length=5)
    assert len(written) <= 5
    with pytest.raises(ValueError, match="holds no translation model"):
        read_model(folder / "model.safetensors")


def test_a_writer_comes_back_as_it_was_written(tmp_path):
    words = Vocabulary(["a", "b", "c"])
    config = LanguageModelConfig(len(words), d_model=6, n_heads=2, d_ff=5, n_layers=1, norm="rms", gated=True)
    model, path = LanguageModel(config).eval(), tmp_path / "writer.safetensors"
    write_writer(path, model, words, {"seed": 3}, dtype=torch.float32)
    found = read_writer(path)
    assert found.model.config == config
    assert found.about == {"seed": 3}
    assert found.words.to_json() == words.to_json()
    ids = torch.tensor([[3, 4, 5]])
    assert torch.equal(found.model(ids), model(ids))
    with says(ValueError, f"{path}: the vocabulary has 4 words, the model was made for {len(words)}"):
        write_writer(path, model, Vocabulary(["a"]), {})
    with pytest.raises(TypeError, match="model must be a LanguageModel"):
        write_writer(path, words, words, {})


def test_a_writer_needs_texts(tmp_path, capsys):
    assert program.main(["--task", "language-model", "--out", str(tmp_path / "run")]) == 2
    assert "--task language-model needs --data FILE" in capsys.readouterr().err
    path = tmp_path / "one.txt"
    path.write_text("only one\n")
    message = f"{path} holds 1 texts, expected one to validate on and one to train on at least"
    with says(ValueError, message):
        text_data(path)
