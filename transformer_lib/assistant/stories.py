"""Stories and questions, drawn at random; some pairs of person and word are kept out of training."""

from __future__ import annotations

import random
from collections.abc import Sequence

from transformer_lib import checks
from transformer_lib.assistant.facts import (
    KINDS,
    Fact,
    Question,
    answers,
    question_of,
    tell,
)
from transformer_lib.assistant.words import PEOPLE

SPLITS = ("train", "test")
HELD_OUT = 7  # one in so many pairs of person and other word is never told in training
N_FACTS = (2, 5)
THEMED = 0.5
"""Share of stories whose facts are all of one kind: where only one place is told, no name must be matched to find it."""
NEAR = 0.6  # share of unanswerable questions that name somebody of the story
UNASKED = 200  # draws after which a question without answer must have been found


def held_out(fact: Fact) -> bool:
    """Whether this pair of person and other word is kept for tests.

    >>> [held_out(Fact("place", "sally", "visited", place)) for place in ("paris", "berlin")]
    [False, True]
    """
    places = PEOPLE.index(fact.person) + KINDS[fact.kind].others.index(fact.other)
    return places % HELD_OUT == HELD_OUT // 2


def draw(seed: int, answerable: bool = True) -> tuple[str, str]:
    """A story and a question that the story answers, or does not, none of which was trained on.

    The question is about a pair of words that no training story tells, or has no answer.

    Args:
        seed: of the draw; the same seed gives the same pair.
        answerable: whether the story tells the answer.

    Raises:
        ValueError: if the seed is below 0.
        TypeError: if the seed is no whole number, or `answerable` neither True nor False.

    >>> draw(0)
    ('mark was angry because of music . peter hated lamps . mary called lucy .', 'who called lucy ?')
    >>> draw(0, answerable=False)[1]
    'who visited madrid ?'
    """
    checks.count("seed", seed, least=0)
    checks.flag("answerable", answerable)
    generator = random.Random(f"test {seed}")
    facts = draw_story(generator, "test")
    question = ask(generator, facts, answerable, test=True)
    return told(generator, facts), question.text()


def draw_fact(generator: random.Random, split: str = "train", kinds: Sequence[str] = tuple(KINDS)) -> Fact:
    """A fact of one of these kinds; one that is held out for "test", any other for "train"."""
    while True:
        name = generator.choice(kinds)
        kind = KINDS[name]
        fact = Fact(
            name, generator.choice(PEOPLE), generator.choice(kind.relations), generator.choice(kind.others)
        )
        if fact.person != fact.other and held_out(fact) == (split == "test"):
            return fact


def draw_story(generator: random.Random, split: str = "train", n_facts: int | None = None) -> list[Fact]:
    """Facts that leave no question with two answers; in a story for tests the first is held out."""
    n_facts = generator.randint(*N_FACTS) if n_facts is None else n_facts
    facts = [draw_fact(generator, split)]
    kinds = (facts[0].kind,) if generator.random() < THEMED else tuple(KINDS)
    while len(facts) < n_facts:
        fact = draw_fact(generator, kinds=kinds)
        kind = KINDS[fact.kind]
        if not any(answers(facts, question_of(fact, asking)) for asking in kind.askings):
            facts.append(fact)
    return facts


def told(generator: random.Random, facts: Sequence[Fact]) -> str:
    """The facts as text, shuffled, each in one of its two orders."""
    shuffled = generator.sample(list(facts), len(facts))
    return " ".join(tell(fact, generator.randrange(2)) for fact in shuffled)


def ask(generator: random.Random, facts: Sequence[Fact], answerable: bool, *, test: bool = False) -> Question:
    """A question about a story; with `test` and an answer it is about the first fact, which is held out."""
    if answerable:
        fact = facts[0] if test else generator.choice(facts)
        return question_of(fact, generator.choice(KINDS[fact.kind].askings))
    for _ in range(UNASKED):
        fact = draw_fact(generator)
        if generator.random() < NEAR:
            fact = fact._replace(person=generator.choice(facts).person)
        question = question_of(fact, generator.choice(KINDS[fact.kind].askings))
        if fact.person != fact.other and not answers(facts, question):
            return question
    raise ValueError("facts: this story answers every question that was drawn")
