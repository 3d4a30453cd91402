"""Early stopping: the book's translator after part of its first training."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch

from transformer_lib.data import encode_pairs, split, vocabularies
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator
from transformer_lib.training import Batches, Recipe, adam, training_step


@cache
def _known(n_pairs: int) -> list:
    return encode_pairs(split(n_pairs, seed=0).train, *vocabularies())


def stopped(recipe: Recipe, stop: int, *, n_pairs: int = 100_000, batch_size: int = 64) -> Transformer:
    """The translator after `stop` steps of ``python -m transformer_lib.training``.

    The shipped one began so, and went on to the grammar's further rules. This one knows the words of `vocabularies()`.
    The learning rate is that of the whole recipe: it has not decayed to 0. Weights and order come from the recipe's
    seed, as they do in the command.

    Args:
        recipe: of the whole training.
        stop: the last step, at most `recipe.n_steps`.
        n_pairs: drawn from the grammar with seed 0.
        batch_size: pairs in a batch, on average.

    Raises:
        ValueError: if the recipe has fewer steps.
    """
    if stop > recipe.n_steps:
        raise ValueError(f"a recipe of {recipe.n_steps} steps cannot be stopped after {stop}")
    source, target = map(len, vocabularies())
    config = replace(load_translator()[0].config, src_vocab_size=source, tgt_vocab_size=target)
    torch.manual_seed(recipe.seed)  # after the file was read: that draws numbers
    model = Transformer(config)
    batch_of, optimizer = Batches(_known(n_pairs), batch_size, seed=recipe.seed), adam(model)
    for step in range(1, stop + 1):
        training_step(
            model,
            optimizer,
            *batch_of(step),
            lr=recipe.lr(step),
            smoothing=recipe.smoothing,
            clip=recipe.clip,
        )
    return model.eval()
