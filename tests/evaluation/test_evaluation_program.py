"""`python -m transformer_lib.evaluation` says what a model is worth, on sentences that it never saw."""

import pytest
import torch

from transformer_lib.data import split, vocabularies
from transformer_lib.evaluation import __main__ as program
from transformer_lib.evaluation.report import alignments, best_alignment, quality
from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage.model_file import write_model
from transformer_lib.training import checksum, read_tensors

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
