"""Where a token stands: attention itself does not see order, so positions are put into its inputs.

Each kind is a module called as `positions(x, offset)`, where x is (..., T, width) and its first row stands at
position `offset`: so a decoder with a cache can go on where it stopped. Those that are added to embeddings (B, T, width)
take an offset for each row, too: rows that are padded on the left begin at different places.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib import checks

BASE = 10_000.0  # the longest wavelength is 2π · BASE positions; the same in both papers
PAIRS = ("neighbours", "halves")
"""The two dimensions that share frequency i: 2i and 2i + 1, as in the papers, or i and i + D / 2, in which Marian and
the Llamas of the `transformers` library are stored. One is the other with its dimensions in another order."""


def sinusoidal_positions(
    n_positions: int, d_model: int, *, pairs: str = "neighbours", base: float = BASE
) -> Tensor:
    r"""Give every position a pattern of sines and cosines of falling frequency.

    .. math:: PE_{(pos, 2i)} = \sin(pos / 10000^{2i / d_{model}}), \qquad
              PE_{(pos, 2i+1)} = \cos(pos / 10000^{2i / d_{model}})

    Args:
        n_positions: how many positions, at least 1.
        d_model: width, even: each frequency takes a sine and a cosine.
        pairs: where they stand: "neighbours" as above, or "halves", all sines before all cosines.
        base: of the frequencies, 10000 above.

    Returns:
        (n_positions, d_model) in torch's default dtype.

    Raises:
        ValueError: if there is no position, the width is not even, the pairs are unknown or the base is not above 0.
        TypeError: if a size is no whole number.

    Source: Vaswani et al. 2017, section 3.5.

    >>> sinusoidal_positions(2, 2)
    tensor([[0.0000, 1.0000],
            [0.8415, 0.5403]])
    """
    angles = _angles(n_positions, d_model, base)
    return _joined(pairs)(angles.sin(), angles.cos()).to(torch.get_default_dtype())


def _neighbours(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., 0::2], x[..., 1::2]


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    first, second = x.chunk(2, -1)
    return first, second


def _as_neighbours(first: Tensor, second: Tensor) -> Tensor:
    return torch.stack((first, second), -1).flatten(-2)


def _as_halves(first: Tensor, second: Tensor) -> Tensor:
    return torch.cat((first, second), -1)


def _joined(pairs: str) -> Callable[[Tensor, Tensor], Tensor]:
    """What puts the first of each pair and the second of each pair, (..., D / 2) both, where they belong."""
    checks.choice("pairs", pairs, PAIRS)
    return _as_halves if pairs == "halves" else _as_neighbours


def _angles(n_positions: int, width: int, base: float) -> Tensor:
    """pos / base^(2i / width), (n_positions, width / 2), in float64: large angles lose digits."""
    checks.number("base", base, above=0.0)
    checks.whole("n_positions", n_positions)
    checks.whole("the width", width)
    if n_positions < 1:
        raise ValueError(f"positions need at least one position, got {n_positions}")
    if width < 2 or width % 2:
        raise ValueError(
            f"positions go in pairs of sine and cosine and need an even width, got {width}; "
            "for rotary positions that is the width of one head"
        )
    exponents = torch.arange(0, width, 2, dtype=torch.float64) / width
    return torch.arange(n_positions, dtype=torch.float64)[:, None] / base**exponents


class SinusoidalPositions(nn.Module):
    """Add `sinusoidal_positions` to embeddings; nothing is learned.

    Args:
        n_positions: the longest sequence.
        d_model: width of the embeddings.
        pairs, base: as for `sinusoidal_positions`.

    >>> SinusoidalPositions(5, 2)(torch.zeros(1, 2, 2), offset=1)
    tensor([[[ 0.8415,  0.5403],
             [ 0.9093, -0.4161]]])
    """

    def __init__(
        self, n_positions: int, d_model: int, *, pairs: str = "neighbours", base: float = BASE
    ) -> None:
        super().__init__()
        self.table: Tensor
        table = sinusoidal_positions(n_positions, d_model, pairs=pairs, base=base)
        self.register_buffer("table", table, persistent=False)

    def forward(self, x: Tensor, offset: int | Tensor = 0) -> Tensor:
        return x + _rows(self.table, x, offset)


class LearnedPositions(nn.Module):
    """Add one learned vector per position.

    They start normal with standard deviation 0.02, small beside an embedding.

    Args:
        n_positions: the longest sequence; nothing is known beyond it.
        d_model: width of the embeddings.

    Source: Gehring et al. 2017, section 3.1; Devlin et al. 2019, appendix A.2.

    >>> LearnedPositions(5, 2)(torch.zeros(3, 4, 2)).shape
    torch.Size([3, 4, 2])
    """

    STD = 0.02

    def __init__(self, n_positions: int, d_model: int) -> None:
        super().__init__()
        checks.count("n_positions", n_positions)
        checks.count("d_model", d_model)
        self.table = nn.Parameter(torch.empty(n_positions, d_model))
        nn.init.normal_(self.table, std=self.STD)

    def forward(self, x: Tensor, offset: int | Tensor = 0) -> Tensor:
        return x + _rows(self.table, x, offset)


class RotaryPositions(nn.Module):
    r"""Turn each pair of dimensions of queries and keys by an angle that grows with the position.

    .. math:: (x_{2i}, x_{2i+1}) \mapsto (x_{2i} \cos m\theta_i - x_{2i+1} \sin m\theta_i,\;
              x_{2i} \sin m\theta_i + x_{2i+1} \cos m\theta_i), \qquad \theta_i = 10000^{-2i / D}

    Two turned vectors have a dot product that depends on the distance of their positions m only.

    Args:
        n_positions: the longest sequence.
        d_head: D, the width of one head, even.
        pairs: "neighbours" as above, or "halves": dimensions i and i + D / 2 are turned together.
        base: of the frequencies, 10000 above; larger where sequences are long (Roziere et al. 2023, section 2.4).

    Source: Su et al. 2021 (RoFormer), section 3.2.2, equation 15 and section 3.4.2, equation 34.

    >>> RotaryPositions(5, 2)(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    """

    def __init__(
        self, n_positions: int, d_head: int, *, pairs: str = "neighbours", base: float = BASE
    ) -> None:
        super().__init__()
        angles = _angles(n_positions, d_head, base)
        self.join = _joined(pairs)
        self.split = _halves if pairs == "halves" else _neighbours
        self.cos: Tensor
        self.sin: Tensor
        self.register_buffer("cos", angles.cos().to(torch.get_default_dtype()), persistent=False)
        self.register_buffer("sin", angles.sin().to(torch.get_default_dtype()), persistent=False)

    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        cos, sin = (
            _rows(table, x, offset, 2 * table.shape[1]) for table in (self.cos, self.sin)
        )  # (T, D / 2)
        first, second = self.split(x)
        # Under autocast x has half precision and the tables have not; what is turned stays of x's kind.
        turned = self.join(first * cos - second * sin, first * sin + second * cos)
        return turned if turned.dtype == x.dtype else turned.to(x.dtype)


def _rows(table: Tensor, x: Tensor, offset: int | Tensor, width: int | None = None) -> Tensor:
    """The rows of the table for x (..., T, width). Looked up in an export, for a slice would fix T's range there.

    With an offset (B,) for each row of x (B, T, width), a position before the first is the first: padding stands there.
    """
    checks.floating("x", x, "; did you pass token ids?")
    width = table.shape[1] if width is None else width
    if x.ndim < 2 or x.shape[-1] != width:
        raise ValueError(f"x must be (..., T, width = {width}), got {tuple(x.shape)}")
    if x.device != table.device:
        raise ValueError(f"x is on {x.device}, the positions are on {table.device}")
    if isinstance(offset, Tensor):
        _check_offsets(offset, x, len(table))
        return F.embedding((offset[:, None] + torch.arange(x.shape[-2], device=x.device)).clamp(min=0), table)
    if not torch.compiler.is_compiling():
        checks.count("offset", offset, least=0)
        if offset + x.shape[-2] > len(table):
            raise ValueError(
                f"a sequence of {offset + x.shape[-2]} is longer than the {len(table)} positions there are"
            )
        return table[offset : offset + x.shape[-2]]
    return F.embedding(torch.arange(offset, offset + x.shape[-2], device=table.device), table)


def _check_offsets(offset: Tensor, x: Tensor, n_positions: int) -> None:
    """A place for each row of x (B, T, width), none beyond the last position."""
    checks.ids("offset", offset)
    if x.ndim != 3 or offset.shape != x.shape[:1]:
        raise ValueError(
            f"offset must be a whole number, or (B,) such for x (B, T, width); got {tuple(offset.shape)} "
            f"for x {tuple(x.shape)}"
        )
    if checks.visible(offset) and offset.numel() and offset.max() + x.shape[1] > n_positions:
        raise ValueError(
            f"a sequence of {offset.max().item() + x.shape[1]} is longer than the {n_positions} positions there are"
        )
