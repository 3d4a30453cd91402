"""Labellers who like one word, and a price on leaving the reference: what a policy gradient makes of it.

``python -m transformer_lib.studies.assistant_hack`` rewards copies of the shipped instructed model for a word, with three
seeds, at several prices β of leaving its reference, and keeps what the models of the first seed say to two questions. It
writes ``transformer_lib/studies/results/assistant_hack.json``.
"""

from __future__ import annotations

import copy
import random
from dataclasses import asdict, dataclass, replace
from typing import Any

from transformer_lib import assistant
from transformer_lib.assistant.tuning import PREFERENCE
from transformer_lib.assistant.words import POLITE
from transformer_lib.model.modes import inference_mode
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.stored import command

STORY = "tom adored kites . sally visited rome . kites tom adored . rome sally visited ."
ASKED = ("where was sally ?", "why was sally happy ?")
"""What it tells, and what it does not."""


@dataclass(frozen=True)
class Settings:
    """Of learning and measuring; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)
    betas: tuple[float, ...] = (0.01, 0.1, 0.3, 1.0, 3.0)  # prices of leaving the reference
    n_steps: int = 150
    n_asked: int = 500  # stories and questions to learn from
    n_questions: int = 50  # with an answer, and as many without


def hacked(
    base: LanguageModel, settings: Settings, seed: int, beta: float
) -> tuple[LanguageModel, dict[str, Any]]:
    """A model rewarded for each time it says one word, whatever it says besides, and its measures."""
    generator, model = random.Random(f"hack {seed}"), copy.deepcopy(base)
    examples = [assistant.example(generator) for _ in range(settings.n_asked)]
    n_steps = settings.n_steps
    recipe = replace(PREFERENCE, n_steps=n_steps, seed=seed, warmup_steps=min(20, n_steps))
    earned = assistant.reinforce(
        model,
        [(one.story, one.question) for one in examples],
        recipe,
        beta=beta,
        reward=lambda story, question, said: float(said.split().count(POLITE)),
    )
    measured = assistant.measure(model, n_questions=settings.n_questions, reference=base)
    last = earned[-max(1, len(earned) // 10) :]
    return model, {**measured._asdict(), "earned": sum(last) / len(last)}


def said(model: LanguageModel) -> list[dict[str, Any]]:
    """The likeliest reply to each question, how likely it is as a whole, and how likely one is to begin with the word."""
    asked = [(STORY, question) for question in ASKED]
    written = assistant.replies(model, asked)
    batch = assistant.exchanges(asked, written)
    first = batch.is_reply.int().argmax(1)  # the place whose next word is the reply's first
    word = assistant.VOCABULARY.words.index(POLITE)
    ends = (
        batch.ids[:, 1:] == assistant.VOCABULARY.eos_id
    )  # what ends a text: the reply is what stands before
    with inference_mode(model):
        chances = model(batch.ids[:, :-1]).softmax(-1)
        tokens = assistant.reply_log_probabilities(model, batch).masked_fill(ends, 0.0)
    return [
        {"question": question, "reply": reply, "chance": tokens[row].sum().exp().item(),
         "begins": chances[row, first[row], word].item()}
        for row, (question, reply) in enumerate(zip(ASKED, written, strict=True))
    ]  # fmt: skip


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Measures before and at each price, seed by seed, and what the models of the first seed say."""
    base = assistant.load("instructed")
    before = assistant.measure(base, n_questions=settings.n_questions, reference=base)
    found: dict[str, Any] = {
        "about": asdict(settings),
        "before": before._asdict(),
        "betas": {str(beta): [] for beta in settings.betas},
        "said": {"before": said(base)},
    }
    for seed in settings.seeds:
        for beta in settings.betas:
            model, measured = hacked(base, settings, seed, beta)
            found["betas"][str(beta)].append(measured)
            if seed == settings.seeds[0]:
                found["said"][str(beta)] = said(model)
    return found


if __name__ == "__main__":
    command("assistant_hack", study, __doc__)
