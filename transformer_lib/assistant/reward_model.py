"""A model that gives one number, a reward, for a whole reply, and how it learns to from preferences."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from transformer_lib.assistant.losses import bradley_terry_loss
from transformer_lib.assistant.replying import check_model, exchanges
from transformer_lib.assistant.texts import Pair
from transformer_lib.assistant.tuning import PREFERENCE, fit
from transformer_lib.assistant.words import VOCABULARY
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.training.recipe import Recipe


def score(model: LanguageModel, asked: Sequence[tuple[str, str]], answers: Sequence[str]) -> Tensor:
    """(B,) rewards of replies: the logit of <bos> after <eos>, a linear map of the last hidden vector.

    No text has <bos> after <eos>, so this logit is free to mean something else.

    Source: Ouyang et al. 2022: a model whose last layer gives one number instead of words.
    """
    batch = exchanges(asked, answers)
    last = (batch.ids == VOCABULARY.eos_id).int().argmax(1)
    return model(batch.ids)[torch.arange(len(last)), last, VOCABULARY.bos_id]


def learn_rewards(
    model: LanguageModel, pairs: Sequence[Pair], recipe: Recipe = PREFERENCE, *, progress: bool = False
) -> list[float]:
    """Make a reward model of a copy of a model: `score` learns to agree with preferences, by `bradley_terry_loss`.

    Args:
        model: trained to reply; it is changed, and replies no longer.
        pairs: replies of which the first was preferred.
        recipe: steps of `BATCH_SIZE` pairs, and rates.
        progress: show a bar on stderr.

    Returns:
        The loss of each step.

    Source: Christiano et al. 2017; Ouyang et al. 2022, who compare several replies at once.
    """
    check_model(model)

    def loss(rows: Sequence[int], step: int) -> Tensor:
        some = [pairs[row] for row in rows]
        asked = [(one.story, one.question) for one in some]
        found = score(model, asked * 2, [*(one.chosen for one in some), *(one.rejected for one in some)])
        return bradley_terry_loss(*found.chunk(2))

    return fit(model, len(pairs), loss, recipe, progress)
