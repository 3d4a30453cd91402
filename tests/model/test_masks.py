"""Masks: True = may attend, and only what the sentence allows."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from transformer_lib import causal_mask, left_padding_mask, padding_mask, sliding_window_mask

lengths = st.integers(1, 13)


def message(raised):
    return str(raised.value)


@given(n=lengths)
def test_causal_mask_of_a_square_is_the_lower_triangle(n):
    assert_close(causal_mask(n), torch.ones(n, n, dtype=torch.bool).tril())


@given(n_queries=lengths, n_keys=lengths)
def test_causal_mask_aligns_the_last_query_with_the_last_key(n_queries, n_keys):
    mask = causal_mask(n_queries, n_keys)
    assert mask.shape == (n_queries, n_keys)
    assert mask.dtype == torch.bool
    for query in range(n_queries):
        # counted from the end, query and key stand at the same place
        seen = max(0, n_keys - (n_queries - 1 - query))
        assert mask[query].tolist() == [True] * seen + [False] * (n_keys - seen)


def test_causal_mask_worked_by_hand():
    assert causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    assert causal_mask(2, 3).tolist() == [[True, True, False], [True, True, True]]
    assert causal_mask(3, 2).tolist() == [[False, False], [True, False], [True, True]]


@given(past=lengths, new=lengths)
def test_causal_mask_of_cached_decoding_is_the_end_of_the_whole_one(past, new):
    assert_close(causal_mask(new, past + new), causal_mask(past + new)[past:])


def test_causal_mask_lives_on_the_device_asked_for(device):
    assert causal_mask(3, 5, device=device).device.type == device.type
    assert causal_mask(2, device=torch.device("meta")).device.type == "meta"


@pytest.mark.parametrize(("n_queries", "n_keys"), [(0, 3), (3, 0), (-1, 3), (3, -1)])
def test_causal_mask_refuses_empty_lengths(n_queries, n_keys):
    with pytest.raises(ValueError, match="at least") as raised:
        causal_mask(n_queries, n_keys)
    assert message(raised) == f"a mask needs at least one query and one key, got {n_queries} and {n_keys}"


def test_causal_mask_without_keys_counts_the_queries_twice_in_its_refusal():
    with pytest.raises(ValueError, match="got 0 and 0"):
        causal_mask(0)


def test_causal_mask_keeps_its_lengths_open_when_exported():
    class Module(torch.nn.Module):
        def forward(self, x, y):
            return causal_mask(x.shape[0], y.shape[0])

    dims = {"x": {0: torch.export.Dim("T")}, "y": {0: torch.export.Dim("S")}}
    program = torch.export.export(Module(), (torch.ones(3), torch.ones(5)), dynamic_shapes=dims).module()
    assert_close(program(torch.ones(7), torch.ones(11)), causal_mask(7, 11))


def test_padding_mask_hides_the_padding_and_nothing_else(device):
    ids = torch.tensor([[5, 3, 0, 0, 0], [7, 0, 2, 9, 1]], device=device)
    mask = padding_mask(ids)
    assert mask.shape == (2, 1, 1, 5)
    assert mask.dtype == torch.bool
    assert mask.device == ids.device
    assert mask[:, 0, 0].tolist() == [[True, True, False, False, False], [True, False, True, True, True]]


@given(ids=st.lists(st.integers(-3, 3), min_size=1, max_size=7), pad_id=st.integers(-3, 3))
def test_padding_mask_takes_any_id_for_padding(ids, pad_id):
    mask = padding_mask(torch.tensor([ids]), pad_id)
    assert mask.flatten().tolist() == [token != pad_id for token in ids]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_padding_mask_takes_every_kind_of_integer(dtype):
    assert padding_mask(torch.tensor([[1, 0]], dtype=dtype)).flatten().tolist() == [True, False]


@pytest.mark.parametrize("shape", [(5,), (2, 5, 3), ()])
def test_padding_mask_refuses_what_is_no_batch_of_sentences(shape):
    with pytest.raises(ValueError, match="shape") as raised:
        padding_mask(torch.zeros(shape, dtype=torch.int64))
    assert message(raised) == f"expected ids of shape (B, S), got {shape}"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.complex64, torch.bool])
def test_padding_mask_refuses_what_is_no_id(dtype):
    with pytest.raises(TypeError, match="integer") as raised:
        padding_mask(torch.zeros(2, 5, dtype=dtype))
    assert message(raised) == f"expected integer token ids, got {dtype}; did you pass embeddings or a mask?"


def test_masks_combine_to_what_both_allow():
    ids = torch.tensor([[4, 2, 0]])
    both = padding_mask(ids) & causal_mask(3)
    assert both.shape == (1, 1, 3, 3)
    assert both[0, 0].tolist() == [[True, False, False], [True, True, False], [True, True, False]]


def test_padding_on_the_left_is_hidden_up_to_the_first_word():
    mask = left_padding_mask(torch.tensor([3, 0, 1]), 5)
    assert mask.shape == (3, 1, 1, 5)
    assert mask.dtype == torch.bool
    assert mask[:, 0, 0].int().tolist() == [[0, 0, 0, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]]


def test_left_padding_is_a_number_for_each_row():
    with pytest.raises(ValueError, match="n_padding must be"):
        left_padding_mask(torch.tensor(3), 5)
    with pytest.raises(TypeError, match="n_padding must be int64 or int32"):
        left_padding_mask(torch.ones(3), 5)
    with pytest.raises(ValueError, match="n_keys must be at least 1"):
        left_padding_mask(torch.tensor([0]), 0)


@given(n_queries=lengths, n_keys=lengths, window=lengths)
def test_a_window_shows_each_query_itself_and_the_keys_just_before_it(n_queries, n_keys, window):
    mask = sliding_window_mask(n_queries, n_keys, window)
    assert mask.shape == (n_queries, n_keys)
    for query in range(n_queries):
        own = n_keys - n_queries + query  # its place among the keys, counted from the end
        assert mask[query].nonzero().flatten().tolist() == list(
            range(max(0, own - window + 1), max(0, own + 1))
        )


def test_a_window_worked_by_hand():
    assert sliding_window_mask(3, 3, 2).int().tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert sliding_window_mask(2, 5, 3).int().tolist() == [[0, 1, 1, 1, 0], [0, 0, 1, 1, 1]]


@given(past=lengths, new=lengths, window=lengths)
def test_a_window_of_cached_decoding_is_the_end_of_the_whole_one(past, new, window):
    n = past + new
    assert_close(sliding_window_mask(new, n, window), sliding_window_mask(n, n, window)[past:])


@given(n_queries=lengths, n_keys=lengths)
def test_a_window_as_long_as_the_keys_is_the_causal_mask(n_queries, n_keys):
    assert_close(sliding_window_mask(n_queries, n_keys, n_keys), causal_mask(n_queries, n_keys))


def test_through_layers_a_window_reaches_further_by_its_width_less_one():
    mask = sliding_window_mask(11, 11, 3).double()
    reach = torch.linalg.matrix_power(mask, 2)[-1].nonzero().flatten()
    assert reach.tolist() == [6, 7, 8, 9, 10]  # two layers: 2·(3 - 1) words before the last


@pytest.mark.parametrize("name", ["n_queries", "n_keys", "window"])
def test_a_window_refuses_lengths_below_one_by_name(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        sliding_window_mask(**{"n_queries": 3, "n_keys": 5, "window": 2, name: 0})


def test_a_window_keeps_its_lengths_open_when_exported(device):
    class Module(torch.nn.Module):
        def forward(self, x, y):
            return sliding_window_mask(x.shape[0], y.shape[0], 3)

    dims = {"x": {0: torch.export.Dim("T")}, "y": {0: torch.export.Dim("S")}}
    program = torch.export.export(Module(), (torch.ones(3), torch.ones(5)), dynamic_shapes=dims).module()
    assert_close(program(torch.ones(7), torch.ones(11)), sliding_window_mask(7, 11, 3))
    assert sliding_window_mask(2, 3, 2, device=device).device.type == device.type
