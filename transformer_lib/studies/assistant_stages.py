"""What each stage does to a model that continues: answers, admissions, inventions, manners, and their price.

``python -m transformer_lib.studies.assistant_stages`` tunes the shipped base model with three seeds: to answer, with
labellers of different honesty, and to answer as preferred, with different prices of divergence (one seed), and with one
of the two losses alone: comparisons without the likelihood of preferred replies, and this likelihood without any
comparison. It writes
``transformer_lib/studies/results/assistant_stages.json``.
"""

from __future__ import annotations

import copy
import random
from dataclasses import asdict, dataclass, replace
from typing import Any

from transformer_lib import assistant
from transformer_lib.assistant.__main__ import N_EXAMPLES, N_PAIRS
from transformer_lib.assistant.tuning import ANCHOR, BETA, INSTRUCTION, PREFERENCE
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.stored import command


@dataclass(frozen=True)
class Settings:
    """Of tuning and measuring; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)
    n_questions: int = 200  # with an answer, and as many without
    n_examples: int = N_EXAMPLES
    n_pairs: int = N_PAIRS
    n_steps: int | None = None  # of each tuning; None for those of its recipe
    admitted: tuple[float, ...] = (
        0.0,
        0.1,
        0.5,
        1.0,
    )  # share of unanswerable questions where labellers admit it
    betas: tuple[float, ...] = (0.01, 0.03, 0.3, 1.0)  # beside that of the recipe; for the first seed


def instructed(
    base: LanguageModel, settings: Settings, seed: int, admitted: float = 0.0
) -> tuple[LanguageModel, list[float]]:
    """A copy of the base model that has learnt to answer, and its losses."""
    generator = random.Random(f"labellers {seed}")
    examples = [assistant.example(generator, admitted) for _ in range(settings.n_examples)]
    model = copy.deepcopy(base)
    return model, assistant.instruct(model, examples, recipe(INSTRUCTION, settings, seed))


def preferred(
    model: LanguageModel, settings: Settings, seed: int, beta: float = BETA, anchor: float = ANCHOR
) -> tuple[LanguageModel, list[float]]:
    """A copy of a model that has learnt what labellers prefer, and its losses."""
    generator = random.Random(f"preferences {seed}")
    pairs = [assistant.pair(generator) for _ in range(settings.n_pairs)]
    model = copy.deepcopy(model)
    return model, assistant.prefer(model, pairs, recipe(PREFERENCE, settings, seed), beta=beta, anchor=anchor)


def imitated(model: LanguageModel, settings: Settings, seed: int) -> tuple[LanguageModel, list[float]]:
    """A copy of a model that has learnt the preferred replies as examples, never seeing the others, and its losses."""
    generator = random.Random(f"preferences {seed}")
    pairs = [assistant.pair(generator) for _ in range(settings.n_pairs)]
    examples = [assistant.Example(one.story, one.question, one.chosen) for one in pairs]
    model = copy.deepcopy(model)
    return model, assistant.instruct(model, examples, recipe(PREFERENCE, settings, seed))


def recipe(of: Any, settings: Settings, seed: int) -> Any:
    """A stage's recipe with this seed, and as many steps as the settings say."""
    n_steps = settings.n_steps or of.n_steps
    return replace(of, seed=seed, n_steps=n_steps, warmup_steps=min(of.warmup_steps, n_steps))


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Measures of the base model, of each stage and seed, by labellers' honesty and by beta."""
    base = assistant.load("base")

    def measured(model: LanguageModel, reference: LanguageModel | None = None, form: str = "plain") -> Any:
        found = assistant.measure(model, n_questions=settings.n_questions, form=form, reference=reference)
        return found._asdict()

    found: dict[str, Any] = {
        "about": asdict(settings),
        "base": measured(base),
        "base as exam": measured(base, form="exam"),
        "instructed": [],
        "preferred": [],
        "preferred, without anchor": [],
        "preferred replies alone": [],
        "labellers": {str(share): [] for share in settings.admitted},
        "betas": {},
    }

    def tuned(first: LanguageModel, seed: int, **how: float) -> dict[str, Any]:
        model, losses = preferred(first, settings, seed, **how)
        return {**measured(model, first), "loss": losses[-1]}

    for seed in settings.seeds:
        first, losses = instructed(base, settings, seed)
        found["instructed"].append({**measured(first, base), "loss": losses[-1]})
        found["preferred"].append(tuned(first, seed))
        found["preferred, without anchor"].append(tuned(first, seed, anchor=0.0))
        alone, losses = imitated(first, settings, seed)
        found["preferred replies alone"].append({**measured(alone, first), "loss": losses[-1]})
        if seed == settings.seeds[0]:
            found["betas"] = {str(beta): tuned(first, seed, beta=beta) for beta in settings.betas}
            found["betas"][str(BETA)] = found["preferred"][0]
        for share in settings.admitted:
            model = instructed(base, settings, seed, share)[0] if share else first
            found["labellers"][str(share)].append(measured(model, base))
    return found


if __name__ == "__main__":
    command("assistant_stages", study, __doc__)
