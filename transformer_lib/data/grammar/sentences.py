"""Sentences: one clause, or several joined by *when*, *because*, *but*, *that*, a colon or a semicolon."""

from __future__ import annotations

from dataclasses import replace

from transformer_lib.data.grammar import phrases, pronouns
from transformer_lib.data.grammar.clauses import Manner, clause
from transformer_lib.data.grammar.drafts import Draft
from transformer_lib.data.grammar.elision import Token, join, tokens
from transformer_lib.data.grammar.phrases import Phrase, Scene
from transformer_lib.data.grammar.verbs import Tense, conjugate, say_verb


def sentence(draft: Draft) -> list[Token]:
    """Generate an English sentence; returns its French with the positions of the aligned English words."""
    kind = draft.pick(
        simple=0.05 if draft.eager else 0.34,
        joined=0.3 if draft.eager else 0.1,
        subordinate=0.32,
        long=0.06,
        quoted=0.08,
        reported=0.06,
        called=0.04,
    )
    scene = Scene()
    if kind == "simple":
        words, _ = clause(draft, scene, _tense(draft))
    elif kind == "joined":
        words = _joined(draft, scene)
    elif kind == "subordinate":
        words = _subordinate(draft, scene)
    elif kind == "long":
        words = _long(draft, scene)
    elif kind == "quoted":
        words = _quoted(draft)
    elif kind == "reported":
        words = _reported(draft, scene)
    else:
        words = _called(draft)
    return join([*words, *_mark(draft, ".")])


def _tense(draft: Draft) -> Tense:
    return "past" if draft.pick(present=0.5, past=0.5) == "past" else "present"


def _mark(draft: Draft, mark: str) -> list[Token]:
    return tokens(mark, draft.say(mark))


def _joined(draft: Draft, scene: Scene) -> list[Token]:
    """*paul is tired but he works*; as a further rule *tom bought a car and he likes it*, in two tenses."""
    tense = _tense(draft)
    words, who = clause(draft, scene, tense)
    mark = _mark(draft, ",") if draft.pick(plain=0.6, comma=0.4) == "comma" else []
    source, french = draft.word({"and": "et", "but": "mais"})
    if draft.further and tense == "past" and draft.pick(then=0.7, now=0.3) == "now":
        draft.rules.add("now")
        tense = "present"
    more, _ = clause(draft, replace(scene, antecedent=who), tense)
    return [*words, *mark, Token(french, (source,)), *more]


def _subordinate(draft: Draft, scene: Scene) -> list[Token]:
    """A clause with *when* or *because*, in either order."""
    tense = _tense(draft)
    conjunction = draft.pick(when=0.45, because=0.45, youth=0.1 * (tense == "past"))
    late = 0.75 if conjunction == "because" else 0.4
    first = draft.pick(last=late, first=1 - late) == "first"
    if first:
        words, who = _dependent(draft, scene, tense, conjunction)
        # French sets a comma here whether English has one or not
        comma = _mark(draft, ",") if draft.pick(comma=0.6, none=0.4) == "comma" else [Token(",")]
        more, _ = clause(draft, replace(scene, antecedent=who), tense, _main(conjunction))
        return [*words, *comma, *more]
    words, who = clause(draft, scene, tense, _main(conjunction))
    more, _ = _dependent(draft, replace(scene, antecedent=who), tense, conjunction)
    return [*words, *more]


def _main(conjunction: str) -> Manner:
    """The manner of a main clause beside *when she arrived*, *because she is tired*, *when she was young*."""
    manners: dict[str, Manner] = {"when": "scene", "because": "free", "youth": "then"}
    return manners[conjunction]


def _dependent(draft: Draft, scene: Scene, tense: Tense, conjunction: str) -> tuple[list[Token], Phrase]:
    if conjunction == "because":
        said = tokens("parce que", draft.say("because"))
        manner: Manner = "state" if tense == "past" else "free"
        if tense == "present" and draft.pick(now=0.7, before=0.3) == "before":
            tense = "past"
    else:
        said = tokens("quand", draft.say("when"))
        manner = "event" if conjunction == "when" else "youth"
    words, who = clause(draft, scene, tense, manner)
    return [*said, *words], who


def _long(draft: Draft, scene: Scene) -> list[Token]:
    """*sally adored reading ; when she received a book she was happy*."""
    words, who = clause(draft, scene, _tense(draft))
    mark = _mark(draft, ";")
    scene = replace(scene, antecedent=who)
    if draft.pick(simple=0.4, subordinate=0.6) == "simple":
        more, _ = clause(draft, scene, _tense(draft))
    else:
        more = _subordinate(draft, scene)
    return [*words, *mark, *more]


def _quoted(draft: Draft) -> list[Token]:
    """*sally says : i am happy*: the speaker decides the gender of *i* or *we*."""
    who = phrases.someone(draft)
    verb = say_verb(draft, who, _tense(draft), "reports", plain=True)
    words = [*who.words, *conjugate(verb), *_mark(draft, ":")]
    scene = Scene(
        speaker_feminine=who.feminine and not who.plural,
        speakers_feminine=who.feminine and who.plural,
        pronouns=("we",) if who.plural else ("i",) if draft.pick(self=0.7, other=0.3) == "self" else (),
    )
    said, _ = clause(draft, scene, _tense(draft))
    return [*words, *said]


def _reported(draft: Draft, scene: Scene) -> list[Token]:
    """*anna thinks that paul is ill*; in the past only what French puts in the imperfect."""
    who = (
        pronouns.pronoun(draft, scene)
        if draft.pick(person=0.6, pronoun=0.4) == "pronoun"
        else phrases.someone(draft)
    )
    tense = _tense(draft)
    verb = say_verb(draft, who, tense, "reports", plain=True)
    words = [*who.words, *conjugate(verb), *tokens("que", draft.say("that"))]
    manner = "state" if tense == "past" else "free"
    said, _ = clause(
        draft, replace(scene, antecedent=who), tense if tense == "past" else _tense(draft), manner
    )
    return [*words, *said]


def _called(draft: Draft) -> list[Token]:
    """*anna , you are late*: the addressee decides the gender of *you*."""
    who = phrases.name(draft)
    comma = _mark(draft, ",")
    words, _ = clause(draft, Scene(hearer_feminine=who.feminine, pronouns=("you",)), _tense(draft))
    return [*who.words, *comma, *words]
