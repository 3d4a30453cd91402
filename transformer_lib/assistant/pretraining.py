"""The first stage: a model that continues text."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.assistant.replying import check_model
from transformer_lib.assistant.texts import document
from transformer_lib.assistant.words import VOCABULARY
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.training.loop import train
from transformer_lib.training.order import Batches
from transformer_lib.training.recipe import Recipe

MAX_LENGTH = 160  # tokens of a document at most
SIZES: dict[str, Any] = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 3}
BATCH_SIZE = 32
LIST_STEPS = 600  # of pretraining, at most
PRETRAINING = Recipe(n_steps=3600, peak_lr=3e-3, warmup_steps=100, smoothing=0.0, save_every=200)


def fresh_model(seed: int = 0, **sizes: Any) -> LanguageModel:
    """An untrained model over the words of this world.

    >>> sum(p.numel() for p in fresh_model().parameters())
    110528
    """
    config = LanguageModelConfig(
        len(VOCABULARY), **(SIZES | sizes), dropout=0.0, tie_embeddings="none", max_length=MAX_LENGTH
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LanguageModel(config)


def documents(
    n_documents: int, seed: int = 0, write: Callable[[random.Random], str] = document
) -> list[list[int]]:
    """Ids of documents for pretraining, each <bos> words <eos>; `write=listed` gives lists alone.

    >>> len(documents(3)), VOCABULARY.decode(documents(1)[0])[:5]
    (3, ['exam', ':', 'sally', 'was', 'sad'])
    """
    generator = random.Random(f"documents {seed}")
    return [VOCABULARY.encode(write(generator).split(), bos=True, eos=True) for _ in range(n_documents)]


def pretrain(
    model: LanguageModel,
    texts: Sequence[Sequence[int]],
    recipe: Recipe = PRETRAINING,
    *,
    lists: Sequence[Sequence[int]] = (),
    folder: Path | str | None = None,
    resume: bool = False,
    progress: bool = False,
    on_checkpoint: Callable[[nn.Module, dict[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """Learn to continue documents, word by word, with the library's training loop; changes the model.

    Args:
        model: from `fresh_model`.
        texts: ids of documents.
        recipe: steps and rates; its seed orders the batches, too.
        lists: ids of lists for the first `LIST_STEPS` steps: there the heads form that find again what stands above.
        folder, resume, progress, on_checkpoint: as in `training.train`: a run can be stopped and go on.

    Returns:
        The curves.

    Source: Radford et al. 2018.
    """
    check_model(model)
    batches, first = (
        Batches([(None, ids) for ids in some], BATCH_SIZE, seed=recipe.seed)
        for some in (texts, lists or texts)
    )
    n_first = LIST_STEPS if lists else 0
    about = {"world": list(VOCABULARY.words), "n_documents": len(texts), "n_lists": len(lists)}

    def batch_of(step: int) -> tuple[Tensor | None, Tensor]:
        return first(step) if step <= n_first else batches(step - n_first)

    return train(
        model, batch_of, recipe, folder=folder, about=about, resume=resume, progress=progress,
        on_checkpoint=on_checkpoint,
    )  # fmt: skip
