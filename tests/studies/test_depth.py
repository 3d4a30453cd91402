"""Deep untrained stacks: what each start and surrounding does, measured in the stored run and on small stacks here."""

import itertools

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.studies import depth, results
from transformer_lib.studies.depth import (
    NORMS,
    STARTS,
    Settings,
    case,
    last_gradient,
    likeness,
    middle,
    passage,
)

TINY = Settings(seeds=(0, 1), n_layers=5, n_words=3, d_model=7, n_heads=1)
CASES = results("depth")["cases"]


def test_likeness_ignores_sizes_and_knows_the_same_from_the_opposite():
    x = torch.tensor([[1.0, 2.0], [3.0, 6.0]], dtype=torch.float64)
    assert likeness(x).item() == pytest.approx(1)
    assert likeness(x * torch.tensor([[1e-80], [-1.0]], dtype=torch.float64)).item() == pytest.approx(-1)


@pytest.mark.parametrize("start", STARTS)
def test_every_start_draws_matrices_of_its_own_spread(start):
    torch.manual_seed(0)
    matrix = torch.empty(211, 97)
    STARTS[start](matrix)
    wanted = {
        "Xavier": (2 / (211 + 97)) ** 0.5,
        "PyTorch": (1 / 97 / 3) ** 0.5,
        "N(0, .02)": 0.02,
        "He": (2 / 97) ** 0.5,
    }
    assert matrix.std().item() == pytest.approx(wanted[start], rel=0.03)


def test_a_passage_holds_a_number_for_each_depth_and_repeats_itself():
    one = passage("He", True, "before", seed=3, settings=TINY)
    assert [len(part) for part in one] == [6, 6, 6, 5]
    assert all(
        torch.equal(a, b) for a, b in zip(one, passage("He", True, "before", 3, settings=TINY), strict=True)
    )
    assert passage("He", True, "before", 3, n_layers=2, settings=TINY).signal.shape == (3,)


def test_the_norm_after_the_sum_leaves_every_word_with_one_size():
    signal = passage("He", True, "after", seed=0, settings=TINY).signal
    assert_close(signal[1:], torch.full((5,), (3 * 7) ** 0.5, dtype=signal.dtype), rtol=1e-3, atol=0)


def test_without_residual_the_blocks_replace_what_came_in():
    kept, lost = (
        passage("N(0, .02)", residual, "none", 0, settings=TINY).signal for residual in (True, False)
    )
    assert kept[-1] > 0.9 * kept[0]
    assert lost[-1] < 1e-6 * lost[0]


def test_blocks_can_be_taken_alone():
    signals = [
        passage("He", False, "none", 0, parts, settings=TINY).signal[1]
        for parts in ("both", "attention", "feed-forward")
    ]
    assert len({round(signal.item(), 6) for signal in signals}) == 3


def test_the_gradient_is_not_scaled_where_it_enters():
    gradient = {norm: passage("He", True, norm, 0, settings=TINY).gradient[-1] for norm in NORMS}
    assert gradient["before"] < 0.9 * gradient["none"]  # the last norm divides by the size of a grown stream
    assert gradient["after"] == gradient["none"]


def test_of_all_gradients_only_that_of_he_with_nothing_around_hangs_on_the_last_bit(monkeypatch):
    cases = list(itertools.product(STARTS, (False, True), NORMS))
    before = {case: passage(*case, seed=0).gradient[0] for case in cases}
    exact = depth.uniform
    monkeypatch.setattr(depth, "uniform", lambda settings: exact(settings) * (1 + 2**-52))
    moved = {
        case
        for case in cases
        if not torch.isclose(passage(*case, seed=0).gradient[0], before[case], rtol=1e-3, atol=0)
    }
    assert moved == {("He", False, "none")}


def test_a_case_is_a_mean_over_seeds():
    row = case("Xavier", True, "none", "both", TINY)
    runs = [passage("Xavier", True, "none", seed, settings=TINY) for seed in TINY.seeds]
    assert row["signal"] == pytest.approx(middle([run.signal[-1:] / run.signal[0] for run in runs]).item())
    assert row["likeness"]["seeds"] == [run.likeness[-1].item() for run in runs]
    assert last_gradient("Xavier", "after", 2, TINY) > 0


def of(**wanted):
    return [row for row in CASES if all(row[name] == value for name, value in wanted.items())]


def test_stored_without_residual_words_merge_at_every_start_whatever_the_norm():
    rows = of(parts="both", residual=False)
    assert len(rows) == len(STARTS) * len(NORMS)
    assert min(row["likeness"]["two"] for row in rows) > max(
        row["likeness"]["two"] for row in of(parts="both", residual=True)
    )
    assert min(min(row["likeness"]["seeds"]) for row in rows) > 0.995


def test_stored_with_a_norm_sizes_stay_and_without_one_the_start_decides():
    normed = [row["signal"] for row in of(parts="both") if row["norm"] != "none"]
    bare = [row["signal"] for row in of(parts="both", norm="none")]
    assert 0.01 < min(normed) < max(normed) < 12
    assert min(bare) < 1e-80
    assert max(bare) > 1e13


def test_stored_the_last_gradient_falls_with_depth_only_with_the_norm_before():
    by_start = results("depth")["last gradient"]
    for start in ("Xavier", "PyTorch", "He"):
        before, after = by_start[start]["before"], by_start[start]["after"]
        assert before == sorted(before, reverse=True)
        assert before[-1] < 0.5 * before[0]
        assert after[-1] > 0.75 * after[0]
