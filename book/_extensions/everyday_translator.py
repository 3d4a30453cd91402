"""Puts the everyday translator into its page: text and example as HTML, and the scripts that bring it to life.

The page's source holds `<div data-everyday></div>` where it is to stand. Weights are a file of their own, which a script
loads at the first touch.
"""

from __future__ import annotations

import gzip
import json
import sys
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

from transformer_lib import figures, translate
from transformer_lib.live import everyday_bundle

ROOT = Path(__file__).resolve().parents[2]
PAGE = "book/translator"
PLACE = "<div data-everyday></div>"
FOLDER = "translator"  # below _static
EXAMPLE = "Where is the station?"
MARKUP = """<div class="live everyday" data-everyday data-state="still" style="{palette}">
<div class="everyday-pair">
<div class="everyday-side"><label for="everyday-english">English</label>
<textarea id="everyday-english" rows="4" lang="en" dir="auto" autocomplete="off">{english}</textarea></div>
<div class="everyday-side"><span id="everyday-name">French</span>
<div class="everyday-french" role="group" aria-labelledby="everyday-name" lang="fr" dir="auto">{french}</div></div>
</div>
<p class="live-status" role="status">The translator needs its script; an example stands here.</p>
<div class="everyday-inside" hidden></div>
<p class="everyday-credit">{credit}</p>
</div>
"""
CREDIT = """Learnt from English–French sentences of <a href="https://tatoeba.org">tatoeba.org</a>, as
<a href="http://www.manythings.org/anki/">www.manythings.org/anki</a> hands them out, under
<a href="https://creativecommons.org/licenses/by/2.0/">CC BY 2.0</a>."""
logger = logging.getLogger(__name__)


class Place(SphinxPostTransform):
    """Replaces the place by the translator."""

    default_priority = 3

    def run(self, **options) -> None:
        if self.app.builder.name not in ("html", "dirhtml"):
            return
        for node in list(self.document.findall(nodes.raw)):
            if node.astext().strip() == PLACE:
                node.replace_self(nodes.raw("", markup(), format="html"))


def markup() -> str:
    """The translator with its example, translated by the model itself."""
    palette = ";".join(f"--m{i}:{colour}" for i, colour in enumerate(figures.SEQUENTIAL))
    french = escape(translate(EXAMPLE, model="everyday"))
    return MARKUP.format(palette=palette, english=EXAMPLE, french=french, credit=CREDIT)


def stage(app) -> None:
    """Write weights and style where Sphinx copies them from to ``_static/translator``; the script is bundled there."""
    folder = Path(app.doctreedir, "..", "live-static").resolve() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    parts = json.dumps(everyday_bundle.bundle(), ensure_ascii=False, separators=(",", ":"))
    files = {
        f"{everyday_bundle.NAME}.js": f'AttentionEveryday.register("{everyday_bundle.NAME}",{parts});\n',
        "everyday.css": (ROOT / "page/everyday/everyday.css").read_text("utf-8"),
    }
    for name, text in files.items():
        if not (folder / name).exists() or (folder / name).read_text("utf-8") != text:
            (folder / name).write_text(text, "utf-8")
    size = len(gzip.compress(files[f"{everyday_bundle.NAME}.js"].encode(), mtime=0))
    logger.info("everyday translator in its page: %.2f MB gzip", size / 1e6)


def add_scripts(app, page, template, context, doctree) -> None:
    """Add script and styles to the translator's page alone."""
    if page == PAGE and doctree is not None:
        app.add_js_file(f"{FOLDER}/everyday.js", loading_method="defer")
        app.add_css_file("live/live.css")
        app.add_css_file(f"{FOLDER}/everyday.css")


def setup(app):
    app.add_post_transform(Place)
    app.connect("builder-inited", stage)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
