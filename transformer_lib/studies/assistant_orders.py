"""Facts told in one order only: is the answer found that stands behind what the question names, and the one before it?

``python -m transformer_lib.studies.assistant_orders`` asks the shipped models about stories that tell each fact once, and
writes ``transformer_lib/studies/results/assistant_orders.json``.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from transformer_lib import assistant
from transformer_lib.assistant.facts import NAMED_FIRST, NAMED_LAST, answers
from transformer_lib.assistant.stories import ask, draw_story, once, told
from transformer_lib.studies.stored import command

ASKED = {
    "base as exam": ("base", "exam"),
    "instructed": ("instructed", "plain"),
    "preferred": ("preferred", "plain"),
}


@dataclass(frozen=True)
class Settings:
    """Of the questions; the defaults are those of the stored results."""

    n_questions: int = 400


def questions(settings: Settings, answer_last: bool) -> list[tuple[str, str]]:
    """Stories of the test that tell each fact once, and a question whose answer stands behind what it names, or before.

    Why somebody was sad is left out: both orders tell the reason last.
    """
    generator, found = random.Random("orders"), []
    while len(found) < settings.n_questions:
        facts = draw_story(generator, "test")
        question = ask(generator, facts, True)
        if question.kind == "feeling" and question.asking.asked == "other":
            continue
        [fact] = answers(facts, question)
        last = NAMED_LAST if question.asking.asked == "person" else NAMED_FIRST
        order = last if answer_last else NAMED_FIRST + NAMED_LAST - last
        found.append((told(generator, facts, once(generator, facts) | {fact: [order]}), question.text()))
    return found


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Shares of verdicts for each model, by where the answer stands."""
    found: dict[str, Any] = {"about": asdict(settings), "behind": {}, "before": {}}
    for place, answer_last in (("behind", True), ("before", False)):
        asked = questions(settings, answer_last)
        for name, (stage, form) in ASKED.items():
            said = assistant.replies(assistant.load(stage), asked, form=form)
            counts = Counter(assistant.judge(*one, reply) for one, reply in zip(asked, said, strict=True))
            found[place][name] = {verdict: n / len(asked) for verdict, n in sorted(counts.items())}
    return found


if __name__ == "__main__":
    command("assistant_orders", study, __doc__)
