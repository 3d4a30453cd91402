"""The next-token distribution: each of its settings by hand, at its limits, and in combination."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from transformer_lib.decoding import next_token_distribution

LOGITS = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()  # in order: ids 1, 3, 2, 0
INF = math.inf


def kept(probabilities):
    return probabilities.nonzero().flatten().tolist()


def test_without_settings_it_is_softmax(device):
    logits = torch.randn(3, 5, 7, dtype=torch.float64, device=device)
    assert_close(next_token_distribution(logits), logits.softmax(-1))


def test_temperature_divides_the_logits():
    # e^(ln 4 / 2) = 2 against 1
    assert_close(next_token_distribution(torch.tensor([0.0, math.log(4)]), 2.0), torch.tensor([1 / 3, 2 / 3]))
    logits = torch.randn(3, 7, dtype=torch.float64)
    expected = (logits / 0.7).softmax(-1)
    assert_close(next_token_distribution(logits, 0.7), expected, rtol=1e-12, atol=0)
    assert_close(next_token_distribution(logits, 0.7, top_k=7), expected, rtol=1e-12, atol=0)
    assert_close(next_token_distribution(logits, torch.tensor(0.7, dtype=torch.float64)), expected)


@pytest.mark.parametrize("temperature", [0, 0.0, 1e-30, torch.tensor(0.0), torch.tensor(1e-30)])
def test_temperature_towards_0_is_greedy(temperature):
    logits = torch.tensor([[-1.0, 3.0, 2.9], [500.0, -500.0, 400.0]])
    assert next_token_distribution(logits, temperature).tolist() == [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("temperature", [0, torch.tensor(0.0)])
@pytest.mark.parametrize("settings", [{}, {"top_k": 2}, {"top_p": 1.0}, {"top_k": 3, "top_p": 0.99}])
def test_at_temperature_0_the_smaller_id_of_equal_ones_has_it_all(temperature, settings):
    logits = torch.tensor([1.0, 2.0, 2.0, 2.0])
    assert next_token_distribution(logits, temperature, **settings).tolist() == [0, 1, 0, 0]


def test_top_k_keeps_k_tokens_and_renormalises():
    assert_close(next_token_distribution(LOGITS, top_k=2), torch.tensor([0, 4 / 7, 0, 3 / 7]))
    assert_close(next_token_distribution(LOGITS, top_k=3), torch.tensor([0, 4 / 9, 2 / 9, 3 / 9]))


def test_top_k_of_1_is_greedy_and_of_many_keeps_all():
    assert next_token_distribution(LOGITS, top_k=1).tolist() == [0, 1, 0, 0]
    for k in (4, 5, 1000):
        assert_close(next_token_distribution(LOGITS, top_k=k), LOGITS.softmax(-1))


def test_of_equal_tokens_at_the_border_the_smaller_ids_stay():
    logits = torch.zeros(101)
    assert kept(next_token_distribution(logits, top_k=3)) == [0, 1, 2]
    assert kept(next_token_distribution(logits, top_p=0.045)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("p", "ids"),
    [(0.0, [1]), (0.39, [1]), (0.41, [1, 3]), (0.69, [1, 3]), (0.71, [1, 2, 3]), (0.95, [0, 1, 2, 3])],
)
def test_top_p_keeps_the_token_that_crosses_the_threshold(p, ids):
    probabilities = next_token_distribution(LOGITS, top_p=p)
    assert kept(probabilities) == ids
    expected = LOGITS.exp() * torch.isin(torch.arange(4), torch.tensor(ids))
    assert_close(probabilities, expected / expected.sum())


def test_a_threshold_that_is_reached_exactly_is_reached():
    assert kept(next_token_distribution(torch.zeros(4), top_p=0.5)) == [0, 1]


@pytest.mark.parametrize("p", [1, 1.0, torch.tensor(1.0)])
def test_top_p_of_1_keeps_even_what_is_lost_in_the_rounding(p):
    logits = torch.tensor([0.0, -30.0, -60.0])  # 1 + e^-30 is 1 in float32
    assert_close(next_token_distribution(logits, top_p=p), logits.softmax(-1), rtol=1e-5, atol=0)


def test_top_p_looks_at_what_top_k_left():
    # the two best renormalise to 4/7 and 3/7: the first alone reaches .5, which .4 did not
    assert kept(next_token_distribution(LOGITS, top_k=2, top_p=0.5)) == [1]
    assert kept(next_token_distribution(LOGITS, top_p=0.5)) == [1, 3]


def test_top_p_looks_at_what_temperature_made():
    # at temperature .5 the probabilities are as 1, 16, 4, 9: the first alone has .53
    assert kept(next_token_distribution(LOGITS, 0.5, top_p=0.5)) == [1]
    assert_close(next_token_distribution(LOGITS, 0.5, top_k=2), torch.tensor([0, 16 / 25, 0, 9 / 25]))


def test_a_token_that_is_ruled_out_stays_out():
    logits = torch.tensor([-INF, 0.0, -INF, 0.0])
    for settings in ({}, {"top_k": 3}, {"top_p": 0.9}, {"top_p": 1.0}, {"temperature": 0}):
        assert kept(next_token_distribution(logits, **settings)) in ([1, 3], [1])
    assert kept(next_token_distribution(logits, top_k=3)) == [1, 3]


SETTINGS = {
    "temperature": st.sampled_from([0.0, 1e-3, 0.5, 1.0, 3.0]),
    "top_k": st.sampled_from([None, 1, 2, 5, 11, 13]),
    "top_p": st.sampled_from([None, 0.0, 0.2, 0.9, 1.0]),
}


@given(seed=st.integers(0, 999), **SETTINGS)
def test_rows_sum_to_1_and_keep_the_best_tokens(seed, temperature, top_k, top_p):
    logits = torch.randn(3, 11, generator=torch.Generator().manual_seed(seed))
    probabilities = next_token_distribution(logits, temperature, top_k, top_p)
    assert_close(probabilities.sum(-1), torch.ones(3))
    for row, given_logits in zip(probabilities, logits, strict=True):
        out = given_logits[row == 0]
        assert len(out) == 0 or given_logits[row > 0].min() > out.max()
        assert (row > 0).sum() <= (top_k or 11)


@given(seed=st.integers(0, 999), **SETTINGS)
def test_tokens_renamed_are_probabilities_renamed(seed, temperature, top_k, top_p):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(3, 11, generator=generator)
    names = torch.randperm(11, generator=generator)
    renamed = next_token_distribution(logits[:, names], temperature, top_k, top_p)
    assert_close(renamed, next_token_distribution(logits, temperature, top_k, top_p)[:, names])


@given(seed=st.integers(0, 999), **SETTINGS)
def test_tensors_as_settings_say_the_same_as_numbers(seed, temperature, top_k, top_p):
    logits = torch.randn(3, 11, generator=torch.Generator().manual_seed(seed))
    tensors = [None if x is None else torch.tensor(float(x)) for x in (temperature, top_k, top_p)]
    assert_close(
        next_token_distribution(logits, *tensors), next_token_distribution(logits, temperature, top_k, top_p)
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(dtype, device):
    logits = torch.randn(2, 1009, device=device).to(dtype)
    for settings in ({}, {"top_k": 5, "top_p": 0.9}):
        probabilities = next_token_distribution(logits, 0.9, **settings)
        assert probabilities.dtype == torch.float32
        assert probabilities.device == logits.device
        assert_close(probabilities, next_token_distribution(logits.float(), 0.9, **settings))


def test_it_is_differentiable():
    logits = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    temperature = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, t: next_token_distribution(x, t, 4, 0.8), (logits, temperature))


def test_the_logits_are_left_as_they_were():
    logits = LOGITS.clone()
    next_token_distribution(logits, 0.3, 2, 0.5)
    assert torch.equal(logits, LOGITS)


def test_min_p_keeps_what_is_likely_beside_the_first():
    assert kept(next_token_distribution(LOGITS, min_p=0.74)) == [1, 3]  # .3 / .4 = .75, .2 / .4 = .5
    assert kept(next_token_distribution(LOGITS, min_p=0.76)) == [1]
    assert_close(next_token_distribution(LOGITS, min_p=0.3), torch.tensor([0, 4 / 9, 2 / 9, 3 / 9]))
    assert_close(next_token_distribution(LOGITS, min_p=0.0), LOGITS.softmax(-1))


def test_min_p_of_1_keeps_what_is_as_likely_as_the_first():
    assert kept(next_token_distribution(torch.tensor([1.0, 2.0, 2.0]), min_p=1.0)) == [1, 2]


def test_min_p_looks_at_what_temperature_made_and_goes_with_the_other_dials():
    # at temperature .5 the probabilities are as 1, 16, 4, 9: .5 of 16 is 8
    assert kept(next_token_distribution(LOGITS, 0.5, min_p=0.5)) == [1, 3]
    assert kept(next_token_distribution(LOGITS, 0.0, min_p=0.1)) == [1]
    assert kept(next_token_distribution(LOGITS, top_k=2, min_p=0.1)) == [1, 3]
    tensor = next_token_distribution(LOGITS, min_p=torch.tensor(0.74))
    assert_close(tensor, next_token_distribution(LOGITS, min_p=0.74))
