"""Rows of attention, of several heads, and of whole steps of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.library import Call, Row, quiet
from benchmarks.peers import PAD, OneProjection, TorchTransformer, filled_attention, indexed_attention, marian
from transformer_lib import MultiHeadAttention, Transformer, TransformerConfig, attention, causal_mask

VOCAB = 1000
SHAPES = ((16, 4, 64, 32), (1, 8, 512, 64))  # B, H, T, D


def attentions() -> Iterator[Row]:
    """`attention` beside the fused kernel called bare."""
    kernel = F.scaled_dot_product_attention
    for batch, n_heads, length in ((4, 8, 128), (4, 8, 512), (4, 8, 1024)):
        q, k, v = torch.randn(3, batch, n_heads, length, 64)
        for causal in (False, True):
            kind = "causal attention" if causal else "attention"
            yield Row(
                f"{kind} {length} / bare fused kernel",
                quiet(
                    lambda q=q, k=k, v=v, causal=causal: attention(q, k, v, causal=causal, need_weights=False)
                ),
                quiet(lambda q=q, k=k, v=v, causal=causal: kernel(q, k, v, is_causal=causal)),
                1.05,
            )
    for shape, reach in zip(SHAPES, (1.8, 1.3), strict=True):
        yield from masked_attentions(shape, reach)


def masked_attentions(shape: tuple[int, int, int, int], reach: float) -> Iterator[Row]:
    """Causal, padded and masked attention of one shape, forward and with its way back."""
    batch, n_heads, length, _ = shape
    size = "×".join(map(str, shape))
    q, k, v = torch.randn(3, *shape)
    lengths = torch.full((batch,), length)
    lengths[::2] -= 5
    mask = (torch.arange(length) < lengths[:, None])[:, None, None] & causal_mask(length)
    bare = mask.clone()
    bare[..., 3, :] = False  # a query without a single key in each sentence
    seen = mask.sum(-1).expand(batch, n_heads, length).flatten(0, 1)
    flat = tuple(x.flatten(0, 1) for x in (q, k, v))
    upstream = torch.randn_like(q)

    def kernel(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v)

    def masked_kernel(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, mask)

    def weighted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return attention(q, k, v, mask)[0]

    def rows_without_keys(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return attention(q, k, v, bare)[0]

    def unweighted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return attention(q, k, v, mask, need_weights=False)[0]

    def annotated(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return filled_attention(q, k, v, mask)[0]

    def d2l(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return indexed_attention(q, k, v, seen)[0]

    def back(work, inputs=(q, k, v)) -> Call:
        leaves = [x.clone().requires_grad_() for x in inputs]
        return lambda: torch.autograd.grad(work(*leaves), leaves, upstream.reshape(leaves[0].shape))

    def forward(work, inputs=(q, k, v)) -> Call:
        return quiet(lambda: work(*inputs))

    for passes, run in (("", forward), (" with backward", back)):
        peers = {"d2l": run(d2l, flat), "annotated": run(annotated)}
        name = f"attention, mask and weights, {size}{passes} / bare fused kernel"
        yield Row(name, run(weighted), run(kernel), reach, peers)
        name = f"attention, mask, weights, rows without keys, {size}{passes} / bare fused kernel"
        yield Row(name, run(rows_without_keys), run(kernel), reach)
        name = f"attention, mask, no weights, {size}{passes} / that kernel and mask"
        yield Row(name, run(unweighted), run(masked_kernel), 1.08)


def heads() -> Iterator[Row]:
    """`nn.MultiheadAttention` as it is usually called, and as fast as its options make it."""
    shapes = [(4, 256, 512, 8), (4, 512, 512, 8), (8, 512, 128, 4), (16, 64, 128, 4), (1, 512, 512, 8)]
    for batch, length, d_model, n_heads in shapes:
        x, future = torch.randn(batch, length, d_model), ~causal_mask(length)
        mine = MultiHeadAttention(d_model, n_heads).eval()
        other = nn.MultiheadAttention(d_model, n_heads, batch_first=True).eval()
        additive = nn.Transformer.generate_square_subsequent_mask(length)
        size = f"{batch}×{n_heads}×{length}×{d_model // n_heads}"
        nano = OneProjection(d_model, n_heads).eval()

        def ours(mine=mine, x=x) -> Tensor:
            return mine(x, causal=True)[0]

        def theirs(other=other, x=x, **options) -> Tensor:
            return other(x, x, x, **options)[0]

        def peer(nano=nano, x=x) -> Tensor:
            return nano(x)

        ways = {
            "its defaults": (partial(theirs, attn_mask=future), 0.7),
            "without weights": (partial(theirs, attn_mask=future, need_weights=False), 0.7),
            # A mask of numbers, odd as it looks, is what keeps torch on its fused kernel.
            "its best": (partial(theirs, attn_mask=additive, need_weights=False, is_causal=True), 1.0),
        }
        for way, (call, reach) in ways.items():
            name = f"MultiHeadAttention {size} / torch's, {way}"
            yield Row(name, quiet(ours), quiet(call), reach, {"nanoGPT": quiet(peer)})
        call, reach = ways["without weights"]
        name = f"MultiHeadAttention {size} with backward / torch's, without weights"
        yield Row(name, back(ours, mine), back(call, other), reach, {"nanoGPT": back(peer, nano)})


def back(work: Callable[[], Tensor], module: nn.Module) -> Call:
    """With the gradients of a module's parameters."""
    return lambda: torch.autograd.grad(work().sum(), list(module.parameters()))


def training_steps() -> Iterator[Row]:
    """Forward, backward and Adam, d_model 128, two and two layers."""
    for dropout, reach in ((0.0, 0.92), (0.1, 0.93)):
        for batch, length in ((64, 15), (32, 32), (16, 64)):
            config = TransformerConfig(
                VOCAB, VOCAB, d_model=128, n_heads=4, d_ff=512, n_layers=2, dropout=dropout
            )
            src, tgt = torch.randint(3, VOCAB, (2, batch, length))
            src[::2, -3:] = PAD

            def step(model, logits, tgt=tgt) -> Call:
                optimizer = torch.optim.Adam(model.parameters(), foreach=True)

                def run() -> None:
                    optimizer.zero_grad()
                    F.cross_entropy(logits(model).flatten(0, 1), tgt.flatten()).backward()
                    optimizer.step()

                return run

            def plain(model, src=src, tgt=tgt) -> Tensor:
                return model(src, tgt)

            def hugging(model, src=src, tgt=tgt) -> Tensor:
                return model(src, attention_mask=src != PAD, decoder_input_ids=tgt, use_cache=False).logits

            name = f"training step {batch}×{length}, dropout {dropout} / nn.Transformer"
            peers = {"Marian": step(marian(VOCAB, 2, 128, 4, 512, dropout), hugging)}
            yield Row(
                name, step(Transformer(config), plain), step(TorchTransformer(config), plain), reach, peers
            )
