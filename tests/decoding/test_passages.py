"""Texts of several sentences: how they are cut into rows, put through the model and put together again."""

import pytest
from twins import says

from transformer_lib.decoding import DecodingSettings, Passage, passages, translate_passages
from transformer_lib.storage import TrainedModel
from transformer_lib.text import Vocabulary

EOS = 2


def said(found, text):
    return [(row.before, row.text) for row in passages(found, text)]


def test_a_text_becomes_rows_of_sentences_and_what_stands_between(shouter):
    found = shouter()
    ids = [tuple(found.source.encode(sentence)) for sentence in ("Yes.", "No, no!", "why?")]
    assert passages(found, "Yes.  No, no!\n\n- why?") == [
        Passage("", "Yes.", ids[0], ()),
        Passage(" ", "No, no!", ids[1], ()),
        Passage("\n\n- ", "why?", ids[2], ()),
    ]
    assert passages(found, "") == []


def test_what_says_nothing_stays_as_it_is_and_the_rest_is_read(shouter):
    found = shouter()
    assert passages(found, "\u2665!\n...\nYes.") == [
        Passage("", "\u2665!", (), ()),
        Passage("\n", "...", (), ()),
        Passage("\n", "Yes.", tuple(found.source.encode("Yes.")), ()),
    ]


def test_characters_that_the_model_does_not_know_are_left_out_and_named(shouter):
    found = shouter()
    assert passages(found, "Y\u00e9s \u2665 no\u2603.") == [
        Passage("", "Yes no.", tuple(found.source.encode("Yes no.")), ("\u2665", "\u2603"))
    ]


def test_a_row_ends_with_the_end_token_where_the_model_was_taught_so(shouter):
    found = shouter(source_eos=True)
    assert [row.ids for row in passages(found, "Yes. No.")] == [
        (*found.source.encode(sentence), EOS) for sentence in ("Yes.", "No.")
    ]


def test_a_sentence_longer_than_the_model_takes_becomes_several_rows(shouter):
    found = shouter(7)
    rows = passages(found, "Ab.\n\u2665aaa bbb ccc")
    assert [row.before for row in rows] == ["", "\n", " ", " "]
    assert [row.text for row in rows] == ["Ab.", "aaa", "bbb", "ccc"]
    assert [row.ids for row in rows] == [tuple(found.source.encode(row.text)) for row in rows]
    assert [row.left_out for row in rows] == [(), ("\u2665",), (), ()]
    assert said(found, "aaaaaaaaa") == [("", "aaaaaa"), (" ", "aaa")]


def test_a_row_that_just_fits_is_one_and_the_end_token_takes_its_place(shouter):
    assert said(shouter(7), "aaa bb") == [("", "aaa bb")]  # each word begins with a piece of its own
    assert said(shouter(6), "aaa bb") == [("", "aaa"), (" ", "bb")]
    assert said(shouter(7, source_eos=True), "aaa bb") == [("", "aaa"), (" ", "bb")]
    assert said(shouter(8, source_eos=True), "aaa bb") == [("", "aaa bb")]


@pytest.mark.parametrize("source_eos", [False, True])
def test_a_translation_keeps_lines_lists_and_what_cannot_be_said(shouter, source_eos):
    texts = ["Yes.  No, no!\n\n- why?\n\u2665!\n2. so", "", "...", "Aaa bbb ccc ddd eee fff ggg hhh."]
    assert translate_passages(shouter(source_eos=source_eos), texts) == [
        "YES. NO, NO!\n\n- WHY?\n\u2665!\n2. SO",
        "",
        "...",
        "AAA BBB CCC DDD EEE FFF GGG HHH.",
    ]
    assert translate_passages(shouter(), []) == []


def test_whoever_asks_hears_of_every_text_when_its_last_sentence_is_done(shouter):
    heard = []
    texts = ["Aaaa. Ccc.", "!", "Be. Ccc. Be.", "", "Be."]
    translate_passages(shouter(), texts, DecodingSettings(batch_size=1), on_done=heard.append)
    assert heard == [2, 1, 1, 1]
    heard.clear()
    translate_passages(shouter(), texts, on_done=heard.append)
    assert heard == [2, 3]


def test_what_is_no_text_and_no_model_of_subwords_is_refused(shouter):
    found = shouter()
    whole = TrainedModel(found.model, Vocabulary(["yes"]), Vocabulary(["oui"]), {})
    with says(TypeError, "found must be a TrainedModel, as read_model gives it, got 'everyday'"):
        passages("everyday", "Yes.")
    with says(ValueError, "this model reads whole words; expected one of Subwords"):
        passages(whole, "yes")
    with says(ValueError, "this model reads whole words; expected one of Subwords"):
        translate_passages(whole, ["yes"])
    with says(TypeError, "text must be text, got 3"):
        passages(found, 3)
    with says(TypeError, "texts must be a list of texts, got 'Yes.'"):
        translate_passages(found, "Yes.")
    with says(TypeError, "settings must be DecodingSettings, got 4"):
        translate_passages(found, ["Yes."], 4)
    for name in ("beam_size", "batch_size"):
        with says(ValueError, f"{name} must be at least 1, got 0"):
            translate_passages(found, ["Yes."], DecodingSettings(**{name: 0}))
    assert found.model.read == []
