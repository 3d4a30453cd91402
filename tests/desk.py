"""Pages with live pictures: which there are, opened once for all claims about them."""

import pytest
from browsing import watch
from built import ANY_PICTURES

LIVE_PAGES = list(dict.fromkeys(page for page, _ in ANY_PICTURES))
SIZE = {"width": 1280, "height": 800}
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
        page = opened[written.name, origin]
        page.bring_to_front()  # a tab behind another draws a frame a second
        return page, visit

    yield open_
    for context, _ in contexts.values():
        context.close()


def drawn(found):
    """The kind of a picture, and the types of its drawings."""
    spec = found[1].get("spec", {"kind": "none", "drawings": []})
    return {spec["kind"], *(("drawing", drawing["type"]) for drawing in spec["drawings"])}
