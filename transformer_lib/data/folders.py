"""Real text: a folder of parallel files, one sentence a line."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"
"""Characters without width: at an end of a line they are no part of the sentence, and a line of them is empty."""


class TextPair(NamedTuple):
    """A sentence and its translation, as text."""

    source: str
    target: str


class Folder(NamedTuple):
    """The splits that `load_folder` read; a test set has the name of its files."""

    train: list[TextPair]
    validation: list[TextPair]
    tests: dict[str, list[TextPair]]
    empty: dict[str, list[int]]  # file name -> numbers of the lines left out: empty in one language or both


def load_folder(path: str | Path, source: str = "de", target: str = "en") -> Folder:
    """Read `train`, `val` and every `test…` of two languages: `train.de` and `train.en`, plain or `.gz`.

    Args:
        path: the folder.
        source, target: the endings of the files, the two languages.

    A line that is empty in one language is left out of both, and its number is returned. A test set counts if both
    of its files are there.

    Raises:
        FileNotFoundError: if the folder, `train` or `val` is missing; it says which files are there.
        ValueError: if two files differ in their number of lines, a file is there twice (plain and `.gz`), cannot be
            read or is not UTF-8, or no sentence is left.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no folder {folder}" + (", it is a file" if folder.exists() else "")
        )
    if source == target:
        raise ValueError(f"source and target are the same language, {source!r}")
    found: dict[str, list[TextPair]] = {}
    empty: dict[str, list[int]] = {}
    for name in ["train", "val", *names_of_tests(folder, source, target)]:
        found[name], empty[name] = _parallel(folder, name, source, target)
    return Folder(
        found.pop("train"), found.pop("val"), found, {name: rows for name, rows in empty.items() if rows}
    )


def names_of_tests(folder: Path, source: str, target: str) -> list[str]:
    """The names of the test sets of which both files are there."""
    both = _stems(folder, source) & _stems(folder, target)
    return sorted(name for name in both if name.startswith("test"))


def _stems(folder: Path, language: str) -> set[str]:
    """Names of a language's files without their endings."""
    names = {file.name.removesuffix(".gz") for file in folder.iterdir()}
    return {name.removesuffix(f".{language}") for name in names if name.endswith(f".{language}")}


def text_file(folder: Path, stem: str, language: str) -> Path:
    """The file of a language, plain or `.gz`; raises if there is none, or both."""
    names = {file.name for file in folder.iterdir()}
    found = [name for name in (f"{stem}.{language}", f"{stem}.{language}.gz") if name in names]
    if not found:
        there = ", ".join(sorted(names)[:20]) or "nothing"
        raise FileNotFoundError(f"{stem}.{language} (or .gz) is missing in {folder}; there is {there}")
    if len(found) > 1:
        raise ValueError(f"{folder} holds both {found[0]} and {found[1]}: remove the one that is not meant")
    return folder / found[0]


def _parallel(folder: Path, stem: str, source: str, target: str) -> tuple[list[TextPair], list[int]]:
    """The pairs of two files, and the numbers of the lines that are empty in either."""
    sides = [read_lines(text_file(folder, stem, language)) for language in (source, target)]
    if len(sides[0]) != len(sides[1]):
        raise ValueError(
            f"{stem}.{source} has {len(sides[0])} lines and {stem}.{target} has {len(sides[1])}: "
            "line by line they must translate each other"
        )
    rows = list(enumerate(zip(*sides, strict=True), start=1))
    pairs = [TextPair(*pair) for _, pair in rows if all(pair)]
    if not pairs:
        raise ValueError(f"{stem}.{source} and {stem}.{target} in {folder} hold no sentence")
    return pairs, [number for number, pair in rows if not all(pair)]


def read_lines(file: Path) -> list[str]:
    """The lines of a text file, plain or `.gz`, each without blanks and invisible characters at its ends.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is a folder, cannot be unpacked, or is not UTF-8; names the line.
    """
    if file.is_dir():
        raise ValueError(f"{file} is a folder, expected a file of sentences")
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (EOFError, OSError, zlib.error) as error:  # gzip raises all three
        raise ValueError(f"{file} cannot be read: {error}; is it cut short, or not gzip?") from error
    return split_lines(data, str(file))


def split_lines(data: bytes, name: str) -> list[str]:
    """The same for the content of a file; `name` is what a message calls it."""
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")  # line ends of an old Macintosh
    # only a line feed ends a line: other marks that Python splits at may stand inside a sentence
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    return [_line(name, number, line) for number, line in enumerate(lines, start=1)]


def _line(name: str, number: int, line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name}, line {number}: not UTF-8 (byte {line[error.start]:#04x} at {error.start}); convert the file first"
        ) from error
    # files that were joined have a byte-order mark at the beginning of some line
    while (stripped := text.strip().strip(INVISIBLE)) != text:
        text = stripped
    return text
