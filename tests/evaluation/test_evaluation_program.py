"""`python -m transformer_lib.evaluation` says what a model is worth, on sentences that it never saw."""

import math

import pytest
import torch

from transformer_lib.data import encode_pairs, split, vocabularies
from transformer_lib.decoding import translate_texts
from transformer_lib.evaluation import __main__ as program
from transformer_lib.evaluation import score_intervals
from transformer_lib.evaluation.report import alignments, best_alignment, quality
from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage.model_file import read_model, write_model
from transformer_lib.text import detokenise
from transformer_lib.training import Batches, checksum, read_tensors, validate

N_PAIRS, SEED = 400, 5


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model():
    source, target = vocabularies()
    torch.manual_seed(0)
    # Sharp attention, so that heads differ.
    found = Transformer(TransformerConfig(len(source), len(target), 10, 2, 11, 2, max_length=40)).eval()
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.copy_((3 * parameter).half().float())
    return found, source, target


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    write_model(path, *model, {"data": {"kind": "grammar", "n_pairs": N_PAIRS, "seed": SEED}})
    return path


def test_it_reports_file_translations_and_alignment(path, model, capsys):
    assert program.main([str(path), "--pairs", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    splits = split(N_PAIRS, SEED)
    assert lines[0] == f"file: {path.stat().st_size} bytes, checksum {checksum(*read_tensors(path))}"
    assert lines[1] == f"parameters: {sum(p.numel() for p in model[0].parameters())}"
    for line, name in ((lines[2], "test_sentences"), (lines[3], "test_combinations")):
        measured = quality(*model, getattr(splits, name)[:7])
        assert line == (
            f"{name.replace('_', ' ')}: exact match {measured.exact_match:.3f} of 7, "
            f"BLEU {measured.bleu.score:.1f} ({measured.bleu.signature})"
        )
    best = best_alignment(alignments(*model, splits.validation[:7]))
    table = alignments(*model, splits.test_sentences[:7])
    chosen = next(row for row in table if (row.layer, row.head) == (best.layer, best.head))
    assert lines[4] == (
        f"alignment: error rate {chosen.error_rate:.3f}, argmax accuracy {chosen.accuracy:.3f} "
        f"({program._name(best)}, chosen on validation sentences)"
    )
    assert lines[5:] == [
        f"  {program._name(row)}: error rate {row.error_rate:.3f}, argmax accuracy {row.accuracy:.3f}"
        for row in table
    ]
    assert lines[5].startswith("  layer 1, mean of heads")
    assert lines[-2].startswith("  layer 2, head 2")
    assert lines[-1].startswith("  mean of all heads")


def test_a_model_of_further_rules_is_measured_on_them_too(tmp_path, capsys):
    source, target = vocabularies(further=True)
    torch.manual_seed(0)
    found = Transformer(TransformerConfig(len(source), len(target), 10, 2, 11, 2, max_length=40)).eval()
    about = {"data": {"kind": "grammar", "n_pairs": N_PAIRS, "seed": SEED, "n_further": 200}}
    write_model(tmp_path / "m", found, source, target, about, dtype=torch.float32)
    assert program.main([str(tmp_path / "m"), "--pairs", "5"]) == 0
    *_, said, sentences, combinations = capsys.readouterr().out.splitlines()
    further = split(200, SEED, further=True)
    assert said == "further rules:"
    for line, name in ((sentences, "test_sentences"), (combinations, "test_combinations")):
        pairs = getattr(further, name)[:5]
        measured = quality(found, source, target, pairs)
        assert line == (
            f"  {name.replace('_', ' ')}: exact match {measured.exact_match:.3f} of {len(pairs)}, "
            f"BLEU {measured.bleu.score:.1f} ({measured.bleu.signature})"
        )


def test_a_thousand_sentences_of_the_shipped_model_are_the_default(monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(program, "report", lambda *given: calls.append(given) or iter(["a line"]))
    torch.set_num_threads(2)
    assert program.main([]) == 0
    assert calls == [(program.SHIPPED, 1000, "cpu")]
    assert capsys.readouterr().out == "a line\n"
    assert torch.get_num_threads() == 1
    assert program.SHIPPED.parts[-4:] == ("transformer_lib", "models", "weights", "translator.safetensors")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "there is no file nowhere"),
        (["--pairs", "0"], "--pairs is at least 1, got 0"),
        (["--device", "abacus"], ".*abacus"),
    ],
)
def test_what_cannot_be_measured_is_one_line_and_code_2(path, arguments, words, capsys):
    arguments = arguments if arguments[0] == "nowhere" else [str(path), *arguments]
    assert program.main(arguments) == 2
    said, complained = capsys.readouterr()
    assert said == ""
    assert complained.startswith("python -m transformer_lib.evaluation: error: ")
    assert complained.count("\n") == 1
    assert words.removeprefix(".*") in complained


@pytest.mark.parametrize("about", [{}, {"data": {"kind": "folder", "n_pairs": 3}}])
def test_a_model_of_other_text_is_refused(tmp_path, model, about):
    write_model(tmp_path / "m", *model, about)
    with pytest.raises(ValueError, match=rf"{tmp_path / 'm'} was not trained on the grammar"):
        next(program.report(tmp_path / "m"))


@pytest.fixture
def folder(tmp_path):
    """Two sets from English to French: one with words that the model lacks, one with two references."""
    pairs = [pair for pair in split(N_PAIRS, SEED).test_sentences if len(pair.english) < 12][:5]
    english, french = ([detokenise(pair[side]) for pair in pairs] for side in (0, 1))
    files = {
        "test.en": [*english, "zebras", ""],
        "test.fr": [*french, "zèbres", "vide"],
        "test2.en": english,
        "test2.fr": french,
        "test2.fr.1": ["autre chose", "", "", "", ""],
    }
    for name, lines in files.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path


def test_a_folder_is_measured_set_by_set(path, folder, model, capsys):
    languages = ["--source", "en", "--target", "fr"]
    assert program.main([str(path), str(folder), *languages, "--samples", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        f"file: {path.stat().st_size} bytes, checksum {checksum(*read_tensors(path))}",
        f"parameters: {sum(p.numel() for p in model[0].parameters())}",
    ]
    assert lines[2] == (
        "test: 6 sentences, references for each: 1; greedy; 1 lines left out, empty in one language or both"
    )
    assert lines[3].startswith("  1 not translated, the first 'zebras': 1 unknown word: 'zebras'")
    found, english = read_model(path), (folder / "test.en").read_text("utf-8").splitlines()[:6]
    said, meant = (
        translate_texts(found, english).texts,
        (folder / "test.fr").read_text("utf-8").splitlines()[:6],
    )
    wanted = score_intervals(said, meant)
    for line, score in zip(lines[4:6], wanted, strict=True):
        assert line == (
            f"  {score.name} {score.score:.1f}, 95 % interval {score.low:.1f} to {score.high:.1f} ({score.signature})"
        )
    encoded = encode_pairs(list(zip(english[:5], meant[:5], strict=True)), *model[1:])
    measured = validate(model[0], Batches(encoded, 5).in_order())
    bits = measured.loss * sum(len(tgt) - 1 for _, tgt in encoded) / math.log(2) / sum(map(len, meant[:5]))
    assert lines[6] == (
        f"  first reference: perplexity {measured.perplexity:.2f} a token, {bits:.2f} bits a character, of 5 sentences"
    )
    assert lines[7] == f"  {english[0]} → {said[0]} (reference: {meant[0]})"
    assert lines[8] == "test2: 5 sentences, references for each: 1 to 2; greedy"


def test_a_folder_may_be_measured_otherwise(path, folder, capsys):
    more = ["--beam", "2", "--length-penalty", "0.3", "--lowercase", "--tokenize", "none", "--samples", "0"]
    assert program.main([str(path), str(folder), "--source", "en", "--target", "fr", *more]) == 0
    out = capsys.readouterr().out
    assert "beam 2, length penalty 0.3" in out
    assert "case:lc|eff:no|tok:none" in out
    assert "→" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the model does not say which languages it was trained on: give --source and --target"),
        (["--source", "en", "--target", "de"], "there is no test.en with a test.de"),
        (["--beam", "0"], "--beam is at least 1, got 0"),
    ],
)
def test_a_folder_that_cannot_be_measured_is_one_line_and_code_2(path, folder, capsys, arguments, words):
    assert program.main([str(path), str(folder), *arguments]) == 2
    complained = capsys.readouterr().err
    assert complained.startswith(f"python -m transformer_lib.evaluation: error: {words}")
    assert complained.count("\n") == 1
