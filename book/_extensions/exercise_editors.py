"""Puts fields to write in where a chapter has its exercises, and the scripts that check what is written there.

The stub's cell stays as it is, for paper and for pages without scripts; beside it stands the field, which a script shows.
What Python in the page must know of a chapter's exercises is written once per chapter (tools/page_stubs.py).
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from html import escape
from pathlib import Path

import node_scripts
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

from tools import page_stubs
from transformer_lib.exercises import EXERCISES
from transformer_lib.exercises.judging import NO_RETURN, NOT_TRIED

ROOT = Path(__file__).resolve().parents[2]
PLACE = "exercises"  # below _static
CHAPTER = re.compile(r"(?:^|/)(\d\d)-[^/]*$")
NO_BUNDLE = "the scripts of exercises were not bundled: run make setup, then make book"
HINT = "Tab indents; Escape, then Tab, leaves the field. Ctrl + Enter checks."
logger = logging.getLogger(__name__)

KEY = '<button type="button" tabindex="-1"{name}>{sign}</button>'
KEYS = "".join(
    KEY.format(sign=sign, name=f' aria-label="{name}"' if name else "")
    for sign, name in [("⇥", "indent"), ("⇤", "indent less"), *((sign, "") for sign in "()[]:=_*")]
)  # that a phone's keyboard lacks or hides
WORK = """
</div>
<div class="exercise-work" hidden>
<div class="exercise-keys" role="group" aria-label="keys for code">{keys}</div>
<div class="exercise-field"><pre class="exercise-numbers" aria-hidden="true">{numbers}</pre>
<textarea rows="{rows}" wrap="off" spellcheck="false" autocomplete="off" autocapitalize="off" autocorrect="off"
 aria-label="Your answer: {title}" aria-describedby="{hint}">
{text}</textarea><div class="exercise-mirror" aria-hidden="true"></div></div>
<div class="exercise-buttons"><button type="button" class="exercise-check">check</button>
<button type="button" class="exercise-reset">start over</button><span class="exercise-hint" id="{hint}">{words}</span></div>
<p class="exercise-line" role="status"></p>
<pre class="exercise-printed" aria-label="What your code printed"{hidden}>{printed}</pre>
</div>
</div>
"""
ELSEWHERE = """<p class="exercise-elsewhere" data-exercise-elsewhere="{name}">This exercise is not done in the page.
{reason} <a href="{colab}">Open this chapter in Colab</a> to write and check your answer.</p>
"""


class Editors(SphinxPostTransform):
    """Runs before myst-nb chooses what a cell's output shows."""

    default_priority = 3

    def run(self, **options) -> None:
        number = chapter_of(self.env.docname)
        if number is None or self.app.builder.name not in ("html", "dirhtml"):
            return
        notebook = json.loads(Path(self.env.doc2path(self.env.docname)).read_text("utf-8"))
        stubs = {stub.cell: stub for stub in page_stubs.stubs(notebook)}
        reasons = json.loads(reasons_of(self.app, number).read_text("utf-8"))
        for cell in list(self.document.findall(_is_code)):
            stub = stubs.get(notebook["cells"][cell["cell_index"]]["id"])
            if stub is None:
                continue
            if stub.name in reasons:
                self._put_behind(cell, ELSEWHERE.format(
                    name=escape(stub.name), reason=escape(reasons[stub.name]), colab=escape(self._colab())))  # fmt: skip
                continue
            for output in list(cell.findall(_is_output)):
                output.parent.remove(output)
            opening = (
                f'<div class="exercise" data-exercise="{escape(stub.name)}" data-chapter="{number}" '
                f'data-answer="{escape(stub.answer)}">\n<div class="exercise-stub">\n'
            )
            cell.parent.insert(cell.parent.index(cell), nodes.raw("", opening, format="html"))
            outputs = notebook["cells"][cell["cell_index"]]["outputs"]
            self._put_behind(cell, self._work(stub, printed(outputs)))

    def _put_behind(self, cell: nodes.Node, html: str) -> None:
        cell.parent.insert(cell.parent.index(cell) + 1, nodes.raw("", html, format="html"))

    def _work(self, stub: page_stubs.Stub, said: str) -> str:
        rows = stub.text.count("\n") + 1
        return WORK.format(
            numbers="\n".join(map(str, range(1, rows + 1))), rows=max(rows + 1, 3), title=escape(stub.name),
            hint=f"hint-{stub.cell}", words=HINT, keys=KEYS, text=escape(stub.text),
            printed=escape(said), hidden="" if said else " hidden",
        )  # fmt: skip

    def _colab(self) -> str:
        options = self.config.html_theme_options
        repository = options["repository_url"].removeprefix("https://github.com/")
        branch = options.get("repository_branch", "main")
        return f"https://colab.research.google.com/github/{repository}/blob/{branch}/{self.env.docname}.ipynb"


def _is_code(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_output"


def printed(outputs: list[dict]) -> str:
    """What a stub prints of its own, such as the numbers that it starts from; the check's line is left out."""
    lines = "".join("".join(output.get("text", "")) for output in outputs).splitlines()
    return "\n".join(line for line in lines if line not in (NOT_TRIED, NO_RETURN)).rstrip()


def chapter_of(docname: str) -> str | None:
    """The number of a chapter that has exercises."""
    found = CHAPTER.search(docname)
    known = {exercise.question[:2] for exercise in EXERCISES.values()}
    return found[1] if found and found[1] in known else None


def folder_of(app) -> Path:
    return Path(app.doctreedir, "..", "live-static").resolve() / PLACE


def reasons_of(app, number: str) -> Path:
    """Where the build notes which of a chapter's exercises are not done in the page, and why."""
    return folder_of(app) / f"reasons-{number}.json"


def write_if_changed(path: Path, text: str) -> None:
    """Leave a file alone that holds the text already: what depends on it is not made again."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def depend(app, doctree) -> None:
    """A chapter's page is made again when a reason has changed, or an exercise has come to the page or left it."""
    number = chapter_of(app.env.docname)
    if number is not None:
        app.env.note_dependency(str(reasons_of(app, number)))


def made_with(files: list[Path]) -> str:
    """A digest of what the chapters' data is made with."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def stage(app) -> None:
    """Write the scripts, and each chapter's data, where Sphinx copies them from to ``_static/exercises``."""
    folder = folder_of(app)
    folder.mkdir(parents=True, exist_ok=True)
    node_scripts.run("tools/bundle.mjs", "--pages", str(folder), fault=NO_BUNDLE)
    common = [*sorted((ROOT / "transformer_lib").rglob("*.py")), *sorted((ROOT / "tools").glob("page_*.py"))]
    for path in sorted(Path(app.srcdir, "book").glob("[0-9][0-9]-*.ipynb")):
        number = chapter_of(path.stem)
        if number is None:
            continue
        script, stamp = folder / f"exercises-{number}.js", made_with([*common, path])
        first = f"// {stamp}\n"
        if script.exists() and script.read_text("utf-8").startswith(first):
            continue
        data = page_stubs.of_notebook(json.loads(path.read_text("utf-8")), number)
        write_if_changed(reasons_of(app, number), json.dumps(data.pop("reasons")))
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        script.write_text(f'{first}AttentionPython.register("{number}",{body});\n', "utf-8")
        logger.info("exercises of chapter %s for the page: %d", number, len(data["exercises"]))
    if str(folder.parent) not in app.config.html_static_path:
        app.config.html_static_path.append(str(folder.parent))


def add_scripts(app, page, template, context, doctree) -> None:
    """Every page: the list of chapters says how far a reader is."""
    app.add_js_file(f"{PLACE}/exercises.js", loading_method="defer")


def setup(app):
    app.add_post_transform(Editors)
    app.connect("builder-inited", stage)
    app.connect("doctree-read", depend)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
