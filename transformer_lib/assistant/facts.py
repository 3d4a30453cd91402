"""Facts of four kinds: how each is told, in two orders, what can be asked about it, and how words are read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from transformer_lib.assistant.words import BASE, CAUSES, DEEDS, FEELINGS, LIKES, PEOPLE, PLACES, THINGS

Words = tuple[str, ...]


class Fact(NamedTuple):
    """A person, what relates it, and to what: ("thing", "tom", "adored", "kites")."""

    kind: str
    person: str
    relation: str
    other: str


class Asking(NamedTuple):
    """One way to ask: the words of the question, those of its answer, the slots that it names."""

    question: str
    answer: str
    known: tuple[str, ...]
    asked: str


class Kind(NamedTuple):
    """Facts of one kind: what may fill the slots, two tellings (one names the person first), ways to ask."""

    relations: Words
    others: Words
    tellings: tuple[str, str]
    askings: tuple[Asking, ...]


class Question(NamedTuple):
    """A question with its slots filled: `known` holds (slot, word) pairs."""

    kind: str
    asking: Asking
    known: tuple[tuple[str, str], ...]

    def text(self) -> str:
        slots = dict(self.known)
        return self.asking.question.format(**slots, base=BASE.get(slots.get("relation", ""), ""))


_WHO = ("relation", "other")
TELLINGS = ("{person} {relation} {other} .", "{other} {person} {relation} .")
KINDS = {
    "thing": Kind(
        LIKES,
        THINGS,
        TELLINGS,
        (
            Asking("what did {person} {base} ?", "{other}", ("person", "relation"), "other"),
            Asking("who {relation} {other} ?", "{person}", _WHO, "person"),
        ),
    ),
    "person": Kind(
        DEEDS,
        PEOPLE,
        TELLINGS,
        (
            Asking("who did {person} {base} ?", "{other}", ("person", "relation"), "other"),
            Asking("who {relation} {other} ?", "{person}", _WHO, "person"),
        ),
    ),
    "place": Kind(
        ("visited",),
        PLACES,
        TELLINGS,
        (
            Asking("where was {person} ?", "{other}", ("person",), "other"),
            Asking("who {relation} {other} ?", "{person}", _WHO, "person"),
        ),
    ),
    "feeling": Kind(
        FEELINGS,
        CAUSES,
        ("{person} was {relation} because of {other} .", "{relation} was {person} because of {other} ."),
        (
            Asking("why was {person} {relation} ?", "because of {other}", ("person", "relation"), "other"),
            Asking("who was {relation} ?", "{person}", ("relation",), "person"),
            Asking("how was {person} ?", "{relation}", ("person",), "relation"),
        ),
    ),
}
NAMED_FIRST, NAMED_LAST = 0, 1


def tell(fact: Fact, order: int = NAMED_FIRST) -> str:
    """A sentence that tells a fact; in the other order what comes first now comes last.

    >>> tell(Fact("thing", "tom", "adored", "kites")), tell(Fact("thing", "tom", "adored", "kites"), NAMED_LAST)
    ('tom adored kites .', 'kites tom adored .')
    """
    return KINDS[fact.kind].tellings[order].format(**fact._asdict())


def question_of(fact: Fact, asking: Asking) -> Question:
    """The question that this fact answers.

    >>> fact = Fact("place", "sally", "visited", "rome")
    >>> [question_of(fact, asking).text() for asking in KINDS["place"].askings]
    ['where was sally ?', 'who visited rome ?']
    """
    return Question(fact.kind, asking, tuple((slot, getattr(fact, slot)) for slot in asking.known))


def reply_of(fact: Fact, asking: Asking) -> tuple[str, ...]:
    """A whole sentence that answers: the telling in which what is asked for comes last, or after what is known.

    >>> fact = Fact("thing", "tom", "adored", "kites")
    >>> [" ".join(reply_of(fact, asking)) for asking in KINDS["thing"].askings]
    ['tom adored kites', 'kites tom adored']
    """
    return tuple(tell(fact, NAMED_LAST if asking.asked == "person" else NAMED_FIRST).split()[:-1])


def answers(facts: Sequence[Fact], question: Question) -> list[Fact]:
    """The facts that answer a question: of its kind, with the words that it names."""
    return [
        fact
        for fact in facts
        if fact.kind == question.kind and all(getattr(fact, slot) == word for slot, word in question.known)
    ]


def read_story(text: str) -> list[Fact]:
    """The facts of a story, each once.

    Raises:
        ValueError: names the sentence that tells no fact of this world.

    >>> read_story("kites tom adored . sally visited rome .")[0]
    Fact(kind='thing', person='tom', relation='adored', other='kites')
    """
    found = []
    for sentence in _sentences(text):
        facts = list(readings(sentence))
        if not facts:
            raise ValueError(f"story: {' '.join(sentence)!r} tells nothing that this world knows")
        found += facts
    return list(dict.fromkeys(found))


def read_question(text: str) -> list[Question]:
    """What a question may ask: `who helped mary ?` has one reading, and so has every other.

    Raises:
        ValueError: if it is no question of this world.

    >>> read_question("why was tom sad ?")[0].known
    (('person', 'tom'), ('relation', 'sad'))
    """
    words = tuple(text.split())
    found = []
    for name, kind in KINDS.items():
        for asking in kind.askings:
            slots = _match(asking.question, words, kind)
            if slots is not None:
                found.append(Question(name, asking, tuple((slot, slots[slot]) for slot in asking.known)))
    if not found:
        raise ValueError(f"question: {text!r} is no question of this world, such as 'who adored kites ?'")
    return found


def readings(sentence: Sequence[str]) -> Iterator[Fact]:
    """The facts that a sentence tells: none or one."""
    for name, kind in KINDS.items():
        for telling in kind.tellings:
            slots = _match(telling, tuple(sentence), kind)
            if slots is not None and slots["person"] != slots["other"]:
                yield Fact(name, slots["person"], slots.get("relation", kind.relations[0]), slots["other"])


def fills(asking: Asking, words: Sequence[str], kind: str) -> str | None:
    """The word that an answer in short form names; None if the words are no such answer."""
    slots = _match(asking.answer, tuple(words), KINDS[kind])
    return None if slots is None else slots[asking.asked]


def _match(template: str, words: Words, kind: Kind) -> dict[str, str] | None:
    """Fill the slots of a template with words, or None if they do not fit."""
    pattern = template.split()
    if len(pattern) != len(words):
        return None
    verbs = {BASE.get(relation, ""): relation for relation in kind.relations}
    allowed = {
        "{person}": PEOPLE,
        "{relation}": kind.relations,
        "{other}": kind.others,
        "{base}": tuple(verbs),
    }
    slots = {}
    for expected, word in zip(pattern, words, strict=True):
        if word not in allowed.get(expected, (expected,)):
            return None
        if expected == "{base}":
            slots["relation"] = verbs[word]
        elif expected in allowed:
            slots[expected[1:-1]] = word
    return slots


def _sentences(text: str) -> list[Words]:
    found: list[list[str]] = [[]]
    for word in text.split():
        found[-1].append(word)
        if word == ".":
            found.append([])
    return [tuple(sentence) for sentence in found if sentence]
