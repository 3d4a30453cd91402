"""One grammar, two ways to run it: drawing a sentence at random, and finding how it makes a given sentence.

The grammar is a program that says English words from left to right and builds the French beside them. All its
freedom lies in two questions that it puts to a draft: which construction (`pick`) and which word (`word`). A draft
that draws the answers generates; a draft that knows the sentence lets only those answers through that lead to it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

V = TypeVar("V")
VOWELS = tuple("aeiou")


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
    """Answers every question by chance. Only `Random.random` is used: its numbers are the same in every Python."""

    def __init__(self, rng: random.Random):
        self.words: list[str] = []
        self._random = rng.random

    def say(self, word: str) -> int:
        """Adds an English word and returns its position."""
        self.words.append(word)
        return len(self.words) - 1

    def word(self, options: Mapping[str, V]) -> tuple[int, V]:
        """Says one of the words, each as likely as the others; its position and what it stands for."""
        chosen = tuple(options)[int(self._random() * len(options))]
        return self.say(chosen), options[chosen]

    def pick(self, /, **weights: float) -> str:
        """The name of one construction, by weight; a weight of 0 rules one out."""
        point = self._random() * sum(weights.values())
        for name, weight in weights.items():
            point -= weight
            if point < 0:
                return name
        return next(name for name in reversed(weights) if weights[name])  # rounding left the point at the end


class DeadEnd(Exception):
    """The answers given so far do not lead to the sentence."""


class KnownDraft:
    """Answers so that the words are those of `target`, following `script` and then the first way that is open."""

    def __init__(self, target: Sequence[str], script: Sequence[int]):
        self.words: list[str] = []
        self.answers: list[tuple[int, int]] = []  # at each pick: the answer, and how many there were
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
    """All that `grammar` returns where its English is `target`: depth first over its answers.

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
    """The script that changes the last answer that can still be changed."""
    while answers and answers[-1][0] + 1 == answers[-1][1]:
        answers.pop()
    return [answer for answer, _ in answers[:-1]] + [answers[-1][0] + 1] if answers else None
