"""Text as people write it, cut into sentences that a model of subwords can read.

The page does the same (page/text/sentences.js); a test compares the two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import NamedTuple

from transformer_lib import checks
from transformer_lib.text.subwords import Subwords
from transformer_lib.text.vocabulary import CHARACTERS

QUOTES = dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033"), '"')
NO_END = frozenset(("mr", "mrs", "ms", "dr", "prof", "st", "jr", "vs", "e.g", "i.e"))
"""What a full stop may follow within a sentence."""
PRONOUN = "I"  # the one capital letter that is a word: any other before a full stop is taken for an initial
_LISTED = re.compile(r"(?:[-*\u2022\u2013\u2014\u00b7]|[0-9]{1,3}[.)]) ")
_END = re.compile(r"([.!?\u2026]+)[\"'\u00bb)\]]* ")
_PAUSES = (",", ";", ":")


class Part(NamedTuple):
    """A sentence of a text, and what stands between it and the one before: blanks, line feeds, the mark of a list."""

    before: str
    text: str


def sentences(text: str) -> list[Part]:
    r"""The sentences of a text, with typographic signs made plain.

    A sentence ends where a line does, or at a mark ``. ! ? …`` that a blank follows and then no small letter; not at
    the full stop of *Mr.* or of an initial.

    >>> for before, sentence in sentences("Where is Mr. Smith?  I don\N{RIGHT SINGLE QUOTATION MARK}t know.\n- Nowhere!"):
    ...     print(repr(before), sentence)
    '' Where is Mr. Smith?
    ' ' I don't know.
    '\n- ' Nowhere!
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be text, got {checks.said(text)}")
    found, before = [], ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        plain = unicodedata.normalize("NFC", line.translate(CHARACTERS).translate(QUOTES))
        rest = " ".join(part for part in plain.split(" ") if part)
        if mark := _LISTED.match(rest):
            before, rest = before + mark.group(), rest[mark.end() :]
        for sentence in _split(rest):
            found.append(Part(before, sentence))
            before = " "
        before = f"{before if not rest else ''}\n"
    return found


def readable(sentence: str, letters: Collection[str]) -> tuple[str, list[str]]:
    """A sentence in known letters alone, and the characters that were left out.

    An unknown letter with an accent becomes the letter below it, where that is known.

    >>> readable("Zo\u00eb \u2665 me.", set("Zoe m."))
    ('Zoe me.', ['\u2665'])
    """
    kept, left_out = [], []
    for character in sentence:
        plain = [c for c in unicodedata.normalize("NFKD", character) if unicodedata.category(c)[0] != "M"]
        if character == " " or character in letters:
            kept.append(character)
        elif plain and all(c in letters for c in plain):
            kept += plain
        else:
            left_out.append(character)
    return " ".join(part for part in "".join(kept).split(" ") if part), left_out


def says_something(sentence: str) -> bool:
    """Whether there is a letter or a digit: signs alone need no translation."""
    return any(unicodedata.category(character)[0] in "LN" for character in sentence)


def cut(pieces: list[str], most: int) -> list[int]:
    """Where to cut a row of subwords into rows of at most `most`: the places at which rows begin, 0 the first.

    The last pause in the second half of a row is preferred, then the last beginning of a word.

    >>> cut(["\u2581a", ",", "\u2581b", "c", "\u2581d"], 3)
    [0, 2]
    """
    checks.count("most", most)
    starts = [0]
    while len(pieces) - starts[-1] > most:
        start = starts[-1]
        window = range(start + most, start + most // 2, -1)
        at = next((i for i in window if pieces[i - 1] in _PAUSES), None)
        if at is None:
            at = next((i for i in window if pieces[i].startswith(Subwords.WORD)), start + most)
        starts.append(at)
    return starts


def _split(line: str) -> list[str]:
    found, start = [], 0
    for mark in _END.finditer(line):
        if mark.end() == len(line) or unicodedata.category(line[mark.end()]) == "Ll":
            continue
        word = line[start : mark.start()].rpartition(" ")[2].lstrip("\"'(")
        initial = len(word) == 1 and unicodedata.category(word) == "Lu" and word != PRONOUN
        if mark[1] == "." and (word.lower() in NO_END or initial):
            continue
        found.append(line[start : mark.end() - 1])
        start = mark.end()
    return [*found, line[start:]] if line[start:] else found
