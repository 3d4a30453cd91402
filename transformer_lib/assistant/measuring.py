"""What a model does with questions that stories answer and with such that they do not, measured by the judge."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import torch

from transformer_lib import checks
from transformer_lib.assistant.judging import judge, manner
from transformer_lib.assistant.replying import as_drawn, exchanges, replies
from transformer_lib.assistant.rewards import kl_divergence
from transformer_lib.assistant.stories import draw
from transformer_lib.model.modes import inference_mode
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.training.loss import shift

N_QUESTIONS = 200  # of each kind, unless said


class Measured(NamedTuple):
    """Shares of replies to test questions, and what they cost; greedy but for `kl`, whose replies are drawn."""

    right: float  # of what the story tells
    wrong: float
    refused: float  # of what the story tells, "i do not know"
    admitted: float  # of what the story does not tell
    invented: float
    other: float  # no answer, of both
    polite: float  # of all replies
    rude: float
    length: float  # words in a reply, full stop included
    kl: float | None  # nats for each reply between the model and a reference, if one is given


def measure(
    model: LanguageModel,
    *,
    n_questions: int = N_QUESTIONS,
    form: str = "plain",
    reference: LanguageModel | None = None,
) -> Measured:
    """Ask a model `n_questions` with and as many without an answer, none of which was in training.

    Args:
        model: of any stage.
        n_questions: of each kind, at least 1.
        form: of the prompt, as in `reply`.
        reference: to measure the divergence from, on replies that the model draws to plain prompts.

    Returns:
        `Measured`.
    """
    checks.count("n_questions", n_questions)
    asked = {told: [draw(seed, told) for seed in range(n_questions)] for told in (True, False)}
    written = {told: replies(model, asked[told], form=form) for told in asked}
    verdicts = {
        told: Counter(judge(*one, said) for one, said in zip(asked[told], written[told], strict=True))
        for told in asked
    }
    said = [*written[True], *written[False]]
    manners = Counter(map(manner, said))
    return Measured(
        right=verdicts[True]["right"] / n_questions,
        wrong=verdicts[True]["wrong"] / n_questions,
        refused=verdicts[True]["admits"] / n_questions,
        admitted=verdicts[False]["admits"] / n_questions,
        invented=verdicts[False]["invents"] / n_questions,
        other=(verdicts[True]["other"] + verdicts[False]["other"]) / (2 * n_questions),
        polite=manners["polite"] / len(said),
        rude=manners["rude"] / len(said),
        length=sum(len(words.split()) for words in said) / len(said),
        kl=None if reference is None else divergence(model, reference, [*asked[True], *asked[False]]),
    )


def divergence(model: LanguageModel, reference: LanguageModel, asked: list[tuple[str, str]]) -> float:
    """Mean KL divergence of whole replies from a reference's, in nats, estimated on one drawn reply to each question."""
    drawn = replies(model, asked, generator=torch.Generator().manual_seed(0))
    batch = as_drawn(exchanges(asked, drawn), drawn)
    inputs, _ = shift(batch.ids)
    with inference_mode(model), inference_mode(reference):
        apart = kl_divergence(model(inputs), reference(inputs))
    return (torch.where(batch.is_reply, apart, 0.0).sum() / len(asked)).item()
