import json

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from transformer_lib.text.vocabulary import SPECIALS, UnknownWordsError, Vocabulary, detokenise, tokenise

WORDS = ["i", "am", "happy", "sally", "'s", "book", "."]


@pytest.fixture
def vocabulary():
    return Vocabulary(WORDS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I am happy.", ["i", "am", "happy", "."]),
        ("L'ami d'Anna n'est pas prêt.", ["l'", "ami", "d'", "anna", "n'", "est", "pas", "prêt", "."]),
        ("l\N{RIGHT SINGLE QUOTATION MARK}ami", ["l'", "ami"]),
        ("l' ami", ["l'", "ami"]),
        (
            "Parce qu'il arrive aujourd'hui, j'attends",
            ["parce", "qu'", "il", "arrive", "aujourd'hui", ",", "j'", "attends"],
        ),
        ("Sally's car", ["sally", "'s", "car"]),
        ("it's Sally's; she's late", ["it's", "sally", "'s", ";", "she's", "late"]),
        ("don't", ["don't"]),
        ("a well-kept garden", ["a", "well-kept", "garden"]),
        ("sœur préférée", ["sœur", "préférée"]),
        ("prefere\N{COMBINING ACUTE ACCENT}e", ["preferée"]),
        ("", []),
        (" \n", []),
    ],
)
def test_text_is_split_into_words_and_marks(text, words):
    assert list(tokenise(text)) == words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("je suis content .", "je suis content ."),
        ("l' ami d' anna n' est pas prêt .", "l'ami d'anna n'est pas prêt ."),
        ("sally 's car", "sally's car"),
        ("s' .", "s' ."),
        ("it 's", "it 's"),  # glued, it would be read as "it is"
        ("'s", "'s"),
    ],
)
def test_words_are_joined_into_text(words, text):
    assert detokenise(words.split()) == text


@given(st.text() | st.text(alphabet="lqusd'a 's-.é" + "\N{COMBINING ACUTE ACCENT}"))
@example("l''s")
@example("l's")
@example("it 's l' 's qu'")
def test_joined_words_are_split_again_into_the_same_words(text):
    words = tokenise(text)
    assert tokenise(detokenise(words)) == words
    assert tokenise(" ".join(words)) == words


def test_specials_have_the_ids_that_models_expect(vocabulary):
    assert vocabulary.words[:3] == ("<pad>", "<bos>", "<eos>")
    assert (vocabulary.pad_id, vocabulary.bos_id, vocabulary.eos_id) == (0, 1, 2)


def test_ids_are_the_places_in_the_list(vocabulary):
    assert vocabulary.encode("sally's book.") == [6, 7, 8, 9]
    assert vocabulary.encode(["happy", "i"]) == [5, 3]
    assert len(vocabulary) == 10
    assert "book" in vocabulary
    assert "door" not in vocabulary


def test_bos_and_eos_stand_only_where_asked_for(vocabulary):
    assert vocabulary.encode("i") == [3]
    assert vocabulary.encode("i", bos=True) == [1, 3]
    assert vocabulary.encode("i", eos=True) == [3, 2]


def test_decoding_stops_at_eos_and_drops_specials(vocabulary):
    assert vocabulary.decode([1, 3, 0, 4, 2, 5]) == ["i", "am"]
    assert vocabulary.decode(torch.tensor([1, 3, 4])) == ["i", "am"]
    assert vocabulary.decode([]) == []


@given(st.lists(st.sampled_from(WORDS), min_size=1))
def test_decoding_undoes_encoding(words):
    assert Vocabulary(WORDS).decode(Vocabulary(WORDS).encode(words, bos=True, eos=True)) == words


def test_every_unknown_word_is_named_with_near_ones(vocabulary):
    with pytest.raises(
        UnknownWordsError, match=r"2 unknown words: 'sall' \(near: sally\); 'xyzzy'$"
    ) as caught:
        vocabulary.encode("sall am xyzzy happy")
    assert caught.value.unknown == {"sall": ["sally"], "xyzzy": []}
    assert isinstance(caught.value, ValueError)


def test_a_special_is_not_a_word_that_may_be_typed(vocabulary):
    with pytest.raises(UnknownWordsError, match="<eos>"):
        vocabulary.encode(["i", "<eos>"])


@pytest.mark.parametrize("nothing", ["", "  ", []])
def test_nothing_cannot_be_encoded(vocabulary, nothing):
    with pytest.raises(ValueError, match="no word"):
        vocabulary.encode(nothing)


@pytest.mark.parametrize("wrong", [-1, 10])
def test_an_id_of_another_vocabulary_is_refused(vocabulary, wrong):
    with pytest.raises(ValueError, match=f"from 0 to 9, got {wrong}"):
        vocabulary.decode([3, wrong])


def test_a_batch_is_decoded_row_by_row(vocabulary):
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        vocabulary.decode(torch.zeros(2, 3, dtype=torch.long))


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([], ValueError, "at least one word"),
        (["a", "b", "a"], ValueError, r"doubled: \['a'\]"),
        (["<pad>"], ValueError, r"doubled: \['<pad>'\]"),
        (["a", ""], ValueError, "empty"),
        ("a sentence", TypeError, "tokenise"),
    ],
)
def test_a_bad_list_of_words_is_refused(words, error, message):
    with pytest.raises(error, match=message):
        Vocabulary(words)


def test_json_gives_back_the_same_vocabulary(vocabulary):
    again = Vocabulary.from_json(vocabulary.to_json())
    assert again == vocabulary
    assert hash(again) == hash(vocabulary)
    assert json.loads(vocabulary.to_json()) == [*SPECIALS, *WORDS]
    assert again != Vocabulary(WORDS[::-1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"i": 3}', "JSON list"),
        ("[1, 2]", "JSON list"),
        ('["i", "am"]', "starts with"),
        ("[", "Expecting value"),
    ],
)
def test_damaged_json_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary.from_json(text)
