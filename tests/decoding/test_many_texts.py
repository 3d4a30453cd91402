"""What `translate_texts` and `translate_passages` share: which sentences are read together, and every setting."""

import pytest

from transformer_lib.decoding import DecodingSettings, translate_passages, translate_texts


def by_texts(found, texts, *settings):
    return translate_texts(found, texts, *settings).texts


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        (DecodingSettings(batch_size=2), [["Be.", "Ccc."], ["Aaaa."]]),
        (DecodingSettings(batch_size=5, beam_size=2), [["Be.", "Ccc."], ["Aaaa."]]),
        (DecodingSettings(batch_size=1), [["Be."], ["Ccc."], ["Aaaa."]]),
        (DecodingSettings(batch_size=1, beam_size=2), [["Be."], ["Ccc."], ["Aaaa."]]),
        (DecodingSettings(), [["Be.", "Ccc.", "Aaaa."]]),
    ],
)
@pytest.mark.parametrize(
    ("translated", "texts"),
    [(by_texts, ("Aaaa.", "", "Be.", "Ccc.")), (translate_passages, ("Aaaa. Ccc.", "Be. Ccc. Be."))],
)
def test_sentences_of_like_length_are_read_together_and_each_once(shouter, translated, texts, settings, read):
    found = shouter()
    assert translated(found, texts, settings) == [text.upper() for text in texts]
    assert found.model.read == read


@pytest.mark.parametrize("translated", [by_texts, translate_passages])
def test_every_setting_reaches_the_search(table_translator, garden_path, two_ways, translated):
    found = table_translator(garden_path)
    for beam_size, expected in ((1, "w3"), (2, "w4"), (3, "w4"), (4, "w6")):
        settings = DecodingSettings(beam_size, length_penalty=0.0)
        assert translated(found, ["a"], settings) == [expected]
    assert translated(found, ["a"]) == ["w3"]
    for length_penalty, expected in ((0.0, ""), (2.0, "w3 w4")):
        settings = DecodingSettings(3, length_penalty)
        assert translated(table_translator(two_ways), ["a"], settings) == [expected]
