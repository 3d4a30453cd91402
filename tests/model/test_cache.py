"""Decoding with a cache equals decoding without, with gradients and without."""

from contextlib import nullcontext

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close
from twins import EXACT, numbers, says, scramble

from transformer_lib import KeyValueCache, MultiHeadAttention, RotaryPositions

B, H, T, S, D = 2, 3, 5, 7, 4
D_MODEL = H * D
MODES = {"gradients": nullcontext, "no gradients": torch.no_grad, "inference": torch.inference_mode}
EVERY_MODE = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


def heads(**options):
    return scramble(MultiHeadAttention(D_MODEL, H, **options))


@EVERY_MODE
@given(steps=st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=1, max_size=6), rotary=st.booleans())
def test_steps_with_a_cache_equal_one_pass_without(mode, steps, rotary):
    total = sum(steps)
    module = heads(rotate=RotaryPositions(total, D).double() if rotary else None)
    x, cache, done = numbers(B, total, D_MODEL), KeyValueCache(), 0
    full, all_weights = module(x, causal=True, need_weights=True)
    with mode():
        for new in x.split(steps, 1):
            assert cache.length == cache.positions(module) == done
            before, after = done, done + new.shape[1]
            output, weights = module(new, causal=True, cache=cache, need_weights=True)
            assert_close(output, full[:, before:after], **EXACT)
            assert_close(weights, all_weights[:, :, before:after, :after], **EXACT)
            done = after
    assert cache.length == total


@EVERY_MODE
def test_the_fused_kernel_goes_on_where_it_stopped_too(mode, device):
    module, x, cache = heads().to(device), numbers(B, 11, D_MODEL).to(device), KeyValueCache()
    full = module(x, causal=True)[0]
    with mode():
        steps = [module(new, causal=True, cache=cache)[0] for new in x.split([3, 1, 1, 1, 5], 1)]
        assert_close(torch.cat(steps, 1), full, **EXACT)


@given(st.lists(st.sampled_from(list(MODES.values())), min_size=T, max_size=T))
def test_the_mode_may_change_from_step_to_step(modes):
    module, x, cache = heads(), numbers(B, T, D_MODEL), KeyValueCache()
    full, inference = module(x, causal=True)[0], False
    for t, mode in enumerate(modes):
        inference |= mode is torch.inference_mode
        mode = torch.no_grad if inference and mode is nullcontext else mode  # torch forbids that way back
        with mode():
            output = module(x[:, t : t + 1], causal=True, cache=cache)[0]
            assert_close(output, full[:, t : t + 1], **EXACT)


def test_gradients_flow_through_a_cache():
    module, cache = heads(), KeyValueCache()
    x = numbers(B, T, D_MODEL).requires_grad_()
    full = torch.autograd.grad(module(x, causal=True)[0].square().sum(), x)
    steps = [module(x[:, t : t + 1], causal=True, cache=cache)[0] for t in range(T)]
    assert_close(torch.autograd.grad(torch.cat(steps, 1).square().sum(), x), full, **EXACT)


def test_what_a_graph_remembers_is_not_written_over():
    module, cache = heads(), KeyValueCache()
    x = numbers(B, T, D_MODEL).requires_grad_()
    output = module(x[:, :2], causal=True, cache=cache)[0]
    output = output + module(x[:, 2:4], causal=True, cache=cache)[0]
    with torch.no_grad():
        module(x[:, 4:], causal=True, cache=cache)
        cache.reorder(torch.tensor([1, 0]))
        module(x[:, 4:], causal=True, cache=cache)
    whole = module(x[:, :4], causal=True)[0]
    expected = torch.autograd.grad((whole[:, :2] + whole[:, 2:]).square().sum(), x)
    assert_close(torch.autograd.grad(output.square().sum(), x), expected, **EXACT)


def test_arguments_are_not_written_to():
    cache, module = KeyValueCache(), heads()
    first, second = numbers(B, H, 2, D), numbers(B, H, 3, D, seed=2)
    kept = first.clone(), second.clone()
    with torch.no_grad():
        cache.extend(module, first, first)
        cache.extend(module, second, second)
        cache.reorder(torch.tensor([1, 0]))
        cache.extend(module, second, second)
    assert torch.equal(first, kept[0])
    assert torch.equal(second, kept[1])


def test_a_cached_step_may_have_a_mask_over_the_whole_past():
    module, x, cache = heads(), numbers(B, T, D_MODEL), KeyValueCache()
    mask = torch.ones(B, 1, 1, T, dtype=torch.bool)
    mask[1, ..., 1] = False
    full = module(x, mask=mask, causal=True)[0]
    module(x[:, :3], mask=mask[..., :3], causal=True, cache=cache)
    assert_close(module(x[:, 3:], mask=mask, causal=True, cache=cache)[0], full[:, 3:], **EXACT)
    cache, steps = KeyValueCache(), []
    for t in range(T):
        steps.append(module(x[:, t : t + 1], mask=mask[..., : t + 1], causal=True, cache=cache)[0])
    assert_close(torch.cat(steps, 1), full, **EXACT)


def test_a_memory_is_projected_once():
    module, cache = heads(), KeyValueCache()
    x, memory = numbers(B, T, D_MODEL), numbers(B, S, D_MODEL, seed=2)
    value = numbers(B, S, D_MODEL, seed=3)
    expected = module(x, memory, value)[0]
    assert_close(module(x[:, :2], memory, value, cache=cache)[0], expected[:, :2], **EXACT)
    nonsense = torch.full_like(memory, torch.nan)
    assert_close(module(x[:, 2:], nonsense, nonsense, cache=cache)[0], expected[:, 2:], **EXACT)
    assert cache.length == 0


@EVERY_MODE
@pytest.mark.parametrize("rows", [[1, 0], [0, 0], [1], [1, 1, 0, 1, 0]])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_a_reordered_cache_continues_the_reordered_rows(mode, rows, dtype, device):
    past, memory = numbers(B, 3, D_MODEL).to(device), numbers(B, S, D_MODEL, seed=2).to(device)
    new = numbers(len(rows), 2, D_MODEL, seed=4).to(device)
    itself, cross, cache = heads().to(device), heads().to(device), KeyValueCache()
    with mode():
        for piece in past.split([2, 1], 1):
            itself(piece, causal=True, cache=cache)
        cross(past, memory, cache=cache)
        cache.reorder(torch.tensor(rows, dtype=dtype, device=device))
        assert cache.length == 3
        whole = torch.cat((past[rows], new), 1)
        expected = itself(whole, causal=True)[0][:, 3:]
        steps = [itself(piece, causal=True, cache=cache)[0] for piece in new.split(1, 1)]
        assert_close(torch.cat(steps, 1), expected, **EXACT)
        assert_close(cross(new, memory[rows], cache=cache)[0], cross(new, memory[rows])[0], **EXACT)


def test_the_memory_may_stay_while_the_past_is_reordered():
    past, memory, new = numbers(B, 3, D_MODEL), numbers(B, S, D_MODEL, seed=2), numbers(B, 1, D_MODEL, seed=4)
    itself, cross, cache = heads(), heads(), KeyValueCache()
    itself(past, causal=True, cache=cache)
    cross(past, memory, cache=cache)
    cache.reorder(torch.tensor([1, 0]), memory=False)
    whole = torch.cat((past.flip(0), new), 1)
    assert_close(itself(new, causal=True, cache=cache)[0], itself(whole, causal=True)[0][:, 3:], **EXACT)
    assert_close(cross(new, memory, cache=cache)[0], cross(new, memory)[0], **EXACT)


def test_one_cache_serves_several_modules_and_counts_what_all_have():
    first, second, cache, x = heads(), heads(), KeyValueCache(), numbers(B, T, D_MODEL)
    assert cache.length == 0
    first(x, cache=cache)
    assert (cache.length, cache.positions(first), cache.positions(second)) == (T, T, 0)
    second(x[:, :2], cache=cache)
    assert (cache.length, cache.positions(first), cache.positions(second)) == (2, T, 2)


def test_a_cache_says_what_it_holds():
    x, memory, cache, module = numbers(B, T, D_MODEL), numbers(B, S, D_MODEL), KeyValueCache(), heads()
    module(x, cache=cache)
    with says(
        ValueError,
        "the cache holds 2 rows, the new positions have 1; "
        "when rows are dropped, repeated or moved, call cache.reorder(rows) too",
    ):
        module(x[:1], cache=cache)
    assert cache.length == T
    module(x, memory, cache=cache)
    with says(
        ValueError, "the cache holds a memory of length 7, got one of 6; a new source needs a new cache"
    ):
        module(x, memory[:, 1:], cache=cache)


def test_rows_are_a_list_of_integers():
    cache = KeyValueCache()
    with says(ValueError, "expected one row index per new row, got shape (1, 2)"):
        cache.reorder(torch.tensor([[0, 1]]))
    with says(TypeError, "expected integer row indices, got torch.bool; did you pass a mask?"):
        cache.reorder(torch.tensor([True, False]))


def test_a_cache_knows_its_bytes_a_key_and_a_value_of_each_position_in_each_layer():
    heads, cross, cache = MultiHeadAttention(10, 5), MultiHeadAttention(10, 5), KeyValueCache()
    assert cache.nbytes == 0
    heads(torch.randn(3, 7, 10), causal=True, cache=cache)
    assert cache.nbytes == 2 * 3 * 7 * 10 * 4
    cross(torch.randn(3, 2, 10), torch.randn(3, 11, 10), cache=cache)
    assert cache.nbytes == 2 * 3 * (7 + 11) * 10 * 4


def test_a_cache_goes_out_as_tensors_and_comes_back():
    layers = [(heads(), heads()) for _ in range(2)]
    x, memory, cache = numbers(B, T + 1, D_MODEL), numbers(B, S, D_MODEL, seed=2), KeyValueCache()

    def step(cache, words):
        for own, cross in layers:
            words = own(words, causal=True, cache=cache)[0]
            words = cross(words, memory, cache=cache)[0]
        return words

    step(cache, x[:, :T])
    kept = cache.tensors()
    assert {name: tuple(tensor.shape) for name, tensor in kept.items()} == {
        "keys": (2, B, H, T, D),
        "values": (2, B, H, T, D),
        "memory_keys": (2, B, H, S, D),
        "memory_values": (2, B, H, S, D),
    }
    again = KeyValueCache.from_tensors(
        {own: pair for (own, _), *pair in zip(layers, kept["keys"], kept["values"], strict=True)},
        {
            cross: pair
            for (_, cross), *pair in zip(layers, kept["memory_keys"], kept["memory_values"], strict=True)
        },
    )
    assert again.length == T
    assert_close(step(again, x[:, T:]), step(cache, x[:, T:]), **EXACT)


@pytest.mark.parametrize("row", [-1, B, B + 1])
def test_rows_that_are_not_there_are_refused_and_nothing_moves(row):
    """By the number of rows, not of heads or places: B is smaller than both."""
    module, x, cache = heads(), numbers(B, T, D_MODEL), KeyValueCache()
    full = module(x, causal=True)[0]
    module(x[:, :2], causal=True, cache=cache)
    with pytest.raises(ValueError, match=rf"^rows must .*{row}.*the cache holds {B} rows"):
        cache.reorder(torch.tensor([0, row]))
    assert_close(module(x[:, 2:], causal=True, cache=cache)[0], full[:, 2:], **EXACT)


def test_rows_of_the_memory_count_where_the_memory_moves_alone():
    module, x, memory, cache = (
        heads(),
        numbers(B, 1, D_MODEL),
        numbers(B, S, D_MODEL, seed=1),
        KeyValueCache(),
    )
    module(x, memory, cache=cache)
    with pytest.raises(ValueError, match=f"the cache holds {B} rows"):
        cache.reorder(torch.tensor([B]))
    cache.reorder(torch.tensor([B]), memory=False)  # there is no past yet, and the memory stays
    assert_close(module(x, memory, cache=cache)[0], module(x, memory)[0], **EXACT)
