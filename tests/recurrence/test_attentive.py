"""Classifiers on an average of states: weights, padding, gradients."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.recurrence import (
    AttentiveClassifier,
    AveragingClassifier,
    RecurrentClassifier,
    gradient_through_time,
)

IDS = torch.tensor([[3, 5, 7, 2, 9], [4, 6, 0, 0, 0]])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return AttentiveClassifier(11, 3, d_model=7)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_way_by_its_states_leads_to_the_same_answer(kind):
    torch.manual_seed(0)
    model = AttentiveClassifier(11, 3, kind=kind, d_model=7)
    states, logits = model.states(IDS[:1])
    assert_close(logits, model(IDS[:1]))
    assert [tuple(state.shape) for state in states] == [(1, 7)] * 5


def test_the_answer_is_read_from_the_weighted_average_of_the_states(model):
    logits, weights = model(IDS[:1], return_weights=True)
    states = torch.stack(model.states(IDS[:1])[0], 1)
    scores = (
        torch.tanh(states[:, -1:] @ model.attention.w.weight.T + model.attention.u(states))
        @ model.attention.v
    )
    assert_close(weights, scores.softmax(-1))
    assert_close(logits, model.output((weights[..., None] * states).sum(1)))


def test_weights_sum_to_one_and_padding_gets_none(model):
    _, weights = model(IDS, return_weights=True)
    assert_close(weights.sum(1), torch.ones(2))
    assert (weights[1, 2:] == 0).all()


def test_padding_changes_nothing(model):
    assert_close(model(IDS)[1:], model(IDS[1:, :2]))


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_plain_mean_weighs_every_word_alike_and_no_padding(kind):
    torch.manual_seed(0)
    model = AveragingClassifier(11, 3, kind=kind, d_model=7)
    states, logits = model.states(IDS[:1])
    assert_close(logits, model.output(torch.stack(states).mean(0)))
    assert_close(model(IDS[:1]), logits)
    assert_close(model(IDS)[1:], model(IDS[1:, :2]))


def test_every_state_gets_a_gradient_in_one_step_however_far_back(model):
    torch.manual_seed(1)
    plain = RecurrentClassifier(11, 3, d_model=7)
    ids, target = torch.randint(1, 11, (5, 60)), torch.tensor([0, 1, 2, 0, 1])
    with_attention, without = (gradient_through_time(m, ids, target) for m in (model, plain))
    assert without[0] / without[-1] < 1e-6
    assert with_attention[0] / with_attention[-1] > 1e-3


def test_answers_follow_the_device(device, model):
    assert model.to(device)(IDS.to(device)).device.type == device.type
