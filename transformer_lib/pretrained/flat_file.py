"""The flat files of llama2.c: seven sizes and then every weight in float32; and the tokens that go with them."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from transformer_lib import checks
from transformer_lib.model.config import LanguageModelConfig

EPS = 1e-5  # of the norms; the file does not say it
BOS = 1  # as in sentencepiece, whose tokens these are; a new text begins with it, so it ends one, too
PAD = 0
HEADER = struct.Struct("<7i")
BYTE = re.compile(rb"<0x([0-9A-F]{2})>")


def read_weights(path: Path, choices: Mapping[str, Any]) -> tuple[LanguageModelConfig, dict[str, Tensor]]:
    """Configuration and weights of a file, by the names of the `transformers` library.

    Args:
        path: the file, of the first version of the format: no checksum, no mark.
        choices: fields of the config that the file does not say.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if its sizes are impossible, or its length is not what they ask for.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    data = path.read_bytes()
    if len(data) < HEADER.size:
        raise ValueError(f"{path} is cut short: it has {len(data)} bytes, its header alone has {HEADER.size}")
    d_model, d_ff, n_layers, n_heads, n_kv_heads, vocab_size, max_length = HEADER.unpack_from(data)
    shared, vocab_size = vocab_size > 0, abs(vocab_size)
    try:
        config = LanguageModelConfig(
            vocab_size,
            d_model=d_model,
            n_heads=n_heads,
            n_kv_heads=n_kv_heads,
            d_ff=d_ff,
            n_layers=n_layers,
            dropout=0.0,
            activation="silu",
            bias=False,
            norm_eps=EPS,
            tie_embeddings="output" if shared else "none",
            pad_id=PAD,
            bos_id=BOS,
            eos_id=BOS,
            max_length=max_length,
            **choices,
        )
    except ValueError as error:
        raise ValueError(f"{path} is no file of llama2.c: {error}") from error
    shapes = _shapes(config, shared)
    n_numbers = sum(torch.Size(shape).numel() for _, shape in shapes)
    if len(data) != HEADER.size + 4 * n_numbers:
        raise ValueError(
            f"{path} has {len(data)} bytes, its sizes ask for {HEADER.size + 4 * n_numbers}: "
            "it is cut short, or of another format"
        )
    numbers = torch.frombuffer(bytearray(data[HEADER.size :]), dtype=torch.float32)
    parts = numbers.split([torch.Size(shape).numel() for _, shape in shapes])
    found: dict[str, Tensor] = {}
    for (name, shape), part in zip(shapes, parts, strict=True):
        if "{}" in name:
            found |= {name.format(layer): x for layer, x in enumerate(part.view(shape))}
        else:
            found[name] = part.view(shape)
    found.setdefault("lm_head.weight", found["model.embed_tokens.weight"])
    return config, found


def _shapes(config: LanguageModelConfig, shared: bool) -> list[tuple[str, tuple[int, ...]]]:
    """What stands in the file, in its order; a name with {} is a tensor of all layers."""
    n, d, layer = config.n_layers, config.d_model, "model.layers.{}."
    d_kv = (config.n_kv_heads or config.n_heads) * config.d_head
    vocabulary, table = (config.tgt_vocab_size, d), (config.max_length, config.d_head // 2)
    return [
        ("model.embed_tokens.weight", vocabulary),
        (f"{layer}input_layernorm.weight", (n, d)),
        (f"{layer}self_attn.q_proj.weight", (n, d, d)),
        (f"{layer}self_attn.k_proj.weight", (n, d_kv, d)),
        (f"{layer}self_attn.v_proj.weight", (n, d_kv, d)),
        (f"{layer}self_attn.o_proj.weight", (n, d, d)),
        (f"{layer}post_attention_layernorm.weight", (n, d)),
        (f"{layer}mlp.gate_proj.weight", (n, config.d_ff, d)),
        (f"{layer}mlp.down_proj.weight", (n, d, config.d_ff)),
        (f"{layer}mlp.up_proj.weight", (n, config.d_ff, d)),
        ("model.norm.weight", (d,)),
        ("cosines", table),  # of rotary positions, and their sines: once read by the program, now left over
        ("sines", table),
    ] + ([] if shared else [("lm_head.weight", vocabulary)])


def read_tokens(path: Path | str, vocab_size: int) -> list[bytes]:
    """The tokens of a tokenizer file of llama2.c, by id.

    Args:
        path: the file, such as tok512.bin.
        vocab_size: how many tokens the model knows; the file does not say it.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds more tokens or fewer.
    """
    if not isinstance(path, (str, Path)):
        raise TypeError(f"path must be the path of a file, got {checks.said(path)}")
    checks.count("vocab_size", vocab_size)
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {path}")
    data, place, tokens = Path(path).read_bytes(), 4, []  # first stands the length of the longest
    while len(tokens) < vocab_size and place + 8 <= len(data):
        _, length = struct.unpack_from("<fi", data, place)  # a score, by which text is cut
        tokens.append(data[place + 8 : place + 8 + length])
        place += 8 + max(length, 0)
    if len(tokens) != vocab_size or place != len(data):
        raise ValueError(f"{path} does not hold {vocab_size} tokens: it is another model's, or cut short")
    return tokens


def as_text(tokens: Sequence[bytes], ids: Sequence[int] | Tensor) -> str:
    """What ids say: their tokens, one after the other, up to the first end.

    Args:
        tokens: as `read_tokens` gives them. One such as <0x0A> is that byte.
        ids: (T,) what a model wrote after its beginning; a space before the first word is left out.

    Raises:
        ValueError: if an id has no token.
        TypeError: if tokens are not bytes, or ids not whole numbers.

    >>> as_text([b"", b"", b"", b" a", b"<0x0A>"], [3, 3, 4, 3, 1, 3])
    'a a\\n a'
    """
    checks.instance("tokens", tokens, (list, tuple), "a list of bytes, as read_tokens gives it")
    for token in tokens:
        checks.instance("each of tokens", token, bytes, "bytes")
    if isinstance(ids, Tensor):
        checks.ids("ids", ids, 1, "(T,)")
        ids = ids.tolist()
    checks.instance("ids", ids, (list, tuple), "ids in a list or tensor")
    said = bytearray()
    for number in ids:
        checks.whole("each of ids", number)
        if not 0 <= number < len(tokens):
            raise ValueError(
                f"ids must lie in 0 … {len(tokens) - 1}, got {number}; is it another vocabulary's?"
            )
        if number == BOS:
            break
        byte = BYTE.fullmatch(tokens[number])
        said += bytes([int(byte[1], 16)]) if byte else tokens[number]
    return said.removeprefix(b" ").decode("utf-8", errors="replace")
