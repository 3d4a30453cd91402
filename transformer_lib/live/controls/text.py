"""A typed sentence."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from torch import Tensor

from transformer_lib.live.controls.scalars import spec_of
from transformer_lib.vocabulary import SPECIALS, UnknownWordsError, tokenise


@dataclass(frozen=True)
class Text:
    """A sentence that the reader types; the graph gets its ids, (n,) int64, where n is what was typed.

    The words typed are labels, too: drawings and a `Choice` may name them by `words`.

    Attributes:
        name: the graph's input.
        label: stands before the field.
        vocabulary: the words that may be typed, each at the place of its id (special tokens may be among them), or the
            name of such a list given at making time.
        words: what the words typed are called as labels.
        most: how many words at most.
        value: the sentence that stands there first; a picture gives it where the view does not.
        source: the name of the list that `vocabulary` was before it was bound.
    """

    name: str
    label: str
    vocabulary: str | Sequence[str]
    words: str = "tokens"
    most: int = 14
    value: str | None = None
    source: str = ""
    kind = "text"
    tabular = False

    def tokens(self, value: Any) -> list[str]:
        """The words of a sentence.

        Raises:
            ValueError: if it is no text, or has no word, or too many.
        """
        if not isinstance(value, str):
            raise ValueError(f"{self.name} must be a sentence, got {value!r}")
        tokens = list(tokenise(value))
        if not 0 < len(tokens) <= self.most:
            raise ValueError(f"type 1 to {self.most} words; these are {len(tokens)}")
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
        """A few sentences out of many: the start, its first word, its words over and over to the longest."""
        if self.value is None or isinstance(self.vocabulary, str):
            raise ValueError(f"{self.name} has no vocabulary or no starting sentence yet: bind it first")
        tokens = self.tokens(self.value)
        longest = (tokens * self.most)[: self.most]
        return [self.value, tokens[0], " ".join(longest)]

    def markup(self, prefix: str) -> str:
        name = f"{prefix}-{self.name}"
        return (
            f'<div class="live-control live-text" data-control="{self.name}" data-kind="text">'
            f'<label for="{name}">{escape(self.label)}</label>'
            f'<input id="{name}" type="text" value="{escape(self.value or "")}" maxlength="200" autocomplete="off" '
            'autocapitalize="none" spellcheck="false" disabled><span class="live-offers"></span></div>'
        )

    def spec(self) -> dict[str, Any]:
        fields = spec_of(self, "label", "words", "most", "value")
        return fields | {"vocabulary": self.source or list(self.vocabulary)}
