"""The habits that the everyday translator's card tells of are those of its weights."""

from __future__ import annotations

from transformer_lib.models.everyday import EVERYDAY
from transformer_lib.studies.habits import TRADES, counted, habits


def test_each_translation_is_counted_once(monkeypatch):
    said = ["Tu es là.", "Vous et ton ami.", "Où est-il ?"]
    monkeypatch.setattr("transformer_lib.studies.habits.translate_passages", lambda found, texts: said)
    found = counted(["a", "b", "c"], {"vous": "vous", "tu": "tu|ton"})
    assert found == {"vous": 1, "tu": 1, "neither": 1}


def test_the_card_gives_the_counts():
    card = EVERYDAY.with_suffix(".md").read_text("utf-8")
    for question, counts in habits().items():
        line = f"{question:<20}" + ", ".join(f"{kind} {n}" for kind, n in counts.items())
        assert line in card
        assert sum(counts.values()) >= 12
    assert len(set(TRADES)) == 16
