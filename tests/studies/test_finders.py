"""Induction: measures on small models, findings of the stored run."""

import torch
from torch.testing import assert_close

from transformer_lib.data.tasks import induction
from transformer_lib.studies import results
from transformer_lib.studies.finders import (
    Settings,
    finder,
    found,
    found_blind,
    found_without,
    induction_score,
    measured,
    previous_score,
    repeats,
    without,
)

TINY = Settings(seeds=(0,), controls=(0, 1), n_steps=3, batch_size=3, length=13, n_symbols=7, periods=(3, 5),
                d_model=6, n_heads=3, n_test=5)  # fmt: skip


def test_a_head_that_only_looks_one_back_has_the_previous_score_one():
    weights = torch.zeros(2, 3, 5, 5)
    weights[..., 0, 0] = 1
    weights.diagonal(-1, dim1=-2, dim2=-1).fill_(1)
    assert_close(previous_score(weights), torch.ones(2, 3))
    assert previous_score(weights.transpose(-2, -1)).max() == 0


def test_the_previous_score_of_some_places_leaves_the_others_out():
    weights = torch.zeros(5, 5)
    weights[2, 1], weights[4, 3] = 0.5, 1.0
    assert_close(previous_score(weights, [2]), torch.tensor(0.5))
    assert_close(previous_score(weights, range(3, 5)), torch.tensor(0.5))
    assert_close(previous_score(weights, range(1, 5)), previous_score(weights))


def test_a_head_that_looks_after_the_last_time_has_the_induction_score_one():
    task = induction(2, 11, seed=3, n_symbols=7, periods=(3, 5))
    weights = torch.zeros(2, 3, 11, 11)
    for row, period in enumerate(task.periods.tolist()):
        for t in range(period, 11):
            weights[row, 1, t, t - period + 1] = 1  # only the head in the middle
    assert_close(induction_score(weights, task), torch.tensor([0.0, 1.0, 0.0]))


def test_uniform_weights_have_a_small_induction_score():
    task = induction(5, 11, seed=3, n_symbols=7, periods=(3, 5))
    uniform = torch.ones(11, 11).tril() / torch.arange(1, 12)[:, None]
    score = induction_score(uniform.expand(5, 2, 11, 11), task)
    assert (score > 0.1).all()
    assert (score < 0.4).all()


def test_a_finder_is_the_same_for_the_same_seed_and_in_evaluation_mode():
    one, again, other = (finder(1, 3, TINY, seed) for seed in (0, 0, 1))
    assert not one.training
    task = repeats(TINY, TINY.n_test, 17)
    assert_close(one(task.ids), again(task.ids))
    assert not torch.equal(one(task.ids), other(task.ids))
    assert 0 <= found(one, task) <= 1


def test_each_head_and_each_control_is_measured_and_the_model_is_whole_afterwards():
    model = finder(2, 3, TINY, 0)
    ids = repeats(TINY, 5, 17).ids
    before = model(ids)
    table = without(model, "decoder", lambda: (model(ids) - before).abs().max().item(), TINY.controls)
    assert [len(row) for row in table["without"]] == [3, 3]
    assert [len(row) for row in table["at random"]] == [2, 2]
    assert len({round(value, 6) for row in table["without"] for value in row}) == 6  # each head by itself
    assert min(value for rows in table.values() for row in rows for value in row) > 0
    assert_close(model(ids), before, rtol=0, atol=0)


def test_blindness_of_a_single_layer_is_a_mask():
    settings = Settings(n_steps=60, batch_size=16, length=9, n_symbols=7, periods=(3, 5), d_model=12)
    model = finder(1, 2, settings, 0)
    task = repeats(settings, 9, 17)
    nothing = found_blind(model, task, 1, [])
    assert nothing == found(model, task)
    mask = torch.ones(9, 9, dtype=torch.bool)
    mask.diagonal(-1).zero_()
    with torch.no_grad():
        right = model(task.ids, mask[None, None]).argmax(-1) == task.targets
    assert found_blind(model, task, 1, range(9)) == right[task.known].float().mean().item()


def test_without_no_head_all_is_as_before_and_one_head_equals_ablation():
    model, task = finder(2, 3, TINY, 0), repeats(TINY, 40, 17)
    assert found_without(model, task, 0, []) == found(model, task)
    table = without(model, "decoder", lambda: found(model, task), ())
    assert [found_without(model, task, 1, [head]) for head in range(3)] == table["without"][1]


def test_all_that_the_chapter_reads_is_measured():
    model, task = finder(2, 3, TINY, 0), repeats(TINY, 5, 17)
    row = measured(model, task, TINY)
    assert [len(chosen) for chosen in row["first layer without"]] == [3, 3, 1]
    assert list(row["first layer blind"]) == ["one back", "one back, late", "two back"]


def test_the_stored_run_says_what_the_chapter_says():
    stored = results("finders")
    for run in [*stored["two layers"], *stored["two layers of one head"]]:
        assert run["right"] > 0.99 > 0.5 > max(stored["one layer"])
        blind = run["first layer blind"]
        assert blind["one back"] < 0.05
        assert min(blind["one back, late"], blind["two back"]) > 0.98
