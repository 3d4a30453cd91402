"""From English as people type it to words that the grammar has, and from French words to a sentence as text.

The page does the same (page/text/spelling.js); a test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from transformer_lib.text.vocabulary import detokenise, tokenise

_STORED = json.loads(Path(__file__).with_name("spelling.json").read_text("utf-8"))
CONTRACTIONS: dict[str, tuple[str, ...]] = {
    short: tuple(full.split()) for short, full in _STORED["contractions"].items()
}
"""Contractions that are written out: those of which the grammar has the words, so *isn't*, not *can't*."""
CAPITALISED = frozenset(_STORED["names"])
STOP = "."
ENDS = (STOP, "!", "?")


class Reading(NamedTuple):
    """The words of a typed sentence, and what was changed for the grammar to have them."""

    words: tuple[str, ...]
    written_out: bool = False  # a contraction was
    stopped: bool = False  # a full stop was added


def read_typed(sentence: str | Sequence[str]) -> Reading:
    """A sentence with its contractions written out, and with a full stop if it has no end.

    Args:
        sentence: text, or its words.

    >>> read_typed("I'm happy")
    Reading(words=('i', 'am', 'happy', '.'), written_out=True, stopped=True)
    >>> read_typed("it is Sally's .").words
    ('it', 'is', 'sally', "'s", '.')
    """
    typed = tokenise(sentence) if isinstance(sentence, str) else tuple(sentence)
    words = tuple(word for short in typed for word in CONTRACTIONS.get(short, (short,)))
    stopped = bool(words) and words[-1] not in ENDS
    return Reading(words + (STOP,) * stopped, words != typed, stopped)


def goes_on(words: Sequence[str]) -> bool:
    """Whether words follow the end of a sentence.

    >>> goes_on(("i", "am", "happy", ".")), goes_on(("i", "am", ".", "you", "are"))
    (False, True)
    """
    ended = next((place for place, word in enumerate(words) if word in ENDS), len(words))
    return any(word[:1].isalnum() for word in words[ended:])


def as_sentence(words: Sequence[str]) -> str:
    """French words as one writes them: a capital at the start and for names, no space before a full stop or a comma.

    >>> as_sentence(["l'", "ami", "de", "sally", "dort", "."])
    "L'ami de Sally dort."
    """
    text = detokenise(word.capitalize() if word in CAPITALISED else word for word in words)
    text = re.sub(r" (?=[.,])", "", text)
    return text[:1].upper() + text[1:]
