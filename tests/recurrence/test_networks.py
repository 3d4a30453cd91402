import pytest
import torch
from torch.testing import assert_close

from transformer_lib.recurrence import RecurrentState, recurrent_network
from transformer_lib.recurrence.networks import read, real_lengths, step_on

KINDS = ["rnn", "lstm", "gru"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_radius_makes_every_recurrent_matrix_orthogonal_times_it(kind):
    torch.manual_seed(0)
    network = recurrent_network(kind, 3, 5, 2, radius=0.7)
    for name in ("weight_hh_l0", "weight_hh_l1"):
        for gate in getattr(network, name).split(5):
            assert_close(gate @ gate.T, 0.49 * torch.eye(5))
            assert_close(torch.linalg.eigvals(gate).abs(), torch.full((5,), 0.7))


def test_without_a_radius_the_start_is_torch_s():
    torch.manual_seed(0)
    ours = recurrent_network("rnn", 3, 5)
    torch.manual_seed(0)
    torchs = torch.nn.RNN(3, 5)
    assert_close(ours.weight_hh_l0, torchs.weight_hh_l0)
    torch.manual_seed(0)
    assert_close(recurrent_network("rnn", 3, 5, radius=0.9).weight_ih_l0, torchs.weight_ih_l0)


def test_a_forget_bias_opens_the_forget_gate_and_nothing_else():
    torch.manual_seed(0)
    plain = recurrent_network("lstm", 3, 5, 2)
    torch.manual_seed(0)
    opened = recurrent_network("lstm", 3, 5, 2, forget_bias=3.0)
    for layer in ("l0", "l1"):
        whole = getattr(opened, f"bias_ih_{layer}") + getattr(opened, f"bias_hh_{layer}")
        assert_close(whole[5:10], torch.full((5,), 3.0))
        assert_close(opened.get_parameter(f"weight_hh_{layer}"), plain.get_parameter(f"weight_hh_{layer}"))
        before = getattr(plain, f"bias_ih_{layer}") + getattr(plain, f"bias_hh_{layer}")
        assert_close(torch.cat([whole[:5], whole[10:]]), torch.cat([before[:5], before[10:]]))
    for kind in ("rnn", "gru"):
        with pytest.raises(ValueError, match=f"only an LSTM has a forget gate.*'{kind}'"):
            recurrent_network(kind, 3, 5, forget_bias=1.0)


def test_dropout_stands_between_layers_only():
    assert recurrent_network("gru", 3, 5, 2, dropout=0.3).dropout == 0.3
    assert recurrent_network("gru", 3, 5, 1, dropout=0.3).dropout == 0.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_is_not_read(kind, bidirectional):
    torch.manual_seed(0)
    network = recurrent_network(kind, 3, 5, 2, bidirectional=bidirectional)
    x, lengths = torch.randn(3, 7, 3), torch.tensor([4, 7, 1])
    output, state = read(network, x, lengths)
    assert output.shape == (3, 7, 10 if bidirectional else 5)
    assert len(state) == (2 if kind == "lstm" else 1)
    for row, length in enumerate(lengths.tolist()):
        alone, last = step_on(network, x[row : row + 1, :length], None)
        assert_close(output[row, :length], alone[0])
        assert output[row, length:].eq(0).all()
        for part, expected in zip(state, last, strict=True):
            assert_close(part[:, row], expected[:, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_read_one_after_the_other_are_the_whole(kind):
    torch.manual_seed(0)
    network, x = recurrent_network(kind, 3, 5), torch.randn(2, 7, 3)
    whole, last = step_on(network, x, None)
    first, state = step_on(network, x[:, :3], None)
    second, state = step_on(network, x[:, 3:], state)
    assert_close(torch.cat([first, second], 1), whole)
    assert_close(state, last)


def test_a_state_s_rows_can_be_moved_dropped_and_repeated():
    cache = RecurrentState()
    cache.reorder(torch.tensor([0]))  # nothing to move yet
    cache.state, cache.memory = (torch.arange(6.0).view(1, 3, 2),), (torch.arange(3),)
    cache.reorder(torch.tensor([2, 0, 0, 2]))
    assert cache.state[0].tolist() == [[[4, 5], [0, 1], [0, 1], [4, 5]]]
    assert cache.memory[0].tolist() == [2, 0, 0, 2]


def test_lengths_count_the_words():
    assert real_lengths(torch.tensor([[4, 9, 0], [1, 0, 0], [2, 2, 2]]), 0).tolist() == [2, 1, 3]
    assert real_lengths(torch.tensor([[4, 0, 9]]), 9).tolist() == [2]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (torch.tensor([4, 9]), r"expected ids of shape \(B, T\), got \(2,\)"),
        (torch.tensor([[4, 9], [0, 0]]), "needs a word in each row"),
        (torch.zeros(0, 3, dtype=torch.int64), "a row in each batch"),
        (torch.tensor([[4, 0, 9]]), "padding must stand on the right"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(ids, message):
    with pytest.raises(ValueError, match=message):
        real_lengths(ids, 0)


def test_unknown_kinds_and_negative_radii_are_refused():
    with pytest.raises(ValueError, match="unknown kind 'transformer', expected one of rnn, lstm, gru"):
        recurrent_network("transformer", 3, 5)
    with pytest.raises(ValueError, match="a spectral radius is at least 0, got -1"):
        recurrent_network("rnn", 3, 5, radius=-1)
