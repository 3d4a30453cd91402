"""One change at a time: models differ from their end of history in what their name says, and in nothing else."""

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


def test_each_model_is_trained_at_other_rates_and_its_best_is_found(stories, tiny, monkeypatch):
    monkeypatch.setattr(dress, "FACTORS", (0.5, 2.0))
    [found] = dress.other_rates(stories, tiny, ["today"])
    assert set(found["today"]) == {f"{tiny.peak_lr / 2:g}", f"{2 * tiny.peak_lr:g}"}
    assert len(set(found["today"].values())) == 2
    kept = {}
    before = {"about": {"peak_lr": tiny.peak_lr}, "models": {"today": {"bits": [9.0]}, "2017": "as before"}}
    monkeypatch.setattr(dress, "results", lambda name: before)
    monkeypatch.setattr(dress, "store", lambda name, found: kept.update(found))
    monkeypatch.setattr(dress.other_rates, "__defaults__", (tiny, ("today",)))
    dress.stored(stories, rates=True)
    assert kept == before | {"rates": found}
    assert dress.at_best(kept)["today"][1] == min(found["today"].values())
    kept["models"]["today"]["bits"] = [0.0]
    assert dress.at_best(kept) == {"today": (tiny.peak_lr, 0.0)}


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
    for name, (rate, _) in dress.at_best(STORED).items():
        assert set(STORED["rates"][name]) == {f"{factor * peak:g}" for factor in dress.FACTORS}
        assert min(dress.FACTORS) * peak < rate < max(dress.FACTORS) * peak, name


def test_no_model_lies_apart_from_itself():
    assert not apart(STORED["models"]["today"]["bits"], STORED["models"]["today"]["bits"])
