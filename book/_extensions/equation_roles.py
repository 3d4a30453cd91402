"""Gives queries, keys and values in equations the colours that they have in pictures and prose.

The source stays plain TeX, which Colab and GitHub render as well: letters get their class after KaTeX has set them.
Only in the chapters where Q, K, V and q, k, v are these three; elsewhere q is a distribution, v a vocabulary or a moment.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes
from sphinxcontrib import katex

CHAPTERS = re.compile(r"book/0[346]-")
LETTER = re.compile(r'<span class="(mord mathnormal(?: mtight)?)"((?: style="[^"]*")?)>([QKVqkv])</span>')


def coloured(html: str) -> str:
    """An equation as KaTeX set it, with a class for each letter that is a role; W_Q has it in its subscript.

    >>> coloured('<span class="mord mathnormal">Q</span>')
    '<span class="mord mathnormal role-q">Q</span>'
    """
    return LETTER.sub(lambda m: f'<span class="{m[1]} role-{m[3].lower()}"{m[2]}>{m[3]}</span>', html)


def document(node: nodes.Node, default: str) -> str:
    """The name of the document in which a node stands, also where all are joined to one page."""
    at: nodes.Node | None = node
    while at is not None and not isinstance(at, addnodes.start_of_file):
        at = at.parent
    return default if at is None else at["docname"]


def visitor(visit):
    """A visitor of `sphinxcontrib.katex` that colours what it has written."""

    def visited(self, node: nodes.Node) -> None:
        begins = len(self.body)
        try:
            visit(self, node)
        finally:  # it ends by raising SkipNode
            if CHAPTERS.match(document(node, self.builder.current_docname)):
                self.body[begins:] = map(coloured, self.body[begins:])

    return visited


def setup(app):
    app.setup_extension("sphinxcontrib.katex")
    app.add_html_math_renderer(
        "katex-roles", (visitor(katex.html_visit_math), None), (visitor(katex.html_visit_displaymath), None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
