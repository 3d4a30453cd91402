"""A batch of sentences in the making: what the model reads, and what it keeps of the words it wrote."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.decoding.protocols import (
    EncoderDecoder,
    LanguageModel,
    PaddedLanguageModel,
    config_of,
    new_cache,
)
from transformer_lib.model.cache import KeyValueCache
from transformer_lib.model.masks import padding_mask


class Continuation:
    """The rows that are being written, one token a step.

    Two kinds of model can continue (`protocols`): an encoder-decoder starts from `config.bos_id`, a language model
    from the prompt. The cache has taken in the memory at the first step, so the memory's own rows stay as they are.
    """

    def __init__(self, model: nn.Module, src_ids: Tensor, n_padding: Tensor | None = None) -> None:
        self.model: LanguageModel = model  # called where there is no encoder
        self.padding = {} if n_padding is None else {"n_padding": n_padding}
        self.cache = new_cache(model)
        self.mask: Tensor | None = None
        self.rows = torch.arange(len(src_ids), device=src_ids.device)
        self.memory: Tensor | None = None
        first = src_ids
        if isinstance(model, EncoderDecoder):
            config = config_of(model)
            mask = padding_mask(src_ids, config.pad_id)
            self.mask = None if mask.all() else mask  # without a mask the kernel is faster
            self.memory = model.encode(src_ids, self.mask)
            first = src_ids.new_full((len(src_ids), 1), config.bos_id)
            self.decode = model.decode
        self.first = self._step(first)

    def step(self, ids: Tensor) -> Tensor:
        """Write one token per row, (R,), and return the logits of the next, (R, V)."""
        return self._step(ids[:, None])

    def _step(self, ids: Tensor) -> Tensor:
        if self.memory is None:
            return self.model(ids, cache=self.cache, **self.padding)[:, -1]
        return self.decode(ids, self.memory, self.mask, cache=self.cache)[:, -1]

    def keep(self, rows: Tensor, *, same_sources: bool = False) -> None:
        """Go on with these rows, (R',), in this order; a row may be left out or stand more than once.

        With `same_sources` each place reads what it read before, so that only the words written have to move.
        """
        if torch.equal(rows, self.rows):
            return
        self.padding = {name: n_padding[rows] for name, n_padding in self.padding.items()}
        if isinstance(self.cache, KeyValueCache):
            self.cache.take(rows, memory=not same_sources)
            if same_sources:
                return
        else:
            self.cache.reorder(rows)
        if self.mask is not None:
            self.mask = self.mask[rows]
        self.rows = torch.arange(len(rows), device=rows.device)


def check_logits(logits: Tensor, rows: Tensor | None = None) -> None:
    """Refuse what no token can be chosen from, at whatever step it comes; `rows` (R,) bool are those that count."""
    largest = logits.amax(-1)
    if math.isfinite(largest.sum().item()):
        return  # one look instead of five
    wrong = ~largest.isfinite()
    if rows is not None:
        wrong = wrong & rows
    if wrong.any():
        worst = largest[wrong][0].item()
        said = (
            "NaN" if math.isnan(worst) else f"{worst} where they are largest, so that no token can be chosen"
        )
        raise ValueError(f"the model's logits are {said}; did its training diverge, or its weights not load?")


def without(logits: Tensor, forbidden: Sequence[int]) -> Tensor:
    """Logits (R, V) with the tokens that may not be written at -inf."""
    if not forbidden:
        return logits
    return logits.index_fill(-1, torch.tensor(forbidden, device=logits.device), -math.inf)


def check_ids(
    model: nn.Module,
    ids: Tensor,
    max_length: int,
    n_padding: Tensor | None = None,
    forbidden: Sequence[int] = (),
) -> None:
    """Refuse what cannot be continued; it looks at values, so it belongs at the entrance only."""
    checks.model("model", model)
    config, reads = config_of(model), isinstance(model, EncoderDecoder)
    name = "src_ids" if reads else "the prompt"
    size = config.src_vocab_size if reads else config.tgt_vocab_size
    checks.tensor(name, ids)
    if ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
        raise TypeError(f"{name} must be integer ids, got {ids.dtype}; did you pass embeddings or a mask?")
    if ids.ndim != 2:
        hint = "; one sentence is a batch of one: ids[None]" if ids.ndim == 1 else ""
        raise ValueError(f"{name} must have shape (B, S), got {tuple(ids.shape)}{hint}")
    if ids.numel() == 0:
        raise ValueError(f"{name} must hold a sentence of at least one token, got shape {tuple(ids.shape)}")
    low, high = ids.aminmax()
    if low < 0 or high >= size:
        wrong = low.item() if low < 0 else high.item()
        raise ValueError(f"{name} must be ids from 0 to {size - 1}, got {wrong}; is it another vocabulary's?")
    if ids.shape[1] > config.max_length:
        raise ValueError(f"{name} has {ids.shape[1]} tokens, the model reads at most {config.max_length}")
    if reads and (ids == config.pad_id).all(1).any():
        row = (ids == config.pad_id).all(1).nonzero()[0].item()
        raise ValueError(f"row {row} of src_ids holds nothing but padding (id {config.pad_id})")
    if isinstance(max_length, bool) or not isinstance(max_length, int):
        raise TypeError(f"max_length is a number of tokens, got {max_length!r}")
    for special in ("bos_id", "eos_id") if reads else ("eos_id",):
        if not 0 <= getattr(config, special) < config.tgt_vocab_size:
            raise ValueError(
                f"config.{special} must be an id of the target vocabulary, 0 … {config.tgt_vocab_size - 1}, "
                f"got {getattr(config, special)}"
            )
    if n_padding is not None:
        _check_padding(model, ids, n_padding)
    checks.instance("forbidden", forbidden, (list, tuple), "a list of ids")
    for token in forbidden:
        checks.count("an id in forbidden", token, least=0)
        if token >= config.tgt_vocab_size or token == config.eos_id:
            what = f"the end, {token}" if token == config.eos_id else f"{token} of {config.tgt_vocab_size}"
            raise ValueError(f"forbidden must hold ids of the vocabulary other than the end's, got {what}")
    # The last token that is written is never read.
    room = config.max_length if reads else config.max_length - ids.shape[1] + 1
    if not 1 <= max_length <= room:
        raise ValueError(
            f"max_length must be from 1 to {room}, what the model's {config.max_length} positions leave; "
            f"got {max_length}"
        )


def _check_padding(model: nn.Module, prompt: Tensor, n_padding: Tensor) -> None:
    """Of prompts alone, and of models that count positions from the first word."""
    if not isinstance(model, PaddedLanguageModel):
        raise ValueError(
            f"n_padding came for a {type(model).__name__}, which takes none: sources are padded on the right, with pad_id"
        )
    checks.ids("n_padding", n_padding, 1, "(B,), a number for each prompt")
    if n_padding.shape != prompt.shape[:1]:
        raise ValueError(
            f"n_padding must have a number for each of {len(prompt)} prompts, got shape {tuple(n_padding.shape)}"
        )
    low, high = n_padding.aminmax()
    if low < 0 or high >= prompt.shape[1]:
        raise ValueError(
            f"n_padding must leave each prompt of {prompt.shape[1]} tokens one at least, got {low.item()} to {high.item()}"
        )
