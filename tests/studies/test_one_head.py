"""One head on Sally's question: how it starts, and that it learns."""

import pytest
import torch

from transformer_lib.data.tasks import sally
from transformer_lib.studies.one_head import WAYS, OneHead, Settings, run

TASK = sally(11, (0, 3), seed=5, balanced=True)


def largest(way, d):
    torch.manual_seed(0)
    return OneHead(13, d, way)(TASK)[1].amax(-1).mean().item()


def test_weights_sum_to_one_and_padding_gets_none():
    logits, weights = OneHead(13, 7)(TASK)
    assert logits.shape == (11, 3)
    torch.testing.assert_close(weights.sum(-1), torch.ones(11))
    assert weights[TASK.ids == 0].abs().max() == 0


def test_undivided_one_word_has_everything_at_a_great_width_and_divided_none_has():
    assert largest("nothing", 512) > 0.8
    assert largest("√d", 512) < 0.5
    assert largest("d", 512) < 0.1


@pytest.mark.parametrize("d", [7, 64])
def test_the_smaller_start_has_the_scores_of_the_division(d):
    assert largest("nothing, smaller start", d) == pytest.approx(largest("√d", d), rel=1e-4)


def test_the_same_seed_gives_the_same_run_and_each_test_is_kept():
    brief = Settings(n_steps=2, every=1, batch_size=3, n_test=7, d_model=5)
    first = run("√d", 11, 1e-3, 0, brief)
    assert first == run("√d", 11, 1e-3, 0, brief)
    assert [len(values) for values in first.values()] == [3, 3]
    assert set(WAYS) == {"√d", "nothing", "d", "nothing, smaller start"}
