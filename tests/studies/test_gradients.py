"""Gradients by steps back: counted from the end, averaged over sentences that have one length."""

import torch
from torch.testing import assert_close

from transformer_lib.data.tasks import CUES, SALLY_VOCABULARY
from transformer_lib.recurrence import RecurrentClassifier, gradient_through_time, lstm_step, unroll
from transformer_lib.studies.classifying import NETWORKS, Lesson
from transformer_lib.studies.gradients import (
    KINDS,
    Settings,
    backwards,
    by_radius,
    gradient_of_cells,
    sentences,
    study,
)

TINY = Settings(
    Lesson(n_steps=2, batch_size=3, d_model=5), batch_size=3, distance=2, radii=(0.5, 1.0), lengths=(2, 6)
)


def test_the_last_state_stands_first_with_one():
    assert_close(backwards(torch.tensor([0.5, 2.0, 4.0])), torch.tensor([1.0, 0.5, 0.125]))


def test_the_sentences_have_one_length_and_all_cues():
    task = sentences(Settings(batch_size=29, distance=5))
    assert len(task.ids) == 29
    assert (task.ids != SALLY_VOCABULARY.pad_id).all()
    said = {word for row in task.ids for word in SALLY_VOCABULARY.decode(row)}
    assert said >= set(CUES)
    assert (task.distances == 5).all()


def test_a_radius_below_one_shrinks_what_comes_back_and_a_larger_one_shrinks_it_less():
    short, long = (rows[-1] for rows in by_radius(TINY)["RNN"])
    assert short[-1] < long[-1] < 1
    assert short == sorted(short, reverse=True)


def test_each_kind_is_measured_over_each_length():
    found = by_radius(TINY)
    assert set(found) == set(KINDS)
    for rows in found.values():
        assert [[len(norms) for norms in row] for row in rows] == [[3, 7], [3, 7]]


def test_the_numbers_are_those_of_the_library():
    torch.manual_seed(0)
    model = RecurrentClassifier(len(SALLY_VOCABULARY), 3, kind="rnn", d_model=5, radius=0.5)
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(3, len(SALLY_VOCABULARY), (3, 7), generator=generator)
    target = torch.randint(3, (3,), generator=generator)
    wanted = gradient_through_time(model, words[:, -3:], target)
    assert_close(torch.tensor(by_radius(TINY)["RNN"][0][0]), backwards(wanted))


def test_every_network_is_measured_before_and_after_training():
    found = study(TINY)
    assert set(found["networks"]) == {*NETWORKS, "LSTM, its cell"}
    for both in found["networks"].values():
        assert both["at the start"] != both["trained"]
        assert both["at the start"][0] == both["trained"][0] == 1.0
    least, mean, largest = found["usual_radius"]
    assert least < mean < largest < 1.1


def test_the_gradient_of_a_cell_is_what_moving_it_a_little_changes():
    torch.manual_seed(0)
    model = RecurrentClassifier(11, 3, kind="lstm", d_model=5).double()
    ids, target = torch.tensor([[3, 7, 4, 9]]), torch.tensor([1])
    found = gradient_of_cells(model, ids, target)
    x, weights = model.embedding(ids), model.network.all_weights[0]
    start = (x.new_zeros(1, 5),) * 2
    c = unroll(lstm_step, x, start, *weights)[0][1]

    def loss(cell):
        # the cell after the first word is moved; the state beside it is read from the moved one
        gate = (x[:, 0] @ weights[0].T + weights[2] + start[0] @ weights[1].T + weights[3]).chunk(4, -1)[3]
        states = unroll(lstm_step, x[:, 1:], (gate.sigmoid() * cell.tanh(), cell), *weights)
        return torch.nn.functional.cross_entropy(model.output(states[-1][0]), target)

    slopes = [
        (loss(c + 1e-6 * push) - loss(c - 1e-6 * push)) / 2e-6 for push in torch.eye(5).double()[:, None]
    ]
    assert_close(found[0], torch.stack(slopes).norm())
