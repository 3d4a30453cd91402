"""From the weights of one library's model to another's: names, shapes, and what must not be lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.embedding import Embedding
from transformer_lib.model.feed_forward import FeedForward
from transformer_lib.model.layers import PreNorm
from transformer_lib.model.multihead import MultiHeadAttention

Model = TypeVar("Model", bound=nn.Module)
Names = Mapping[str, str | tuple[str, ...]]

ACTIVATIONS = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "silu": "silu",
    "swish": "silu",
}
"""The name of each activation in this library, by its name in the other."""


class Weights(Mapping[str, Tensor]):
    """The weights of one of their models, which remember what was read of them."""

    def __init__(self, model: nn.Module) -> None:
        self._stored, self._read = model.state_dict(), set[str]()
        self._parameters = dict(model.named_parameters(remove_duplicate=False))

    def __getitem__(self, name: str) -> Tensor:
        self._read.add(name)
        return self._stored[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def check_all_read(self, but: tuple[str, ...] = ()) -> None:
        """Refuse parameters that nobody asked for, but those whose names begin so: ours would leave them out."""
        read = {id(parameter) for name, parameter in self._parameters.items() if name in self._read}
        for name, parameter in self._parameters.items():
            if id(parameter) not in read and not name.startswith(but):  # one that is tied has several names
                raise ValueError(f"the weights hold {name}, for which ours has no place")


def check_kind(model: Any, kinds: tuple[str, ...]) -> None:
    """Refuse what is no model of one of these classes; by name, so that the other library need not be there."""
    found = {ancestor.__name__ for ancestor in type(model).__mro__}
    if not isinstance(model, nn.Module) or not found & set(kinds):
        raise TypeError(f"model must be a {' or '.join(kinds)} of transformers, got {checks.said(model)}")


def activation(name: Any) -> str:
    """The name of an activation in this library; raises `ValueError` for one that it has not."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}, expected one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def refuse(config: Any, usual: Mapping[str, Any]) -> None:
    """Refuse a configuration with another than the usual value in a field: ours has no such choice."""
    for name, value in usual.items():
        found = getattr(config, name, value)
        if found != value:
            raise ValueError(f"{name} is {found!r} in this model's config, ours can only be {value!r}")


def special_ids(config: Any) -> dict[str, Any]:
    """`pad_id`, `bos_id` and `eos_id` of a model.

    Of several end tokens the first counts. Where there is no padding token, or it is the end token, as in GPT-2, the
    first other id stands for it; a decoder never reads it, for nothing is written after the end.
    """
    eos = config.eos_token_id[0] if isinstance(config.eos_token_id, (list, tuple)) else config.eos_token_id
    if eos is None:
        raise ValueError("this model's config has no eos_token_id; set the id that ends a text")
    bos, pad = config.bos_token_id, config.pad_token_id
    if pad is None or pad < 0 or pad == eos:
        pad = 0 if eos != 0 else 1
    return {"pad_id": pad, "bos_id": eos if bos is None else bos, "eos_id": eos}


def renamed(theirs: Mapping[str, Tensor], names: Names) -> dict[str, Tensor]:
    """Weight and bias of each module of ours, from the module of theirs, or from several, one below the other."""
    found: dict[str, Tensor] = {}
    for ours, sources in names.items():
        parts = (sources,) if isinstance(sources, str) else sources
        for kind in ("weight", "bias"):
            tensors = [theirs[f"{part}.{kind}"] for part in parts if f"{part}.{kind}" in theirs]
            if tensors:
                found[f"{ours}.{kind}"] = tensors[0] if len(tensors) == 1 else torch.cat(tensors)
    return found


def in_layers(n_layers: int, layer: Names, ours: str, theirs: str) -> dict[str, str | tuple[str, ...]]:
    """The names of one layer, for all layers; `ours` and `theirs` stand before each, with {} for its number."""
    return {
        f"{ours.format(n)}.{name}": f"{theirs.format(n)}.{parts}"
        if isinstance(parts, str)
        else tuple(f"{theirs.format(n)}.{part}" for part in parts)
        for n in range(n_layers)
        for name, parts in layer.items()
    }


def filled(
    kind: Callable[[TransformerConfig], Model],
    config: TransformerConfig,
    tensors: Mapping[str, Tensor],
    *,
    tables: torch.dtype = torch.float32,
) -> Model:
    """A model of ours with copies of these weights, in evaluation mode, of their dtype and on their device.

    Args:
        kind: its class.
        config: its sizes and choices.
        tensors: one for each entry of its `state_dict`, no more and no fewer.
        tables: the precision that tables of positions are rounded to first.

    Raises:
        ValueError: if names, shapes or types differ, there are no numbers, or tied weights have different ones.
    """
    types = sorted({str(tensor.dtype) for tensor in tensors.values()})
    if len(types) > 1 or not all(tensor.is_floating_point() for tensor in tensors.values()):
        raise ValueError(
            f"the weights are of {' and '.join(types)}, expected one floating-point type; "
            "quantised weights have to be restored first"
        )
    if any(tensor.is_meta for tensor in tensors.values()):
        raise ValueError(
            "some weights are on the meta device: they have shapes and no numbers, load them first"
        )
    with torch.random.fork_rng(devices=[]), _default_dtype(tables):  # what it draws at first is overwritten
        model = kind(config)
    wanted = model.state_dict()
    for name in sorted(wanted.keys() ^ tensors.keys()):
        raise ValueError(f"the weights {'lack' if name in wanted else 'hold, beyond what ours has,'} {name}")
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            raise ValueError(f"{name} is {tuple(tensor.shape)}, expected {tuple(wanted[name].shape)}")
    _check_ties(model, tensors)
    like = next(iter(tensors.values()))
    model = model.to(device=like.device, dtype=like.dtype)
    model.load_state_dict(dict(tensors))
    return model.eval()


def _check_ties(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """What is one matrix in ours must be one in theirs, or the last that is copied would win."""
    first: dict[int, str] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        other = first.setdefault(id(parameter), name)
        if not torch.equal(tensors[other], tensors[name]):
            raise ValueError(f"the config ties {name} to {other}, and their numbers differ")


def drop(
    model: nn.Module, *, embeddings: float, attention: float, activations: float, sublayers: float
) -> None:
    """Set the probabilities of what a model drops in training, of which published models have one for each place."""
    for module in model.modules():
        if isinstance(module, Embedding):
            module.dropout.p = embeddings
        elif isinstance(module, MultiHeadAttention):
            module.dropout = attention
        elif isinstance(module, FeedForward):
            module.dropout.p = activations
        elif isinstance(module, PreNorm):  # and its other form, PostNorm
            module.dropout.p = sublayers


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Generator[None, None, None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
