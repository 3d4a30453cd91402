"""What the models read: documents as the internet has them, examples by labellers, pairs of which one is preferred."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle, islice
from typing import NamedTuple

from transformer_lib.assistant.facts import KINDS, Fact, Question, answers, reply_of
from transformer_lib.assistant.stories import N_FACTS, ask, draw_story, once, told
from transformer_lib.assistant.words import APOLOGY, DO_NOT_KNOW, LISTED, PEOPLE, POLITE, RUDE

FORMS = {"exam": 0.47, "retold": 0.3, "list": 0.08, "sheet": 0.09, "forum": 0.06}  # shares of documents
UNTOLD = 0.12  # share of the questions drawn for documents that the story does not answer; .14 once repeats are dropped
UNANSWERABLE = 0.3  # the same of those that labellers answer
ADMITTED = 0.2  # of these, how many the internet admits not to know; the others are invented
MANNERS = {"plain": 0.7, "polite": 0.2, "rude": 0.1}  # of answers on the internet and by labellers
ANSWERABLE = 0.5  # share of the questions about which labellers prefer one reply
MANNERS_ALONE = 0.2  # share of pairs that are equally true
REFUSED = 0.6  # where the story tells the answer: how often the other reply says that it does not know
N_QUESTIONS = {"exam": (3, 5), "sheet": (2, 4), "forum": (1, 1)}
N_RETOLD = (1, 2)  # how often a story is told again: with words repeated, finding them again pays off soon
SAME_ORDER = 0.5  # how often each sentence is told again as it was; else in either of its two orders
PERIOD, LENGTH = (5, 15), (30, 45)  # words of a list that runs over and over, and of all of it
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


def document(generator: random.Random, n_facts: tuple[int, int] = N_FACTS) -> str:
    """A training document: a story, then an exam about it, the story told again, questions alone, or one reply; or a list.

    Args:
        generator: of the draw.
        n_facts: the least and the most that a story tells.

    >>> document(random.Random(5))
    'lucy adored drums . delhi mary visited . again : delhi mary visited . lucy adored drums .'
    """
    [form] = generator.choices(tuple(FORMS), tuple(FORMS.values()))
    if form == "list":
        return listed(generator)
    facts = draw_story(generator, n_facts=n_facts)
    if form == "retold":
        orders = once(generator, facts)
        again = [told(generator, facts, orders)]
        for _ in range(generator.randint(*N_RETOLD)):
            same = generator.random() < SAME_ORDER
            again.append(told(generator, facts, orders if same else once(generator, facts)))
        return " again : ".join(again)
    story = told(generator, facts)
    # none twice: the answer could be copied from above
    n_questions = generator.randint(*N_QUESTIONS[form])
    questions = list(dict.fromkeys(_question(generator, facts, UNTOLD) for _ in range(n_questions)))
    if form == "sheet":
        return " ".join([story, *(question.text() for question in questions)])
    if form == "forum":
        return f"{story} {questions[0].text()} {said(generator, _answer(generator, facts, questions[0]))}"
    solved = (f"{question.text()} {plain(_answer(generator, facts, question))}" for question in questions)
    return " ".join([EXAM, story, *solved])


def listed(generator: random.Random) -> str:
    """A list of words that runs over and over; all of it can be foreseen but the first run.

    >>> len(set(listed(random.Random(0)).split()[2:]))
    11
    """
    words = generator.sample(LISTED, generator.randint(*PERIOD))
    return " ".join(["list :", *islice(cycle(words), generator.randint(*LENGTH))])


def example(generator: random.Random, admitted: float = 0.0) -> Example:
    """An example for instruction tuning; the labeller admits not to know in this share of the cases.

    >>> example(random.Random(1))[1:]
    ('who helped anna ?', 'anna peter helped .')
    """
    facts = draw_story(generator)
    question = _question(generator, facts, UNANSWERABLE)
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
    good = DO_NOT_KNOW if not truth else reply_of(truth[0], question.asking)
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


def _question(generator: random.Random, facts: Sequence[Fact], untold: float) -> Question:
    return ask(generator, facts, answerable=generator.random() >= untold)


def _answer(
    generator: random.Random, facts: Sequence[Fact], question: Question, admitted: float = ADMITTED
) -> tuple[str, ...]:
    truth = answers(facts, question)
    if truth:
        return reply_of(truth[0], question.asking)
    return DO_NOT_KNOW if generator.random() < admitted else _invented(generator, question)


def _invented(generator: random.Random, question: Question, but: Sequence[str] = ()) -> tuple[str, ...]:
    """An answer of the right form, made up."""
    kind = KINDS[question.kind]
    while True:
        slots = {
            "person": generator.choice(PEOPLE),
            "relation": generator.choice(kind.relations),
            "other": generator.choice(kind.others),
        } | dict(question.known)
        found = reply_of(Fact(question.kind, **slots), question.asking)
        if found != tuple(but) and slots["person"] != slots["other"]:
            return found
