"""Clauses: a subject and a predicate."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from transformer_lib.data.grammar import phrases, pronouns
from transformer_lib.data.grammar.actions import action
from transformer_lib.data.grammar.agreement import unsaid
from transformer_lib.data.grammar.drafts import Draft
from transformer_lib.data.grammar.elision import Token, tokens
from transformer_lib.data.grammar.identities import bare, identity, kind_of_person
from transformer_lib.data.grammar.lexicon import ADJECTIVES, HAVE, OLDER, STATES, Adjective
from transformer_lib.data.grammar.phrases import Phrase, Scene
from transformer_lib.data.grammar.places import place
from transformer_lib.data.grammar.verbs import Tense, be, conjugate

# free: anything; state: what French puts in the imperfect; event: what a *when* clause tells, scene: its main clause;
# youth: *when she was young*, then: its main clause
Manner = Literal["free", "state", "event", "scene", "youth", "then"]
PROFESSIONS = {"teacher": "professeur", "doctor": "médecin"}
FEELINGS = {"hungry": "faim", "thirsty": "soif"}  # nouns after *avoir*
COMPARED = ("expensive", "interesting")
ABSOLUTE = ("red", "blue", "green", "white", "black", "ready")  # without *very*
PASSING = ("ill", "tired", "alone", "hungry", "thirsty", "sad", "happy")  # what can stand in a *when* clause
SMALL = {"given", "text", "cat"}  # tags of what can be on a table
THIRD = ("il", "elle", "ils", "elles")  # beside a noun with an article, French says *ce* for these
STATIVE = "loves owns"
EVENTS = "bought gives opened sees receives comes"
ACTIONS = f"written eaten drunk alone goes speaks {EVENTS}"
ANIMAL_EVENTS = "sees comes"


def subject(draft: Draft, scene: Scene, manner: Manner) -> Phrase:
    """A person, or a thing or animal where the manner allows it."""
    if scene.pronouns:
        return pronouns.pronoun(draft, scene)
    lasting = manner in ("free", "state")
    again = pronouns.taken_up(scene.antecedent, lasting, manner == "youth")
    kind = draft.pick(
        same=0.3 * bool(again),
        pronoun=0.4,
        person=0.33,
        crowd=0.04,
        animal=0.08 * (manner != "youth"),
        thing=0.15 * lasting,
        pair=0.2 * draft.further,
        both=0.08 * (draft.further and lasting),
    )
    if kind == "pair":
        return phrases.pair(draft, scene)
    if kind == "both":
        return phrases.both(draft, draft.pick(animals=0.5, things=0.5) == "animals")
    if kind == "same":
        return pronouns.pronoun(draft, replace(scene, pronouns=(again,)))
    if kind == "pronoun":
        return pronouns.pronoun(
            draft, replace(scene, pronouns=pronouns.free_pronouns(scene, lasting, manner == "youth"))
        )
    if kind == "person":
        return phrases.someone(draft)
    if kind == "crowd":
        everyone = phrases.EVERY | {word: phrases.SEVERAL[word] for word in ("two", "three", "many")}
        return phrases.with_article(draft, phrases.PEOPLE, everyone, 0.2)
    return phrases.definite(draft, "animal" if kind == "animal" else "thing")


def clause(draft: Draft, scene: Scene, tense: Tense, manner: Manner = "free") -> tuple[list[Token], Phrase]:
    """A whole clause and its subject, to which later pronouns may refer."""
    free = 0.06 if manner == "free" and not scene.pronouns else 0
    scene = replace(scene, things=tuple(draft.things))
    kind = draft.pick(subject=1, there=free, identity=0.25 * (draft.further and bool(free)))
    if kind == "there":
        return there_is(draft, tense), Phrase([], noun=None)
    if kind == "identity":
        return identity(draft, scene, tense)
    who = subject(draft, scene, manner)
    return [*who.words, *predicate(draft, who, scene, tense, manner)], who


def predicate(draft: Draft, who: Phrase, scene: Scene, tense: Tense, manner: Manner) -> list[Token]:
    """A predicate that suits the subject."""
    if not who.is_person and "animal" not in who.tags:
        comes = 0.4 * (manner == "free" and "train" in who.tags)
        if draft.pick(being=1, coming=comes) == "coming":
            return action(draft, who, scene, tense, "comes")
        return quality(draft, who, tense)
    if manner == "youth":
        return condition(draft, who, tense, manner)
    being = 0 if manner in ("event", "scene", "then") and not who.is_person else 0.35
    acting = 5 if draft.eager else 0.65
    if draft.pick(being=being, acting=acting) == "being":
        return condition(draft, who, tense, manner) if who.is_person else quality(draft, who, tense)
    past = tense == "past"
    if not who.is_person:
        if manner in ("state", "then"):
            return action(draft, who, scene, tense, "loves")
        tags = ANIMAL_EVENTS if past and manner != "free" else "eaten drunk sleep sees comes"
        return action(draft, who, scene, tense, tags, plain=manner == "event")
    if manner in ("state", "then") and past:
        tags = STATIVE
    elif past and manner != "free":
        tags = EVENTS
    else:
        tags = ACTIONS if manner in ("event", "scene") else f"{STATIVE} {ACTIONS}"
    return action(draft, who, scene, tense, tags, plain=manner == "event")


def there_is(draft: Draft, tense: Tense) -> list[Token]:
    """*there is a red car in the garden*: *il y a une voiture rouge dans le jardin*."""
    there = draft.say("there")
    several = draft.pick(one=0.5, several=0.5) == "several"
    group = be(draft, Phrase([], 4 if several else 2), tense, plain=True)
    group.subject = Phrase(tokens("il y", there))  # in French the verb does not agree with what follows it
    tags = {"person": phrases.PEOPLE, "other": "animal car tree table letter gift hat"}[
        draft.pick(other=0.8, person=0.2)
    ]
    what = phrases.with_article(draft, tags, phrases.SEVERAL if several else phrases.SINGLE, 0.5)
    return [*group.subject.words, *conjugate(group, HAVE), *what.words, *_whereabouts(draft, what)]


def _whereabouts(draft: Draft, who: Phrase) -> list[Token]:
    """A place adverbial that suits the subject."""
    tags = who.tags
    inside = "garden" if tags & {"car", "tree"} else "goal house" if "table" in tags else "inside"
    return place(draft, inside, on=bool(who.tags & SMALL))


@cache
def _qualities(noun_tags: frozenset[str]) -> dict[str, Adjective]:
    # a thing that is new is "neuf", not "nouveau"
    return {word: entry for word, entry in ADJECTIVES.items() if entry.tags & noun_tags and word != "new"}


def quality(draft: Draft, who: Phrase, tense: Tense) -> list[Token]:
    """Predicates of a thing or an animal: *red*, *more expensive than …*, a place."""
    group = be(draft, who, tense)
    options = _qualities(who.tags)
    compared = {word: options[word] for word in COMPARED if word in options and word not in draft.words}
    kind = draft.pick(
        plain=0.6,
        very=0.15,
        compared=0.15 * bool(compared),
        place=0.15 * bool(who.tags & {"animal", "car", *SMALL}),
        late=0.3 * ("train" in who.tags),
    )
    if kind == "place":
        return [*conjugate(group), *_whereabouts(draft, who)]
    if kind == "late":
        return [*conjugate(group), *tokens("en retard", draft.say("late"))]
    degree: list[Token] = []
    if kind != "plain":
        english, french = ("very", "très") if kind == "very" else ("more", "plus")
        degree = tokens(french, draft.say(english))
        options = compared if kind == "compared" else {w: a for w, a in options.items() if w not in ABSOLUTE}
    source, entry = draft.word(unsaid(draft, options))
    words = [*conjugate(group), *degree, Token(entry.agree(who.feminine, who.plural), (source,))]
    if kind == "compared":
        than = tokens("que", draft.say("than"))
        words += than + phrases.definite(draft, _rivals(entry, who)).words
    return words


def _rivals(entry: Adjective, who: Phrase) -> str:
    """The tags of things that may be compared with the subject."""
    if entry.english == "interesting":
        return "text"
    return "place car" if who.tags & {"place", "car"} else "given table"


_CONDITIONS = {**STATES, **FEELINGS, "late": "en retard"}
_PASSING = {word: _CONDITIONS[word] for word in PASSING}
_DATED = _PASSING | {word: _CONDITIONS[word] for word in ("busy", "ready", "late")}
CONDITIONS_IN = {
    "then": {
        word: _CONDITIONS[word] for word in ("happy", "sad", "ill", "alone", "kind", "beautiful", "famous")
    },
    "free": _CONDITIONS,
    "state": _CONDITIONS,
    "event": _PASSING,
    "scene": _DATED,
    "youth": {"young": STATES["young"]},
}


def condition(draft: Draft, who: Phrase, tense: Tense, manner: Manner) -> list[Token]:
    """Predicates of a person: *happy*, *hungry* (*avoir faim*), *older than …*, a place, a profession."""
    group = be(draft, who, tense, plain=manner in ("event", "youth"))
    always = group.polarity not in ("plain", "not")  # with *never* and *often*, too
    free = 1 if manner in ("free", "state") and not always else 0
    one = free and not who.plural and (who.noun is None or (draft.further and not who.quantified))
    more = 0.1 * (draft.further and free)
    kind = draft.pick(
        plain=0.6,
        very=0.15,
        older=0.08 * free,
        place=0.08 * (manner in ("free", "state", "scene")),
        profession=0.08 * one,
        bare=more * (who.plural and not who.quantified),
        kind=more * (who.noun is None and who.words[0].word not in THIRD),
    )
    if kind == "place":
        return [*conjugate(group), *place(draft)]
    if kind == "bare":
        return [*conjugate(group), *bare(draft, who)]
    if kind == "kind":
        return [*conjugate(group), *kind_of_person(draft, who)]
    if kind == "profession":
        if who.noun:
            draft.rules.add("identity")
        draft.say("a")
        source, profession = draft.word(PROFESSIONS)
        return [*conjugate(group), Token(profession, (source,))]
    if kind == "older":
        source = draft.say("older")
        words = [*conjugate(group), *tokens(f"plus {OLDER.agree(who.feminine, who.plural)}", source)]
        if draft.pick(alone=0.3, compared=0.7) == "compared":
            than = tokens("que", draft.say("than"))
            words += than + phrases.someone(draft).words
        return words
    degree = tokens("très", draft.say("very")) if kind == "very" else []
    options = {
        word: entry
        for word, entry in CONDITIONS_IN["scene" if always else manner].items()
        if not degree or word not in ABSOLUTE
    }
    source, entry = draft.word(unsaid(draft, options))
    if isinstance(entry, Adjective):
        return [*conjugate(group), *degree, Token(entry.agree(who.feminine, who.plural), (source,))]
    verb = HAVE if draft.words[source] in FEELINGS else None
    return [*conjugate(group, verb), *degree, *tokens(entry, source)]
