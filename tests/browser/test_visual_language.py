"""What pictures share: pressable words, previews, folded zeros, steps, motion, phrases of the text, narrow screens."""

from __future__ import annotations

import pytest
from built import PICTURES
from hand import Hand, torchs

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
READY = (
    """() => [...document.querySelectorAll("figure.live")].every((root) => root.dataset.state === "ready")"""
)


@pytest.fixture(scope="module")
def open_(browser, http):
    """Opens the page of a view: open_(view, screen, motion) -> hand; each page once."""
    contexts, opened = {}, {}

    def opened_(view, screen=WIDE, motion="reduce"):
        written, picture = next((page, one) for page, one in PICTURES if one["view"] == view)
        reader = screen["width"], motion
        if reader not in contexts:
            contexts[reader] = browser.new_context(viewport=screen, reduced_motion=motion)
            contexts[reader].set_default_timeout(10_000)
        if (written.name, *reader) not in opened:
            page = opened[written.name, *reader] = contexts[reader].new_page()
            page.goto(f"{http}{written.name}.html")
            page.wait_for_function(READY)
        page = opened[written.name, *reader]
        page.bring_to_front()  # a tab behind another draws a frame a second
        hand = Hand(page, picture)
        hand.look()
        hand.reset()
        return hand

    yield opened_
    for context in contexts.values():
        context.close()


# Letters in a full line of the long paragraphs, the smallest and the largest; the size of the letters.
COLUMN = """() => {
  const long = [...document.querySelectorAll(".bd-article section > p")].filter((p) => p.textContent.length > 300);
  const letters = long.map((p) => {
    const range = document.createRange();
    range.selectNodeContents(p);
    const lines = new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom / 8)));
    return p.textContent.length / (lines.size - 0.5); // the last line is half full
  });
  const middle = letters.sort((a, b) => a - b)[Math.floor(letters.length / 2)];
  return { count: long.length, letters: middle, size: parseFloat(getComputedStyle(long[0]).fontSize) };
}"""


@pytest.mark.parametrize(
    ("screen", "least", "most"), [(WIDE, 60, 80), (NARROW, 32, 50)], ids=["wide", "narrow"]
)
def test_lines_of_text_have_the_length_at_which_one_reads_well(open_, screen, least, most):
    column = open_("sentence", screen).page.evaluate(COLUMN)
    assert column["count"] >= 3
    assert column["size"] >= 16
    assert least <= column["letters"] <= most


def row_of(hand, word):
    return torchs(hand.picture, hand.values() | {"word": word})["row"]


def shown(hand, output):
    return next(panel[output] for panel in hand.numbers() if output in panel)


def test_words_are_one_stop_of_the_tab_key_and_arrows_choose_the_next(open_):
    hand = open_("sentence")
    chips = hand.chips()
    assert not hand.control("word").is_visible()
    assert chips.evaluate_all("(all) => all.filter((one) => one.tabIndex === 0).length") == 1
    start = hand.values()["word"]
    chips.nth(start).focus()
    hand.page.keyboard.press("Home")
    hand.page.keyboard.press("ArrowRight")
    assert hand.values()["word"] == 1
    assert chips.nth(1).evaluate("(node) => node === document.activeElement && node.ariaPressed === 'true'")
    assert "adored" in hand.status


def test_a_pointer_over_a_word_previews_its_row_and_leaves_the_choice(open_):
    hand = open_("sentence")
    start, said = hand.values()["word"], hand.status
    assert start != 1
    box = hand.chips().nth(1).bounding_box()
    hand.page.mouse.move(box["x"] + 5, box["y"] + 5)
    hand.page.mouse.move(box["x"] + 8, box["y"] + 8)
    assert shown(hand, "row") == pytest.approx(row_of(hand, 1), abs=1e-5)
    assert (hand.values()["word"], hand.status) == (start, said)
    hand.page.mouse.move(1, 1)
    assert shown(hand, "row") == pytest.approx(row_of(hand, start), abs=1e-5)


def test_small_bars_stand_behind_one_line_that_opens(open_):
    hand = open_("what-if")
    fold, labels = hand.root.locator(".live-fold"), hand.root.locator(".live-panel svg > .live-row-label")
    seen = "(all) => all.filter((one) => one.getAttribute('visibility') !== 'hidden').length"
    outputs = torchs(hand.picture, hand.values())
    small = sum(max(pair) < 0.02 for pair in zip(outputs["changed"], outputs["first"], strict=True))
    assert fold.text_content() == f"{small} words below 0.02"
    assert labels.evaluate_all(seen) == labels.count() - small
    fold.focus()
    hand.page.keyboard.press("Enter")
    assert fold.get_attribute("aria-expanded") == "true"
    assert labels.evaluate_all(seen) == labels.count()
    fold.click()
    assert labels.evaluate_all(seen) == labels.count() - small


def test_a_phrase_of_the_text_sets_the_picture(open_):
    hand = open_("cross")
    hand.page.locator("button.live-phrase", has_text="voiture").first.click()
    assert hand.values()["word"] == 1
    assert hand.faults() == []
    assert "Set by the text." in hand.status
    focused = "() => document.activeElement.classList.contains('live-phrase')"
    assert hand.page.evaluate(focused), "the reader goes on reading where the phrase stands"
    assert hand.page.locator("[data-set]").count() == 0, "a phrase was left as text"


def test_a_picture_in_steps_shows_one_at_a_time(open_):
    hand = open_("plane")
    panels = hand.root.locator(".live-panel")
    steps = hand.root.locator(".live-steps button")
    seen = {}
    for step in range(steps.count()):
        steps.nth(step).click()
        seen[step] = [i for i in range(panels.count()) if panels.nth(i).is_visible()]
        assert steps.nth(step).get_attribute("aria-pressed") == "true"
    assert seen == {0: [0], 1: [0, 1], 2: [1, 2]}
    steps.first.click()


def test_a_phrase_turns_to_the_step_of_its_control(open_):
    hand = open_("plane")
    hand.page.locator("button.live-phrase", has_text="to a fifth").click()
    assert hand.root.get_attribute("data-step") == "2"
    assert hand.values()["length"] == pytest.approx(0.2)
    hand.root.locator(".live-steps button").first.click()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_change_moves_unless_the_reader_wants_less_motion(open_, motion):
    hand = open_("cross", motion=motion)
    # the frames of one link while another word is chosen
    widths = hand.root.evaluate(
        """(root) => new Promise((resolve) => {
          const seen = new Set();
          const look = (until) => {
            for (const link of root.querySelectorAll(".live-link")) seen.add(link.getAttribute("opacity"));
            if (performance.now() < until) requestAnimationFrame(() => look(until)); else resolve(seen.size);
          };
          const before = new Set([...root.querySelectorAll(".live-link")].map((link) => link.getAttribute("opacity")));
          [...root.querySelectorAll(".live-chip")].at(-1).dispatchEvent(new MouseEvent("click", { bubbles: true }));
          for (const one of before) seen.add(one);
          look(performance.now() + 600);
        })"""
    )
    settled = "(all) => new Set(all.map((one) => one.getAttribute('opacity'))).size"
    ends = hand.root.locator(".live-link").evaluate_all(settled)
    assert (widths > 3 * ends) == (motion == "no-preference")
    assert hand.faults() == []


def test_on_a_telephone_the_main_panel_stays_in_view_while_its_controls_are_used(open_):
    hand = open_("sentence", NARROW)
    slider = hand.control("temperature").locator("input")
    main = hand.root.locator(".live-panel").first
    slider.focus()
    slider.evaluate("(node) => scrollTo(0, scrollY + node.getBoundingClientRect().top - 300)")
    box = main.bounding_box()
    assert box["y"] >= 0
    assert box["height"] <= 0.45 * NARROW["height"] + 1
    assert hand.page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
