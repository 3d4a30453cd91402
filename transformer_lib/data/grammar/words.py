"""The vocabularies of the grammar: every word that it can generate, from its tables and not from a sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from transformer_lib.data.grammar import lexicon, phrases, pronouns, verbs
from transformer_lib.data.grammar.actions import BIRTHDAY
from transformer_lib.data.grammar.clauses import FEELINGS, PROFESSIONS
from transformer_lib.data.grammar.elision import BEFORE_VOWEL, CONTRACTED, ELIDED
from transformer_lib.text.vocabulary import Vocabulary

_ENGLISH = """
. , : ; 's an and at because behind birthday but day did do does for in late more near not older on than that there
to today very when with yesterday
"""
_FRENCH = """
. , : ; anniversaire au aujourd'hui avec dans derrière elle elles en et hier il jours mais parce plus pour près quand
retard sur tous très un une y à pas
"""


# French words that only further rules say; of English they need no others.
_FURTHER = "c' moi amies voisines écrite achetée mangée bue reçue ouverte donnée"


@cache
def vocabularies(further: bool = False) -> tuple[Vocabulary, Vocabulary]:
    """The English and the French vocabulary, in alphabetical order; `further`: with the words of the further rules.

    >>> english, french = vocabularies()
    >>> english.decode(english.encode("sally adored reading .")), "lecture" in french
    (['sally', 'adored', 'reading', '.'], True)
    """
    more = _FURTHER.split() if further else []
    return Vocabulary(sorted(set(_english()))), Vocabulary(sorted({*_french(), *more}))


def _determiners() -> dict[str, phrases.Determiner]:
    several = phrases.SINGLE | phrases.SEVERAL | phrases.EVERY
    return phrases.DEFINITE | several | phrases.NEGATED | phrases.POSSESSIVE


def _adjectives() -> Iterable[lexicon.Adjective]:
    return (*lexicon.ADJECTIVES.values(), *lexicon.STATES.values(), lexicon.OLDER)


def _english() -> Iterator[str]:
    yield from _ENGLISH.split()
    for table in (
        lexicon.NOUNS,
        lexicon.MASSES,
        lexicon.ADJECTIVES,
        lexicon.STATES,
        lexicon.NAMES,
        _determiners(),
    ):
        yield from table
    for table in (pronouns.PRONOUNS, verbs.CLITICS, verbs.ADVERBS, FEELINGS, PROFESSIONS):
        yield from table
    for verb in lexicon.VERBS.values():
        yield from (
            (verbs.BE_PRESENT + verbs.BE_PAST) if verb is lexicon.BE else (verb.base, verb.third, verb.past)
        )


def _french() -> Iterator[str]:
    yield from _FRENCH.split()
    yield from (
        *lexicon.NAMES,
        *ELIDED,
        *ELIDED.values(),
        *BEFORE_VOWEL,
        *BEFORE_VOWEL.values(),
        *CONTRACTED.values(),
    )
    yield from (*verbs.ADVERBS.values(), *FEELINGS.values(), *PROFESSIONS.values())
    yield from (french for _, french in BIRTHDAY.values())
    yield from (french for french, _ in pronouns.PRONOUNS.values())
    yield from (clitic for accusative, dative, _ in verbs.CLITICS.values() for clitic in (accusative, dative))
    for article in _determiners().values():
        yield from f"{article.masculine} {article.feminine} {article.plural}".split()
    for noun in (noun for noun, _ in lexicon.NOUNS.values()):
        yield from filter(None, (noun.singular, noun.other))
    yield from (noun.plural for noun, plural in lexicon.NOUNS.values() if plural)
    yield from (noun.singular for noun in lexicon.MASSES.values())
    for adjective in _adjectives():
        yield from filter(None, (*adjective.forms, adjective.vowel))
    for verb in lexicon.VERBS.values():
        yield from verb.present
        yield from (verb.imperfect + ending for ending in verbs.IMPERFECT if verb.imperfect)
        yield from (verb.participle + ending for ending in _endings(verb))


def _endings(verb: lexicon.Verb) -> tuple[str, ...]:
    """Endings of the participle: agreement with the subject of *être*, with a direct clitic, or none."""
    if not verb.participle:
        return ()
    return ("", "e", "s", "es") if verb.with_be else ("", "e", "s") if "sees" in verb.tags else ("",)
