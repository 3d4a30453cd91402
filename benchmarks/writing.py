"""Rows of decoding: greedy and beam, beside the `transformers` library and beside the loop written out."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.library import Row
from benchmarks.peers import BOS, EOS, PAD, marian
from transformer_lib import KeyValueCache, Transformer, TransformerConfig, padding_mask
from transformer_lib.decoding import beam_search, greedy_decode

VOCAB = 1000
LAYERS, D_MODEL, N_HEADS, D_FF = 2, 128, 4, 512


def speaker(**options) -> Transformer:
    """A model that never ends its sentence, so that every run has the same length."""
    torch.manual_seed(0)
    sizes = {"d_model": D_MODEL, "n_heads": N_HEADS, "d_ff": D_FF, "n_layers": LAYERS, "max_length": 64}
    config = TransformerConfig(VOCAB, VOCAB, **sizes, output_bias=True, **options)
    model = Transformer(config).eval()
    with torch.no_grad():
        model.output.bias[[config.pad_id, config.eos_id]] = -1e9
    return model


def cached() -> Iterator[Row]:
    """Greedy decoding of 64 tokens: keys and values kept, and everything computed again at each step."""
    model, src = speaker(), torch.randint(3, VOCAB, (32, 20))

    def again() -> Tensor:
        with torch.inference_mode():
            mask = padding_mask(src)
            memory, ids = model.encode(src, mask), torch.full((len(src), 1), BOS)
            for _ in range(64):
                last = model.decode(ids, memory, mask)[:, -1]
                ids = torch.cat((ids, last.argmax(-1, keepdim=True)), 1)
            return ids[:, 1:]

    def kept() -> Tensor:
        return greedy_decode(model, src, max_length=64)

    def bare() -> Tensor:
        with torch.inference_mode():
            mask, cache = padding_mask(src), KeyValueCache()
            memory, ids = model.encode(src, mask), torch.full((len(src), 1), BOS)
            for _ in range(64):
                ids = model.decode(ids, memory, mask, cache=cache).argmax(-1)
            return ids

    assert torch.equal(kept(), again())
    yield Row("greedy_decode, batch 32, 64 tokens / forward again", kept, again, 1 / 7)
    yield Row("greedy_decode, batch 32, 64 tokens / the loop written out", kept, bare, 1.1)


def generation() -> Iterator[Row]:
    """48 tokens beside `generate` on a Marian model of the same shape."""
    from transformers import GenerationConfig

    length = 48
    model = speaker(norm_first=False, activation="silu", tie_embeddings="all")
    torch.manual_seed(0)
    other = marian(VOCAB, LAYERS, D_MODEL, N_HEADS, D_FF).eval()
    other.final_logits_bias[:, [PAD, EOS]] = -1e9
    ids = {"pad_token_id": PAD, "eos_token_id": EOS, "decoder_start_token_id": BOS}
    settings = {
        beams: GenerationConfig(max_new_tokens=length, num_beams=beams, do_sample=False, **ids)
        for beams in (1, 4)
    }
    for batch, greedy_reach, beam_reach in ((1, 0.48, 0.8), (16, 0.58, 1.5)):
        src = torch.randint(3, VOCAB, (batch, 12))

        def theirs(beams: int = 1, src=src) -> Tensor:
            with torch.inference_mode():
                return other.generate(src, attention_mask=src != PAD, generation_config=settings[beams])

        def ours(src=src) -> Tensor:
            return greedy_decode(model, src, max_length=length)

        def beam(src=src) -> object:
            return beam_search(model, src, max_length=length, beam_size=4)

        assert ours().shape == theirs()[:, 1:].shape == (batch, length)
        yield Row(f"greedy_decode, batch {batch}, 48 tokens / generate", ours, theirs, greedy_reach)
        peers = {"its beam": lambda theirs=theirs: theirs(4)}
        yield Row(f"beam_search of 4, batch {batch} / greedy generate", beam, theirs, beam_reach, peers)
