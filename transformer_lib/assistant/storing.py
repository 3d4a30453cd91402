"""A model of one stage as a file: weights, sizes, words, and how it was trained; and the three that come along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from transformer_lib import checks
from transformer_lib.assistant.replying import check_model
from transformer_lib.assistant.words import VOCABULARY
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.storage.checkpoint import load_model, model_tensors
from transformer_lib.storage.files import read_tensors, write_tensors
from transformer_lib.storage.rounding import narrowed, widened

STAGES = ("base", "instructed", "preferred")
WEIGHTS = Path(__file__).parent.parent / "models/weights"


def load(stage: str) -> LanguageModel:
    """The model of a stage that comes with the library, read anew: change it as you like.

    Args:
        stage: "base" continues texts, "instructed" answers as labellers did, "preferred" as they liked.

    Raises:
        ValueError: if there is no such stage.

    >>> load("instructed").config.positions
    'sinusoidal'
    """
    checks.choice("stage", stage, STAGES)
    return read_stage(shipped(stage))


def shipped(stage: str) -> Path:
    """The file of a stage that comes with the library."""
    return WEIGHTS / f"assistant-{stage}.safetensors"


def write_stage(
    path: Path | str, model: LanguageModel, about: Mapping[str, Any], *, dtype: torch.dtype = torch.float16
) -> None:
    """Write a model into one safetensors file, atomically.

    Args:
        path: the file; its folder must exist.
        model: of any stage.
        about: how it was trained; JSON.
        dtype: of the stored weights.

    Raises:
        ValueError: if a weight is not finite, or the model has other words.
    """
    check_model(model)
    config = {name: value for name, value in asdict(model.config).items() if name != "src_vocab_size"}
    content = {"config": config, "words": VOCABULARY.to_json(), "training": dict(about)}
    write_tensors(path, narrowed(model_tensors(model), dtype), content)


def read_stage(path: Path | str) -> LanguageModel:
    """The model that `write_stage` wrote, with float32 weights, in evaluation mode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, or holds no model of this world; the message names the file.
    """
    tensors, about = read_tensors(path)
    try:
        words, config = about["words"], LanguageModelConfig(**about["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no model of this world: {error!r}") from error
    if words != VOCABULARY.to_json():
        raise ValueError(f"{path} was trained on other words than this version's")
    model = LanguageModel(config)
    load_model(model, widened(tensors, path), path)
    return model.eval()
