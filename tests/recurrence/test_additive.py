import math

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.recurrence import AdditiveAttention, additive_attention


def test_additive_attention_worked_by_hand():
    query = torch.tensor([[1.0, 0.0]])
    keys = torch.tensor([[[0.0, 0.0], [-1.0, 2.0], [1.0, 1.0]]])
    values = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    v = torch.tensor([2.0, 1.0])
    scores = [2 * math.tanh(1), math.tanh(2), 2 * math.tanh(2) + math.tanh(1)]
    total = sum(map(math.exp, scores))
    expected = torch.tensor([[math.exp(score) / total for score in scores]])
    context, weights = additive_attention(query, keys, values, v)
    assert_close(weights, expected)
    assert_close(context, expected)  # the values are unit vectors


def test_a_hidden_word_gets_no_weight():
    torch.manual_seed(0)
    query, keys, values, v = torch.randn(2, 5), torch.randn(2, 7, 5), torch.randn(2, 7, 3), torch.randn(5)
    mask = torch.tensor([[True] * 4 + [False] * 3, [True] * 7])
    context, weights = additive_attention(query, keys, values, v, mask)
    assert weights[0, 4:].eq(0).all()
    assert_close(weights.sum(-1), torch.ones(2))
    alone, _ = additive_attention(query[:1], keys[:1, :4], values[:1, :4], v)
    assert_close(context[:1], alone)


def test_the_module_is_the_function_with_its_own_projections():
    torch.manual_seed(0)
    module = AdditiveAttention(5, 3, 7)
    state, memory = torch.randn(2, 5), torch.randn(2, 11, 3)
    expected = additive_attention(
        state @ module.w.weight.T, memory @ module.u.weight.T + module.u.bias, memory, module.v
    )
    assert_close(module(state, module.u(memory), memory, None), expected)
    assert module.v.abs().max() <= 7**-0.5
    assert module.v.abs().max() > 0.5 * 7**-0.5


def test_shapes_and_masks_that_do_not_fit_are_refused():
    query, keys, v = torch.randn(2, 5), torch.randn(2, 7, 5), torch.randn(5)
    with pytest.raises(ValueError, match=r"got \(5,\), \(2, 7, 5\) and \(2, 7, 5\)"):
        additive_attention(query[0], keys, keys, v)
    with pytest.raises(ValueError, match=r"got \(2, 5\), \(2, 5\) and \(2, 5\)"):
        additive_attention(query, keys[:, 0], keys[:, 0], v)
    with pytest.raises(ValueError, match=r"values \(B, S, Dv\), got \(2, 5\), \(2, 7, 5\) and \(2, 6, 5\)"):
        additive_attention(query, keys, keys[:, 1:], v)
    with pytest.raises(TypeError, match=r"mask must be bool with True = may attend, got torch.float32"):
        additive_attention(query, keys, keys, v, torch.ones(2, 7))
    with pytest.raises(ValueError, match=r"mask must be \(B, S\) = \(2, 7\), got \(2, 1\)"):
        additive_attention(query, keys, keys, v, torch.ones(2, 1, dtype=torch.bool))
