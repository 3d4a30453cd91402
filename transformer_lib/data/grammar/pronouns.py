"""Subject pronouns: those without an antecedent, and those that refer to the subject before."""

from __future__ import annotations

from transformer_lib.data.grammar.drafts import Draft
from transformer_lib.data.grammar.elision import tokens
from transformer_lib.data.grammar.phrases import Phrase, Scene

PRONOUNS = {
    "i": ("je", 0), "you": ("tu", 1), "he": ("il", 2), "she": ("elle", 2), "we": ("nous", 3), "they": ("ils", 4),
    "it": ("il", 2),
}  # fmt: skip
FREE = tuple(word for word in PRONOUNS if word != "it")


def taken_up(before: Phrase | None, lasting: bool, person: bool) -> str:
    """The pronoun that refers to the subject before, if there is one."""
    if before is None or before.person not in (2, 4) or (person and not before.is_person):
        return ""
    if not before.is_person and not lasting and "animal" not in before.tags:
        return ""
    if before.plural:
        return "they"
    return "it" if not before.is_person else "she" if before.feminine else "he"


def free_pronouns(scene: Scene, lasting: bool, person: bool) -> tuple[str, ...]:
    """The pronouns that need no antecedent; *they* only where no unsuitable antecedent stands before."""
    before = scene.antecedent
    fits = before is None or not before.plural or taken_up(before, lasting, person)
    return tuple(word for word in FREE if word != "they" or fits)


def pronoun(draft: Draft, scene: Scene) -> Phrase:
    """A pronoun as subject; *they* and *it* take gender and kind from the subject before."""
    before = scene.antecedent
    options = {word: PRONOUNS[word] for word in scene.pronouns or FREE}
    source, (french, person) = draft.word(options)
    english = draft.words[source]
    if before and (english == "it" or (english == "they" and before.plural)):
        feminine = before.feminine
        french = ("elles" if person == 4 else "elle") if feminine else french
        return Phrase(tokens(french, source), person, feminine, before.noun)
    feminine = {
        "i": scene.speaker_feminine,
        "you": scene.hearer_feminine,
        "we": scene.speakers_feminine,
        "she": True,
    }.get(english, False)
    return Phrase(tokens(french, source), person, feminine)
