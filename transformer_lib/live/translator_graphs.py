"""A trained translator as exported parts that share its weights.

The loop over words, or over the beginnings of a beam, is page script; every number in it comes from these parts.
Their graphs refer to the model's weights by name, so that each is stored once.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from transformer_lib.decoding import next_token_distribution
from transformer_lib.evaluation import tracing
from transformer_lib.evaluation.ablation import with_head_mask
from transformer_lib.live.views.view import View
from transformer_lib.model.cache import KeyValueCache
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.layers import DecoderLayer
from transformer_lib.model.stacks import AttentionWeights
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator


class _Part(torch.nn.Module):
    """Holds the model as a submodule, so that masked parameters can replace its own."""

    def __init__(self, model: Transformer, run) -> None:
        super().__init__()
        self.model = model
        self.run = run

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        return self.run(self.model, *inputs)


def _weighed(logits: Tensor) -> dict[str, Tensor]:
    largest = logits.amax(-1, keepdim=True)
    normaliser = (logits - largest).exp().sum(-1).log() + largest.squeeze(-1)
    return {"logits": logits, "normaliser": normaliser}


def _rows(wrote: AttentionWeights) -> dict[str, Tensor]:
    """Attention rows of the last word read, in the first sentence: decoder (L, H, T) and cross (L, H, S)."""
    assert wrote.decoder is not None
    assert wrote.cross is not None
    return {"decoder": wrote.decoder[:, 0, :, 0], "cross": wrote.cross[:, 0, :, 0]}


class Steps:
    """The two parts that need the weights of a model.

    Args:
        load: gives the model.
    """

    def __init__(self, load: Callable[[], Transformer]) -> None:
        self.load = load

    def start(
        self, ids: Tensor, encoder_mask: Tensor, decoder_mask: Tensor, cross_mask: Tensor
    ) -> dict[str, Tensor]:
        """Encode a sentence, and compute the logits of its first French word.

        Args:
            ids: (S,) int64.
            encoder_mask, decoder_mask, cross_mask: (L, H), 1 keeps a head and 0 removes it.

        Returns:
            logits (1, V) and normaliser (1,), their logsumexp; the maps encoder (L, H, S, S), and of the first word
            decoder (L, H, 1) and cross (L, H, S); and the cache for the next steps: keys and values
            (L, 1, H, 1, D), memory_keys and memory_values (L, 1, H, S, D).
        """

        def run(model: Transformer, ids: Tensor) -> dict[str, Tensor]:
            memory, read = model.encode(ids[None], None, return_weights=True)
            past = KeyValueCache()
            begin = torch.full((1, 1), model.config.bos_id)
            logits, wrote = model.decode(begin, memory, None, cache=past, return_weights=True)
            assert read.encoder is not None
            return _weighed(logits[:, 0]) | {"encoder": read.encoder[:, 0]} | _rows(wrote) | past.tensors()

        masks = {"encoder_mask": encoder_mask, "decoder_mask": decoder_mask, "cross_mask": cross_mask}
        return self._masked(run, masks, ids)

    def step(
        self,
        ids: Tensor,
        past_keys: Tensor,
        past_values: Tensor,
        memory_keys: Tensor,
        memory_values: Tensor,
        decoder_mask: Tensor,
        cross_mask: Tensor,
    ) -> dict[str, Tensor]:
        """Append a word to each of B beginnings for one source, and compute the logits of the next.

        Args:
            ids: (B,) int64, the words.
            past_keys, past_values: (L, B, H, T, D), of the beginnings.
            memory_keys, memory_values: (L, 1, H, S, D), of the source.
            decoder_mask, cross_mask: (L, H), as in `start`.

        Returns:
            logits (B, V), normaliser (B,), keys and values (L, B, H, T + 1, D), as in `start`; and of the first beginning
            the rows of the maps, decoder (L, H, T + 1) and cross (L, H, S).
        """

        def run(model: Transformer, ids: Tensor, *cached: Tensor) -> dict[str, Tensor]:
            keys, values, memory_keys, memory_values = cached
            rows, layers = (
                ids.shape[0],
                [layer for layer in model.decoder.layers if isinstance(layer, DecoderLayer)],
            )
            read = [x.expand(-1, rows, -1, -1, -1) for x in (memory_keys, memory_values)]
            past = KeyValueCache.from_tensors(
                {layer.self_attention: (k, v) for layer, k, v in zip(layers, keys, values, strict=True)},
                {layer.cross_attention: (k, v) for layer, k, v in zip(layers, *read, strict=True)},
            )
            # The cache holds the memory already: of this one only the shape matters.
            taken = keys.new_zeros(ids.shape[0], memory_keys.shape[-2], model.config.d_model)
            logits, wrote = model.decode(ids[:, None], taken, None, cache=past, return_weights=True)
            grown = {name: tensor for name, tensor in past.tensors().items() if name in ("keys", "values")}
            return _weighed(logits[:, 0]) | _rows(wrote) | grown

        masks = {"decoder_mask": decoder_mask, "cross_mask": cross_mask}
        return self._masked(run, masks, ids, past_keys, past_values, memory_keys, memory_values)

    def _masked(self, run, masks: dict[str, Tensor], *inputs: Tensor) -> dict[str, Tensor]:
        """Run the model with its heads masked."""
        part = _Part(self.load(), run)
        return torch.func.functional_call(part, with_head_mask(part.model, prefix="model.", **masks), inputs)


def distribution(logits: Tensor, temperature: Tensor, top_k: Tensor, top_p: Tensor) -> dict[str, Tensor]:
    """`next_token_distribution` of each row: logits (B, V), the others 0-d, to probabilities (B, V)."""
    return {"probabilities": next_token_distribution(logits, temperature, top_k, top_p)}


def trace(ids: Tensor, target: Tensor) -> dict[str, Tensor]:
    """`evaluation.trace` of the translator: every number between a sentence, ids (S,), and the words read, target (T,)."""
    return _Part(load_translator()[0], tracing.trace)(ids, target)


def _part(name: str, function, example: dict[str, Tensor], dynamic: dict[str, dict[int, str]]) -> View:
    return View(
        name=name,
        title="",
        function=function,
        controls=(),
        drawings=(),
        example=example,
        dynamic=dynamic,
    )


def parts_of(name: str, steps: Steps, config: TransformerConfig) -> dict[str, View]:
    """The parts of a model as views without controls: they are exported, and checked, like the others."""
    random = torch.Generator().manual_seed(0)

    def ones() -> (
        Tensor
    ):  # a tensor of its own for each input: inputs that are one tensor become one in the graph
        return torch.ones(config.n_layers, config.n_heads, device="cpu")

    def state(rows: int, length: int) -> Tensor:
        shape = (config.n_layers, rows, config.n_heads, length, config.d_head)
        return torch.randn(shape, generator=random, device="cpu")

    start = _part(
        f"{name}-start",
        steps.start,
        {
            "ids": torch.tensor([3, 5, 7, 11], device="cpu"),
            "encoder_mask": ones(),
            "decoder_mask": ones(),
            "cross_mask": ones(),
        },
        {"ids": {0: "s"}},
    )
    step = _part(
        f"{name}-step",
        steps.step,
        {
            "ids": torch.tensor([5, 7], device="cpu"),
            "past_keys": state(2, 3),
            "past_values": state(2, 3),
            "memory_keys": state(1, 4),
            "memory_values": state(1, 4),
            "decoder_mask": ones(),
            "cross_mask": ones(),
        },
        {
            "ids": {0: "b"},
            "past_keys": {1: "b", 3: "t"},
            "past_values": {1: "b", 3: "t"},
            "memory_keys": {3: "s"},
            "memory_values": {3: "s"},
        },
    )
    return {part.name: part for part in (start, step)}


_STEPS = Steps(lambda: load_translator()[0])
start, step = _STEPS.start, _STEPS.step
DISTRIBUTION = _part(
    "translator-distribution",
    distribution,
    {
        "logits": torch.randn(2, 390, generator=torch.Generator().manual_seed(0), device="cpu"),
        "temperature": torch.tensor(1.0, device="cpu"),
        "top_k": torch.tensor(5.0, device="cpu"),
        "top_p": torch.tensor(0.9, device="cpu"),
    },
    {"logits": {0: "b", 1: "v"}},
)
"""Has no weights, and takes any number of words: every model's."""
TRACE = _part(
    "translator-trace",
    trace,
    {
        "ids": torch.tensor([3, 5, 7, 11], device="cpu"),
        "target": torch.tensor([1, 5, 7], device="cpu"),
    },
    {"ids": {0: "s"}, "target": {0: "t"}},
)
PARTS: dict[str, View] = {
    **parts_of("translator", _STEPS, load_translator()[0].config),
    TRACE.name: TRACE,
    DISTRIBUTION.name: DISTRIBUTION,
}
"""The parts of the translator of the grammar."""
