"""The words that the writer's card counts are those of its weights."""

import pytest

from transformer_lib.models.writer import WRITER
from transformer_lib.studies import pronouns


def test_the_likelier_word_counts_once_for_each(monkeypatch):
    monkeypatch.setattr(pronouns, "she_share", {"a": 0.2, "b": 0.6, "c": 0.49}.get)
    assert pronouns.counted("abc") == {"she": 1, "he": 2}


def test_a_girl_is_she_and_a_boy_is_he():
    assert pronouns.she_share("girl") > 0.9
    assert pronouns.she_share("boy") == pytest.approx(0, abs=0.1)


def test_the_card_gives_the_counts():
    card = WRITER.with_suffix(".md").read_text("utf-8")
    for line in pronouns.lines():
        assert line in card
    assert all(len(set(people)) in (6, 12) for people in pronouns.KINDS.values())
