"""Links to the glossary and between chapters, added while pages are built: notebooks hold none.

The first bold occurrence of a term in the chapter that explains it links to the glossary; "chapter 03" links to that
chapter, once it is there. Options of a quiz get their style.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import unquote

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

from tools import glossary

GLOSSARY = "book/glossary"
CHAPTER = re.compile(r"\b[Cc]hapter (\d\d)\b")
UNLINKED = (nodes.reference, nodes.title, nodes.literal, nodes.math, nodes.FixedTextElement)
VERDICTS = {"Right.": "quiz-right", "No.": "quiz-no"}


class GlossaryLinks(SphinxTransform):
    """Runs while a page is read, so that Sphinx itself resolves the links."""

    default_priority = 700

    def apply(self, **options) -> None:
        found = re.fullmatch(r"book/(\d\d)-.*", self.env.docname)
        if found and GLOSSARY in self.env.found_docs:
            self.env.note_dependency(str(Path(self.env.srcdir, f"{GLOSSARY}.md")))
            self._link_terms(found[1])
        self._link_chapters()
        for paragraph in self.document.findall(nodes.paragraph):
            first = next((child for child in paragraph.children if child.astext()), None)
            if isinstance(first, nodes.strong) and first.astext() in VERDICTS and _after_summary(paragraph):
                paragraph["classes"].append(VERDICTS[first.astext()])

    def _link_terms(self, number: str) -> None:
        own = {
            glossary.key(form): entry.term
            for entry in glossary.read(Path(self.env.srcdir))
            if entry.chapter == number
            for form in entry.forms
        }
        done = set()
        for strong in list(self.document.findall(nodes.strong)):
            term = own.get(glossary.key(strong.astext()))
            if term and term not in done and not isinstance(strong.parent, nodes.reference):
                done.add(term)
                strong.replace_self(self._reference(strong, term))

    def _reference(self, strong: nodes.strong, term: str) -> addnodes.pending_xref:
        reference = addnodes.pending_xref(
            "",
            refdoc=self.env.docname,
            refdomain="std",
            reftype="term",
            reftarget=term,
            refexplicit=True,
            refwarn=True,
        )
        # the domain puts the child in a link; the class is for its style
        reference += nodes.inline("", "", strong.deepcopy(), classes=["glossary-term"])
        return reference

    def _link_chapters(self) -> None:
        others = self.env.found_docs - {self.env.docname}
        pages = {doc[5:7]: doc for doc in others if re.fullmatch(r"book/\d\d-.*", doc)}
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, UNLINKED):
                continue
            parts, last = [], 0
            for found in CHAPTER.finditer(str(text)):
                if found[1] in pages:
                    parts += [
                        nodes.Text(str(text)[last : found.start()]),
                        self._to_page(found[0], pages[found[1]]),
                    ]
                    last = found.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(str(text)[last:])])

    def _to_page(self, words: str, page: str) -> addnodes.pending_xref:
        reference = addnodes.pending_xref(
            "", refdoc=self.env.docname, refdomain="std", reftype="doc", reftarget=f"/{page}", refexplicit=True,
            refwarn=True,
        )  # fmt: skip
        reference += nodes.inline("", words)
        return reference


def _after_summary(paragraph: nodes.paragraph) -> bool:
    """Whether a paragraph is the first of an option: raw HTML that ends with its summary stands before it."""
    siblings = paragraph.parent.children
    place = siblings.index(paragraph)
    before = siblings[place - 1].astext() if place else ""
    return before.rstrip().endswith("</summary>")


def explain(app, doctree, page) -> None:
    """Show a term's definition as the tooltip of its link."""
    if GLOSSARY not in app.env.found_docs:
        return
    meant = {glossary.key(entry.term): entry.definition for entry in glossary.read(Path(app.srcdir))}
    for term in doctree.findall(nodes.inline):
        link = term.parent
        if "glossary-term" in term["classes"] and isinstance(link, nodes.reference):
            words = (
                unquote(link.get("refid") or link.get("refuri", "")).partition("#term-")[2].replace("-", " ")
            )
            if definition := meant.get(glossary.key(words)) or meant.get(glossary.key(term.astext())):
                link["reftitle"] = glossary.plain(definition)


def setup(app):
    app.add_transform(GlossaryLinks)
    app.connect("doctree-resolved", explain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
