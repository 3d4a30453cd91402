"""A typed sentence."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from torch import Tensor

from transformer_lib.data.grammar.spelling import ENDS, goes_on, read_typed
from transformer_lib.live.controls.scalars import spec_of
from transformer_lib.text.vocabulary import SPECIALS, UnknownWordsError, tokenise


def read_words(value: str, mends: bool) -> list[str]:
    """The words of a typed sentence; where the control mends, contractions written out and with a full stop."""
    return list(read_typed(value).words if mends else tokenise(value))


@dataclass(frozen=True)
class Text:
    """A sentence that the reader types; the graph gets its ids, (n,) int64, where n is what was typed.

    The words typed are labels, too: drawings and a `Choice` may name them by `words`. While a word is unfinished, the
    page offers the known words that begin with it.

    Attributes:
        name: the graph's input.
        label: shown before the field.
        vocabulary: the words that may be typed, each at the place of its id (special tokens may be among them), or the
            name of such a list given at making time.
        words: name of the labels made from the typed words.
        most: the largest number of words.
        value: the initial sentence; a picture gives it where the view does not.
        examples: sentences to choose from instead of typing.
        source: the name of the list that `vocabulary` was before it was bound.
        single: refuse words after the end of a sentence, which a view of one sentence would drop.
        mends: write contractions out and add a missing full stop, and say so.
    """

    name: str
    label: str
    vocabulary: str | Sequence[str]
    words: str = "tokens"
    most: int = 14
    value: str | None = None
    examples: Sequence[str] = ()
    source: str = ""
    single: bool = False
    mends: bool = False
    kind = "text"
    tabular = False

    def tokens(self, value: Any) -> list[str]:
        """The words of a sentence.

        Raises:
            ValueError: if it is no text, or has no or too many words.
        """
        if not isinstance(value, str):
            raise ValueError(f"{self.name} must be a sentence, got {value!r}")
        tokens = read_words(value, self.mends)
        if not 0 < len(tokens) <= self.most:
            raise ValueError(f"type 1 to {self.most} words; these are {len(tokens)}")
        if self.single and goes_on(tokens):
            raise ValueError("these are two sentences; type one")
        return tokens

    def tensor(self, value: Any) -> Tensor:
        """The ids.

        Raises:
            UnknownWordsError: naming every unknown word, with near known ones.
        """
        if isinstance(self.vocabulary, str):
            raise ValueError(
                f"{self.name} takes its words from the labels {self.vocabulary!r}: bind it first"
            )
        tokens = self.tokens(value)
        known = {word: i for i, word in enumerate(self.vocabulary) if word not in SPECIALS}
        unknown = [word for word in tokens if word not in known]
        if unknown:
            raise UnknownWordsError({word: difflib.get_close_matches(word, list(known)) for word in unknown})
        return torch.tensor([known[word] for word in tokens])

    def values(self) -> list[str]:
        """Values to test: the start, its first word, its words repeated to the largest number, examples."""
        if self.value is None or isinstance(self.vocabulary, str):
            raise ValueError(f"{self.name} has no vocabulary or no starting sentence yet: bind it first")
        tokens = self.tokens(self.value)
        repeated = [token for token in tokens if token not in ENDS] if self.single else tokens
        longest = (repeated * self.most)[: self.most - self.mends]
        return [self.value, tokens[0], " ".join(longest), *self.examples]

    def markup(self, prefix: str) -> str:
        name = f"{prefix}-{self.name}"
        return (
            f'<div class="live-control live-text" data-control="{self.name}" data-kind="text">'
            f'<label for="{name}">{escape(self.label)}</label>'
            f'<input id="{name}" type="text" value="{escape(self.value or "")}" maxlength="200" autocomplete="off" '
            'autocapitalize="none" spellcheck="false" disabled>'
            f'<span class="live-offers" role="group" aria-label="words for {escape(self.label)}"></span>'
            f"{self._choices()}</div>"
        )

    def _choices(self) -> str:
        """The list of examples: a choice puts one into the field, and typing another sentence puts the list back."""
        if not self.examples:
            return ""
        options = "".join(
            f'<option value="{i}"{" selected" if example == self.value else ""}>{escape(example)}</option>'
            for i, example in enumerate(self.examples)
        )
        return (
            f'<select aria-label="or choose: {escape(self.label)}" autocomplete="off" disabled>'
            f'<option value="-1">or choose …</option>{options}</select>'
        )

    def spec(self) -> dict[str, Any]:
        fields = spec_of(self, "label", "words", "most", "value")
        fields |= {name: True for name in ("single", "mends") if getattr(self, name)}
        return fields | {"examples": list(self.examples), "vocabulary": self.source or list(self.vocabulary)}
