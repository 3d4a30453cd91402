"""Training data: sentences of the grammar or of a folder, as ids, with the vocabularies of both sides."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from transformer_lib.data import encode_pairs, load_folder, split, vocabularies
from transformer_lib.text import Subwords, Words

Ids = list[tuple[list[int], list[int]]]


class Data(NamedTuple):
    """Pairs of ids for training and validation, and the vocabularies."""

    train: Ids
    validation: Ids
    source: Words
    target: Words
    about: dict[str, Any]  # source of the data, and their checksum
    left_out: tuple[str, ...] = ()  # one line per reason why data were left out


def grammar_data(n_pairs: int, seed: int = 0) -> Data:
    """Sentences of the book's English–French grammar, without those held out for tests.

    Args:
        n_pairs: how many to draw; about 89 of 100 are trained on, 4 validated on, the others kept for tests.
        seed: of the draw.

    Raises:
        ValueError: if so few are drawn that nothing is left to train or to validate on.

    >>> data = grammar_data(300)
    >>> len(data.train) > 200, data.about["kind"]
    (True, 'grammar')
    """
    if n_pairs < 1:
        raise ValueError(f"expected at least one pair to draw, got {n_pairs}")
    splits, (source, target) = split(n_pairs, seed), vocabularies()
    if not splits.train or not splits.validation:
        raise ValueError(
            f"{n_pairs} pairs leave nothing to train or to validate on; draw a few hundred at least"
        )
    train, validation = (encode_pairs(pairs, source, target) for pairs in (splits.train, splits.validation))
    about = {"kind": "grammar", "n_pairs": n_pairs, "seed": seed}
    return Data(train, validation, source, target, {**about, "checksum": _checksum(train, validation)})


def folder_data(
    folder: Path | str, source: str, target: str, *, vocab_size: int = 8000, max_length: int = 128
) -> Data:
    """Parallel text of a folder, cut into subwords that are learnt from its training sentences.

    Args:
        folder: holds `train` and `val` in both languages, as `load_folder` reads them.
        source, target: the endings of the files, such as "de" and "en".
        vocab_size: subwords of each language, at most.
        max_length: a pair with a side of more subwords than this is left out, and `left_out` says how many were.

    Raises:
        FileNotFoundError: if the folder or a file is missing.
        ValueError: if a file cannot be read, lines do not match, or no pair is short enough.
    """
    text = load_folder(folder, source, target)
    sides = [Subwords.train([pair[side] for pair in text.train], vocab_size) for side in (0, 1)]
    encoded = [encode_pairs(pairs, *sides) for pairs in (text.train, text.validation)]
    train, validation = ([pair for pair in pairs if max(map(len, pair)) <= max_length] for pairs in encoded)
    if not train or not validation:
        raise ValueError(f"no pair of sentences in {folder} has at most {max_length} subwords on both sides")
    about = {"kind": "folder", "source": source, "target": target, "n_pairs": len(train)}
    left_out = [
        f"{name}: {len(rows)} lines left out, empty in one language or both (the first is line {rows[0]})"
        for name, rows in text.empty.items()
    ]
    left_out += [
        f"{name}: {len(before) - len(after)} of {len(before)} pairs left out, with more than {max_length} subwords"
        for name, before, after in zip(("train", "val"), encoded, (train, validation), strict=True)
        if len(after) < len(before)
    ]
    about["checksum"] = _checksum(train, validation)
    return Data(train, validation, sides[0], sides[1], about, tuple(left_out))


def _checksum(*parts: Ids) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
