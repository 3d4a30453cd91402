"""Noun groups: a noun with its adjectives and sometimes a name, with French agreement and order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from transformer_lib.data.grammar.drafts import Draft, Thing
from transformer_lib.data.grammar.elision import Token, starts_with_vowel, tokens
from transformer_lib.data.grammar.entries import Adjective, Noun
from transformer_lib.data.grammar.lexicon import NAMES, adjectives, nouns

V = TypeVar("V")
TWO_ADJECTIVES = 0.2  # share of groups with a second adjective, where the first allows one


@dataclass(frozen=True)
class Group:
    """Adjectives and noun, without their determiner as yet."""

    noun: Noun
    plural: bool
    feminine: bool
    words: list[Token]
    begins_with_adjective: bool  # in French
    source: int  # position of the noun


def unsaid(draft: Draft, options: Mapping[str, V]) -> Mapping[str, V]:
    """The options that the sentence does not contain yet, or all if it contains each: no *paul is older than paul*."""
    said = [word for word in draft.words if word in options]
    return {word: options[word] for word in options if word not in said} or options if said else options


def noun_group(
    draft: Draft,
    tags: str,
    number: str = "",
    described: float = 0.35,
    named: float = 0,
    woman: bool = False,
) -> Group:
    """A noun with one of `tags`, adjectives before it, and for a relation a name that fixes its gender.

    Args:
        draft: receives the English words.
        tags: allowed tags of the noun, separated by spaces.
        number: "singular", "plural" or, if empty, either.
        described: probability of an adjective.
        named: probability of a name after a friend or neighbour: *my old friend anna*.
        woman: whether a friend or neighbour without a name is a woman.
    """
    said = _adjectives(draft, tags, number, described)
    options = nouns(tags, tuple(entry.english for _, entry in said), number)
    source, (noun, plural) = draft.word(unsaid(draft, options))
    feminine, name = noun.feminine or bool(woman and noun.other), []
    if named and noun.other and not plural and draft.pick(alone=1 - named, named=named) == "named":
        position, feminine = draft.word(unsaid(draft, NAMES))
        name = tokens(draft.words[position], position)
    if not plural and "person" not in noun.tags:
        draft.things.append(Thing(noun.tags, feminine))
    partner = noun.other if feminine else ""
    word = (noun.others if partner else noun.plural) if plural else partner or noun.singular
    before, after = [], []
    for position, entry in said:
        form = entry.agree(feminine, plural)
        if entry.vowel and not feminine and not plural and starts_with_vowel(word):
            form = entry.vowel
        (before if entry.before else after).append(Token(form, (position,)))
    words = [*before, Token(word, (source,)), *after, *name]
    return Group(noun, plural, feminine, words, bool(before), source)


def _adjectives(draft: Draft, tags: str, number: str, described: float) -> list[tuple[int, Adjective]]:
    """None, one, or two of which French puts one on each side of the noun: *une petite voiture rouge*."""
    if draft.pick(bare=1 - described, adjective=described) == "bare":
        return []
    first = draft.word(unsaid(draft, adjectives(tags, number)))
    more = adjectives(tags, number, first[1].english) if first[1].before else {}
    if not more or draft.pick(one=1 - TWO_ADJECTIVES, two=TWO_ADJECTIVES) == "one":
        return [first]
    return [first, draft.word(unsaid(draft, more))]
