"""Feminine words that turn masculine are counted, each kind by itself."""

from transformer_lib.studies.gender import KINDS, lost


def words(*sentences):
    return [sentence.split() for sentence in sentences]


def test_each_kind_is_counted_where_the_word_was_right_before():
    right = words("une petite table", "cette vieille voiture", "sa mère est partie", "la porte est verte")
    after = words("un petite table", "cet vieil voiture", "sa mère est parti", "le porte est vert")
    found = lost(right, after, right)
    assert found["une"] == (1, 1)
    assert found["cette"] == (1, 1)
    assert found["la"] == (1, 1)
    assert found["ma, ta, sa"] == (0, 1)
    assert found["adjectives and participles"] == (3, 4)
    assert found["any word"] == (6, 14)


def test_words_that_were_wrong_before_and_sentences_of_another_length_do_not_count():
    assert lost(words("un table"), words("un table"), words("une table"))["une"] == (0, 0)
    assert lost(words("une table"), words("un"), words("une table"))["any word"] == (0, 0)


def test_another_adjective_is_no_change_of_gender():
    right, after = words("la table verte"), words("la table noire")
    found = lost(right, after, right)
    assert found["adjectives and participles"] == (0, 1)
    assert found["any word"] == (1, 3)


def test_no_form_is_its_own_counterpart():
    for forms in KINDS.values():
        for feminine, masculine in forms.items():
            assert feminine not in masculine
            assert masculine
