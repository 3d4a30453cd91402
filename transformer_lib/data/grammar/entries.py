"""Entries of the lexicon: nouns, adjectives and verbs with their forms in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A noun: its French gender and forms, its tags; `other` is the feminine of a word for a person of either sex."""

    english: str
    singular: str
    plural: str
    feminine: bool
    tags: frozenset[str]
    other: str = ""

    @property
    def others(self) -> str:
        """The plural of `other`."""
        return self.other and self.other + "s"


@dataclass(frozen=True)
class Adjective:
    """An adjective: masculine and feminine, singular and plural; `vowel` stands before a masculine vowel."""

    english: str
    forms: tuple[str, str, str, str]
    tags: frozenset[str]
    before: bool = False
    vowel: str = ""

    def agree(self, feminine: bool, plural: bool) -> str:
        return self.forms[feminine + 2 * plural]


@dataclass(frozen=True)
class Verb:
    """A verb: English forms, French present (je, tu, il, nous, ils), past participle or stem of the imperfect."""

    base: str
    third: str
    past: str
    present: tuple[str, ...]
    participle: str = ""
    imperfect: str = ""
    with_be: bool = False
    tags: frozenset[str] = frozenset()


def _plural(french: str) -> str:
    return french + ("" if french[-1] in "sx" else "x" if french.endswith("eau") else "s")


def entries(text: str) -> list[list[str]]:
    """The lines of a table, each split into its columns."""
    return [line.split() for line in text.strip().splitlines()]


def _forms(text: str) -> tuple[str, str, str, str]:
    if "/" in text:
        masculine, feminine, masculines, feminines = text.split("/")
        return masculine, feminine, masculines, feminines
    feminine = text if text.endswith("e") else text + "e"
    return text, feminine, text + "s", feminine + "s"


def noun(english: str, french: str, gender: str, tags: list[str]) -> Noun:
    singular, _, other = french.partition("/")
    return Noun(english, singular, _plural(singular), gender == "f", frozenset([english, *tags]), other)


def adjective(english: str, french: str, *tags: str) -> Adjective:
    forms, _, vowel = french.partition("+")
    return Adjective(english.lstrip("*"), _forms(forms), frozenset(tags), english.startswith("*"), vowel)


def verb(base: str, third: str, past: str, present: str, done: str, *tags: str) -> Verb:
    stem = present.rstrip("-")
    forms = (
        tuple(stem + ending for ending in ("e", "es", "e", "ons", "ent"))
        if "-" in present
        else tuple(stem.split(","))
    )
    known = frozenset([base, *tags])
    with_be, participle = done.startswith("être+"), done.removeprefix("être+")
    if participle.endswith("+"):
        return Verb(base, third, past, forms, imperfect=participle[:-1], tags=known)
    return Verb(base, third, past, forms, participle, with_be=with_be, tags=known)
