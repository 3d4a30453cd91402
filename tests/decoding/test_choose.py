"""How one number chooses a token, and what there is nothing to choose from."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from twins import says

from transformer_lib.decoding import choose, next_token_distribution

INF = math.inf


@pytest.mark.parametrize(
    ("u", "token"),
    [(0.0, 1), (0.2499, 1), (0.25, 3), (0.4999, 3), (0.5, 4), (0.75, 4), (1 - 2**-53, 4)],
)
def test_a_number_chooses_the_token_whose_share_it_falls_into(u, token, device):
    probabilities = torch.tensor([0.0, 0.25, 0.0, 0.25, 0.5, 0.0], device=device)
    draw = torch.tensor(u, dtype=torch.float64, device=device)
    assert choose(probabilities, draw).tolist() == token


def test_shares_are_of_what_the_probabilities_sum_to():
    third = torch.full((3,), 0.3)  # sums to .9
    assert choose(third.expand(3, 3), torch.tensor([0.32, 0.34, 0.99])).tolist() == [0, 1, 2]


@given(seed=st.integers(0, 999), u=st.floats(0, 1, exclude_max=True))
def test_a_token_without_probability_is_never_chosen(seed, u):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(5, 13, generator=generator) * 9
    probabilities = next_token_distribution(logits, top_k=3)
    chosen = choose(probabilities, torch.full((5,), u, dtype=torch.float64))
    assert (probabilities.gather(1, chosen[:, None]) > 0).all()


def test_sums_are_in_double_precision():
    # in single precision the sum stops growing at 1 / 2^-24 equal shares
    probabilities = torch.full((2**12,), 1.0)
    probabilities[0] = 2.0**24
    total = 2**24 + 2**12 - 1
    draw = torch.tensor((2**24 + 7.5) / total, dtype=torch.float64)
    assert choose(probabilities, draw).tolist() == 8


@pytest.mark.parametrize("shape", [(1,), (3, 1), (2, 3, 1)])
def test_of_a_single_token_there_is_but_one_choice(shape):
    chosen = choose(torch.full(shape, 0.2), torch.full(shape[:-1], 0.9))
    assert torch.equal(chosen, torch.zeros(shape[:-1], dtype=torch.int64))


def test_where_no_value_can_be_seen_none_is_looked_at():
    chosen = choose(torch.ones(2, 3, device="meta"), torch.ones(2, device="meta"))
    assert (chosen.shape, chosen.dtype, chosen.device.type) == ((2,), torch.int64, "meta")


@pytest.mark.parametrize(
    ("probabilities", "draws"), [((), ()), ((3, 0), (3,)), ((3, 2), (2,)), ((3, 2), (3, 1)), ((2,), (1,))]
)
def test_one_draw_belongs_to_each_row(probabilities, draws):
    message = "expected probabilities (..., V) and one draw for each row, "
    with says(ValueError, f"{message}got {probabilities} and {draws}"):
        choose(torch.ones(probabilities), torch.zeros(draws))


def test_ids_are_no_probabilities_and_no_draws():
    with says(TypeError, "probabilities must be floating point, got torch.int64; did you pass ids?"):
        choose(torch.tensor([1, 2]), torch.tensor(0.5))
    with says(TypeError, "draws must be floating point, got torch.int64"):
        choose(torch.tensor([0.5, 0.5]), torch.tensor(0))


@pytest.mark.parametrize("wrong", [-0.1, INF, math.nan])
def test_probabilities_are_finite_and_none_is_below_0(wrong):
    with says(ValueError, "probabilities must be finite and at least 0"):
        choose(torch.tensor([[0.5, 0.5], [0.5, wrong]]), torch.zeros(2))


def test_a_row_without_any_probability_is_refused_beside_a_good_one():
    with says(ValueError, "a row of probabilities is all 0: there is nothing to choose"):
        choose(torch.tensor([[0.5, 0.5], [0.0, 0.0]]), torch.zeros(2))


@pytest.mark.parametrize("wrong", [-0.1, 1.0, math.nan])
def test_a_draw_lies_from_0_to_below_1(wrong):
    with says(ValueError, "draws must lie in [0, 1): 1 itself is never drawn"):
        choose(torch.full((2, 3), 0.3), torch.tensor([0.5, wrong]))
