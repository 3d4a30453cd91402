"""The shipped writer of short stories: a decoder alone, in today's dress."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from transformer_lib import checks
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.storage.model_file import read_writer
from transformer_lib.text.subwords import Subwords

WRITER = Path(__file__).parent / "weights" / "writer.safetensors"


def load_writer(device: torch.device | str | None = None) -> tuple[LanguageModel, Subwords]:
    """The trained language model, in evaluation mode, and its subwords.

    It is loaded once: every call returns the same objects, so copy the model before you change it.

    Args:
        device: where the model lives; the CPU by default.

    Raises:
        ImportError: without the tokenizers library.

    >>> model, subwords = load_writer()
    >>> ids = torch.tensor([subwords.encode("Once upon a", bos=True)])
    >>> subwords.pieces("Once upon a"), subwords.decode(model(ids)[0, -1:].argmax(-1))
    (['▁Once', '▁upon', '▁a'], 'time')
    """
    if device is not None:
        checks.instance("device", device, (str, torch.device), "a torch.device or its name")
    return _load(str(torch.device(device or "cpu")))


@cache
def _load(device: str) -> tuple[LanguageModel, Subwords]:
    found = read_writer(WRITER, device)
    if not isinstance(found.words, Subwords):
        raise ValueError(f"{WRITER} holds a model of whole words; expected one of subwords")
    return found.model, found.words
