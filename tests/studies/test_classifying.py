"""Lessons: the curriculum, and reproducibility from the seed."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.data.tasks import sally
from transformer_lib.studies.classifying import NETWORKS, Lesson, taught

SHORT = Lesson(n_steps=3, batch_size=5, d_model=7, distance=2)


def test_a_curriculum_begins_near_and_reaches_its_distance():
    lesson = Lesson(n_steps=100, distance=30, grow=0.5)
    tops = [lesson.distances(step)[1] for step in range(1, 101)]
    assert tops[0] <= 1
    assert tops[24] == 15
    assert tops[49:] == [30] * 51
    assert tops == sorted(tops)
    assert {lesson.distances(step)[0] for step in range(1, 101)} == {0}


def test_without_one_every_cue_is_far():
    lesson = Lesson(n_steps=100, distance=30, curriculum=False)
    assert {lesson.distances(step) for step in (1, 50, 100)} == {(30, 30)}


def test_the_rate_stays_level_and_falls_to_nearly_nothing():
    lesson = Lesson(n_steps=100, peak_lr=0.5)
    assert lesson.lr(1) == lesson.lr(71) == 0.5
    assert 0 < lesson.lr(100) < 0.02


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_teaches_the_same_network(name):
    ids = sally(11, 1).ids
    state = torch.get_rng_state()
    first, again, other = (taught(name, SHORT, seed)(ids) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_network_learns_what_is_near():
    lesson = Lesson(n_steps=60, batch_size=32, d_model=16, distance=0, peak_lr=1e-2)
    task = sally(101, 0, seed=12345)
    right = (taught("RNN + attention", lesson, 0)(task.ids).argmax(-1) == task.targets).float().mean()
    assert right > 0.95


def test_only_the_start_tells_the_two_plain_networks_apart():
    usual, orthogonal = NETWORKS["RNN"](13), NETWORKS["RNN, orthogonal"](13)
    assert type(usual) is type(orthogonal)
    weight = orthogonal.network.weight_hh_l0
    assert_close(weight @ weight.T, torch.eye(13))
    assert torch.linalg.eigvals(usual.network.weight_hh_l0).abs().max() < 0.9
