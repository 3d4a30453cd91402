"""The stills of live pictures: they stand until a picture comes near, in its final size, and stay without scripts."""

import pytest
from browsing import watch
from built import page_id
from desk import LIVE_PAGES, READY, SIZE
from hand import Hand
from thorough import enough

from tools import pages

NEEDS_SCRIPT = "This picture needs its script"
LIVE = "**/live/live.js*"
a_page = pytest.mark.parametrize("written", enough(LIVE_PAGES[::-1], len(LIVE_PAGES)), ids=page_id)


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
