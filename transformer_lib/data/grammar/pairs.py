"""Sentence pairs with gold word alignment: generated, parsed, and split into training, validation and tests."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from transformer_lib.data.grammar.drafts import RandomDraft, derivations, spell
from transformer_lib.data.grammar.elision import Token
from transformer_lib.data.grammar.lexicon import ADJECTIVES, NOUNS
from transformer_lib.data.grammar.sentences import sentence
from transformer_lib.text.vocabulary import detokenise, tokenise

MAX_LENGTH = 32  # words of a sentence, in either language
# One (adjective, noun) in 12 is held out, and of the other sentences one in 25 for test and one for validation.
_COMBINATIONS, _SENTENCES = 12, 25
FURTHER = ("it", "genitive", "identity", "pair", "now")
"""The further rules: *it* as an object; owners that are animals, things or several; *this is a cat*; two subjects; a
present after a past, *tom bought a car and he likes it*."""
_FURTHER_SEEDS = 1 << 32  # the further pairs of a seed are not drawn with the numbers of its others


class Pair(NamedTuple):
    """A sentence, its translation, and which French word comes from which English word.

    `alignment` holds positions (source, target), counted from 0, without <bos> and <eos>. The comma that French
    sets where English has none, and the *à* of *gives paul a book*, come from no English word. These become no
    French word: *do*, *does*, the *did* of an imperfect, the *a* of *is a doctor*, the *to* of *speaks to him*.
    """

    english: tuple[str, ...]
    french: tuple[str, ...]
    alignment: frozenset[tuple[int, int]]


class Splits(NamedTuple):
    """Distinct pairs: a training set, and three held-out sets."""

    train: list[Pair]
    validation: list[Pair]
    test_sentences: list[Pair]  # new sentences of known combinations
    test_combinations: list[Pair]  # sentences with an adjective–noun combination that is not in training


def generate(n: int, seed: int = 0, *, further: bool = False) -> list[Pair]:
    """`n` distinct pairs; for one seed, a smaller `n` gives a prefix of a larger one.

    Args:
        n: how many.
        seed: of the draw.
        further: draw sentences that use a further rule (`FURTHER`), and no others; by default there are none.

    Raises:
        ValueError: if `n` is negative.

    >>> generate(2, seed=1) == generate(9, seed=1)[:2]
    True
    """
    if n < 0:
        raise ValueError(f"expected a number of pairs, got {n}")
    rng = random.Random(seed + _FURTHER_SEEDS * further)
    drawn: dict[tuple[str, ...], Pair] = {}
    while len(drawn) < n:
        draft = RandomDraft(rng, further)
        french = sentence(draft)
        if further and not draft.rules:
            continue
        if max(len(draft.words), len(french)) <= MAX_LENGTH:
            pair = _pair(spell(draft.words), french)
            drawn.setdefault(pair.english, pair)
    return list(drawn.values())


def _pair(english: tuple[str, ...], french: list[Token]) -> Pair:
    links = frozenset((source, target) for target, token in enumerate(french) for source in token.sources)
    return Pair(english, tuple(token.word for token in french), links)


def analyses(english: str | Sequence[str]) -> set[Pair]:
    """All parses of an English sentence: one pair, or none if the grammar does not generate it.

    >>> [pair.french for pair in analyses("she is happy .")]
    [('elle', 'est', 'contente', '.')]
    """
    words = tokenise(english) if isinstance(english, str) else tuple(english)
    return {_pair(words, french) for french in derivations(words, sentence)}


def recognises(english: str | Sequence[str]) -> bool:
    """Whether the grammar makes this sentence. The page has the same rules (page/models/grammar.js).

    >>> recognises("tom saw it ."), recognises("tom saw that .")
    (True, False)
    """
    words = tokenise(english) if isinstance(english, str) else tuple(english)
    return len(words) <= MAX_LENGTH and any(True for _ in derivations(words, sentence))


def translate_gold(english: str | Sequence[str]) -> str:
    """The grammar's own translation of a sentence.

    Raises:
        ValueError: if the grammar does not generate this sentence.

    >>> translate_gold("i am happy .")
    'je suis content .'
    """
    found = {pair.french for pair in analyses(english)}
    if len(found) != 1:
        raise ValueError(f"the grammar makes {len(found)} translations of {english!r}")
    return detokenise(found.pop())


def combinations(english: Sequence[str]) -> set[tuple[str, str]]:
    """The adjectives that stand before a noun, each with the noun's singular.

    >>> combinations("the old men like small red cars .".split()) == {("old", "man"), ("small", "car"), ("red", "car")}
    True
    """
    found: set[tuple[str, str]] = set()
    before: list[str] = []
    for word in english:
        if word in NOUNS:
            found |= {(adjective, NOUNS[word][0].english) for adjective in before}
        before = [*before, word] if word in ADJECTIVES else []
    return found


@cache
def held_out(adjective: str, noun: str) -> bool:
    """Whether a combination is kept from training."""
    return _hash(f"{adjective} {noun}") % _COMBINATIONS == 0


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())  # the same in every process, unlike Python's own


def split(pairs: Sequence[Pair] | int, seed: int = 0, *, further: bool = False) -> Splits:
    """Sort pairs, or that many new ones, into training, validation and two tests.

    The split depends only on the sentence, so a training set never overlaps a test set of another seed.

    Args:
        pairs: the pairs, or how many to generate.
        seed: of the pairs to generate.
        further: generate pairs that use a further rule.

    >>> splits = split(1000)
    >>> sum(map(len, splits)), len(splits.train) > 750
    (1000, True)
    """
    splits = Splits([], [], [], [])
    seen: set[tuple[str, ...]] = set()
    for pair in generate(pairs, seed, further=further) if isinstance(pairs, int) else pairs:
        if pair.english in seen:
            continue
        seen.add(pair.english)
        turn = _hash(" ".join(pair.english)) % _SENTENCES
        if any(held_out(*combination) for combination in combinations(pair.english)):
            splits.test_combinations.append(pair)
        elif turn > 1:
            splits.train.append(pair)
        else:
            (splits.validation if turn else splits.test_sentences).append(pair)
    return splits
