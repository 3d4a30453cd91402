"""The everyday translator's page: one open page serves text, pieces, ways of writing and errors."""

from __future__ import annotations

import pytest
from browsing import phone

from transformer_lib import translate
from transformer_lib.decoding import DecodingSettings
from transformer_lib.models import translate_everyday

PARTS = "everyday-parts.js"
TEXT = "Thank you. I do not know where my brother is!\n\n- Tom is tired 🙂"
DONE = """() => {
  const root = document.querySelector("[data-everyday]");
  return root.dataset.state !== "waiting" && !root.classList.contains("live-waiting");
}"""
STAYS = ["🙂", "...", "שלום", "你好。", "???"]


@pytest.fixture(scope="module")
def desk(browser, origins):
    """The page from disk, as wide as a phone: page, visit."""
    with phone(browser, origins["file"], "book/translator") as found:
        yield found


def loads(visit):
    return [address for address in visit.requests if PARTS in address]


def typed(page, text):
    page.locator("#everyday-english").fill(text)
    page.wait_for_function(DONE, timeout=60_000)
    return page.locator(".everyday-french").text_content()


def test_nothing_large_is_loaded_before_the_first_touch(desk):
    page, visit = desk
    assert page.locator(".everyday-french").text_content() == translate(
        page.locator("#everyday-english").input_value(), model="everyday"
    )
    assert loads(visit) == []


def test_a_file_that_does_not_come_is_said_and_asked_for_again(desk):
    page, _ = desk
    page.route(f"**/{PARTS}*", lambda route: route.abort())
    assert typed(page, "Thank you.") == ""
    assert "did not load" in page.locator("[data-everyday] .live-status").inner_text()
    page.unroute(f"**/{PARTS}*")
    assert typed(page, "Thank you!") == translate("Thank you!", model="everyday")


def test_a_text_of_several_sentences_is_translated_as_in_python(desk):
    page, visit = desk
    before = len(loads(visit))
    assert typed(page, TEXT) == translate(TEXT, model="everyday")
    assert "Left out, for the translator never saw them: 🙂" in page.locator(".live-status").inner_text()
    assert len(loads(visit)) == before  # once per visit


def test_pieces_are_stepped_through(desk):
    page, _ = desk
    typed(page, "Thank you.")
    label = page.locator(".everyday-step span")
    assert label.text_content().startswith("piece 1 of ")
    page.get_by_label("the next piece").click()
    page.wait_for_function(DONE)
    assert label.text_content().startswith("piece 2 of ")
    assert page.locator(".everyday-inside .live-panel").count() == 5
    assert page.locator(".live-link-word.live-chosen").count() == 1


def test_a_sentence_chosen_while_others_are_translated_leaves_none_untranslated(desk):
    page, _ = desk
    text = " ".join(f"Tom has {n} dogs and I have {n + 1} cats." for n in range(20, 40))
    page.locator("#everyday-english").fill(text)
    done = page.locator(".everyday-sentence:not(.everyday-open)")
    page.wait_for_function("() => document.querySelector('.everyday-open')", timeout=60_000)
    done.first.click()
    assert page.locator(".everyday-open").count() > 0  # else nothing was tried
    page.wait_for_function(DONE, timeout=60_000)
    assert done.first.get_attribute("aria-pressed") == "true"
    assert page.locator(".everyday-french").text_content() == translate(text, model="everyday")


def test_a_chosen_sentence_is_the_one_that_is_looked_into(desk):
    page, _ = desk
    typed(page, TEXT)
    page.locator(".everyday-sentence").nth(2).click()
    page.wait_for_function(DONE)
    assert page.locator(".everyday-sentence").nth(2).get_attribute("aria-pressed") == "true"
    assert "▁tired" in page.locator(".everyday-inside .live-panel").first.text_content()


def test_french_is_searched_and_drawn(desk):
    page, _ = desk
    page.locator("input[value=beam]").check()
    page.wait_for_function(DONE)
    assert typed(page, TEXT) == translate_everyday(TEXT, settings=DecodingSettings(4))
    assert page.locator(".live-tree").count() == 1
    page.locator("input[value=sampling]").check()
    page.wait_for_function(DONE)
    before = typed(page, "Where is he now?")
    seen = {before}
    for _ in range(6):
        page.get_by_role("button", name="roll again").click()
        page.wait_for_function(DONE)
        seen.add(page.locator(".everyday-french").text_content())
    assert len(seen) > 1
    page.locator("input[value=translator]").check()
    page.wait_for_function(DONE)


@pytest.mark.parametrize("text", STAYS)
def test_what_has_no_known_letter_stays_and_shows_no_picture(desk, text):
    page, _ = desk
    typed(page, "Thank you.")
    assert typed(page, text) == text
    assert page.locator(".everyday-inside").is_hidden()


def test_no_text_shows_nothing_of_the_one_before(desk):
    page, _ = desk
    for text in ("", " \n  "):
        typed(page, "Thank you.")
        assert typed(page, text) == ""
        assert page.locator(".everyday-inside").is_hidden()


def test_markup_is_text(desk):
    page, _ = desk
    said = typed(page, "<img src=x onerror=alert(1)> Thank you.")
    assert said == translate("<img src=x onerror=alert(1)> Thank you.", model="everyday")
    assert page.locator(".everyday-french img").count() == 0


def test_long_sentences_scroll_inside_the_picture_and_not_the_page(desk):
    page, visit = desk
    typed(
        page, "I know that he said that she thought that they knew that we were there, and he was happy. " * 2
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert [said for said in visit.complaints if PARTS not in said] == []  # one test kept that from coming
