"""Puts the three models side by side where a page asks for them: an example as HTML, and the scripts that bring it to life.

A page's source holds `<div data-assistant>…</div>` in one line; what stands inside is shown where no page is built: by
Jupyter, Colab, GitHub, in a PDF. Weights are files of their own, which a script loads at the first touch.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

from transformer_lib.live import assistant_bundle, assistant_page

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"\s*<div data-assistant>.*</div>\s*", re.DOTALL)
FOLDER = "assistant"  # below _static
SHOWN = "assistant"  # metadata of the pages that show them
logger = logging.getLogger(__name__)


def note(app, doctree) -> None:
    """Remember that a page shows the models, for its scripts are chosen later, of a page that may be read from store."""
    if any(PLACE.fullmatch(node.astext()) for node in doctree.findall(nodes.raw)):
        app.env.metadata[app.env.docname][SHOWN] = "yes"


class Place(SphinxPostTransform):
    """Replaces the place by the models."""

    default_priority = 3

    def run(self, **options) -> None:
        if self.app.builder.name not in ("html", "dirhtml"):
            return
        for node in list(self.document.findall(nodes.raw)):
            if PLACE.fullmatch(node.astext()):
                node.replace_self(nodes.raw("", assistant_page.markup(), format="html"))


def stage(app) -> None:
    """Write weights and style where Sphinx copies them from to ``_static/assistant``; the script is bundled there."""
    folder = Path(app.doctreedir, "..", "live-static").resolve() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = {"assistant.css": (ROOT / "page/assistant/assistant.css").read_text("utf-8")}
    for name, content in assistant_bundle.files().items():
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        files[f"{name}.js"] = f'AttentionAssistant.register("{name}",{text});\n'
    for name, text in files.items():
        if not (folder / name).exists() or (folder / name).read_text("utf-8") != text:
            (folder / name).write_text(text, "utf-8")
    size = sum(
        len(gzip.compress(text.encode(), mtime=0)) for name, text in files.items() if name.endswith(".js")
    )
    logger.info("three models in their pages: %.2f MB gzip", size / 1e6)


def add_scripts(app, page, template, context, doctree) -> None:
    """Add script and styles to the pages that show the models."""
    if doctree is not None and app.env.metadata.get(page, {}).get(SHOWN):
        app.add_js_file(f"{FOLDER}/assistant.js", loading_method="defer")
        app.add_css_file("live/live.css")
        app.add_css_file(f"{FOLDER}/assistant.css")


def setup(app):
    app.add_post_transform(Place)
    app.connect("doctree-read", note)
    app.connect("builder-inited", stage)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
