"""Every live picture of the built book shows torch's numbers. Long: one visit of each page serves all claims."""

import json

import pytest
from browsing import serve, watch
from built import ANY_PICTURES, PICTURES, SITE, SOFTMAX, example, page_id, picture_id, script
from hand import Hand, torchs, unequal
from thorough import THOROUGH, enough

from tools import pages

LIVE_PAGES = list(dict.fromkeys(page for page, _ in ANY_PICTURES))
SIZE = {"width": 1280, "height": 800}
NEEDS_SCRIPT = "This picture needs its script"
READY = (
    """() => [...document.querySelectorAll("figure.live")].every((root) => root.dataset.state !== "still")"""
)


@pytest.fixture(scope="module")
def desk(browser, origins):
    """Opens a page once for all claims about its pictures: desk(page, origin) -> open page, visit."""
    opened = {}

    def open_(written, origin="http"):
        if (written.name, origin) not in opened:
            context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
            context.set_default_timeout(10_000)
            visit = watch(context, origins[origin])
            page = context.new_page()
            page.goto(f"{origins[origin]}{written.name}.html")
            page.wait_for_function(READY)
            opened[written.name, origin] = context, page, visit
        return opened[written.name, origin][1:]

    yield open_
    for context, *_ in opened.values():
        context.close()


VIEWS = list({picture["view"]: found for found in reversed(ANY_PICTURES) for picture in found[1:]}.values())
each_view = pytest.mark.parametrize("found", ANY_PICTURES if THOROUGH else VIEWS[::-1], ids=picture_id)
each_page = pytest.mark.parametrize("written", LIVE_PAGES, ids=page_id)
some_pages = pytest.mark.parametrize("written", enough(LIVE_PAGES, 3), ids=page_id)
# Over http a picture of each view, from disk some; all of them, by both ways, where the tests are thorough.
MOVED = [
    *((found, "http") for found in (ANY_PICTURES if THOROUGH else VIEWS[::-1])),
    *((found, "file") for found in (ANY_PICTURES if THOROUGH else VIEWS[::8])),
]
WAYS = ("keyboard", "mouse")
KEPT = "(root) => root !== document.activeElement && root.contains(document.activeElement)"


@each_page
def test_every_picture_of_a_page_shows_torchs_numbers(desk, written):
    page, visit = desk(written)
    for picture in (picture for there, picture in ANY_PICTURES if there is written):
        hand = Hand(page, picture)
        assert hand.state == "ready", picture["id"]
        assert hand.faults() == [], picture["id"]
    assert visit.faults == []


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
    for i, control in enumerate(picture["spec"]["controls"], ANY_PICTURES.index(found)):
        for way in WAYS if THOROUGH else [WAYS[i % 2]]:
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


@each_view
def test_every_control_has_a_name_and_every_drawing_says_what_it_shows(desk, found):
    written, picture = found
    page, _ = desk(written)
    hand = Hand(page, picture)
    hand.look()
    names = hand.root.evaluate(
        """root => [...root.querySelectorAll("input, select, button, [tabindex='0']")].map((node) =>
          node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent || "")"""
    )
    assert names
    assert all(name.strip() for name in names), names
    for drawing in hand.root.locator(".live-panel > svg").all():
        assert len(drawing.get_attribute("aria-label")) > 15


@some_pages
def test_a_picture_is_drawn_when_it_comes_near_the_screen_or_goes_to_a_printer_and_is_alive_before(
    browser, http, written
):
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    page.goto(f"{http}{written.name}.html")
    page.wait_for_function(READY)
    page.evaluate(
        "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
    )
    for root in page.locator("figure.live").all():
        screens = root.bounding_box()["y"] / SIZE["height"]
        if screens < 1 or screens > 3:  # between, it depends on the layout so far
            assert (root.locator(".live-still").count() == 0) == (screens < 1)
        assert root.locator("input:disabled, select:disabled, button:disabled").count() == 0
    told = page.locator("figure.live .live-status").all_text_contents()
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator("figure.live .live-still").count() == 0
    # screen readers should not announce each picture that comes near
    assert page.locator("figure.live .live-status").all_text_contents() == told
    assert all(told)
    context.close()


@each_page
def test_a_reader_who_wants_less_motion_gets_none(desk, written):
    page, _ = desk(written)
    stages = "() => [...document.querySelectorAll('.live-stage')].map((s) => getComputedStyle(s).transitionDuration)"
    assert set(page.evaluate(stages)) == {"0s"}


@pytest.mark.parametrize(
    ("written", "width"),
    [*((page, 1280) for page in enough(LIVE_PAGES, 4)), *((page, 390) for page in enough(LIVE_PAGES[1:], 8))],
    ids=lambda value: page_id(value) if not isinstance(value, int) else str(value),
)
def test_without_script_or_view_the_still_stands_in_its_final_size_and_controls_are_disabled(
    browser, http, written, width
):
    sizes = []
    ways = ("**/live/live.js*", "view", None) if width == SIZE["width"] else ("**/live/live.js*", None)
    for blocked in ways:
        context = browser.new_context(viewport={"width": width, "height": 800})
        visit = watch(context, http)
        page = context.new_page()
        if blocked == "view":
            for picture in pages.pictures(written):
                page.route(f"**/live/{picture['view']}.js*", lambda route: route.abort())
            page.route("**/live/translator-parts.js*", lambda route: route.abort())
        elif blocked:
            page.route(blocked, lambda route: route.abort())
        page.goto(f"{http}{written.name}.html")
        if blocked != "**/live/live.js*":
            page.wait_for_function(READY)
        if not blocked:
            for picture in pages.pictures(written):
                Hand(page, picture).look()
        sizes.append([root.bounding_box() for root in page.locator("figure.live").all()])
        if blocked:
            # programs request nothing before a control moves
            assert_stands(page, but=programs(written) if blocked == "view" else ())
            assert [text for text in visit.complaints if "Failed to load resource" not in text] == []
        context.close()
    *stills, alive = sizes
    for boxes in stills:
        for box, other in zip(boxes, alive, strict=True):
            assert box["width"] == pytest.approx(other["width"], abs=0.5)
            assert box["height"] == pytest.approx(other["height"], abs=0.5)


def programs(written):
    return {p["id"] for p in pages.pictures(written) if p.get("spec", {}).get("kind") == "program"}


def assert_stands(page, but=()):
    for root in page.locator("figure.live").all():
        if root.get_attribute("data-live") in but:
            continue
        assert NEEDS_SCRIPT in root.locator(".live-status").text_content()
        for field in root.locator("input, select, button").all():
            assert field.is_disabled()
        for still in root.locator(".live-panel").all():
            if not still.is_visible():
                continue  # of a later step
            image = still.locator("img.live-still.for-light")
            # pictures above may grow when they come near, and move the still
            loaded = "(i) => { i.scrollIntoView(); return i.complete && i.naturalWidth > 0; }"
            page.wait_for_function(loaded, arg=image.element_handle())
            assert image.is_visible()


HOSTILE = "</script><img src=x onerror='window.hacked = true'>&amp;\"'"


@pytest.mark.parametrize("name", enough(sorted({picture["view"] for _, picture in ANY_PICTURES}), 3))
def test_text_in_labels_and_in_what_a_reader_types_stays_text(browser, tmp_path, name):
    written, picture = next(found for found in PICTURES if found[1]["view"] == name)
    spec = json.loads(json.dumps(picture["spec"]))
    vocabularies = [control.get("vocabulary") for control in spec["controls"]]
    for key, words in spec["labels"].items():
        if key not in vocabularies:
            spec["labels"][key] = [HOSTILE + word for word in words]
    for control in spec["controls"]:
        control["options"] = [HOSTILE + option for option in control.get("options", [])]
    stored = {picture["id"]: {"state": picture | {"spec": spec}}}
    figure = written.soup.select_one(f'figure.live[data-live="{picture["id"]}"]')
    html = (
        "<!DOCTYPE html><meta charset=utf-8><link rel=stylesheet href='_static/live/live.css'>"
        f"<script type='{pages.STATE}'>{json.dumps({'state': stored}).replace('</', '<' + chr(92) + '/')}</script>"
        f"<script defer src='_static/live/live.js'></script><div>{figure}</div>"
    ).replace("../_images", "_images")
    (tmp_path / "hostile.html").write_text(html, "utf-8")
    for folder in ("_static", "_images"):
        (tmp_path / folder).symlink_to(SITE / folder)
    with serve(tmp_path) as address:
        context = browser.new_context(viewport=SIZE)
        visit = watch(context, address)
        page = context.new_page()
        page.goto(f"{address}hostile.html")
        page.wait_for_function(READY)
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
        context.close()


# The comparison must be able to fail.
def test_a_number_off_by_more_than_the_tolerance_is_seen():
    assert unequal([0.5, float("nan")], [0.500009, float("nan")]) == []
    assert unequal([0.5], [0.50002])
    assert unequal([0.5], [float("nan")])
    assert unequal([0.5], [0.5, 0.5])
    assert unequal([], [0.5])
    assert unequal([0.5, 0.6], [0.5])
    assert unequal([0.5, 0.5], [0.5]) == []


def test_a_stale_view_is_seen(browser, http):
    """An exported view that computes something else than torch shows in the picture."""
    written, picture = example()
    stale = script(picture).replace(SOFTMAX, '"LogSoftmax"')
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    page.route(
        f"**/live/{picture['view']}.js*", lambda r: r.fulfill(body=stale, content_type="text/javascript")
    )
    page.goto(f"{http}{written.name}.html")
    page.wait_for_function(READY)
    faults = Hand(page, picture).faults()
    assert any("torch says" in fault for fault in faults)
    context.close()


def test_torchs_numbers_follow_the_controls():
    _, picture = example()
    start = torchs(picture, picture["values"])
    control = next(c for c in picture["spec"]["controls"] if c["kind"] == "slider")
    ends = [
        torchs(picture, picture["values"] | {control["name"]: control[end]}) for end in ("minimum", "maximum")
    ]
    assert ends != [start, start]
