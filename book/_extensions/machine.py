"""Puts the machine into its page and the welcome page, and into each chapter a small mark of its place in it.

The first sight is drawn while the book is built (tools/machine.mjs), so that nothing jumps when the script arrives; so
are stills of all levels, which paper shows.
"""

from __future__ import annotations

import json
import re
import sys
from html import escape
from pathlib import Path

import node_scripts
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

from tools import machine_marks
from transformer_lib.live import machine

ROOT = Path(__file__).resolve().parents[2]
PAGE, WELCOME = "book/machine", "book/00-welcome"
NO_BUNDLE = "the machine was not drawn: run make setup, then make book"
LIVE = "_static/live/"
PICTURE = re.compile(r'<figure class="live"[^>]* data-view="([\w-]+)"')


class Machine(SphinxPostTransform):
    """Inserts markup below titles, and marks beside pictures. A book in one page has the stills alone."""

    default_priority = 5

    def run(self, **options) -> None:
        if self.app.builder.name not in ("html", "dirhtml", "singlehtml"):
            return
        single = self.app.builder.name == "singlehtml"
        joined = {node["docname"]: node for node in self.document.findall(addnodes.start_of_file)}
        for docname, tree in ({self.env.docname: self.document} | joined).items():
            html = (
                self._stills(single) if single and docname == PAGE else "" if single else self._html(docname)
            )
            title = next(iter(tree.findall(nodes.title)), None)
            if html and title is not None:
                title.parent.insert(title.parent.index(title) + 1, nodes.raw("", html, format="html"))
            if html and not single and docname not in (PAGE, WELCOME):
                self._beside_pictures(tree, self.app.builder.get_relative_uri(docname, PAGE))

    @staticmethod
    def _beside_pictures(tree: nodes.Element, home: str) -> None:
        for picture in list(tree.findall(nodes.raw)):
            found = PICTURE.match(picture.astext().lstrip())
            mark = machine_marks.beside(found[1], home) if found else ""
            if mark and picture.parent is not None:
                place = picture.parent.index(picture)
                picture.parent.insert(place, nodes.raw("", f"<div>{mark}</div>", format="html"))

    def _html(self, docname: str) -> str:
        drawn = self.app.machine_drawn
        if docname == PAGE:
            anchors = "".join(f'<span id="{escape(address)}"></span>' for address in machine_marks.ADDRESSES)
            root = f'<div class="machine" data-machine="page" data-base="../{LIVE}">{drawn["page"]}</div>'
            return f'<div class="machine-anchors">{anchors}</div>{root}{self._stills(False)}'
        home = self.app.builder.get_relative_uri(docname, PAGE)
        if docname == WELCOME:
            return f'<div class="machine" data-machine="hero" data-page="{home}">{drawn["hero"]}</div>'
        return machine_marks.mark(docname, home)

    def _stills(self, single: bool) -> str:
        base = LIVE if single else f"../{LIVE}"
        loading, figures = "eager" if single else "lazy", ""
        for still in self.app.machine_drawn["stills"]:
            title, text = escape(still["title"]), escape(still["caption"])
            figures += (
                f'<figure><img src="{base}machine-{still["name"]}.svg" alt="{title}: {text}" width="960" '
                f'height="{still["height"]}" loading="{loading}"><figcaption>{title}. {text}</figcaption></figure>'
            )
        return (
            f'<div class="machine"><div class="m-stills{" m-shown" if single else ""}">{figures}</div></div>'
        )


def stage(app) -> None:
    """Draw the machine from its stored example, and write what its pages load where Sphinx copies it from."""
    target = Path(app.doctreedir, "..", "live-static").resolve() / "live"
    target.mkdir(parents=True, exist_ok=True)
    node_scripts.run("tools/bundle.mjs", "--machine", str(target), fault=NO_BUNDLE)
    example = machine.example()
    app.machine_drawn = json.loads(
        node_scripts.run("tools/machine.mjs", given=json.dumps(example), fault=NO_BUNDLE)
    )
    files = {"machine.css": (ROOT / "page/machine/machine.css").read_text("utf-8")}
    for name, given in {"example": example, "hero": machine.hero(example)}.items():
        body = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
        files[f"machine-{name}.js"] = f'AttentionMachine.register("{name}",{body});\n'
    for still in app.machine_drawn["stills"]:
        files[f"machine-{still['name']}.svg"] = still["svg"]
    for name, text in files.items():
        if not (target / name).exists() or (target / name).read_text("utf-8") != text:
            (target / name).write_text(text, "utf-8")


def add_scripts(app, page, template, context, doctree) -> None:
    """Add script, style and numbers to the pages that show the machine."""
    if app.builder.name == "singlehtml":
        app.add_css_file("live/machine.css")
    elif page in (PAGE, WELCOME):
        app.add_css_file("live/machine.css")
        # the welcome page shows level 0 alone, and loads no more than that
        for name in ("machine", "machine-example") if page == PAGE else ("machine-start", "machine-hero"):
            app.add_js_file(f"live/{name}.js", loading_method="defer")


def setup(app):
    app.add_post_transform(Machine)
    app.connect("builder-inited", stage)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
