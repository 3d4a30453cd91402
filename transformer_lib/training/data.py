"""Training data: sentences of the grammar or of a folder, as ids, with the vocabularies of both sides."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from transformer_lib import checks
from transformer_lib.data import TextPair, encode_pairs, load_folder, split, vocabularies
from transformer_lib.text import Subwords, Words
from transformer_lib.training.processes import from_first

Ids = Sequence[tuple[Sequence[int], Sequence[int]]]
Rows = Sequence[tuple[Sequence[int] | None, Sequence[int]]]
SUBWORDS = ("separate", "joint")


class Data(NamedTuple):
    """Pairs of ids for training and validation, and the vocabularies; of a language model None and ids."""

    train: Rows
    validation: Rows
    source: Words
    target: Words
    about: dict[str, Any]  # source of the data, and their checksum
    left_out: tuple[str, ...] = ()  # one line per reason why data were left out


def grammar_data(n_pairs: int, seed: int = 0, *, n_further: int = 0) -> Data:
    """Sentences of the book's English–French grammar, without those held out for tests.

    Args:
        n_pairs: how many to draw; about 89 of 100 are trained on, 4 validated on, the others kept for tests.
        seed: of the draw.
        n_further: how many to draw beside them of sentences that use the grammar's further rules.

    Raises:
        ValueError: if so few are drawn that nothing is left to train or to validate on.

    >>> data = grammar_data(300)
    >>> len(data.train) > 200, data.about["kind"]
    (True, 'grammar')
    """
    if n_pairs < 1:
        raise ValueError(f"expected at least one pair to draw, got {n_pairs}")
    if n_further < 0:
        raise ValueError(f"expected a number of further pairs, 0 or more, got {n_further}")
    splits, (source, target) = split(n_pairs, seed), vocabularies(n_further > 0)
    if not splits.train or not splits.validation:
        raise ValueError(
            f"{n_pairs} pairs leave nothing to train or to validate on; draw a few hundred at least"
        )
    about = {"kind": "grammar", "n_pairs": n_pairs, "seed": seed}
    parts = [splits.train, splits.validation]
    if n_further:
        further = split(n_further, seed, further=True)
        parts = [splits.train + further.train, splits.validation + further.validation]
        about["n_further"] = n_further
    train, validation = (encode_pairs(pairs, source, target) for pairs in parts)
    return Data(train, validation, source, target, {**about, "checksum": ids_checksum(train, validation)})


def folder_data(
    folder: Path | str,
    source: str,
    target: str,
    *,
    vocab_size: int = 8000,
    max_length: int = 128,
    subwords: str = "separate",
    source_eos: bool = True,
    known: tuple[Subwords, Subwords] | None = None,
) -> Data:
    """Parallel text of a folder, cut into subwords that are learnt from its training sentences.

    Args:
        folder: holds `train` and `val` in both languages, as `load_folder` reads them.
        source, target: the endings of the files, such as "de" and "en".
        vocab_size: subwords of each language, at most; of both together if they are joint.
        max_length: a pair with a side of more tokens than this is left out, and `left_out` says how many were.
        subwords: "separate" for each language, or "joint": one vocabulary learnt from both, which suits languages
            that share names and letters, and lets one matrix embed both (`tie_embeddings="all"`).
        source_eos: end each source with <eos>, so that a sentence without a full stop has an end, too.
        known: subwords of both sides that are there already; then none are learnt.

    Raises:
        FileNotFoundError: if the folder or a file is missing.
        ValueError: if a file cannot be read, lines do not match, or no pair is short enough.
    """
    checks.choice("subwords", subwords, SUBWORDS)
    text = load_folder(folder, source, target)
    sides = known or _subwords(text.train, vocab_size, subwords)
    if known:
        subwords = "joint" if known[0] is known[1] else "separate"
    found = [_encoded(pairs, *sides, source_eos, max_length) for pairs in (text.train, text.validation)]
    train, validation = found
    if not train or not validation:
        raise ValueError(f"no pair of sentences in {folder} has at most {max_length} subwords on both sides")
    about = {"kind": "folder", "source": source, "target": target, "n_pairs": len(train)}
    if subwords != "separate":
        about["subwords"] = subwords
    if source_eos:
        about["source_eos"] = True
    left_out = [
        f"{name}: {len(rows)} lines left out, empty in one language or both (the first is line {rows[0]})"
        for name, rows in text.empty.items()
    ]
    left_out += [
        f"{name}: {len(before) - len(after)} of {len(before)} pairs left out, with more than {max_length} subwords"
        for name, before, after in zip(("train", "val"), (text.train, text.validation), found, strict=True)
        if len(after) < len(before)
    ]
    about["checksum"] = ids_checksum(train, validation)
    return Data(train, validation, sides[0], sides[1], about, tuple(left_out))


def _subwords(pairs: Sequence[TextPair], size: int, kind: str) -> tuple[Subwords, Subwords]:
    """Of both languages; with several processes, the first learns them for all."""
    texts: list[list[str]] = [[pair[side] for pair in pairs] for side in (0, 1)]
    if kind == "joint":
        texts = [[*texts[0], *texts[1]]]
    stored = from_first(lambda: [Subwords.train(sentences, size).to_json() for sentences in texts])
    learnt = [Subwords.from_json(text) for text in stored]
    return learnt[0], learnt[-1]


def _encoded(
    pairs: Sequence[TextPair], source: Subwords, target: Subwords, source_eos: bool, max_length: int
) -> Ids:
    """The pairs that are short enough, each id in four bytes: a list takes some forty for each."""
    kept = []
    for pair in pairs:
        [ids] = encode_pairs([pair], source, target, source_eos=source_eos)
        if max(map(len, ids)) <= max_length:
            kept.append((array("i", ids[0]), array("i", ids[1])))
    return kept


def ids_checksum(*parts: Rows) -> str:
    """Of the JSON of all parts, pair by pair: the whole text would take more memory than the pairs."""
    found = hashlib.sha256(b"[")
    for number, part in enumerate(parts):
        found.update(b", [" if number else b"[")
        for row, pair in enumerate(part):
            found.update(
                (
                    (", " if row else "") + json.dumps([None if ids is None else list(ids) for ids in pair])
                ).encode()
            )
        found.update(b"]")
    found.update(b"]")
    return found.hexdigest()
