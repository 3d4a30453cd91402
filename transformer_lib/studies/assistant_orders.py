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
from transformer_lib.assistant.facts import NAMED_FIRST, NAMED_LAST, answers, read_question, read_story
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

    n_questions: int = 1600


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


def choices(story: str, question: str) -> int:
    """How many different words stand, in facts of the question's kind, where its answer does.

    >>> choices("tom adored kites . lamps sally sold . sally visited rome .", "what did tom adore ?")
    2
    """
    [asked] = read_question(question)
    return len({getattr(fact, asked.asking.asked) for fact in read_story(story) if fact.kind == asked.kind})


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Shares of verdicts for each model, by where the answer stands, and of right ones by how many words it may be."""
    found: dict[str, Any] = {"about": asdict(settings), "behind": {}, "before": {}, "choices": {}}
    for place, answer_last in (("behind", True), ("before", False)):
        asked = questions(settings, answer_last)
        counted = [choices(*one) for one in asked]
        among = Counter(counted)
        found["choices"][place] = {"n": {str(n): among[n] for n in sorted(among)}}
        for name, (stage, form) in ASKED.items():
            said = assistant.replies(assistant.load(stage), asked, form=form)
            verdicts = [assistant.judge(*one, reply) for one, reply in zip(asked, said, strict=True)]
            found[place][name] = {verdict: n / len(asked) for verdict, n in sorted(Counter(verdicts).items())}
            right = Counter(n for n, verdict in zip(counted, verdicts, strict=True) if verdict == "right")
            found["choices"][place][name] = {str(n): right[n] / among[n] for n in sorted(among)}
    return found


if __name__ == "__main__":
    command("assistant_orders", study, __doc__)
