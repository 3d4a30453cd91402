"""The grammar: French, alignment, splits and corpus. Long: one claim for each rule of French."""

import subprocess
import sys
from itertools import pairwise

import pytest
import torch
from french_by_hand import by_hand
from hypothesis import given
from hypothesis import strategies as st
from thorough import enough

from transformer_lib.data import (
    MAX_LENGTH,
    analyses,
    batches,
    combinations,
    encode_pairs,
    generate,
    held_out,
    pad,
    split,
    translate_gold,
    vocabularies,
)
from transformer_lib.data.grammar.drafts import RandomDraft
from transformer_lib.data.grammar.elision import Token, join, starts_with_vowel, tokens
from transformer_lib.text.vocabulary import UnknownWordsError, Vocabulary, detokenise, tokenise


@pytest.fixture(scope="module")
def pairs():
    return generate(20_000, seed=5)


@pytest.fixture(scope="module")
def splits(pairs):
    return split(pairs)


# The French


def test_there_are_enough_pairs_by_hand_and_none_twice():
    english = [pair[0] for pair in by_hand()]
    assert len(english) >= 150
    assert len(set(english)) == len(english)


@pytest.mark.parametrize(("english", "french"), by_hand())
def test_the_grammar_says_what_a_person_wrote(english, french):
    assert [" ".join(pair.french) for pair in analyses(english)] == [french]


def test_a_sentence_may_be_typed_as_usual():
    assert translate_gold("I am happy.") == "je suis content ."
    assert translate_gold("Anna's dog slept.") == "le chien d'anna a dormi ."


@pytest.mark.parametrize(
    "english",
    [
        "i am happy",
        "am i happy .",
        "i is happy .",
        "a apple is red .",
        "she has an car .",
        "anna says : she am late .",
        "sally adored",
        "",
    ],
)
def test_a_sentence_outside_the_grammar_is_refused(english):
    with pytest.raises(ValueError, match="makes 0 translations"):
        translate_gold(english)


def test_no_english_sentence_has_two_translations(pairs):
    for pair in enough(pairs[:250], 5):
        assert analyses(pair.english) == {pair}


VOWELS = tuple("aàâeéèêiîoôuûyhœ")


def test_no_word_stands_unelided_or_uncontracted(pairs):
    for _, french, _ in pairs:
        for word, after in pairwise(french):
            if after.startswith(VOWELS):
                assert word not in {"je", "ne", "le", "la", "de", "que", "me", "te", "ce", "ma", "ta", "sa"}
            if word.endswith("'"):
                assert after.startswith(VOWELS)
            assert (word, after) not in {("de", "le"), ("de", "les"), ("à", "le"), ("à", "les")}
            if word in {"bel", "vieil", "nouvel", "cet"}:
                assert after.startswith(VOWELS)


def test_every_negation_has_two_halves(pairs):
    for _, french, _ in pairs:
        first = sum(word in {"ne", "n'"} for word in french)
        assert first == sum(word in {"pas", "jamais"} for word in french)


# Properties of the corpus


def test_the_corpus_is_as_large_and_long_as_it_says(pairs):
    english = [len(pair.english) for pair in pairs]
    french = [len(pair.french) for pair in pairs]
    assert len({pair.english for pair in pairs}) == len(pairs)
    assert max(english + french) <= MAX_LENGTH
    assert 9.5 < sum(english) / len(pairs) < 11
    assert 10.5 < sum(french) / len(pairs) < 12.5


def test_there_are_more_than_a_hundred_thousand_pairs(pairs):
    """Capture–recapture: draws of n and m that share k suggest n m / k in all, too few if they are not equally likely."""
    known = {pair.english for pair in pairs}
    again = generate(5000, seed=6)
    shared = sum(pair.english in known for pair in again)
    assert len(pairs) * len(again) / shared > 100_000


def test_most_pairs_change_the_order_of_words(pairs):
    def keeps_order(pair):
        by_target = sorted((target, source) for source, target in pair.alignment)
        sources = [source for _, source in by_target]
        return sources == sorted(sources)

    assert sum(map(keeps_order, pairs)) < len(pairs) / 2


def test_the_vocabularies_are_the_words_that_are_said_and_no_others(pairs):
    for side, vocabulary in enumerate(vocabularies()):
        said = {word for pair in pairs for word in pair[side]}
        assert said <= set(vocabulary.words)
        assert set(vocabulary.words[3:]) - said == set()


def test_every_sentence_survives_being_typed(pairs):
    for pair in pairs[:2000]:
        assert tokenise(detokenise(pair.english)) == pair.english
        assert tokenise(detokenise(pair.french)) == pair.french


def test_the_deck_is_in_the_vocabulary():
    english, _ = vocabularies()
    english.encode(
        "Sally adored reading; when she received a book for her birthday she was older. I am happy."
    )


def test_the_seed_alone_decides_the_pairs():
    assert generate(50, seed=1) == generate(200, seed=1)[:50]
    assert generate(50, seed=1) != generate(50, seed=2)
    assert generate(0) == []
    with pytest.raises(ValueError, match="-1"):
        generate(-1)


def listing(splits):
    return repr([[(pair.english, pair.french, sorted(pair.alignment)) for pair in part] for part in splits])


def test_another_process_draws_the_same_pairs_and_the_same_split():
    program = (
        "from transformer_lib.data import split;"
        "print(repr([[(p.english, p.french, sorted(p.alignment)) for p in part] for part in split(300)]))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "71", "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert other.stdout.strip() == listing(split(300))


# The alignment

BY_HAND_ALIGNED = [  # each French word with the English words that it comes from
    "je<i suis<am content<happy .<.",
    "sally<sally adorait<adored la<reading lecture<reading .<.",
    "paul<paul ne<not voit<see pas<not la<the voiture<car rouge<red .<.",
    "elle<she n'<not a<did pas<not mangé<eat la<the pomme<apple .<.",
    "elle<she est<left partie<left hier<yesterday .<.",
    "paul<paul l'<her a<saw vue<saw .<.",
    "il<he lui<him donne<gives un<a petit<small chapeau<hat noir<black .<.",
    "elle<she donne<gives le<the livre<book à<to paul<paul .<.",
    "elle<she donne<gives le<the livre<book à< paul<paul .<.",
    "la<'s voiture<car rouge<red de<'s sally<sally est<is vieille<old .<.",
    "le<'s chien<dog du<the,'s professeur<teacher dort<sleeps .<.",
    "il<he parle<speaks au<to,the professeur<teacher .<.",
    "il<there y<there a<is un<a oiseau<bird près<near de<near la<the maison<house .<.",
    "j'<i ai<am très<very faim<hungry .<.",
    "elle<she était<was plus<older âgée<older que<than paul<paul .<.",
    "tu<you es<are en<late retard<late .<.",
    "elle<she aime<likes les<cats chats<cats noirs<black .<.",
    "nous<we buvons<drink de<water l'<water eau<water .<.",
    "nous<we allons<go à<to l'<the école<school tous<every les<every jours<day .<.",
    "beaucoup<many d'<many enfants<children chantent<sing .<.",
    "mon<my ami<friend paul<paul ne<never chante<sings jamais<never .<.",
    "elle<she est<is médecin<doctor .<.",
    "quand<when il<he est<is fatigué<tired ,<, il<he dort<sleeps .<.",
    "quand<when il<he est<is fatigué<tired ,< il<he dort<sleeps .<.",
    "il<he mange<eats parce<because qu'<because il<he a<is faim<hungry .<.",
]
ENGLISH = [
    "i am happy .",
    "sally adored reading .",
    "paul does not see the red car .",
    "she did not eat the apple .",
    "she left yesterday .",
    "paul saw her .",
    "he gives him a small black hat .",
    "she gives the book to paul .",
    "she gives paul the book .",
    "sally 's red car is old .",
    "the teacher 's dog sleeps .",
    "he speaks to the teacher .",
    "there is a bird near the house .",
    "i am very hungry .",
    "she was older than paul .",
    "you are late .",
    "she likes black cats .",
    "we drink water .",
    "we go to the school every day .",
    "many children sing .",
    "my friend paul never sings .",
    "she is a doctor .",
    "when he is tired , he sleeps .",
    "when he is tired he sleeps .",
    "he eats because he is hungry .",
]


@pytest.mark.parametrize(("english", "linked"), list(zip(ENGLISH, BY_HAND_ALIGNED, strict=True)))
def test_words_are_linked_as_a_person_linked_them(english, linked):
    [pair] = analyses(english)
    links = [
        [pair.english[s] for s, t in sorted(pair.alignment) if t == target]
        for target in range(len(pair.french))
    ]
    found = [f"{word}<{','.join(sources)}" for word, sources in zip(pair.french, links, strict=True)]
    assert found == linked.split(" ")


def test_links_point_at_words_that_are_there(pairs):
    for english, french, alignment in pairs:
        sources, targets = zip(*alignment, strict=True)
        assert 0 <= min(sources) <= max(sources) == len(english) - 1
        assert 0 <= min(targets) <= max(targets) == len(french) - 1


def test_only_the_commas_and_the_à_that_english_lacks_come_from_nowhere(pairs):
    n_commas = n_to = 0
    for english, french, alignment in pairs:
        for target in set(range(len(french))) - {target for _, target in alignment}:
            assert french[target] in {",", "à", "au", "aux"}
            n_commas += french[target] == ","
            n_to += french[target] == "à"
            if french[target] == ",":
                assert "when" in english or "because" in english
            else:
                assert {"give", "gives", "gave", "write", "writes", "wrote"} & set(english)
    assert n_commas > 100
    assert n_to > 100


def test_only_helpers_of_english_become_no_french_word(pairs):
    """do, does and did; the article of a profession; the to of a pronoun that French puts before its verb."""
    for english, _, alignment in pairs:
        for source in set(range(len(english))) - {source for source, _ in alignment}:
            assert english[source] in {"do", "does", "did", "a", "to"}, english


# Splits


def test_every_pair_is_in_exactly_one_set(pairs, splits):
    found = [pair.english for part in splits for pair in part]
    assert sorted(found) == sorted(pair.english for pair in pairs)


def test_the_sets_have_the_sizes_that_the_shares_promise(pairs, splits):
    n = len(pairs)
    assert 0.85 < len(splits.train) / n < 0.95
    assert 0.02 < len(splits.test_combinations) / n < 0.06
    for part in (splits.validation, splits.test_sentences):
        assert len(part) / (n - len(splits.test_combinations)) == pytest.approx(1 / 25, rel=0.1)


def test_training_never_puts_a_held_out_adjective_beside_its_noun(splits):
    for part in (splits.train, splits.validation, splits.test_sentences):
        assert not any(held_out(*found) for pair in part for found in combinations(pair.english))
    assert all(
        any(held_out(*found) for found in combinations(pair.english)) for pair in splits.test_combinations
    )


def test_training_knows_both_halves_of_every_held_out_combination(splits):
    trained = {word for pair in splits.train for word in pair.english}
    assert {word for pair in splits.test_combinations for word in pair.english} <= trained
    beside = [combinations(pair.english) for pair in splits.train]
    adjectives, nouns = zip(*(found for some in beside for found in some), strict=True)
    for pair in splits.test_combinations:
        for adjective, noun in combinations(pair.english):
            assert adjective in adjectives
            assert noun in nouns


def test_plurals_and_second_adjectives_are_combinations_too():
    found = combinations(
        [
            "the",
            "small",
            "red",
            "cars",
            "are",
            "near",
            "an",
            "old",
            "tree",
            "and",
            "this",
            "happy",
            "child",
            ".",
        ]
    )
    assert found == {("small", "car"), ("red", "car"), ("old", "tree"), ("happy", "child")}
    assert combinations(tokenise("the red car is old .")) == {("red", "car")}


def test_a_sentence_is_in_the_same_set_whatever_else_is_drawn(splits):
    more = split(3000, seed=8)
    known = {pair.english: name for name, part in splits._asdict().items() for pair in part}
    again = [
        (pair.english, name)
        for name, part in more._asdict().items()
        for pair in part
        if pair.english in known
    ]
    assert len(again) > 100
    assert all(known[english] == name for english, name in again)


def test_split_takes_pairs_or_their_number_and_drops_repetitions():
    some = generate(300, seed=4)
    assert split(some) == split(300, seed=4) == split(some + some)


# Rules of French


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        ("je aime", "j' aime"),
        ("de le hôtel", "de l' hôtel"),
        ("de le garçon", "du garçon"),
        ("à les enfants", "aux enfants"),
        ("de les arbres", "des arbres"),
        ("ma école", "mon école"),
        ("ma belle école", "ma belle école"),
        ("ce arbre", "cet arbre"),
        ("parce que elle ne a", "parce qu' elle n' a"),
        ("la œuvre", "l' œuvre"),
        ("il ne y a", "il n' y a"),
        ("le", "le"),
    ],
)
def test_neighbours_change_each_other(words, joined):
    assert " ".join(token.word for token in join(tokens(words))) == joined


def test_a_contraction_comes_from_both_its_words():
    assert join([Token("de", (4,)), Token("le", (5, 4)), Token("chat", (6,))])[0] == Token("du", (4, 5))


def test_a_mute_h_counts_as_a_vowel():
    assert starts_with_vowel("homme")
    assert starts_with_vowel("école")
    assert not starts_with_vowel("livre")
    assert not starts_with_vowel(".")


def test_choices_follow_their_weights():
    rolls = iter([0.0, 0.24, 0.26, 0.999])
    draft = RandomDraft(type("Rolls", (), {"random": lambda self: next(rolls)})())
    assert [draft.pick(a=1, none=0, b=3) for _ in range(4)] == ["a", "a", "b", "b"]


# Batches


def test_a_source_is_its_words_and_a_target_stands_between_bos_and_eos():
    [pair] = analyses("i am happy .")
    english, french = vocabularies()
    [batch] = batches([pair], english, french, 3)
    assert english.decode(batch.src_ids[0]) == ["i", "am", "happy", "."]
    assert batch.src_ids.shape == (1, 4)
    assert batch.tgt_ids[0, 0] == french.bos_id
    assert batch.tgt_ids[0, -1] == french.eos_id
    assert french.decode(batch.tgt_ids[0]) == ["je", "suis", "content", "."]


@given(st.integers(1, 17), st.integers(1, 7))
def test_batches_hold_every_pair_once_in_order(n, batch_size):
    some, (english, french) = generate(n, seed=2), vocabularies()
    found = list(batches(some, english, french, batch_size))
    assert [len(batch.src_ids) for batch in found[:-1]] == [batch_size] * (len(found) - 1)
    sources = [tuple(english.decode(row)) for batch in found for row in batch.src_ids]
    targets = [tuple(french.decode(row)) for batch in found for row in batch.tgt_ids]
    assert sources == [pair.english for pair in some]
    assert targets == [pair.french for pair in some]


def test_a_generator_shuffles_the_batches():
    some, words = generate(29, seed=2), vocabularies()

    def sources(seed):
        found = batches(some, *words, 5, generator=torch.Generator().manual_seed(seed))
        return [tuple(words[0].decode(row)) for batch in found for row in batch.src_ids]

    assert sources(1) == sources(1) != sources(2)
    assert sorted(sources(1)) == sorted(pair.english for pair in some)


def test_batches_lie_on_the_device_that_was_asked_for(device):
    batch = next(batches(generate(5), *vocabularies(), 3, device=device))
    assert batch.src_ids.device.type == batch.tgt_ids.device.type == device.type
    assert batch.src_ids.dtype == batch.tgt_ids.dtype == torch.int64


def test_padding_fills_on_the_right():
    torch.testing.assert_close(pad([[5, 6, 7], [8]], 9), torch.tensor([[5, 6, 7], [8, 9, 9]]))
    for nothing in ([], [[1], []]):
        with pytest.raises(ValueError, match="at least one"):
            pad(nothing)


def test_batches_refuse_what_cannot_be_batched():
    some, words = generate(3), vocabularies()
    with pytest.raises(ValueError, match="got batch_size 0"):
        batches(some, *words, 0)
    with pytest.raises(ValueError, match="no pair"):
        batches([], *words, 3)
    with pytest.raises(UnknownWordsError, match="xyzzy"):
        encode_pairs([("i am xyzzy .", "je suis .")], *words)


def test_pairs_of_text_are_split_into_words():
    english, french = Vocabulary(["i", "sing", "."]), Vocabulary(["j'", "ai", "soif", "."])
    assert encode_pairs([("I sing.", "J'ai soif.")], english, french) == [([3, 4, 5], [1, 3, 4, 5, 6, 2])]
