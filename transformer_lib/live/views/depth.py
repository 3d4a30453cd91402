"""What residual connections and norms do for a signal on its way up and for a gradient on its way down."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from transformer_lib.layers import EncoderLayer
from transformer_lib.live.controls import Choice, Toggle
from transformer_lib.live.drawings import Curves
from transformer_lib.live.views.view import View

LAYERS, WORDS, D_MODEL, SEEDS = 24, 8, 32, (0, 1, 2)
NORMS = ("none", "before the block", "after the sum")


class Around(nn.Module):
    """What stands around a sublayer, with each part optional; used as `PreNorm` and `PostNorm` are."""

    def __init__(self, residual: bool, norm: int) -> None:
        super().__init__()
        self.residual = residual
        self.before = nn.LayerNorm(D_MODEL) if norm == 1 else nn.Identity()
        self.behind = nn.LayerNorm(D_MODEL) if norm == 2 else nn.Identity()

    def after(self, x: Tensor, output: Tensor) -> Tensor:
        return self.behind(x + output if self.residual else output)


def stack(residual: bool, norm: int) -> list[EncoderLayer]:
    """Fresh encoder layers whose blocks are surrounded as asked.

    Drawn in double precision: where a stack explodes, the last bit of a float32 would decide what it shows.
    """
    layers = [EncoderLayer(D_MODEL, n_heads=4, d_ff=4 * D_MODEL).double() for _ in range(LAYERS)]
    for layer in layers:
        for matrix in (p for p in layer.parameters() if p.ndim == 2):
            for part in matrix.detach().split(D_MODEL) if len(matrix) == 3 * D_MODEL else [matrix]:
                nn.init.xavier_uniform_(part)
        layer.self_attention_norm = Around(residual, norm).double()
        layer.feed_forward_norm = Around(residual, norm).double()
    return layers


def _uniform() -> Tensor:
    """Words of random numbers with mean 0 and variance 1; uniform ones are the same on every processor."""
    return (2 * torch.rand(1, WORDS, D_MODEL, dtype=torch.float64) - 1) * 3**0.5


def depth(residual: Tensor, norm: Tensor) -> dict[str, Tensor]:
    r"""Size of the signal and of the gradient at each depth of an untrained encoder of 24 layers.

    .. math:: \frac{\lVert x_l \rVert}{\lVert x_0 \rVert}, \qquad
              \frac{\lVert \partial L / \partial x_l \rVert}{\lVert \partial L / \partial x_{24} \rVert}

    The loss is the product of the output with one random direction. Both ratios are geometric means over three
    seeds, the likeness is a mean; the input is 8 words of random numbers with variance 1.

    Args:
        residual: 0-d bool; add each block's input to its output.
        norm: 0-d int64; 0 no LayerNorm, 1 before each block, 2 after each sum.

    Returns:
        layers (25,); signal (1, 25), relative to the input; gradient (1, 25), relative to the last layer;
        likeness (1, 25), the mean cosine between two words' vectors.
    """
    signals, gradients, likenesses = [], [], []
    for seed in SEEDS:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            states = [_uniform().requires_grad_()]
            for layer in stack(bool(residual), int(norm)):
                states.append(layer(states[-1])[0])
            loss = (states[-1] * _uniform()).sum()
            slopes = torch.autograd.grad(loss, states)
        signals.append(torch.stack([x.detach().norm() for x in states]))
        gradients.append(torch.stack([g.norm() for g in slopes]))
        likenesses.append(torch.stack([_likeness(x.detach()[0]) for x in states]))
    signal, gradient = (torch.stack(sizes).log().mean(0) for sizes in (signals, gradients))
    return {
        "layers": torch.arange(LAYERS + 1) * 1.0,
        "signal": (signal - signal[0]).exp()[None].float(),
        "gradient": (gradient - gradient[-1]).exp()[None].float(),
        "likeness": torch.stack(likenesses).mean(0)[None].float(),
    }


def _likeness(x: Tensor) -> Tensor:
    """The mean cosine between the vectors of two different words, x being (n, d)."""
    directions = nn.functional.normalize(x, dim=-1)
    n = len(x)
    return ((directions @ directions.T).sum() - n) / (n * (n - 1))


DEPTH = View(
    name="depth",
    title="Signal and gradient by depth",
    function=depth,
    controls=(Toggle("residual", "residual connections", False), Choice("norm", "LayerNorm", NORMS)),
    drawings=(
        Curves(
            "layers", "signal", ("size",), "Signal, on its way up", across="layers", log_y=True, lowest=1e-12,
            highest=1e8, width=232, height=250,
        ),
        Curves(
            "layers", "gradient", ("size",), "Gradient, on its way down", across="layers", log_y=True,
            lowest=1e-12, highest=1e8, width=232, height=250,
        ),
        Curves(
            "layers", "likeness", ("cosine",), "Likeness of two words", across="layers", lowest=-0.1, highest=1.05,
            width=232, height=250,
        ),
    ),
    example={"residual": torch.tensor(False), "norm": torch.tensor(0)},
    kind="table",
    hint="Switch residual connections on, then choose where LayerNorm stands.",
)  # fmt: skip
