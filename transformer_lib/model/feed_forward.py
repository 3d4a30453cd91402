"""The feed-forward network of a layer: every position for itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib import checks

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,  # Vaswani et al. 2017
    "gelu": F.gelu,  # Hendrycks and Gimpel 2016; BERT
    "gelu_tanh": partial(F.gelu, approximate="tanh"),  # the approximation that GPT-2 uses
    "silu": F.silu,  # Elfwing et al. 2018, called swish by Marian
}


class FeedForward(nn.Module):
    r"""Let every position think for itself, in a wider space.

    .. math:: \mathrm{FFN}(x) = \max(0, x W_1 + b_1) W_2 + b_2

    Args:
        d_model: width in and out.
        d_ff: width between, four times d_model in the paper.
        dropout: probability of dropping a number after the activation, while training.
        activation: "relu", "gelu", "gelu_tanh" or "silu".
        bias: whether the two maps add a bias.

    Raises:
        ValueError: if the activation is unknown, a size below 1 or dropout no probability.
        TypeError: if a size is no whole number, or what comes is no tensor of the weights' dtype.

    Source: Vaswani et al. 2017, section 3.3, equation 2.

    >>> import torch
    >>> FeedForward(d_model=3, d_ff=12)(torch.randn(2, 5, 3)).shape
    torch.Size([2, 5, 3])
    """

    def __init__(
        self, d_model: int, d_ff: int, dropout: float = 0.0, activation: str = "relu", bias: bool = True
    ) -> None:
        super().__init__()
        checks.count("d_model", d_model)
        checks.count("d_ff", d_ff)
        checks.probability("dropout", dropout)
        checks.choice("activation", activation, tuple(ACTIVATIONS))
        checks.flag("bias", bias)
        self.d_model = d_model
        self.w_1, self.w_2 = nn.Linear(d_model, d_ff, bias), nn.Linear(d_ff, d_model, bias)
        self.activation = ACTIVATIONS[activation]
        self.dropout = nn.Dropout(dropout)
        for linear in (self.w_1, self.w_2):
            _begin(linear)

    def forward(self, x: Tensor) -> Tensor:
        w_1, dropout = self.w_1, self.dropout
        checks.vectors("x", x, "..., d_model", w_1.weight)
        x = self.activation(w_1(x))
        return self.w_2(dropout(x) if dropout.training else x)


class GatedFeedForward(FeedForward):
    r"""A feed-forward network in which one map decides how much of another gets through.

    .. math:: \mathrm{FFN}(x) = (\sigma(x W_1) \odot x V) \, W_2

    With σ = "silu" this is SwiGLU, with "gelu" GEGLU. It has three matrices where `FeedForward` has two: at 2/3 of
    its d_ff both have as many parameters.

    Args:
        d_model: width in and out.
        d_ff: width between.
        dropout: probability of dropping a number after the product, while training.
        activation: σ, as in `FeedForward`.
        bias: whether the three maps add a bias.

    Raises: as `FeedForward`.

    Source: Shazeer 2020, section 2, equation 6.

    >>> import torch
    >>> GatedFeedForward(d_model=3, d_ff=8)(torch.randn(2, 5, 3)).shape
    torch.Size([2, 5, 3])
    """

    def __init__(
        self, d_model: int, d_ff: int, dropout: float = 0.0, activation: str = "silu", bias: bool = True
    ) -> None:
        super().__init__(d_model, d_ff, dropout, activation, bias)
        self.v = nn.Linear(d_model, d_ff, bias)
        _begin(self.v)

    def forward(self, x: Tensor) -> Tensor:
        checks.vectors("x", x, "..., d_model", self.w_1.weight)
        x = self.activation(self.w_1(x)) * self.v(x)
        return self.w_2(self.dropout(x))


def _begin(linear: nn.Linear) -> None:
    nn.init.xavier_uniform_(linear.weight)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)
