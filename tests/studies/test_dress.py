"""One change at a time: models differ from their end of history in what their name says, and in nothing else."""

from dataclasses import replace

import pytest

from transformer_lib import LanguageModel, LanguageModelConfig
from transformer_lib.studies import dress, results
from transformer_lib.studies.stories import apart

STORED = results("dress")


def test_each_change_is_taken_back_alone():
    for name, (before, after) in dress.CHANGES.items():
        without, added = dress.MODELS[f"today without {name}"], dress.MODELS[f"2017 with {name}"]
        assert {key for key in dress.NOW if without[key] != dress.NOW[key]} == set(before), name
        assert {key for key in dress.PAST if added[key] != dress.PAST[key]} == set(after), name


def test_all_changes_together_lead_from_one_end_to_the_other():
    model = dress.PAST
    for _, after in dress.CHANGES.values():
        model = model | after
    assert model == dress.NOW


def test_a_gate_costs_no_parameters():
    count = {
        name: sum(p.numel() for p in LanguageModel(LanguageModelConfig(31, **choices)).parameters())
        for name, choices in dress.MODELS.items()
    }
    assert count["today"] == count["today without SwiGLU"]
    assert count["today without grouped queries"] > count["today"]


def test_a_study_yields_what_it_has_after_each_model(stories, tiny):
    names = ["today", "today with a window", "2017 with SwiGLU"]
    found = list(dress.study(stories, tiny, names))
    assert [list(one["models"]) for one in found] == [names[:1], names[:2], names]
    rows = found[-1]["models"]
    assert all(len(row["bits"]) == len(tiny.seeds) for row in rows.values())
    assert rows["2017 with SwiGLU"]["cache_bytes"] == 2 * rows["today"]["cache_bytes"]


def test_some_models_are_stored_beside_the_others(stories, tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(dress, "SHORT", tiny)
    monkeypatch.setattr(dress.study, "__defaults__", (tiny, tuple(dress.MODELS)))
    kept = {}
    monkeypatch.setattr(dress, "results", lambda name: {"models": {"2017": "as before", "today": "old"}})
    monkeypatch.setattr(dress, "store", lambda name, found: kept.update({name: found}))
    dress.stored(stories, only=["today"])
    assert list(kept["dress"]["models"]) == ["today", "2017"]
    assert kept["dress"]["models"]["2017"] == "as before"
    assert kept["dress"]["models"]["today"]["parameters"] > 0


def test_each_model_is_trained_at_other_rates_and_at_its_best_with_every_seed(stories, tiny, monkeypatch):
    monkeypatch.setattr(dress, "FACTORS", (0.5, 2.0))
    seeds = (0, 1, 2)
    [found] = dress.other_rates(stories, replace(tiny, seeds=seeds), ["today"])
    low, high = (f"{factor * tiny.peak_lr:g}" for factor in dress.FACTORS)
    rates = found["today"]
    assert set(rates) == {low, high}
    best, other = sorted(rates, key=lambda rate: rates[rate][0])
    assert len(rates[other]) == 1
    assert len(set(rates[best])) == len(seeds)
    [alone] = dress.other_rates(stories, replace(tiny, seeds=seeds[:1]), ["today"])
    assert alone == {"today": {rate: bits[:1] for rate, bits in rates.items()}}


def test_the_best_rate_is_that_of_the_first_seed(stories, tiny, monkeypatch):
    kept = {}
    before = {"about": {"peak_lr": 0.004}, "models": {"today": {"bits": [9.0, 0.0]}, "2017": "as before"}}
    found = {"today": {"0.002": [2.0, 3.0], "0.008": [2.5]}}
    monkeypatch.setattr(dress, "results", lambda name: before)
    monkeypatch.setattr(dress, "store", lambda name, found: kept.update(found))
    monkeypatch.setattr(dress, "other_rates", lambda path: iter([found]))
    dress.stored(stories, rates=True)
    assert kept == before | {"rates": found}
    assert dress.at_best(kept) == {"today": (0.002, [2.0, 3.0])}
    kept["models"]["today"]["bits"] = [1.0, 5.0]
    assert dress.at_best(kept) == {"today": (0.004, [1.0, 5.0])}


def test_differences_are_from_the_end_that_a_model_departs_from():
    rows = {
        "today": [1.0, 1.1],
        "2017": [2.0, 2.2],
        "2017 with RMSNorm": [2.0, 2.1],
        "today without RMSNorm": [0.8, 0.9],
    }
    found = dress.differences({"models": {name: {"bits": bits} for name, bits in rows.items()}})
    assert found["2017 with RMSNorm"] == {"from": "2017", "bits": pytest.approx(-0.05), "apart": False}
    assert found["today without RMSNorm"] == {"from": "today", "bits": pytest.approx(-0.2), "apart": True}
    assert "today" not in found


def test_what_is_stored_are_three_seeds_of_models_of_this_study():
    assert {"today", "2017", "today with a window"} <= set(STORED["models"]) <= set(dress.MODELS)
    for name, row in STORED["models"].items():
        assert len(row["bits"]) == len(STORED["about"]["seeds"]) == 3
        config = LanguageModelConfig(STORED["about"]["vocab_size"], **dress.MODELS[name])
        assert sum(p.numel() for p in LanguageModel(config).parameters()) == row["parameters"]
    assert STORED["about"]["sizes"] == dress.SIZES


def test_the_best_rate_of_each_stored_model_lies_between_others():
    peak = STORED["about"]["peak_lr"]
    assert set(STORED["rates"]) == set(dress.AT_OTHER_RATES)
    for name, (rate, bits) in dress.at_best(STORED).items():
        assert len(bits) == len(STORED["about"]["seeds"])
        assert set(STORED["rates"][name]) == {f"{factor * peak:g}" for factor in dress.FACTORS}
        assert min(dress.FACTORS) * peak < rate < max(dress.FACTORS) * peak, name


def test_no_model_lies_apart_from_itself():
    assert not apart(STORED["models"]["today"]["bits"], STORED["models"]["today"]["bits"])
