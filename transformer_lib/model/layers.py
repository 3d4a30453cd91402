"""One layer of an encoder or decoder: attention and a feed-forward network, each inside residual and norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.cache import KeyValueCache, all_or_nothing
from transformer_lib.model.feed_forward import FeedForward, GatedFeedForward
from transformer_lib.model.multihead import MultiHeadAttention
from transformer_lib.model.norms import NORMS, check_norm_eps


class PreNorm(nn.Module):
    r"""Residual connection with the norm before the sublayer: the residual path stays clear.

    .. math:: x + \mathrm{Dropout}(\mathrm{Sublayer}(\mathrm{LayerNorm}(x)))

    Called in two halves around the sublayer: `x = norm.after(x, sublayer(norm.before(x)))`.

    Source: Xiong et al. 2020, section 3.2.
    """

    def __init__(
        self,
        d_model: int,
        dropout: float = 0.0,
        bias: bool = True,
        norm_eps: float = 1e-5,
        norm: str = "layer",
    ) -> None:
        super().__init__()
        checks.count("d_model", d_model)
        checks.probability("dropout", dropout)
        checks.flag("bias", bias)
        check_norm_eps(norm_eps)
        checks.choice("norm", norm, tuple(NORMS))
        self.d_model = d_model
        self.norm = NORMS[norm](d_model, norm_eps, bias)
        self.dropout = nn.Dropout(dropout)

    def before(self, x: Tensor) -> Tensor:
        self._check("x", x)
        return self.norm(x)

    def after(self, x: Tensor, output: Tensor) -> Tensor:
        return self._sum(x, output)

    def _sum(self, x: Tensor, output: Tensor) -> Tensor:
        """x + Dropout(output)."""
        self._check("x", x)
        if not isinstance(output, Tensor) or output.shape != x.shape or not output.is_floating_point():
            self._check("output", output)
            raise ValueError(
                "a sublayer keeps the shape of what it reads, "
                f"got x {tuple(x.shape)} and output {tuple(output.shape)}"
            )
        dropout = self.dropout
        # Nine calls a step for nothing: without them greedy decoding of one sentence takes 3 % less.
        return x + (dropout(output) if dropout.training else output)

    def _check(self, name: str, x: Tensor) -> None:
        checks.floating(name, x, "; did you pass token ids?")
        if x.ndim < 1 or x.shape[-1] != self.d_model:
            raise ValueError(f"{name} must be (..., d_model = {self.d_model}), got {tuple(x.shape)}")


class PostNorm(PreNorm):
    r"""Residual connection with the norm after the sum, as in the original Transformer.

    .. math:: \mathrm{LayerNorm}(x + \mathrm{Dropout}(\mathrm{Sublayer}(x)))

    Source: Vaswani et al. 2017, sections 3.1 and 5.4.
    """

    def before(self, x: Tensor) -> Tensor:
        self._check("x", x)
        return x

    def after(self, x: Tensor, output: Tensor) -> Tensor:
        return self.norm(self._sum(x, output))


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward. With `causal=True` it is the layer of a decoder-only model.

    Args:
        d_model, n_heads, d_ff: widths of the vectors and the feed-forward network, number of heads.
        dropout: for attention weights, feed-forward activations and both sublayers' outputs.
        norm_first: pre-norm (True) or post-norm.
        activation: of the feed-forward network.
        bias: whether linear maps and norms have biases.
        norm_eps: added to the variance inside the norms.
        n_kv_heads: heads of keys and values, `n_heads` by default; see `MultiHeadAttention`.
        rotate: turns queries and keys by their position; see there, too.
        norm: "layer" (Ba et al. 2016) or "rms" (Zhang and Sennrich 2019).
        gated: whether the feed-forward network is a `GatedFeedForward`.

    Source: Vaswani et al. 2017, section 3.1.

    >>> import torch
    >>> output, weights = EncoderLayer(6, n_heads=2, d_ff=24)(torch.randn(1, 5, 6), need_weights=True)
    >>> output.shape, weights.shape
    (torch.Size([1, 5, 6]), torch.Size([1, 2, 5, 5]))
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        dropout: float = 0.0,
        *,
        norm_first: bool = True,
        activation: str = "relu",
        bias: bool = True,
        norm_eps: float = 1e-5,
        n_kv_heads: int | None = None,
        rotate: Callable[[Tensor, int], Tensor] | None = None,
        norm: str = "layer",
        gated: bool = False,
    ) -> None:
        super().__init__()
        checks.flag("norm_first", norm_first)
        checks.flag("gated", gated)
        residual = PreNorm if norm_first else PostNorm
        network = GatedFeedForward if gated else FeedForward
        shared: dict[str, Any] = {"dropout": dropout, "bias": bias, "n_kv_heads": n_kv_heads}
        self.self_attention = MultiHeadAttention(d_model, n_heads, **shared, rotate=rotate)
        self.self_attention_norm = residual(d_model, dropout, bias, norm_eps, norm)
        self.feed_forward = network(d_model, d_ff, dropout, activation, bias)
        self.feed_forward_norm = residual(d_model, dropout, bias, norm_eps, norm)

    @all_or_nothing(KeyValueCache)
    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        *,
        causal: bool = False,
        need_weights: bool = False,
        cache: KeyValueCache | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """(B, T, d_model) to the same shape, and the weights (B, H, T, S) or None; `mask` as in attention."""
        _check(self, x=x)
        norm = self.self_attention_norm
        attended, weights = self.self_attention(
            norm.before(x), mask=mask, causal=causal, need_weights=need_weights, cache=cache
        )
        x = norm.after(x, attended)
        return _feed_forward(self, x), weights


class DecoderLayer(nn.Module):
    """Causal self-attention, then cross-attention to the encoder's memory, then feed-forward.

    Args: as for `EncoderLayer`. Positions turn self-attention only: source and target count their own.

    Source: Vaswani et al. 2017, sections 3.1 and 3.2.3.

    >>> import torch
    >>> layer = DecoderLayer(6, n_heads=2, d_ff=24)
    >>> output, _, cross = layer(torch.randn(1, 5, 6), torch.randn(1, 7, 6), need_weights=True)
    >>> output.shape, cross.shape
    (torch.Size([1, 5, 6]), torch.Size([1, 2, 5, 7]))
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        dropout: float = 0.0,
        *,
        norm_first: bool = True,
        activation: str = "relu",
        bias: bool = True,
        norm_eps: float = 1e-5,
        n_kv_heads: int | None = None,
        rotate: Callable[[Tensor, int], Tensor] | None = None,
        norm: str = "layer",
        gated: bool = False,
    ) -> None:
        super().__init__()
        checks.flag("norm_first", norm_first)
        checks.flag("gated", gated)
        residual = PreNorm if norm_first else PostNorm
        network = GatedFeedForward if gated else FeedForward
        shared: dict[str, Any] = {"dropout": dropout, "bias": bias, "n_kv_heads": n_kv_heads}
        self.self_attention = MultiHeadAttention(d_model, n_heads, **shared, rotate=rotate)
        self.self_attention_norm = residual(d_model, dropout, bias, norm_eps, norm)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, **shared)
        self.cross_attention_norm = residual(d_model, dropout, bias, norm_eps, norm)
        self.feed_forward = network(d_model, d_ff, dropout, activation, bias)
        self.feed_forward_norm = residual(d_model, dropout, bias, norm_eps, norm)

    @all_or_nothing(KeyValueCache)
    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        memory_mask: Tensor | None = None,
        *,
        need_weights: bool = False,
        cache: KeyValueCache | None = None,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """(B, T, d_model) and a memory (B, S, d_model) to (B, T, d_model), and the weights of both attentions.

        The weights are (B, H, T, T) and (B, H, T, S), or None; with a cache the first ones reach over the
        past too.
        """
        # Without this, no memory would mean no key: cross-attention would attend to the target itself, future and all.
        _check(self, x=x, memory=memory)
        norm = self.self_attention_norm
        attended, weights = self.self_attention(
            norm.before(x), causal=True, need_weights=need_weights, cache=cache
        )
        x = norm.after(x, attended)
        norm = self.cross_attention_norm
        attended, cross_weights = self.cross_attention(
            norm.before(x), memory, mask=memory_mask, need_weights=need_weights, cache=cache
        )
        x = norm.after(x, attended)
        return _feed_forward(self, x), weights, cross_weights


def _feed_forward(layer: EncoderLayer | DecoderLayer, x: Tensor) -> Tensor:
    """The sublayer in which both kinds of layer end."""
    norm = layer.feed_forward_norm
    return norm.after(x, layer.feed_forward(norm.before(x)))


def _check(layer: EncoderLayer | DecoderLayer, **given: Tensor) -> None:
    """Before anything runs: what a layer reads is (B, length, d_model), of its weights' dtype and on their device."""
    weight = layer.self_attention.in_proj.weight
    for name, x in given.items():
        checks.vectors(name, x, "batch, length, d_model", weight, n_dims=3)
