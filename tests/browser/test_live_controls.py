"""Controls of live pictures, moved by mouse and keyboard over http and from disk; what a reader types stays text."""

import json

import pytest
from browsing import serve, watch
from built import ANY_PICTURES, SITE, picture_id
from desk import READY, SIZE, drawn
from hand import Hand
from thorough import THOROUGH, covering, enough

from tools import pages

WAYS = ("keyboard", "mouse")


def moved(found):
    """The same, and each kind of control with the way in which it is moved."""
    return drawn(found) | {(control["kind"], way) for control, ways in turns(found) for way in ways}


def turns(found):
    """Each control with the ways to move it: the two in turn, both where the tests are thorough."""
    controls = found[1].get("spec", {}).get("controls", [])
    for i, control in enumerate(controls, ANY_PICTURES.index(found)):
        yield control, WAYS if THOROUGH else [WAYS[i % 2]]


# Every kind of control and drawing over http, the busiest from disk; all pictures, by both ways, where tests are thorough.
BUSIEST = sorted(ANY_PICTURES, key=lambda found: -len(moved(found)))
MOVED = [
    *((found, "http") for found in covering(BUSIEST, moved)),
    *((found, "file") for found in enough(BUSIEST, len(BUSIEST))),
]
KEPT = "(root) => root !== document.activeElement && root.contains(document.activeElement)"


@pytest.mark.parametrize(
    ("found", "origin"), MOVED, ids=[f"{picture_id(found)}-{origin}" for found, origin in MOVED]
)
def test_each_control_moved_by_mouse_or_by_keyboard_shows_torchs_numbers(desk, found, origin):
    written, picture = found
    page, visit = desk(written, origin)
    hand = Hand(page, picture)
    assert hand.state == "ready"
    assert hand.root.locator(".live-status").get_attribute("role") == "status"
    start, first = hand.values(), hand.numbers()
    changed = False
    for control, ways in turns(found):
        for way in ways:
            silent = hand.status
            hand.move(control, way)
            assert hand.state == "ready", (control["name"], way, hand.status)
            assert hand.faults() == [], (control["name"], way)
            if way == "keyboard":
                assert_is_announced(hand, control, silent)
            changed |= not hand.shows(first)
            hand.reset()
            assert hand.values() == start, (control["name"], way)
            assert hand.shows(first), (control["name"], way)
    assert changed
    assert visit.faults == []


def assert_is_announced(hand, control, silent):
    """Focus stays in the picture, and its new value is said."""
    assert hand.root.evaluate(KEPT), control["name"]
    assert hand.status != silent, control["name"]
    for slider in hand.control(control["name"]).locator("input[type=range]").all():
        assert slider.get_attribute("aria-valuetext"), control["name"]


HOSTILE = "</script><img src=x onerror='window.hacked = true'>&amp;\"'"


def typed(found):
    """The types of drawings that show labels, and whether a reader types."""
    kinds = {control["kind"] for control in found[1].get("spec", {}).get("controls", [])}
    return (drawn(found) - {"graph", "table", "program"}) | (kinds & {"text"})


EACH_VIEW = list({picture["view"]: (page, picture) for page, picture in BUSIEST[::-1]}.values())[::-1]


@pytest.fixture(scope="module")
def own_page(browser, tmp_path_factory):
    """A page of one's own in the book's place, in one tab: own_page(html) -> open page, visit."""
    folder = tmp_path_factory.mktemp("own")
    for name in ("_static", "_images"):
        (folder / name).symlink_to(SITE / name)
    with serve(folder) as address:
        context = browser.new_context(viewport=SIZE)
        visit = watch(context, address)
        page = context.new_page()

        def open_(html):
            (folder / "own.html").write_text(html, "utf-8")
            page.goto(f"{address}own.html")
            page.wait_for_function(READY)
            return page, visit

        yield open_
        context.close()


@pytest.mark.parametrize("found", covering(EACH_VIEW, typed), ids=picture_id)
def test_text_in_labels_and_in_what_a_reader_types_stays_text(own_page, found):
    written, picture = found
    spec = json.loads(json.dumps(picture["spec"]))
    vocabularies = [control.get("vocabulary") for control in spec["controls"]]
    for key, words in spec["labels"].items():
        if key not in vocabularies:
            spec["labels"][key] = [HOSTILE + word for word in words]
    for control in spec["controls"]:
        control["options"] = [HOSTILE + option for option in control.get("options", [])]
    stored = {picture["id"]: {"state": picture | {"spec": spec}}}
    figure = written.soup.select_one(f'figure.live[data-live="{picture["id"]}"]')
    page, visit = own_page(
        "<!DOCTYPE html><meta charset=utf-8><link rel=stylesheet href='_static/live/live.css'>"
        f"<script type='{pages.STATE}'>{json.dumps({'state': stored}).replace('</', '<' + chr(92) + '/')}</script>"
        f"<script defer src='_static/live/live.js'></script><div>{figure}</div>".replace(
            "../_images", "_images"
        )
    )
    hand = Hand(page, picture | {"spec": spec})
    assert hand.state == "ready", hand.status
    for control in spec["controls"]:
        hand.move(control, "keyboard")
        if control["kind"] == "text":
            for typed, said in ((HOSTILE, "words and signs"), ("<img src=x onerror=y>", "img")):
                hand.control(control["name"]).locator("input").fill(typed)
                page.keyboard.press("Enter")
                assert said in hand.status
            hand.reset()
    assert page.locator(".live img, .live script").count() == 0
    assert not page.evaluate("() => window.hacked")
    if set(spec["labels"]) - set(vocabularies):
        assert hand.root.evaluate("(root, text) => root.textContent.includes(text)", HOSTILE)
    assert visit.faults == []
