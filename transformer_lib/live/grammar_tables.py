"""The words of the grammar with what its rules ask of them, for the page that has the same rules for English."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transformer_lib.data.grammar import clauses, lexicon
from transformer_lib.data.grammar.pairs import MAX_LENGTH
from transformer_lib.data.grammar.words import vocabularies


def tables() -> dict[str, Any]:
    """English words by their part of speech, as page/models/grammar.js reads them; tags are separated by spaces."""
    return {
        "words": list(vocabularies()[0].words),
        "most": MAX_LENGTH,
        "nouns": {
            word: [_tags(noun.tags), plural, noun.feminine, bool(noun.other)]
            for word, (noun, plural) in lexicon.NOUNS.items()
        },
        "masses": {word: _tags(noun.tags) for word, noun in lexicon.MASSES.items()},
        "adjectives": {
            word: [_tags(adjective.tags), adjective.before] for word, adjective in lexicon.ADJECTIVES.items()
        },
        "verbs": [
            [verb.base, verb.third, verb.past, _tags(verb.tags)]
            for verb in lexicon.VERBS.values()
            if verb is not lexicon.BE
        ],
        "names": lexicon.NAMES,
        "professions": list(clauses.PROFESSIONS),
        "conditions": {manner: list(words) for manner, words in clauses.CONDITIONS_IN.items()},
        "absolute": list(clauses.ABSOLUTE),
        "compared": list(clauses.COMPARED),
    }


def _tags(tags: Iterable[str]) -> str:
    return " ".join(sorted(tags))
