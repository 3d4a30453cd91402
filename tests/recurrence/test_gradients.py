import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from transformer_lib.recurrence import AttentionClassifier, RecurrentClassifier, gradient_through_time


@pytest.mark.parametrize("w", [0.5, 1.0, 1.5])
def test_through_a_linear_recurrence_the_gradient_is_a_power_of_its_weight(w):
    model = RecurrentClassifier(11, 3, d_model=5)
    with torch.no_grad():
        for parameter in (model.embedding.weight, model.network.bias_ih_l0, model.network.bias_hh_l0):
            parameter.zero_()  # every state is 0, where tanh has slope 1
        model.network.weight_hh_l0.copy_(w * torch.eye(5))
    norms = gradient_through_time(model, torch.ones(1, 7, dtype=torch.int64), torch.tensor([2]))
    powers = torch.tensor([w ** (6 - t) for t in range(7)])
    assert_close(norms, norms[-1] * powers)
    probabilities = F.softmax(model.output.bias, -1) - torch.tensor([0.0, 0.0, 1.0])
    assert_close(norms[-1], (probabilities @ model.output.weight).norm().detach())


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_gradient_is_the_slope_of_the_loss(kind):
    torch.manual_seed(0)
    model = RecurrentClassifier(11, 3, kind=kind, d_model=2).double()
    ids, target = torch.tensor([[4, 7, 9, 3]]), torch.tensor([1])
    norms = gradient_through_time(model, ids, target)
    states, logits = model.states(ids)
    expected = torch.autograd.grad(F.cross_entropy(logits, target), states)
    assert_close(norms, torch.stack([g.norm() for g in expected]))
    # by differences, for the state after the second word
    from transformer_lib.recurrence.cells import STEPS, unroll

    weights, x = model.network.all_weights[0], model.embedding(ids)
    zero = (torch.zeros(1, 2, dtype=torch.float64),) * (2 if kind == "lstm" else 1)
    early = unroll(STEPS[kind], x[:, :2], zero, *weights)[-1]

    def loss(step):
        state = (early[0] + step, *early[1:])
        last = unroll(STEPS[kind], x[:, 2:], state, *weights)[-1][0]
        return F.cross_entropy(model.output(last), target)

    slopes = [(loss(e) - loss(-e)) / 2e-6 for e in 1e-6 * torch.eye(2, dtype=torch.float64)[:, None]]
    assert_close(norms[1], torch.stack(slopes).norm().detach(), rtol=1e-6, atol=1e-9)


def test_the_norm_is_the_mean_over_the_batch():
    torch.manual_seed(0)
    model = RecurrentClassifier(11, 3, d_model=5)
    ids, target = torch.randint(1, 11, (3, 7)), torch.tensor([0, 2, 1])
    each = [gradient_through_time(model, ids[i : i + 1], target[i : i + 1]) for i in range(3)]
    assert_close(gradient_through_time(model, ids, target), torch.stack(each).mean(0))


def test_torch_s_start_makes_an_rnn_s_gradient_vanish_and_attention_s_path_stays_short():
    torch.manual_seed(0)
    ids, target = torch.randint(1, 11, (7, 31)), torch.randint(3, (7,))
    at_start = gradient_through_time(RecurrentClassifier(11, 3, d_model=64), ids, target)
    orthogonal = gradient_through_time(RecurrentClassifier(11, 3, d_model=64, radius=1.0), ids, target)
    attention = gradient_through_time(AttentionClassifier(11, 3), ids, target)
    assert at_start[0] < 1e-6 * at_start[-1]
    assert orthogonal[0] > 1e3 * at_start[0]
    assert attention[0] > 0.2 * attention[-2]


@pytest.mark.parametrize("model", [RecurrentClassifier(11, 3), AttentionClassifier(11, 3)])
def test_the_model_is_left_as_it_was(model):
    model.train()
    with torch.no_grad():
        gradient_through_time(model, torch.randint(1, 11, (2, 5)), torch.tensor([0, 1]))
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("ids", "target", "message"),
    [
        (
            torch.ones(5, dtype=torch.int64),
            torch.tensor([1]),
            r"expected ids \(B, T\) and targets \(B,\), got \(5,\)",
        ),
        (torch.ones(2, 5, dtype=torch.int64), torch.tensor([1]), r"got \(2, 5\) and \(1,\)"),
        (torch.ones(0, 5, dtype=torch.int64), torch.ones(0, dtype=torch.int64), r"got \(0, 5\) and \(0,\)"),
        (torch.tensor([[1, 0]]), torch.tensor([1]), "padding has no place here"),
    ],
)
def test_what_cannot_be_measured_is_refused(ids, target, message):
    with pytest.raises(ValueError, match=message):
        gradient_through_time(RecurrentClassifier(11, 3), ids, target)
