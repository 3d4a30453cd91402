"""For tests of models: random inputs, torch's modules with this library's weights, exact error messages."""

import re

import pytest
import torch
from torch import nn
from torch.testing import assert_close

EXACT = {"rtol": 1e-9, "atol": 1e-11}
BATCH = 11

ATTENTION = {"in_proj_weight": "in_proj.weight", "in_proj_bias": "in_proj.bias"}
ENCODER_LAYER = {
    "self_attn.in_proj_": "self_attention.in_proj.",
    "self_attn.": "self_attention.",
    "linear1.": "feed_forward.w_1.",
    "linear2.": "feed_forward.w_2.",
    "norm1.": "self_attention_norm.norm.",
    "norm2.": "feed_forward_norm.norm.",
}
DECODER_LAYER = ENCODER_LAYER | {
    "multihead_attn.in_proj_": "cross_attention.in_proj.",
    "multihead_attn.": "cross_attention.",
    "norm2.": "cross_attention_norm.norm.",
    "norm3.": "feed_forward_norm.norm.",
}


def our_name(name: str, table: dict[str, str]) -> str:
    """The name that a parameter of torch's has in ours; the first fitting line of the table says it."""
    for theirs, ours in table.items():
        if theirs in name:
            return name.replace(theirs, ours)
    return name


def table_of(name: str, table: dict[str, str] | None) -> dict[str, str]:
    """Table for whole models, which have both kinds of layer, distinguished by prefix."""
    if table is not None:
        return table
    return DECODER_LAYER if name.startswith("decoder.") else ENCODER_LAYER


def pairs(theirs: nn.Module, ours: nn.Module, table=None):
    """Each parameter of torch's module beside the same one of ours; every one of ours must occur."""
    mine = dict(ours.named_parameters())
    named = [(our_name(n, table_of(n, table)), p) for n, p in theirs.named_parameters()]
    assert sorted(name for name, _ in named) == sorted(mine)
    return [(name, p, mine[name]) for name, p in named]


def scramble(module: nn.Module, seed: int = 0) -> nn.Module:
    """Random values in every parameter, biases and norms too, in float64: nothing is right by being 0 or 1."""
    generator = torch.Generator().manual_seed(seed)
    module.double()
    with torch.no_grad():
        for p in module.parameters():
            noise = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            p.copy_(noise * p.shape[-1] ** -0.5)
    return module


def numbers(*shape, seed=1):
    """Normal random numbers in float64."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def sentences(length, vocab_size, seed=0, rows=BATCH, pad_id=0):
    """Random ids (rows, length) of sentences of different lengths, one of them full, padded on the right."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, vocab_size, (rows, length), generator=generator)
    lengths = torch.randint(1, length + 1, (rows,), generator=generator)
    lengths[0] = length
    return ids.where(torch.arange(length) < lengths[:, None], pad_id)


def copy(theirs: nn.Module, ours: nn.Module, table=None) -> None:
    """Put our values into torch's module."""
    with torch.no_grad():
        for _, p, q in pairs(theirs, ours, table):
            p.copy_(q)


def assert_same_gradients(theirs: nn.Module, ours: nn.Module, table=None) -> None:
    for name, p, q in pairs(theirs, ours, table):
        assert p.grad is not None, name
        assert_close(q.grad, p.grad, **EXACT, msg=lambda text, name=name: f"{name}: {text}")


def says(error: type[Exception], message: str):
    """The error comes with exactly this message."""
    return pytest.raises(error, match=f"^{re.escape(message)}$")
