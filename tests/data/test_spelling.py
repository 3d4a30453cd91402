"""English as people type it, French as one writes it, and the sentences that the grammar makes."""

import random

import pytest

from transformer_lib.data import (
    MAX_LENGTH,
    as_sentence,
    generate,
    goes_on,
    read_typed,
    recognises,
    vocabularies,
)
from transformer_lib.data.grammar.drafts import RandomDraft, derivations, spell
from transformer_lib.data.grammar.lexicon import NAMES
from transformer_lib.data.grammar.sentences import sentence
from transformer_lib.data.grammar.spelling import CAPITALISED, CONTRACTIONS
from transformer_lib.text.vocabulary import tokenise

OUTSIDERS = [
    "the girls 's books are old .",
    "tom saw that .",
    "they is women .",
    "paul and sally is happy .",
    "these is a cat .",
    "is this a cat .",
    "i am happy",
    "i is happy .",
    "a apple is red .",
    "she has an car .",
    "happy happy happy .",
    ". . .",
    "i am happy . i am happy .",
    "paul is older than paul .",
    "when she arrived .",
    "xyzzy .",
    "",
]


@pytest.mark.parametrize(
    ("typed", "words", "written_out", "stopped"),
    [
        ("i am happy .", "i am happy .", False, False),
        ("I'm happy.", "i am happy .", True, False),
        ("I’m happy", "i am happy .", True, True),
        ("It isn't red; they don't like it", "it is not red ; they do not like it .", True, True),
        ("There's a cat, and she's ill.", "there is a cat , and she is ill .", True, False),
        ("Sally's car is red.", "sally 's car is red .", False, False),
        ("I can't sing!", "i can't sing !", False, False),
        ("is she happy?", "is she happy ?", False, False),
        ("happy ,", "happy , .", False, True),
        ("", "", False, False),
    ],
)
def test_contractions_are_written_out_and_a_missing_stop_is_added(typed, words, written_out, stopped):
    assert read_typed(typed) == (tuple(words.split()), written_out, stopped)
    assert read_typed(tokenise(typed)) == read_typed(typed)
    assert read_typed(read_typed(typed).words) == (tuple(words.split()), False, False)


def test_contractions_are_of_words_that_the_grammar_has_and_names_are_its_names():
    known = vocabularies()[0]
    assert set(CAPITALISED) == set(NAMES)
    for short, full in CONTRACTIONS.items():
        assert tokenise(short) == (short,), "it must be one word to be found"
        assert all(word in known for word in full), short
        assert short not in known


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("le chat dort .", "Le chat dort."),
        ("l' ami d' anna n' est pas prêt .", "L'ami d'Anna n'est pas prêt."),
        ("sally dit : je suis contente .", "Sally dit : je suis contente."),
        ("quand il est fatigué , paul dort ; il dort .", "Quand il est fatigué, Paul dort ; il dort."),
        ("à", "À"),
        ("", ""),
    ],
)
def test_french_words_are_written_as_text(words, text):
    assert as_sentence(words.split()) == text
    assert tokenise(text) == tuple(words.split())


@pytest.mark.parametrize("words", ["i am . you are", ". i", "a ! b ."])
def test_what_follows_an_end_goes_on(words):
    assert goes_on(words.split())


@pytest.mark.parametrize("words", ["i am", "i am .", ". . .", "i am . '", ""])
def test_signs_after_an_end_are_no_second_sentence(words):
    assert not goes_on(words.split())


def test_every_sentence_that_is_drawn_is_recognised():
    for pair in generate(307, seed=23):
        assert recognises(pair.english), pair.english


@pytest.mark.parametrize("english", OUTSIDERS)
def test_a_sentence_that_the_grammar_does_not_make_is_not(english):
    assert not recognises(english.split())


def test_a_sentence_longer_than_any_of_training_is_not():
    draft = RandomDraft(random.Random(0))
    while len(draft.words) <= MAX_LENGTH:
        draft.words.clear()
        sentence(draft)
    assert any(True for _ in derivations(spell(draft.words), sentence)), "the rules alone would make it"
    assert not recognises(spell(draft.words))
