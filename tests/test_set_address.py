"""One command changes the repository's address everywhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import repository, set_address

ROOT = Path(__file__).parent.parent
OLD, NEW = "https://github.com/old-owner/the-book", "https://github.com/New-Owner/book.two"
OLD_PAGE, NEW_PAGE = "https://old-owner.github.io/the-book", "https://new-owner.github.io/book.two"
WHEEL = "wheels/attention_live-0.2.0-py3-none-any.whl"
CONFIG = f"title: A book\nrepository:\n  path_to_book: ''\n  url: {OLD}\n  branch: main\n"


@pytest.fixture
def copy(tmp_path):
    """A small repository that repeats its address."""
    cell = {"source": [f'WHEEL = "{OLD_PAGE}/{WHEEL}"\n']}
    files = {
        "_config.yml": CONFIG,
        "CITATION.cff": f'repository-code: "{OLD}"\n',
        "README.md": f"Clone {OLD}.git, read {OLD}/issues. Not {OLD}-solutions, not {OLD}.wiki.\n",
        "book/01.ipynb": json.dumps({"cells": [cell]}, indent=1),
        "book/deep/page.md": f"[here]({OLD}) and again <{OLD}>, [pages]({OLD_PAGE}/), [files]({OLD}/tree/main/book).",
        "book/binder.md": "<https://mybinder.org/v2/gh/old-owner/the-book/main?urlpath=lab>",
        ".github/workflows/a.yml": "on:\n  push:\n    branches: [main]\n",
        "notes.txt": OLD,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_address_changes_wherever_it_is_repeated(copy):
    changed = {path.relative_to(copy).as_posix() for path in set_address.change(NEW, copy)}
    assert changed == {
        "_config.yml",
        "CITATION.cff",
        "README.md",
        "book/01.ipynb",
        "book/deep/page.md",
        "book/binder.md",
    }
    assert set_address.current(copy) == NEW
    assert f"{NEW_PAGE}/{WHEEL}" in (copy / "book/01.ipynb").read_text("utf-8")
    page = (copy / "book/deep/page.md").read_text("utf-8")
    assert page == f"[here]({NEW}) and again <{NEW}>, [pages]({NEW_PAGE}/), [files]({NEW}/tree/main/book)."
    assert (copy / "_config.yml").read_text("utf-8") == CONFIG.replace(OLD, NEW)


def test_the_branch_changes_where_it_is_named(copy):
    set_address.change(NEW, copy, on="lectures/2027")
    assert set_address.branch(copy) == "lectures/2027"
    assert f"{NEW}/tree/lectures/2027/book" in (copy / "book/deep/page.md").read_text("utf-8")
    assert "/gh/New-Owner/book.two/lectures%2F2027?urlpath=lab" in (copy / "book/binder.md").read_text(
        "utf-8"
    )
    assert "branches: [lectures/2027]" in (copy / ".github/workflows/a.yml").read_text("utf-8")


def test_a_branch_without_a_name_changes_nothing(copy):
    with pytest.raises(ValueError, match="no name of a branch"):
        set_address.change(NEW, copy, on="-f")
    assert set_address.current(copy) == OLD


def test_pages_of_a_repository_named_after_its_owner_have_no_folder():
    assert set_address.page("https://github.com/Ada/ada.github.io") == "https://ada.github.io"
    assert set_address.page("https://github.com/Ada/book") == "https://ada.github.io/book"


def test_it_runs_without_anything_installed():
    bare = [sys.executable, "-I", "-S", str(ROOT / "tools/set_address.py"), "nonsense"]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines() == [f"'nonsense' is no repository's address. {set_address.USAGE}"]
    [rule] = re.findall(r"^address:(.*?)##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert rule.split() == []


def test_the_addresses_of_other_repositories_stay(copy):
    set_address.change(NEW, copy)
    readme = (copy / "README.md").read_text("utf-8")
    assert readme == f"Clone {NEW}.git, read {NEW}/issues. Not {OLD}-solutions, not {OLD}.wiki.\n"


def test_changing_it_back_gives_the_same_files(copy):
    before = {path: path.read_text("utf-8") for path in set_address.places(copy)}
    set_address.change(NEW, copy)
    set_address.change(OLD, copy)
    assert {path: path.read_text("utf-8") for path in set_address.places(copy)} == before


@pytest.mark.parametrize("ending", ["/", ".git", ".git/", " "])
def test_an_address_is_taken_as_people_copy_it(copy, ending):
    set_address.change(NEW + ending, copy)
    assert set_address.current(copy) == NEW


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "the-book",
        "http://github.com/a/b",
        "https://github.com/a",
        "https://example.org/b/c",
        "https://github.com/a/b.git.git",
        "https://github.com/a/.git",
        "https://github.com/a/b/tree/main",
    ],
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
