"""Masks say who may be attended: boolean tensors in which True means *may attend*.

Every mask of the book is built here, combined with ``&``, and broadcasts to scores of shape
(B, H, T, S): batch, heads, queries, keys.
"""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib import checks


def causal_mask(n_queries: int, n_keys: int | None = None, *, device: torch.device | None = None) -> Tensor:
    """The mask that hides the future: query t sees the keys up to its own position.

    The last query sees the last key. With more keys than queries, as in cached decoding, the queries are
    the last ones of the sequence; with fewer keys, the first queries see nothing.

    Args:
        n_queries: T, the number of queries, at least 1.
        n_keys: S, the number of keys; T by default.
        device: where the mask lives.

    Returns:
        (T, S) bool, True where key s may be attended: s <= t + S - T.

    Raises:
        ValueError: if a length is below 1.
        TypeError: if a length is no whole number.

    Source: Vaswani et al. 2017, section 3.2.3.

    >>> causal_mask(2, 3)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    n_keys = n_queries if n_keys is None else n_keys
    if not torch.compiler.is_compiling():
        for name, length in (("n_queries", n_queries), ("n_keys", n_keys)):
            checks.whole(name, length)
        if n_queries < 1 or n_keys < 1:
            raise ValueError(f"a mask needs at least one query and one key, got {n_queries} and {n_keys}")
    query = torch.arange(n_queries, device=device)[:, None]
    key = torch.arange(n_keys, device=device)[None, :]
    return key <= query + (n_keys - n_queries)


def sliding_window_mask(
    n_queries: int, n_keys: int, window: int, *, device: torch.device | None = None
) -> Tensor:
    """The mask of a sliding window: each query sees itself and the `window` - 1 keys before it.

    Aligned as `causal_mask` is: the last query sees the last key. Where the window is as long as the keys, it is that
    mask. The scores that count are T·W instead of T·S, and a cache need not keep more than W keys and values; through
    L layers a word can still learn of L·(W - 1) words before it.

    Args:
        n_queries: T, the number of queries, at least 1.
        n_keys: S, the number of keys.
        window: W, how many keys a query sees at most, itself among them; at least 1.
        device: where the mask lives.

    Returns:
        (T, S) bool, True where key s may be attended: 0 <= t + S - T - s < W.

    Raises:
        ValueError: if a number is below 1.
        TypeError: if one is no whole number.

    Source: Beltagy et al. 2020, section 3.1, whose window reaches to both sides; Jiang et al. 2023, section 2, for the
    causal one.

    >>> sliding_window_mask(3, 4, window=2).int()
    tensor([[1, 1, 0, 0],
            [0, 1, 1, 0],
            [0, 0, 1, 1]], dtype=torch.int32)
    """
    if not torch.compiler.is_compiling():
        for name, number in (("n_queries", n_queries), ("n_keys", n_keys), ("window", window)):
            checks.count(name, number)
    past = causal_mask(n_queries, n_keys, device=device)
    query = torch.arange(n_queries, device=device)[:, None]
    key = torch.arange(n_keys, device=device)[None, :]
    return past & (key > query + (n_keys - n_queries) - window)


def padding_mask(ids: Tensor, pad_id: int = 0) -> Tensor:
    """The mask that hides padding: True where a real token stands.

    Args:
        ids: (B, S) integer token ids.
        pad_id: the id that fills short sentences up.

    Returns:
        (B, 1, 1, S) bool, ready for scores of shape (B, H, T, S).

    Raises:
        ValueError: if `ids` has not two dimensions.
        TypeError: if `ids` are no tensor of integers.

    >>> padding_mask(torch.tensor([[5, 3, 0]])).shape
    torch.Size([1, 1, 1, 3])
    >>> padding_mask(torch.tensor([[5, 3, 0]])).flatten()
    tensor([ True,  True, False])
    """
    checks.tensor("ids", ids)
    checks.whole("pad_id", pad_id)
    if ids.ndim != 2:
        raise ValueError(f"expected ids of shape (B, S), got {tuple(ids.shape)}")
    if ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
        raise TypeError(f"expected integer token ids, got {ids.dtype}; did you pass embeddings or a mask?")
    return (ids != pad_id)[:, None, None, :]


def left_padding_mask(n_padding: Tensor, n_keys: int) -> Tensor:
    """The mask that hides padding on the left: True where a real token stands.

    Args:
        n_padding: (B,) integers, how many tokens of padding each row begins with.
        n_keys: S, the length of the rows.

    Returns:
        (B, 1, 1, S) bool, ready for scores of shape (B, H, T, S).

    Raises:
        ValueError: if `n_padding` has not one dimension, or there is no key.
        TypeError: if `n_padding` is no tensor of integers.

    >>> left_padding_mask(torch.tensor([0, 2]), 3).flatten(1)
    tensor([[ True,  True,  True],
            [False, False,  True]])
    """
    checks.ids("n_padding", n_padding, 1, "(batch,)")
    if not torch.compiler.is_compiling():
        checks.count("n_keys", n_keys)
    key = torch.arange(n_keys, device=n_padding.device)
    return (key >= n_padding[:, None])[:, None, None, :]
