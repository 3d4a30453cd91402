"""Additive attention: a small network scores how well a state matches each source word."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.attention import masked_softmax


def additive_attention(
    query: Tensor, keys: Tensor, values: Tensor, v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    r"""Average the values by scores that a one-layer network gives.

    .. math:: e_s = v^\top \tanh(q + k_s), \qquad \alpha = \mathrm{softmax}(e), \qquad c = \sum_s \alpha_s v_s

    Args:
        query: (B, d), already projected: W s.
        keys: (B, S, d), already projected: U h_s; computed once for all steps.
        values: (B, S, Dv).
        v: (d,) the weights of the last layer.
        mask: (B, S) bool, True = may attend; a row without any gives zeros.

    Returns:
        The context (B, Dv) and the weights (B, S).

    Raises:
        ValueError: if shapes do not fit.
        TypeError: if something is no tensor of floating-point numbers, or the mask is not boolean.

    Source: Bahdanau et al. 2014, section 3.1 and appendix A.1.2.

    >>> keys = torch.tensor([[[0.0], [9.0]]])
    >>> context, weights = additive_attention(torch.zeros(1, 1), keys, keys, torch.ones(1))
    >>> weights.softmax(-1).shape, round(weights[0, 1].item(), 4)
    (torch.Size([1, 2]), 0.7311)
    """
    given = {"query": query, "keys": keys, "values": values, "v": v}
    for name, x in given.items():
        checks.floating(name, x, "; did you pass token ids?")
    if len({x.dtype for x in given.values()}) > 1 and not torch.is_autocast_enabled(query.device.type):
        raise TypeError(f"all must share one dtype, got {', '.join(str(x.dtype) for x in given.values())}")
    if query.ndim != 2 or keys.ndim != 3 or values.ndim != 3 or values.shape[:2] != keys.shape[:2]:
        raise ValueError(
            "expected query (B, d), keys (B, S, d) and values (B, S, Dv), "
            f"got {tuple(query.shape)}, {tuple(keys.shape)} and {tuple(values.shape)}"
        )
    if keys.shape[::2] != query.shape or v.shape != query.shape[1:] or 0 in keys.shape:
        raise ValueError(
            "query (B, d), keys (B, S, d) and v (d,) must share B and d, and there must be a key; "
            f"got {tuple(query.shape)}, {tuple(keys.shape)} and {tuple(v.shape)}"
        )
    scores = torch.tanh(query[:, None] + keys) @ v  # (B, S)
    if mask is not None:
        checks.boolean("mask", mask)
        if mask.shape != scores.shape:
            raise ValueError(f"mask must be (B, S) = {tuple(scores.shape)}, got {tuple(mask.shape)}")
    weights = masked_softmax(scores, mask)
    return (weights[:, None] @ values)[:, 0], weights


class AdditiveAttention(nn.Module):
    """Owns W, U and v of `additive_attention`.

    Args:
        d_query: width of the decoder's state.
        d_memory: width of the encoder's states.
        d_attention: width of the layer between.
    """

    def __init__(self, d_query: int, d_memory: int, d_attention: int) -> None:
        super().__init__()
        for name, size in (("d_query", d_query), ("d_memory", d_memory), ("d_attention", d_attention)):
            checks.count(name, size)
        self.w = nn.Linear(d_query, d_attention, bias=False)
        self.u = nn.Linear(d_memory, d_attention)
        self.v = nn.Parameter(torch.empty(d_attention).uniform_(-1, 1) * d_attention**-0.5)

    def forward(
        self, state: Tensor, keys: Tensor, memory: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """State (B, d_query), keys ``u(memory)`` and memory (B, S, d_memory) to context and weights."""
        checks.vectors("state", state, "B, d_query", self.w.weight, n_dims=2)
        return additive_attention(self.w(state), keys, memory, self.v, mask)
