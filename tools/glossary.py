"""Parses the glossary, and checks that no term is used before the chapter that explains it.

Above each entry of book/glossary.md is a comment of its directive: `.. 03 | query, queries` gives the chapter and the
forms in bold. After a second bar are the forms that count as a use, for words that also have an ordinary sense:
`.. 03 | key, keys | key vector` explains **key** and takes only "key vector" as a use; `-` takes none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

NOTE = re.compile(r"^\.\. (\d\d) \| ([^|\n]+?)(?: \| ([^|\n]+?))?\n\n(\S[^\n]*)\n  (\S[^\n]*)$", re.MULTILINE)
BOLD = re.compile(r"(?<!\*)\*\*(?!\*)((?:[^*\n]|\*(?!\*))+?)\*\*(?!\*)")


@dataclass(frozen=True)
class Entry:
    """A term, the chapter that explains it, its forms in bold there, and its forms in plain use."""

    term: str
    chapter: str
    forms: tuple[str, ...]
    uses: tuple[str, ...]
    definition: str


def entries(text: str) -> list[Entry]:
    """The entries of a glossary page."""
    found = []
    for chapter, forms, uses, term, definition in NOTE.findall(text):
        bold = tuple(form.strip() for form in forms.split(","))
        plain = bold if not uses else tuple(form.strip() for form in uses.split(",") if form.strip() != "-")
        found.append(Entry(term, chapter, bold, plain, definition))
    return found


def read(root: Path) -> list[Entry]:
    """The entries of the book's glossary."""
    return entries((root / "book/glossary.md").read_text("utf-8"))


def key(words: str) -> str:
    """Normal form for comparison: case-folded, single spaces, no final full stop."""
    return " ".join(words.casefold().split()).rstrip(".,:;")


def plain(markdown: str) -> str:
    """A definition as plain text, with formulas in their source form."""
    text = re.sub(r"\{\w+\}`([^`<]+)(?: ?<[^`]*>)?`", r"\1", markdown)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"\*\*?|`|\$", "", text).split())


def prose(source: str) -> str:
    """Markdown without code, equations, pictures, addresses and tags; the sentences stay."""
    for pattern in (
        r"```.*?```",
        r"\$\$.*?\$\$",
        r"`[^`\n]*`",
        r"\$[^$\n]*\$",
        r"!\[.*?\]\(.*?\)",
        r"<[^>\n]+>",
    ):
        source = re.sub(pattern, " ", source, flags=re.DOTALL)
    return re.sub(r"\]\([^)\s]*\)", "]", source)


def _sentences(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n|\n(?=[-*|#]|\d+\. )", text):
        yield from re.split(r"(?<=[.?!…])\s+(?=[A-Z*\[(])", paragraph)


def _announces(sentence: str, entry: Entry) -> bool:
    """Whether a sentence refers to the term's chapter or a later one."""
    return any(
        number >= entry.chapter for number in re.findall(r"\bchapter (\d\d)\b", sentence, re.IGNORECASE)
    )


def _stands_in(words: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", text, re.IGNORECASE) is not None


def too_early(known: list[Entry], chapters: dict[str, list[str]]) -> list[str]:
    """Terms that are used before their explanation, and terms that are never explained.

    Args:
        known: the glossary.
        chapters: by number, in reading order: the Markdown cells. The first cell of a chapter is
            skipped, as are the headings of the chapter that explains a term.
    """
    faults = []
    for number, cells in chapters.items():
        texts = [prose(cell) for cell in cells[1:]]
        for entry in known:
            if entry.chapter > number:
                faults += _used(entry, number, texts)
            elif entry.chapter == number:
                faults += _explained(entry, number, texts)
    return faults


def _used(entry: Entry, number: str, texts: list[str]) -> list[str]:
    for text in texts:
        for sentence in _sentences(text):
            for form in entry.uses:
                if _stands_in(form, sentence) and not _announces(sentence, entry):
                    said = " ".join(sentence.split())[:70]
                    return [
                        f"chapter {number} uses {form!r}, which chapter {entry.chapter} explains: {said!r}; "
                        f"explain it here and say so in the glossary, or add (chapter {entry.chapter})"
                    ]
    return []


def _explained(entry: Entry, number: str, texts: list[str]) -> list[str]:
    wanted = {key(form) for form in entry.forms}
    for text in texts:
        body = re.sub(r"^#+ .*$", "", text, flags=re.MULTILINE)
        bold = next((found for found in BOLD.finditer(body) if key(found[1]) in wanted), None)
        before = body[: bold.start()] if bold else body
        for form in entry.uses:
            early = next(
                (s for s in _sentences(before) if _stands_in(form, s) and not _announces(s, entry)), None
            )
            if early is not None:
                said = " ".join(early.split())[:70]
                return [f"chapter {number} uses {form!r} before it explains it in bold: {said!r}"]
        if bold:
            return []
    return [
        f"chapter {number} should explain {entry.term!r}: it never stands in bold there; explain it, "
        "or give it another chapter in book/glossary.md"
    ]


def unsound(known: list[Entry], text: str) -> list[str]:
    """Faults of the glossary itself."""
    faults = []
    stored = re.findall(r"^(?![.`#\s])(\S.*)\n  \S", text, re.MULTILINE)
    faults += [
        f"{term!r} has no line `.. chapter | forms` above it"
        for term in stored
        if term not in {e.term for e in known}
    ]
    order = [key(entry.term) for entry in known]
    faults += [f"{b!r} stands after {a!r}" for a, b in pairwise(order) if a > b]
    owners: dict[str, str] = {}
    for entry in known:
        for form in {key(form) for form in (*entry.forms, *entry.uses)}:
            if owners.setdefault(form, entry.term) != entry.term:
                faults.append(f"{form!r} belongs to {owners[form]!r} and to {entry.term!r}")
        body, _, chapter = entry.definition.rpartition(" *Chapter ")
        if chapter != f"{entry.chapter}.*":
            faults.append(f"{entry.term!r} must end with *Chapter {entry.chapter}.*")
        if not 1 <= len(re.findall(r"[.](?=\s|$)", body)) <= 2:
            faults.append(f"{entry.term!r} is explained in more than two sentences, or in none")
    return faults
