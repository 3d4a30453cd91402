"""Many sentences from text to text: those of like length go through the model together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor

from transformer_lib import checks
from transformer_lib.data import pad
from transformer_lib.decoding.beam import beam_search
from transformer_lib.decoding.tokens import greedy_decode
from transformer_lib.storage.model_file import TrainedModel
from transformer_lib.text import Words, detokenise


class DecodingSettings(NamedTuple):
    """How sentences are written: the defaults are greedy decoding."""

    beam_size: int = 1
    length_penalty: float = 0.6
    batch_size: int = 64  # sentences at a time, divided by the beam size


GREEDY = DecodingSettings()


class Translations(NamedTuple):
    """Texts in the order of their sources, "" for one that was not translated, and by its place why it was not."""

    texts: list[str]
    refused: dict[int, str]


def translate_texts(
    found: TrainedModel,
    sentences: Sequence[str],
    settings: DecodingSettings = GREEDY,
    *,
    on_done: Callable[[int], object] = lambda n: None,
) -> Translations:
    """Translate sentences by greedy decoding, or by beam search with a beam of more than 1.

    Args:
        found: the model with its vocabularies, as `read_model` gives it.
        sentences: text; an empty one is translated by an empty one.
        settings: how they are written.
        on_done: called with a number of sentences whenever so many more are done.

    Returns:
        The translations. A sentence with unknown words, or with more tokens than the model takes, is refused.

    Raises:
        TypeError: if a sentence is not text.
        ValueError: if a setting is out of range.
    """
    checks.instance("found", found, TrainedModel, "a TrainedModel, as read_model gives it")
    checks.instance("sentences", sentences, (list, tuple), "a list of sentences")
    checks.instance("settings", settings, DecodingSettings, "DecodingSettings")
    for name in ("beam_size", "batch_size"):
        checks.count(name, getattr(settings, name))
    encoded, refused = _encoded(found, sentences)
    texts = [""] * len(sentences)
    order = sorted(encoded, key=lambda row: len(encoded[row]))
    size = max(1, settings.batch_size // settings.beam_size)
    on_done(len(sentences) - len(order))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        written = translate_ids(found, [encoded[row] for row in rows], settings)
        for row, ids in zip(rows, written, strict=True):
            texts[row] = as_text(found.target, ids)
        on_done(len(rows))
    return Translations(texts, refused)


def as_text(words: Words, ids: Sequence[int] | Tensor) -> str:
    """A row of ids as one line of text, whatever the kind of vocabulary."""
    decoded = words.decode(ids)
    return decoded if isinstance(decoded, str) else detokenise(decoded)


def _encoded(found: TrainedModel, sentences: Sequence[str]) -> tuple[dict[int, list[int]], dict[int, str]]:
    """The ids of each sentence that can be translated, and why another cannot, by place."""
    encoded: dict[int, list[int]] = {}
    refused: dict[int, str] = {}
    limit = found.model.config.max_length
    for row, sentence in enumerate(sentences):
        if not isinstance(sentence, str):
            raise TypeError(f"a sentence is text, got {checks.said(sentence)}")
        if not sentence.strip():
            continue
        try:
            ids = found.source.encode(sentence, eos=found.source_eos)
        except ValueError as error:  # unknown words, or invisible characters alone
            refused[row] = str(error)
            continue
        if len(ids) > limit:
            refused[row] = f"{len(ids)} tokens, the model takes at most {limit}"
        else:
            encoded[row] = ids
    return encoded, refused


def translate_ids(
    found: TrainedModel, sources: Sequence[Sequence[int]], settings: DecodingSettings = GREEDY
) -> Sequence[Sequence[int] | Tensor]:
    """The ids that a model writes for a batch of source ids; arguments as for `translate_texts`."""
    src_ids = pad(sources, device=next(found.model.parameters()).device)
    max_length = (
        found.model.config.max_length
    )  # of all alike: a translation does not depend on its neighbours
    if settings.beam_size == 1:
        return list(greedy_decode(found.model, src_ids, max_length=max_length))
    ranked = beam_search(
        found.model,
        src_ids,
        max_length=max_length,
        beam_size=settings.beam_size,
        length_penalty=settings.length_penalty,
    )
    return [hypotheses[0].ids for hypotheses in ranked]
