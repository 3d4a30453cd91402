"""Subwords, learnt from text by byte-pair encoding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor

from transformer_lib.text.vocabulary import BOS_ID, EOS_ID, PAD_ID, SPECIALS, Sentence

UNKNOWN = "<unk>"
LONGEST_WORD = 100
"""Longer words are cut at this length: time and memory of merging are quadratic in it."""


class Subwords:
    """Pieces of words and their ids, learnt from text by byte-pair encoding; specials as in `Vocabulary`.

    A frequent word is one piece; any other is split into smaller ones, so that no word is unknown unless one of its
    letters is.

    Source: Sennrich et al. 2016, section 3.2.

    >>> subwords = Subwords.train(["low lower lowest", "new newer newest"], size=20)
    >>> subwords.pieces("lower newest")
    ['▁lo', 'wer', '▁ne', 'we', 'st']
    >>> subwords.decode(subwords.encode("newer", bos=True, eos=True))
    'newer'
    """

    pad_id, bos_id, eos_id = PAD_ID, BOS_ID, EOS_ID
    WORD = "▁"  # begins a word

    def __init__(self, tokenizer):
        for i, special in enumerate(SPECIALS):
            if tokenizer.token_to_id(special) != i:
                raise ValueError(f"expected {special} to have id {i}, got {tokenizer.token_to_id(special)}")
        # "<eos>" in a text is five characters, never the special token
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self._letters: frozenset[str] | None = None

    @classmethod
    def train(cls, sentences: Iterable[str], size: int = 8000) -> Subwords:
        """Learn at most `size` pieces, specials and letters among them, from the sentences of the training split.

        Raises:
            ValueError: if `size` is too small for any piece, or there is no sentence.
        """
        if size <= len(SPECIALS) + 1:
            raise ValueError(
                f"expected a size above {len(SPECIALS) + 1}, the specials and {UNKNOWN}, got {size}"
            )
        sentences = list(sentences)
        if not sentences:
            raise ValueError("there is no sentence to learn from")
        library = _tokenizers()
        tokenizer = library.Tokenizer(library.models.BPE(unk_token=UNKNOWN))
        tokenizer.normalizer = library.normalizers.NFC()
        # ▁ marks the beginning of a word, so that decoding restores the spaces
        tokenizer.pre_tokenizer = library.pre_tokenizers.Sequence(
            [
                library.pre_tokenizers.Metaspace(),
                library.pre_tokenizers.Punctuation(),
                library.pre_tokenizers.FixedLength(LONGEST_WORD),
            ]
        )
        tokenizer.decoder = library.decoders.Metaspace()
        trainer = library.trainers.BpeTrainer(
            vocab_size=size, special_tokens=[*SPECIALS, UNKNOWN], show_progress=False
        )
        tokenizer.train_from_iterator(sentences, trainer)
        return cls(tokenizer)

    def __len__(self) -> int:
        return self._tokenizer.get_vocab_size()

    def encode(self, sentence: Sentence, *, bos: bool = False, eos: bool = False) -> list[int]:
        """The ids of a sentence's pieces; a list of words is joined by spaces.

        Raises:
            ValueError: if there is no word.
        """
        text = sentence if isinstance(sentence, str) else " ".join(sentence)
        if not text.strip():
            raise ValueError("there is no word to encode")
        return [self.bos_id] * bos + self._tokenizer.encode(text).ids + [self.eos_id] * eos

    def pieces(self, sentence: str) -> list[str]:
        """A sentence's pieces; ▁ begins a word."""
        return self._tokenizer.encode(sentence).tokens

    def letters(self) -> frozenset[str]:
        """The characters that it knows; another one becomes <unk>."""
        if self._letters is None:
            known = frozenset(piece for piece in self._tokenizer.get_vocab() if len(piece) == 1)
            self._letters = known - {self.WORD}
        return self._letters

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text of a row of ids, up to the first <eos> and without specials."""
        ids = ids.tolist() if isinstance(ids, Tensor) else list(ids)
        if wrong := [i for i in ids if not 0 <= i < len(self)]:
            raise ValueError(
                f"expected ids from 0 to {len(self) - 1}, got {wrong[0]}; is it the other language's?"
            )
        ids = ids[: ids.index(self.eos_id)] if self.eos_id in ids else ids
        return self._tokenizer.decode(
            [i for i in ids if i not in (self.pad_id, self.bos_id)], skip_special_tokens=False
        )

    def to_json(self) -> str:
        """The subwords as JSON, for `from_json`."""
        return self._tokenizer.to_str()

    @classmethod
    def from_json(cls, text: str) -> Subwords:
        """The subwords that `to_json` wrote.

        Raises:
            ValueError: if `text` is something else.
        """
        library = _tokenizers()
        try:
            tokenizer = library.Tokenizer.from_str(text)
        except Exception as error:  # the library raises bare exceptions
            raise ValueError(f"this is no saved tokenizer: {error}") from error
        return cls(tokenizer)


def _tokenizers():
    try:
        import tokenizers
    except ImportError as error:
        raise ImportError("subwords need the tokenizers library: pip install tokenizers") from error
    return tokenizers
