import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from transformer_lib.evaluation import alignment_error_rate, alignment_weights, argmax_accuracy
from transformer_lib.model.transformer import Transformer, TransformerConfig

# "je ne dors pas" from "i do not sleep", as (source, target): i-je, not-ne, sleep-dors, not-pas
GOLD = {(0, 0), (2, 1), (3, 2), (2, 3)}
WEIGHTS = torch.tensor(
    [[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.3, 0.5], [0.0, 0.1, 0.3, 0.6], [0.1, 0.4, 0.4, 0.1]]
)


def test_alignment_error_worked_by_hand():
    # attention links i-je, sleep-ne, sleep-dors, do-pas: two of four and two of four
    assert_close(alignment_error_rate(WEIGHTS, GOLD), 1 - (2 + 2) / 8)
    assert_close(argmax_accuracy(WEIGHTS, GOLD), 2 / 4)


def test_possible_links_are_no_error_but_need_not_be_found():
    assert_close(alignment_error_rate(WEIGHTS, GOLD, possible={(1, 3)}), 1 - (2 + 3) / 8)
    assert_close(alignment_error_rate(WEIGHTS, GOLD, possible=GOLD), 1 - (2 + 2) / 8)


def test_a_threshold_links_every_word_that_reaches_it():
    # .3 and more: i-je, not-ne, sleep-ne, not-dors, sleep-dors, do-pas, not-pas
    assert_close(alignment_error_rate(WEIGHTS.double(), GOLD, threshold=0.3 - 1e-6), 1 - (4 + 4) / (7 + 4))
    assert_close(alignment_error_rate(torch.tensor([[0.5, 0.5]]), {(0, 0)}, threshold=0.5), 1 - 2 / 3)
    assert_close(alignment_error_rate(torch.tensor([[1.0, 0.0]]), {(0, 0)}, threshold=1), 0.0)


def test_perfect_attention_has_no_error_and_wrong_attention_nothing_else():
    assert alignment_error_rate(torch.eye(5), [(i, i) for i in range(5)]) == 0.0
    assert alignment_error_rate(torch.eye(5), [((i + 1) % 5, i) for i in range(5)]) == 1.0


def test_rows_are_target_words():
    weights = torch.tensor([[0.9, 0.1, 0.0], [0.8, 0.1, 0.1]])  # two target words, three source words
    assert alignment_error_rate(weights, {(0, 0), (0, 1)}) == 0.0
    message = r"link \(0, 2\) lies outside weights of T = 2 and S = 3; links are \(source, target\)"
    with pytest.raises(ValueError, match=message):
        alignment_error_rate(weights, {(0, 0), (0, 2)})


def test_counts_run_over_the_corpus_before_they_are_divided():
    short, long = torch.eye(1), torch.eye(7).roll(1, 0)
    gold = [{(0, 0)}, {(i, i) for i in range(7)}]
    assert_close(alignment_error_rate([short, long], gold), 1 - 2 / 16)
    assert_close(argmax_accuracy([short, long], gold), 1 / 8)
    assert_close(alignment_error_rate([short, long], gold, possible=[set(), {(1, 0)}]), 1 - 2 / 16)
    assert_close(alignment_error_rate([short, long], gold, possible=[set(), {(0, 1)}]), 1 - 3 / 16)


def test_a_word_without_a_gold_link_counts_as_an_error_but_not_for_accuracy():
    weights = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert_close(alignment_error_rate(weights, {(0, 0)}), 1 - 2 / 3)
    assert argmax_accuracy(weights, {(0, 0)}) == 1.0


def test_one_of_several_gold_words_is_enough_for_accuracy():
    assert argmax_accuracy(torch.tensor([[0.2, 0.8, 0.0]]), {(1, 0), (2, 0)}) == 1.0


@given(
    st.integers(1, 6).flatmap(
        lambda t: st.tuples(
            st.just(t),
            st.sets(st.tuples(st.integers(0, 4), st.integers(0, t - 1)), min_size=1),
            st.integers(0, 99),
        )
    )
)
def test_without_possible_links_it_is_one_minus_f1(case):
    n_target, gold, seed = case
    weights = torch.rand(n_target, 5, generator=torch.Generator().manual_seed(seed)).softmax(-1)
    links = {(int(row.argmax()), t) for t, row in enumerate(weights)}
    precision, recall = len(links & gold) / len(links), len(links & gold) / len(gold)
    f1 = 2 * precision * recall / (precision + recall) if precision else 0.0
    assert_close(alignment_error_rate(weights, gold), 1 - f1)


def test_weights_are_those_of_the_row_that_produces_the_word():
    torch.manual_seed(0)
    config = TransformerConfig(11, 13, d_model=6, n_heads=3, d_ff=7, n_layers=2, dropout=0.5)
    model = Transformer(config)
    src_ids = torch.tensor([[5, 7, 3, 9, 2], [4, 6, 2, 0, 0]])
    tgt_ids = torch.tensor([[1, 8, 3, 2, 0], [1, 11, 12, 5, 2]])
    first, second = alignment_weights(model, src_ids, tgt_ids)
    assert model.training
    assert first.shape == (2, 3, 2, 4)
    assert second.shape == (2, 3, 3, 2)
    model.eval()
    # word 2 of the second target, id 5, is predicted by the row that read the words before it
    _, weights = model(src_ids[1:, :3], torch.tensor([[1, 11, 12]]), return_weights=True)
    assert_close(second, weights.cross[:, 0, :, :3, :2])
    assert not first.requires_grad


def test_a_sentence_without_words_is_refused():
    model = Transformer(TransformerConfig(11, 13, d_model=6, n_heads=3, d_ff=7, n_layers=1))
    with pytest.raises(ValueError, match="row 1 holds 1 source and 0 target words; both must hold one"):
        alignment_weights(model, torch.tensor([[5, 2], [5, 2]]), torch.tensor([[1, 5, 2], [1, 2, 0]]))


@pytest.mark.parametrize("score", [alignment_error_rate, argmax_accuracy])
@pytest.mark.parametrize(
    ("weights", "gold", "message"),
    [
        ([], [], "there is no sentence to score"),
        (
            [torch.eye(2)],
            [{(0, 0)}, {(0, 0)}],
            "each sentence needs its links, got 1 weights and 2 alignments",
        ),
        (
            torch.ones(2, 3, 4),
            {(0, 0)},
            r"weights must be \(T, S\), got \(2, 3, 4\); choose a layer and a head",
        ),
        (torch.ones(0, 4), {(0, 0)}, r"weights must be \(T, S\), got \(0, 4\)"),
        (torch.tensor([[math.nan, 1.0]]), {(0, 0)}, "weights hold NaN"),
        (torch.ones(2, 3), {(0, 2)}, r"link \(0, 2\) lies outside"),
        (torch.ones(2, 3), {(3, 0)}, r"link \(3, 0\) lies outside"),
        (torch.eye(2), {(-1, 0)}, r"link \(-1, 0\) lies outside"),
        (torch.eye(2), {(0, -1)}, r"link \(0, -1\) lies outside"),
    ],
)
def test_what_cannot_be_scored_is_refused(score, weights, gold, message):
    with pytest.raises(ValueError, match=message):
        score(weights, gold)


def test_thresholds_and_empty_alignments_are_refused():
    for threshold in (0, 1.1, -1, math.nan):
        with pytest.raises(ValueError, match=r"threshold is a weight in \(0, 1\]"):
            alignment_error_rate(torch.eye(2), {(0, 0)}, threshold=threshold)
    with pytest.raises(ValueError, match="there are no links"):
        alignment_error_rate(torch.full((2, 2), 0.5), set(), threshold=0.9)
    with pytest.raises(ValueError, match="no target word has a gold link"):
        argmax_accuracy(torch.eye(2), set())
