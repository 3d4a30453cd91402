"""Whole texts, sentence by sentence, with a model of subwords: nothing is unknown, and no text is too long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from transformer_lib import checks
from transformer_lib.decoding.texts import GREEDY, DecodingSettings, as_text, translate_ids
from transformer_lib.storage.model_file import TrainedModel
from transformer_lib.text import Subwords
from transformer_lib.text.sentences import cut, readable, says_something, sentences


class Passage(NamedTuple):
    """A sentence of a text as the model reads it; without ids, it stands in the translation as it is."""

    before: str
    text: str
    ids: tuple[int, ...]
    left_out: tuple[str, ...]


def passages(found: TrainedModel, text: str) -> list[Passage]:
    """The sentences of a text as rows of ids; one with more subwords than the model takes becomes several.

    Raises:
        TypeError: if the text is no text.
        ValueError: if the model is none of subwords.
    """
    checks.instance("found", found, TrainedModel, "a TrainedModel, as read_model gives it")
    words = found.source
    if not isinstance(words, Subwords):
        raise ValueError("this model reads whole words; expected one of Subwords")
    letters, most = words.letters(), found.model.config.max_length - found.source_eos
    rows = []
    for before, sentence in sentences(text):
        plain, left_out = readable(sentence, letters)
        if not says_something(plain):
            rows.append(Passage(before, sentence, (), ()))
            continue
        ids = words.encode(plain)
        starts = cut(words.pieces(plain), most) if len(ids) > most else [0]
        for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
            row = ids[start:end]
            whole = plain if len(starts) == 1 else words.decode(row)
            rows.append(
                Passage(
                    " " if start else before,
                    whole,
                    (*row, *[words.eos_id] * found.source_eos),
                    () if start else tuple(left_out),
                )
            )
    return rows


def translate_passages(
    found: TrainedModel,
    texts: Sequence[str],
    settings: DecodingSettings = GREEDY,
    *,
    on_done: Callable[[int], object] = lambda n: None,
) -> list[str]:
    """The translation of each text: its sentences are translated one by one, its line feeds and lists stay.

    Args:
        found: a model of subwords with its vocabularies, as `read_model` gives it.
        texts: any; what holds no known letter or digit stays as it is.
        settings: how a sentence is written.
        on_done: called with a number of texts whenever so many more are done.

    Raises:
        TypeError: if a text is no text.
        ValueError: if a setting is out of range, or the model none of subwords.
    """
    checks.instance("texts", texts, (list, tuple), "a list of texts")
    checks.instance("settings", settings, DecodingSettings, "DecodingSettings")
    for name in ("beam_size", "batch_size"):
        checks.count(name, getattr(settings, name))
    rows = [(place, passage) for place, text in enumerate(texts) for passage in passages(found, text)]
    places: dict[tuple[int, ...], list[int]] = {}  # of the texts that a sentence stands in
    for place, passage in rows:
        if passage.ids:
            places.setdefault(passage.ids, []).append(place)
    missing = Counter(place for each in places.values() for place in each)
    on_done(len(texts) - len(missing))
    order = sorted(places, key=lambda ids: (len(ids), ids))
    size = max(1, settings.batch_size // settings.beam_size)
    said: dict[tuple[int, ...], str] = {}
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        for ids, written in zip(batch, translate_ids(found, batch, settings), strict=True):
            said[ids] = as_text(found.target, written)
        before = len(+missing)
        missing.subtract(place for ids in batch for place in places[ids])
        on_done(before - len(+missing))
    done = [""] * len(texts)
    for place, passage in rows:
        done[place] += passage.before + (said[passage.ids] if passage.ids else passage.text)
    return done
