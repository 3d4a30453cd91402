"""The shipped translator of everyday English, trained on real sentences."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from transformer_lib import checks
from transformer_lib.decoding import GREEDY, DecodingSettings, translate_passages
from transformer_lib.storage.model_file import TrainedModel, read_model

EVERYDAY = Path(__file__).parent / "weights" / "everyday.safetensors"


def load_everyday(device: torch.device | str | None = None) -> TrainedModel:
    """The trained model, in evaluation mode, and its subwords, the same for English and French.

    It is loaded once: every call returns the same objects, so copy the model before you change it.

    Args:
        device: where the model lives; the CPU by default.

    Raises:
        ImportError: without the tokenizers library.

    >>> len(load_everyday().source)
    4000
    """
    if device is not None:
        checks.instance("device", device, (str, torch.device), "a torch.device or its name")
    return _load(str(torch.device(device or "cpu")))


def translate_everyday(
    text: str, device: torch.device | str | None = None, settings: DecodingSettings = GREEDY
) -> str:
    """The French of an English text, sentence by sentence; line feeds and lists stay as they are.

    Nothing is unknown: a sign that the model never saw is left out, a sentence without letters stays as it is.

    Args:
        text: one sentence or many.
        device: where the model runs; the CPU by default.
        settings: how a sentence is written.

    Raises:
        TypeError: if the text is no text.
        ValueError: if there is none.

    >>> translate_everyday("Where is the station?")
    'Où se trouve la gare ?'
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be text, got {checks.said(text)}")
    checks.instance("settings", settings, DecodingSettings, "DecodingSettings")
    if not text.strip():
        raise ValueError("there is no word to translate")
    [french] = translate_passages(load_everyday(device), [text], settings)
    return french


@cache
def _load(device: str) -> TrainedModel:
    return read_model(EVERYDAY, device)
