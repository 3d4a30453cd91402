"""The power law: it finds the law that made the losses, and its interval holds what it should."""

import pytest
import torch

from transformer_lib.studies import results, scaling
from transformer_lib.studies.scaling import Law, fits, predicted

TRUE = Law(1.5, 40.0, 300.0, 0.45, 0.5)
POINTS = [(n, d) for n in (11e3, 30e3, 53e3, 82e3) for d in (5e4, 1e5, 2e5)]


def made(noise=0.0, seed=0, law=TRUE):
    generator = torch.Generator().manual_seed(seed)
    return [
        {
            "parameters": n,
            "tokens": d,
            "loss": law(n, d) + noise * torch.randn((), generator=generator).item(),
        }
        for n, d in POINTS
    ]


def columns(runs):
    return (torch.tensor([one[name] for one in runs]).double() for name in ("parameters", "tokens", "loss"))


def test_a_law_is_found_again_from_the_losses_that_it_made():
    sizes, tokens, losses = columns(made())
    [law] = fits(sizes, tokens, losses[None])
    assert tuple(law) == pytest.approx(tuple(TRUE), rel=1e-6)


def test_a_law_worked_by_hand():
    assert Law(1.0, 6.0, 8.0, 0.5, 1.0)(9.0, 4.0) == pytest.approx(1.0 + 2.0 + 2.0)


def test_no_coefficient_is_below_zero_and_without_an_offset_it_is_zero():
    sizes, tokens, losses = columns(made(law=Law(0.0, 40.0, 300.0, 0.45, 0.5)))
    rising = torch.stack([losses - 0.5, losses.flip(0), losses])
    assert all(min(law) >= 0 for law in fits(sizes, tokens, rising))
    assert all(law.offset == 0 for law in fits(sizes, tokens, rising, offset=False))


def test_the_interval_of_a_prediction_holds_the_truth_about_as_often_as_it_says():
    held = 0
    for seed in range(10):
        *first, last = made(0.02, seed)
        low, high = predicted(first, last["parameters"], last["tokens"], n_resamples=100, seed=0)["interval"]
        held += low <= last["loss"] <= high
    assert held >= 8  # of 10; .95 would be 9.5


def test_too_few_runs_are_refused():
    sizes, tokens, losses = columns(made()[:5])
    with pytest.raises(ValueError, match="more than five runs, got 5"):
        fits(sizes, tokens, losses[None])
    with pytest.raises(ValueError, match=r"losses must be \(R, 5\)"):
        fits(sizes, tokens, losses)


def test_the_largest_run_is_trained_after_it_was_predicted(stories, tiny, monkeypatch):
    order, rates = [], []

    def run(data, choices, training, seed, *, n_steps):
        rates.append(training.peak_lr)
        order.append((choices["d_model"], n_steps))
        size = choices["d_model"]
        return {"parameters": size, "tokens": n_steps, "steps": n_steps, "loss": 1 + 1 / size + 1 / n_steps}

    def ahead(runs, *target, **options):
        order.append("predicted")
        return predicted(runs, *target, **options)

    monkeypatch.setattr(scaling, "run", run)
    monkeypatch.setattr(scaling, "predicted", ahead)
    found = scaling.study(
        stories,
        scaling.Settings(widths=(8, 16, 24), steps=(2, 3, 5), n_resamples=7, training=tiny),
    )
    assert order[-2:] == ["predicted", (24, 5)]
    assert order.count("predicted") == 2
    assert rates == [tiny.peak_lr] * 9 + [scaling.FASTER * tiny.peak_lr] * 9
    for part in (found, found["faster"]):
        assert len(part["runs"]) == 9
        assert part["predicted"]["loss"] == pytest.approx(part["measured"], abs=1e-6)


def test_what_is_stored_was_predicted_from_the_other_eleven():
    about = results("scaling")["about"]
    for found in (results("scaling"), results("scaling")["faster"]):
        *first, last = found["runs"]
        assert len(first) == 11
        assert last["parameters"] == max(one["parameters"] for one in first)
        sizes = last["parameters"], last["tokens"]
        again = predicted(first, *sizes, n_resamples=about["n_resamples"], seed=about["seed"])
        assert again["loss"] == pytest.approx(found["predicted"]["loss"], abs=5e-3)
        low, high = found["predicted"]["interval"]
        assert found["inside"] == (low <= found["measured"] <= high)
