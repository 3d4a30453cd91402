"""Several attentions side by side, each in its own projection of the same vectors."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model import attention_inputs
from transformer_lib.model.attention import attend
from transformer_lib.model.cache import KeyValueCache, all_or_nothing


class MultiHeadAttention(nn.Module):
    r"""Attend with several heads at once, each in its own projection of the vectors.

    .. math:: \mathrm{head}_i = \mathrm{Attention}(Q W_i^Q, K W_i^K, V W_i^V), \qquad
              \mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1, \dots, \mathrm{head}_H) W^O

    Every head reads whole vectors; only the projection is split. The matrices of all heads are stored as
    one, `in_proj`, because one large product is faster than three: its rows are W_Q, W_K and W_V, head
    after head. They start Xavier-uniform, biases at zero.

    With fewer heads of keys and values than of queries, H / K neighbouring query heads share one of each (grouped
    queries; with K = 1, multi-query attention): the cache of a decoder shrinks by that factor.

    Args:
        d_model: width of the vectors.
        n_heads: H; each head has width D = d_model / H.
        dropout: probability of dropping an attention weight while training.
        bias: whether the four projections add a bias.
        n_kv_heads: K, heads of keys and values; `n_heads` by default. W_K and W_V are (K·D, d_model).
        rotate: turns queries and keys of self-attention by their position, `rotate(x, offset)` with x of
            shape (B, H, T, D), as `RotaryPositions` does; nothing by default.

    Raises:
        ValueError: if the heads do not divide d_model, or those of keys and values do not divide the heads, or
            dropout is no probability.
        TypeError: if a size is no whole number.

    Source: Vaswani et al. 2017, section 3.2.2; Shazeer 2019 for K = 1; Ainslie et al. 2023, section 2.2, between.

    >>> import torch
    >>> heads = MultiHeadAttention(d_model=6, n_heads=2)
    >>> output, weights = heads(torch.randn(1, 5, 6), causal=True, need_weights=True)
    >>> output.shape, weights.shape
    (torch.Size([1, 5, 6]), torch.Size([1, 2, 5, 5]))
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        n_kv_heads: int | None = None,
        rotate: Callable[[Tensor, int], Tensor] | None = None,
    ) -> None:
        super().__init__()
        checks.whole("d_model", d_model)
        checks.whole("n_heads", n_heads)
        checks.flag("bias", bias)
        if n_heads < 1 or d_model < 1 or d_model % n_heads:
            raise ValueError(
                f"d_model must be a multiple of n_heads, got d_model {d_model} and n_heads {n_heads}; "
                "the heads share d_model, each gets d_model / n_heads"
            )
        n_kv_heads = n_heads if n_kv_heads is None else n_kv_heads
        check_kv_heads(n_kv_heads, n_heads)
        checks.probability("dropout", dropout)
        if rotate is not None and not callable(rotate):
            raise TypeError(f"rotate must be called as rotate(x, offset), got {checks.said(rotate)}")
        self.d_model, self.n_heads, self.d_head = d_model, n_heads, d_model // n_heads
        self.n_kv_heads, self.dropout = n_kv_heads, dropout
        self.sizes = (d_model, n_kv_heads * self.d_head, n_kv_heads * self.d_head)  # rows of W_Q, W_K and W_V
        self.in_proj = nn.Linear(d_model, sum(self.sizes), bias)
        self.out_proj = nn.Linear(d_model, d_model, bias)
        self.rotate = _keep if rotate is None else rotate
        for projection in (self.in_proj, self.out_proj):
            nn.init.xavier_uniform_(projection.weight)
            if bias:
                nn.init.zeros_(projection.bias)

    @property
    def w_q(self) -> Tensor:
        """W_Q as (d_model, d_model), a view of `in_proj`, used as x @ w_q.T; its rows h·D … (h+1)·D are head h."""
        return self.in_proj.weight.split(self.sizes)[0]

    @property
    def w_k(self) -> Tensor:
        """W_K as (K·D, d_model), laid out as `w_q` is."""
        return self.in_proj.weight.split(self.sizes)[1]

    @property
    def w_v(self) -> Tensor:
        """W_V as (K·D, d_model), laid out as `w_q` is."""
        return self.in_proj.weight.split(self.sizes)[2]

    @property
    def w_o(self) -> Tensor:
        """W_O as (d_model, d_model), used as x @ w_o.T; its columns h·D … (h+1)·D read head h."""
        return self.out_proj.weight

    @all_or_nothing(KeyValueCache)
    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        mask: Tensor | None = None,
        *,
        causal: bool = False,
        need_weights: bool = False,
        cache: KeyValueCache | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Self-attention of `query`, or cross-attention from `query` to `key` and `value`.

        Args:
            query: (B, T, d_model).
            key: (B, S, d_model); the query itself if left out.
            value: (B, S, d_model); the key if left out.
            mask: bool, True = may attend; broadcasts to (B, H, T, S).
            causal: hide the future; the last query is aligned with the last key.
            need_weights: also return the weights, at the price of the fused kernel, whose limits stand in
                `attention`.
            cache: in self-attention, `query` holds the new positions only and the cache the ones before;
                in cross-attention, keys and values are projected at the first call and reused after it.

        Returns:
            The output (B, T, d_model), and the weights (B, H, T, S) before dropout or None.

        Raises:
            ValueError: if shapes do not fit each other, the mask or the cache; the cache stays as it was.
            TypeError: if something is no tensor, or dtypes do not fit each other or the weights.
        """
        self._check(query, key, value)
        checks.flag("causal", causal)
        checks.flag("need_weights", need_weights)
        if key is None or (key is query and (value is None or value is query)):
            q, k, v = self._split(self.in_proj(query), 0, 3)
            offset = 0 if cache is None else cache.positions(self)
            q, k = self.rotate(q, offset), self.rotate(k, offset)
            if cache is not None:
                k, v = cache.extend(self, k, v)
        else:
            [q] = self._project(query, 0, 1)
            if cache is None:
                k, v = self._keys_and_values(key, value)
            else:
                k, v = cache.once(self, key, lambda: self._keys_and_values(key, value))
            if k.shape[0] != q.shape[0]:
                raise ValueError(
                    f"the keys have {k.shape[0]} rows, the queries {q.shape[0]}; "
                    "repeat or choose rows with index_select, and those of a cache with cache.reorder(rows)"
                )
        if self.n_kv_heads != self.n_heads:
            k, v = (x.repeat_interleave(self.n_heads // self.n_kv_heads, 1) for x in (k, v))
        causal = causal and (cache is None or q.shape[-2] > 1)  # one new position sees all of the past
        dropout = self.dropout if self.training else 0.0
        # What one projection gave fits; to look at it all again takes 5 % of greedy decoding.
        if mask is not None or not _alike(q, k, v):
            attention_inputs.check(q, k, v, mask, causal, None, dropout, need_weights)
        output, weights = attend(
            q, k, v, mask, causal=causal, scale=None, dropout=dropout, need_weights=need_weights
        )
        return self.out_proj(output.transpose(1, 2).flatten(2)), weights

    def _keys_and_values(self, key: Tensor, value: Tensor | None) -> tuple[Tensor, Tensor]:
        if value is None or value is key:
            k, v = self._project(key, 1, 3)
        else:
            [k], [v] = self._project(key, 1, 2), self._project(value, 2, 3)
        return k, v

    def _project(self, x: Tensor, first: int, last: int) -> tuple[Tensor, ...]:
        """Apply only some of the three stored matrices: 0 is W_Q, 1 is W_K, 2 is W_V."""
        rows, in_proj = slice(sum(self.sizes[:first]), sum(self.sizes[:last])), self.in_proj
        bias = in_proj.bias
        return self._split(
            F.linear(x, in_proj.weight[rows], None if bias is None else bias[rows]), first, last
        )

    def _split(self, projected: Tensor, first: int, last: int) -> tuple[Tensor, ...]:
        """What some of the matrices gave, side by side in the last dimension, as one (B, heads, T, D) for each."""
        heads = projected.unflatten(-1, (-1, self.d_head)).transpose(1, 2)
        return heads.split_with_sizes([size // self.d_head for size in self.sizes[first:last]], 1)

    def _check(self, query: Tensor, key: Tensor | None, value: Tensor | None) -> None:
        if key is None and value is not None:
            raise ValueError("a value came without a key; pass both, or neither for self-attention")
        weight = self.in_proj.weight
        checks.vectors("query", query, "batch, length, d_model", weight, n_dims=3)
        for name, x in (("key", key), ("value", value)):
            if x is not None:
                checks.vectors(name, x, "batch, length, d_model", weight, n_dims=3)


def _alike(q: Tensor, k: Tensor, v: Tensor) -> bool:
    """Whether queries, keys and values (B, H, T, D) fit each other."""
    return k.shape == v.shape and q.shape[1::2] == k.shape[1::2] and q.dtype == k.dtype == v.dtype


def check_kv_heads(n_kv_heads: int, n_heads: int) -> None:
    """Refuse heads of keys and values that the heads of queries cannot share evenly."""
    checks.count("n_kv_heads", n_kv_heads)
    if n_heads % n_kv_heads:
        raise ValueError(f"n_heads must be a multiple of n_kv_heads, got {n_heads} and {n_kv_heads}")


def _keep(x: Tensor, offset: int) -> Tensor:
    """Positions left as they are."""
    return x
