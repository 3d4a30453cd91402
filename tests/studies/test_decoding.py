"""Beams of several widths: best hypotheses, and the proof that one is the likeliest."""

import itertools
import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from transformer_lib.data import generate, vocabularies
from transformer_lib.decoding import beam_search
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.transformer import Transformer
from transformer_lib.studies import decoding, results
from transformer_lib.studies.decoding import (
    LONG,
    SENTENCES,
    TRANSLATORS,
    Settings,
    best,
    compared,
    early,
    ends_at_once,
    given_log_p,
    hunted,
    is_proved,
    of,
    study,
)

TINY = Settings(
    widths=(1, 3),
    penalties=(0.0, 0.7),
    n_drawn=300,
    n_sentences=2,
    stop=3,
    n_train=200,
    batch_size=5,
    seed=1,
    n_resamples=10,
    n_hunted=200,
    hunted_words=13,
    hunting=11,
)


def small(target_size, seed=0, max_length=5, opinions=2.0):
    torch.manual_seed(seed)
    source_size = len(vocabularies()[0])
    config = TransformerConfig(
        source_size, target_size, d_model=6, n_heads=3, d_ff=5, n_layers=1, max_length=max_length
    )
    model = Transformer(config).eval()
    with torch.no_grad():
        model.output.weight.mul_(opinions)
    return model


def test_each_pair_gets_its_own_best_hypothesis_in_the_order_of_the_pairs():
    source, target = vocabularies()
    model, pairs = small(len(target), max_length=32), generate(5, seed=3)
    found = best(model, source, pairs, 3, 0.7)
    for pair, hypothesis in zip(pairs, found, strict=True):
        ids = torch.tensor([source.encode(pair.english)])
        [alone] = beam_search(model, ids, max_length=32, beam_size=3, length_penalty=0.7)
        assert hypothesis.ids == alone[0].ids
        assert hypothesis.score == pytest.approx(alone[0].score, abs=1e-5)


def likeliest_of_all(model, ids):
    """ln p of the likeliest sentence, by trying every one."""
    size, length, eos = model.config.tgt_vocab_size, model.config.max_length, model.config.eos_id
    words = torch.tensor(list(itertools.product(range(size), repeat=length)))
    read = nn.functional.pad(words[:, :-1], (1, 0), value=model.config.bos_id)
    memory = model.encode(ids, None).expand(len(words), -1, -1)
    log_p = model.decode(read, memory, None).log_softmax(-1).gather(-1, words[..., None])[..., 0]
    going = (words == eos).cumsum(1) - (words == eos).long() == 0  # up to the end token, and with it
    return (log_p * going).sum(1).max().item()


@torch.no_grad()
def test_a_given_sentence_is_as_likely_as_its_words_one_after_the_other():
    source, target = vocabularies()
    model, pairs = small(len(target), max_length=32), generate(5, seed=3)
    for pair, log_p in zip(pairs, given_log_p(model, source, target, pairs), strict=True):
        memory, total = model.encode(torch.tensor([source.encode(pair.english)]), None), 0.0
        words = target.encode(pair.french, bos=True, eos=True)
        for t in range(1, len(words)):
            logits = model.decode(torch.tensor([words[:t]]), memory, None)[0, -1]
            total += logits.log_softmax(-1)[words[t]].item()
        assert log_p == pytest.approx(total, abs=1e-3)


def test_the_hunt_brings_back_what_is_likelier_and_counts_what_is_right():
    source, target = vocabularies()
    model = small(len(target), max_length=32, opinions=1.0)
    found = hunted(model, source, target, TINY)
    assert 0 < found["likelier"] == len(found["cases"]) <= found["sentences"]
    assert found["wrong"] == found["sentences"]  # nothing was learnt
    assert found["mended"] == found["spoiled"] == 0
    assert 0 <= found["preferred"] <= found["wrong"]
    for case in found["cases"]:
        assert len(case["english"].split()) >= 13
        assert case["beam"][1] > case["greedy"][1]
        assert case["beam"][0] != case["greedy"][0]


def test_the_hunt_of_the_stored_run_knows_what_it_mended_and_spoiled():
    found = results("decoding")["hunted"]
    right = {
        name: sum(case[name][0] == case["reference"][0] for case in found["cases"])
        for name in ("beam", "greedy")
    }
    assert (found["mended"], found["spoiled"]) == (right["beam"], right["greedy"])
    assert 0 < found["likelier"] == len(found["cases"]) < found["sentences"]


@torch.no_grad()
def test_what_is_proved_to_be_the_likeliest_sentence_is_the_likeliest():
    proved = 0
    for seed, width in itertools.product(range(5), (1, 2, 3, 7, 31)):
        model, ids = small(5, seed, max_length=3), torch.tensor([[5 + seed, 7, 11]])
        [hypotheses] = beam_search(model, ids, max_length=3, beam_size=width, length_penalty=0.0)
        if is_proved(width, hypotheses[0].log_probability):
            proved += 1
            assert_close(hypotheses[0].log_probability, likeliest_of_all(model, ids), rtol=0, atol=1e-5)
    assert proved >= 5


def test_a_beam_proves_nothing_about_what_is_less_likely_than_its_width_allows():
    assert is_proved(4, math.log(0.2501))
    assert not is_proved(4, math.log(0.2499))


def test_the_empty_translation_is_as_likely_as_the_end_token_in_the_first_place():
    source, target = vocabularies()
    model, pairs = small(len(target), max_length=32), generate(3, seed=3)
    found = ends_at_once(model, source, pairs)
    for pair, log_p in zip(pairs, found, strict=True):
        ids = torch.tensor([source.encode(pair.english)])
        logits = model(ids, torch.tensor([[1]]))
        assert log_p == pytest.approx(logits[0, 0].log_softmax(-1)[2].item(), abs=1e-5)


def test_every_width_and_penalty_is_measured_on_the_same_sentences():
    source, target = vocabularies()
    model, pairs = small(len(target), max_length=32), generate(3, seed=3)
    found = of(model, source, target, pairs, TINY)
    assert found["sentences"] == 3
    for name in ("log_p", "exact", "bleu", "length", "missed"):
        assert [len(row) for row in found[name]] == [2, 2], name
    assert len(found["proved"]) == 2
    greedy = [best(model, source, [pair], 1, 0.0)[0].log_probability for pair in pairs]
    assert found["log_p"][0][0] == pytest.approx(sum(greedy) / 3, abs=1e-4)
    assert found["log_p"][1][0] == found["log_p"][0][0]  # a beam of one has no choice
    assert found["length"][0][0] > 0
    assert found["empty"] == pytest.approx(sum(ends_at_once(model, source, pairs)) / 3, abs=1e-5)


def test_the_empty_translation_wins_where_it_is_likelier_than_all_that_was_found():
    source, target = vocabularies()
    model, pairs = small(len(target), max_length=17, opinions=1.0), generate(3, seed=3)
    found = of(model, source, target, pairs, Settings(widths=(1,), penalties=(0.0,)))
    assert (
        found["empty"] > found["log_p"][0][0]
    )  # nothing was learnt, and seventeen words cost more than none
    assert found["empty_wins"] == 1.0
    assert found["missed"] == [[1.0]]


def test_a_sentence_of_which_another_run_found_a_likelier_one_is_missed(monkeypatch):
    source, target = vocabularies()
    model, pairs = small(len(target), max_length=32, opinions=1.0), generate(3, seed=3)
    greedy, wide = (best(model, source, pairs, width, 0.0) for width in (1, 7))
    behind = [b.log_probability - a.log_probability for a, b in zip(greedy, wide, strict=True)]
    assert min(behind) > 1e-2  # greedy misses each of them
    monkeypatch.setattr(decoding, "ends_at_once", lambda *_: [-math.inf] * 3)
    found = of(model, source, target, pairs, Settings(widths=(1, 7), penalties=(0.0,)))
    assert found["missed"] == [[1.0, 0.0]]


def test_the_translator_that_stopped_early_is_the_same_each_time_and_ready_for_use():
    one, again = early(TINY), early(TINY)
    assert not one.training
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), again.parameters(), strict=True))


def test_beams_are_compared_on_the_same_sentences():
    source, target = vocabularies()
    model, pairs = small(len(target), max_length=32), generate(3, seed=3)
    found = compared(model, source, target, pairs, TINY)
    assert all(len(column) == len(TINY.widths) for column in found.values())
    of_all = of(model, source, target, pairs, TINY)
    assert found["bleu"] == pytest.approx(of_all["bleu"][0])


def test_all_translators_are_measured_on_both_kinds_of_sentences():
    found = study(TINY)
    assert tuple(found["measured"]) == TRANSLATORS
    for kinds in found["measured"].values():
        assert len(kinds) == len(SENTENCES)
        assert all(0 < kind["sentences"] <= 2 for kind in kinds)


def test_the_stored_study_is_the_one_that_the_chapter_reads():
    found = results("decoding")
    defaults = Settings()
    assert found["about"]["widths"] == list(defaults.widths)
    assert found["about"]["stop"] == defaults.stop
    assert LONG == 16
    for kinds in found["measured"].values():
        for kind in kinds:
            assert all(len(row) == len(defaults.widths) for row in kind["bleu"])
