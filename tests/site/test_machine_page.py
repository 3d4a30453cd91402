"""Links between chapters and their places in the machine, both ways; and what its page loads."""

import gzip
import re

import pytest
from built import PAGES, SITE

from tools import machine_marks
from transformer_lib import load_translator
from transformer_lib.live.machine import SENTENCE, traced

NUMBERS = ["02", "03", "04", "05", "06", "07", "08"]
BY_NAME = {page.name: page for page in PAGES}


def test_every_chapter_about_the_transformer_has_a_place():
    assert list(machine_marks.CHAPTERS) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_a_chapter_and_its_place_are_linked_both_ways(number):
    place = machine_marks.CHAPTERS[number]
    chapter, machine = BY_NAME[f"book/{place['page']}"], BY_NAME["book/machine"]
    [mark] = chapter.article.select("a.machine-mark:not(.machine-mark-small)")
    assert mark["href"] == f"machine.html#{place['address']}"
    assert place["title"] in mark["aria-label"]
    assert "lit" in str(mark)
    assert mark.find_previous("h1") is not None
    assert place["address"] in {tag["id"] for tag in machine.soup.select(".machine-anchors [id]")}
    script = (SITE / "_static/live/machine.js").read_text("utf-8")
    assert place["page"] in script
    assert machine.article.find("a", href=re.compile(rf"{number}-[\w-]+\.html")) is not None


def test_the_first_sight_is_there_without_a_script():
    _, written, kept = traced(SENTENCE)
    chance = kept["probabilities"][load_translator()[2].decode(written.tolist()).index("rouge")].max()
    for name in ("book/machine", "book/00-welcome"):
        [root] = BY_NAME[name].soup.select("[data-machine]")
        assert root.select_one("[data-level='0'] svg") is not None
        assert f"{chance:.3f}" in root.get_text()
        assert root.find("button", string=re.compile("next word")) or "next word" in root.get_text()


@pytest.mark.parametrize("view", machine_marks.PICTURES)
def test_a_picture_that_is_a_level_has_its_mark_beside_it(view):
    address, _, words = machine_marks.PICTURES[view]
    machine = BY_NAME["book/machine"]
    anchors = {tag["id"] for tag in machine.soup.select(".machine-anchors [id]")}
    assert address in anchors
    found = [
        picture.find_previous("a")
        for page in PAGES
        if page.name != "book/00-welcome"
        for picture in page.soup.select(f"figure.live[data-view='{view}']")
    ]
    assert found
    for mark in found:
        assert mark["href"] == f"machine.html#{address}"
        assert mark.get_text() == f"in the machine: {words}"


def test_the_machine_is_loaded_by_its_page_alone_and_level_0_by_the_welcome_page_alone():
    for script, expected in (("machine.js", "book/machine"), ("machine-start.js", "book/00-welcome")):
        assert {page.name for page in PAGES if f"live/{script}" in page.text} == {expected}


def test_the_welcome_page_loads_little_of_the_machine():
    start, whole = (
        len(gzip.compress((SITE / f"_static/live/{name}.js").read_bytes(), 6))
        for name in ("machine-start", "machine")
    )
    assert start < min(10_000, 0.3 * whole)


def test_the_quiz_has_ten_questions_with_one_right_answer_each():
    article = BY_NAME["book/machine"].article
    questions = [p for p in article.find_all("p") if re.match(r"\d+\. .*\?$", p.get_text())]
    assert len(questions) == 10
    assert len(article.select("p.quiz-right")) == 10
    assert len(article.select("p.quiz-no")) == 10
