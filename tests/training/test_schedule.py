"""Learning rates: the paper's equation, and the linear rise and fall."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from transformer_lib.training import cooldown, linear_schedule, paper_schedule, warmup_schedule
from transformer_lib.training.schedule import SCHEDULES


def test_the_papers_base_model_peaks_at_seven_ten_thousandths():
    rates = {step: warmup_schedule(step, 512, 4000) for step in range(1, 100_001)}
    assert max(rates, key=rates.get) == 4000
    assert rates[4000] == pytest.approx(6.98771e-4, rel=1e-5)
    assert rates[1] == pytest.approx(rates[4000] / 4000)
    assert rates[100_000] == pytest.approx(512**-0.5 * 100_000**-0.5)


@given(step=st.integers(1, 10**6), d_model=st.integers(1, 4096), warmup=st.integers(1, 10**5))
def test_equation_3_piece_by_piece(step, d_model, warmup):
    rising, falling = step / (d_model**0.5 * warmup**1.5), 1 / (d_model * step) ** 0.5
    wanted = rising if step < warmup else falling
    assert warmup_schedule(step, d_model, warmup) == pytest.approx(wanted, rel=1e-12)


def test_the_papers_rate_is_what_torch_applies_through_a_lambda():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: warmup_schedule(i + 1, 64, 7))
    for step in range(1, 30):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(warmup_schedule(step, 64, 7))
        optimizer.step()
        scheduler.step()


def test_the_linear_rate_rises_to_its_peak_and_falls_to_almost_nothing():
    rates = [linear_schedule(step, 4e-3, 200, 3000) for step in range(1, 3001)]
    assert rates[0] == pytest.approx(4e-3 / 200)
    assert max(rates) == rates[199] == 4e-3
    assert rates[-1] == pytest.approx(4e-3 / 2801)
    rising = [after - before for before, after in itertools.pairwise(rates[:200])]
    falling = [before - after for before, after in itertools.pairwise(rates[199:])]
    assert rising == pytest.approx([4e-3 / 200] * 199)
    assert falling == pytest.approx([4e-3 / 2801] * 2800)


def test_a_run_that_is_all_warm_up_ends_at_the_peak():
    assert [linear_schedule(step, 1.0, 5, 5) for step in range(1, 6)] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert linear_schedule(1, 3.0, 1, 1) == 3.0


def test_the_papers_shape_scales_to_any_peak():
    wanted = [0.5 * warmup_schedule(s, 13, 7) / warmup_schedule(7, 13, 7) for s in range(1, 50)]
    assert [paper_schedule(s, 0.5, 7, 50) for s in range(1, 50)] == pytest.approx(wanted)
    assert max(wanted) == 0.5


def test_a_cool_down_leaves_the_rate_alone_and_then_takes_equal_steps_towards_0():
    shares = [cooldown(step, 4, 11) for step in range(1, 12)]
    assert shares == pytest.approx([1.0] * 7 + [0.8, 0.6, 0.4, 0.2])
    assert [cooldown(step, 0, 3) for step in (1, 2, 3)] == [1.0] * 3
    assert [cooldown(step, 2, 3) for step in (1, 2, 3)] == pytest.approx([1.0, 2 / 3, 1 / 3])


@pytest.mark.parametrize("length", [-1, 3, 5])
def test_a_cool_down_is_shorter_than_the_run(length):
    with pytest.raises(
        ValueError, match=f"cooldown_steps is 0 or more and below the run's 3 steps, got {length}"
    ):
        cooldown(1, length, 3)


def test_schedules_go_by_name():
    assert SCHEDULES["linear"] is linear_schedule
    assert SCHEDULES["paper"] is paper_schedule


@pytest.mark.parametrize("schedule", [linear_schedule, paper_schedule])
@pytest.mark.parametrize(
    ("step", "warmup", "n_steps", "words"),
    [
        (0, 1, 5, "steps count from 1, got 0"),
        (1, 0, 5, "warmup_steps is at least 1, got 0"),
        (6, 1, 5, "step 6 .*5 steps"),
        (1, 6, 5, "6 warm-up steps .*5 steps"),
    ],
)
def test_steps_outside_the_run_are_refused(schedule, step, warmup, n_steps, words):
    with pytest.raises(ValueError, match=words):
        schedule(step, 1.0, warmup, n_steps)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((0, 64, 10), "from 1"), ((1, 0, 10), "d_model"), ((1, 64, 0), "warmup_steps")],
)
def test_the_papers_rate_needs_positive_numbers(arguments, words):
    with pytest.raises(ValueError, match=words):
        warmup_schedule(*arguments)
    assert warmup_schedule(1, 1, 1) == 1.0
