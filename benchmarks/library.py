"""Speed of the library beside its alternatives: ``python benchmarks/library.py``. Long: every row in one program.

Both sides of a row run in turn, pair after pair, on one thread; the row prints the median of the pairs' ratios,
the middle half of them, and the bound that the book sets itself. `--only` takes the beginnings of rows' names.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib import (
    KeyValueCache,
    MultiHeadAttention,
    Transformer,
    TransformerConfig,
    attention,
    causal_mask,
    padding_mask,
    sinusoidal_positions,
)
from transformer_lib.decoding import beam_search, greedy_decode

WARM_UP = 3
VOCAB = 1000
PAD, BOS, EOS = 0, 1, 2


class Row(NamedTuple):
    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    bound: float  # ours / theirs should stay at or below it


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=[""], help="beginnings of the names of rows to run")
    parser.add_argument("--pairs", type=int, default=15, help="how often both sides of a row are run")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print(
        f"torch {torch.__version__}, one thread, float32, {options.pairs} pairs a row; times are of processor"
    )
    print(f"{'ours / theirs':58} {'ratio':>6}  {'middle half':>12} {'bound':>6} {'ours':>9} {'theirs':>9}")
    for group in (attentions, heads, training_steps, cached_decoding, generation):
        for row in group():
            if row.name.startswith(tuple(options.only)):
                print(line(row, options.pairs), flush=True)


def line(row: Row, pairs: int) -> str:
    """Measure a row and say it."""
    for _ in range(WARM_UP):
        row.ours(), row.theirs()
    ours, theirs = zip(*((seconds(row.ours), seconds(row.theirs)) for _ in range(pairs)), strict=True)
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    verdict = "" if middle <= row.bound else "  over"
    return (
        f"{row.name:58} {middle:6.3f}  {low:5.3f}–{high:5.3f} {row.bound:6.3f} "
        f"{statistics.median(ours) * 1e3:6.1f} ms {statistics.median(theirs) * 1e3:6.1f} ms{verdict}"
    )


def seconds(call: Callable[[], object]) -> float:
    """Time of the processor, not of the clock: other programs' turns do not count."""
    start = time.process_time()
    call()
    return time.process_time() - start


def attentions() -> Iterator[Row]:
    """The fused kernel, called through `attention` and bare."""
    for batch, n_heads, length in ((4, 8, 128), (4, 8, 512), (4, 8, 1024)):
        q, k, v = torch.randn(3, batch, n_heads, length, 64)
        for causal in (False, True):

            def ours(q=q, k=k, v=v, causal=causal):
                with torch.no_grad():
                    attention(q, k, v, causal=causal, need_weights=False)

            def theirs(q=q, k=k, v=v, causal=causal):
                with torch.no_grad():
                    F.scaled_dot_product_attention(q, k, v, is_causal=causal)

            kind = "causal attention" if causal else "attention"
            yield Row(f"{kind} {length} / bare fused kernel", ours, theirs, 1.05)


def heads() -> Iterator[Row]:
    """`nn.MultiheadAttention` as it is usually called, and as fast as its options make it."""
    for batch, length, d_model, n_heads in ((4, 256, 512, 8), (4, 512, 512, 8), (8, 512, 128, 4)):
        x, future = torch.randn(batch, length, d_model), ~causal_mask(length)
        mine = MultiHeadAttention(d_model, n_heads).eval()
        other = nn.MultiheadAttention(d_model, n_heads, batch_first=True).eval()
        # A mask of numbers, odd as it looks, is what keeps torch on its fused kernel.
        additive = nn.Transformer.generate_square_subsequent_mask(length)
        best = {"attn_mask": additive, "need_weights": False, "is_causal": True}
        for name, options, bound in (("its defaults", {"attn_mask": future}, 0.70), ("its best", best, 1.0)):

            def ours(mine=mine, x=x):
                with torch.no_grad():
                    mine(x, causal=True)

            def theirs(other=other, x=x, options=options):
                with torch.no_grad():
                    other(x, x, x, **options)

            yield Row(f"MultiHeadAttention {length}×{d_model} / torch's, {name}", ours, theirs, bound)


class TorchTransformer(nn.Module):
    """`nn.Transformer` with the same embeddings, positions and tied output around it."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        d_model = config.d_model
        self.scale = d_model**0.5
        self.source = nn.Embedding(config.src_vocab_size, d_model)
        self.target = nn.Embedding(config.tgt_vocab_size, d_model)
        self.register_buffer("positions", sinusoidal_positions(config.max_length, d_model))
        self.dropout = nn.Dropout(config.dropout)
        with warnings.catch_warnings(action="ignore"):  # that pre-norm has no nested tensors
            self.inner = nn.Transformer(
                d_model,
                config.n_heads,
                config.n_layers,
                config.n_layers,
                config.d_ff,
                config.dropout,
                batch_first=True,
                norm_first=config.norm_first,
            )

    def forward(self, src_ids: Tensor, tgt_ids: Tensor) -> Tensor:
        padding = src_ids == PAD
        x = self.inner(
            self.embed(self.source, src_ids),
            self.embed(self.target, tgt_ids),
            tgt_mask=~causal_mask(tgt_ids.shape[1]),
            tgt_is_causal=True,
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
        )
        return x @ self.target.weight.T

    def embed(self, words: nn.Embedding, ids: Tensor) -> Tensor:
        return self.dropout(words(ids) * self.scale + self.positions[: ids.shape[1]])


def training_steps() -> Iterator[Row]:
    """Forward, backward and Adam, d_model 128, two and two layers."""
    for dropout in (0.0, 0.1):
        for batch, length in ((64, 15), (32, 32), (16, 64)):
            config = TransformerConfig(
                VOCAB, VOCAB, d_model=128, n_heads=4, d_ff=512, n_layers=2, dropout=dropout
            )
            src, tgt = torch.randint(3, VOCAB, (2, batch, length))
            src[::2, -3:] = PAD

            def step(model, src=src, tgt=tgt):
                optimizer = torch.optim.Adam(model.parameters(), foreach=True)

                def run():
                    optimizer.zero_grad()
                    F.cross_entropy(model(src, tgt).flatten(0, 1), tgt.flatten()).backward()
                    optimizer.step()

                return run

            name = f"training step {batch}×{length}, dropout {dropout} / nn.Transformer"
            yield Row(name, step(Transformer(config)), step(TorchTransformer(config)), 0.93)


def speaker(config: TransformerConfig) -> Transformer:
    """A model that never ends its sentence, so that every run has the same length."""
    torch.manual_seed(0)
    model = Transformer(config).eval()
    with torch.no_grad():
        model.output.bias[[config.pad_id, config.eos_id]] = -1e9
    return model


def cached_decoding() -> Iterator[Row]:
    """Greedy decoding of 64 tokens: keys and values kept, and everything computed again at each step."""
    config = TransformerConfig(
        VOCAB, VOCAB, d_model=128, n_heads=4, d_ff=512, n_layers=2, max_length=64, output_bias=True
    )
    model, src = speaker(config), torch.randint(3, VOCAB, (32, 20))

    def again() -> Tensor:
        with torch.inference_mode():
            mask = padding_mask(src)
            memory, ids = model.encode(src, mask), torch.full((len(src), 1), BOS)
            for _ in range(64):
                last = model.decode(ids, memory, mask)[:, -1]
                ids = torch.cat((ids, last.argmax(-1, keepdim=True)), 1)
            return ids[:, 1:]

    def cached() -> Tensor:
        return greedy_decode(model, src, max_length=64)

    def bare() -> Tensor:
        with torch.inference_mode():
            mask, cache = padding_mask(src), KeyValueCache()
            memory, ids = model.encode(src, mask), torch.full((len(src), 1), BOS)
            for _ in range(64):
                ids = model.decode(ids, memory, mask, cache=cache).argmax(-1)
            return ids

    assert torch.equal(cached(), again())
    yield Row("greedy_decode, batch 32, 64 tokens / forward again", cached, again, 1 / 7)
    yield Row("greedy_decode, batch 32, 64 tokens / the loop written out", cached, bare, 1.1)


def generation() -> Iterator[Row]:
    """48 tokens beside the `transformers` library's `generate` on a Marian model of the same shape."""
    from transformers import GenerationConfig, MarianConfig, MarianMTModel

    layers, d_model, n_heads, d_ff, length = 2, 128, 4, 512, 48
    config = TransformerConfig(
        VOCAB,
        VOCAB,
        d_model=d_model,
        n_heads=n_heads,
        d_ff=d_ff,
        n_layers=layers,
        norm_first=False,
        activation="silu",
        output_bias=True,
        tie_embeddings="all",
        max_length=64,
    )
    model = speaker(config)
    torch.manual_seed(0)
    marian = MarianMTModel(
        MarianConfig(
            vocab_size=VOCAB,
            d_model=d_model,
            encoder_layers=layers,
            decoder_layers=layers,
            encoder_attention_heads=n_heads,
            decoder_attention_heads=n_heads,
            encoder_ffn_dim=d_ff,
            decoder_ffn_dim=d_ff,
            max_position_embeddings=64,
            activation_function="silu",
            pad_token_id=PAD,
            eos_token_id=EOS,
            decoder_start_token_id=BOS,
            forced_eos_token_id=None,
        )
    ).eval()
    marian.final_logits_bias[:, [PAD, EOS]] = -1e9
    settings = GenerationConfig(
        max_new_tokens=length,
        num_beams=1,
        do_sample=False,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=BOS,
    )
    for batch, greedy_bound, beam_bound in ((1, 0.5, 1.0), (16, 0.6, 1.5)):
        src = torch.randint(3, VOCAB, (batch, 12))

        def theirs(src=src) -> Tensor:
            with torch.inference_mode():
                return marian.generate(src, attention_mask=src != PAD, generation_config=settings)

        def ours(src=src) -> Tensor:
            return greedy_decode(model, src, max_length=length)

        def beam(src=src):
            return beam_search(model, src, max_length=length, beam_size=4)

        assert ours().shape == theirs()[:, 1:].shape == (batch, length)
        yield Row(f"greedy_decode, batch {batch}, 48 tokens / generate", ours, theirs, greedy_bound)
        yield Row(f"beam_search of 4, batch {batch} / greedy generate", beam, theirs, beam_bound)


if __name__ == "__main__":
    main()
