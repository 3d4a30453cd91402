"""Puts trained models where pages ask for them: an example as HTML, and the scripts that bring it to life.

A page's source holds `<div data-NAME>…</div>` in one line; what stands inside is shown where no page is built: by
Jupyter, Colab, GitHub, in a PDF. Or a notebook shows the model as a widget: it stores a still, in whose place the page
has the model. Weights are files of their own, which a script loads at the first touch.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

from tools.stored_form import MODEL, PNG
from transformer_lib.live import (
    assistant_bundle,
    assistant_page,
    everyday_bundle,
    everyday_page,
    writer_bundle,
    writer_page,
)

ROOT = Path(__file__).resolve().parents[2]
SHOWN = "page_models"  # metadata of the pages that show models
logger = logging.getLogger(__name__)


class Model(NamedTuple):
    """What a page shows of a model, or of several together; script and style are called as the model."""

    folder: str  # below _static
    register: str  # the script's global name
    markup: Callable[[], str]
    files: Callable[[], dict[str, Any]]  # of weights and parts, by name


MODELS = {
    "everyday": Model("translator", "AttentionEveryday", everyday_page.markup, everyday_bundle.files),
    "writer": Model("writer", "AttentionWriter", writer_page.markup, writer_bundle.files),
    "assistant": Model("assistant", "AttentionAssistant", assistant_page.markup, assistant_bundle.files),
}
PLACE = re.compile(rf"\s*<div data-({'|'.join(MODELS)})>.*</div>\s*", re.DOTALL)


def note(app, doctree) -> None:
    """Remember what a page shows, for its scripts are chosen later, of a page that may be read from store."""
    found = [PLACE.fullmatch(node.astext()) for node in doctree.findall(nodes.raw)]
    names = [match[1] for match in found if match] + [
        *widgets(Path(app.env.doc2path(app.env.docname))).values()
    ]
    app.env.metadata[app.env.docname][SHOWN] = " ".join(dict.fromkeys(names))


def widgets(path: Path) -> dict[str, str]:
    """The models that a notebook shows as widgets: the digest of each stored still, and the model's name."""
    found: dict[str, str] = {}
    if path.suffix != ".ipynb":
        return found
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            if name := output.get("metadata", {}).get(MODEL):
                png = output["data"][PNG]
                found[_digest(base64.b64decode("".join(png)))] = name
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Place(SphinxPostTransform):
    """Replaces each place by its model."""

    default_priority = 3

    def run(self, **options) -> None:
        if self.app.builder.name not in ("html", "dirhtml"):
            return
        for node in list(self.document.findall(nodes.raw)):
            found = PLACE.fullmatch(node.astext())
            if found:
                node.replace_self(nodes.raw("", MODELS[found[1]].markup(), format="html"))
        self._replace_stills(widgets(Path(self.env.doc2path(self.env.docname))))

    def _replace_stills(self, shown: dict[str, str]) -> None:
        for bundle in list(self.document.findall(_is_bundle)) if shown else []:
            images = list(bundle.findall(nodes.image))
            still = Path(self.env.srcdir, images[0]["uri"]).read_bytes() if images else b""
            if name := shown.get(_digest(still)):
                bundle.replace_self(nodes.raw("", MODELS[name].markup(), format="html"))


def _is_bundle(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def stage(app) -> None:
    """Write weights and styles where Sphinx copies them from to ``_static``; the scripts are bundled there."""
    for name, model in MODELS.items():
        folder = Path(app.doctreedir, "..", "live-static").resolve() / model.folder
        folder.mkdir(parents=True, exist_ok=True)
        files = {f"{name}.css": (ROOT / f"page/{name}/{name}.css").read_text("utf-8")}
        size = 0
        for part, content in model.files().items():
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            files[f"{part}.js"] = f'{model.register}.register("{part}",{text});\n'
            size += len(gzip.compress(files[f"{part}.js"].encode(), mtime=0))
        for file, text in files.items():
            if not (folder / file).exists() or (folder / file).read_text("utf-8") != text:
                (folder / file).write_text(text, "utf-8")
        logger.info("%s in its pages: %.2f MB gzip", name, size / 1e6)


def add_scripts(app, page, template, context, doctree) -> None:
    """Add scripts and styles to the pages that show models."""
    if doctree is None:
        return
    for name in app.env.metadata.get(page, {}).get(SHOWN, "").split():
        app.add_js_file(f"{MODELS[name].folder}/{name}.js", loading_method="defer")
        app.add_css_file("live/live.css")
        app.add_css_file(f"{MODELS[name].folder}/{name}.css")


def setup(app):
    app.add_post_transform(Place)
    app.connect("doctree-read", note)
    app.connect("builder-inited", stage)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
