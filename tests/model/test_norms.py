"""RMS normalisation by hand, beside torch's own, and as a choice of a model."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close
from twins import EXACT, numbers, says, scramble

from transformer_lib import LanguageModel, LanguageModelConfig, PostNorm, PreNorm, RMSNorm, rms_norm

B, T, D = 2, 5, 7


def test_rms_norm_by_hand():
    x, weight = torch.tensor([3.0, 4.0]).double(), torch.tensor([2.0, 10.0]).double()
    size = ((9 + 16) / 2 + 0.5) ** 0.5
    assert_close(
        rms_norm(x, weight, eps=0.5), torch.tensor([6 / size, 40 / size], dtype=torch.float64), **EXACT
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_it_is_torchs_own_forward_and_backward(dtype):
    ours, theirs = scramble(RMSNorm(D, eps=0.1)).to(dtype), nn.RMSNorm(D, eps=0.1, dtype=dtype)
    theirs.load_state_dict(ours.state_dict())
    tolerance = {"rtol": 0.05, "atol": 0.01} if dtype == torch.bfloat16 else {}
    x = numbers(B, T, D).to(dtype)
    inputs = [x.clone().requires_grad_() for _ in range(2)]
    outputs = [module(given) for module, given in zip((ours, theirs), inputs, strict=True)]
    assert_close(*outputs, **tolerance)
    goal = numbers(B, T, D, seed=2).to(dtype)
    for output in outputs:
        (output * goal).sum().backward()
    assert_close(inputs[0].grad, inputs[1].grad, **tolerance)
    assert_close(ours.weight.grad, theirs.weight.grad, **tolerance)


def test_a_large_number_in_half_precision_stays_in_range():
    x = torch.full((1, D), 6e4, dtype=torch.float16)
    assert_close(rms_norm(x, torch.ones(D, dtype=torch.float16)), torch.ones(1, D, dtype=torch.float16))


def test_the_mean_stays_in_and_the_length_does_not():
    x = numbers(B, T, D)
    assert_close(rms_norm(3.7 * x, torch.ones(D).double(), 1e-12), rms_norm(x, torch.ones(D).double(), 1e-12))
    centred = x - x.mean(-1, keepdim=True)
    layer = nn.LayerNorm(D, eps=1e-5, bias=False).double()
    assert_close(layer(x), rms_norm(centred, layer.weight, 1e-5), **EXACT)
    assert (layer(x) - rms_norm(x, layer.weight, 1e-5)).abs().max() > 0.1


@pytest.mark.parametrize("kind", [PreNorm, PostNorm])
def test_a_residual_connection_has_the_norm_that_it_is_given(kind):
    module = scramble(kind(D, norm="rms", norm_eps=0.1))
    x, norm = numbers(B, T, D), module.norm
    assert [name for name, _ in module.named_parameters()] == ["norm.weight"]
    found = module.after(x, module.before(x))
    by_hand = x + rms_norm(x, norm.weight, 0.1) if kind is PreNorm else rms_norm(x + x, norm.weight, 0.1)
    assert_close(found, by_hand, **EXACT)


def test_a_model_has_no_other_norm():
    config = LanguageModelConfig(
        13, d_model=6, n_heads=2, d_ff=5, n_layers=3, norm="rms", norm_embeddings=True
    )
    norms = [module for module in LanguageModel(config).modules() if "Norm" in type(module).__name__]
    assert sum(isinstance(module, RMSNorm) for module in norms) == 2 * 3 + 2
    assert not any(isinstance(module, nn.LayerNorm) for module in norms)


def test_what_does_not_fit_is_refused():
    with says(ValueError, "expected x (..., d) and weight (d,), got (2, 5) and (7,)"):
        rms_norm(torch.ones(2, 5), torch.ones(7))
    with says(ValueError, "unknown norm 'batch', expected one of layer, rms"):
        PreNorm(D, norm="batch")
