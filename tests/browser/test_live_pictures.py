"""Every live picture of the built book shows torch's numbers. Long: one visit of each page serves all claims."""

import json

import pytest
from browsing import serve, watch
from built import ANY_PICTURES, SITE, SOFTMAX, example, page_id, picture_id, script
from hand import Hand, torchs, unequal
from thorough import THOROUGH, covering, enough

from tools import pages

LIVE_PAGES = list(dict.fromkeys(page for page, _ in ANY_PICTURES))
SIZE = {"width": 1280, "height": 800}
NEEDS_SCRIPT = "This picture needs its script"
LIVE = "**/live/live.js*"
READY = (
    """() => [...document.querySelectorAll("figure.live")].every((root) => root.dataset.state !== "still")"""
)


@pytest.fixture(scope="module")
def desk(browser, origins):
    """Opens a page once for all claims about its pictures: desk(page, origin) -> open page, visit of all pages there."""
    contexts, opened = {}, {}

    def open_(written, origin="http"):
        if origin not in contexts:
            context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
            context.set_default_timeout(10_000)
            contexts[origin] = context, watch(context, origins[origin])
        context, visit = contexts[origin]
        if (written.name, origin) not in opened:
            page = opened[written.name, origin] = context.new_page()
            page.goto(f"{origins[origin]}{written.name}.html")
            page.wait_for_function(READY)
        return opened[written.name, origin], visit

    yield open_
    for context, _ in contexts.values():
        context.close()


WAYS = ("keyboard", "mouse")


def drawn(found):
    """The kind of a picture, and the types of its drawings."""
    spec = found[1].get("spec", {"kind": "none", "drawings": []})
    return {spec["kind"], *(("drawing", drawing["type"]) for drawing in spec["drawings"])}


def moved(found):
    """The same, and each kind of control with the way in which it is moved."""
    return drawn(found) | {(control["kind"], way) for control, ways in turns(found) for way in ways}


def turns(found):
    """Each control with the ways to move it: the two in turn, both where the tests are thorough."""
    controls = found[1].get("spec", {}).get("controls", [])
    for i, control in enumerate(controls, ANY_PICTURES.index(found)):
        yield control, WAYS if THOROUGH else [WAYS[i % 2]]


each_page = pytest.mark.parametrize("written", LIVE_PAGES, ids=page_id)
a_page = pytest.mark.parametrize("written", enough(LIVE_PAGES[::-1], len(LIVE_PAGES)), ids=page_id)
# Every kind of control and drawing over http, the busiest from disk; all pictures, by both ways, where tests are thorough.
BUSIEST = sorted(ANY_PICTURES, key=lambda found: -len(moved(found)))
MOVED = [
    *((found, "http") for found in covering(BUSIEST, moved)),
    *((found, "file") for found in enough(BUSIEST, len(BUSIEST))),
]
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


NAMES = """() => {
  for (const turn of ["beforeprint", "afterprint"]) dispatchEvent(new Event(turn));  // draws what is out of sight
  const name = (node) =>
    node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent || "";
  return [...document.querySelectorAll("figure.live")].map((root) => [
    root.dataset.live,
    [...root.querySelectorAll("input, select, button, [tabindex='0']")].map(name),
    [...root.querySelectorAll(".live-panel > svg, .live-tree svg")].map((svg) => svg.getAttribute("aria-label") || ""),
  ]);
}"""


@each_page
def test_every_control_has_a_name_and_every_drawing_says_what_it_shows(desk, written):
    page, _ = desk(written)
    found = page.evaluate(NAMES)
    assert [picture for picture, *_ in found] == [
        one["id"] for there, one in ANY_PICTURES if there is written
    ]
    assert any(drawings for *_, drawings in found)
    for picture, names, drawings in found:
        assert names, picture
        assert all(name.strip() for name in names), (picture, names)
        assert all(len(says) > 15 for says in drawings), (picture, drawings)


@a_page
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
    [
        *((page, 1280) for page in enough(LIVE_PAGES[::-1], len(LIVE_PAGES))),
        *((page, 390) for page in enough(LIVE_PAGES[1:], len(LIVE_PAGES))),
    ],
    ids=lambda value: page_id(value) if not isinstance(value, int) else str(value),
)
def test_without_script_or_view_the_still_stands_in_its_final_size_and_controls_are_disabled(
    browser, http, written, width
):
    views = [f"**/live/{picture['view']}.js*" for picture in pages.pictures(written)]
    context = browser.new_context(viewport={"width": width, "height": 800})
    visit = watch(context, http)
    page = context.new_page()

    def sizes(*blocked):
        """Of the pictures, where these scripts do not come."""
        for address in blocked:
            page.route(address, lambda route: route.abort())
        page.goto(f"{http}{written.name}.html")
        if blocked != (LIVE,):
            page.wait_for_function(READY)
        if not blocked:
            for picture in pages.pictures(written):
                Hand(page, picture).look()
        boxes = [root.bounding_box() for root in page.locator("figure.live").all()]
        if blocked:
            # programs request nothing before a control moves
            assert_stands(page, but=() if blocked == (LIVE,) else programs(written))
            assert [text for text in visit.complaints if "Failed to load resource" not in text] == []
        page.unroute_all()
        return boxes

    stills = [sizes(LIVE)]
    if width == SIZE["width"]:
        stills.append(sizes(*views, "**/live/translator-parts.js*"))
    alive = sizes()
    for boxes in stills:
        for box, other in zip(boxes, alive, strict=True):
            assert box["width"] == pytest.approx(other["width"], abs=0.5)
            assert box["height"] == pytest.approx(other["height"], abs=0.5)
    context.close()


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
