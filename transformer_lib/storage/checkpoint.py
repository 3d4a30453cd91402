"""Checkpoints of a model or a training run; a file that does not fit is rejected before anything changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.storage.files import read_tensors, write_tensors


def model_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name; those that share memory, such as tied embeddings, once."""
    found, seen = {}, set()
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in seen:
            seen.add(id(tensor))
            found[name] = tensor
    return found


def load_model(model: nn.Module, tensors: Mapping[str, Tensor], path: Path | str) -> None:
    """Copy tensors into a model, converted to its dtype and device, all or none of them.

    Args:
        model: of the configuration that the tensors were saved from.
        tensors: as `model_tensors` gives them.
        path: the file that they came from, for the message.

    Raises:
        ValueError: if names or shapes do not fit; the model stays as it was.
    """
    _check_fit({name: t.shape for name, t in model_tensors(model).items()}, tensors, path)
    model.load_state_dict(dict(tensors), strict=False)  # tied names are missing on purpose


def save_checkpoint(
    path: Path | str, model: nn.Module, optimizer: torch.optim.Optimizer, about: Mapping[str, Any]
) -> None:
    """Write a training run, model and optimiser, into one file, atomically.

    Args:
        path: the file; its folder must exist.
        model: the model.
        optimizer: over all its parameters.
        about: description of the run and its progress; JSON.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model_tensors(model).items()}
    write_tensors(path, tensors | _optimizer_tensors(model, optimizer), about)


def load_checkpoint(
    path: Path | str,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    expected: Mapping[str, Any] | None = None,
    unsaid: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Restore the training run that `save_checkpoint` wrote.

    Args:
        path: the file.
        model: of the same configuration, on the device where the run goes on.
        optimizer: over all its parameters, of the same kind.
        expected: entries that `about` must contain; others are not compared.
        unsaid: values assumed for entries that the file lacks, by full name: "recipe.precision".

    Returns:
        `about` as it was saved.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or of another run; model and optimiser stay as they were.
    """
    tensors, about = read_tensors(path)
    _check_same(expected or {}, about, path, unsaid or {})
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if part not in parts or not rest:
            raise ValueError(f"{path} holds a tensor {name!r}: it is no checkpoint of a training run")
        parts[part][rest] = tensor
    _check_fit({name: t.shape for name, t in model_tensors(model).items()}, parts["model"], path)
    state = _optimizer_state(model, optimizer, parts["optimizer"], path)
    load_model(model, parts["model"], path)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    return about


def _optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state of each parameter, by the parameter's name instead of its index."""
    names = {id(p): name for name, p in model.named_parameters()}
    return {
        f"optimizer.{names[id(p)]}.{key}": torch.as_tensor(value)
        for p, memory in optimizer.state.items()
        for key, value in memory.items()
    }


def _optimizer_state(
    model: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], path: Path | str
) -> dict[int, dict[str, Tensor]]:
    """The same by index, as torch loads it."""
    shapes = {name: p.shape for name, p in model.named_parameters()}
    every = [p for group in optimizer.param_groups for p in group["params"]]
    numbers = {id(p): number for number, p in enumerate(every)}
    numbers = {name: numbers[id(p)] for name, p in model.named_parameters()}
    state: dict[int, dict[str, Tensor]] = {}
    for full, tensor in tensors.items():
        name, _, key = full.rpartition(".")
        if name not in numbers or tensor.shape not in (torch.Size(), shapes[name]):
            raise ValueError(f"{path}: the optimiser's {full} {tuple(tensor.shape)} fits no parameter here")
        state.setdefault(numbers[name], {})[key] = tensor
    return state


def _check_fit(shapes: Mapping[str, torch.Size], tensors: Mapping[str, Tensor], path: Path | str) -> None:
    advice = "was it saved from a model of another configuration?"
    for name in sorted(shapes.keys() ^ tensors.keys()):
        where = "lacks" if name in shapes else "holds, unknown to this model,"
        raise ValueError(f"{path} {where} the tensor {name}; {advice}")
    for name, shape in shapes.items():
        if tensors[name].shape != shape:
            raise ValueError(
                f"{path} holds {name} with shape {tuple(tensors[name].shape)}, the model needs {tuple(shape)}; "
                + advice
            )


def _check_same(
    expected: Mapping[str, Any], about: Mapping[str, Any], path: Path | str, unsaid: Mapping[str, Any]
) -> None:
    here, there = _flat(json.loads(json.dumps(expected))), {**unsaid, **_flat(about)}
    for name, value in here.items():
        if name not in there or there[name] != value:
            found = repr(there[name]) if name in there else "not said"
            raise ValueError(
                f"{path} belongs to another run: {name} is {found} there and {value!r} here; "
                "give the same arguments again, or another folder"
            )


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
