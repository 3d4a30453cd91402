"""The whole way of a folder of text: training, a kill, going on, longer still, evaluation, a translated file."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pair_of_processes
import pytest
import torch
from folder_of_text import SIZES, write_folder

import transformer_lib
from transformer_lib.evaluation.__main__ import main as evaluate
from transformer_lib.models.program import main as translate
from transformer_lib.storage import read_model
from transformer_lib.training import read_curves, read_tensors
from transformer_lib.training.__main__ import main as train

STEPS = 24
OPTIONS = [
    *("--source", "en", "--target", "fr", "--vocab-size", "300", "--subwords", "joint", "--max-length", "90"),
    *(
        "--d-model",
        "16",
        "--n-heads",
        "2",
        "--n-layers",
        "1",
        "--d-ff",
        "32",
        "--batch-size",
        "20",
        "--lr",
        "0.02",
    ),
    *("--warmup", "4", "--log-every", "4", "--save-every", "8", "--device", "cpu", "--weight-decay", "0.01"),
    *("--accumulate", "2", "--samples", "2", "--dropout", "0.1"),
]
KILLED = """
import os, signal, sys
from transformer_lib.training import loop
from transformer_lib.training.__main__ import main
real, left = loop.training_step, iter(range(1, int(sys.argv.pop())))
def deadly(*given, **named):
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)
loop.training_step = deadly
main(sys.argv[1:])
"""
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(transformer_lib.__file__).parents[1]),
    "OMP_NUM_THREADS": "1",
    "TQDM_DISABLE": "1",
}


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    write_folder(folder)
    return folder


def program(folder, out, steps=STEPS, *more):
    return [str(word) for word in ("--data", folder, "--out", out, "--steps", steps, *OPTIONS, *more)]


def killed(arguments, step):
    """The training program, ended by the system at the beginning of a step."""
    words = [sys.executable, "-c", KILLED, *arguments, str(step)]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout


def test_from_a_folder_to_a_translated_file(folder, tmp_path, capsys):
    said = killed(program(folder, tmp_path / "run"), 11)
    assert f"data: {SIZES['train'] - 2} pairs to train on, {SIZES['val']} to validate on\n" in said
    assert "train: 1 lines left out, empty in one language or both (the first is line 18)\n" in said
    assert f"train: 1 of {SIZES['train'] - 1} pairs left out, with more than 90 subwords\n" in said
    assert re.search(r"vocabulary: \d+ subwords of both languages together\n", said)
    assert re.search(r"time: about \d+ seconds for 24 steps", said)

    model = tmp_path / "run/model.safetensors"
    found = read_model(model)
    assert found.about["step"] == 8, "the first checkpoint leaves a model"
    assert found.source_eos
    assert found.source is found.target
    assert found.model.config.tie_embeddings == "all"

    assert train(program(folder, tmp_path / "run", STEPS, "--resume")) == 0
    assert f"{tmp_path / 'run/checkpoint.safetensors'}: 8 steps are done\n" in capsys.readouterr().out
    assert train(program(folder, tmp_path / "whole")) == 0
    for name in ("model.safetensors", "checkpoint.safetensors", "curves.jsonl"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name

    assert train(program(folder, tmp_path / "run", STEPS + 96, "--resume")) == 0
    curves = read_curves(tmp_path / "run/curves.jsonl")
    measured = [record["validation_loss"] for record in curves if "validation_loss" in record]
    assert len(measured) == 15
    assert measured[-1] < measured[0] - 1
    about = read_model(model).about
    assert (about["kept"], about["validation_loss"]) == ("best", min(measured))
    capsys.readouterr()

    assert len(set(Path(model.parent).iterdir())) == 3, "no snapshot is left lying about"
    evaluated = evaluate([str(tmp_path / "run"), str(folder), "--join", "--beam", "2", "--samples", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert evaluated == 0
    assert lines[2] == "test: 37 sentences, references for each: 1 to 2; beam 2, length penalty 0.6"
    assert re.fullmatch(r"  BLEU [\d.]+, 95 % interval [\d.]+ to [\d.]+ \(nrefs:var\|bs:1000.*\)", lines[3])
    assert re.fullmatch(r"  chrF [\d.]+, 95 % interval [\d.]+ to [\d.]+ \(nrefs:var\|bs:1000.*\)", lines[4])
    assert re.fullmatch(r"  first reference: perplexity [\d.]+ a token, [\d.]+ bits a character", lines[5])
    first = (folder / "test.en").read_text("utf-8").splitlines()[0]
    assert lines[6].startswith(f"  {first} → ")

    assert translate([str(tmp_path / "run"), str(folder / "test.en"), "--beam", "2"]) == 0
    translated = capsys.readouterr().out.splitlines()
    assert len(translated) == SIZES["test"] + 1
    assert translated[0] == lines[6].removeprefix(f"  {first} → ").partition(" (reference: ")[0]
    assert translated[0] == translated[-1], "the same sentence, wherever it stands"


def test_a_run_killed_before_its_first_checkpoint_says_that_it_begins_anew(folder, tmp_path, capsys):
    killed(program(folder, tmp_path), 6)
    assert train(program(folder, tmp_path, STEPS)) == 2, "there are curves"
    assert "holds a run already: go on with --resume" in capsys.readouterr().err
    assert train(program(folder, tmp_path, STEPS, "--resume", "--samples", 0)) == 0
    assert (
        f"{tmp_path / 'checkpoint.safetensors'} is not there: the run begins anew\n"
        in capsys.readouterr().out
    )
    assert read_curves(tmp_path / "curves.jsonl")[0]["step"] == 4


def test_the_average_of_checkpoints_may_be_kept(folder, tmp_path, capsys):
    assert (
        train(program(folder, tmp_path, STEPS, "--keep", "average", "--average", 2, "--store", "int8")) == 0
    )
    assert "after 24 steps, averaged; on unseen sentences, perplexity" in capsys.readouterr().out
    about = read_model(tmp_path / "model.safetensors").about
    assert (about["kept"], about["step"]) == ("average", 24)
    assert len(list((tmp_path / "averaged").iterdir())) == 2
    tensors = read_tensors(tmp_path / "model.safetensors")[0]
    assert {tensor.dtype for tensor in tensors.values() if tensor.ndim == 2} == {torch.int8}


def test_two_processes_train_translate_and_measure_as_one_does(folder, tmp_path, capsys, side_by_side):
    training = ["--dropout", "0", "--keep", "average", "--average", "2"]
    commands = [
        ("transformer_lib.training.__main__", program(folder, tmp_path / "two", 16, *training)),
        ("transformer_lib.models.program", [str(tmp_path / "two"), str(folder / "test.en"), "--beam", "2"]),
        ("transformer_lib.evaluation.__main__", [str(tmp_path / "two"), str(folder)]),
    ]
    assert side_by_side(pair_of_processes.programs, tmp_path, commands) == [0, 0]
    said = [[(tmp_path / f"said{place}-{n}").read_text("utf-8") for n in range(2)] for place in range(3)]
    assert [words[1] for words in said] == ["0\n"] * 3, "the second says nothing"
    assert said[0][0].endswith("\n0\n")
    assert train(program(folder, tmp_path / "one", 16, *training)) == 0
    one, two = (read_model(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert one.source.to_json() == two.source.to_json()
    assert two.about["validation_loss"] == pytest.approx(one.about["validation_loss"], rel=1e-3)
    capsys.readouterr()
    for main, (_, words), (together, _) in zip((translate, evaluate), commands[1:], said[1:], strict=True):
        code = main(words)
        assert f"{capsys.readouterr().out}{code}\n" == together
