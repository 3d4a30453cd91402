"""`python -m transformer_lib.translate` translates line by line, and names the lines that it cannot."""

import contextlib
import gzip
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import transformer_lib
from transformer_lib import translate
from transformer_lib.models import program
from transformer_lib.models.everyday import EVERYDAY
from transformer_lib.models.translator import OUTSIDE, TWO
from transformer_lib.storage import read_model

PROGRAM = "python -m transformer_lib.translate"
LINES = ["i am happy .", "", "the cat sleeps ."]
FRENCH = ["Je suis content.", "", "Le chat dort."]


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.delenv("RANK", raising=False)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def run(capsys, *arguments):
    code = program.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text"
    path.write_text("\n".join(LINES) + "\n", "utf-8")
    return path


def test_a_file_is_translated_line_by_line(text, tmp_path, capsys):
    wanted = (0, "\n".join(FRENCH) + "\n", "")
    assert run(capsys, "translator", text) == wanted
    assert run(capsys, "translator", text, "--beam", 3, "--batch-size", 2) == wanted
    packed = tmp_path / "text.gz"
    packed.write_bytes(gzip.compress(text.read_bytes()))
    assert run(capsys, program.WEIGHTS, packed) == wanted
    text.write_text("", "utf-8")
    assert run(capsys, "translator", text) == (0, "", "")


def test_standard_input_is_read_where_no_file_is_named():
    package = str(Path(transformer_lib.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "transformer_lib.translate", "translator"],
        input="\n".join(LINES).encode(),  # no line feed at the end
        env=os.environ | {"PYTHONPATH": package},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "\n".join(FRENCH) + "\n", b"")


def test_what_is_typed_is_answered_line_by_line(monkeypatch, capsys):
    class Typed(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Typed("i am happy .\n\nzebra\n"))
    code, said, complained = run(capsys, "translator")
    assert (code, said) == (1, "Je suis content.\n\n\n")
    assert complained.startswith(f"{PROGRAM}: line 3 is left empty: 1 unknown word: 'zebra'")


def test_a_line_that_cannot_be_read_is_named_and_left_empty(text, capsys, monkeypatch):
    monkeypatch.setattr(program, "CHUNK", 2)  # the number counts from the first line of the file
    text.write_text("\n".join([*LINES, "i am hapy .", *LINES]) + "\n", "utf-8")
    code, said, complained = run(capsys, "translator", text)
    assert (code, said.split("\n")) == (1, [*FRENCH, "", *FRENCH, ""])
    assert complained == f"{PROGRAM}: line 4 is left empty: 1 unknown word: 'hapy' (near: happy)\n"


def test_the_shipped_translator_reads_lines_as_people_type_them(text, capsys):
    lines = ["I'm happy", "tom saw that.", "I am happy. You are sad.", "The cat sleeps"]
    text.write_text("\n".join(lines) + "\n", "utf-8")
    code, said, complained = run(capsys, "translator", text)
    french = said.split("\n")
    assert code == 1
    assert (french[0], french[2], french[3]) == ("Je suis content.", "", "Le chat dort.")
    assert french[1]
    two = f"{PROGRAM}: line 3 is left empty: {TWO}"
    assert complained.splitlines() == [f"{PROGRAM}: line 2: {OUTSIDE}", two]


def test_long_work_shows_a_bar(text, capsys, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    text.write_text("i am happy .\n" * program.LONG, "utf-8")
    assert f"{program.LONG}/{program.LONG}" in run(capsys, "translator", text)[2]
    text.write_text("i am happy .\n" * (program.LONG - 1), "utf-8")
    assert run(capsys, "translator", text)[2] == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a model"),
        (["translator", "text", "more"], "not also more"),
        (["nowhere"], "there is no file nowhere"),
        (["translator", "nowhere"], "nowhere"),
        (["translator", "--beam", "0"], "--beam is at least 1, got 0"),
        (["translator", "--device", "abacus"], "abacus"),
        (["text", "text"], "no safetensors file"),
        (["translator", "bytes"], "bytes, line 2: not UTF-8"),
    ],
)
def test_what_does_not_fit_is_one_line_and_code_2(text, tmp_path, monkeypatch, capsys, arguments, words):
    (tmp_path / "bytes").write_bytes(b"i am happy .\n\xff\n")
    monkeypatch.chdir(tmp_path)
    code, said, complained = run(capsys, *arguments)
    assert (code, said) == (2, "")
    assert complained.startswith(f"{PROGRAM}: error: ")
    assert words in complained
    assert complained.count("\n") == 1


def test_several_processes_need_a_file(monkeypatch, capsys):
    monkeypatch.setattr(program, "process_group", contextlib.nullcontext)
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, _, complained = run(capsys, "translator")
    assert (code, "name a file" in complained) == (2, True)


def test_importing_the_module_leaves_the_function_of_its_name_callable():
    code = (
        "import transformer_lib, transformer_lib.translate\n"
        "from transformer_lib import translate\n"
        "print(translate('i am happy .'), transformer_lib.translate('i am happy .'))"
    )
    package = str(Path(transformer_lib.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Je suis content. Je suis content.\n"


def test_the_everyday_translator_takes_any_line(tmp_path, capsys):
    path = tmp_path / "text"
    path.write_text("Thank you. Where is Tom?\n\n\N{SLIGHTLY SMILING FACE}\n" + "Yes, " * 70 + "\n", "utf-8")
    lines = path.read_text("utf-8").split("\n")[:-1]
    expected = "".join(f"{translate(line, model='everyday') if line else ''}\n" for line in lines)
    assert run(capsys, "--model", "everyday", path) == (0, expected, "")
    assert run(capsys, "everyday", path) == (0, expected, "")
    assert expected.split("\n")[1:3] == ["", "\N{SLIGHTLY SMILING FACE}"]


def test_a_line_of_another_model_is_cut_into_sentences_where_that_is_asked_for(tmp_path, capsys):
    shutil.copy(EVERYDAY, tmp_path / "own.safetensors")
    text = tmp_path / "text"
    text.write_text("Thank you. Where is Tom?\n", "utf-8")
    parts = [translate(part, model="everyday") for part in ("Thank you.", "Where is Tom?")]
    assert run(capsys, tmp_path / "own.safetensors", text, "--sentences")[1] == " ".join(parts) + "\n"
    code, _, complained = run(capsys, "translator", text, "--sentences")
    assert (code, "Subwords" in complained) == (2, True)


def test_the_name_of_a_shipped_model_is_no_file_in_the_way(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert program._path("translator") == program.WEIGHTS
    (tmp_path / "translator").mkdir()
    assert program._path("translator") == Path("translator/model.safetensors")
    assert read_model(program.WEIGHTS).source
