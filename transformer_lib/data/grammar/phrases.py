"""Noun phrases: English from left to right, French with its own agreement and order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from transformer_lib.data.grammar.agreement import Group, noun_group, unsaid
from transformer_lib.data.grammar.drafts import Draft, Thing
from transformer_lib.data.grammar.elision import Token, tokens
from transformer_lib.data.grammar.entries import Noun
from transformer_lib.data.grammar.lexicon import NAMES


@dataclass(frozen=True)
class Phrase:
    """A noun phrase; `person` counts je, tu, il, nous, ils from 0."""

    words: list[Token]
    person: int = 2
    feminine: bool = False
    noun: Noun | None = None  # None for a name and for most pronouns
    quantified: bool = False  # "every child", "many dogs": not the subject of a negation

    @property
    def plural(self) -> bool:
        return self.person > 2

    @property
    def tags(self) -> frozenset[str]:
        """The tags of its noun; none for a name or a pronoun without a noun."""
        return frozenset() if self.noun is None else self.noun.tags

    @property
    def is_person(self) -> bool:
        return self.noun is None or "person" in self.tags


@dataclass(frozen=True)
class Scene:
    """Context of a clause: speaker, addressee, and the antecedents of *they* and *it*.

    English leaves the gender of *i*, *you*, *we* and *they* open. The corpus takes the masculine, the default of
    French, unless the sentence itself decides: *sally says : i am happy*.
    """

    speaker_feminine: bool = False
    speakers_feminine: bool = False
    hearer_feminine: bool = False
    antecedent: Phrase | None = None
    pronouns: tuple[str, ...] = ()  # the subject must be one of these; empty: any subject
    things: tuple[Thing, ...] = ()  # what *it* may stand for as an object: what the clauses before have named


class Determiner(NamedTuple):
    """A determiner: French masculine, feminine and plural, and the number of the nouns it takes."""

    masculine: str
    feminine: str
    plural: str
    number: str = ""


DEFINITE = {
    "the": Determiner("le", "la", "les"),
    "this": Determiner("ce", "cette", "", "singular"),
    "these": Determiner("", "", "ces", "plural"),
}
THE_ONE = {word: DEFINITE[word] for word in ("the", "this")}
SINGLE = {"a": Determiner("un", "une", "", "singular")}
SEVERAL = {
    "some": Determiner("", "", "des", "plural"),
    "two": Determiner("", "", "deux", "plural"),
    "three": Determiner("", "", "trois", "plural"),
    "many": Determiner("", "", "beaucoup de", "plural"),
}
NEGATED = {"a": Determiner("de", "de", "", "singular"), "any": Determiner("", "", "de", "plural")}
EVERY = {"every": Determiner("chaque", "chaque", "", "singular")}
POSSESSIVE = {
    "my": Determiner("mon", "ma", "mes"),
    "your": Determiner("ton", "ta", "tes"),
    "his": Determiner("son", "sa", "ses"),
    "her": Determiner("son", "sa", "ses"),
    "our": Determiner("notre", "notre", "nos"),
    "their": Determiner("leur", "leur", "leurs"),
}
GENERIC = Determiner("", "", "les", "plural")
QUANTIFIERS = {"every", "many"}
OWNED = "relation family parent owned"  # tags of nouns that take a possessive
PEOPLE = "adult young relation"
PARTS = {"thing": "door window", "opened": "door window"}  # of what is asked for, what a thing can have


def _determined(group: Group, french: Determiner, *sources: int) -> list[Token]:
    """The group with its determiner in agreement; *des* becomes *de* before an adjective."""
    if group.plural:
        word = "de" if french.plural == "des" and group.begins_with_adjective else french.plural
    else:
        word = french.feminine if group.feminine else french.masculine
    return [*tokens(word, *sources), *group.words]


def _phrase(group: Group, words: list[Token], quantified: bool = False) -> Phrase:
    return Phrase(words, 4 if group.plural else 2, group.feminine, group.noun, quantified)


def of_group(group: Group, french: Determiner, *sources: int) -> Phrase:
    """A noun group whose determiner comes from these English words."""
    return _phrase(group, _determined(group, french, *sources))


def with_article(
    draft: Draft,
    tags: str,
    articles: dict[str, Determiner],
    described: float = 0.35,
    number: str = "",
    woman: bool = False,
) -> Phrase:
    """A determiner from `articles` and a noun with one of `tags`."""
    source, article = draft.word(articles)
    group = noun_group(draft, tags, number or article.number, described, woman=woman)
    return _phrase(group, _determined(group, article, source), draft.words[source] in QUANTIFIERS)


def possessed(
    draft: Draft,
    tags: str,
    described: float = 0.25,
    named: float = 0.5,
    number: str = "",
    woman: bool = False,
) -> Phrase:
    """*my friend*, *his old car*; a relation may be named."""
    source, possessive = draft.word(POSSESSIVE)
    group = noun_group(draft, tags, number, described, named, woman)
    return of_group(group, possessive, source)


def owned_by(
    draft: Draft, tags: str, described: float = 0.25, number: str = "", woman: bool = False
) -> Phrase:
    """The genitive: *sally 's red car* is *la voiture rouge de sally*; further owners are animals, things, several."""
    kind = draft.pick(
        name=0.6,
        relative=0.25,
        person=0.15,
        animal=0.15 * draft.further,
        other=0.15 * draft.further,
        several=0.15 * draft.further,
        whole=0.3 * (draft.further and tags in PARTS),
    )
    if kind in ("animal", "other", "several", "whole"):
        draft.rules.add("genitive")
    if kind == "name":
        owner = name(draft)
    elif kind == "animal":
        owner = possessed(draft, "animal", 0, 0, "singular")
    elif kind == "other":
        owner = with_article(draft, "man woman boy girl animal", THE_ONE, 0.2, "singular")
    elif kind == "several":  # the plurals without an s
        owner = with_article(draft, "man woman child", {"the": DEFINITE["the"]}, 0.1, "plural")
    elif kind == "whole":
        owner = with_article(draft, "car house school hotel shop train", THE_ONE, 0.1, "singular")
        tags = PARTS[tags]
    elif kind == "relative":
        owner = possessed(draft, "relation family parent", 0, 0, "singular")
    else:
        owner = with_article(draft, "owned", {"the": DEFINITE["the"]}, 0, "singular")
    mark = draft.say("'s")
    group = noun_group(draft, tags, number, described, woman=woman)
    words = [*_determined(group, DEFINITE["the"], mark), Token("de", (mark,)), *owner.words]
    return _phrase(group, words)


def generic(draft: Draft, tags: str) -> Phrase:
    """A generic plural: *red cars*, *les voitures rouges*."""
    group = noun_group(draft, tags, "plural", 0.3)
    return of_group(group, GENERIC, group.source)


def name(draft: Draft) -> Phrase:
    """*sally*, *paul*."""
    source, feminine = draft.word(unsaid(draft, NAMES))
    return Phrase(tokens(draft.words[source], source), feminine=feminine)


def definite(draft: Draft, tags: str, number: str = "") -> Phrase:
    """A definite thing or animal: *the*, *this*, *my*, *sally 's*."""
    kind = draft.pick(article=0.5, possessed=0.3, owned=0.2)
    if kind == "article":
        return with_article(draft, tags, THE_ONE if number == "singular" else DEFINITE, number=number)
    return (
        possessed(draft, tags, number=number) if kind == "possessed" else owned_by(draft, tags, number=number)
    )


def someone(draft: Draft) -> Phrase:
    """A person: a name, *the teacher*, *my friend anna*, *paul 's sister*."""
    kind = draft.pick(name=0.4, article=0.25, possessed=0.25, owned=0.1)
    if kind == "name":
        return name(draft)
    if kind == "article":
        return with_article(draft, PEOPLE, DEFINITE)
    return possessed(draft, OWNED) if kind == "possessed" else owned_by(draft, OWNED)


def pair(draft: Draft, scene: Scene) -> Phrase:
    """Two people: *paul and sally*, *my brother and i*; feminine in French only if both are. A further rule."""
    draft.rules.add("pair")
    first = someone(draft)
    words = [*first.words, *tokens("et", draft.say("and"))]
    if draft.pick(other=0.75, self=0.25) == "self":
        words += tokens("moi", draft.say("i"))
        return Phrase(words, 3, first.feminine and scene.speaker_feminine)
    second = someone(draft)
    return Phrase([*words, *second.words], 4, first.feminine and second.feminine)


def both(draft: Draft, animals: bool) -> Phrase:
    """Two animals or things: *the cat and my dog*, of whom can be said what suits both. A further rule."""
    draft.rules.add("pair")
    tags = "animal" if animals else "thing"
    first = definite(draft, tags)
    source = draft.say("and")
    second = definite(draft, tags)
    assert first.noun
    noun = replace(first.noun, tags=first.tags & second.tags)
    words = [*first.words, Token("et", (source,)), *second.words]
    return Phrase(words, 4, first.feminine and second.feminine, noun)
