"""The training program: runs, resuming, errors, processes. Long: each option and its errors."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import transformer_lib
from transformer_lib.storage.model_file import read_model
from transformer_lib.text import detokenise
from transformer_lib.training import __main__ as program
from transformer_lib.training import (
    checksum,
    cooldown,
    keeping,
    linear_schedule,
    read_curves,
    read_tensors,
)
from transformer_lib.training.data import grammar_data

PROGRAM = "python -m transformer_lib.training"
SMALL = [
    *("--pairs", "300", "--steps", "6", "--warmup", "2", "--log-every", "2", "--save-every", "4"),
    *("--d-model", "8", "--n-heads", "2", "--d-ff", "16", "--n-layers", "1", "--batch-size", "7"),
]


pytestmark = pytest.mark.usefixtures("quiet")


def run(capsys, *arguments):
    """Exit code, standard output and standard error."""
    code = program.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_trains_and_writes_model_curves_and_checkpoint(tmp_path, capsys):
    code, said, complained = run(capsys, *SMALL, "--out", tmp_path / "run", "--device", "cpu")
    assert (code, complained) == (0, "")
    assert sorted(files(tmp_path / "run")) == ["checkpoint.safetensors", "curves.jsonl", "model.safetensors"]
    found = read_model(tmp_path / "run/model.safetensors")
    curves = read_curves(tmp_path / "run/curves.jsonl")
    assert [record["step"] for record in curves] == [2, 4, 6]
    n = sum(p.numel() for p in found.model.parameters())
    last = curves[-1]
    *before, end, empty = said.split("\n")
    assert (end, empty) == (
        f"{tmp_path / 'run/model.safetensors'}: {n} parameters after 6 steps; on unseen sentences, "
        f"perplexity {last['validation_perplexity']:.3f} and {last['validation_accuracy']:.2%} of next tokens "
        f"right; checksum {checksum(*read_tensors(tmp_path / 'run/model.safetensors'))}",
        "",
    )
    data = grammar_data(300)
    assert before[:5] == [
        f"data: {len(data.train)} pairs to train on, {len(data.validation)} to validate on",
        f"vocabulary: {len(data.source)} words of the source, {len(data.target)} of the target",
        f"model: {n:,} parameters",
        "device: cpu, 1 thread, float32",
        f"run: 6 steps of 7 pairs, {6 / (len(data.train) // 7):.1f} epochs",
    ]
    assert re.fullmatch(r"time: about \d+ seconds for 6 steps, without validation", before[5])
    for start, record in ((6, curves[1]), (10, curves[2])):
        assert before[start] == (
            f"step {record['step']} of 6: loss {record['loss']:.3f}; on unseen sentences "
            f"{record['validation_loss']:.3f}, perplexity {record['validation_perplexity']:.3f}, "
            f"{record['validation_accuracy']:.2%} of next tokens right; model written"
        )
        first = data.validation[0]
        texts = [
            detokenise(words.decode(ids)) for words, ids in zip(found.vocabularies(), first, strict=True)
        ]
        assert before[start + 1].startswith(f"  {texts[0]} → ")
        assert before[start + 1].endswith(f"(reference: {texts[1]})")
    assert len(before) == 14
    config = found.model.config
    assert (config.d_model, config.n_heads, config.d_ff, config.n_layers) == (8, 2, 16, 1)
    assert found.about["data"] == grammar_data(300).about
    assert found.about["validation_loss"] == last["validation_loss"]
    assert (found.about["batch_size"], found.about["threads"], found.about["device"]) == (7, 1, "cpu")
    assert found.about["recipe"]["n_steps"] == 6


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path, capsys):
    for name, more in (("a", ()), ("b", ()), ("c", ("--seed", 1))):
        torch.manual_seed(ord(name))
        assert run(capsys, *SMALL, "--out", tmp_path / name, *more)[0] == 0
    first, again, other = (files(tmp_path / name) for name in "abc")
    assert first == again
    assert first["model.safetensors"] != other["model.safetensors"]
    weights = [read_tensors(tmp_path / name / "model.safetensors")[0] for name in "ac"]
    assert not torch.equal(*(w["encoder.embedding.tokens.weight"] for w in weights))


def test_it_goes_on_where_it_was_and_refuses_to_start_over(tmp_path, capsys, monkeypatch):
    run(capsys, *SMALL, "--out", tmp_path / "a")
    assert run(capsys, *SMALL, "--out", tmp_path / "b", "--resume")[0] == 0, (
        "nothing there yet: from the start"
    )
    before = files(tmp_path / "a")
    code, said, complained = run(capsys, *SMALL, "--out", tmp_path / "a")
    assert (code, said) == (2, "")
    assert re.fullmatch(rf"{PROGRAM}: error: .* holds a run already: go on with --resume, .*\n", complained)
    code, _, complained = run(capsys, *SMALL, "--out", tmp_path / "a", "--resume", "--lr", 0.5)
    assert code == 2
    assert "recipe.peak_lr is 0.004 there and 0.5 here" in complained
    assert files(tmp_path / "a") == before
    (tmp_path / "a/model.safetensors").unlink()
    assert run(capsys, *SMALL, "--out", tmp_path / "a", "--resume")[0] == 0
    assert files(tmp_path / "a") == before == files(tmp_path / "b")


def test_every_option_reaches_the_run(tmp_path, capsys, monkeypatch):
    calls = []
    monkeypatch.setattr(program, "train", lambda *given, **named: calls.append((given, named)) or stop())

    def stop():
        raise ValueError("enough")

    options = {
        **{
            "--dropout": "0.25",
            "--norm": "post",
            "--schedule": "paper",
            "--smoothing": "0.2",
            "--clip": "3.0",
        },
        **{"--accumulate": "3", "--precision": "bfloat16"},
        **{"--weight-decay": "0.01", "--lr": "0.5", "--max-length": "40", "--threads": "2", "--seed": "3"},
        **{"--out": str(tmp_path / "x"), "--device": "cpu"},
    }
    code, _, complained = run(
        capsys, *SMALL, *[word for option in options.items() for word in option], "--resume"
    )
    assert (code, complained) == (2, f"{PROGRAM}: error: enough\n")
    [((model, batches, recipe), named)] = calls
    config = model.config
    assert (config.dropout, config.norm_first, config.max_length) == (0.25, False, 40)
    assert (recipe.schedule, recipe.smoothing, recipe.clip, recipe.weight_decay) == ("paper", 0.2, 3.0, 0.01)
    assert (recipe.peak_lr, recipe.seed, recipe.log_every, recipe.save_every) == (0.5, 3, 2, 4)
    assert (recipe.n_steps, recipe.warmup_steps) == (6, 2)
    assert (recipe.accumulate, recipe.precision) == (3, "bfloat16")
    data = grammar_data(300, 3)
    assert (batches.pairs, batches.batch_size, batches.seed) == (data.train, 7, 3)
    assert sum(len(tgt_ids) for _, tgt_ids in named["validation"]) == len(data.validation)
    assert (named["folder"], named["resume"]) == (str(tmp_path / "x"), True)
    assert named["about"]["threads"] == torch.get_num_threads() == 2


def test_the_defaults_are_those_from_which_the_shipped_translator_went_on():
    found = vars(program.parser().parse_args([]))
    assert found == {
        **{
            "out": "runs/translator",
            "resume": False,
            "start": None,
            "further": 0,
            "seed": 0,
            "threads": 1,
            "device": "auto",
            "data": None,
        },
        **{"source": "de", "target": "en", "vocab_size": 8000, "max_length": 128, "pairs": 100_000},
        **{
            "keep": None,
            "average": 5,
            "samples": 3,
            "store": "float16",
            "subwords": "separate",
            "source_eos": True,
        },
        **{"d_model": 64, "n_heads": 4, "n_layers": 2, "d_ff": 256, "dropout": 0.0, "norm": "pre"},
        **{
            "steps": 6000,
            "batch_size": 64,
            "lr": 4e-3,
            "warmup": 200,
            "schedule": "linear",
            "cooldown": 0,
            "smoothing": 0.1,
        },
        **{"task": "translation", "norm_kind": "layer", "positions": "sinusoidal", "kv_heads": 0},
        **{"activation": "relu", "gated": False, "bias": True},
        **{"clip": 1.0, "weight_decay": 0.0, "log_every": 20, "save_every": 500},
        **{"accumulate": 1, "precision": "auto"},
    }


def test_help_explains_every_option(capsys):
    with pytest.raises(SystemExit) as ended:
        program.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert PROGRAM in text
    assert "torchrun --nproc-per-node 2 -m transformer_lib.training" in text
    assert "translator" in text
    for action in program.parser()._actions:
        assert action.help
        assert action.option_strings[-1] in text
        if action.default not in (None, False, "==SUPPRESS=="):
            assert f"(default: {action.default})" in " ".join(text.split()), action.option_strings


def test_a_folder_of_text_trains_a_translator_of_subwords(tmp_path, capsys):
    lines = [f"wort{i} und wort{i + 1}" for i in range(20)]
    for stem in ("train", "val"):
        (tmp_path / f"{stem}.fr").write_text("\n".join(lines) + "\n", "utf-8")
        (tmp_path / f"{stem}.nl").write_text("\n".join(lines).replace("wort", "word") + "\n", "utf-8")
    folder = ("--data", tmp_path, "--source", "fr", "--target", "nl", "--vocab-size", 40, "--max-length", 50)
    code, _, _ = run(capsys, *SMALL, *folder, "--out", tmp_path / "run")
    assert code == 0
    found = read_model(tmp_path / "run/model.safetensors")
    assert found.target.decode(found.target.encode("word3 und word4")) == "word3 und word4"
    assert len(found.source) <= 40
    assert found.about["data"]["source"] == "fr"
    assert found.model.config.max_length == 50


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
        (["--norm", "none"], "argument --norm: invalid choice: 'none'"),
        (["--schedule", "cosine"], "argument --schedule: invalid choice: 'cosine'"),
    ],
)
def test_arguments_that_cannot_be_read_are_one_line_and_code_2(capsys, arguments, words):
    with pytest.raises(SystemExit) as ended:
        program.main(arguments)
    assert ended.value.code == 2
    complained = capsys.readouterr().err
    assert complained.startswith(f"{PROGRAM}: error: {words}")
    assert complained.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "0"], "n_steps is at least 1, got 0"),
        (["--threads", "0"], "--threads is from 1 to "),
        (["--threads", "100000"], "--threads is from 1 to "),
        (["--seed", str(2**70)], "--seed is from 0 to 2^63 - 1, got"),
        (["--seed", "-1"], "--seed is from 0 to 2^63 - 1, got"),
        (["--out", ""], "--out is empty, expected a folder"),
        (["--d-model", str(10**12)], "not enough memory for a model or a batch of this size"),
        (["--batch-size", "0"], "a batch holds at least one pair, got batch_size 0"),
        (["--average", "0"], "--average is at least 1, got 0"),
        (["--samples", "-1"], "--samples is 0 or more, got -1"),
        (["--accumulate", "0"], "accumulate is at least 1, got 0"),
        (["--n-heads", "3"], "d_model must be a multiple of n_heads"),
        (["--pairs", "1"], "1 pairs leave nothing to train"),
        (["--device", "abacus"], "unknown device 'abacus', expected cpu, cuda or auto"),
        (["--device", "meta"], "unknown device 'meta', expected cpu, cuda or auto"),
        (["--data", "nowhere"], "there is no folder nowhere"),
        (["--data", "."], "train.de (or .gz) is missing in ."),
    ],
)
def test_arguments_that_do_not_fit_are_one_line_and_code_2(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    code, said, complained = run(capsys, *SMALL, *arguments)
    assert (code, said) == (2, "")
    assert complained.startswith(f"{PROGRAM}: error: {words}")
    assert complained.count("\n") == 1
    assert files(tmp_path) == {}


def test_a_folder_that_cannot_be_written_is_one_line_and_code_2(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", "utf-8")
    code, _, complained = run(capsys, *SMALL, "--out", tmp_path / "file" / "run")
    assert code == 2
    assert str(tmp_path / "file") in complained
    assert complained.count("\n") == 1


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", "utf-8")
    code, _, complained = run(capsys, *SMALL, "--out", tmp_path / "file")
    assert (code, complained) == (
        2,
        f"{PROGRAM}: error: --out {tmp_path / 'file'} is a file, expected a folder\n",
    )


def test_a_run_without_a_checkpoint_says_that_it_begins_anew(tmp_path, capsys):
    code, said, _ = run(capsys, *SMALL, "--out", tmp_path, "--resume")
    assert code == 0
    assert f"{tmp_path / 'checkpoint.safetensors'} is not there: the run begins anew\n" in said


def test_a_finished_run_whose_curves_were_lost_is_measured_again(tmp_path, capsys):
    first = run(capsys, *SMALL, "--out", tmp_path)
    (tmp_path / "curves.jsonl").unlink()
    code, said, complained = run(capsys, *SMALL, "--out", tmp_path, "--resume")
    assert (code, said.splitlines()[-1], complained) == (0, first[1].splitlines()[-1], "")
    assert (
        f"{tmp_path / 'checkpoint.safetensors'}: 6 steps are done\ntime: about 0 seconds for 0 steps" in said
    )


def test_a_finished_run_can_be_made_longer_and_not_shorter(tmp_path, capsys):
    run(capsys, *SMALL, "--out", tmp_path)
    more = list(SMALL)
    more[more.index("--steps") + 1] = "9"
    code, said, _ = run(capsys, *more, "--out", tmp_path, "--resume", "--cooldown", "3")
    assert code == 0
    assert "after 9 steps" in said
    records = read_curves(tmp_path / "curves.jsonl")
    assert [record["step"] for record in records] == [2, 4, 6, 8, 9]
    assert records[-1]["lr"] == pytest.approx(
        cooldown(9, 3, 9) * linear_schedule(9, 4e-3, int(SMALL[SMALL.index("--warmup") + 1]), 9)
    )
    code, _, complained = run(capsys, *SMALL, "--out", tmp_path, "--resume")
    assert code == 2
    assert "has 9 steps behind it, more than the 6 asked for" in complained


def test_what_a_folder_holds_and_a_run_leaves_out_is_said(tmp_path, capsys):
    lines = [f"a{i} b" for i in range(20)]
    for name in ("train.fr", "train.nl", "val.fr", "val.nl"):
        (tmp_path / name).write_text(
            "\n".join([*lines, "" if name == "train.nl" else "c " * 30]) + "\n", "utf-8"
        )
    folder = ("--data", tmp_path, "--source", "fr", "--target", "nl", "--vocab-size", 30, "--max-length", 20)
    code, said, _ = run(capsys, *SMALL, *folder, "--out", tmp_path / "run")
    assert code == 0
    assert "train: 1 lines left out, empty in one language or both (the first is line 21)\n" in said
    assert "val: 1 of 21 pairs left out, with more than 20 subwords\n" in said


def test_a_run_that_diverges_is_one_line_and_code_2(tmp_path, capsys):
    code, _, complained = run(capsys, *SMALL, "--lr", "1e30", "--out", tmp_path / "run")
    assert code == 2
    assert "training diverged" in complained


def test_a_message_of_several_lines_becomes_one(monkeypatch, capsys):
    def fail(*_):
        raise ValueError("first\n  second")

    monkeypatch.setattr(program, "_run", fail)
    assert run(capsys) == (2, "", f"{PROGRAM}: error: first second\n")


def test_the_interrupt_key_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "_run", interrupted)
    monkeypatch.chdir(tmp_path)
    assert run(capsys) == (130, "", f"{PROGRAM}: stopped; go on with --resume\n")
    Path("runs/translator").mkdir(parents=True)
    Path("runs/translator/model.safetensors").touch()
    left = "runs/translator/model.safetensors holds the model so far; "
    assert run(capsys) == (130, "", f"{PROGRAM}: stopped; {left}go on with --resume\n")


@pytest.mark.parametrize(("there", "kind"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_a_gpu_where_there_is_one(monkeypatch, there, kind):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert program._device("auto").type == kind
    assert program._device("cpu").type == "cpu"
    if there:
        assert program._device("cuda:1") == torch.device("cuda", 1)
    else:
        with pytest.raises(ValueError, match="finds no CUDA device"):
            program._device("cuda")


def test_only_the_first_process_writes_the_model_and_speaks(tmp_path, monkeypatch, capsys):
    for module in (program, keeping):
        monkeypatch.setattr(module, "rank", lambda: 1)
    assert run(capsys, *SMALL, "--out", tmp_path) == (0, "", "")
    assert "model.safetensors" not in files(tmp_path)


def test_torchrun_trains_the_same_model_with_no_other_change(tmp_path, capsys):
    package = str(Path(transformer_lib.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": package, "OMP_NUM_THREADS": "1"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ["-m", "transformer_lib.training", *SMALL, "--device", "cpu", "--out", str(tmp_path / "two")]
    done = subprocess.run([*torchrun, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert run(capsys, *SMALL, "--device", "cpu", "--out", tmp_path / "one")[0] == 0
    one, two = (read_curves(tmp_path / name / "curves.jsonl") for name in ("one", "two"))
    for found, wanted in zip(two, one, strict=True):
        assert found == pytest.approx(wanted, rel=1e-3)
    assert read_tensors(tmp_path / "two/checkpoint.safetensors")[1]["n_processes"] == 2
    assert read_model(tmp_path / "two/model.safetensors").model.config.d_model == 8
    assert done.stdout.count("checksum") == 1
