import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from transformer_lib.recurrence import gru_step, lstm_step, rnn_step, unroll

KINDS = [("rnn", rnn_step, nn.RNN), ("lstm", lstm_step, nn.LSTM), ("gru", gru_step, nn.GRU)]


@pytest.mark.parametrize(("kind", "step", "torchs"), KINDS)
def test_written_out_steps_are_torch_s_networks(kind, step, torchs, device):
    torch.manual_seed(0)
    network = torchs(3, 5, batch_first=True).to(device, torch.float64)
    x = torch.randn(2, 7, 3, dtype=torch.float64, device=device, requires_grad=True)
    start = tuple(
        torch.randn(2, 5, dtype=torch.float64, device=device) for _ in range(2 if kind == "lstm" else 1)
    )
    output, last = network(x, tuple(part[None] for part in start) if kind == "lstm" else start[0][None])
    states = unroll(step, x, start, *network.all_weights[0])
    ours = torch.stack([state[0] for state in states], 1)
    assert_close(ours, output)
    for part, expected in zip(states[-1], last if kind == "lstm" else [last], strict=True):
        assert_close(part, expected[0])
    inputs = [x, *network.parameters()]
    seed = torch.randn_like(output)
    for found, expected in zip(
        torch.autograd.grad(ours, inputs, seed), torch.autograd.grad(output, inputs, seed), strict=True
    ):
        assert_close(found, expected)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_an_lstm_step_worked_by_hand():
    # one dimension; the gates' sums are 1 (i), 2 (f), -1 (g), 0.5 (o)
    zero = torch.zeros(4, 1)
    bias = torch.tensor([1.0, 2.0, -1.0, 0.5])
    h, c = lstm_step(
        torch.zeros(1, 1), (torch.zeros(1, 1), torch.tensor([[3.0]])), zero, zero, bias, torch.zeros(4)
    )
    cell = sigmoid(2) * 3 + sigmoid(1) * math.tanh(-1)
    assert_close(c.item(), cell, rtol=1e-6, atol=0)
    assert_close(h.item(), sigmoid(0.5) * math.tanh(cell), rtol=1e-6, atol=0)


def test_a_gru_that_keeps_forgets_nothing_and_one_that_resets_forgets_all():
    h, weights = torch.tensor([[0.3]]), (torch.zeros(3, 1), torch.ones(3, 1))
    [kept] = gru_step(torch.zeros(1, 1), (h,), *weights, torch.tensor([0.0, 99.0, 0.0]), torch.zeros(3))
    assert_close(kept, h)
    [reset] = gru_step(torch.zeros(1, 1), (h,), *weights, torch.tensor([-99.0, -99.0, 0.5]), torch.zeros(3))
    assert_close(reset.item(), math.tanh(0.5), rtol=1e-6, atol=0)


def test_an_earlier_state_is_not_changed_by_a_later_word():
    torch.manual_seed(0)
    weights = nn.RNN(3, 5).all_weights[0]
    x = torch.randn(2, 7, 3)
    changed = x.clone()
    changed[:, 4] += 1
    states, others = (unroll(rnn_step, each, (torch.zeros(2, 5),), *weights) for each in (x, changed))
    same = [torch.equal(a[0], b[0]) for a, b in zip(states, others, strict=True)]
    assert same == [True] * 4 + [False] * 3
