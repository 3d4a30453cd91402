"""What a network answers, measured on networks whose answers are known."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from transformer_lib.data.tasks import CUES, SALLY_VOCABULARY, TAILS, USUAL
from transformer_lib.studies.classifying import NETWORKS, Lesson
from transformer_lib.studies.sally import Settings, accuracy, answers, base_rates, study

CUE_IDS = torch.tensor(SALLY_VOCABULARY.encode(CUES))
TAIL_IDS = torch.tensor(SALLY_VOCABULARY.encode(TAILS))
TINY = Settings(Lesson(n_steps=2, batch_size=3, d_model=5), (0, 1), (0, 3), (1 / 3, 0.6), n_test=13)


class ByTheCue(nn.Module):
    def forward(self, ids):
        return 20.0 * (ids[..., None] == CUE_IDS).any(1).float()


class ByTheTail(nn.Module):
    def forward(self, ids):
        tail = (ids[..., None] == TAIL_IDS).any(1).float().argmax(-1)
        return 20.0 * nn.functional.one_hot(torch.tensor(USUAL)[tail], 3).float()


def test_who_goes_by_the_cue_is_always_right():
    probabilities, right = answers(ByTheCue(), 4, 97)
    assert_close(probabilities, torch.eye(3).expand(2, 3, 3), atol=1e-6, rtol=0)
    assert_close(right, torch.ones(2, 3))
    assert accuracy(right, (0.6, 0.6)) == pytest.approx(1.0)


def test_who_goes_by_the_tail_is_right_as_often_as_the_usual_answer():
    probabilities, right = answers(ByTheTail(), 4, 97)
    assert_close(right, torch.tensor([[0.0, 0, 1], [1, 0, 0]]))
    assert_close(probabilities[0], torch.tensor([0.0, 0, 1]).expand(3, 3), atol=1e-6, rtol=0)
    assert accuracy(right, (0.6, 0.6)) == pytest.approx(0.6)
    assert accuracy(right, (0.8, 0.4)) == pytest.approx(0.6)
    assert accuracy(right, (1 / 3, 1 / 3)) == pytest.approx(1 / 3)


def test_base_rates_sum_to_one():
    assert_close(base_rates((0.5, 0.9)).sum(-1), torch.ones(2))


def test_the_control_equals_the_grid_s_first_point_and_everything_has_its_shape():
    found = study(TINY)
    assert found["models"] == list(NETWORKS)
    assert set(found["regimes"]) == {"curriculum", "far from the start", "control"}
    for runs in found["regimes"].values():
        for seeds in runs.values():
            assert len(seeds) == 2
            assert torch.tensor(seeds[1]["probabilities"]).shape == (2, 2, 3, 3)
            assert torch.tensor(seeds[1]["right"]).shape == (2, 2, 3)
    assert len(found["grid"]) == 4
    for point, regime in ((0, "control"), (3, "curriculum")):
        assert found["grid"][point]["RNN"] == found["regimes"][regime]["RNN"][0]
    assert found["grid"][1]["LSTM"] != found["grid"][2]["LSTM"]


def test_the_same_settings_give_the_same_numbers():
    assert study(TINY, ["RNN"]) == study(TINY, ["RNN"])
