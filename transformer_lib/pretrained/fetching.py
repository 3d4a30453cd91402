"""Three published models as they were trained: from a folder, from the hub, or a sentence that says why not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from transformer_lib import checks

FOLDER = "PUBLISHED_MODELS"
"""The variable of the environment that names a folder with a folder for each model, as `save_pretrained` writes it."""
OFFLINE = "HF_HUB_OFFLINE"
"""The hub's own variable: where it is set, no host is asked for anything."""
MODELS = {
    "gpt2": ("openai-community/gpt2", "GPT2LMHeadModel"),
    "bert-base-uncased": ("google-bert/bert-base-uncased", "BertForMaskedLM"),
    "opus-mt-en-fr": ("Helsinki-NLP/opus-mt-en-fr", "MarianMTModel"),
}
"""The name on the hub and the class in the `transformers` library, by the name of the folder."""


class NotFetchedError(Exception):
    """A model that is not at hand; the message says why, in one sentence."""


def fetch(name: str) -> tuple[Any, Any]:
    """A trained model of the `transformers` library, and its tokenizer.

    It comes from the folder that the variable PUBLISHED_MODELS names, or else from the hub, unless HF_HUB_OFFLINE is set.

    Args:
        name: "gpt2", "bert-base-uncased" or "opus-mt-en-fr".

    Raises:
        NotFetchedError: if it is not at hand.
        ValueError: if the name is another.
        ImportError: without the transformers library.
    """
    checks.choice("name", name, tuple(MODELS))
    on_hub, kind = MODELS[name]
    folder, offline = os.environ.get(FOLDER), os.environ.get(OFFLINE, "")
    place = str(Path(folder) / name) if folder else on_hub
    if folder and not Path(place).is_dir():
        raise NotFetchedError(f"{name} is not in the folder that {FOLDER} names")
    if not folder and offline.casefold() not in ("", "0", "false", "no", "off"):
        raise NotFetchedError(f"{name} is not fetched, for {OFFLINE} is set")
    try:
        import transformers
    except ImportError as error:
        raise ImportError(
            "published models need the transformers library: pip install transformers"
        ) from error
    try:
        model = getattr(transformers, kind).from_pretrained(place).eval()
        return model, transformers.AutoTokenizer.from_pretrained(place)
    except Exception as error:  # it raises whatever the network and a dozen libraries raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise NotFetchedError(f"{name} could not be fetched: {reason}") from error
