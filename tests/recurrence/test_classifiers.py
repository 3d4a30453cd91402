import pytest
import torch
from torch.testing import assert_close

from transformer_lib.recurrence import AttentionClassifier, RecurrentClassifier

IDS = torch.tensor([[4, 7, 9, 3, 5], [2, 8, 0, 0, 0], [6, 0, 0, 0, 0]])


def models():
    torch.manual_seed(0)
    for kind in ("rnn", "lstm", "gru"):
        for n_layers in (1, 2):
            yield RecurrentClassifier(11, 3, kind=kind, d_model=6, n_layers=n_layers)
    for n_layers in (1, 2):
        yield AttentionClassifier(11, 3, d_model=6, n_heads=2, n_layers=n_layers, max_length=13)


@pytest.mark.parametrize("model", list(models()), ids=lambda m: type(m).__name__)
def test_padding_changes_no_answer(model):
    logits = model(IDS)
    assert logits.shape == (3, 3)
    for row, ids in enumerate(IDS):
        assert_close(logits[row], model(ids[ids != 0][None])[0])


@pytest.mark.parametrize("model", list(models()), ids=lambda m: type(m).__name__)
def test_the_way_by_its_states_leads_to_the_same_answer(model):
    ids = torch.randint(1, 11, (2, 7))
    states, logits = model.states(ids)
    assert_close(logits, model(ids))
    assert [tuple(state.shape) for state in states] == [(2, 6)] * 7


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_states_are_those_of_torch_s_top_layer(kind):
    torch.manual_seed(0)
    model = RecurrentClassifier(11, 3, kind=kind, d_model=6, n_layers=2)
    ids = torch.randint(1, 11, (2, 7))
    output, _ = model.network(model.embedding(ids))
    assert_close(torch.stack(model.states(ids)[0], 1), output)


@pytest.mark.parametrize("model", list(models()), ids=lambda m: type(m).__name__)
def test_every_word_counts(model):
    ids = torch.randint(1, 11, (2, 5))
    for t in range(5):
        changed = ids.clone()
        changed[:, t] = ids[:, t] % 10 + 1
        assert (model(changed) - model(ids)).abs().max() > 1e-7


def test_a_radius_reaches_the_network():
    model = RecurrentClassifier(11, 3, d_model=6, radius=1.0)
    weight = model.network.weight_hh_l0
    assert_close(weight @ weight.T, torch.eye(6))


def test_answers_follow_the_device(device):
    for model in models():
        assert model.to(device)(IDS.to(device)).device.type == device.type
