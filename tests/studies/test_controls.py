"""Controls of the Sally study: each measure on networks whose behaviour is known."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from transformer_lib.data.tasks import CUES, SALLY_VOCABULARY, sally
from transformer_lib.recurrence import RecurrentClassifier
from transformer_lib.studies import controls
from transformer_lib.studies.classifying import CONTROLS, NETWORKS, BagOfWords, Lesson, Unasked, sentences
from transformer_lib.studies.controls import PUSHES, RUNS, Settings, gates, latching, right, study
from transformer_lib.studies.stored import results

TINY = Settings(Lesson(n_steps=2, batch_size=3, d_model=5), (0, 1), (0, 3), n_test=13, held=3)
CUE_IDS = torch.tensor(SALLY_VOCABULARY.encode(CUES))


class ByTheCue(nn.Module):
    def forward(self, ids):
        return 20.0 * (ids[..., None] == CUE_IDS).any(1).float()


@pytest.mark.parametrize("change", [{}, {"hint_first": True}, {"ending": 5}])
def test_who_goes_by_the_cue_is_right_in_every_order(change):
    assert right(ByTheCue(), Lesson(**change), replace(TINY, n_test=97)) == pytest.approx([1.0, 1.0])


def test_a_bag_of_words_does_not_know_their_order():
    torch.manual_seed(0)
    model = BagOfWords(11, 3, d_model=5)
    ids = torch.tensor([[3, 5, 7, 0, 0]])
    assert_close(model(ids), model(ids[:, [2, 0, 1, 3, 4]]))
    assert_close(model(ids), model(ids[:, :3]))


def test_weights_without_a_question_are_the_same_for_every_last_state():
    torch.manual_seed(0)
    model = Unasked(11, 3, d_model=5)
    states, last = torch.randn(2, 7, 5), torch.randn(2, 5)
    assert_close(model._look_back(states, last, None), model._look_back(states, -last, None))


def a_switch(width=1):
    """An RNN of one number that holds its sign, pushed up by *adored* and down by *hated*, deaf to all else."""
    model = RecurrentClassifier(len(SALLY_VOCABULARY), 3, d_model=width)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        adored, hated, _ = SALLY_VOCABULARY.encode(CUES)
        model.embedding.weight[adored], model.embedding.weight[hated] = 9.0, -9.0
        model.network.weight_ih_l0.fill_(1.0)
        model.network.weight_hh_l0.fill_(3.0)
    return model


def test_a_switch_lets_small_pushes_die_and_keeps_the_whole_one():
    assert PUSHES == (0.01, 1.0)
    found = latching(a_switch(), Settings(held=20))
    assert found["small"] < 1e-6
    assert found["whole"] == pytest.approx(1.0, abs=1e-3)


def test_what_comes_through_open_gates_is_all_and_through_closed_ones_nothing():
    for bias, carried in ((20.0, 1.0), (-20.0, 0.0)):
        torch.manual_seed(0)
        model = RecurrentClassifier(len(SALLY_VOCABULARY), 3, kind="lstm", d_model=5, forget_bias=bias)
        with torch.no_grad():
            model.network.weight_hh_l0.zero_()  # no way but along the cell
        found = gates(model, Settings(held=7))
        assert found["mean"] == pytest.approx(carried, abs=1e-4)
        assert found["kept"] == pytest.approx(carried, abs=1e-4)
        if carried:
            assert found["carried"] == pytest.approx(1.0, abs=1e-3)
            assert found["difference"] == pytest.approx(1.0, abs=1e-3)


def test_the_study_holds_a_row_for_each_seed():
    found = study(TINY, ["hint first", "bag of words"])
    assert list(found["right"]) == ["hint first", "bag of words"]
    assert torch.tensor(found["right"]["bag of words"]).shape == (2, 2)
    for rows in [*found["people"].values(), *found["gates"].values(), *found["latching"].values()]:
        assert len(rows) == 2
        assert rows[0] != rows[1]
    for row in found["people"]["RNN + attention"]:
        assert all(a + b <= 1 for a, b in zip(*row.values(), strict=True))


def test_every_run_names_a_network_and_changes_a_lesson():
    for name, change in RUNS.values():
        assert name in NETWORKS | CONTROLS
        assert set(change) <= set(vars(Lesson()))


def test_a_lesson_with_the_hint_first_teaches_those_sentences():
    lesson = Lesson(n_steps=1, batch_size=4, hint_first=True)
    ids, targets = sentences(lesson, 1, 0)
    task = sally(4, lesson.distances(1), 1, mostly=lesson.mostly, hint_first=True)
    assert torch.equal(ids, task.ids)
    assert torch.equal(targets, task.targets)


def test_the_stored_results_are_those_of_the_runs():
    found = results("controls")
    assert list(found["right"]) == list(RUNS)
    assert found["about"]["changes"] == {title: change for title, (_, change) in RUNS.items()}
    assert set(found["people"]) == set(controls.READOUTS)
    assert set(found["gates"]) == set(controls.GATED)
    assert set(found["latching"]) == set(controls.HOLDING)
    for rows in found["right"].values():
        assert len(rows) == len(found["about"]["seeds"]) == 3
