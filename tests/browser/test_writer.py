"""The writer of stories in its pages. Long: one open page serves beginnings, steps, draws, heads and errors."""

from __future__ import annotations

import pytest
import torch
from browsing import phone
from built import ROOT

from transformer_lib.decoding import greedy_decode
from transformer_lib.models.writer import load_writer

PARTS = "writer-parts.js"
DONE = """() => {
  const root = document.querySelector("[data-writer]");
  return !["waiting", "writing"].includes(root.dataset.state) && !root.classList.contains("live-waiting");
}"""
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
WINDOW = 256


@pytest.fixture(scope="module")
def desk(browser, origins):
    """The page from disk, as wide as a phone: page, visit."""
    with phone(browser, origins["file"], "book/writer") as found:
        yield found


def part(page, name):
    return page.locator(f'[data-part="{name}"]')


def settled(page):
    page.wait_for_function(DONE, timeout=60_000)


def typed(page, text):
    part(page, "beginning").fill(text)
    settled(page)
    return story(page)


def story(page) -> str:
    return part(page, "story").text_content()


def press(page, name):
    part(page, name).click()
    settled(page)


def seen(page) -> dict[str, list[str]]:
    rows = {
        "bars": "[data-part=bars] button",
        "heads": "[data-head]",
        "story": "[data-part=story] span",
        "look": "[data-part=look]",
        "here": "[data-part=here]",
        "kept": "[data-part=kept]",
    }
    return {name: page.locator(selector).all_text_contents() for name, selector in rows.items()} | {
        "pressed": page.locator("[data-head][aria-pressed=true]").all_text_contents(),
    }


def written(text: str, count: int) -> str:
    """A beginning, and what the library writes after it."""
    model, subwords = load_writer()
    ids = torch.tensor([subwords.encode(text, bos=True)])
    return subwords.decode(torch.cat([ids, greedy_decode(model, ids, max_length=count)], 1)[0])


def test_the_page_shows_its_example_before_weights_come_and_the_same_after(desk):
    page, visit = desk
    before = seen(page)
    height = page.locator("[data-writer]").bounding_box()["height"]
    assert len(before["bars"]) == 10
    assert len(before["heads"]) == 32
    assert not [address for address in visit.requests if PARTS in address]
    page.route(f"**/{PARTS}*", lambda route: route.abort())
    part(page, "beginning").focus()
    settled(page)
    assert "did not load" in part(page, "status").inner_text()
    assert seen(page) == before
    page.unroute(f"**/{PARTS}*")
    press(page, "before")
    press(page, "after")
    assert seen(page) == before
    assert abs(page.locator("[data-writer]").bounding_box()["height"] - height) < 2


def test_subwords_are_taken_one_by_one_and_given_back(desk):
    page, _ = desk
    text = "One day a dog"
    assert typed(page, text) == f"<bos> {text}"
    for count in (1, 2, 3):
        press(page, "next")
        assert story(page).removeprefix("<bos> ") == written(text, count)
    press(page, "back")
    assert story(page).removeprefix("<bos> ") == written(text, 2)
    second = page.locator("[data-part=bars] button").nth(1)
    piece = second.locator(".writer-piece").text_content()
    second.click()
    settled(page)
    assert part(page, "here").text_content() == piece
    assert story(page).endswith(piece.replace("▁", " ").replace("↵", "\n"))


def test_what_was_just_typed_is_read_before_a_press_is_answered(desk):
    page, _ = desk
    typed(page, "One day a dog")
    for text in ("Tom had a", "Lily saw a"):
        part(page, "beginning").fill(text)
        press(page, "next")  # at once, before the pause after which a beginning is read
        assert story(page).removeprefix("<bos> ") == written(text, 1)


def test_a_press_while_the_writer_is_loading_keeps_what_was_typed(browser, origins):
    with phone(browser, origins["file"], "book/writer") as (page, _):
        held = []
        page.route(f"**/{PARTS}*", lambda route: held.append(route))
        part(page, "beginning").fill("Tom had a")
        page.wait_for_timeout(500)  # the beginning is read as soon as there is a model
        part(page, "next").click()
        [route] = held
        route.continue_()
        settled(page)
        assert story(page).removeprefix("<bos> ") == written("Tom had a", 1)


def test_it_writes_until_it_is_stopped(desk):
    page, _ = desk
    typed(page, "One day a dog")
    before = story(page)
    part(page, "write").click()
    page.wait_for_function(
        "() => document.querySelectorAll('[data-part=story] span').length > 11", timeout=60_000
    )
    assert part(page, "write").inner_text() == "stop"
    press(page, "write")
    assert part(page, "write").inner_text() == "write"
    found = story(page).removeprefix("<bos> ")
    count = page.locator(".writer-written").count()
    assert count > 3
    assert found == written(before.removeprefix("<bos> "), count)


def test_draws_and_controls_change_what_is_taken(desk):
    page, _ = desk
    typed(page, "One day a dog")
    page.locator("input[value=chance]").check()
    settled(page)
    drawn = set()
    for _ in range(6):
        press(page, "roll")
        drawn.add(page.locator(".writer-taken .writer-piece").text_content())
    assert len(drawn) > 1
    page.locator("#writer-topK").fill("0")
    settled(page)
    assert page.locator("#writer-topK").get_attribute("aria-valuetext") == "1"
    assert part(page, "kept").inner_text().startswith("Drawn from 1 subword;")
    assert page.locator(".writer-taken .writer-share").inner_text() == "100 %"
    page.locator("#writer-topK").fill("7")
    page.locator("input[value=greedy]").check()
    settled(page)
    for _ in range(3):
        press(page, "next")
    before = page.locator("[data-part=bars] button").all_text_contents()
    page.locator("#writer-penalty").fill("2")
    settled(page)
    assert page.locator("[data-part=bars] button").all_text_contents() != before
    page.locator("#writer-penalty").fill("1")
    settled(page)


def test_places_and_heads_are_looked_into_by_keyboard(desk):
    page, _ = desk
    typed(page, "One day a dog")
    press(page, "before")
    assert part(page, "place").inner_text().startswith("subword 4 of 5")
    model, subwords = load_writer()
    with torch.no_grad():
        _, attended = model(torch.tensor([subwords.encode("One day a", bos=True)]), return_weights=True)
    page.locator("[data-head][aria-pressed=true]").focus()
    page.keyboard.press("ArrowDown")
    settled(page)
    page.keyboard.press("ArrowRight")
    settled(page)
    chosen = page.locator("[data-head][aria-pressed=true]")
    layer, head = map(int, chosen.get_attribute("data-head").split())
    assert chosen.evaluate("(node) => node === document.activeElement")
    assert (
        f"Layer {layer + 1}, head {head + 1} (key-value head {head // 2 + 1})"
        in part(page, "look").inner_text()
    )
    shades = page.locator("[data-part=story] span").evaluate_all(
        "all => all.map((node) => parseFloat(node.style.getPropertyValue('--share')))"
    )
    row = attended.decoder[layer, 0, head, -1]
    torch.testing.assert_close(torch.tensor(shades[:4]) / 100, row, atol=1e-3, rtol=0)
    assert shades[4] == 0  # a later subword is not seen


@pytest.mark.parametrize("text", ["", " \n ", "🙂🙂"])
def test_without_a_letter_it_says_that_the_story_begins_by_itself(desk, text):
    page, _ = desk
    typed(page, "One day")
    assert typed(page, text) == "<bos>"
    status = part(page, "status").inner_text()
    assert "begins by itself" in status
    assert ("Left out, for the writer never saw them: 🙂" in status) == ("🙂" in text)
    press(page, "next")
    assert page.locator(".writer-written").count() == 1


def test_a_beginning_that_is_too_long_is_cut_and_says_so(desk):
    page, _ = desk
    typed(page, "The dog ran and ran. " * 500)
    assert "Too long: the first 200 of" in part(page, "status").inner_text()
    assert page.locator("[data-part=story] span").count() == 200
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_markup_is_text(desk):
    page, _ = desk
    found = typed(page, "<img src=x onerror=alert(1)> Mia said")
    assert part(page, "story").locator("img").count() == 0
    assert found.startswith("<bos>")
    assert "img src" in found


def test_axe_finds_nothing_in_light_and_in_dark(desk):
    page, _ = desk
    typed(page, "One day a dog")
    page.evaluate(AXE)
    for theme in ("light", "dark"):
        page.evaluate(f"() => {{ document.documentElement.dataset.theme = '{theme}'; }}")
        found = page.evaluate(
            "() => axe.run({ include: [['[data-writer]']] }, { resultTypes: ['violations'], preload: false })"
        )
        assert [
            (rule["id"], node["target"]) for rule in found["violations"] for node in rule["nodes"]
        ] == [], theme


def test_paper_shows_the_story_and_no_buttons(desk):
    page, visit = desk
    page.emulate_media(media="print")
    assert part(page, "story").is_visible()
    assert not part(page, "write").is_visible()
    assert not part(page, "beginning").is_visible()
    page.emulate_media(media="screen")
    assert [said for said in visit.complaints if PARTS not in said] == []  # one test kept that from coming
