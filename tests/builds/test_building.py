"""After a failed, killed or damaged build the next one is complete: on a small book, with the book's extensions."""

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from built import ROOT
from thorough import THOROUGH

from tools import book, pages

PAGES = ("first", "second")
GUARDS = [pages.self_contained, pages.policy, pages.equations, pages.links]


def write(root, *names):
    toc = {
        "format": "jb-book",
        "root": "book/first",
        "chapters": [{"file": f"book/{name}"} for name in names[1:]],
    }
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), "utf-8")
    for name in names:
        text = f"# The {name} page\n\nAn equation, $x^2$, and code:\n\n```python\nprint(1)\n```\n"
        (root / f"book/{name}.md").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A small book with the configuration, extensions and styles of this one, in a path too long for a socket."""
    root = tmp_path_factory.mktemp("small")
    (root / "book").mkdir()
    for name in ("_config.yml", "node_modules", "book/_extensions", "book/_static"):
        (root / name).symlink_to(ROOT / name)
    write(root, *PAGES)
    long = root / ("t" * 125)
    long.mkdir()
    (root / "env").mkdir()
    return root


def start(root):
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    bin_ = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PYTHONPATH": paths, "PATH": bin_, "TMPDIR": str(root / ("t" * 125))}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tools/book.py"), str(root)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def build(root):
    process = start(root)
    said, _ = process.communicate()
    assert process.returncode == 0, said[-3000:]
    return said


def contents(root):
    """Every file of the built book but those that hold when or in what order something was written."""
    html = root / "_build/html"
    return {
        path.relative_to(html).as_posix(): path.read_bytes() for path in html.rglob("*") if path.is_file()
    }


def faults(root):
    html = root / "_build/html"
    found = [pages.Page.read(path, html) for path in pages.find(html)]
    return [fault for page in found for guard in GUARDS for fault in guard(page)]


@pytest.fixture(scope="module")
def whole(root):
    """What a build from nothing makes."""
    build(root)
    assert faults(root) == []
    found = contents(root)
    assert {f"book/{name}.html" for name in PAGES} <= found.keys()
    return found


def test_two_builds_at_once_leave_a_whole_book(root, whole):
    (root / "_build/stamp.json").unlink()
    processes = [start(root), start(root)]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert sum("waiting until it has ended" in text for text in said) == 1
    assert contents(root) == whole


def test_a_build_killed_at_any_moment_leaves_nothing_behind_for_the_next(root, whole):
    draw = random.Random(0)
    for _ in range(10 if THOROUGH else 3):
        (root / "_build/stamp.json").unlink(missing_ok=True)
        process = start(root)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(draw.uniform(0.5, 6))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    build(root)
    assert contents(root) == whole


def test_a_builder_that_outlives_its_command_is_waited_for(root):
    log = root / "_build/book.log"
    log.unlink(missing_ok=True)
    process = start(root)
    while process.poll() is None and not (log.exists() and "Running Jupyter-Book" in log.read_text("utf-8")):
        select.select([], [], [], 0.02)
    assert process.poll() is None
    process.kill()
    process.wait()
    assert "waiting until it has ended" in build(root)


@pytest.mark.parametrize(
    ("name", "size"),
    [("book/second.html", 0), ("book/second.html", 2000), ("searchindex.js", 0), ("_static/site.js", 3000)],
)
def test_a_file_cut_short_is_noticed(root, whole, name, size):
    path = root / "_build/html" / name
    kept = path.read_bytes()
    assert book.is_whole(root / "_build", root)
    path.write_bytes(kept[:size])
    assert not book.is_whole(root / "_build", root)
    path.write_bytes(kept)
    assert book.is_whole(root / "_build", root)


def test_files_cut_short_or_lost_are_made_again(root, whole):
    html = root / "_build/html"
    (html / "book/second.html").write_bytes(b"")
    (html / "book/first.html").write_bytes(whole["book/first.html"][:2000])
    (html / "searchindex.js").write_bytes(b"")
    (html / "_static/site.css").unlink()
    (root / "_build/.doctrees/book/second.doctree").write_bytes(b"cut")
    (root / "_build/katex-static/katex/katex.min.css").write_bytes(b"")
    build(root)
    assert contents(root) == whole


def test_a_build_after_nothing_changed_changes_nothing(root, whole):
    build(root)
    assert contents(root) == whole


def test_a_new_page_stands_in_the_navigation_of_all_and_a_removed_one_goes(root, whole):
    write(root, "first", "between", "second")
    build(root)
    html = root / "_build/html/book"
    assert 'href="between.html"' in (html / "first.html").read_text("utf-8")
    assert 'href="between.html"' in (html / "second.html").read_text("utf-8")
    write(root, *PAGES)
    build(root)
    assert not (html / "between.html").exists()
    assert contents(root) == whole


def test_a_missing_katex_is_one_line_with_a_remedy_that_helps(tmp_path, capsys):
    (tmp_path / "node_modules/katex/dist").mkdir(parents=True)
    assert book.build(tmp_path) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert "remove the folder node_modules" in line
