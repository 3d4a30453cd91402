"""Attention in blocks of keys: the same numbers, forward and backward, from less memory."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib import attention, causal_mask, online_attention, sliding_window_mask
from transformer_lib.studies.online import peak_bytes

T, S, D, DV = 7, 11, 5, 3


def inputs(*leading, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    sizes = ((T, D), (S, D), (S, DV))
    made = [3 * torch.randn(*leading, *size, generator=generator, dtype=dtype) for size in sizes]
    return [x.requires_grad_() for x in made]


def both(tensors, block_size, mask):
    """Outputs and gradients, of ours and in blocks."""
    found = []
    for output in (
        attention(*tensors, mask)[0],
        online_attention(*tensors, block_size=block_size, mask=mask),
    ):
        weights = torch.linspace(-1, 2, output.numel(), dtype=output.dtype).view_as(output)
        found.append([output, *torch.autograd.grad((output * weights).sum(), tensors)])
    return found


MASKS = {
    "none": None,
    "causal": causal_mask(T, S),
    "causal, the first queries without a key": torch.arange(S) < torch.arange(T)[:, None] - 2,
    "window": sliding_window_mask(T, S, 2),
    "one key hidden from all": torch.arange(S) != 4,
    "nothing for one query": torch.arange(T)[:, None] != 5,
    "nothing for anyone": torch.zeros(T, S, dtype=torch.bool),
}


@pytest.mark.parametrize("block_size", [1, 2, 5, S, 13])
@pytest.mark.parametrize("mask", MASKS)
def test_output_and_gradients_are_those_of_attention(mask, block_size):
    whole, blocks = both(inputs(2, 3), block_size, MASKS[mask])
    assert_close(blocks, whole, atol=1e-12, rtol=1e-12)


def test_the_gradient_is_right_on_its_own_account():
    mask = causal_mask(T, S) & (torch.arange(T)[:, None] != 2)
    torch.autograd.gradcheck(lambda *x: online_attention(*x, block_size=3, mask=mask), inputs())


def test_shared_keys_are_broadcast_and_gather_their_gradients():
    q, k, v = inputs(2, 3)
    shared = [q, k[:, :1].detach().requires_grad_(), v[:1, :1].detach().requires_grad_()]
    whole, blocks = both(shared, 2, None)
    assert_close(blocks, whole, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_scores_that_rise_or_fall_from_block_to_block_do_not_overflow(sign):
    scores = sign * torch.arange(1.0, S + 1)[:, None] * 400
    q, v = torch.ones(1, 1, dtype=torch.float64), torch.eye(S, dtype=torch.float64)
    found = online_attention(q, scores.double(), v, block_size=2)
    assert_close(found, attention(q, scores.double(), v)[0], atol=1e-12, rtol=0)
    assert found.argmax() == (S - 1 if sign > 0 else 0)


def test_a_row_worked_by_hand():
    """Scores 0 and log 3, in two blocks: weights 1/4 and 3/4."""
    k = (
        torch.tensor([[0.0], [3.0]])
        .log1p()
        .mul(torch.tensor([[1.0], [torch.tensor(3.0).log() / torch.tensor(4.0).log()]]))
    )
    found = online_attention(torch.ones(1, 1), k, torch.tensor([[0.0], [8.0]]), block_size=1)
    assert found.item() == pytest.approx(6.0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_sums_in_float32(dtype):
    q, k, v = inputs(dtype=torch.float32)
    halves = [x.detach().to(dtype) for x in (q, k, v)]
    found = online_attention(*halves, block_size=2)
    assert found.dtype == dtype
    assert_close(found, attention(*(x.float() for x in halves))[0].to(dtype))


def test_no_matrix_of_all_queries_and_keys_is_ever_held():
    n = 512
    q, k, v = (torch.randn(n, 8, requires_grad=True) for _ in range(3))
    taken = peak_bytes(lambda: online_attention(q, k, v, block_size=32).sum().backward())
    matrix = n * n * 4
    assert taken < matrix / 2
    assert peak_bytes(lambda: attention(q, k, v)[0].sum().backward()) > 2 * matrix


def test_the_block_size_is_a_positive_number():
    q, k, v = inputs()
    with pytest.raises(ValueError, match="block_size must be at least 1, got 0"):
        online_attention(q, k, v, block_size=0)
    with pytest.raises(TypeError, match="query must be a tensor"):
        online_attention(None, k, v, block_size=2)


def test_a_second_derivative_is_refused_rather_than_wrong():
    q, k, v = inputs()
    [first] = torch.autograd.grad(
        online_attention(q, k, v, block_size=2).square().sum(), [q], create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
