"""Vocabularies: words and their ids.

The book's convention: a source sentence is its words only, so that attention maps show exactly the words typed; a
target sentence is <bos> words <eos>, for the decoder needs a start token and an end token. Models of real text also end
their source with <eos>, since not every sentence of it ends with a full stop.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from torch import Tensor

SPECIALS = ("<pad>", "<bos>", "<eos>")
PAD_ID, BOS_ID, EOS_ID = range(len(SPECIALS))

_BECOMES = {"apostrophe": "'", "dropped": None, "blank": " "}
_ALIKE = json.loads(Path(__file__).with_name("characters.json").read_text("utf-8"))
CHARACTERS = {
    code: written
    for kind, written in _BECOMES.items()
    for ends in (bounds.split("-") for bounds in _ALIKE[kind])
    for code in range(int(ends[0], 16), int(ends[-1], 16) + 1)
}
"""What becomes of a character that people type for another; None: it is dropped."""
_ELIDED = r"(?:jusqu|lorsqu|puisqu|qu|[cdjlmnst])'"
# After these, 's means "is"; after any other word it is the genitive, a separate token.
_CONTRACTED = r"(?:he|here|it|let|she|that|there|what|who)'s\b"
_TOKEN = re.compile(rf"{_ELIDED}(?=\s*\w)|{_CONTRACTED}|'s\b|\w+(?:['-](?!s\b)\w+)*|[^\w\s]")
_GLUED_RIGHT = re.compile(_ELIDED)
_NEVER_GENITIVE = re.compile(r"he|here|it|let|she|that|there|what|who")
Sentence = str | Sequence[str]  # text, or its words


class UnknownWordsError(ValueError):
    """Words that a vocabulary does not hold; `unknown` maps each to similar known words."""

    def __init__(self, unknown: dict[str, list[str]]):
        self.unknown = unknown
        hints = [
            f"{word!r}" + (f" (near: {', '.join(near)})" if near else "") for word, near in unknown.items()
        ]
        super().__init__(f"{len(unknown)} unknown word{'s' * (len(unknown) > 1)}: {'; '.join(hints)}")


def tokenise(text: str) -> tuple[str, ...]:
    """Lower-case words and marks: *L'ami* is ``l'`` and ``ami``, *Sally's* is ``sally`` and ``'s``.

    All apostrophe-like characters are equal; invisible characters, such as a soft hyphen, are dropped.

    >>> tokenise("L'amie de Sally n'est pas prête.")
    ("l'", 'amie', 'de', 'sally', "n'", 'est', 'pas', 'prête', '.')
    """
    text = unicodedata.normalize("NFC", text.lower().translate(CHARACTERS))
    return tuple(_TOKEN.findall(text))


def detokenise(words: Iterable[str]) -> str:
    """The sentence that `tokenise` splits into these words; a mark keeps the space before it.

    >>> detokenise(("l'", "amie", "de", "sally", "est", "là", "."))
    "l'amie de sally est là ."
    >>> tokenise(detokenise(("sally", "'s", "car"))) == ("sally", "'s", "car")
    True
    """
    sentence, before = "", ""
    for word in words:
        elided = _GLUED_RIGHT.fullmatch(before) and word[:1].isalnum()
        genitive = word == "'s" and before[-1:].isalnum() and not _NEVER_GENITIVE.fullmatch(before)
        sentence += word if not before or elided or genitive else f" {word}"
        before = word
    return sentence


class Vocabulary:
    """A fixed list of words, each with its id; <pad>, <bos> and <eos> are 0, 1 and 2.

    Args:
        words: the words without the specials, in the order of their ids.

    Raises:
        ValueError: if there is no word, or a word is empty, doubled or a special.

    >>> vocabulary = Vocabulary(["i", "am", "happy", "."])
    >>> vocabulary.encode("I am happy.", bos=True, eos=True)
    [1, 3, 4, 5, 6, 2]
    >>> vocabulary.decode([1, 3, 4, 5, 6, 2, 0, 0])
    ['i', 'am', 'happy', '.']
    >>> vocabulary.encode("i am hapy")
    Traceback (most recent call last):
        ...
    transformer_lib.text.vocabulary.UnknownWordsError: 1 unknown word: 'hapy' (near: happy)
    """

    pad_id, bos_id, eos_id = PAD_ID, BOS_ID, EOS_ID

    def __init__(self, words: Iterable[str]):
        if isinstance(words, str):
            raise TypeError("expected a list of words, got one string; did you mean to tokenise it?")
        self.words: tuple[str, ...] = (*SPECIALS, *words)
        self._ids = {word: i for i, word in enumerate(self.words)}
        if len(self.words) == len(SPECIALS):
            raise ValueError("a vocabulary needs at least one word")
        if len(self._ids) < len(self.words):
            doubled = sorted({word for word in self.words if self.words.count(word) > 1})
            raise ValueError(f"words must differ from each other and from {SPECIALS}, doubled: {doubled}")
        if "" in self._ids:
            raise ValueError("a word is empty")

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def near(self, word: str, n: int = 3) -> list[str]:
        """Up to `n` words of the vocabulary with similar spelling, the most similar first."""
        return difflib.get_close_matches(word, self.words[len(SPECIALS) :], n)

    def encode(self, sentence: Sentence, *, bos: bool = False, eos: bool = False) -> list[int]:
        """The ids of a sentence, or of a list of words.

        Raises:
            UnknownWordsError: naming every unknown word, with similar known ones.
            ValueError: if there is no word.
        """
        words = tokenise(sentence) if isinstance(sentence, str) else tuple(sentence)
        if not words:
            raise ValueError("there is no word to encode")
        known = self._ids.keys() - SPECIALS
        if unknown := {word: self.near(word) for word in words if word not in known}:
            raise UnknownWordsError(unknown)
        return [self.bos_id] * bos + [self._ids[word] for word in words] + [self.eos_id] * eos

    def decode(self, ids: Sequence[int] | Tensor) -> list[str]:
        """The words of a row of ids, up to the first <eos> and without specials.

        Raises:
            ValueError: if an id is outside the vocabulary, or `ids` has more than one dimension.
        """
        if isinstance(ids, Tensor):
            if ids.ndim != 1:
                raise ValueError(f"expected one row of ids, got shape {tuple(ids.shape)}; decode row by row")
            ids = ids.tolist()
        words = []
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(
                    f"expected ids from 0 to {len(self) - 1}, got {i}; is it the other vocabulary's?"
                )
            if i == self.eos_id:
                break
            if i >= len(SPECIALS):
                words.append(self.words[i])
        return words

    def to_json(self) -> str:
        """The words as a JSON list in the order of their ids, specials first."""
        return json.dumps(self.words, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Vocabulary:
        """The vocabulary that `to_json` wrote.

        Raises:
            ValueError: if `text` is not a list of words that starts with the specials.

        >>> Vocabulary.from_json(Vocabulary(["book"]).to_json()).words
        ('<pad>', '<bos>', '<eos>', 'book')
        """
        words = json.loads(text)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"expected a JSON list of words, got {text[:40]!r}")
        if tuple(words[: len(SPECIALS)]) != SPECIALS:
            raise ValueError(f"expected a list that starts with {SPECIALS}, got {words[: len(SPECIALS)]}")
        return cls(words[len(SPECIALS) :])
