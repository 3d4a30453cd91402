"""Beam search. Long: against exhaustive search, a plain beam search, and cases by hand."""

import itertools
import math

import pytest
import torch
from plain_search import grown
from thorough import enough
from torch.testing import assert_close

from transformer_lib.decoding import BeamNode, Hypothesis, beam_search, greedy_decode

PAD, BOS, EOS = 0, 1, 2


def penalty(length, alpha):
    return ((5 + length) / 6) ** alpha


def log_probabilities(model, source, ids):
    """ln p of each sentence of one length, (N, L) ids, by one pass over whole sentences."""
    inputs = torch.cat([torch.full((len(ids), 1), BOS), ids[:, :-1]], 1)
    with torch.no_grad():
        logits = model(source[None].expand(len(ids), -1), inputs)
    return logits.double().log_softmax(-1).gather(2, ids[:, :, None])[..., 0].sum(1)


def every_sentence(model, source, vocab_size, max_length, alpha):
    """All sequences of up to `max_length` tokens, scored, best first."""
    found = []
    others = [i for i in range(vocab_size) if i != EOS]
    for length in range(1, max_length + 1):
        last = [EOS] if length < max_length else range(vocab_size)
        ids = torch.tensor([(*p, end) for p in itertools.product(others, repeat=length - 1) for end in last])
        for sentence, log_p in zip(ids.tolist(), log_probabilities(model, source, ids).tolist(), strict=True):
            found.append(Hypothesis(tuple(sentence), log_p / penalty(length, alpha), log_p))
    return sorted(found, key=lambda h: -h.score)


def plain_search(model, source, max_length, beam_size, alpha):
    """Beam search without cache, batch or early stopping."""
    beam, hypotheses = [((), 0.0)], []
    for length in range(1, max_length + 1):
        kept = grown(model, source, beam, BOS)[:beam_size]
        beam = [c for c in kept if c[0][-1] != EOS]
        done = kept if length == max_length else [c for c in kept if c[0][-1] == EOS]
        hypotheses += [Hypothesis(ids, log_p / penalty(length, alpha), log_p) for ids, log_p in done]
    return sorted(hypotheses, key=lambda h: -h.score)[:beam_size]


def assert_same(found, expected):
    assert [h.ids for h in found] == [h.ids for h in expected]
    for field in ("score", "log_probability"):
        values = [torch.tensor([getattr(h, field) for h in side]) for side in (found, expected)]
        assert_close(*values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", enough(range(3, 7), 2))
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.7])
def test_a_beam_that_holds_everything_finds_what_brute_force_finds(transformer, sources, seed, alpha):
    model = transformer(seed, tgt_vocab_size=5)
    found = beam_search(model, sources[:2], max_length=4, beam_size=5**4, length_penalty=alpha)
    for source, hypotheses in zip(sources, found, strict=False):
        expected = every_sentence(model, source, 5, 4, alpha)
        assert len(hypotheses) == 1 + 4 + 16 + 64 * 5
        assert_same(hypotheses[:29], expected[:29])
        assert {h.ids for h in hypotheses} == {h.ids for h in expected}


@pytest.mark.parametrize("seed", enough(range(3, 8), 3))
@pytest.mark.parametrize(("beam_size", "alpha"), [(2, 0.6), (3, 0.0), (4, 0.6), (5, 2.0), (11, 0.6)])
def test_the_search_is_the_plain_one(transformer, sources, seed, beam_size, alpha):
    model = transformer(seed)
    found = beam_search(model, sources, max_length=7, beam_size=beam_size, length_penalty=alpha)
    for source, hypotheses in zip(sources, found, strict=True):
        assert_same(hypotheses, plain_search(model, source[source != PAD], 7, beam_size, alpha))


@pytest.mark.parametrize("seed", range(3, 8))
@pytest.mark.parametrize("alpha", [0.0, 0.6])
def test_a_beam_of_1_is_greedy(transformer, sources, seed, alpha):
    model = transformer(seed)
    found = beam_search(model, sources, max_length=11, beam_size=1, length_penalty=alpha)
    for row, [hypothesis] in zip(greedy_decode(model, sources, max_length=11).tolist(), found, strict=True):
        n = len(hypothesis.ids)
        assert list(hypothesis.ids) == row[:n]
        assert set(row[n:]) <= {PAD}
        assert n == 11 or hypothesis.ids[-1] == EOS


def test_the_defaults_are_those_of_the_paper(transformer, sources):
    model = transformer(5)
    found = beam_search(model, sources, max_length=11)
    assert found == beam_search(model, sources, max_length=11, beam_size=4, length_penalty=0.6)
    assert {len(hypotheses) for hypotheses in found} == {4}
    assert found != beam_search(model, sources, max_length=11, length_penalty=0.5)


def test_scores_worked_by_hand(table_model, two_ways):
    model = table_model(two_ways)
    [found] = beam_search(model, torch.tensor([[3]]), max_length=4, beam_size=3, length_penalty=0.0)
    assert [h.ids for h in found] == [(EOS,), (3, EOS), (3, 4, EOS)]
    assert_close(
        [h.log_probability for h in found], [math.log(p) for p in (0.4, 0.3, 0.3)], rtol=1e-6, atol=0
    )
    assert [h.score for h in found] == [h.log_probability for h in found]
    [found] = beam_search(model, torch.tensor([[3]]), max_length=4, beam_size=3, length_penalty=2.0)
    scores = {h.ids: h.score for h in found}
    assert_close(scores[3, 4, EOS], math.log(0.3) / (8 / 6) ** 2, rtol=1e-6, atol=0)
    assert_close(scores[3, EOS], math.log(0.3) / (7 / 6) ** 2, rtol=1e-6, atol=0)
    assert_close(scores[(EOS,)], math.log(0.4), rtol=1e-6, atol=0)
    assert [h.ids for h in found] == [(3, 4, EOS), (3, EOS), (EOS,)]


def test_the_tree_worked_by_hand(table_model, two_ways):
    model = table_model(two_ways)
    found, [tree] = beam_search(model, torch.tensor([[3]]), max_length=4, beam_size=2, return_tree=True)
    rounded = [(n.parent, n.id, round(math.exp(n.log_probability), 6), n.ended) for n in tree]
    assert rounded == [
        (-1, 3, 0.6, False),
        (-1, EOS, 0.4, True),
        (0, EOS, 0.3, True),
        (0, 4, 0.3, False),
        (3, EOS, 0.3, True),
    ]
    assert found == beam_search(model, torch.tensor([[3]]), max_length=4, beam_size=2)
    assert isinstance(tree[0], BeamNode)


@pytest.mark.parametrize("seed", range(3, 6))
def test_the_tree_holds_every_hypothesis_and_nothing_grows_on_what_ended(transformer, sources, seed):
    found, trees = beam_search(transformer(seed), sources, max_length=11, beam_size=3, return_tree=True)
    for hypotheses, tree in zip(found, trees, strict=True):
        depths, paths = [], []
        for index, node in enumerate(tree):
            assert node.parent < index
            above = tree[node.parent] if node.parent >= 0 else None
            assert above is None or not above.ended
            assert node.ended == (node.id == EOS)
            assert node.log_probability <= (above.log_probability if above else 0.0)
            depths.append(depths[node.parent] + 1 if above else 1)
            paths.append((*(paths[node.parent] if above else ()), node.id))
        assert max(depths.count(d) for d in depths) <= 3
        assert {h.ids for h in hypotheses} <= set(paths)
        assert all(EOS not in h.ids[:-1] for h in hypotheses)
        assert [h.score for h in hypotheses] == sorted((h.score for h in hypotheses), reverse=True)


def test_of_equal_candidates_the_better_beginning_comes_first_then_the_smaller_id(table_model):
    table = torch.zeros(67, 67)
    table[1, 3:] = 1 / 64
    table[3:, 3:] = 1 / 64
    [found] = beam_search(table_model(table), torch.tensor([[3]]), max_length=2, beam_size=3)
    assert [h.ids for h in found] == [(3, 3), (3, 4), (3, 5)]


def test_hypotheses_without_probability_are_not_found(table_model):
    table = torch.zeros(5, 5)
    table[1, [3, 4]] = 0.5
    table[3:, EOS] = 1.0
    [found] = beam_search(table_model(table), torch.tensor([[3]]), max_length=5, beam_size=4)
    assert [h.ids for h in found] == [(3, EOS), (4, EOS)]


def test_a_source_leaves_when_nothing_can_change_any_more(table_model):
    quick, slow = torch.zeros(5, 5), torch.zeros(5, 5)
    quick[1] = torch.tensor([0, 0, 0.98, 0.01, 0.01])
    quick[3:] = torch.tensor([0, 0, 0.98, 0.01, 0.01])
    slow[1:] = torch.tensor([0, 0, 0.01, 0.98, 0.01])
    model = table_model(torch.stack([quick, slow]))
    found = beam_search(model, torch.tensor([[2], [3]]), max_length=11, beam_size=2)
    assert found[0][0].ids == (EOS,)
    assert len(model.seen) == 11
    assert model.seen[0] == [0, 1]
    assert model.seen[1] == [0, 0, 1, 1]
    assert model.seen[-1] == [1, 1]
    model.seen.clear()
    assert beam_search(model, torch.tensor([[2]]), max_length=11, beam_size=2) == found[:1]
    assert len(model.seen) < 5


def test_what_has_not_ended_counts_as_it_stands(table_model):
    table = torch.zeros(5, 5)
    table[:] = torch.tensor([0, 0, 0.1, 0.9, 0])
    [found] = beam_search(
        table_model(table), torch.tensor([[3]]), max_length=3, beam_size=2, length_penalty=0.0
    )
    assert [h.ids for h in found] == [(3, 3, 3), (EOS,)]
    assert_close(found[0].log_probability, 3 * math.log(0.9), rtol=1e-6, atol=0)


@pytest.mark.parametrize("seed", range(3, 6))
def test_a_sentence_in_a_batch_is_searched_as_alone(transformer, sources, seed):
    model = transformer(seed)
    together = beam_search(model, sources, max_length=11)
    for source, hypotheses in zip(sources, together, strict=True):
        [alone] = beam_search(model, source[source != PAD][None], max_length=11)
        assert_same(hypotheses, alone)


def test_log_probabilities_are_sums_in_double_precision(table_model):
    table = torch.zeros(5, 5)
    table[:, 3] = 1e-4
    table[:, 4] = 1 - 1e-4
    model = table_model(table, max_length=1009)
    [found] = beam_search(model, torch.tensor([[3]]), max_length=1009, beam_size=1)
    step = table[1].log().log_softmax(-1)[4].double().item()
    assert_close(found[0].log_probability, 1009 * step, rtol=1e-12, atol=0)


def test_dropout_is_off_and_the_mode_is_as_before(transformer, sources):
    model = transformer(3, dropout=0.5)
    expected = beam_search(model, sources, max_length=7)
    model.train()
    assert beam_search(model, sources, max_length=7) == expected
    assert all(module.training for module in model.modules())


def test_the_search_runs_where_the_model_is(transformer, sources, device):
    found = beam_search(transformer(3).to(device), sources.to(device), max_length=7)
    for hypotheses, expected in zip(found, beam_search(transformer(3), sources, max_length=7), strict=True):
        assert_same(hypotheses, expected)
