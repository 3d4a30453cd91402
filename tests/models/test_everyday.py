"""The everyday translator: any text, and what its card says."""

from __future__ import annotations

import re

import pytest

from transformer_lib import translate
from transformer_lib.decoding import DecodingSettings
from transformer_lib.models import load_everyday, translate_everyday
from transformer_lib.models.everyday import EVERYDAY
from transformer_lib.storage.files import checksum, read_tensors

CARD = EVERYDAY.with_suffix(".md").read_text("utf-8")


def test_short_sentences_of_every_day_are_right():
    for english, french in re.findall(r"^- \*(.+?)\* → \*(.+?)\*$", CARD, re.MULTILINE):
        assert translate(english, model="everyday") == french, english


def test_sentences_are_translated_one_by_one_and_joined():
    one, two = "Thank you.", "I am tired."
    french = [translate(text, model="everyday") for text in (one, two)]
    assert translate(f"{one}  {two}", model="everyday") == " ".join(french)
    assert translate(f"- {one}\n\n- {two}", model="everyday") == f"- {french[0]}\n\n- {french[1]}"


@pytest.mark.parametrize("text", ["\N{SLIGHTLY SMILING FACE}", "...", "שלום", "你好。", "\u200f!"])
def test_what_has_no_known_letter_stays_as_it_is(text):
    assert translate(text, model="everyday").replace("\u200f", "") == text.strip("\u200f")


def test_an_unknown_sign_changes_nothing():
    assert translate("Thank you \N{SLIGHTLY SMILING FACE}.", model="everyday") == translate(
        "Thank you .", model="everyday"
    )


def test_a_text_of_ten_thousand_characters_is_translated():
    assert len(translate("He said, " * 1_112, model="everyday")) > 1_000


@pytest.mark.parametrize("text", ["", "  \n"])
def test_nothing_is_refused_as_nothing(text):
    with pytest.raises(ValueError, match="there is no word to translate"):
        translate(text, model="everyday")


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match="'nobody'"):
        translate("Thank you.", model="nobody")


def test_beams_are_searched_where_asked_for():
    text = "I would like to know when the next train leaves."
    assert translate_everyday(text, settings=DecodingSettings(4))
    assert load_everyday() is load_everyday("cpu")
    assert load_everyday().model.training is False


def test_the_card_tells_of_this_file():
    tensors, about = read_tensors(EVERYDAY)
    assert f"{EVERYDAY.stat().st_size:,} bytes" in CARD
    assert checksum(tensors, about) in CARD
    count = sum(parameter.numel() for parameter in load_everyday().model.parameters())
    assert f"{count:,} parameters" in CARD
    training = about["training"]
    for number in (training["data"]["n_pairs"], training["step"], training["batch_size"]):
        assert re.search(rf"\b{number:,}\b", CARD), number


def test_the_card_names_licence_attribution_and_score():
    for words in ("CC BY 2.0", "tatoeba.org", "www.manythings.org/anki"):
        assert words in CARD
    assert re.search(r"BLEU = ?\d|BLEU \d", CARD)
    assert re.search(r"nrefs:\w+\|.*tok:13a", CARD)
