"""The translator in the page, as in the library. Long: one open page serves translation, sampling, beam and errors."""

from __future__ import annotations

from functools import partial

import pytest
from browsing import watch
from built import PICTURES
from hand import Hand, torchs
from playwright.sync_api import Route
from thorough import enough

from transformer_lib.live.views.translating import LONGEST
from transformer_lib.models.translator import OUTSIDE, load_translator, translate
from transformer_lib.text.vocabulary import tokenise

VIEWS = ("translator", "sampling", "beam")
SIZE = {"width": 1280, "height": 800}
PARTS = "translator-parts.js"
NULL = 'AttentionLive.register("translator-parts",null);'
DAMAGED = (
    'AttentionLive.register("translator-parts",{"weights":{"w":{"type":"float16","data":7}},"graphs":{}});'
)
SENTENCES = [
    "i am happy .",
    "I am  Happy.",
    "sally adored reading .",
    "she received a book for her birthday .",
    "we do not like the old car .",
    "when the teacher arrives , the children are happy .",
    "he is tired",
    "you are not my sister .",
    "the small cat sleeps in the garden .",
    "they were happy because the new book was good .",
    "happy happy happy happy happy",
    "i",
    ". . .",
    "my mother gives a red apple to the old doctor because he is very tired today .",
]
DRAWS = [(1, 6, 1, 1), (3, 6, 1, 2), (2.5, 5, 1, 3), (3, 6, 0.6, 20), (0.1, 1, 0.05, 7)]  # and the roll
BAD = {
    "nothing": ("", "Type at least one word"),
    "blanks": ("   ", "Type at least one word"),
    "a picture": ("<img src=x onerror=window['hacked']=1>", "“img”"),
    "a script": ("</script><script>window['hacked']=1</script>", "“script”"),
    "quotes": ("\"'><b>bold</b>", "“b”; “bold”"),
    "too long": ("happy " * 21, "22 words and signs, with a full stop; the picture holds 20"),
    "unknown words": ("i am hapy zzzz .", "“hapy” (near: happy"),
    "digits": ("i have 3 books .", "It knows no digits"),
    "an emoji": ("i am 🙂 .", "“🙂”"),
    "French": ("je suis content .", "“je”"),
    "signs alone": ("¡¿‽", "“¡”; “¿”; “‽”. Of signs it knows"),
    "a very long word": ("i am " + "a" * 180, f"“{'a' * 24}…”"),
    "a special token": ("<eos> <pad>", "“eos”"),
    "names of objects": ("constructor __proto__ toString", "“__proto__”"),
}


@pytest.fixture(scope="session")
def spoken():
    """The chapter's pictures of the translator by their view."""
    return {picture["view"]: picture for _, picture in PICTURES if picture["view"] in VIEWS}


@pytest.fixture(scope="module")
def open_(browser, origins):
    """Opens the chapter anew: open_(origin) -> page, visit."""
    [written] = {page.name for page, picture in PICTURES if picture["view"] in VIEWS}
    contexts = []

    def opened(origin="http"):
        context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
        context.set_default_timeout(10_000)
        contexts.append(context)
        visit = watch(context, origins[origin])
        page = context.new_page()
        page.goto(f"{origins[origin]}{written}.html")
        alive = "() => [...document.querySelectorAll('figure.live')].every((root) => root.dataset.state === 'ready')"
        page.wait_for_function(alive)
        return page, visit

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def table(open_, spoken):
    """The chapter over http, opened once, and a hand for each picture."""
    page, visit = open_()
    return page, visit, {view: Hand(page, spoken[view]) for view in VIEWS}


@pytest.fixture
def desk(table):
    """The same with every picture back at its start."""
    _, _, hands = table
    for hand in hands.values():
        hand.reset()
    return table


def write(hand, sentence):
    field = hand.control("sentence").locator("input")
    field.fill(sentence)
    field.press("Enter")
    hand.settle()


def choose(hand, control, value):
    hand.control(control).locator("select").select_option(
        str(value), force=True
    )  # the words stand in for some lists
    hand.settle()


def slide(hand, control, value):
    """Put a slider on a value, as arrow keys would."""
    field = hand.control(control).locator("input")
    field.evaluate(
        "(node, value) => { node.value = value; node.dispatchEvent(new Event('input', {bubbles: true})); }",
        str(value),
    )
    hand.settle()


def options(hand):
    return hand.control("word").locator("option").all_inner_texts()


def plain(options):
    """The options of a list without the numbers of repeated words."""
    return [option.split(" (")[0] for option in options]


def assert_right(hand):
    assert hand.state == "ready", hand.status
    assert hand.faults() == []


@pytest.mark.parametrize("origin", ["http", "file"])
def test_what_is_typed_is_translated_with_the_librarys_numbers(open_, spoken, origin):
    page, visit = open_(origin)
    hand = Hand(page, spoken["translator"])
    assert_right(hand)
    for sentence in enough(SENTENCES, {"http": 2, "file": 6}[origin]):
        write(hand, sentence)
        assert_right(hand)
        said = plain(options(hand))
        found = list(tokenise(translate(sentence)))[:LONGEST]  # the picture ends there, the model goes on
        assert [word for word in said if word != "<eos>"] == found, sentence
    assert visit.faults == []


TYPED = {  # what was typed: what is said of it
    "I'm happy": "Read as: i am happy . A full stop was added.",
    "She isn't old.": "Read as: she is not old .",
    "the cat sleeps": "A full stop was added.",
    "tom saw it .": "",
    "tom saw that .": OUTSIDE,
    "paul and sally is happy": f"A full stop was added. {OUTSIDE}",
    "i am happy .": "",
}


@pytest.mark.filterwarnings("ignore::transformer_lib.models.translator.OutsideGrammarWarning")
@pytest.mark.parametrize("view", VIEWS)
def test_what_was_changed_or_is_outside_the_grammar_is_said_and_french_is_written_as_text(desk, view):
    _, visit, hands = desk
    hand, notes = hands[view], ("Read as: ", "A full stop was added.", OUTSIDE)
    if view != "translator":  # as greedy decoding does
        slide(hand, {"beam": "size", "sampling": "top_k"}[view], 0)  # the first of its stops
    for sentence, said in enough(list(TYPED.items()), 6 if view == "translator" else 2):
        write(hand, sentence)
        assert_right(hand)
        assert said in hand.status
        assert [note for note in notes if note in hand.status] == [note for note in notes if note in said]
        assert hand.root.locator(".live-says i").inner_text() == translate(sentence)
    assert visit.faults == []


def test_a_second_sentence_is_refused_and_no_word_of_it_is_dropped(desk):
    _, _, hands = desk
    hand = hands["translator"]
    write(hand, "I'm happy. You are sad")
    assert hand.state == "error"
    assert "two sentences" in hand.status


def test_each_written_word_is_reached_by_keyboard_and_by_mouse(desk):
    page, _, hands = desk
    hand = hands["translator"]
    write(hand, "she received a book for her birthday .")
    count = len(options(hand))
    hand.chips().and_(hand.root.locator('[aria-pressed="true"]')).focus()
    page.keyboard.press("Home")
    hand.settle()
    for place in range(count):
        assert hand.values()["word"] == place
        assert_right(hand)
        page.keyboard.press("ArrowRight")
        hand.settle()
    for place in reversed(range(count)):
        hand.root.locator(".live-panel").first.locator(".live-link-word").nth(-count + place).click()
        hand.settle()
        assert hand.values()["word"] == place
        assert_right(hand)


def test_the_hand_stays_where_it_is_while_words_are_stepped_through(desk):
    page, _, hands = desk
    hand = hands["translator"]
    word = hand.root.locator(".live-panel").first.locator(".live-link-word").last
    word.focus()
    page.keyboard.press("Enter")
    hand.settle()
    assert word.evaluate("(node) => node === document.activeElement")
    assert hand.values()["word"] == len(options(hand)) - 1


def test_a_head_that_is_switched_off_changes_what_the_library_changes(desk):
    _, _, hands = desk
    hand = hands["translator"]
    choices = hand.spec["controls"][-1]["options"]
    assert len(choices) == 25
    write(hand, "we do not like the old car .")
    answers = set()
    for off in enough(range(25), 6):
        choose(hand, "off", off)
        assert_right(hand)
        answers.add(tuple(options(hand)))
    assert len(answers) > 1, "no head made a difference"
    for layer in (0, 1):
        choose(hand, "layer", layer)
        for head in enough(range(5), 3):
            choose(hand, "head", head)
            assert_right(hand)


def test_a_shorter_sentence_keeps_the_chosen_word_among_its_own(desk):
    _, _, hands = desk
    hand = hands["translator"]
    write(hand, "when the teacher arrives , the children are happy .")
    last = len(options(hand)) - 1
    choose(hand, "word", last)
    write(hand, "i am happy .")
    assert hand.values()["word"] == len(options(hand)) - 1 < last
    assert_right(hand)


def test_draws_that_are_given_choose_the_librarys_words(desk):
    _, visit, hands = desk
    hand = hands["sampling"]
    seen = set()
    for temperature, top_k, top_p, roll in enough(DRAWS, 2):
        slide(hand, "temperature", temperature)
        slide(hand, "top_k", top_k)
        slide(hand, "top_p", top_p)
        while hand.values()["roll"] != roll:  # after the last draws come the first
            hand.control("roll").locator("button").click()
            hand.settle()
        for sentence in SENTENCES[roll % 5 : roll % 5 + 2]:
            write(hand, sentence)
            assert_right(hand)
            seen.add(tuple(options(hand)))
            choose(hand, "word", len(options(hand)) - 1)
            assert_right(hand)
            drawn = hand.root.locator(".live-drawn").text_content()
            assert drawn.split(": ")[1] == plain(options(hand))[-1]
    assert len(seen) > 3
    assert visit.faults == []


def test_beams_of_every_width_are_the_librarys(desk):
    _, visit, hands = desk
    hand = hands["beam"]
    french = load_translator()[2].words
    for size in enough(range(8), 3):
        slide(hand, "size", size)
        for alpha, sentence in zip((0, 2), SENTENCES[size : size + 2], strict=True):
            slide(hand, "alpha", alpha)
            write(hand, sentence)
            assert_right(hand)
            tokens = torchs(hand.picture, hand.values())["tokens"]
            words = hand.root.locator(".live-leaf > text:not(.live-below)").all_text_contents()
            assert words == [french[int(i)] for i in tokens]
    assert visit.faults == []


@pytest.mark.parametrize("typed", enough(list(BAD), 2))
def test_what_cannot_be_read_is_said_and_the_last_good_picture_stays_marked(desk, typed):
    page, visit, hands = desk
    hand = hands["translator"]
    write(hand, "i am tired .")
    good, words = hand.numbers(), options(hand)
    text, said = BAD[typed]
    write(hand, text)
    assert said in hand.status
    assert "The picture shows the last good sentence." in hand.status
    assert len(hand.status) < 400
    assert hand.state == "error"
    assert "live-stale" in hand.root.get_attribute("class")
    assert (hand.numbers(), options(hand)) == (good, words)
    assert hand.control("sentence").locator("input").input_value() == text[:200]
    assert hand.root.locator("img, script, b").count() == 0
    assert not page.evaluate("() => window.hacked")
    write(hand, "you are tired .")
    assert_right(hand)
    assert "live-stale" not in hand.root.get_attribute("class")
    assert visit.faults == []


def test_leaving_the_field_says_what_is_wrong_as_enter_does(desk):
    _, _, hands = desk
    hand = hands["translator"]
    hand.control("sentence").locator("input").fill("i am hap")
    assert (hand.state, hand.status) == ("waiting", "hap …")
    hand.control("layer").locator("select").focus()
    assert hand.state == "error"
    assert "“hap” (near: happy" in hand.status


def test_a_word_is_completed_by_keyboard(desk):
    page, _, hands = desk
    hand = hands["translator"]
    field = hand.control("sentence").locator("input")
    offers = hand.control("sentence").locator(".live-offers button")
    field.fill("")
    field.press_sequentially("i am ha")
    assert 0 < offers.count() <= 6
    assert all(word.startswith("ha") for word in offers.all_inner_texts())
    page.keyboard.press("Escape")
    assert offers.count() == 0
    assert field.evaluate("(node) => node === document.activeElement")
    page.keyboard.type("p")
    page.keyboard.press("Tab")
    assert hand.state == "waiting", "going on to the words is no end of the sentence"
    assert offers.first.evaluate("(node) => node === document.activeElement")
    page.keyboard.press("Space")
    assert field.input_value() == "i am happy "
    assert field.evaluate("(node) => node === document.activeElement")
    page.keyboard.type(".")
    hand.settle()
    assert_right(hand)
    assert plain(options(hand))[:2] == ["je", "suis"]


def test_a_word_is_completed_and_mended_by_mouse(desk):
    _, _, hands = desk
    hand = hands["translator"]
    field = hand.control("sentence").locator("input")
    offers = hand.control("sentence").locator(".live-offers button")
    field.fill("")
    field.press_sequentially("i am hap")
    offers.first.click()
    hand.settle()
    assert field.input_value() == "i am happy "
    assert_right(hand)
    write(hand, "i am hapy .")
    assert "instead of hapy" in offers.first.get_attribute("aria-label")
    offers.filter(has_text="happy").first.click()
    hand.settle()
    assert field.input_value() == "i am happy ."
    assert offers.count() == 0
    assert_right(hand)


def test_words_offered_do_not_move_what_stands_below(desk):
    _, _, hands = desk
    hand = hands["translator"]
    field = hand.control("sentence").locator("input")
    field.fill("")
    stage = hand.root.locator(".live-stage")

    def places():
        root, below = hand.root.bounding_box(), stage.bounding_box()
        return root["width"], root["height"], below["y"] - root["y"], below["height"]

    before = places()
    field.press_sequentially("the s")
    assert hand.control("sentence").locator(".live-offers button").count() > 3
    assert places() == before


def test_an_example_is_chosen_and_the_list_shows_which_one_stands_there(desk):
    _, _, hands = desk
    hand = hands["beam"]
    control = next(c for c in hand.spec["controls"] if c["kind"] == "text")
    examples = hand.control("sentence").locator("select")
    first = examples.input_value()
    examples.select_option("2")
    hand.settle()
    assert hand.values()["sentence"] == control["examples"][2]
    assert_right(hand)
    write(hand, "i am tired .")
    assert examples.input_value() == "-1"
    hand.reset()
    assert examples.input_value() == first
    assert_right(hand)


def test_weights_are_asked_for_once_and_only_when_something_moves(open_, spoken):
    page, visit = open_()
    hands = [Hand(page, spoken[view]) for view in VIEWS]

    def asked():
        return [address for address in visit.requests if PARTS in address]

    page.wait_for_load_state("networkidle")
    assert asked() == []
    for hand in hands:
        write(hand, "i am tired .")
        assert_right(hand)
        assert len(asked()) == 1


def test_when_the_weights_do_not_come_it_is_said_and_the_next_move_asks_again(open_, spoken):
    page, _ = open_()
    page.route(f"**/{PARTS}*", lambda route: route.abort())
    hand = Hand(page, spoken["translator"])
    good = hand.numbers()
    write(hand, "i am tired .")
    assert hand.state == "error"
    assert "did not load" in hand.status
    assert "live-stale" in hand.root.get_attribute("class")
    assert hand.numbers() == good
    page.unroute(f"**/{PARTS}*")
    write(hand, "you are tired .")
    assert_right(hand)
    assert not hand.shows(good)


DAMAGES = {
    "empty": "",
    "cut": 'AttentionLive.register("translator-parts",{"weights":',
    "another page": "<!DOCTYPE html><p>Sign in first",
    "null": NULL,
    "damaged": DAMAGED,
}


def test_when_the_weights_come_damaged_it_is_said_and_the_next_move_asks_again(open_, spoken):
    page, _ = open_()
    hand = Hand(page, spoken["translator"])
    for name, body in DAMAGES.items():
        page.route(f"**/{PARTS}*", partial(Route.fulfill, body=body, content_type="text/javascript"))
        write(hand, "i am tired .")
        assert hand.state == "error", name
        assert "did not load" in hand.status, name
        page.unroute(f"**/{PARTS}*")
    write(hand, "you are tired .")
    assert_right(hand)


def test_an_answer_to_a_sentence_does_not_hide_what_is_wrong_with_the_next(desk):
    """Typing goes on while the page computes."""
    page, _, hands = desk
    hand = hands["beam"]
    write(hand, "i am tired .")
    slide(hand, "size", 7)
    field = hand.control("sentence").locator("input")
    field.evaluate(
        """(node, sentences) => sentences.forEach((sentence) => {
          node.value = sentence;
          node.dispatchEvent(new Event("input", {bubbles: true}));
        })""",
        ["when the teacher arrives , the children are happy .", "when the teacher arrives zzzz ."],
    )
    tree = hand.root.locator(".live-tree svg").element_handle()
    page.wait_for_function("(tree) => tree.ariaLabel.includes('professeur')", arg=tree)
    assert hand.state == "error"
    assert "“zzzz”" in hand.status
    assert field.input_value() == "when the teacher arrives zzzz ."
