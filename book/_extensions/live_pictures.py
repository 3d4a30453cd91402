"""Puts live pictures into pages: still and controls, which a script makes interactive.

A notebook stores a live picture as its still, with its text; the numbers are in the notebook's metadata
(tools/stored_form.py). On pages this extension takes the stored markup and cuts the still into one for each panel;
other formats only have the still.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
from html import escape
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.osutil import relative_uri

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

import transformer_lib.live
from tools.stored_form import LIVE, PNG, STATE, VIEW, live_picture
from transformer_lib.figures import SCALE, places
from transformer_lib.live import assistant_graphs, everyday_graphs, weight_bundle, writer_graphs
from transformer_lib.live.controls import stored_labels
from transformer_lib.live.machine import WORD
from transformer_lib.live.translator_graphs import PARTS
from transformer_lib.live.widget import GAP

PACKAGE = Path(transformer_lib.live.__file__).parent
logger = logging.getLogger(__name__)


class LivePictures(SphinxPostTransform):
    """Runs before myst-nb selects a MIME type, at priority 4."""

    default_priority = 3

    def run(self, **options) -> None:
        path = Path(self.env.doc2path(self.env.docname))
        states, waiting = self._notebook(self.env.docname).get("metadata", {}).get(LIVE, {}), {}
        # the single-page build has all documents in one tree; of the others' pictures it only needs the text
        joined = {node["docname"] for node in self.document.findall(addnodes.start_of_file)}
        for docname in {self.env.docname, *joined}:
            for still, models in _by_still(self._notebook(docname)).items():
                waiting.setdefault(still, []).extend(models)
        found = []
        for bundle in list(self.document.findall(_is_bundle)):
            kinds = {child["mime_type"]: child for child in bundle.children}
            if VIEW in kinds:
                logger.warning("%s stores a widget: run %s", path.name, "python tools/notebooks.py normalise")
            images = list(bundle.findall(nodes.image))
            still = _digest(self._path(images[0]).read_bytes()) if images else None
            if not waiting.get(still):
                for image in images:
                    self._set_size(image)
                continue
            model, image = waiting[still].pop(0), images[0]
            image["alt"] = " ".join(kinds["text/plain"].astext().split())
            if self.app.builder.name in ("html", "dirhtml"):
                html = self._figure(states[model], image, first=not found)
                bundle.replace_self(nodes.raw("", html, format="html"))
                found.append(model)
            else:
                bundle.replace_self(image)
        self.env.metadata[self.env.docname].pop("live_pictures", None)
        if found:
            # Sphinx keeps a page's metadata; the numbers are in the notebook.
            self.env.metadata[self.env.docname]["live_pictures"] = " ".join(found)

    def _notebook(self, docname: str) -> dict:
        path = Path(self.env.doc2path(docname))
        return json.loads(path.read_text("utf-8")) if path.suffix == ".ipynb" else {}

    def _set_size(self, image: nodes.image) -> None:
        """Set a figure's size in CSS pixels (half its stored pixels), so that nothing shifts when it loads."""
        with Image.open(self._path(image)) as picture:
            image["width"], image["height"] = (f"{side // SCALE}px" for side in picture.size)

    def _path(self, image: nodes.image) -> Path:
        return Path(self.env.srcdir, image["uri"])  # an absolute address stays as it is

    def _figure(self, state: dict, image: nodes.image, *, first: bool) -> str:
        source = self._path(image)
        markup = state["markup"]
        for i, panel in enumerate(self._crops(source, state["spec"]["drawings"])):
            drawing = state["spec"]["drawings"][i]
            alt = image["alt"] if i == 0 else f"{drawing['title']} (described with the first panel)"
            still = (
                f'<img class="live-still" src="{escape(panel)}" alt="{escape(alt)}" width="{drawing["width"]}" '
                f'height="{drawing["height"]}" loading="{"eager" if first else "lazy"}">'
            )
            place = f'data-drawing="{i}" style="--w:{drawing["width"]};--h:{drawing["height"]}">'
            markup = markup.replace(place, place + still + self._room(drawing, stored_labels(state)))
        return markup

    def _room(self, drawing: dict, labels: dict) -> str:
        """Invisible copies of the words that the script will write, so that the layout does not shift."""
        if drawing["type"] != "words":
            return ""
        names = labels[drawing["labels"]] if isinstance(drawing["labels"], str) else drawing["labels"]
        words = "".join(
            f'<span class="live-word"><span>{escape(name)}</span><small>0.00</small></span>' for name in names
        )
        title = f'<div class="live-words-title">{escape(drawing["title"])}</div>'
        return f'<div class="live-room" aria-hidden="true">{title}<div class="live-words">{words}</div></div>'

    def _crops(self, source: Path, panels: list[dict]) -> list[str]:
        """Cut the panels out of the stored PNG; returns their addresses relative to the page."""
        builder = self.app.builder
        folder = Path(builder.outdir, "_images")
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
        addresses = []
        corners = places([(panel["width"], panel["height"]) for panel in panels], GAP)
        with Image.open(source) as whole:
            for i, (panel, (left, top)) in enumerate(zip(panels, corners, strict=True)):
                name = f"live-{digest}-{i}.png"
                box = (left, top, left + panel["width"], top + panel["height"])
                whole.crop(tuple(side * SCALE for side in box)).save(folder / name, optimize=True)
                addresses.append(relative_uri(builder.get_target_uri(self.env.docname), f"_images/{name}"))
        return addresses


def _by_still(notebook: dict) -> dict[str, list[str]]:
    """The live pictures of each stored still, in order."""
    found: dict[str, list[str]] = {}
    for output in (output for cell in notebook.get("cells", []) for output in cell.get("outputs", [])):
        if model := live_picture(output):
            data = output["data"][PNG]
            png = base64.b64decode("".join(data) if isinstance(data, list) else data)
            found.setdefault(_digest(png), []).append(model)
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_bundle(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def stage(app) -> None:
    """Collect script, style and every exported view in a folder that Sphinx copies to ``_static/live``."""
    folder = Path(app.doctreedir, "..", "live-static").resolve()
    target = folder / "live"
    target.mkdir(parents=True, exist_ok=True)
    files = {f"{name}": (PACKAGE / "static" / name).read_text("utf-8") for name in ("live.js", "live.css")}
    apart = {*PARTS, *everyday_graphs.PARTS, *writer_graphs.PARTS, *assistant_graphs.PARTS, WORD.name}
    for path in [*PACKAGE.glob("graphs/*.json"), *PACKAGE.glob("tables/*.json")]:
        if path.stem not in apart:
            files[f"{path.stem}.js"] = _registered(path.stem, path.read_text("utf-8").strip())
    translator = json.dumps(weight_bundle.bundle(), ensure_ascii=False, separators=(",", ":"))
    files[f"{weight_bundle.NAME}.js"] = _registered(weight_bundle.NAME, translator)
    size = len(gzip.compress(files[f"{weight_bundle.NAME}.js"].encode(), mtime=0))
    logger.info("translator in the page: %.2f MB gzip", size / 1e6)
    for name, text in files.items():
        if not (target / name).exists() or (target / name).read_text("utf-8") != text:
            (target / name).write_text(text, "utf-8")
    app.config.html_static_path.append(str(folder))


def _registered(name: str, content: str) -> str:
    """The content as a classic script, because a page opened from disk may not fetch."""
    return f'AttentionLive.register("{name}",{content});\n'


def add_scripts(app, page, template, context, doctree) -> None:
    """Add scripts and numbers to pages with live pictures only."""
    shown = app.env.metadata.get(page, {}).get("live_pictures", "").split()
    if doctree is not None and shown:
        stored = json.loads(Path(app.env.doc2path(page)).read_text("utf-8"))["metadata"][LIVE]
        body = json.dumps({"state": {model: {"state": stored[model]} for model in shown}}, ensure_ascii=False)
        app.add_js_file(None, type=STATE, body=body.replace("</", "<\\/"))
        app.add_js_file("live/live.js", loading_method="defer")
        app.add_css_file("live/live.css")


def setup(app):
    app.add_post_transform(LivePictures)
    app.connect("builder-inited", stage)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
