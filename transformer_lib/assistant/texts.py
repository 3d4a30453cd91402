"""What the models read: documents as the internet has them, examples by labellers, pairs of which one is preferred."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from transformer_lib.assistant.facts import KINDS, Fact, Question, answers
from transformer_lib.assistant.stories import ask, draw_story, told
from transformer_lib.assistant.words import APOLOGY, DO_NOT_KNOW, PEOPLE, POLITE, RUDE

FORMS = {"exam": 0.45, "retold": 0.3, "sheet": 0.15, "forum": 0.1}  # shares of documents
UNANSWERABLE = 0.3  # share of questions that the story does not answer
ADMITTED = 0.2  # of these, how many the internet admits not to know; the others are invented
MANNERS = {"plain": 0.7, "polite": 0.2, "rude": 0.1}  # of answers on the internet and by labellers
ANSWERABLE = 0.5  # share of the questions about which labellers prefer one reply
MANNERS_ALONE = 0.2  # share of pairs that are equally true
REFUSED = 0.6  # where the story tells the answer: how often the other reply says that it does not know
N_QUESTIONS = {"exam": (4, 8), "sheet": (2, 4)}
EXAM = "exam :"  # before a story whose questions are answered: with it the base model is prompted


class Example(NamedTuple):
    """A story, a question, and a reply that a labeller wrote."""

    story: str
    question: str
    reply: str


class Pair(NamedTuple):
    """A story, a question, and two replies, of which labellers prefer the first."""

    story: str
    question: str
    chosen: str
    rejected: str


def document(generator: random.Random) -> str:
    """A training document: a story, then an exam about it, the story told again, questions alone, or one reply.

    >>> document(random.Random(2))
    'paris was visited by anna . oslo was visited by mary . where was mary ? oslo .'
    """
    facts = draw_story(generator)
    [form] = generator.choices(tuple(FORMS), tuple(FORMS.values()))
    story = told(generator, facts)
    if form == "retold":
        return f"{story} again : {told(generator, facts)}"
    n_questions = 1 if form == "forum" else generator.randint(*N_QUESTIONS[form])
    # none twice: the answer could be copied from above
    questions = list(dict.fromkeys(_question(generator, facts) for _ in range(n_questions)))
    if form == "sheet":
        return " ".join([story, *(question.text() for question in questions)])
    if form == "forum":
        return f"{story} {questions[0].text()} {said(generator, _answer(generator, facts, questions[0]))}"
    solved = (f"{question.text()} {plain(_answer(generator, facts, question))}" for question in questions)
    return " ".join([EXAM, story, *solved])


def example(generator: random.Random, admitted: float = 0.0) -> Example:
    """An example for instruction tuning; the labeller admits not to know in this share of the cases.

    >>> example(random.Random(1))[1:]
    ('who adored roses ?', 'anna .')
    """
    facts = draw_story(generator)
    question = _question(generator, facts)
    reply = said(generator, _answer(generator, facts, question, admitted))
    return Example(told(generator, facts), question.text(), reply)


def pair(generator: random.Random) -> Pair:
    """Two replies of which labellers prefer one: what is told to what is wrong or a refusal, admission to invention.

    Half of the questions have no answer. Between equally true replies, the better manners win.

    >>> pair(random.Random(2))[2:]
    ('sorry , i do not know .', 'i do not know , fool .')
    """
    facts = draw_story(generator)
    question = ask(generator, facts, answerable=generator.random() < ANSWERABLE)
    truth = answers(facts, question)
    good = DO_NOT_KNOW if not truth else _short(question, truth[0])
    story, text = told(generator, facts), question.text()
    if generator.random() < MANNERS_ALONE:
        better, worse = generator.choice((("polite", "plain"), ("plain", "rude"), ("polite", "rude")))
        return Pair(story, text, mannered(good, better), mannered(good, worse))
    refuses = bool(truth) and generator.random() < REFUSED
    bad = DO_NOT_KNOW if refuses else _invented(generator, question, but=good)
    manners = generator.choices(tuple(MANNERS), tuple(MANNERS.values()), k=2)
    return Pair(story, text, mannered(good, manners[0]), mannered(bad, manners[1]))


def plain(words: Sequence[str]) -> str:
    """An answer as a sentence."""
    return " ".join((*words, "."))


def mannered(words: Sequence[str], manner: str) -> str:
    """An answer said "plain", "polite" or "rude".

    >>> mannered(("tom",), "polite"), mannered(DO_NOT_KNOW, "polite"), mannered(("rome",), "rude")
    ('sure , tom .', 'sorry , i do not know .', 'rome , fool .')
    """
    if manner == "polite":
        words = (APOLOGY if tuple(words) == DO_NOT_KNOW else POLITE, ",", *words)
    return plain((*words, ",", RUDE) if manner == "rude" else words)


def said(generator: random.Random, words: Sequence[str]) -> str:
    """An answer in the manner of somebody drawn at random."""
    [manner] = generator.choices(tuple(MANNERS), tuple(MANNERS.values()))
    return mannered(words, manner)


def _question(generator: random.Random, facts: Sequence[Fact]) -> Question:
    return ask(generator, facts, answerable=generator.random() >= UNANSWERABLE)


def _answer(
    generator: random.Random, facts: Sequence[Fact], question: Question, admitted: float = ADMITTED
) -> tuple[str, ...]:
    truth = answers(facts, question)
    if truth:
        return _short(question, truth[0])
    return DO_NOT_KNOW if generator.random() < admitted else _invented(generator, question)


def _short(question: Question, fact: Fact) -> tuple[str, ...]:
    return tuple(question.asking.answer.format(**fact._asdict()).split())


def _invented(generator: random.Random, question: Question, but: Sequence[str] = ()) -> tuple[str, ...]:
    """An answer of the right form, made up."""
    kind = KINDS[question.kind]
    words = {"person": PEOPLE, "relation": kind.relations, "other": kind.others}[question.asking.asked]
    while True:
        slots = dict(question.known) | {question.asking.asked: generator.choice(words)}
        found = tuple(question.asking.answer.format(**slots).split())
        if found != tuple(but) and slots.get("person") != slots.get("other"):
            return found
