"""Words in reading order: shaded by weight, or linked to the words of another row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformer_lib import figures
from transformer_lib.live.drawings.names import WIDE, Labels, Outputs, Values, language_of, listed, names_of


@dataclass(frozen=True)
class Words:
    """Words in reading order, each shaded by its weight from 0 to 1.

    Attributes:
        values: the output, (n,).
        labels: the words.
        selected: a control (a `Choice` of the words) that picks one; pressing a word moves it.
        language: of the words, where the name of the labels does not tell it.
    """

    values: str
    labels: str | Sequence[str]
    title: str
    selected: str | None = None
    language: str | None = None
    width: int = 736
    height: int = 110
    type = "words"

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        chosen = values[self.selected] if self.selected else None
        names = names_of(self.labels, labels)
        figures.words(
            axes,
            outputs[self.values],
            names,
            title=self.title,
            selected=chosen,
            language=language_of(self.labels, self.language),
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        return f"{self.title}: {listed(names_of(self.labels, labels), outputs[self.values].tolist())}."


@dataclass(frozen=True)
class Links:
    """Two rows of words; a line from each word below to each above, as thick as its weight.

    Attributes:
        values: the output, (T, S).
        top: the S words above, the keys.
        bottom: the T words below, the queries.
        selected: a control (a `Choice` of the words below) that picks one; pressing a word moves it.
    """

    values: str
    top: str | Sequence[str]
    bottom: str | Sequence[str]
    title: str
    selected: str | None = None
    width: int = 560
    height: int = 220
    type = "links"

    @property
    def keeps(self) -> bool:
        """Whether the height stays on narrow screens: wide rows of words need it."""
        return self.width > WIDE

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        figures.links(
            axes,
            outputs[self.values],
            names_of(self.top, labels),
            names_of(self.bottom, labels),
            title=self.title,
            selected=values[self.selected] if self.selected else None,
            languages=(language_of(self.top), language_of(self.bottom)),
        )

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        top = names_of(self.top, labels)
        largest, where = outputs[self.values].max(-1)
        said = [
            f"{word}→{top[int(place)]} {value:.4g}"
            for word, place, value in zip(names_of(self.bottom, labels), where, largest.tolist(), strict=True)
        ]
        return f"{self.title}. Strongest: {', '.join(said)}."
