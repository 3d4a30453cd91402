"""Two ways to run the grammar: generating a random sentence, and parsing a given one.

The grammar is a program that emits English words from left to right and builds the French beside them. It leaves
two choices to a draft: which construction (`pick`) and which word (`word`). A draft that chooses at random
generates; a draft that knows the sentence admits only the choices that lead to it, and so parses.

Some rules are further ones (`further`): a random draft takes them only when asked to, a known one always may.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

V = TypeVar("V")
VOWELS = tuple("aeiou")
EAGER = 0.5  # share of random drafts with further rules that name things and take them up as *it*, wherever they can


class Thing(NamedTuple):
    """A thing or an animal that a sentence has named, and that *it* may stand for."""

    tags: frozenset[str]
    feminine: bool


def spell(words: Sequence[str]) -> tuple[str, ...]:
    """The English words with *an* for *a* where a vowel follows.

    >>> spell(["a", "old", "car"])
    ('an', 'old', 'car')
    """
    following = [*words[1:], ""] if words else []
    return tuple(
        "an" if word == "a" and after.startswith(VOWELS) else word
        for word, after in zip(words, following, strict=True)
    )


class RandomDraft:
    """Makes every choice at random. Only `Random.random` is used: its numbers are the same in every Python.

    Without the further rules it draws what it drew before there were any.
    """

    def __init__(self, rng: random.Random, further: bool = False):
        self.words: list[str] = []
        self.further = further
        self.rules: set[str] = set()  # the further rules that the sentence uses
        self.things: list[Thing] = []
        self._random = rng.random
        self.eager = further and rng.random() < EAGER

    def say(self, word: str) -> int:
        """Add an English word and return its position."""
        self.words.append(word)
        return len(self.words) - 1

    def word(self, options: Mapping[str, V]) -> tuple[int, V]:
        """Add one of the words, uniformly at random; returns its position and its entry."""
        chosen = tuple(options)[int(self._random() * len(options))]
        return self.say(chosen), options[chosen]

    def pick(self, /, **weights: float) -> str:
        """The name of one construction, by weight; a weight of 0 rules one out."""
        point = self._random() * sum(weights.values())
        for name, weight in weights.items():
            point -= weight
            if point < 0:
                return name
        return next(
            name for name in reversed(weights) if weights[name]
        )  # rounding left the point beyond the last weight


class DeadEnd(Exception):
    """The choices made so far do not lead to the sentence."""


class KnownDraft:
    """Makes the choices that produce `target`: first those of `script`, then the first possible one each time."""

    further, eager = True, False

    def __init__(self, target: Sequence[str], script: Sequence[int]):
        self.words: list[str] = []
        self.rules: set[str] = set()
        self.things: list[Thing] = []
        self.answers: list[tuple[int, int]] = []  # for each pick: the choice, and the number of options
        self._target = target
        self._script = script

    def say(self, word: str) -> int:
        position = len(self.words)
        if position >= len(self._target) or self._target[position] != word:
            raise DeadEnd
        self.words.append(word)
        return position

    def word(self, options: Mapping[str, V]) -> tuple[int, V]:
        position = len(self.words)
        if position >= len(self._target) or self._target[position] not in options:
            raise DeadEnd
        return self.say(self._target[position]), options[self._target[position]]

    def pick(self, /, **weights: float) -> str:
        names = [name for name, weight in weights.items() if weight]
        turn = len(self.answers)
        answer = self._script[turn] if turn < len(self._script) else 0
        self.answers.append((answer, len(names)))
        return names[answer]


Draft = RandomDraft | KnownDraft


def derivations(target: Sequence[str], grammar: Callable[[Draft], V]) -> Iterator[V]:
    """All that `grammar` returns where its English is `target`: depth-first search over its choices.

    >>> def greeting(draft):
    ...     draft.say("hello")
    ...     return draft.word({"sally": "F", "paul": "M"})
    >>> list(derivations(["hello", "paul"], greeting)), list(derivations(["hello", "you"], greeting))
    ([(1, 'M')], [])
    """
    plain = ["a" if word == "an" else word for word in target]
    if spell(plain) != tuple(target):
        return
    script: list[int] | None = []
    while script is not None:
        draft = KnownDraft(plain, script)
        try:
            result = grammar(draft)
        except DeadEnd:
            pass
        else:
            if len(draft.words) == len(plain):
                yield result
        script = _next(draft.answers)


def _next(answers: list[tuple[int, int]]) -> list[int] | None:
    """The next script in depth-first order: the last choice that has a further option takes it."""
    while answers and answers[-1][0] + 1 == answers[-1][1]:
        answers.pop()
    return [answer for answer, _ in answers[:-1]] + [answers[-1][0] + 1] if answers else None
