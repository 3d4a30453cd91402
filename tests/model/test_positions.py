"""Positions by hand, and what their dot products depend on."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close
from twins import EXACT, numbers, says

from transformer_lib import LearnedPositions, RotaryPositions, SinusoidalPositions, sinusoidal_positions

B, H, T, N, D = 2, 3, 5, 17, 6
KINDS = [SinusoidalPositions, LearnedPositions, RotaryPositions]


def test_sines_and_cosines_alternate_and_slow_down():
    by_hand = [
        [0.0, 1.0, 0.0, 1.0],
        [math.sin(1.0), math.cos(1.0), math.sin(0.01), math.cos(0.01)],
        [math.sin(2.0), math.cos(2.0), math.sin(0.02), math.cos(0.02)],
    ]
    assert_close(sinusoidal_positions(3, 4), torch.tensor(by_hand))


def test_the_slowest_wave_stays_exact_far_out():
    table = sinusoidal_positions(5000, 512)
    assert table[4999, 510].item() == pytest.approx(math.sin(4999 / 10000 ** (510 / 512)), abs=1e-7)
    assert table[4999, 0].item() == pytest.approx(math.sin(4999), abs=1e-7)
    assert sinusoidal_positions(5000, 6)[4999, 2].item() == pytest.approx(
        math.sin(4999 / 10000 ** (1 / 3)), abs=1e-7
    )


def test_the_table_has_torchs_default_dtype():
    assert sinusoidal_positions(2, 2).dtype == torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert sinusoidal_positions(2, 2).dtype == torch.float64
        assert RotaryPositions(2, 2).cos.dtype == RotaryPositions(2, 2).sin.dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert RotaryPositions(2, 2).cos.dtype == RotaryPositions(2, 2).sin.dtype == torch.float32


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_dot_product_of_two_positions_depends_on_their_offset_only(p, q, shift):
    table = sinusoidal_positions(121, 8).double()
    assert_close(table[p] @ table[q], table[p + shift] @ table[q + shift], rtol=0, atol=1e-5)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_the_dot_product_of_rotated_vectors_depends_on_their_offset_only(m, n, shift):
    rotate = RotaryPositions(41, D).double()
    q, k = numbers(1, D), numbers(1, D, seed=2)
    near = rotate(q, m) @ rotate(k, n).T
    assert_close(near, rotate(q, m + shift) @ rotate(k, n + shift).T, rtol=0, atol=1e-6)
    if m == n:
        assert_close(near, q @ k.T, rtol=0, atol=1e-6)


def test_rotation_by_hand():
    """Position m turns pair i by m · 10000^(-2i / D); with D = 4 the second pair turns a hundredth as fast."""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    turned = RotaryPositions(4, 4)(x.expand(2, 4), offset=2)
    for row, m in zip(turned, (2, 3), strict=True):
        c, s, slow_c, slow_s = math.cos(m), math.sin(m), math.cos(m / 100), math.sin(m / 100)
        by_hand = [c - 2 * s, s + 2 * c, 3 * slow_c - 4 * slow_s, 3 * slow_s + 4 * slow_c]
        assert_close(row, torch.tensor(by_hand))


def test_rotation_is_the_product_with_a_complex_number_and_keeps_lengths():
    x, rotate = numbers(B, H, T, D), RotaryPositions(N, D).double()
    angles = torch.arange(3, 3 + T).double()[:, None] * 10000.0 ** -(torch.arange(0, D, 2).double() / D)
    turned = torch.view_as_complex(x.unflatten(-1, (-1, 2))) * torch.polar(torch.ones_like(angles), angles)
    assert_close(rotate(x, 3), torch.view_as_real(turned).flatten(-2), rtol=0, atol=1e-6)
    assert_close(rotate(x, 3).norm(dim=-1), x.norm(dim=-1), rtol=0, atol=1e-6)


def test_sinusoids_are_added():
    x = numbers(B, T, D)
    expected = x + sinusoidal_positions(N, D)[3 : 3 + T].double()
    assert_close(SinusoidalPositions(N, D).double()(x, 3), expected, **EXACT)


def test_learned_positions_are_added_and_learn():
    module, x = LearnedPositions(N, D).double(), numbers(B, T, D)
    assert_close(module(x, 3), x + module.table[3 : 3 + T], **EXACT)
    module(x, 3).sum().backward()
    touched = module.table.grad.abs().sum(-1) > 0
    assert touched.nonzero().flatten().tolist() == list(range(3, 3 + T))


def test_learned_positions_start_small_from_torchs_seed():
    torch.manual_seed(3)
    first = LearnedPositions(500, 60)
    torch.manual_seed(3)
    assert torch.equal(first.table, LearnedPositions(500, 60).table)
    assert first.table.std().item() == pytest.approx(0.02, rel=0.02)
    assert abs(first.table.mean().item()) < 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_row_stands_at_the_offset_which_is_zero_unless_given(kind):
    module, x = kind(N, D).double(), numbers(B, T, D)
    assert torch.equal(module(x), module(x, 0))
    split = torch.cat([module(x[:, :2]), module(x[:, 2:], 2)], 1)
    assert_close(split, module(x), **EXACT)
    assert not torch.allclose(module(x, 1), module(x))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_dtype_and_shape_are_those_of_the_input(kind, dtype, device):
    x = torch.ones(B, T, D, dtype=dtype, device=device)
    output = kind(N, D).to(device, dtype)(x)
    assert (output.dtype, output.shape, output.device.type) == (dtype, x.shape, device.type)


@pytest.mark.parametrize("kind", KINDS)
def test_only_learned_positions_are_stored(kind):
    assert list(kind(N, D).state_dict()) == (["table"] if kind is LearnedPositions else [])


@pytest.mark.parametrize("kind", KINDS)
def test_lengths_stay_dynamic_when_exported(kind):
    module, t = kind(N, D), torch.export.Dim("t")
    program = torch.export.export(module, (torch.ones(B, T, D),), dynamic_shapes=({1: t},)).module()
    x = numbers(B, 11, D).float()
    assert_close(program(x), module(x))


def test_there_is_a_position():
    for make in (sinusoidal_positions, SinusoidalPositions, RotaryPositions):
        with says(ValueError, "positions need at least one position, got 0"):
            make(0, 4)
    assert sinusoidal_positions(1, 2).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("width", [0, 1, 7, -2])
def test_widths_are_even(width):
    message = (
        f"positions go in pairs of sine and cosine and need an even width, got {width}; "
        "for rotary positions that is the width of one head"
    )
    for make in (sinusoidal_positions, RotaryPositions):
        with says(ValueError, message):
            make(3, width)


def as_halves(width):
    """Where each dimension of the neighbours' order stands in that of halves."""
    return [*range(0, width, 2), *range(1, width, 2)]


def test_halves_are_neighbours_in_another_order():
    order = as_halves(D)
    halves = sinusoidal_positions(N, D, pairs="halves")
    assert_close(halves, sinusoidal_positions(N, D)[:, order])
    assert_close(halves[:, : D // 2], sinusoidal_positions(N, D)[:, 0::2])  # all sines first
    x = numbers(B, H, T, D)
    turned, of_halves = RotaryPositions(N, D).double(), RotaryPositions(N, D, pairs="halves").double()
    assert_close(of_halves(x[..., order], 3), turned(x, 3)[..., order], **EXACT)
    assert (of_halves(x, 3) - turned(x, 3)).abs().max() > 0.1
    module = SinusoidalPositions(N, D, pairs="halves")
    assert_close(module(torch.zeros(1, T, D), 2)[0], halves[2 : 2 + T])


def test_the_base_sets_how_slow_the_slowest_frequency_is():
    table = sinusoidal_positions(3, 4, base=100.0)
    by_hand = [math.sin(2.0), math.cos(2.0), math.sin(2 / 10), math.cos(2 / 10)]
    assert_close(table[2], torch.tensor(by_hand))
    turned = RotaryPositions(3, 4, base=100.0)(torch.tensor([[0.0, 0.0, 1.0, 0.0]]), 2)
    assert_close(turned, torch.tensor([[0.0, 0.0, math.cos(0.2), math.sin(0.2)]]))


@pytest.mark.parametrize("kind", [SinusoidalPositions, LearnedPositions])
def test_each_row_may_begin_at_a_place_of_its_own(kind):
    positions, x = kind(N, D).double(), numbers(B, T, D)
    found = positions(x, torch.tensor([4, -2]))
    assert_close(found[:1], positions(x[:1], 4), **EXACT)
    assert_close(found[1:, 2:], positions(x[1:, 2:], 0), **EXACT)
    assert_close(found[1, 1], positions(x[1:, 1:2], 0)[0, 0], **EXACT)  # before the first: as the first


@pytest.mark.parametrize("offset", [torch.tensor([1, 2, 3]), torch.tensor(1), torch.tensor([0, N])])
def test_places_that_do_not_fit_are_refused(offset):
    with pytest.raises(ValueError, match=r"offset|longer than"):
        LearnedPositions(N, D)(torch.zeros(B, T, D), offset)


def test_rotary_positions_take_no_place_for_each_row():
    with pytest.raises(ValueError, match="offset"):
        RotaryPositions(N, D)(torch.zeros(B, H, T, D), torch.tensor([1, 2]))


def test_unknown_pairs_and_a_base_of_zero_are_refused():
    with says(ValueError, "unknown pairs 'both', expected one of neighbours, halves"):
        RotaryPositions(N, D, pairs="both")
    with says(ValueError, "base must be a finite number above 0, got 0.0"):
        sinusoidal_positions(N, D, base=0.0)
