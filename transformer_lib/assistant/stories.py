"""Stories and questions, drawn at random; one story in seven is kept out of training."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from transformer_lib import checks
from transformer_lib.assistant.facts import (
    KINDS,
    NAMED_FIRST,
    NAMED_LAST,
    Fact,
    Question,
    answers,
    question_of,
    tell,
)
from transformer_lib.assistant.words import PEOPLE

SPLITS = ("train", "test")
HELD_OUT = 7  # one in so many stories is never told in training
N_FACTS = (2, 4)
BOTH = (NAMED_FIRST, NAMED_LAST)
THEMED = 0.7
"""Share of stories whose facts are all of one kind: where only one place is told, no name must be matched to find it."""
NEAR = 0.6  # share of unanswerable questions that name somebody of the story
UNASKED = 200  # draws after which a question without answer must have been found


def held_out(facts: Sequence[Fact]) -> bool:
    """Whether a story that tells these facts, in whatever order and words, is kept for tests.

    Each fact and each pair of words is told in training, so that none can be known by its absence.

    >>> visit = Fact("place", "sally", "visited", "berlin")
    >>> held_out([visit]), held_out([visit, Fact("place", "tom", "visited", "paris")])
    (True, False)
    """
    places = (PEOPLE.index(fact.person) + KINDS[fact.kind].others.index(fact.other) for fact in facts)
    return sum(places) % HELD_OUT == HELD_OUT // 2


def draw(seed: int, answerable: bool = True) -> tuple[str, str]:
    """A story that no model has seen in training, and a question that it answers, or does not.

    The story tells each fact in both orders, as `told` does.

    Args:
        seed: of the draw; the same seed gives the same pair.
        answerable: whether the story tells the answer.

    Raises:
        ValueError: if the seed is below 0.
        TypeError: if the seed is no whole number, or `answerable` neither True nor False.

    >>> draw(3)
    ('lamps tom sold . tom sold lamps . sally adored maps . maps sally adored .', 'what did tom sell ?')
    >>> draw(3, answerable=False)[1]
    'who did paul help ?'
    """
    checks.count("seed", seed, least=0)
    checks.flag("answerable", answerable)
    generator = random.Random(f"test {seed}")
    facts = draw_story(generator, "test")
    question = ask(generator, facts, answerable)
    return told(generator, facts), question.text()


def draw_fact(generator: random.Random, kinds: Sequence[str] = tuple(KINDS)) -> Fact:
    """A fact of one of these kinds."""
    while True:
        name = generator.choice(kinds)
        kind = KINDS[name]
        fact = Fact(
            name, generator.choice(PEOPLE), generator.choice(kind.relations), generator.choice(kind.others)
        )
        if fact.person != fact.other:
            return fact


def draw_story(
    generator: random.Random, split: str = "train", n_facts: tuple[int, int] = N_FACTS
) -> list[Fact]:
    """Facts that leave no question with two answers, from so many to so many; held out for "test", else for "train"."""
    while True:
        facts = [draw_fact(generator)]
        kinds = (facts[0].kind,) if generator.random() < THEMED else tuple(KINDS)
        wanted = generator.randint(*n_facts)
        while len(facts) < wanted:
            fact = draw_fact(generator, kinds)
            kind = KINDS[fact.kind]
            if not any(answers(facts, question_of(fact, asking)) for asking in kind.askings):
                facts.append(fact)
        if held_out(facts) == (split == "test"):
            return facts


def told(
    generator: random.Random, facts: Sequence[Fact], orders: Mapping[Fact, Sequence[int]] | None = None
) -> str:
    """The facts as text, shuffled, each in the orders that are given for it, or in both.

    What a question asks for then stands behind what it names, in one of the two: there an induction head finds it.
    """
    sentences = [tell(fact, order) for fact in facts for order in (BOTH if orders is None else orders[fact])]
    return " ".join(generator.sample(sentences, len(sentences)))


def once(generator: random.Random, facts: Sequence[Fact]) -> dict[Fact, list[int]]:
    """For each fact one of its two orders."""
    return {fact: [generator.choice(BOTH)] for fact in facts}


def ask(generator: random.Random, facts: Sequence[Fact], answerable: bool) -> Question:
    """A question about a story that it answers, or does not."""
    if answerable:
        fact = generator.choice(facts)
        return question_of(fact, generator.choice(KINDS[fact.kind].askings))
    for _ in range(UNASKED):
        fact = draw_fact(generator)
        if generator.random() < NEAR:
            fact = fact._replace(person=generator.choice(facts).person)
        question = question_of(fact, generator.choice(KINDS[fact.kind].askings))
        if fact.person != fact.other and not answers(facts, question):
            return question
    raise ValueError("facts: this story answers every question that was drawn")
