"""Models of the `transformers` library, small and with random weights, each beside ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.pretrained import (
    bert,
    gpt2,
    llama,
    load_bert,
    load_gpt2,
    load_llama,
    load_marian,
    marian,
)

# vocabulary, heads, width of a head, feed-forward width, layers, positions: primes, but for the even width of a head
SHAPES = [(31, 3, 2, 17, 2, 23), (37, 5, 4, 13, 3, 29), (29, 2, 6, 19, 1, 41)]
PAD, END = 1, 2
COMPUTED = ("embed_positions", "inv_freq")
TABLES = re.compile("embed|wte|wpe|shared|lm_head|decoder.weight|logits_bias")


@dataclass
class Family:
    """How a family's models are made, loaded, and their weights named."""

    make: Callable[..., nn.Module]
    load: Callable[[Any], nn.Module]
    tensors: Callable[..., dict[str, Tensor]]


def _gpt2(vocab, heads, d_head, d_ff, layers, positions, **options):
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=vocab, n_embd=heads * d_head, n_head=heads, n_inner=d_ff, n_layer=layers, n_positions=positions,
        pad_token_id=PAD, bos_token_id=END, eos_token_id=END, **options,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def _bert(vocab, heads, d_head, d_ff, layers, positions, *, kind="BertForMaskedLM", **options):
    import transformers

    config = transformers.BertConfig(
        vocab_size=vocab, hidden_size=heads * d_head, num_attention_heads=heads, intermediate_size=d_ff,
        num_hidden_layers=layers, max_position_embeddings=positions, type_vocab_size=3, pad_token_id=PAD, **options,
    )  # fmt: skip
    return getattr(transformers, kind)(config)


def _marian(vocab, heads, d_head, d_ff, layers, positions, **options):
    from transformers import MarianConfig, MarianMTModel

    sizes = {
        f"{part}_{name}": value
        for part in ("encoder", "decoder")
        for name, value in (("attention_heads", heads), ("ffn_dim", d_ff), ("layers", layers))
    }
    given = {"activation_function": "swish", "scale_embedding": True, "forced_eos_token_id": None} | options
    config = MarianConfig(
        vocab_size=vocab, d_model=heads * d_head, max_position_embeddings=positions,
        pad_token_id=PAD, eos_token_id=END, decoder_start_token_id=PAD, **(sizes | given),
    )  # fmt: skip
    return MarianMTModel(config)


def _llama(vocab, heads, d_head, d_ff, layers, positions, **options):
    from transformers import LlamaConfig, LlamaForCausalLM

    groups = {"num_key_value_heads": 1 if heads % 2 else 2}
    config = LlamaConfig(
        vocab_size=vocab, hidden_size=heads * d_head, num_attention_heads=heads, intermediate_size=d_ff,
        num_hidden_layers=layers, max_position_embeddings=positions,
        pad_token_id=PAD, bos_token_id=0, eos_token_id=END, **(groups | options),
    )  # fmt: skip
    return LlamaForCausalLM(config)


FAMILIES = {
    "gpt2": Family(_gpt2, load_gpt2, gpt2.tensors),
    "bert": Family(_bert, load_bert, bert.tensors),
    "marian": Family(_marian, load_marian, marian.tensors),
    "llama": Family(_llama, load_llama, llama.tensors),
}


def pair(name, shape, dtype=torch.float64, *, seed=0, size=1.0, words=1.0, **options):
    """Their model, with random values everywhere, and ours with the same.

    The layers' values grow with `size`, those of the tables with `words`: where those are small, the next token depends
    on more than the last.
    """
    family, generator = FAMILIES[name], torch.Generator().manual_seed(seed)
    theirs = family.make(*shape, **options)
    theirs.set_attn_implementation("eager")  # the only one that shows its weights
    theirs = theirs.to(dtype).eval()
    with torch.no_grad():
        for parameter, p in [*theirs.named_parameters(), *theirs.named_buffers()]:
            if not p.is_floating_point() or any(name in parameter for name in COMPUTED):
                continue
            noise = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            if p.ndim == 1:  # of norms, and biases
                p.copy_(0.2 * noise + parameter.endswith("weight"))
            else:
                p.copy_(noise * p.shape[-1] ** -0.5 * (words if TABLES.search(parameter) else size))
        for (
            module
        ) in theirs.modules():  # theirs never trains the padding token's vector, which Marian reads first
            if isinstance(module, nn.Embedding):
                module.padding_idx = None
    return theirs, family.load(theirs)


def batch(vocab, lengths, seed=0, *, side="right"):
    """Rows of these lengths, filled up with PAD on one side, and which of it are tokens: two (B, T)."""
    generator, longest = torch.Generator().manual_seed(seed), max(lengths)
    ids = torch.randint(3, vocab, (len(lengths), longest), generator=generator)
    place = torch.arange(longest)
    lengths = torch.tensor(lengths)[:, None]
    real = place < lengths if side == "right" else place >= longest - lengths
    return torch.where(real, ids, PAD), real


def states(stack, call):
    """What a call gives, and the hidden states on its way: after the embedding, between layers, after the last norm."""
    seen = []

    def see(module, given, output):
        seen.append(output[0] if isinstance(output, tuple) else output)

    watched = [stack.embedding, *stack.layers[:-1], stack.norm]
    hooks = [module.register_forward_hook(see) for module in watched]
    try:
        return call(), seen
    finally:
        for hook in hooks:
            hook.remove()


def gradients(name, theirs, n_layers):
    """Their gradients by our names; a tied matrix has one under each of its names."""
    found = {n: p.grad for n, p in theirs.named_parameters(remove_duplicate=False) if p.grad is not None}
    return FAMILIES[name].tensors(found, n_layers)


def choose_end(theirs, written):
    """Let the token that stands in most different places of these rows end a text."""
    rows = written.tolist()

    def lengths(end):
        return len({len(row) for row in ended(rows, end)})

    end = max(set(written.flatten().tolist()) - {PAD}, key=lengths)
    theirs.config.eos_token_id = theirs.generation_config.eos_token_id = end
    assert lengths(end) > 2
    return end


def ended(rows, end):
    """Each row up to its end, that included."""
    rows = [row.tolist() if isinstance(row, Tensor) else list(row) for row in rows]
    return [row[: row.index(end) + 1] if end in row else row for row in rows]
