"""Perplexity depends on how the text was cut, bits per character do not."""

import math

import pytest

from transformer_lib.studies import results
from transformer_lib.studies.vocabularies import Settings, study, unigram_loss


def test_the_unigram_loss_is_that_of_the_counts(story_data):
    counts = dict.fromkeys(range(len(story_data.target)), 1)
    for _, ids in story_data.train:
        for token in ids[1:]:
            counts[token] += 1
    held_out = [token for _, ids in story_data.validation for token in ids[1:]]
    total = sum(counts.values())
    expected = -sum(math.log(counts[token] / total) for token in held_out) / len(held_out)
    assert unigram_loss(story_data) == pytest.approx(expected, rel=1e-9)
    assert unigram_loss(story_data) < math.log(len(story_data.target))


def test_every_vocabulary_has_its_perplexities_and_bits(stories, tiny):
    found = study(stories, Settings(vocabularies=(50, 70), share=0.05, training=tiny))
    for row in found["rows"]:
        assert row["perplexity"]["uniform"] == pytest.approx([row["vocabulary"]])
        assert len(row["perplexity"]["trained"]) == len(tiny.seeds)
        for name, perplexities in row["perplexity"].items():
            expected = [math.log2(one) * row["tokens_per_character"] for one in perplexities]
            assert row["bits"][name] == pytest.approx(expected, rel=1e-6)
    small, large = found["rows"]
    assert small["tokens_per_character"] > large["tokens_per_character"]
    assert small["steps"] > large["steps"]  # as much text, in more tokens


def test_what_is_stored_says_both_of_the_same_text():
    found = results("vocabularies")
    small, large = found["rows"]
    assert [small["vocabulary"], large["vocabulary"]] == found["about"]["vocabularies"]
    assert max(small["perplexity"]["trained"]) < min(large["perplexity"]["trained"])
    assert small["bits"]["uniform"] > [0]
