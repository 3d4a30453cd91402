"""The verb group: English auxiliaries on one side; *ne … pas*, clitics, auxiliary and participle on the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from transformer_lib.data.grammar.agreement import unsaid
from transformer_lib.data.grammar.drafts import Draft, Thing
from transformer_lib.data.grammar.elision import Token, tokens
from transformer_lib.data.grammar.lexicon import BE, HAVE, Verb, verbs
from transformer_lib.data.grammar.phrases import Phrase, Scene

Tense = Literal["present", "past"]
IMPERFECT = ("ais", "ais", "ait", "ions", "aient")
BE_PRESENT = ("am", "are", "is", "are", "are")
BE_PAST = ("was", "were", "was", "were", "were")
ADVERBS = {"never": "jamais", "often": "souvent", "always": "toujours"}


@dataclass
class Group:
    """A verb group: its subject, its polarity, and the positions of its English words."""

    subject: Phrase
    tense: Tense
    verb: Verb
    source: int  # position of the English verb
    auxiliary: int  # position of the word that the French auxiliary translates: did, or the verb itself
    polarity: str = "plain"
    adverb: int = -1  # position of not, never, often or always

    @property
    def negated(self) -> bool:
        return self.polarity in ("not", "never")


class Clitic(NamedTuple):
    """A pronoun that French puts before its verb; a direct one makes the participle agree."""

    word: Token
    direct: bool
    feminine: bool
    plural: bool


@cache
def _forms(tags: str, form: str) -> dict[str, Verb]:
    return {getattr(verb, form): verb for verb in verbs(tags).values()}


def be(draft: Draft, subject: Phrase, tense: Tense, plain: bool = False) -> Group:
    """*am*, *is*, *were*, with *not* or an adverb after it."""
    source = draft.say((BE_PRESENT if tense == "present" else BE_PAST)[subject.person])
    group = Group(subject, tense, BE, source, source)
    if plain:
        return group
    free = 0 if subject.quantified else 1
    habit = 0.06 if subject.is_person else 0
    group.polarity = draft.pick(
        plain=1, **{"not": 0.2 * free, "never": habit * free, "often": habit, "always": habit}
    )
    if group.polarity != "plain":
        group.adverb = draft.say(group.polarity)
    return group


def say_verb(draft: Draft, subject: Phrase, tense: Tense, tags: str, plain: bool = False) -> Group:
    """A full verb with one of `tags`, after *does not*, *did not*, *never*, *often* or, if `plain`, nothing."""
    free = 0 if subject.quantified or plain else 1
    habit = 0 if plain or not verbs("habit").keys() & verbs(tags).keys() else 1
    present = tense == "present"
    polarity = draft.pick(
        plain=1,
        **{"not": 0.22 * free, "never": 0.08 * free * habit, "often": 0.06 * habit * present},
        always=0.06 * habit * present,
    )
    third = subject.person == 2
    adverb = auxiliary = -1
    if polarity == "not":
        auxiliary = draft.say(("does" if third else "do") if present else "did")
        adverb = draft.say("not")
        form = "base"
    else:
        adverb = draft.say(polarity) if polarity != "plain" else -1
        form = "past" if not present else "third" if third else "base"
    options = _forms(tags, form)
    if polarity in ADVERBS:
        options = {word: verb for word, verb in options.items() if "habit" in verb.tags}
    # with the further rules a verb may come again: *she bought water and he drank it because we drank it*
    source, verb = draft.word(options if draft.further else unsaid(draft, options))
    helped = polarity == "not" and not present
    return Group(subject, tense, verb, source, auxiliary if helped else source, polarity, adverb)


def finite(verb: Verb, tense: Tense, person: int) -> str:
    """Present or imperfect.

    >>> finite(BE, "past", 2), finite(HAVE, "present", 3)
    ('était', 'avons')
    """
    return verb.present[person] if tense == "present" else verb.imperfect + IMPERFECT[person]


def conjugate(group: Group, verb: Verb | None = None, clitic: Clitic | None = None) -> list[Token]:
    """The French verb group, in its order: *ne*, clitic, finite verb, *pas* or adverb, participle."""
    verb = verb or group.verb
    subject, person = group.subject, group.subject.person
    words = [Token("ne", (group.adverb,))] if group.negated else []
    words += [clitic.word] if clitic else []
    compound = group.tense == "past" and not verb.imperfect
    if compound:
        helper = BE if verb.with_be else HAVE
        words += tokens(finite(helper, "present", person), group.auxiliary)
    else:
        words += tokens(finite(verb, group.tense, person), group.source)
    if group.polarity != "plain":
        words += tokens(ADVERBS.get(group.polarity, "pas"), group.adverb)
    if compound:
        feminine, plural = False, False
        if verb.with_be:
            feminine, plural = subject.feminine, subject.plural
        elif clitic and clitic.direct:
            feminine, plural = clitic.feminine, clitic.plural
        ending = "e" * feminine + "s" * plural
        words += tokens(verb.participle + ending, group.source)
    return words


# What *it* may stand for as the object of a verb with this tag: the first that fits decides, so giving before writing.
IT = {
    "loves": "animal text place car hat eaten loved",
    "sees": "thing animal",
    "owns": "animal bought hat eaten",
    "receives": "given letter",
    "opened": "opened",
    "bought": "bought given",
    "eaten": "eaten",
    "drunk": "drunk",
    "given": "given",
    "written": "written",
}


def fitting(things: Iterable[Thing], tags: str) -> str:
    """Tags of those of the verbs with `tags` of which one of the things may be the object; without things, of any."""
    known, named = (
        verbs(tags).keys(),
        [thing.tags for thing in things] or [frozenset(" ".join(IT.values()).split())],
    )
    fit = [
        tag
        for tag, wanted in IT.items()
        if verbs(tag).keys() <= known and any(own & set(wanted.split()) for own in named)
    ]
    return " ".join(fit)


def meant(group: Group, scene: Scene) -> Thing | None:
    """What *it* stands for as the object of a verb: a thing before that suits it, if there is one.

    That is the subject of the clause before, or else what was named last; never the clause's own subject.
    """
    wanted = set(next(tags for tag, tags in IT.items() if tag in group.verb.tags).split())
    own = group.subject.tags
    before = scene.antecedent
    found = [thing for thing in scene.things if thing.tags & wanted and thing.tags != own]
    if before and before.noun and not before.plural and before.tags & wanted and before.tags != own:
        found.append(Thing(before.tags, before.feminine))
    return found[-1] if found else None


def it(draft: Draft, group: Group, scene: Scene) -> Clitic:
    """*it* as an object, with the gender of what it stands for; masculine if that is not in the sentence."""
    source = draft.say("it")
    draft.rules.add("it")
    thing = meant(group, scene)
    feminine = thing is not None and thing.feminine
    return Clitic(Token("la" if feminine else "le", (source,)), True, feminine, False)


CLITICS = {
    "me": ("me", "me", 0), "you": ("te", "te", 1), "him": ("le", "lui", 2), "her": ("la", "lui", 2),
    "us": ("nous", "nous", 3), "them": ("les", "leur", 4),
}  # fmt: skip
REFLEXIVE = {0: {"me", "us"}, 1: {"you"}, 3: {"us", "me"}}


def clitic(draft: Draft, subject: Phrase, scene: Scene, direct: bool) -> tuple[Clitic, int]:
    """An English object pronoun as a French clitic, and its person, counted from 0."""
    options = {
        word: entry for word, entry in CLITICS.items() if word not in REFLEXIVE.get(subject.person, ())
    }
    source, (accusative, dative, person) = draft.word(options)
    english = draft.words[source]
    feminine = {
        "me": scene.speaker_feminine,
        "you": scene.hearer_feminine,
        "us": scene.speakers_feminine,
        "her": True,
    }.get(english, False)
    word = Token(accusative if direct else dative, (source,))
    return Clitic(word, direct, feminine, person > 2), person
