"""What each loss of preference learning does alone: what is tuned, at which rate, and what is measured of it."""

import random

import pytest

from transformer_lib import assistant
from transformer_lib.assistant.tuning import ANCHOR, PREFERENCE
from transformer_lib.studies import assistant_alone, assistant_stages, results

TINY = assistant_stages.Settings(seeds=(0, 1), n_questions=2, n_examples=4, n_pairs=4, n_steps=1)


def test_likelihoods_are_those_of_fresh_replies_one_by_one():
    model, each = (
        assistant.load("instructed"),
        {"chosen": [], "rejected": [], "answers": [], "admissions": []},
    )
    for seed in range(6):
        one = assistant.pair(random.Random(f"fresh {seed}"))
        for name in ("chosen", "rejected"):
            alone = assistant.exchanges([(one.story, one.question)], [getattr(one, name)])
            each[name].append(assistant.reply_log_probabilities(model, alone).sum().item())
        each["admissions" if "i do not know" in one.chosen else "answers"].append(each["chosen"][-1])
    found = assistant_alone.likelihoods(model, 6)
    assert {len(values) for values in each.values()} == {6, 3}
    for name, values in zip(found, (each[key] for key in each), strict=True):
        assert found[name] == pytest.approx(sum(values) / len(values), rel=1e-5), name


def test_each_way_is_tuned_from_the_same_model_with_its_loss_and_rate(monkeypatch):
    tuned, prefer = [], assistant.prefer

    def noted(model, pairs, recipe, *, anchor):
        tuned.append((recipe.seed, round(recipe.peak_lr / PREFERENCE.peak_lr, 6), anchor, len(pairs)))
        return prefer(model, pairs, recipe, anchor=anchor)

    monkeypatch.setattr(assistant, "prefer", noted)
    found = assistant_alone.study(assistant_alone.Settings(TINY, rates=(1.0, 0.5), n_fresh=2))
    assert tuned == [
        (seed, rate, anchor, 4) for seed in (0, 1) for rate, anchor in ((1.0, ANCHOR), (1.0, 0.0), (0.5, 0.0))
    ]
    assert [row["kl"] for row in found["before"]] == [0.0, 0.0]
    for name in ("both", "imitated", "compared at 1", "compared at 0.5"):
        assert len(found[name]) == 2
        for row, before in zip(found[name], found["before"], strict=True):
            assert row["chosen"] != before["chosen"]


def test_stored_comparisons_alone_admit_nothing_and_push_both_replies_down():
    stored = results("assistant_alone")
    for name in ("compared at 1", "compared at 0.1", "compared at 0.03"):
        for row, before in zip(stored[name], stored["before"], strict=True):
            assert row["admitted"] == 0.0
            assert row["chosen"] < before["chosen"]
            assert row["rejected"] < row["chosen"]
    for name in ("both", "imitated"):
        for row, before in zip(stored[name], stored["before"], strict=True):
            assert row["admitted"] > 0.85
            assert row["chosen"] > before["chosen"]


def test_stored_models_are_those_of_the_stages():
    alone, stages = results("assistant_alone"), results("assistant_stages")
    for name, same in {
        "both": "preferred",
        "imitated": "preferred replies alone",
        "compared at 1": "preferred, without anchor",
    }.items():
        for row, other in zip(alone[name], stages[same], strict=True):
            assert row["right"] == pytest.approx(other["right"], abs=0.1)
            assert row["admitted"] == pytest.approx(other["admitted"], abs=0.05)
