"""The built book, as tests of its pages need it: which pages and live pictures there are, and where."""

from __future__ import annotations

from pathlib import Path

from tools import pages

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
REMEDY = "The book is not built: run `make book`"
PAGES = [pages.Page.read(path, SITE) for path in pages.find(SITE)] if SITE.exists() else []
PICTURES = [
    (page, picture)
    for page in PAGES
    for picture in pages.pictures(page)
    if picture.keys() >= {"spec", "values"}
]
SOFTMAX = '"Softmax"'
# Without a book there is still one test of each kind, which fails with the remedy: see the fixtures named `built`.
ANY_PAGES = PAGES or [None]
ANY_PICTURES = PICTURES or [(None, {"id": "none", "view": "none"})]


def page_id(page: pages.Page | None) -> str:
    return page.name if page else "not built"


def picture_id(found: tuple[pages.Page | None, dict]) -> str:
    page, picture = found
    return f"{page_id(page)}-{picture['view']}-{picture['id']}"


def example() -> tuple[pages.Page, dict]:
    """A picture with a slider whose view is a graph with a softmax: what single tests break and run in a kernel."""
    for page, picture in PICTURES:
        slides = any(control["kind"] == "slider" for control in picture["spec"]["controls"])
        if picture["spec"]["kind"] == "graph" and slides and SOFTMAX in script(picture):
            return page, picture
    raise LookupError("no live picture of the book has a slider and a softmax")


def script(picture: dict) -> str:
    """The exported view of a picture as the page loads it."""
    return (SITE / "_static" / "live" / f"{picture['view']}.js").read_text("utf-8")
