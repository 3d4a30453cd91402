"""A chapter shows its pictures without kernel, network or the book's scripts: in nbconvert's output.

Viewers on the web, nbviewer for one, show notebooks by the same program.
"""

import nbformat
import pytest
from browsing import watch
from nbconvert import HTMLExporter
from thorough import enough

from tools import notebooks

CHAPTERS = notebooks.chapters()
PNG = "image/png"
SHOWN = """images => images.filter(({naturalWidth, clientWidth}) => naturalWidth && clientWidth)
    .map(({src, alt}) => [src, alt])"""


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", []) if PNG in output.get("data", {})]


@pytest.mark.parametrize("template", ["lab", "classic"])
@pytest.mark.parametrize("path", enough(CHAPTERS[::-1], len(CHAPTERS)), ids=lambda path: path.stem)
def test_every_picture_shows_without_network(browser, tmp_path, path, template):
    pictures = outputs(path)
    assert any(notebooks.live_picture(output) for output in pictures)
    page_file = tmp_path / "chapter.html"
    page_file.write_text(HTMLExporter(template_name=template).from_filename(path)[0], "utf-8")
    context = browser.new_context()
    watch(context, page_file.as_uri())  # every other address is blocked
    page = context.new_page()
    page.goto(page_file.as_uri(), wait_until="domcontentloaded")
    shown = page.locator("img").evaluate_all(SHOWN)
    shown = {src.partition("base64,")[2]: alt for src, alt in shown}
    for output in pictures:
        png = "".join(output.data[PNG].split())
        assert png in shown
        if template == "classic":  # the other template writes no alt text
            assert shown[png] == output.metadata[PNG]["alt"]
    words = page.locator("body").inner_text()
    assert "Run this cell" not in words
    assert "Error displaying widget" not in words
    context.close()
