"""The set-up cell, run: it fetches what is missing once, replaces nothing, and stops with one sentence."""

import json
import os
import re
import subprocess
import tomllib
import venv
import zipfile
from copy import deepcopy
from pathlib import Path

import pytest
from nbformat import v4
from packaging.requirements import Requirement
from packaging.version import Version

from tools import beside, rehearse, setup_cell
from tools.repository import requirements

ROOT = Path(__file__).parent.parent
BOUNDS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EVERY_BOUND = [
    *BOUNDS["dependencies"],
    *(line for extra in BOUNDS["optional-dependencies"].values() for line in extra),
]
EDITION = f"Attention, Live {setup_cell.version()}"
OLDER = """try:
    import transformer_lib  # present wherever the book is installed
except ImportError:  # Colab: keep its torch and numpy, add only the library
    %pip install -q "transformer_lib @ git+https://example.org/book"

import torch"""
# stands in for pip: writes down what it is asked for, and installs a library that says that it is this book's
PIP = """import json, os, sys
with open(os.environ["ASKED"], "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
for name in os.environ["BRINGS"].split():
    os.makedirs(os.path.join(os.environ["SITE"], name))
    with open(os.path.join(os.environ["SITE"], name, "__init__.py"), "w") as file:
        file.write("BOOK = " + repr(os.environ["EDITION"]))
"""


@pytest.fixture
def bare(tmp_path):
    """Runs a cell in a Python where only a stand-in for pip is; returns what it said, and what pip was asked for."""
    venv.create(tmp_path / "venv", symlinks=True)
    site = tmp_path / "site"
    (site / "pip").mkdir(parents=True)
    (site / "pip/__main__.py").write_text(PIP)

    def run(code, brings="", times=1, edition=EDITION):
        told = {"ASKED": str(tmp_path / "asked"), "BRINGS": brings, "SITE": str(site), "EDITION": edition}
        told |= {"PYTHONPATH": str(site), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        command = [str(tmp_path / "venv/bin/python"), "-c", f"{code}\n" * times]
        done = subprocess.run(command, env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
        asked = tmp_path / "asked"
        lines = asked.read_text().splitlines() if asked.exists() else []
        return done.stdout + done.stderr, [json.loads(line) for line in lines]

    run.site = site
    return run


def test_a_missing_library_is_fetched_once_in_silence(bare):
    said, asked = bare(setup_cell.source(""), brings="transformer_lib", times=2)
    assert said == ""
    assert asked == [["install", "--quiet", f"{setup_cell.NAME} @ {setup_cell.address()}"]]


def test_what_a_chapter_uses_beyond_the_library_comes_with_it(bare):
    code = setup_cell.source("from transformer_lib.evaluation import bleu")
    said, [asked] = bare(code, brings="transformer_lib sacrebleu")
    assert (said, asked[-1]) == ("", f"{setup_cell.NAME}[evaluation] @ {setup_cell.address()}")


def test_a_library_that_is_there_is_left_alone(bare):
    (bare.site / "transformer_lib").mkdir()
    edition = f"BOOK = 'Attention, Live {setup_cell.version()}'"
    (bare.site / "transformer_lib/__init__.py").write_text(edition)
    assert bare(setup_cell.source("")) == ("", [])


def one_sentence(said, *words):
    assert "Traceback" not in said
    assert said.count("\n") == 1
    assert all(word in said for word in words)


def test_a_library_that_does_not_arrive_is_one_sentence_with_the_address(bare):
    said, _ = bare(setup_cell.source(""))
    one_sentence(said, setup_cell.address(), "run this cell again")


def test_the_strangers_package_of_the_same_name_is_one_sentence_with_the_remedy(bare):
    (bare.site / "transformer_lib").mkdir()
    (bare.site / "transformer_lib/__init__.py").write_text("__version__ = '0.2.0'")
    said, asked = bare(setup_cell.source(""))
    one_sentence(said, "%pip uninstall -y transformer-lib", "restart the session")
    assert asked == []


def test_another_edition_of_the_library_is_one_sentence_with_the_remedy(bare):
    said, _ = bare(setup_cell.source(""), brings="transformer_lib", edition="Attention, Live 0.1.0")
    one_sentence(said, "%pip uninstall -y", "attention-live")


def book(*sources):
    cells = [v4.new_markdown_cell("# Title")]
    for turn, source in enumerate(sources, 1):
        output = v4.new_output("execute_result", data={"text/plain": "1"}, execution_count=turn)
        cells.append(v4.new_code_cell(source, execution_count=turn, outputs=[output], id=f"cell-{turn:03d}"))
    return v4.new_notebook(cells=cells)


def test_the_set_up_of_older_notebooks_becomes_a_cell_of_its_own():
    notebook = setup_cell.apply(book(OLDER, "1"))
    sources = [cell.source for cell in notebook.cells]
    assert sources == ["# Title", setup_cell.source(""), "import torch", "1"]
    assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, 2, 3]
    assert [cell.outputs[0].execution_count for cell in notebook.cells[2:]] == [2, 3]
    assert [cell["id"] for cell in notebook.cells[1:]] == ["setup", "cell-001", "cell-002"]


def test_a_set_up_cell_is_written_anew_where_it_stands_and_only_once():
    notebook = setup_cell.apply(book("1"))
    again = setup_cell.apply(deepcopy(notebook))
    assert again == notebook
    again.cells[1].source = again.cells[1].source.replace(setup_cell.version(), "0.0.1")
    again.cells[1].metadata = {}
    assert setup_cell.apply(again) == notebook


def test_the_wheel_beside_the_pages_is_the_one_that_the_cell_fetches(tmp_path):
    made = beside.wheel(tmp_path / "html/wheels")
    assert setup_cell.address().endswith(f"/wheels/{made.name}")
    bytes_, time = made.read_bytes(), made.stat().st_mtime_ns
    assert beside.wheel(tmp_path / "html/wheels").stat().st_mtime_ns == time
    made.write_bytes(bytes_[:1000])  # cut short
    assert beside.wheel(tmp_path / "html/wheels").read_bytes() == bytes_
    with zipfile.ZipFile(made) as file:
        held = {name: file.read(name) for name in file.namelist() if name.startswith("transformer_lib/")}
    unneeded = "page/"  # the bundles made from them are there
    needed = {n: d for n, d in beside.sources().items() if n.startswith("transformer_lib/")}
    assert held == {name: data for name, data in needed.items() if not name.startswith(unneeded)}


def test_the_notebooks_lie_beside_the_pages_singly_and_in_one_file(tmp_path):
    chapters = sorted((ROOT / "book").glob("*.ipynb"))
    (tmp_path / "gone.ipynb").touch()
    beside.copies(tmp_path, chapters)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*(c.name for c in chapters), beside.ARCHIVE])
    with zipfile.ZipFile(tmp_path / beside.ARCHIVE) as archive:
        assert archive.testzip() is None
        names = [f"attention-live/{chapter.name}" for chapter in chapters]
        assert [archive.read(name) for name in names] == [chapter.read_bytes() for chapter in chapters]


def lowest(line):
    requirement = Requirement(line)
    [bound] = requirement.specifier
    return requirement.name, bound


@pytest.mark.parametrize("line", EVERY_BOUND)
def test_every_bound_is_a_version_that_a_command_runs(line):
    name, bound = lowest(line)
    pinned = {
        pin.name: str(pin.specifier) for pin in requirements((ROOT / "requirements.txt").read_text("utf-8"))
    }
    assert bound.operator == ">="
    assert f"{name}=={bound.version}" in rehearse.oldest() or pinned[name] == f"=={bound.version}"


@pytest.mark.parametrize("line", BOUNDS["dependencies"])
def test_no_bound_lies_above_what_colab_brings(line):
    name, bound = lowest(line)
    [brought] = [Requirement(pin).specifier for pin in rehearse.colab() if Requirement(pin).name == name]
    assert Version(bound.version) <= Version(next(iter(brought)).version)


def test_binder_gets_everything_that_the_library_needs_and_no_older():
    text = (ROOT / "binder/environment.yml").read_text("utf-8")
    there = dict(re.findall(r"^  - ([\w-]+?)(?:-cpu|-base)?>=([\w.]+)$", text, re.MULTILINE))
    for line in [*BOUNDS["dependencies"], *BOUNDS["optional-dependencies"]["evaluation"]]:
        name, bound = lowest(line)
        assert Version(there[name.replace("torch", "pytorch")]) >= Version(bound.version)
    assert "pytorch-cpu" in text
    assert "--no-deps ." in (ROOT / "binder/postBuild").read_text("utf-8")


def test_a_rehearsal_reports_a_replaced_package_another_output_and_a_foreign_cell():
    assert rehearse.changed({"numpy": "2.1.3", "torch": "2.11.0"}, {"numpy": "2.4.6", "torch": "2.11.0"}) == [
        "numpy 2.1.3 became 2.4.6"
    ]
    assert rehearse.changed({"a": "1"}, {"a": "1", "attention-live": "0.2.0"}) == []
    stored = setup_cell.apply(book("1"))
    fresh = deepcopy(stored)
    assert rehearse.prints_otherwise(stored, fresh) == []
    fresh.cells[2].outputs[0].data["text/plain"] = "2"
    assert rehearse.prints_otherwise(stored, fresh) == ["cell 3 prints otherwise: '1' became '2'"]
    fresh.cells[2].outputs = []
    assert rehearse.prints_otherwise(stored, fresh) == ["cell 3 prints otherwise: '1' became ''"]


def test_a_rehearsal_points_the_cell_at_the_served_pages_and_runs_it_twice():
    pointed = rehearse.pointed(setup_cell.apply(book("1")), "http://127.0.0.1:8000")
    first, last = pointed.cells[1].source, pointed.cells[-1].source
    assert first == last
    assert f'"http://127.0.0.1:8000/wheels/{setup_cell.wheel()}"' in first
    assert "github" not in first
