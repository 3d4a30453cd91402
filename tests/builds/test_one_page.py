"""The whole book as one page, which becomes the PDF: stills stand where live pictures would be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from browsing import watch
from built import PICTURES, ROOT

from tools import pages

OUT = ROOT / "_build" / "one-page"
BIN = Path(sys.executable).parent
BUILD = [str(BIN / "jupyter-book"), "build", ".", "--builder", "singlehtml", "--path-output", str(OUT)]
STRICT = ["-W", "-n", "--keep-going"]


@pytest.fixture(scope="session")
def one_page():
    environment = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"
    }  # Node renders the equations
    options = {
        "cwd": ROOT,
        "env": environment,
        "stdin": subprocess.DEVNULL,
        "capture_output": True,
        "text": True,
    }
    done = subprocess.run(BUILD + STRICT, check=False, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    folder = OUT / "_build" / "singlehtml"
    [path] = pages.find(folder)
    return pages.Page.read(path, folder)


@pytest.mark.parametrize(
    "guard",
    [pages.self_contained, pages.policy, pages.light, pages.alternatives, pages.equations, pages.links],
    ids=lambda g: g.__name__,
)
def test_the_one_page_satisfies(one_page, guard):
    assert guard(one_page) == []


def test_each_live_picture_is_its_still_with_its_words(one_page):
    stills = {image["alt"] for image in one_page.article.find_all("img")}
    assert PICTURES
    for page, picture in PICTURES:
        words = page.soup.select_one(f'figure.live[data-live="{picture["id"]}"] img.live-still')["alt"]
        assert words in stills, picture["view"]
    assert one_page.soup.select("figure.live") == []
    assert pages.live_pictures(one_page) == []


def test_printed_it_shows_every_picture_and_needs_nobody(browser, one_page):
    context = browser.new_context()
    visit = watch(context, one_page.site.as_uri())
    page = context.new_page()
    page.goto(one_page.path.as_uri(), wait_until="load")
    shown = page.evaluate(
        "() => [...document.querySelectorAll('article img')].map((i) => [i.complete && i.naturalWidth > 0, i.src])"
    )
    assert shown
    assert [source for there, source in shown if not there] == []
    assert page.pdf().count(b"/Subtype /Image") >= len(PICTURES)
    assert visit.faults == []
    context.close()
