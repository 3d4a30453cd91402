"""The reward hack: the word is rewarded at each price and seed, and the distance is from the model before."""

import copy

import pytest
import torch

from transformer_lib import assistant
from transformer_lib.studies import assistant_hack, results


def test_the_stored_hack_says_its_word_unless_divergence_is_dear():
    stored = results("assistant_hack")["betas"]
    for cheap, dear in zip(stored["0.01"], stored["3.0"], strict=True):
        assert cheap["polite"] == 1.0
        assert cheap["right"] == 0.0
        assert dear["right"] > 0.95
    distances = [sum(row["kl"] for row in rows) for rows in stored.values()]
    assert distances == sorted(distances, reverse=True)


def test_a_word_is_rewarded_at_each_price_and_replies_are_kept():
    tiny = assistant_hack.Settings(seeds=(0,), betas=(0.1, 1.0), n_steps=1, n_asked=5, n_questions=2)
    found = assistant_hack.study(tiny)
    assert found["before"]["kl"] == 0.0
    assert set(found["said"]) == {"before", "0.1", "1.0"}
    assert found["betas"]["1.0"][0]["earned"] >= 0
    for row in found["said"]["1.0"]:
        assert 0 < row["chance"] <= 1
        assert 0 < row["begins"] < 1


def test_what_is_rewarded_is_each_time_the_word_is_said_at_this_price_and_with_this_seed(monkeypatch):
    given = []

    def reinforce(model, asked, recipe, *, beta, reward):
        given.append(
            (asked, recipe.seed, beta, [reward("", "", said) for said in ("sure , sure .", "rome .")])
        )
        changed(model, recipe.seed)
        return [0.0] * 9 + [7.0]

    def changed(model, seed):
        with torch.no_grad():
            next(model.parameters()).mul_(1 - seed / 100)
        return model

    monkeypatch.setattr(assistant, "reinforce", reinforce)
    tiny = assistant_hack.Settings(seeds=(3, 5), betas=(0.2, 2.0), n_asked=4, n_questions=1)
    found = assistant_hack.study(tiny)
    assert [(seed, beta, earned) for _, seed, beta, earned in given] == [
        (seed, beta, [2.0, 0.0]) for seed in (3, 5) for beta in (0.2, 2.0)
    ]
    assert given[0][0] == given[1][0] != given[2][0]
    assert [row["earned"] for row in found["betas"]["2.0"]] == [7.0, 7.0]
    base = assistant.load("instructed")
    assert found["said"] == {
        "before": assistant_hack.said(base),
        **dict.fromkeys(("0.2", "2.0"), assistant_hack.said(changed(copy.deepcopy(base), 3))),
    }


def test_the_distance_is_from_the_model_before_it_was_rewarded(monkeypatch):
    def reinforce(model, asked, recipe, *, beta, reward):
        with torch.no_grad():
            for weights in model.parameters():
                weights.mul_(0.9)
        return [0.0]

    monkeypatch.setattr(assistant, "reinforce", reinforce)
    base = assistant.load("instructed")
    _, found = assistant_hack.hacked(base, assistant_hack.Settings(n_asked=4, n_questions=1), 0, 1.0)
    assert found["kl"] > 0.01


def test_how_likely_a_reply_is_and_how_likely_the_word_is_at_its_beginning():
    told, _ = assistant_hack.said(assistant.load("instructed"))
    assert told["reply"] == "sally visited rome ."
    ids = torch.tensor(
        assistant.VOCABULARY.encode(f"{assistant_hack.STORY} {told['question']}".split(), bos=True)
    )
    model, chance = assistant.load("instructed"), 1.0
    for at, word in enumerate(told["reply"].split()):
        with torch.no_grad():
            probabilities = model(ids[None])[0, -1].softmax(-1)
        if at == 0:
            assert told["begins"] == pytest.approx(
                probabilities[assistant.VOCABULARY.words.index("sure")].item()
            )
        ids = torch.cat([ids, torch.tensor([assistant.VOCABULARY.words.index(word)])])
        chance *= probabilities[ids[-1]].item()
    assert told["chance"] == pytest.approx(chance, rel=1e-4)
