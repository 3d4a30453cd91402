"""Batches are a function of seed and step, and an epoch holds every pair once."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import pairs

from transformer_lib.training import Batches
from transformer_lib.training.order import POOL, _cut_evenly, derived_seed


def numbered(n, length=lambda i: 2):
    return [([3 + i] * (1 + i % 3), [1, *[3 + i] * length(i), 2]) for i in range(n)]


@given(
    n=st.integers(1, 60), batch_size=st.integers(1, 17), seed=st.integers(0, 5), longest=st.integers(1, 40)
)
def test_an_epoch_holds_no_pair_twice_and_leaves_less_than_a_batch(n, batch_size, seed, longest):
    found = Batches(numbered(n, lambda i: 1 + i * i % longest), batch_size, seed=seed)
    size = min(batch_size, n)
    assert found.per_epoch == n // size
    for epoch in range(2):
        rows = [found.rows(1 + epoch * found.per_epoch + i) for i in range(found.per_epoch)]
        assert all(rows)
        used = [row for batch in rows for row in batch]
        assert len(used) == len(set(used)) == n // size * size


def test_the_batch_of_a_step_needs_no_step_before_it():
    straight = [Batches(numbered(23), 5, seed=3).rows(step) for step in range(1, 20)]
    one = Batches(numbered(23), 5, seed=3)
    assert [one.rows(step) for step in range(19, 0, -1)] == straight[::-1]


def test_epochs_and_seeds_differ():
    first, other = Batches(numbered(23), 5, seed=0), Batches(numbered(23), 5, seed=1)
    epochs = [[first.rows(4 * epoch + i) for i in range(1, 5)] for epoch in range(3)]
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    assert [other.rows(i) for i in range(1, 5)] != epochs[0]
    assert Batches(numbered(23), 5).rows(1) == first.rows(1)


def test_batches_hold_about_as_many_tokens_of_similar_sentences_in_no_order_of_length():
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 31, (3 * POOL * 10,), generator=generator).tolist()
    data = numbered(len(lengths), lengths.__getitem__)
    found = Batches(data, 10)
    spans, means, tokens = [], [], []
    for step in range(1, found.per_epoch + 1):
        batch = [lengths[row] for row in found.rows(step)]
        spans.append(max(batch) - min(batch))
        means.append(sum(batch) / len(batch))
        tokens.append(sum(len(src) + len(tgt) for src, tgt in (data[row] for row in found.rows(step))))
    assert max(spans) <= 10
    assert sum(spans) / len(spans) <= 2
    assert means not in (sorted(means), sorted(means, reverse=True))
    assert max(tokens) <= 1.25 * min(tokens)


@pytest.mark.parametrize(
    ("weights", "parts"),
    [
        ([3, 3, 3, 3, 6, 6, 12], [[3, 3, 3, 3, 6], [6, 12]]),
        ([3, 3, 52], [[3], [3], [52]]),  # a long one leaves the others to the parts before it
        ([52, 3, 3], [[52], [3], [3]]),
        ([4, 5, 5], [[4, 5], [5]]),  # of 7 each: 9 is nearer than 4
        ([5, 5, 4], [[5], [5, 4]]),  # 10 is farther than 5
        ([4, 6, 4], [[4, 6], [4]]),  # as near: taken
        ([1, 1, 1, 90], [[1, 1, 1], [90]]),
        ([7], [[7]]),
    ],
)
def test_a_pool_is_cut_where_tokens_come_nearest_to_even(weights, parts):
    assert _cut_evenly(weights, weights, len(parts)) == parts


@pytest.mark.parametrize(("n_batches", "alike"), [(20, True), (21, False)])
def test_pools_of_twenty_batches_keep_epochs_from_being_alike(n_batches, alike):
    assert POOL == 20
    found = Batches(numbered(2 * n_batches, lambda i: i), 2)  # all of other length: one pool has one order
    epochs = [
        {frozenset(found.rows(epoch * n_batches + i)) for i in range(1, n_batches + 1)} for epoch in range(2)
    ]
    assert (epochs[0] == epochs[1]) is alike


def test_batches_hold_their_pairs_filled_up_on_the_right():
    data = pairs()
    found = Batches(data, 4, pad_id=9)
    src_ids, tgt_ids = found(3)
    rows = found.rows(3)
    assert src_ids.dtype == tgt_ids.dtype == torch.int64
    for row, src, tgt in zip(rows, src_ids.tolist(), tgt_ids.tolist(), strict=True):
        assert src == data[row][0] + [9] * (len(src) - len(data[row][0]))
        assert tgt == data[row][1] + [9] * (len(tgt) - len(data[row][1]))
    assert tgt_ids.shape[1] == max(len(data[row][1]) for row in rows)


def test_in_order_holds_every_pair_once_by_length():
    data = pairs()
    found = Batches(data, 7).in_order()
    assert [len(tgt) for _, tgt in found] == [7, 7, 7, 7, 7, 6]
    flat = [tuple(i for i in row if i) for src, tgt in found for row in torch.cat([tgt, src], 1).tolist()]
    assert sorted(flat) == sorted((*tgt, *src) for src, tgt in data)
    widths = [tgt.shape[1] for _, tgt in found]
    assert widths == sorted(widths)
    assert [src.shape[1] for src, _ in Batches([([3] * n, [1, 2]) for n in (5, 1, 3)], 1).in_order()] == [
        1,
        3,
        5,
    ]


def test_a_language_model_has_no_sources():
    src_ids, tgt_ids = Batches([(None, [1, 5, 2]), (None, [1, 2])], 2)(1)
    assert src_ids is None
    assert tgt_ids.shape == (2, 3)
    assert Batches([(None, [1, 5, 2])], 2).in_order()[0][0] is None


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: Batches([], 2), "no pair"),
        (lambda: Batches(numbered(3), 0), "batch_size 0"),
        (lambda: Batches(numbered(3), 2)(0), "from 1, got 0"),
    ],
)
def test_no_pairs_no_batch_and_step_0_are_refused(act, words):
    with pytest.raises(ValueError, match=words):
        act()
    assert Batches(numbered(1), 1).rows(1) == [0]


def test_derived_seeds_differ_fit_torch_and_stay_the_same_for_ever():
    seeds = {derived_seed(a, b) for a in range(30) for b in range(30)}
    assert len(seeds) == 900
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert max(seeds) > 2**62
    assert derived_seed(0, 1) == 17133762703416708090
