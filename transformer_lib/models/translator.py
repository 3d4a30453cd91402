"""The shipped translators: the choice between them, and the one trained on the book's English–French grammar."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import torch

from transformer_lib import checks
from transformer_lib.data import as_sentence, goes_on, read_typed, recognises
from transformer_lib.decoding import greedy_decode
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.everyday import translate_everyday
from transformer_lib.storage.model_file import read_model
from transformer_lib.text.vocabulary import Vocabulary

MODELS = ("translator", "everyday")
WEIGHTS = Path(__file__).parent / "weights" / "translator.safetensors"
OUTSIDE = "Outside the small world's grammar: the model was never shown such a sentence."

TWO = "these are two sentences, and one is read at a time: translate each by itself"


class OutsideGrammarWarning(UserWarning):
    """A sentence of known words that the grammar does not make: its translation is likely wrong."""


def load_translator(
    device: torch.device | str | None = None,
) -> tuple[Transformer, Vocabulary, Vocabulary]:
    """The trained model, in evaluation mode, and the vocabularies of its source and its target.

    It is loaded once: every call returns the same objects, so copy the model before you change it.

    Args:
        device: where the model lives; the CPU by default.

    >>> model, source, target = load_translator()
    >>> source.encode("i am happy .") == [source.encode([word])[0] for word in ("i", "am", "happy", ".")]
    True
    """
    if device is not None:
        checks.instance("device", device, (str, torch.device), "a torch.device or its name")
    return _load(str(torch.device(device or "cpu")))


def translate(sentence: str, device: torch.device | str | None = None, *, model: str = "translator") -> str:
    """The French of an English sentence, by greedy decoding.

    Args:
        sentence: words of the grammar. Contractions are written out (*I'm* is read as *i am*), and a full stop is added
            where none stands. For the model "everyday", any text, of several sentences too.
        device: where the model runs; the CPU by default.
        model: "translator", the one of the book's grammar, or "everyday", which was trained on real sentences.

    Raises:
        UnknownWordsError: a ValueError that names the unknown words and similar known ones; "everyday" has none.
        ValueError: if there is no word, or more than the model takes, or a second sentence, or the model is unknown.

    Warns:
        OutsideGrammarWarning: if the grammar does not make the sentence; the translation is likely wrong.

    >>> translate("I'm happy")
    'Je suis content.'
    >>> translate("Where is the station?", model="everyday")
    'Où se trouve la gare ?'
    """
    if not isinstance(sentence, str):
        raise TypeError(f"expected one sentence as text, got {type(sentence).__name__}")
    checks.choice("model", model, MODELS)
    if model == "everyday":
        return translate_everyday(sentence, device)
    translator, source, target = load_translator(device)
    words, limit = read_typed(sentence).words, translator.config.max_length
    ids = source.encode(words)
    if goes_on(words):
        raise ValueError(TWO)
    if len(ids) > limit:
        raise ValueError(f"the sentence has {len(ids)} words, the translator takes at most {limit}")
    if not recognises(words):
        warnings.warn(OUTSIDE, OutsideGrammarWarning, stacklevel=2)
    src_ids = torch.tensor([ids], device=next(translator.parameters()).device)
    [written] = greedy_decode(translator, src_ids, max_length=limit)
    return as_sentence(target.decode(written))


@cache
def _load(device: str) -> tuple[Transformer, Vocabulary, Vocabulary]:
    found = read_model(WEIGHTS, device)
    return found.model, *found.vocabularies()
