"""Signal and gradient in deep untrained encoders, by initialisation, residual connections and LayerNorm.

``python -m transformer_lib.studies.depth`` sends random words through stacks of layers and a gradient back, with four
initialisations, and writes ``transformer_lib/studies/results/depth.json``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.model.layers import EncoderLayer, PreNorm
from transformer_lib.studies.stored import command

NORMS = ("none", "before", "after")
PARTS = ("both", "attention", "feed-forward")
STARTS: dict[str, Callable[[Tensor], Tensor]] = {
    "Xavier": nn.init.xavier_uniform_,  # Glorot and Bengio 2010, equation 16; this library's
    "PyTorch": lambda matrix: nn.init.kaiming_uniform_(matrix, a=5**0.5),  # what nn.Linear does
    "N(0, .02)": lambda matrix: nn.init.normal_(matrix, std=0.02),  # BERT, GPT-2
    "He": nn.init.kaiming_normal_,  # He et al. 2015, for ReLU
}


@dataclass(frozen=True)
class Settings:
    """What is measured; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)
    n_layers: int = 24
    n_words: int = 8
    d_model: int = 32
    n_heads: int = 4
    depths: tuple[int, ...] = (6, 12, 24, 48)  # at which the last layer's gradient is measured
    wide: int = (
        768  # BERT's width, at which N(0, .02) is measured again: its scale does not depend on the width
    )
    wide_heads: int = 12


class Passage(NamedTuple):
    """Measurements of one stack: at each depth from the input on, and for each layer's weights."""

    signal: Tensor  # (n_layers + 1,), norms of all words together
    gradient: Tensor  # (n_layers + 1,), norms of the loss's gradient with respect to the words
    likeness: Tensor  # (n_layers + 1,), mean cosine of two words
    weights: Tensor  # (n_layers,), norms of the gradient with respect to W_2 of each layer


class Around(PreNorm):
    """Residual connection and norm around a sublayer, each of them optional; the norm "before", "after" or neither."""

    def __init__(self, d_model: int, residual: bool, place: str) -> None:
        super().__init__(d_model)
        self.residual, self.place = residual, place

    def before(self, x: Tensor) -> Tensor:
        return self.norm(x) if self.place == "before" else x

    def after(self, x: Tensor, output: Tensor) -> Tensor:
        total = x + output if self.residual else output
        return self.norm(total) if self.place == "after" else total


def stack(start: str, residual: bool, norm: str, parts: str, n_layers: int, settings: Settings) -> list[Part]:
    """Untrained layers with this initialisation, residual connection, norm and parts.

    In double precision: float32 rounding errors would dominate where a stack explodes. One gradient is
    rounding error even so: "He" without residual and norm, where words become equal while their sizes explode.
    """
    d = settings.d_model
    layers = []
    for _ in range(n_layers):
        layer = EncoderLayer(d, settings.n_heads, 4 * d).double()
        for matrix in (p.detach() for p in layer.parameters() if p.ndim == 2):
            for part in (
                matrix.split(d) if len(matrix) == 3 * d else [matrix]
            ):  # W_Q, W_K and W_V are one matrix
                STARTS[start](part)
        layer.self_attention_norm = Around(d, residual, norm).double()
        layer.feed_forward_norm = Around(d, residual, norm).double()
        layers.append(Part(layer, parts))
    return layers


class Part(nn.Module):
    """A layer, or one of its two blocks alone."""

    def __init__(self, layer: EncoderLayer, parts: str) -> None:
        super().__init__()
        self.layer, self.parts = layer, parts

    def forward(self, x: Tensor) -> Tensor:
        layer = self.layer
        if self.parts != "feed-forward":
            around = layer.self_attention_norm
            # With weights, the plain softmax: what the fused kernel's backward pass rounds off would grow with the sizes.
            x = around.after(x, layer.self_attention(around.before(x), need_weights=True)[0])
        if self.parts != "attention":
            around = layer.feed_forward_norm
            x = around.after(x, layer.feed_forward(around.before(x)))
        return x


def uniform(settings: Settings) -> Tensor:
    """Random word vectors with mean 0 and variance 1; uniform ones are the same on every processor."""
    return (2 * torch.rand(1, settings.n_words, settings.d_model, dtype=torch.float64) - 1) * 3**0.5


def likeness(x: Tensor) -> Tensor:
    """The mean cosine between the vectors of two different words, x being (n, d).

    >>> likeness(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    tensor(0.)
    """
    directions = x / x.norm(dim=-1, keepdim=True)
    n = len(x)
    return ((directions @ directions.T).sum() - n) / (n * (n - 1))


def passage(
    start: str, residual: bool, norm: str, seed: int, parts: str = "both", n_layers: int | None = None,
    settings: Settings = Settings(),
) -> Passage:  # fmt: skip
    r"""Forward and backward pass of 8 random words through an untrained stack.

    .. math:: L = \frac{1}{n \sqrt d} \sum_i r_i \cdot x_{L, i}

    with one random r; with norms before the blocks, a last norm stands between the stack and r, as usual.
    The gradient is not normalised.
    """
    n_layers = settings.n_layers if n_layers is None else n_layers
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        states = [uniform(settings).requires_grad_()]
        layers = stack(start, residual, norm, parts, n_layers, settings)
        for layer in layers:
            states.append(layer(states[-1]))
        last = F.layer_norm(states[-1], (settings.d_model,)) if norm == "before" else states[-1]
        loss = (last * uniform(settings)).sum() / (settings.n_words * settings.d_model**0.5)
        read = [*states, *(layer.layer.feed_forward.w_2.weight for layer in layers)]
        slopes = torch.autograd.grad(loss, read, allow_unused=True)
    sizes = [torch.zeros((), dtype=torch.float64) if slope is None else slope.norm() for slope in slopes]
    return Passage(
        torch.stack([x.detach().norm() for x in states]),
        torch.stack(sizes[: n_layers + 1]),
        torch.stack([likeness(x.detach()[0]) for x in states]),
        torch.stack(sizes[n_layers + 1 :]),
    )


def middle(sizes: list[Tensor]) -> Tensor:
    """The geometric mean over seeds."""
    return torch.stack(sizes).log().mean(0).exp()


def case(start: str, residual: bool, norm: str, parts: str, settings: Settings) -> dict[str, Any]:
    """One row of the table: final sizes relative to the first, absolute gradients, likeness with its spread."""
    runs = [passage(start, residual, norm, seed, parts, settings=settings) for seed in settings.seeds]
    alike = torch.stack([run.likeness for run in runs])
    gradient, weights = (middle([getattr(run, name) for run in runs]) for name in ("gradient", "weights"))
    return {
        "start": start, "parts": parts, "residual": residual, "norm": norm,
        "signal": middle([run.signal[-1:] / run.signal[0] for run in runs]).item(),
        "gradient": {"first": gradient[0].item(), "last": gradient[-1].item()},
        "weights": {"first": weights[0].item(), "last": weights[-1].item()},
        "likeness": {
            "two": alike[:, 2].mean().item(), "last": alike[:, -1].mean().item(),
            "seeds": alike[:, -1].tolist(),
        },
    }  # fmt: skip


def last_gradient(start: str, norm: str, n_layers: int, settings: Settings) -> float:
    """The gradient of the last layer's W_2 in a whole stack of that depth."""
    runs = [passage(start, True, norm, seed, n_layers=n_layers, settings=settings) for seed in settings.seeds]
    return middle([run.weights[-1:] for run in runs]).item()


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Every initialisation, residual and norm; N(0, .02) once more in wide layers; the last layer's gradient by depth."""
    broad = replace(settings, d_model=settings.wide, n_heads=settings.wide_heads)
    return {
        "about": asdict(settings),
        "command": "python -m transformer_lib.studies.depth",
        "cases": [
            case(start, residual, norm, parts, settings)
            for start, parts, residual, norm in itertools.product(STARTS, PARTS, (False, True), NORMS)
        ],
        "wide": [case("N(0, .02)", True, norm, "both", broad) for norm in NORMS],
        "last gradient": {
            start: {
                norm: [last_gradient(start, norm, n, settings) for n in settings.depths] for norm in NORMS[1:]
            }
            for start in STARTS
        },
    }


if __name__ == "__main__":
    command("depth", study, __doc__)
