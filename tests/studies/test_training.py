"""Trainings that differ in one thing: they differ in nothing else, and are measured as they say."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from transformer_lib.model.transformer import TransformerConfig
from transformer_lib.studies import results
from transformer_lib.studies.training import (
    RUNS,
    Change,
    Material,
    Settings,
    columns,
    fresh,
    maps,
    run,
    study,
    sureness,
    written,
)

TINY = Settings(n_pairs=300, n_validation=5, n_test=3, n_steps=2, every=1, batch_size=5, d_model=6, n_heads=3)  # fmt: skip


@pytest.fixture(scope="module")
def material():
    return Material(TINY)


def test_runs_begin_with_the_same_numbers_and_end_with_others(material):
    change = Change(smoothing=0.0, warmup_steps=1)
    one, other = (fresh(material, TINY, c).state_dict() for c in (Change(), change))
    assert_close(one, other, rtol=0, atol=0)
    ends = [
        run(material, TINY, c)[0].state_dict()
        for c in (Change(warmup_steps=2), Change(warmup_steps=2), change)
    ]
    assert_close(ends[0], ends[1], rtol=0, atol=0)
    assert not torch.equal(ends[0]["decoder.norm.weight"], ends[2]["decoder.norm.weight"])


def test_a_change_reaches_the_model(material):
    dropped = fresh(material, TINY, Change(dropout=0.3, norm_first=False, n_layers=3))
    assert dropped.config.dropout == 0.3
    assert not dropped.config.norm_first
    assert dropped.config.n_layers == 3
    leaky = fresh(material, TINY, Change(fault="leak"))
    assert torch.tensor(maps(leaky, material, TINY)["decoder"]).triu(1).sum() > 0
    assert torch.tensor(maps(fresh(material, TINY), material, TINY)["decoder"]).triu(1).sum() == 0


def test_few_sentences_are_the_only_ones_that_are_read(material, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "transformer_lib.studies.training.Batches",
        lambda pairs, size, seed=0: seen.append(pairs) or (lambda step: (torch.ones(1, 2).long(),) * 2),
    )
    run(material, TINY, Change(n_known=7, warmup_steps=1))
    assert seen == [material.known[:7]]


class Sure(nn.Module):
    """Predicts one token with probability .75, whatever the input."""

    def __init__(self, token):
        super().__init__()
        self.token, self.config = token, TransformerConfig(11, 4)

    def forward(self, src_ids, tgt_ids):
        chances = torch.full((*tgt_ids.shape, 4), 0.25 / 3)
        chances[..., self.token] = 0.75
        return chances.log()


def test_sureness_is_counted_over_words_and_not_over_padding():
    batches = [(torch.ones(2, 3).long(), torch.tensor([[1, 3, 2, 0, 0], [1, 3, 3, 3, 2]]))]
    found = sureness(Sure(3), batches)
    assert found["sure"] == pytest.approx(0.75)
    assert found["forced"] == pytest.approx(4 / 6)


def test_curves_become_columns():
    record = {
        "step": 5, "lr": 0.1, "loss": 2.0, "gradient_norm": 3.0, "tokens": 7, "validation_loss": 1.0,
        "validation_accuracy": 0.5, "validation_perplexity": 2.7,
    }  # fmt: skip
    assert columns([record, record]) == {
        "loss": [2.0] * 2, "unseen": [1.0] * 2, "right": [0.5] * 2, "gradient": [3.0] * 2, "rate": [0.1] * 2,
    }  # fmt: skip


def test_the_study_measures_every_run_and_draws_the_first_seed(material):
    runs = {
        "a": Change(warmup_steps=1, seeds=(0, 1)),
        "b": Change(warmup_steps=1, fault="strangers", n_known=20),
    }
    found = study(TINY, runs)
    assert found["steps"] == [1, 2]
    assert [len(found["runs"][name]["seeds"]) for name in "ab"] == [2, 1]
    assert found["runs"]["b"]["change"] == {"warmup_steps": 1, "fault": "strangers", "n_known": 20}
    assert found["runs"]["a"]["seeds"][0] != found["runs"]["a"]["seeds"][1]
    for of_run in found["runs"].values():
        assert len(of_run["seeds"][0]["loss"]) == 2
        assert torch.tensor(of_run["maps"]["cross"]).shape == (len(found["french"]), len(found["english"]))
        assert torch.tensor(of_run["maps"]["decoder"]).shape == (len(found["french"]),) * 2
        assert len(of_run["written"]) == len(TINY.written)
        assert 0 <= of_run["seeds"][0]["exact"] <= 1


def test_what_is_written_is_words(material):
    for sentence in written(fresh(material, TINY), material, TINY):
        assert set(sentence.split()) <= set(material.words[1].words)


def test_the_stored_study_holds_every_run():
    found = results("training")
    assert list(found["runs"]) == list(RUNS)
    for name, change in RUNS.items():
        stored = found["runs"][name]
        assert len(stored["seeds"]) == len(change.seeds)
        assert all(len(row["unseen"]) == len(found["steps"]) for row in stored["seeds"])
