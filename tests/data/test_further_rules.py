"""The grammar's further rules: French, alignment, and that nothing which was drawn without them changes."""

import hashlib
from itertools import pairwise

import pytest
from french_by_hand import by_hand as earlier_by_hand
from further_by_hand import by_hand
from thorough import enough

from transformer_lib.data import (
    MAX_LENGTH,
    analyses,
    combinations,
    generate,
    held_out,
    recognises,
    split,
    vocabularies,
)
from transformer_lib.data.grammar.pairs import FURTHER

DIGEST = "cc1bd8b65ecd1e7bb63f92bd3ffd95fbfd88636ed0d259fcef34c883691ec16b"


@pytest.fixture(scope="module")
def pairs():
    return generate(3000, seed=5, further=True)


@pytest.fixture(scope="module")
def many():
    return generate(20_000, seed=0, further=True)


def test_no_sentence_by_hand_stands_twice():
    english = [pair[0] for pair in by_hand() + earlier_by_hand()]
    assert len(set(english)) >= len(english) - 1, "he is a teacher stands beside what differs from it"


@pytest.mark.parametrize(("english", "french"), by_hand())
def test_the_grammar_says_what_a_person_wrote(english, french):
    assert [" ".join(pair.french) for pair in analyses(english)] == [french]


def test_pairs_without_further_rules_are_as_they_were():
    """The digest of the first pairs of seed 0 from before there were further rules: figures of the book rest on them."""
    drawn = repr([(pair.english, pair.french, sorted(pair.alignment)) for pair in generate(5000)])
    assert hashlib.sha256(drawn.encode()).hexdigest() == DIGEST


def test_further_pairs_are_distinct_and_none_is_drawn_without_them(pairs):
    english = {pair.english for pair in pairs}
    assert len(english) == len(pairs)
    assert max(len(side) for pair in pairs for side in pair[:2]) <= MAX_LENGTH
    assert not english & {pair.english for pair in generate(20_000)}
    assert generate(50, seed=1, further=True) == generate(90, seed=1, further=True)[:50]
    assert generate(50, seed=1, further=True) != generate(50, seed=2, further=True)


def test_no_further_sentence_has_two_translations(pairs):
    for pair in enough([pair for pair in pairs if len(pair.english) < 16][:250], 11):
        assert analyses(pair.english) == {pair}


def test_each_further_rule_is_drawn_often(many):
    """Told by a word of French or English that only this rule, or hardly another, brings."""
    told = {
        "it": lambda pair: "it" in pair.english and {"l'", "le", "la"} & set(pair.french),
        "genitive": lambda pair: {"children", "dog", "cat", "man"} & set(before_genitives(pair.english)),
        "identity": lambda pair: {"c'", "ce"} & set(pair.french),
        "pair": lambda pair: "moi" in pair.french,
        "now": lambda pair: {"was", "bought"} & set(pair.english) and "and" in pair.english,
    }
    assert told.keys() == set(FURTHER)
    for rule, shows in told.items():
        assert sum(map(bool, map(shows, many))) > 200, rule


def before_genitives(english):
    return [word for word, after in pairwise(english) if after == "'s"]


def test_it_takes_the_gender_of_what_it_stands_for_often_enough_to_be_learnt(many):
    for participle in ("vue", "achetée", "reçue", "ouverte", "écrite", "bue", "donnée", "mangée"):
        said = [pair for pair in many if participle in pair.french]
        assert len(said) >= 10, participle
        assert all("it" in pair.english or "her" in pair.english for pair in said)


def test_the_vocabularies_hold_the_words_of_further_rules_and_no_others(many):
    (english, french), earlier = vocabularies(further=True), vocabularies()
    assert english == earlier[0], "further rules need no other English words"
    said = {word for pair in many for word in pair.french}
    assert said <= set(french.words)
    more = set(french.words) - set(earlier[1].words)
    assert set(earlier[1].words) < set(french.words)
    assert more <= said
    assert list(french.words[3:]) == sorted(french.words[3:])


def test_further_pairs_are_split_as_all_others_are(pairs):
    splits = split(pairs)
    assert splits == split(3000, seed=5, further=True)
    assert sum(map(len, splits)) == len(pairs)
    for part in splits[:3]:
        assert not any(held_out(*found) for pair in part for found in combinations(pair.english))
    assert len(splits.train) / len(pairs) > 0.8
    assert min(map(len, splits)) > 50


ALIGNED = [  # each French word with the English words that it comes from
    ("tom saw it .", "tom<tom l'<it a<saw vu<saw .<."),
    ("tom did not see it .", "tom<tom ne<not l'<it a<did pas<not vu<see .<."),
    ("he gives it to paul .", "il<he le<it donne<gives à<to paul<paul .<."),
    ("the cat 's house is big .", "la<'s maison<house du<'s,the chat<cat est<is grande<big .<."),
    (
        "the children 's books are old .",
        "les<'s livres<books des<'s,the enfants<children sont<are vieux<old .<.",
    ),
    ("this is a cat .", "c'<this est<is un<a chat<cat .<."),
    ("they are women .", "ce<they sont<are des<women femmes<women .<."),
    ("that is not my book .", "ce<that n'<not est<is pas<not mon<my livre<book .<."),
    ("they are friends .", "ils<they sont<are amis<friends .<."),
    ("paul and i are late .", "paul<paul et<and moi<i sommes<are en<late retard<late .<."),
    ("paul and sally are happy .", "paul<paul et<and sally<sally sont<are contents<happy .<."),
]


@pytest.mark.parametrize(("english", "linked"), ALIGNED)
def test_words_are_linked_as_a_person_linked_them(english, linked):
    [pair] = analyses(english)
    found = []
    for target, word in enumerate(pair.french):
        sources = [pair.english[s] for s, t in sorted(pair.alignment) if t == target]
        found.append(f"{word}<{','.join(sorted(sources, key=linked.find))}")
    expected = [
        f"{word}<{','.join(sorted(sources.split(','), key=linked.find))}"
        for word, _, sources in (one.partition("<") for one in linked.split(" "))
    ]
    assert found == expected


def test_only_the_commas_and_the_à_that_english_lacks_come_from_nowhere(pairs):
    for english, french, alignment in pairs:
        assert {french[target] for target in set(range(len(french))) - {t for _, t in alignment}} <= {
            ",", "à", "au", "aux",
        }  # fmt: skip
        lost = {english[source] for source in set(range(len(english))) - {s for s, _ in alignment}}
        assert lost <= {"do", "does", "did", "a", "to"}, english


@pytest.mark.parametrize(
    "english",
    [
        "it saw it .",
        "tom saw that .",
        "they is women .",
        "these is a cat .",
        "she is my brother .",
        "paul and sally is happy .",
        "paul and i am happy .",
        "the girls 's books are old .",
        "he is a woman .",
    ],
)
def test_what_no_rule_makes_is_refused(english):
    assert not recognises(english)
