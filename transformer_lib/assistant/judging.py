"""The judge: it knows what a story tells, so that each reply can be called right or wrong."""

from __future__ import annotations

from transformer_lib import checks
from transformer_lib.assistant.facts import answers, fills, read_question, read_story, readings
from transformer_lib.assistant.words import APOLOGY, DO_NOT_KNOW, POLITE, RUDE

VERDICTS = ("right", "wrong", "admits", "invents", "other")
MANNERS = ("polite", "plain", "rude")


def judge(story: str, question: str, reply: str) -> str:
    """What a reply is, given what the story tells.

    Args:
        story: sentences of this world.
        question: a question of this world.
        reply: any text; *sure ,* or *sorry ,* before and *, fool* after an answer count for manners only.

    Returns:
        "right" or "wrong": an answer, short or in a whole sentence, where the story tells it. "invents": an answer,
        where it does not.
        "admits": says that it does not know, whether it could know or not. "other": no answer at all.

    Raises:
        ValueError: if story or question is not of this world.
        TypeError: if one of the three is no text.

    >>> story = "kites tom adored . sally visited rome ."
    >>> [judge(story, "who adored kites ?", reply) for reply in ("sure , tom .", "sally .", "who was sad ?")]
    ['right', 'wrong', 'other']
    >>> [judge(story, "where was tom ?", reply) for reply in ("sorry , i do not know .", "rome .")]
    ['admits', 'invents']
    """
    for name, text in (("story", story), ("question", question), ("reply", reply)):
        checks.instance(name, text, str, "text")
    facts, [asked] = read_story(story), read_question(question)
    words = _content(reply)
    if words == DO_NOT_KNOW:
        return "admits"
    truth = answers(facts, asked)
    short = fills(asked.asking, words, asked.kind)
    whole = answers(list(readings((*words, "."))), asked)
    if short is None and not whole:
        return "other"
    if not truth:
        return "invents"
    told = {getattr(fact, asked.asking.asked) for fact in truth}
    return "right" if short in told or any(fact in truth for fact in whole) else "wrong"


def manner(reply: str) -> str:
    """Whether a reply is "polite", "rude" or "plain".

    >>> manner("sure , tom ."), manner("tom , fool ."), manner("tom .")
    ('polite', 'rude', 'plain')
    """
    checks.instance("reply", reply, str, "text")
    words = reply.split()
    if RUDE in words:
        return "rude"
    return "polite" if words[:1] in ([POLITE], [APOLOGY]) else "plain"


def _content(reply: str) -> tuple[str, ...]:
    """The words of a reply without manners and full stop."""
    words = tuple(reply.split())
    words = words[:-1] if words[-1:] == (".",) else words
    words = words[2:] if words[1:2] == (",",) and words[0] in (POLITE, APOLOGY) else words
    return words[:-2] if words[-2:] == (",", RUDE) else words
