"""The stages of tuning: a model that answers, one that answers as labellers prefer, one that is rewarded."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from tqdm import tqdm

from transformer_lib.assistant.judging import judge
from transformer_lib.assistant.losses import answer_loss, dpo_loss
from transformer_lib.assistant.replying import (
    Exchanges,
    as_drawn,
    check_model,
    exchanges,
    replies,
    reply_log_probabilities,
)
from transformer_lib.assistant.rewards import group_advantages, policy_gradient_loss
from transformer_lib.assistant.texts import Example, Pair
from transformer_lib.model.modes import in_mode
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.training.loss import shift
from transformer_lib.training.order import derived_seed
from transformer_lib.training.recipe import Recipe
from transformer_lib.training.step import adam

BATCH_SIZE = 32
INSTRUCTION = Recipe(n_steps=250, peak_lr=1e-3, warmup_steps=20, smoothing=0.0)
PREFERENCE = Recipe(n_steps=400, peak_lr=1e-3, warmup_steps=20, smoothing=0.0)
BETA = 0.1  # of preference learning, and the price of divergence in reinforcement
ANCHOR = 4.0  # weight of the likelihood of preferred replies
REWARDS = {"right": 1.0, "wrong": -1.0, "admits": 0.0, "invents": -1.0, "other": -1.0}
"""What a verdict is worth to a policy gradient; what cannot be known is admitted for want of anything better."""


def instruct(
    model: LanguageModel, examples: Sequence[Example], recipe: Recipe = INSTRUCTION, *, progress: bool = False
) -> list[float]:
    """Learn to reply as labellers did, by `answer_loss`; changes the model.

    Args:
        model: trained on documents.
        examples: stories, questions and replies.
        recipe: steps of `BATCH_SIZE` examples, and rates.
        progress: show a bar on stderr.

    Returns:
        The loss of each step.

    Source: Ouyang et al. 2022 (supervised fine-tuning).
    """
    check_model(model)

    def loss(rows: Sequence[int], step: int) -> Tensor:
        chosen = [examples[row] for row in rows]
        batch = exchanges([(x.story, x.question) for x in chosen], [x.reply for x in chosen])
        inputs, targets = shift(batch.ids)
        return answer_loss(model(inputs), targets, batch.is_reply)

    return fit(model, len(examples), loss, recipe, progress)


def prefer(
    model: LanguageModel,
    pairs: Sequence[Pair],
    recipe: Recipe = PREFERENCE,
    *,
    beta: float = BETA,
    anchor: float = ANCHOR,
    progress: bool = False,
) -> list[float]:
    """Learn from preferences by `dpo_loss`, with the model as it comes as reference; changes the model.

    The loss of a pair falls as well when both replies become less likely, the rejected one faster. So the negative
    log-likelihood of the preferred replies, per token, is added.

    Args:
        model: trained to reply.
        pairs: replies of which the first was preferred.
        recipe: steps of `BATCH_SIZE` pairs, and rates.
        beta: how dear it is to move away.
        anchor: weight of the likelihood of preferred replies; 0 leaves `dpo_loss` alone.
        progress: show a bar on stderr.

    Returns:
        The loss of each step.

    Source: Rafailov et al. 2023, equation 7; Pang et al. 2024 (arXiv 2404.19733) for the sum of both losses.
    """
    check_model(model)
    reference = copy.deepcopy(model).eval()

    def loss(rows: Sequence[int], step: int) -> Tensor:
        both = both_replies([pairs[row] for row in rows])
        with torch.no_grad():
            before = reply_log_probabilities(reference, both).sum(1).chunk(2)
        log_p = reply_log_probabilities(model, both)
        likelihood = log_p[: len(rows)].sum() / both.is_reply[: len(rows)].sum()
        return dpo_loss(*log_p.sum(1).chunk(2), *before, beta=beta) - anchor * likelihood

    return fit(model, len(pairs), loss, recipe, progress)


def reinforce(
    model: LanguageModel,
    asked: Sequence[tuple[str, str]],
    recipe: Recipe = PREFERENCE,
    *,
    n_replies: int = 8,
    beta: float = BETA,
    reward: Callable[[str, str, str], float] | None = None,
    progress: bool = False,
) -> list[float]:
    """Learn from rewards of the model's own replies by `policy_gradient_loss`; changes the model.

    At each step the model draws `n_replies` to each of some questions, and what is better than the others of its group
    becomes likelier. What a model never says, it is never rewarded for.

    Args:
        model: trained to reply; as it comes, it is the reference.
        asked: stories and questions.
        recipe: steps of ``BATCH_SIZE // n_replies`` questions, at least one, and rates.
        n_replies: replies to each question, at least 2.
        beta: price of leaving the reference, as in `policy_gradient_loss`.
        reward: of story, question and reply; the judge's verdict by `REWARDS` unless given.
        progress: show a bar on stderr.

    Returns:
        The mean reward of each step.

    Source: Williams 1992; Shao et al. 2024 (DeepSeekMath), without its clipping, as each reply is used once, and with
    the sum over a reply's tokens in place of their mean.
    """
    check_model(model)
    reference, rewards = copy.deepcopy(model).eval(), []
    worth = reward or (lambda story, question, said: REWARDS[judge(story, question, said)])

    def loss(rows: Sequence[int], step: int) -> Tensor:
        group = [asked[row] for row in rows for _ in range(n_replies)]
        generator = torch.Generator().manual_seed(derived_seed(recipe.seed, step, 1) % 2**63)
        drawn = replies(model, group, generator=generator)
        earned = torch.tensor([worth(*one, said) for one, said in zip(group, drawn, strict=True)])
        rewards.append(earned.mean().item())
        batch = as_drawn(exchanges(group, drawn), drawn)
        with torch.no_grad():
            before = reply_log_probabilities(reference, batch)
        advantages = group_advantages(earned.view(len(rows), n_replies)).flatten()
        log_p = reply_log_probabilities(model, batch)
        return policy_gradient_loss(log_p, before, advantages, batch.is_reply, beta=beta)

    fit(model, len(asked), loss, recipe, progress, batch_size=max(1, BATCH_SIZE // n_replies))
    return rewards


def both_replies(pairs: Sequence[Pair]) -> Exchanges:
    """Exchanges with the chosen replies of all pairs, then those with the rejected."""
    asked = [(one.story, one.question) for one in pairs]
    return exchanges(asked * 2, [*(one.chosen for one in pairs), *(one.rejected for one in pairs)])


def fit(
    model: LanguageModel,
    n_items: int,
    loss_of: Callable[[Sequence[int], int], Tensor],
    recipe: Recipe,
    progress: bool,
    batch_size: int = BATCH_SIZE,
) -> list[float]:
    """Adam on losses of batches of items, shuffled anew in each epoch."""
    if n_items < 1:
        raise ValueError("there is nothing to learn from")
    optimizer, losses, order = adam(model, weight_decay=recipe.weight_decay), [], []
    batch_size = min(batch_size, n_items)
    with in_mode(model, training=True):
        for step in tqdm(range(1, recipe.n_steps + 1), unit="step", disable=not progress):
            while len(order) < batch_size:
                seed = derived_seed(recipe.seed, step, n_items)
                order += random.Random(seed).sample(range(n_items), n_items)
            rows, order = order[:batch_size], order[batch_size:]
            loss = loss_of(rows, step)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            for group in optimizer.param_groups:
                group["lr"] = recipe.lr(step)
            optimizer.step()
            losses.append(loss.item())
    return losses
