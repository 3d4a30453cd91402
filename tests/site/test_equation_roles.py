"""Letters of equations in the colours of their roles: which letters, in which chapters, and what stays as KaTeX set it."""

import re
import sys
from types import SimpleNamespace

import pytest
from built import PAGES, ROOT
from docutils import nodes
from sphinx import addnodes

sys.path.insert(0, str(ROOT / "book" / "_extensions"))
import equation_roles

SET = (
    '<span class="mord mathnormal" style="margin-right:0.0715em;">K</span>'
    '<span class="mord mathnormal mtight">v</span><span class="mord mathnormal">d</span>'
    '<span class="mord mathrm">V</span><annotation>QK</annotation>'
)


def test_a_letter_that_is_a_role_gets_its_class_and_keeps_its_style():
    assert equation_roles.coloured(SET) == (
        '<span class="mord mathnormal role-k" style="margin-right:0.0715em;">K</span>'
        '<span class="mord mathnormal mtight role-v">v</span><span class="mord mathnormal">d</span>'
        '<span class="mord mathrm">V</span><annotation>QK</annotation>'
    )


@pytest.mark.parametrize(("page", "roles"), [("book/03-x", 2), ("book/07-x", 0), ("book/notation", 0)])
@pytest.mark.parametrize("joined", [True, False], ids=["one page", "pages"])
def test_the_chapter_decides_also_where_all_pages_are_one(page, roles, joined):
    node = nodes.math()
    if joined:
        addnodes.start_of_file("", nodes.paragraph("", "", node), docname=page)
    writer = SimpleNamespace(body=[], builder=SimpleNamespace(current_docname="index" if joined else page))

    def visit(self, _node):
        self.body.append(SET)
        raise nodes.SkipNode

    with pytest.raises(nodes.SkipNode):
        equation_roles.visitor(visit)(writer, node)
    assert writer.body[0].count("role-") == roles


def roles(page):
    return {(tag.get_text(), tag["class"][-1]) for tag in page.soup.select(".katex [class*='role-']")}


CAPITALS = {("Q", "role-q"), ("K", "role-k"), ("V", "role-v")}


def test_the_equations_of_attention_have_the_colours_of_its_pictures():
    found = {page.name[5:7]: roles(page) for page in PAGES if re.match(r"book/\d\d-", page.name)}
    assert found["03"] == CAPITALS | {("q", "role-q"), ("k", "role-k"), ("v", "role-v")}
    assert found["04"] == found["06"] == CAPITALS
    assert not any(found[number] for number in found if number not in ("03", "04", "06"))
    coloured = [page for page in PAGES if roles(page)]
    assert all("live/live.css" in page.text for page in coloured)
