"""Many sentences from text to text, each as it would be translated alone."""

import pytest
import torch
from twins import says

from transformer_lib import (
    Transformer,
    TransformerConfig,
    beam_search,
    greedy_decode,
    load_translator,
    translate,
)
from transformer_lib.data import as_sentence
from transformer_lib.decoding import DecodingSettings, translate_texts
from transformer_lib.models.translator import WEIGHTS
from transformer_lib.storage import TrainedModel, read_model
from transformer_lib.text import Subwords, detokenise, tokenise

SENTENCES = [
    "the cat sleeps .",
    "i am happy .",
    "",
    "we bought coffee for anna .",
    "this table was big .",
    "  ",
]


@pytest.fixture(scope="module")
def found():
    return read_model(WEIGHTS)


def test_each_is_translated_as_it_would_be_alone_and_in_its_place(found):
    done = translate_texts(found, SENTENCES, DecodingSettings(batch_size=3))
    alone = [translate(sentence) if sentence.strip() else "" for sentence in SENTENCES]
    assert [as_sentence(tokenise(text)) for text in done.texts] == alone
    assert done.refused == {}
    assert translate_texts(found, []).texts == []


def test_a_beam_is_that_of_beam_search(found):
    model, source, target = load_translator()
    settings = DecodingSettings(beam_size=3, length_penalty=0.1, batch_size=7)
    for sentence, text in zip(SENTENCES, translate_texts(found, SENTENCES, settings).texts, strict=True):
        if sentence.strip():
            src_ids = torch.tensor([source.encode(sentence)])
            [ranked] = beam_search(model, src_ids, max_length=40, beam_size=3, length_penalty=0.1)
            assert text == detokenise(target.decode(ranked[0].ids))


def test_what_the_model_cannot_read_is_refused_with_the_reason(found):
    limit = found.model.config.max_length
    long = "the cat sleeps . " * limit
    done = translate_texts(found, ["i am happy .", "i am hapy .", long])
    assert done.texts == ["je suis content .", "", ""]
    assert done.refused == {
        1: "1 unknown word: 'hapy' (near: happy)",
        2: f"{4 * limit} tokens, the model takes at most {limit}",
    }


def test_whoever_asks_hears_of_every_sentence(found):
    heard = []
    translate_texts(found, [*SENTENCES, "zebra"], DecodingSettings(batch_size=2), on_done=heard.append)
    assert heard == [3, 2, 2]


@pytest.mark.parametrize("source_eos", [True, False])
def test_a_source_ends_as_the_model_was_taught(source_eos, monkeypatch):
    words = Subwords.train(["der hund schläft", "die katze liest"], 30)
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(len(words), len(words), 6, 2, 11, 1, max_length=50)).eval()
    found = TrainedModel(model, words, words, {"data": {"source_eos": True} if source_eos else {}})
    [text] = translate_texts(found, ["der hund"]).texts
    ids = words.encode("der hund", eos=source_eos)
    assert (ids[-1] == words.eos_id) == source_eos
    [written] = greedy_decode(model, torch.tensor([ids]), max_length=50)
    assert text == words.decode(written)


def test_a_sentence_that_never_ends_is_the_same_whatever_stands_beside_it():
    words = Subwords.train(["der hund schläft", "die katze liest ein langes buch"], 40)
    torch.manual_seed(1)
    model = Transformer(TransformerConfig(len(words), len(words), 6, 2, 11, 1, max_length=70)).eval()
    found = TrainedModel(model, words, words, {})
    sentences = ["hund", "die katze liest ein langes buch", "der hund schläft"]
    for settings in (DecodingSettings(), DecodingSettings(beam_size=2)):
        together = translate_texts(found, sentences, settings).texts
        assert together == [translate_texts(found, [one], settings).texts[0] for one in sentences]
        assert max(len(words.encode(text)) for text in together if text.strip()) > 40, "one must not end"


def test_a_sentence_that_just_fits_is_read_and_one_token_more_is_not(shouter):
    for found in (shouter(7), shouter(8, source_eos=True)):
        assert translate_texts(found, ["aaa bb", "aaa bbb"]) == (
            ["AAA BB", ""],
            {
                1: f"{found.model.config.max_length + 1} tokens, the model takes at most {found.model.config.max_length}"
            },
        )


def test_what_is_no_model_no_list_and_no_text_is_refused(shouter):
    found = shouter()
    with says(TypeError, "found must be a TrainedModel, as read_model gives it, got 'everyday'"):
        translate_texts("everyday", ["Yes."])
    with says(TypeError, "sentences must be a list of sentences, got 'Yes.'"):
        translate_texts(found, "Yes.")
    with says(TypeError, "a sentence is text, got 3"):
        translate_texts(found, ["Yes.", 3])
    with says(TypeError, "settings must be DecodingSettings, got 4"):
        translate_texts(found, ["Yes."], 4)
    for name in ("beam_size", "batch_size"):
        with says(ValueError, f"{name} must be at least 1, got 0"):
            translate_texts(found, ["Yes."], DecodingSettings(**{name: 0}))
    assert found.model.read == []
