"""French words with their alignment to English, and the rules of elision and contraction."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

ELIDED = {"le": "l'", "la": "l'", "je": "j'", "ne": "n'", "de": "d'", "que": "qu'", "me": "m'", "te": "t'"}
BEFORE_VOWEL = {"ma": "mon", "ta": "ton", "sa": "son", "ce": "cet"}
CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}


class Token(NamedTuple):
    """A French word and the positions of the English words that it translates; none if it has no counterpart."""

    word: str
    sources: tuple[int, ...] = ()


def tokens(words: str, *sources: int) -> list[Token]:
    """The words of a phrase, all aligned to the same English words."""
    return [Token(word, sources) for word in words.split()]


def starts_with_vowel(word: str) -> bool:
    """Whether the word begins with a vowel sound; every h of this corpus is mute.

    >>> [starts_with_vowel(word) for word in ("école", "hôtel", "y", "pomme")]
    [True, True, True, False]
    """
    return unicodedata.normalize("NFD", word)[:1] in tuple("aehiouyœ")


def join(words: Iterable[Token]) -> list[Token]:
    """Apply elision, *mon* before a vowel (*mon amie*), *cet*, then contraction.

    >>> [word for word, _ in join(tokens("près de le hôtel de le garçon et de ma amie"))]
    ['près', 'de', "l'", 'hôtel', 'du', 'garçon', 'et', 'de', 'mon', 'amie']
    """
    joined: list[Token] = []
    following = Token(".")
    for token in reversed(list(words)):
        if starts_with_vowel(following.word):
            word = ELIDED.get(token.word) or BEFORE_VOWEL.get(token.word, token.word)
        else:
            word = token.word
        if (word, following.word) in CONTRACTED:
            following = Token(CONTRACTED[word, following.word], _merge(token.sources, following.sources))
            joined[-1] = following
        else:
            following = Token(word, token.sources)
            joined.append(following)
    return joined[::-1]


def _merge(some: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
    return some + tuple(source for source in more if source not in some)
