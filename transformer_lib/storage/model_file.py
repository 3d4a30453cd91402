"""A trained translation model as one file: weights, configuration and both vocabularies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from transformer_lib import checks
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel, Transformer, TransformerConfig
from transformer_lib.storage.checkpoint import load_model, model_tensors
from transformer_lib.storage.files import read_tensors, write_tensors
from transformer_lib.storage.rounding import narrowed, widened
from transformer_lib.text import Subwords, Vocabulary, Words

KINDS = {"words": Vocabulary, "subwords": Subwords}
JOINT = "the source's"  # kind of a target vocabulary that is the source's own


FILE = "model.safetensors"  # its name in the folder of a run


class TrainedModel(NamedTuple):
    """A model in evaluation mode, its vocabularies or subwords, and a description of its training."""

    model: Transformer
    source: Words
    target: Words
    about: dict[str, Any]

    @property
    def source_eos(self) -> bool:
        """Whether the model was trained on sources that end in <eos>."""
        return bool(self.about.get("data", {}).get("source_eos", False))

    def vocabularies(self) -> tuple[Vocabulary, Vocabulary]:
        """Source and target vocabulary of a model of whole words; raises `ValueError` for one of subwords."""
        if isinstance(self.source, Vocabulary) and isinstance(self.target, Vocabulary):
            return self.source, self.target
        raise ValueError("this model reads subwords; expected one of whole words")


class TrainedWriter(NamedTuple):
    """A language model in evaluation mode, its subwords or words, and a description of its training."""

    model: LanguageModel
    words: Words
    about: dict[str, Any]


def model_path(path: Path | str) -> Path:
    """The model file that a path names: itself, or the one in the folder of a run."""
    path = Path(path)
    return path / FILE if path.is_dir() else path


def is_finished(path: Path | str) -> bool:
    """Whether a whole run wrote this model file, with its last weights: others say of which step they are."""
    return Path(path).exists() and "step" not in read_tensors(path)[1].get("training", {})


def write_model(
    path: Path | str,
    model: Transformer,
    source: Words,
    target: Words,
    about: Mapping[str, Any],
    *,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write a trained model into one safetensors file, atomically.

    Args:
        path: the file; its folder must exist.
        model: the model.
        source, target: the vocabulary of each side.
        about: how it was trained; JSON.
        dtype: of the stored weights; float16 halves the file and keeps three digits of each; int8 halves it again,
            with one scale for each row of a matrix. A tensor that holds a number beyond its range is stored as it is.

    Raises:
        ValueError: if a weight is not finite, or a vocabulary's size is not that of the model; nothing
            is written.
        TypeError: if the model is no Transformer, or `dtype` neither floating point nor int8.
    """
    checks.instance("model", model, Transformer, "a Transformer")
    _check_dtype(dtype)
    _check_vocabularies(model.config, source, target, path)
    tensors = narrowed(model_tensors(model), dtype)
    vocabularies: dict[str, dict[str, str]] = {
        side: {"kind": _kind(words), "content": words.to_json()}
        for side, words in (("source", source), ("target", target))
    }
    if target is source:  # one vocabulary for both languages is stored once
        vocabularies["target"] = {"kind": JOINT}
    content = {"config": model.config.as_dict(), "vocabularies": vocabularies, "training": dict(about)}
    write_tensors(path, tensors, content)


def read_model(path: Path | str, device: torch.device | str | None = None) -> TrainedModel:
    """Read what `write_model` wrote.

    Args:
        path: the file.
        device: where the model lives; the CPU by default.

    Returns:
        The model with float32 weights in evaluation mode, its vocabularies, and how it was trained.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged or holds something else: vocabularies of other sizes, weights that are not
            finite or no floating-point numbers; the message names the file and the cause.
    """
    tensors, about = read_tensors(path)
    try:
        config = TransformerConfig(**about["config"])
        source, target = _vocabularies(about["vocabularies"])
        training = about["training"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no translation model that this version knows: {error!r}") from error
    _check_vocabularies(config, source, target, path)
    tensors = widened(tensors, path)
    with torch.device("cpu"):  # where the tensors are, whatever the default device is
        model = Transformer(config)
    load_model(model, tensors, path)
    return TrainedModel(model.to(device or "cpu").eval(), source, target, training)


def write_writer(
    path: Path | str,
    model: LanguageModel,
    words: Words,
    about: Mapping[str, Any],
    *,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write a trained language model into one safetensors file, atomically; arguments and errors as for `write_model`."""
    checks.instance("model", model, LanguageModel, "a LanguageModel")
    _check_dtype(dtype)
    _check_vocabulary("the", words, model.config.tgt_vocab_size, path)
    config = {name: value for name, value in model.config.as_dict().items() if name != "src_vocab_size"}
    vocabulary = {"kind": _kind(words), "content": words.to_json()}
    content = {"config": config, "vocabulary": vocabulary, "training": dict(about)}
    write_tensors(path, narrowed(model_tensors(model), dtype), content)


def read_writer(path: Path | str, device: torch.device | str | None = None) -> TrainedWriter:
    """Read what `write_writer` wrote; arguments and errors as for `read_model`."""
    tensors, about = read_tensors(path)
    try:
        config = LanguageModelConfig(**about["config"])
        words = KINDS[about["vocabulary"]["kind"]].from_json(about["vocabulary"]["content"])
        training = about["training"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no language model that this version knows: {error!r}") from error
    _check_vocabulary("the", words, config.tgt_vocab_size, path)
    tensors = widened(tensors, path)
    with torch.device("cpu"):  # where the tensors are, whatever the default device is
        model = LanguageModel(config)
    load_model(model, tensors, path)
    return TrainedWriter(model.to(device or "cpu").eval(), words, training)


def _vocabularies(stored: Mapping[str, Mapping[str, str]]) -> tuple[Words, Words]:
    source = KINDS[stored["source"]["kind"]].from_json(stored["source"]["content"])
    if stored["target"]["kind"] == JOINT:
        return source, source
    return source, KINDS[stored["target"]["kind"]].from_json(stored["target"]["content"])


def _check_vocabularies(config: TransformerConfig, source: Words, target: Words, path: Path | str) -> None:
    for side, words, size in (
        ("source", source, config.src_vocab_size),
        ("target", target, config.tgt_vocab_size),
    ):
        checks.instance(f"{side}", words, tuple(KINDS.values()), "a Vocabulary or Subwords")
        _check_vocabulary(f"the {side}", words, size, path)


def _check_vocabulary(which: str, words: Words, size: int, path: Path | str) -> None:
    checks.instance("words", words, tuple(KINDS.values()), "a Vocabulary or Subwords")
    if len(words) != size:
        raise ValueError(f"{path}: {which} vocabulary has {len(words)} words, the model was made for {size}")


def _check_dtype(dtype: torch.dtype) -> None:
    if not isinstance(dtype, torch.dtype) or not (dtype.is_floating_point or dtype == torch.int8):
        raise TypeError(f"dtype must be floating point or int8, got {checks.said(dtype)}")


def _kind(words: Words) -> str:
    return next(kind for kind, known in KINDS.items() if isinstance(words, known))
