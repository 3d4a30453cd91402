"""Predicates of action: each verb with its objects and adverbials."""

from __future__ import annotations

from transformer_lib.data.grammar import phrases
from transformer_lib.data.grammar.drafts import Draft, Thing
from transformer_lib.data.grammar.elision import Token, tokens
from transformer_lib.data.grammar.lexicon import masses, nouns
from transformer_lib.data.grammar.phrases import Phrase, Scene
from transformer_lib.data.grammar.places import place
from transformer_lib.data.grammar.verbs import (
    Clitic,
    Group,
    Tense,
    clitic,
    conjugate,
    fitting,
    it,
    meant,
    say_verb,
)

BIRTHDAY = {0: ("my", "mon"), 1: ("your", "ton"), 3: ("our", "notre"), 4: ("their", "leur")}
LIKED = "animal text place car hat eaten"
CONSUMED = ("bought", "eaten", "drunk")
TAKING = {"receives", "opened", *CONSUMED}  # tags of verbs whose object may be *it*, among others


def action(
    draft: Draft, who: Phrase, scene: Scene, tense: Tense, tags: str, plain: bool = False
) -> list[Token]:
    """A verb with one of `tags` and what goes with it."""
    if draft.eager:
        tags = fitting(scene.things, tags) or tags
    group = say_verb(draft, who, tense, tags, plain)
    has = group.verb.tags
    if "loves" in has or "sees" in has:
        return _feel(draft, group, scene)
    if "owns" in has:
        taken = _taken(draft, group, scene)
        return [*conjugate(group, clitic=taken), *([] if taken else _possession(draft, group))]
    if "gives" in has:
        return _give(draft, group, scene)
    if "speaks" in has:
        return _speak(draft, group, scene)
    taken = _taken(draft, group, scene) if has & TAKING else None
    words = conjugate(group, clitic=taken)
    if "receives" in has:
        words += [] if taken else _object(draft, "given letter", group.negated)
        words += _birthday(draft, who.person, who.feminine)
    elif "opened" in has:
        words += [] if taken else phrases.definite(draft, "opened").words
    elif "goes" in has:
        words += [*tokens("à", draft.say("to")), *phrases.definite(draft, "goal", "singular").words]
    elif "comes" in has:
        if group.verb.base == "arrive" and who.is_person and draft.pick(alone=0.6, at=0.4) == "at":
            words += [
                *tokens("à", draft.say("at")),
                *phrases.definite(draft, "school hotel shop", "singular").words,
            ]
    else:
        for tag in has.intersection(CONSUMED):
            words += [] if taken else _consumed(draft, tag, group)
        if "bought" in has:
            words += _purpose(draft, who)
    return words + _circumstance(draft, group)


def _likely(draft: Draft, group: Group, scene: Scene) -> float:
    """The weight of *it* as an object, a further rule: larger where the sentence has named what it may stand for."""
    if meant(group, scene):
        return draft.further * (30 if draft.eager else 2)
    return draft.further * (0.1 if draft.eager else 0.6)


def _taken(draft: Draft, group: Group, scene: Scene) -> Clitic | None:
    """*it* as the object, if it is."""
    if not draft.further or draft.pick(other=1, it=_likely(draft, group, scene)) == "other":
        return None
    return it(draft, group, scene)


def _feel(draft: Draft, group: Group, scene: Scene) -> list[Token]:
    """*like* and *see*: the object is a clitic, a person or a thing, with *like* also a generic noun."""
    loves = "loves" in group.verb.tags
    kind = draft.pick(
        clitic=0.2,
        person=0.3,
        thing=0.25,
        mass=0.22 * loves,
        generic=0.15 * loves,
        one=0.15 * (not loves),
        it=_likely(draft, group, scene),
    )
    if kind == "clitic":
        pronoun, _ = clitic(draft, group.subject, scene, direct=True)
        words = conjugate(group, clitic=pronoun)
    elif kind == "it":
        words = conjugate(group, clitic=it(draft, group, scene))
    elif kind == "person":
        words = [*conjugate(group), *phrases.someone(draft).words]
    elif kind == "mass":
        source, noun = draft.word(masses("loved"))
        draft.things.append(Thing(noun.tags, noun.feminine))
        words = [*conjugate(group), *tokens(f"{'la' if noun.feminine else 'le'} {noun.singular}", source)]
    elif kind == "generic":
        words = [*conjugate(group), *phrases.generic(draft, LIKED).words]
    elif kind == "one":
        words = [*conjugate(group), *_indefinite(draft, "animal seen", group.negated)]
    else:
        words = [*conjugate(group), *phrases.definite(draft, LIKED).words]
    return words if loves else words + _circumstance(draft, group)


def _indefinite(draft: Draft, tags: str, negated: bool) -> list[Token]:
    """*a car*, *some cars*; after a negation French says *de* for both."""
    if negated:
        return phrases.with_article(draft, tags, phrases.NEGATED).words
    several = draft.pick(one=0.6, several=0.4) == "several"
    return phrases.with_article(draft, tags, phrases.SEVERAL if several else phrases.SINGLE).words


def _possession(draft: Draft, group: Group) -> list[Token]:
    return _indefinite(draft, "animal bought hat apple relation family", group.negated)


def _object(draft: Draft, tags: str, negated: bool, by_person: bool = True) -> list[Token]:
    """A definite or indefinite object, or a mass noun: *coffee* is *du café*, after a negation *de café*."""
    some = masses(tags if by_person else "water" if tags == "drunk" else "bread")
    countable = 1 if nouns(tags) else 0
    kind = draft.pick(indefinite=0.4 * countable, definite=0.35 * countable, mass=0.25 * bool(some))
    if kind == "indefinite":
        return _indefinite(draft, tags, negated)
    if kind == "definite":
        return phrases.definite(draft, tags).words
    source, noun = draft.word(some)
    draft.things.append(Thing(noun.tags, noun.feminine))
    article = "" if negated else "la" if noun.feminine else "le"
    return tokens(f"de {article} {noun.singular}", source)


def _consumed(draft: Draft, tag: str, group: Group) -> list[Token]:
    """The object of *buy*, *eat* or *drink*; that of *eat* may be missing."""
    if tag == "eaten" and draft.pick(something=0.8, nothing=0.2) == "nothing":
        return []
    return _object(draft, "bought given" if tag == "bought" else tag, group.negated, group.subject.is_person)


def _give(draft: Draft, group: Group, scene: Scene) -> list[Token]:
    """*give* and *write*: the recipient before or after the object, or a clitic."""
    tags = "given" if group.verb.base == "give" else "letter"
    free = 0 if tags == "given" else 0.5
    kind = draft.pick(clitic=0.25, first=0.25, last=0.3, nobody=free, it=_likely(draft, group, scene))
    if kind == "it":
        words = conjugate(group, clitic=it(draft, group, scene))
        if tags == "letter":
            return words + _circumstance(draft, group)
        to = draft.say("to")
        receiver = phrases.someone(draft)
        words += [Token("à", (to,)), *receiver.words]
        return words + _birthday(draft, receiver.person, receiver.feminine) + _time(draft, group)
    if kind == "nobody":
        return [*conjugate(group), *_object(draft, "written", group.negated), *_circumstance(draft, group)]
    if kind == "clitic":
        pronoun, person = clitic(draft, group.subject, scene, direct=False)
        words = [*conjugate(group, clitic=pronoun), *_object(draft, tags, group.negated)]
        feminine = pronoun.feminine
    elif kind == "first":
        receiver = phrases.someone(draft)
        given = _object(draft, tags, group.negated)
        words = [*conjugate(group), *given, Token("à"), *receiver.words]
        person, feminine = receiver.person, receiver.feminine
    else:
        given = _object(draft, tags, group.negated)
        to = draft.say("to")
        receiver = phrases.someone(draft)
        words = [*conjugate(group), *given, Token("à", (to,)), *receiver.words]
        person, feminine = receiver.person, receiver.feminine
    if tags == "given":
        words += _birthday(draft, person, feminine)
    return words + _time(draft, group)


def _speak(draft: Draft, group: Group, scene: Scene) -> list[Token]:
    """*speaks to paul*: *parle à paul*; *speaks to him*: *lui parle*."""
    to = draft.say("to")
    if draft.pick(person=0.7, clitic=0.3) == "clitic":
        pronoun, _ = clitic(draft, group.subject, scene, direct=False)
        words = conjugate(group, clitic=pronoun)
    else:
        words = [*conjugate(group), Token("à", (to,)), *phrases.someone(draft).words]
    return words + _circumstance(draft, group)


def _birthday(draft: Draft, person: int, feminine: bool, weight: float = 0.3) -> list[Token]:
    """*for her birthday*: the possessive agrees with the recipient."""
    if draft.pick(no=1 - weight, yes=weight) == "no":
        return []
    english, french = BIRTHDAY.get(person) or ("her" if feminine else "his", "son")
    pour = tokens("pour", draft.say("for"))
    return [*pour, *tokens(french, draft.say(english)), *tokens("anniversaire", draft.say("birthday"))]


def _purpose(draft: Draft, who: Phrase) -> list[Token]:
    if draft.pick(no=0.75, yes=0.25) == "no":
        return _birthday(draft, who.person, who.feminine, 0.2)
    return [*tokens("pour", draft.say("for")), *phrases.someone(draft).words]


def _circumstance(draft: Draft, group: Group) -> list[Token]:
    """Adverbials of place or company, and of time."""
    has = group.verb.tags
    if not group.subject.is_person and "animal" not in group.subject.tags:
        return _time(draft, group)
    where = 0.2 * bool(has & {"alone", "sees", "eaten", "drunk", "written"})
    company = 0.15 * (
        group.subject.is_person
        and group.verb.base != "sleep"
        and bool(has & {"alone", "eaten", "drunk", "comes"})
    )
    kind = draft.pick(nothing=0.6, place=where, company=company)
    words: list[Token] = []
    if kind == "place":
        words = place(draft)
    elif kind == "company":
        words = [*tokens("avec", draft.say("with")), *phrases.someone(draft).words]
    return words + _time(draft, group)


def _time(draft: Draft, group: Group) -> list[Token]:
    """*yesterday*, *today*, *every day*, at the end; not beside an adverb of frequency."""
    past = group.tense == "past"
    dated = group.polarity in ("plain", "not")
    kind = draft.pick(
        nothing=1,
        yesterday=0.15 * (past and dated),
        today=0.06 * dated,
        everyday=0.12 * (not past and group.polarity == "plain" and "habit" in group.verb.tags),
    )
    if kind == "yesterday":
        return tokens("hier", draft.say("yesterday"))
    if kind == "today":
        return tokens("aujourd'hui", draft.say("today"))
    if kind == "everyday":
        every = draft.say("every")
        return [*tokens("tous les", every), *tokens("jours", draft.say("day"))]
    return []
