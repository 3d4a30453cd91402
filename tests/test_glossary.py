"""The glossary is sound, no term stands before its explanation, and pages link the two."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from tests.test_chapters import FIRST_FORMS
from tools import glossary, guards

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "book/glossary.md").read_text("utf-8")
KNOWN = glossary.entries(PAGE)


def reading_order():
    """The whole chapters from 01 on, by number: their Markdown."""
    listed = guards._entries(yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8")))
    paths = [ROOT / f"{name}.ipynb" for name in listed if re.fullmatch(r"book/(?!00)\d\d-.*", name)]
    chapters = {}
    for path in paths:
        if path.stem not in FIRST_FORMS:
            cells = nbformat.read(path, as_version=4).cells
            chapters[path.stem[:2]] = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return chapters


def test_the_glossary_is_sound():
    assert glossary.unsound(KNOWN, PAGE) == []
    assert len(KNOWN) >= 80
    assert {entry.chapter for entry in KNOWN} == {f"{n:02d}" for n in range(1, 11)}


def test_no_term_stands_before_its_explanation():
    assert glossary.too_early(KNOWN, reading_order()) == []


SAMPLE = """
```{glossary}
.. 02 | dot product, dot products

dot product
  Two vectors multiplied and summed. *Chapter 02.*

.. 03 | key, keys | key vector

key
  What a word offers. *Chapter 03.*

.. 01 | attention | -

attention
  A weighted average. *Chapter 01.*
```
"""
FEW = glossary.entries(SAMPLE)
SOUND = {
    "01": ["# One", "**Attention** is a weighted average. The key idea."],
    "02": ["# Two", "## The dot product\n\nA **dot product** is a sum. Two dot products."],
    "03": ["# Three: key vectors", "Each word has a **key**. Its key vector is short."],
}


def test_entries_are_read_with_their_forms():
    assert [entry.term for entry in FEW] == ["dot product", "key", "attention"]
    assert FEW[0].uses == FEW[0].forms == ("dot product", "dot products")
    assert (FEW[1].forms, FEW[1].uses) == (("key", "keys"), ("key vector",))
    assert FEW[2].uses == ()


def test_a_sound_book_passes():
    assert glossary.too_early(FEW, SOUND) == []


BROKEN = {
    "a term before its chapter": ("01", ["# One", "**Attention.** Dot products come first."], "uses 'dot products'"),
    "a term in a heading before its chapter": ("01", ["# One", "**Attention**\n\n## Dot product"], "uses 'dot product'"),
    "a term before its bold form": ("02", ["# Two", "The dot product, or **dot product**, is …"], "before it explains"),
    "a term in a cell before its bold form": ("02", ["# Two", "A dot product.", "A **dot product**."], "before it explains"),
    "a term that is never explained": ("02", ["# Two", "Nothing here."], "never stands in bold"),
    "a term that is used and never explained": ("02", ["# Two", "A dot product."], "before it explains"),
    "an ordinary word as a term": ("02", ["# Two", "A **dot product**. A key vector."], "uses 'key vector'"),
    "an announcement of the wrong chapter": (
        "01", ["# One", "**Attention** needs a dot product (chapter 01)."], "uses 'dot product'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_what_stands_too_early_is_reported(fault):
    number, cells, words = BROKEN[fault]
    [complaint] = glossary.too_early(FEW, {number: cells})
    assert words in complaint


@pytest.mark.parametrize(
    "cells",
    [
        ["# One: dot products", "**Attention**."],
        ["# One", "**Attention** needs *dot products* (chapter 02)."],
        ["# One", "**Attention**, `dot product`, $dot product$.\n\n```\ndot product\n```"],
        ["# One", "**Attention**. ![A dot product drawn](dot product.png)"],
        ["# One", "**Attention**. A dot-product-like thing, a polka dot productive day."],
    ],
)
def test_goals_announcements_code_and_other_words_are_no_uses(cells):
    assert glossary.too_early(FEW, {"01": cells}) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("*Chapter 02.*", "*Chapter 03.*", "must end with *Chapter 02.*"),
        ("and summed.", "and summed. So. It. Is.", "more than two sentences"),
        (".. 02 | dot product, dot products\n\n", "", "'dot product' has no line"),
        ("| key, keys |", "| key, dot product |", "belongs to"),
    ],
)
def test_an_unsound_glossary_is_reported(old, new, words):
    assert old in SAMPLE
    broken = SAMPLE.replace(old, new)
    assert any(words in fault for fault in glossary.unsound(glossary.entries(broken), broken))


def test_an_unordered_glossary_is_reported():
    assert "'attention' stands after 'key'" in glossary.unsound(FEW, SAMPLE)


CONFIGURATION = """
import sys
sys.path.insert(0, {extensions!r})
extensions = ["myst_parser", "glossary_links"]
"""
CHAPTER = """# Two

A **dot product** is a sum, and a **dot product** again; a **key** comes later.

<details><summary>It grows</summary>

**Right.** It grows with d.

</details>
<details><summary>It stays</summary>

**No.** It does not stay.

</details>

**No.** This is no option.
"""


def test_pages_link_terms_and_chapters_and_mark_options(tmp_path):
    (tmp_path / "book").mkdir()
    configuration = CONFIGURATION.format(extensions=str(ROOT / "book/_extensions"))
    (tmp_path / "conf.py").write_text(configuration, "utf-8")
    (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\nbook/02-two\nbook/glossary\n```\n", "utf-8")
    (tmp_path / "book/02-two.md").write_text(CHAPTER, "utf-8")
    (tmp_path / "book/glossary.md").write_text("# Glossary\n" + SAMPLE, "utf-8")
    said = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", tmp_path, tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    page = (tmp_path / "out/book/02-two.html").read_text("utf-8")
    assert page.count('href="glossary.html#term-dot-product"') == 1
    assert '<span class="glossary-term"><strong>dot product</strong></span></a> is a sum' in page
    assert "#term-key" not in page  # another chapter explains it
    assert (
        page.count('<p class="quiz-right"><strong>Right.')
        == page.count('<p class="quiz-no"><strong>No.')
        == 1
    )
    words = (tmp_path / "out/book/glossary.html").read_text("utf-8")
    assert words.count('href="02-two.html"><span class="doc">Chapter 02</span></a>') == 1
    assert "Chapter 03" in words  # not there yet, so no link
