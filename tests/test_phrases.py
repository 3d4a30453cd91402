"""Phrases of the text that set a picture name a picture of their chapter, its controls and values that these can take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.stored_form import LIVE
from transformer_lib.live.widget import STATIC

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted(ROOT.glob("book/*.ipynb"))
PHRASE = re.compile(r'<span data-set="([^"]*)">(.*?)</span>', re.DOTALL)
ROLE = re.compile(r'<span class="([^"]*)">')
STYLE = (STATIC / "live.css").read_text("utf-8")
FIRST = "00-welcome"  # its pictures have no phrase yet


def prose(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def allowed(control: dict[str, Any], text: str) -> bool:
    if control["kind"] in ("choice",):
        return text in control["options"]
    if control["kind"] == "toggle":
        return text in ("yes", "no")
    if control["kind"] == "steps":
        return float(text) in control["stops"]
    if control["kind"] == "slider":
        return control["minimum"] <= float(text) <= control["maximum"]
    return control["kind"] == "text"


def faults(notebook: Any) -> list[str]:
    """What is wrong with the phrases of a chapter."""
    pictures = [state["spec"] for state in notebook.metadata[LIVE].values()]
    found = []
    for phrase, text in PHRASE.findall(prose(notebook)):
        name, *parts = (part.strip() for part in phrase.split(";"))
        controls = {c["name"]: c for spec in pictures if spec["name"] == name for c in spec["controls"]}
        wishes = [part.split("=", 1) for part in parts]
        right = wishes and all(c in controls and allowed(controls[c], value) for c, value in wishes)
        if not right or not text.strip():
            found.append(phrase)
    return found


def picks_words(notebook: Any) -> bool:
    """Whether a picture of the chapter has words of which one is chosen."""
    specs = [state["spec"] for state in notebook.metadata[LIVE].values()]
    return any(drawing.get("selected") for spec in specs for drawing in spec["drawings"])


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_phrase_sets_a_picture_of_its_chapter_to_what_it_can_show(path):
    notebook = nbformat.read(path, as_version=4)
    assert faults(notebook) == []
    if picks_words(notebook) and path.stem != FIRST:
        assert PHRASE.search(prose(notebook)), "a chapter whose pictures have words links its text to them"


@pytest.mark.parametrize(
    "wrong", ["cross; word=rouges", "cross; wort=rouge", "crosses; word=rouge", "cross", "what-if; variant=2"]
)
def test_a_phrase_that_no_picture_understands_is_found(wrong):
    notebook = nbformat.read(ROOT / "book" / "06-decoder-and-cross-attention.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell(f'<span data-set="{wrong}">a phrase</span>'))
    assert faults(notebook) == [wrong]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_role_in_the_text_has_its_colour_in_the_style_sheet(path):
    for name in ROLE.findall(prose(nbformat.read(path, as_version=4))):
        assert f".{name} {{ color: var(--" in STYLE, name
