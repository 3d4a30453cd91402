"""Norms: what brings the vectors between sublayers back to one size."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from transformer_lib import checks


def rms_norm(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    r"""Divide each vector by its root mean square; its mean stays in.

    .. math:: \mathrm{RMSNorm}(x) = \frac{x}{\sqrt{\frac{1}{d} \sum_i x_i^2 + \epsilon}} \odot g

    Where the mean is zero, layer normalisation without a bias gives the same. It computes in float32 where x has half
    precision, in which a square can leave the range.

    Args:
        x: (..., d).
        weight: g, (d,), one scale for each dimension.
        eps: ε, added to the mean square.

    Returns:
        (..., d), of the dtype of x.

    Raises:
        ValueError: if shapes do not fit, or eps is not above 0.
        TypeError: if x or the weight is no floating-point tensor.

    Source: Zhang and Sennrich 2019, section 4, equation 4; ε as in Touvron et al. 2023 (Llama).

    >>> rms_norm(torch.tensor([3.0, 4.0, 0.0, 0.0]), torch.ones(4))
    tensor([1.2000, 1.6000, 0.0000, 0.0000])
    """
    checks.floating("x", x, "; did you pass token ids?")
    checks.floating("weight", weight)
    if weight.ndim != 1 or x.ndim < 1 or x.shape[-1] != weight.shape[0]:
        raise ValueError(
            f"expected x (..., d) and weight (d,), got {tuple(x.shape)} and {tuple(weight.shape)}"
        )
    check_norm_eps(eps, "eps")
    wide = x.float() if x.dtype.itemsize == 2 else x
    scaled = wide * (wide.square().mean(-1, keepdim=True) + eps).rsqrt()
    return scaled.to(x.dtype) * weight


class RMSNorm(nn.Module):
    """`rms_norm` with a scale of its own for each dimension, which starts at 1.

    Args:
        d_model: d, width of the vectors.
        eps: added to the mean square.

    Source: Zhang and Sennrich 2019, section 4.

    >>> RMSNorm(3)(torch.randn(2, 5, 3)).shape
    torch.Size([2, 5, 3])
    """

    def __init__(self, d_model: int, eps: float = 1e-6) -> None:
        super().__init__()
        checks.count("d_model", d_model)
        check_norm_eps(eps, "eps")
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight, self.eps)


NORMS: dict[str, Callable[[int, float, bool], nn.Module]] = {
    "layer": lambda d_model, eps, bias: nn.LayerNorm(d_model, eps=eps, bias=bias),  # Ba et al. 2016
    "rms": lambda d_model, eps, bias: RMSNorm(d_model, eps),  # Zhang and Sennrich 2019; it never has a bias
}


def check_norm_eps(norm_eps: float, name: str = "norm_eps") -> None:
    """Refuse a number that leaves the norm of a constant vector 0 / 0."""
    checks.number(name, norm_eps, above=0.0, hint=": a constant vector has variance 0")
