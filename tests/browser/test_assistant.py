"""Three models side by side in their page: one open page serves lists, buttons, replies, looks and errors."""

from __future__ import annotations

import random

import pytest
import torch
from browsing import phone
from built import ROOT

from transformer_lib import assistant
from transformer_lib.assistant.facts import KINDS, read_question, tell
from transformer_lib.assistant.stories import ask, draw_story
from transformer_lib.assistant.storing import STAGES, shipped

DONE = """() => ["ready", "error"].includes(document.querySelector("[data-assistant]").dataset.state)"""
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
FILE = f"{shipped('preferred').stem}.js"
N_STORIES = 3


@pytest.fixture(scope="module")
def desk(browser, origins):
    """The page from disk, as wide as a phone: page, visit."""
    with phone(browser, origins["file"], "book/assistant") as found:
        yield found


def part(page, name):
    return page.locator(f'[data-assistant] [data-part="{name}"]')


def settled(page):
    page.wait_for_function(DONE, timeout=60_000)


def press(page, name):
    part(page, name).click()
    settled(page)


def choose(page, where, value):
    page.locator(f"[data-assistant] {where}").select_option(value)
    settled(page)


def tell_facts(page, facts):
    """Puts a story together from the lists."""
    rows = page.locator("[data-fact]")
    while rows.count() > len(facts):
        page.locator("[data-remove]").last.click()
        settled(page)
    while rows.count() < len(facts):
        press(page, "add")
    for i, fact in enumerate(facts):
        row = f'[data-fact="{i}"]'
        choose(page, f"{row} [data-name=relation]", f"{fact.kind} {fact.relation}")
        choose(page, f"{row} [data-name=person]", fact.person)
        choose(page, f"{row} [data-name=other]", fact.other)


def put_question(page, question):
    choose(page, "[data-name=form]", f"{question.kind} {KINDS[question.kind].askings.index(question.asking)}")
    for slot, word in question.known:
        if page.locator(f"[data-part=question] [data-name={slot}]").count():
            choose(page, f"[data-part=question] [data-name={slot}]", word)


def replies(page) -> list[str]:
    words = page.locator("[data-stage]").evaluate_all(
        "all => all.map((one) => [...one.querySelectorAll('[data-word]')].map((word) => word.textContent))"
    )
    return [" ".join(word for word in found if not word.startswith("<")) for found in words]


def verdicts(page) -> list[str]:
    return page.locator("[data-own=verdict] b").all_text_contents()


def seen(page) -> dict[str, list[str]]:
    rows = {
        "lists": "select",
        "replies": "[data-own=reply]",
        "verdicts": "[data-own=verdict]",
        "titles": "[data-own=title]",
        "bars": "[data-own=bars] li",
        "text": "[data-part=text] span",
        "look": "[data-part=look]",
        "truth": "[data-part=truth]",
    }
    return {
        name: page.locator(f"[data-assistant] {where}").all_text_contents() for name, where in rows.items()
    } | {"chosen": page.locator("[data-assistant] select").evaluate_all("all => all.map((one) => one.value)")}


def test_the_page_shows_its_example_before_weights_come_and_the_same_after(desk):
    page, visit = desk
    before = seen(page)
    assert len(before["bars"]) == 15
    assert not [address for address in visit.requests if FILE in address]
    page.route(f"**/{FILE}*", lambda route: route.abort())
    part(page, "exam").focus()
    settled(page)
    assert "did not load" in part(page, "status").inner_text()
    assert seen(page) == before
    page.unroute(f"**/{FILE}*")
    for _ in range(2):  # there and back
        part(page, "exam").click()
        settled(page)
    assert seen(page) == before


def test_readers_get_from_each_model_the_reply_of_python(desk):
    page, _ = desk
    draw = random.Random("readers")
    models = [assistant.load(stage) for stage in STAGES]
    for i in range(N_STORIES):
        facts = draw_story(draw, "test")
        question = ask(draw, facts, answerable=i % 2 == 1)
        tell_facts(page, facts)
        put_question(page, question)
        story = " ".join(tell(fact, order) for order in (0, 1) for fact in facts)
        shown = " ".join(part(page, "text").locator("span:not(.assistant-written)").all_text_contents())
        assert shown == f"<bos> {story} {question.text()}"
        expected = [assistant.reply(model, story, question.text()) for model in models]
        assert replies(page) == expected
        assert verdicts(page) == [assistant.judge(story, question.text(), reply) for reply in expected]


def test_buttons_ask_what_the_story_tells_and_what_it_does_not(desk):
    page, _ = desk
    for _ in range(3):
        press(page, "untold")
        assert "does not tell" in part(page, "truth").inner_text()
        assert not {"right", "wrong"} & set(verdicts(page))
        press(page, "told")
        assert "The story tells:" in part(page, "truth").inner_text()
        assert "invents" not in verdicts(page)
        text = part(page, "truth").locator("b").first.inner_text()
        [question] = read_question(text)
        form = page.locator("[data-name=form]").input_value()
        assert form.split()[0] == question.kind


def test_an_untold_question_shows_base_other_instructed_invents_preferred_admits(desk):
    page, _ = desk
    rows: list[list[str]] = []
    for _ in range(5):
        press(page, "untold")
        rows.append(verdicts(page))
    columns = [[row[i] for row in rows] for i in range(3)]
    assert "admits" not in columns[0]
    assert columns[1].count("invents") >= 4
    assert columns[2].count("admits") >= 3


def test_words_are_looked_into_by_keyboard_and_shade_the_text(desk):
    page, _ = desk
    press(page, "told")
    word = page.locator("[data-stage=instructed] [data-word]").nth(1)
    word.focus()
    page.keyboard.press("Enter")
    settled(page)
    pressed = page.locator("[data-assistant] [data-word][aria-pressed=true]")
    assert pressed.count() == 1
    assert pressed.evaluate("(node) => node === document.activeElement")
    words = part(page, "text").locator("span").all_text_contents()
    assert words[-1] == page.locator("[data-stage=instructed] [data-word]").first.inner_text()
    model = assistant.load("instructed")
    with torch.no_grad():
        _, attended = model(
            torch.tensor([assistant.VOCABULARY.encode(words[1:], bos=True)]), return_weights=True
        )
    said = part(page, "look").inner_text()
    layer, head = (int(said.split(f"{name} ")[1].split(" ")[0].strip(",")) - 1 for name in ("layer", "head"))
    shares = (
        part(page, "text")
        .locator("span")
        .evaluate_all("all => all.map((node) => parseFloat(node.style.getPropertyValue('--share')))")
    )
    row = attended.decoder[layer, 0, head, -1]
    torch.testing.assert_close(torch.tensor(shares) / 100, row, atol=1e-3, rtol=0)
    assert page.locator("[data-stage=instructed] [data-own=title]").inner_text() == "Word 2 of the reply"


def test_lists_allow_two_to_four_facts_and_nobody_helps_himself(desk):
    page, _ = desk
    rows = page.locator("[data-fact]")
    while rows.count() < 4:
        press(page, "add")
    assert part(page, "add").is_disabled()
    choose(page, '[data-fact="0"] [data-name=relation]', "person helped")
    choose(page, '[data-fact="0"] [data-name=person]', "anna")
    others = page.locator('[data-fact="0"] [data-name=other] option').all_text_contents()
    assert "anna" not in others
    assert len(others) == 9
    while rows.count() > 2:
        page.locator("[data-remove]").first.click()
        settled(page)
    assert page.locator("[data-remove]:disabled").count() == 2
    assert part(page, "add").evaluate("(node) => node === document.activeElement")
    assert part(page, "status").inner_text().startswith("Change the story")


def test_two_answers_are_said(desk):
    page, _ = desk
    for i, thing in enumerate(("kites", "maps")):
        choose(page, f'[data-fact="{i}"] [data-name=relation]', "thing adored")
        choose(page, f'[data-fact="{i}"] [data-name=person]', "tom")
        choose(page, f'[data-fact="{i}"] [data-name=other]', thing)
    choose(page, "[data-name=form]", "thing 0")
    choose(page, "[data-part=question] [data-name=person]", "tom")
    choose(page, "[data-part=question] [data-name=relation]", "adored")
    assert "kites, maps. No story in training had two answers." in part(page, "truth").inner_text()


def test_axe_finds_nothing_in_light_and_in_dark_and_nothing_is_wider_than_a_phone(desk):
    page, _ = desk
    page.evaluate(AXE)
    for theme in ("light", "dark"):
        page.evaluate(f"() => {{ document.documentElement.dataset.theme = '{theme}'; }}")
        found = page.evaluate(
            "() => axe.run({ include: [['[data-assistant]']] }, { resultTypes: ['violations'], preload: false })"
        )
        assert [
            (rule["id"], node["target"]) for rule in found["violations"] for node in rule["nodes"]
        ] == [], theme
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_paper_shows_replies_and_no_lists(desk):
    page, visit = desk
    page.emulate_media(media="print")
    assert page.locator("[data-own=reply]").first.is_visible()
    assert not part(page, "add").is_visible()
    page.emulate_media(media="screen")
    assert [said for said in visit.complaints if FILE not in said] == []  # one test kept that from coming
