"""The task of a language model: texts of one file, each a row or several, and what a model writes after a beginning."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from transformer_lib import checks
from transformer_lib.data import read_lines
from transformer_lib.decoding import greedy_decode
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.text import Subwords
from transformer_lib.training.data import Data, ids_checksum
from transformer_lib.training.processes import from_first

SEPARATOR = "<|endoftext|>"
SET_ASIDE = 25
"""One text in so many is validated on, and never trained on."""
BEGINNING, WRITTEN = 8, 40  # tokens of a sample: given, and written after them


def text_data(
    path: Path | str, *, vocab_size: int = 1000, max_length: int = 256, known: Subwords | None = None
) -> Data:
    """Texts of a file, cut into subwords that are learnt from those trained on.

    Every 25th text, the first among them, is set aside to validate on. A text of more tokens than `max_length` becomes
    several rows, each of which begins with the token that the one before ended with.

    Args:
        path: UTF-8, plain or .gz; between two texts stands a line <|endoftext|>.
        vocab_size: subwords, at most.
        max_length: tokens of a row that the model reads.
        known: subwords that are there already; then none are learnt.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds too few texts.
    """
    checks.count("max_length", max_length)
    texts = _texts(path)
    if len(texts) < 2:
        raise ValueError(
            f"{path} holds {len(texts)} texts, expected one to validate on and one to train on at least"
        )
    aside, learnt_from = texts[::SET_ASIDE], [text for n, text in enumerate(texts) if n % SET_ASIDE]
    words = known
    if words is None:
        stored = from_first(lambda: [Subwords.train(learnt_from, vocab_size).to_json()])
        words = Subwords.from_json(stored[0])
    train, validation = (_rows(part, words, max_length) for part in (learnt_from, aside))
    about = {
        "kind": "text",
        "n_texts": len(texts),
        "tokens_per_character": sum(len(ids) - 1 for _, ids in validation) / sum(map(len, aside)),
        "checksum": ids_checksum(train, validation),
    }
    return Data(train, validation, words, words, about)


def bits_per_character(loss: float, data: Data) -> float:
    r"""From nats per token, ends included: what does not depend on how text was cut.

    .. math:: \frac{\mathrm{loss}}{\ln 2} \cdot \frac{\mathrm{tokens}}{\mathrm{characters}}
    """
    return loss / math.log(2) * data.about["tokens_per_character"]


def continuations(model: LanguageModel, data: Data, n: int) -> list[str]:
    """What the model writes after the beginnings of a few texts that were set aside, likeliest token by token."""
    begun = [ids for _, ids in data.validation if ids[0] == data.target.bos_id and len(ids) > BEGINNING]
    device = next(model.parameters()).device
    lines = []
    for place in range(min(n, len(begun))):
        given = torch.tensor([list(begun[len(begun) * place // n][:BEGINNING])], device=device)
        length = min(WRITTEN, model.config.max_length - BEGINNING + 1)
        if length < 1:
            break
        [written] = greedy_decode(model, given, max_length=length)
        texts = (data.target.decode(ids.tolist()) for ids in (given[0], torch.cat([given[0], written])))
        start, whole = ("".join(text) for text in texts)
        lines.append(f"  {' '.join(start.split())} → {' '.join(whole.removeprefix(start).split())}")
    return lines


def _texts(path: Path | str) -> list[str]:
    texts: list[list[str]] = [[]]
    for line in read_lines(Path(path)):
        if line.strip() == SEPARATOR:
            texts.append([])
        else:
            texts[-1].append(line)
    return [text for lines in texts if (text := "\n".join(lines).strip())]


def _rows(texts: Sequence[str], words: Subwords, max_length: int) -> list[tuple[Any, Sequence[int]]]:
    """Rows of at most max_length + 1 ids: of all but the last one reads, of all but the first one predicts."""
    rows: list[tuple[Any, Sequence[int]]] = []
    for text in texts:
        ids = words.encode(text, bos=True, eos=True)
        rows += [
            (None, array("i", ids[start : start + max_length + 1]))
            for start in range(0, len(ids) - 1, max_length)
        ]
    return rows
