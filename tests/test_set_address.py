"""One command changes the repository's address everywhere."""

import json
from pathlib import Path

import pytest

from tools import repository, set_address

ROOT = Path(__file__).parent.parent
OLD, NEW = "https://github.com/old-owner/the-book", "https://github.com/new-owner/book.two"
CONFIG = f"title: A book\nrepository:\n  path_to_book: ''\n  url: {OLD}\n  branch: main\n"


@pytest.fixture
def copy(tmp_path):
    """A small repository that repeats its address."""
    cell = {"source": [f'%pip install -q "transformer_lib @ git+{OLD}"\n']}
    files = {
        "_config.yml": CONFIG,
        "CITATION.cff": f'repository-code: "{OLD}"\n',
        "README.md": f"Clone {OLD}.git, read {OLD}/issues. Not {OLD}-solutions, not {OLD}.wiki.\n",
        "book/01.ipynb": json.dumps({"cells": [cell]}, indent=1),
        "book/deep/page.md": f"[here]({OLD}) and again <{OLD}>.",
        "notes.txt": OLD,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_address_changes_wherever_it_is_repeated(copy):
    changed = {path.relative_to(copy).as_posix() for path in set_address.change(NEW, copy)}
    assert changed == {"_config.yml", "CITATION.cff", "README.md", "book/01.ipynb", "book/deep/page.md"}
    assert set_address.current(copy) == NEW
    assert f"git+{NEW}" in (copy / "book/01.ipynb").read_text("utf-8")
    assert (copy / "book/deep/page.md").read_text("utf-8") == f"[here]({NEW}) and again <{NEW}>."
    assert (copy / "_config.yml").read_text("utf-8") == CONFIG.replace(OLD, NEW)


def test_the_addresses_of_other_repositories_stay(copy):
    set_address.change(NEW, copy)
    readme = (copy / "README.md").read_text("utf-8")
    assert readme == f"Clone {NEW}.git, read {NEW}/issues. Not {OLD}-solutions, not {OLD}.wiki.\n"


def test_changing_it_back_gives_the_same_files(copy):
    before = {path: path.read_text("utf-8") for path in set_address.places(copy)}
    set_address.change(NEW, copy)
    set_address.change(OLD, copy)
    assert {path: path.read_text("utf-8") for path in set_address.places(copy)} == before


@pytest.mark.parametrize("ending", ["/", ".git", " "])
def test_an_address_is_taken_as_people_copy_it(copy, ending):
    set_address.change(NEW + ending, copy)
    assert set_address.current(copy) == NEW


@pytest.mark.parametrize(
    "wrong", ["", "the-book", "http://github.com/a/b", "https://github.com/a", "https://example.org/b/c"]
)
def test_what_is_no_address_changes_nothing_and_says_so(copy, wrong):
    with pytest.raises(ValueError, match="make address TO="):
        set_address.change(wrong, copy)
    assert set_address.current(copy) == OLD


def test_a_missing_address_is_one_line_with_the_remedy():
    with pytest.raises(SystemExit) as stopped:
        set_address.main([])
    assert str(stopped.value) == set_address.USAGE


def test_no_file_of_this_repository_repeats_the_address_where_the_command_would_not_find_it():
    address, known = set_address.current(), set(set_address.places())
    repeats = {
        p for p in repository.files(ROOT) if p.suffix in repository.TEXT and address in p.read_text("utf-8")
    }
    assert repeats - known == set()
    assert len(repeats) > 2
