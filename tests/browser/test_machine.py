"""The machine in its page, by hand and by keyboard. Long: one open page serves levels, keys, tour and errors."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import pytest
import torch
from browsing import watch
from thorough import enough

from transformer_lib import load_translator
from transformer_lib.evaluation import trace
from transformer_lib.live import machine
from transformer_lib.live.machine_tables import tables

TYPED = "the small cat sleeps in the garden ."
PLACES = [
    "sentence",
    "stacks",
    "enc2",
    "dec1",
    "enc1/self",
    "dec2/cross",
    "enc2/self/h3/cat",
    "dec1/self/h2/{word}",
    "enc2/self/h3/cat/small",
    "dec2/cross/h4/{word}/garden",
    "enc/in/garden",
    "dec2/ff/{word}",
    "choice",
]
OUT = 3  # French words that are out: the decoder has read two of them, {word} last
READ = """() => [...document.querySelectorAll('.m-table tr')].map((row) => ({name: row.dataset.name,
  at: row.dataset.at === '' ? [] : row.dataset.at.split(',').map(Number),
  values: [...row.querySelectorAll('td')].map((cell) => Number(cell.dataset.value))}))"""
LEVEL = "() => Number(document.querySelector('[data-level]').dataset.level)"
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def open_(browser, origins):
    contexts = []

    def opened(origin="http", address="", size="wide", page_name="machine", motion="reduce"):
        context = browser.new_context(viewport=SIZES[size], reduced_motion=motion)
        context.set_default_timeout(20_000)
        contexts.append(context)
        visit = watch(context, origins[origin])
        page = context.new_page()
        page.goto(f"{origins[origin]}book/{page_name}.html{address}")
        page.wait_for_selector("[data-machine][data-state=ready]")
        return page, visit

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def desk(open_):
    return open_()


def go(page, address):
    page.evaluate("(to) => { location.hash = to; }", address)
    page.wait_for_function("(to) => decodeURI(location.hash) === '#' + to", arg=address)


def level(page):
    return page.evaluate(LEVEL)


@cache
def expected(sentence):
    model, _, _ = load_translator()
    ids, written, _ = machine.traced(sentence)
    read = torch.cat((written.new_tensor([model.config.bos_id]), written[:-1]))
    kept = trace(copy.deepcopy(model).double(), ids, read)
    fixed = {name: tensor for name, tensor in tables().items() if tensor.is_floating_point()}
    moved = {
        f"{stack}_moved": kept[f"{stack}_tokens"][:, None] + fixed[f"{stack}_places"].double()
        for stack in ("encoder", "decoder")
    }
    return {name: tensor.numpy() for name, tensor in (kept | fixed | moved).items()}


def compare(page, whole, place):
    """Every number in the table of a level is torch's; returns the rows."""
    rows = page.evaluate(READ)
    for row in rows:
        wanted = np.atleast_1d(whole[row["name"]][tuple(row["at"])])[: len(row["values"])]
        np.testing.assert_allclose(
            row["values"], wanted, rtol=1e-5, atol=1e-5, err_msg=f"{place} {row['name']}"
        )
    return rows


@cache
def read(sentence):
    """What the decoder reads, as it stands in addresses."""
    _, _, french = load_translator()
    _, written, _ = machine.traced(sentence)
    return ["start", *french.decode(written.tolist())]


def word_at(kept, address, sentence):
    """What `machine.word` gives for an address of the levels 4 and 5."""
    layer, part, head, name, *_ = address.split("/")
    stack = "encoder" if layer.startswith("enc") else "decoder"
    i = (sentence.split() if stack == "encoder" else read(sentence)).index(name)
    place = int(layer[3]) - 1, int(head[1]) - 1
    q, k, v = (torch.tensor(kept[f"{stack}_{part}_{x}"][place]) for x in "qkv")
    seen = torch.ones(len(k), dtype=torch.bool)
    if f"{stack}_{part}" == "decoder_self":
        k, v, seen = k[:OUT], v[:OUT], torch.arange(OUT) <= i
    given = {"q": q[i], "k": k, "v": v}
    found = machine.word(**given, seen=seen)
    return {f"word_{x}": t.numpy() for x, t in (given | found).items()}


def fit(address, sentence=machine.SENTENCE):
    """Query times key of an address of the encoder, as level 5 writes it."""
    layer, part, head, word, key = address.split("/")
    at = [sentence.split().index(name) for name in (word, key)]
    number = expected(sentence)[f"encoder_{part}_fits"][(int(layer[3]) - 1, int(head[1]) - 1, *at)]
    return f"{number:.1f}".replace("-", "−")


@pytest.mark.parametrize("origin", ["http", "file"])
def test_every_level_of_a_typed_sentence_shows_torchs_numbers(open_, origin):
    page, visit = open_(origin)
    assert not any("translator-parts" in request for request in visit.requests)
    page.fill("#m-sentence", TYPED)
    page.press("#m-sentence", "Enter")
    page.wait_for_function(
        "() => document.querySelector('.m-status').textContent.startsWith('The decoder wrote')"
    )
    page.locator(".m-numbers > summary").click()
    for _ in range(OUT - 1):
        page.get_by_role("button", name="next word").click()
    kept = expected(TYPED)
    for place in PLACES if origin == "http" else enough(PLACES, 3):
        address = place.format(word=read(TYPED)[OUT - 1])
        go(page, address)
        page.wait_for_function("() => document.querySelectorAll('.m-table tr').length > 2")
        whole = kept | (word_at(kept, address, TYPED) if address.count("/") > 2 else {})
        assert len(compare(page, whole, address)) >= 3, address
    go(page, "enc/in/garden")
    page.get_by_label("position of “garden”").fill("3")
    assert {"encoder_moved", "encoder_places"} <= {
        row["name"] for row in compare(page, kept, "garden at place 3")
    }
    assert not visit.faults


def test_four_presses_lead_to_two_vectors_and_escape_leads_back(desk):
    page, _ = desk
    go(page, "sentence")
    page.get_by_role("button", name="open it: the translator").click()
    assert level(page) == 1
    page.get_by_role("button", name="self-attention of encoder layer 2").click()
    assert level(page) == 3
    page.get_by_role("button", name="head 3, “old” looks at “car”").click()
    assert level(page) == 5
    assert page.evaluate("() => location.hash") == "#enc2/self/h3/old/car"
    for wanted in (4, 3, 2, 1, 0, 0):
        page.keyboard.press("Escape")
        assert level(page) == wanted


def test_next_word_writes_to_the_end_at_every_level(desk):
    page, _ = desk
    for address in ("sentence", "stacks", "dec1", "dec2/cross"):
        go(page, address)
        page.get_by_role("button", name="from the first").click()
        button = page.get_by_role("button", name="next word")
        presses = 0
        while button.is_enabled():
            button.click()
            presses += 1
        assert presses == 6
        assert level(page) == {"sentence": 0, "stacks": 1, "dec1": 2, "dec2/cross": 3}[address]


def test_keys_move_open_and_choose_levels(desk):
    page, _ = desk
    go(page, "stacks")
    page.locator(".m-stage [tabindex='0']").focus()
    names = set()
    for _ in range(60):
        names.add(page.evaluate("() => document.activeElement.getAttribute('aria-label')"))
        page.keyboard.press("ArrowRight")
    assert {"encoder layer 2: open it", "cross-attention of decoder layer 1"} <= names
    for key in "123456":
        page.keyboard.press(key)
        assert level(page) == int(key) - 1
    heads = []
    for _ in range(5):
        page.keyboard.press("]")
        heads.append(page.locator(".m-tools [aria-label^='head'][aria-pressed='true']").inner_text())
    assert heads[0] == heads[4]
    assert len(set(heads)) == 4
    assert f"/h{heads[4]}/" in page.evaluate("() => location.hash")
    page.keyboard.press("Home")
    assert level(page) == 0
    page.locator("#m-sentence").focus()
    page.keyboard.press("3")
    assert level(page) == 0


def test_an_address_opens_its_level_and_going_back_leaves_it(open_):
    page, visit = open_(address="#enc2/self/h4/red/car")
    assert level(page) == 5
    assert fit("enc2/self/h4/red/car") in page.locator(".m-stage").inner_text()
    page.get_by_role("button", name="head 4: red").click()
    assert level(page) == 4
    page.go_back()
    page.wait_for_function("() => document.querySelector('[data-level]').dataset.level === '5'")
    assert not visit.faults


def test_the_tour_goes_through_the_machine_and_can_be_left(desk):
    page, _ = desk
    page.get_by_role("button", name="the tour").click()
    seen = []
    while True:
        seen.append(page.evaluate("() => location.hash"))
        assert len(page.locator(".m-caption").inner_text()) > 80
        if page.get_by_role("button", name="on ›").is_disabled():
            break
        page.get_by_role("button", name="on ›").click()
    assert len(seen) == 12
    assert len(set(seen)) >= 10
    page.get_by_role("button", name="leave").click()
    assert page.get_by_role("button", name="the tour").is_visible()


def test_a_dragged_query_is_a_what_if_and_can_be_put_back(desk):
    page, _ = desk
    go(page, "enc2/self/h4/red")
    weights = "() => [...document.querySelectorAll('.m-stage [data-row]')].map((row) => row.getAttribute('aria-label'))"
    before = page.evaluate(weights)
    page.locator("[data-query='7']").focus()
    page.keyboard.press("ArrowUp")
    assert page.evaluate(weights) != before
    assert "what if" in page.locator(".m-stage").inner_text()
    page.get_by_role("button", name="put the query back").click()
    assert page.evaluate(weights) == before


def test_a_unit_names_the_words_at_which_it_is_most_active(desk):
    page, _ = desk
    _, english, _ = load_translator()
    go(page, "enc2/ff/red")
    units = expected(machine.SENTENCE)["encoder_ff_units"][1, 1]
    quiet = int(np.argsort(-units)[9])  # fires, but is not among the four that are listed
    page.locator(f"[data-unit='{quiet}']").click()
    words = [english.words[i] for i in tables()["encoder_unit_words"][1, quiet].tolist()]
    first = page.locator(".m-stage g[role='img']").first.get_attribute("aria-label")
    assert first.startswith(f"unit {quiet + 1}: {units[quiet]:.1f}")
    assert words[0] in first


LIGHT = "() => document.querySelectorAll('.m-pulses path').length"


def test_light_runs_to_the_new_word_once_and_a_key_ends_it(open_):
    page, visit = open_(address="#stacks", motion="no-preference")
    page.evaluate("() => { Element.prototype.animate_ = Element.prototype.animate; }")
    page.evaluate(
        """() => { Element.prototype.animate = function (frames, options) {
             return this.animate_(frames, { ...options, duration: 100 * options.duration }); }; }"""
    )
    page.get_by_role("button", name="next word").click()
    assert page.evaluate(LIGHT) >= 4
    page.keyboard.press("Shift")
    assert page.evaluate(LIGHT) == 0
    page.get_by_role("button", name="next word").click()
    assert page.evaluate(LIGHT) >= 4
    go(page, "dec2")
    assert page.evaluate(LIGHT) == 0
    assert not visit.faults


def test_with_less_motion_nothing_runs_and_what_changed_has_an_outline(desk):
    page, _ = desk
    go(page, "stacks")
    page.get_by_role("button", name="from the first").click()
    page.get_by_role("button", name="next word").click()
    assert page.evaluate(LIGHT) == 0
    changed = page.locator(".m-changed")
    names = [node.get_attribute("aria-label") for node in changed.all()]
    assert any(name.startswith("prediction") for name in names)
    assert "French “la”: choose it" in names
    assert not any(name.startswith("English") for name in names)
    page.keyboard.press("ArrowRight")
    go(page, "sentence")
    assert changed.count() == 0


LED = {
    "#sentence": 0,
    "#stacks": 1,
    "#enc/in": 1,
    "#enc2": 2,
    "#enc2/self": 3,
    "#dec2/cross": 3,
    "#enc2/self/h4/red": 4,
    "#enc2/self/h4/red/car": 5,
}


def test_phrases_of_the_text_lead_to_their_places(desk):
    page, visit = desk
    assert page.locator("[data-place]").count() == 0, "a phrase was left as text"
    phrases = page.locator("article details a[href^='#']")
    addresses = phrases.evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert len(addresses) >= 10
    for i, address in enumerate(addresses):
        phrases.nth(i).evaluate("(phrase) => phrase.click()")
        page.wait_for_function("(to) => location.hash.startsWith(to)", arg=address)
        assert level(page) == LED[address]
    assert not visit.faults


def test_a_place_of_the_stored_sentence_brings_it_back(open_):
    page, visit = open_(address="#stacks")
    page.fill("#m-sentence", "i am happy .")
    page.press("#m-sentence", "Enter")
    page.wait_for_function(
        "() => document.querySelector('.m-status').textContent.startsWith('The decoder wrote')"
    )
    go(page, "enc2/self")
    assert page.input_value("#m-sentence") == "i am happy .", (
        "a place that every sentence has keeps the reader's"
    )
    go(page, "enc2/self/h4/red/car")
    assert level(page) == 5
    assert page.input_value("#m-sentence") == machine.SENTENCE
    assert "stored sentence" in page.locator(".m-status").inner_text()
    assert not visit.faults


BAD = {
    "nothing": ("", "Type"),
    "unknown": ("the rde car .", "“rde” (near: red"),
    "long": ("car " * 21, "22 words and signs, with a full stop"),
    "markup": ("<b>red</b>", "“b”"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_translated_is_named_and_the_picture_stays(desk, case):
    page, visit = desk
    text, message = BAD[case]
    go(page, "sentence")
    before = page.locator(".m-stage").inner_text()
    page.fill("#m-sentence", text)
    page.press("#m-sentence", "Enter")
    assert message in page.locator(".m-status").inner_text()
    assert page.locator(".m-stage").inner_text() == before
    assert not any("translator-parts" in request for request in visit.requests)


SHOWN = [
    "sentence",
    "stacks",
    "enc2",
    "dec2",
    "enc2/self",
    "dec2/cross",
    "enc2/self/h4/red",
    "enc2/self/h4/red/car",
    "enc/in/red",
    "dec2/ff",
    "choice",
]
OVERLAPS = """() => {
  const frame = document.querySelector('.machine').getBoundingClientRect();
  const texts = [...document.querySelectorAll('.m-stage text')];
  const boxes = texts.filter((text) => text.textContent && !text.getAttribute('transform'))
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const faults = boxes.filter(([, box]) => box.left < frame.left - 3 || box.right > frame.right + 3).map(([words]) => words);
  boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 2 && down > 5) faults.push(`${one} × ${other}`);
  }));
  if (document.documentElement.scrollWidth > innerWidth) faults.push('scrolls sideways');
  return faults;
}"""


LONG = "sally adored reading ; when she received a book for her birthday , she was happy ."
TYPE = """() => [...new Set([...document.querySelectorAll('.machine *')]
  .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
  .filter((node) => node.getClientRects().length)
  .map((node) => getComputedStyle(node).fontSize))]"""
LINES = """() => {
  const caption = document.querySelector('.m-caption');
  const text = document.createRange();
  text.selectNodeContents(caption);
  return Math.ceil(text.getBoundingClientRect().height / parseFloat(getComputedStyle(caption).lineHeight));
}"""
MOST_LINES = {"level": 2, "tour": 4}


@pytest.fixture(scope="module", params=SIZES)
def screen(request, open_):
    """A page as wide as a desk's or a phone's."""
    return open_(size=request.param)


def test_no_words_lie_on_others_or_leave_the_picture(screen):
    page, _ = screen
    for address in SHOWN:
        go(page, address)
        assert page.evaluate(OVERLAPS) == [], address


def test_type_has_three_sizes_at_every_level(screen):
    page, _ = screen
    found = set()
    for address in SHOWN:
        go(page, address)
        sizes = set(page.evaluate(TYPE))
        assert sizes <= {"12px", "14px", "18px"}, address
        found |= sizes
    assert len(found) == 3


def test_a_level_says_its_fact_in_two_lines_and_a_stop_of_the_tour_in_four(screen):
    page, _ = screen
    for address in SHOWN:
        go(page, address)
        assert page.evaluate(LINES) <= MOST_LINES["level"], address
    more = page.get_by_role("button", name="more", exact=True)
    if more.count():  # on a phone
        fact = page.locator(".m-caption").inner_text().removesuffix("more").strip()
        assert page.locator(".m-caption a").count() == 0
        more.click()
        assert page.locator(".m-caption").inner_text().startswith(fact)
        assert page.locator(".m-caption a").count() >= 1, "the chapter that explains it"
        page.get_by_role("button", name="less", exact=True).click()
    page.get_by_role("button", name="the tour").click()
    for _ in range(12):
        assert page.evaluate(LINES) <= MOST_LINES["tour"]
        page.get_by_role("button", name="on ›").evaluate("(button) => button.click()")
    page.get_by_role("button", name="leave").click()


def test_a_long_sentence_leaves_no_picture_and_its_words_do_not_overlap(screen):
    page, visit = screen
    page.fill("#m-sentence", LONG)
    page.press("#m-sentence", "Enter")
    page.wait_for_function(
        "() => document.querySelector('.m-status').textContent.startsWith('The decoder wrote')"
    )
    for _ in range(8):
        page.get_by_role("button", name="next word").click()
    for address in (*SHOWN[:6], "enc2/self/h4/she", "enc2/self/h4/she/happy"):
        go(page, address)
        assert page.evaluate(OVERLAPS) == [], address
    below = fit("enc2/self/h4/she/happy", LONG)
    assert below.startswith("−")
    assert below in page.locator(".m-stage").inner_text(), "bars and sums below 0"
    go(page, "enc2/self/h4/red/car")  # brings the stored sentence back
    assert not visit.faults


def test_a_press_on_a_wave_lists_its_numbers_and_one_on_a_plus_adds_them(screen):
    page, visit = screen
    go(page, "enc2")
    page.locator("[data-word='enc:1']").last.click()
    kept = expected(machine.SENTENCE)
    adds = kept["encoder_ff_adds"][1, 1]
    page.locator("[data-list='enc_ff_adds:1:1']").click(position={"x": 9, "y": 9})
    listed = page.locator(".m-list-numbers span").all_inner_texts()
    assert [float(number.replace("−", "-")) for number in listed] == pytest.approx(adds, abs=0.0051)
    page.locator("[data-list='sum:enc:ff:1:1']").click()
    lengths = [np.linalg.norm(kept[f"encoder_{name}"][1, 1]) for name in ("ff_comes", "ff_adds", "goes")]
    texts = page.locator(".m-list svg text").all_text_contents()
    assert [text for text in texts if text.startswith("length")] == [f"length {x:.1f}" for x in lengths]
    box, room = page.locator(".m-list").bounding_box(), page.evaluate("() => innerHeight")
    if page.evaluate("() => innerWidth") < 600:  # a press changes something in view
        assert 0 <= box["y"] <= room - 100
    page.get_by_role("button", name="close").click()
    assert page.locator(".m-list").is_hidden()
    assert not visit.faults


def test_a_step_inwards_leaves_the_page_where_it_is_if_the_title_is_in_view(screen):
    page, _ = screen
    go(page, "stacks")
    page.evaluate("() => document.querySelector('.machine').scrollIntoView()")
    before = page.evaluate("() => scrollY")
    page.locator(".m-stage [data-go$='2']").first.dispatch_event("click")
    assert level(page) == 2
    assert page.evaluate("() => scrollY") == before
    page.keyboard.press("Home")


def test_on_a_phone_each_level_fits_between_title_and_words(open_):
    page, _ = open_(size="narrow")
    for address in (
        "stacks",
        "enc2",
        "dec1",
        "dec2",
        "enc2/self",
        "dec2/cross",
        "enc2/self/h4/red",
        "enc/in/red",
    ):
        go(page, address)
        room = page.evaluate(
            """() => { const [stage, ribbon] = ['.m-stage', '.m-ribbon'].map((name) => document.querySelector(name));
                 return innerHeight - 48 - ribbon.clientHeight - stage.clientHeight; }"""
        )
        assert room >= 0, address


def test_the_welcome_page_shows_level_0_and_opens_the_machine(open_):
    page, visit = open_(page_name="00-welcome")
    assert level(page) == 0
    assert not any("translator-parts" in r or "machine-example" in r for r in visit.requests)
    chips = page.locator(".machine .m-chip.m-fr:not(.m-empty)")
    before = chips.count()
    page.locator(".machine").get_by_role("button", name="next word").click()
    assert chips.count() == before + 1
    page.get_by_role("button", name="open it: the translator").click()
    page.wait_for_url("**/machine.html#stacks")
    page.wait_for_selector("[data-machine][data-state=ready]")
    assert level(page) == 1


def test_paper_shows_a_still_of_each_level(desk):
    page, _ = desk
    page.emulate_media(media="print")
    shown = page.locator(".m-stills img")
    assert shown.count() == 9
    assert all(image.is_visible() for image in shown.all())
    assert not page.locator(".m-ribbon").is_visible()
    page.emulate_media(media="screen")
