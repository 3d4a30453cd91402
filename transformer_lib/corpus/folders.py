"""Real text: a folder of parallel files, one sentence a line."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple


class TextPair(NamedTuple):
    """A sentence and its translation, as text."""

    source: str
    target: str


class Folder(NamedTuple):
    """What `load_folder` found: a test set is named as its files are."""

    train: list[TextPair]
    validation: list[TextPair]
    tests: dict[str, list[TextPair]]


def load_folder(path: str | Path, source: str = "de", target: str = "en") -> Folder:
    """Read `train`, `val` and every `test…` of two languages: `train.de` and `train.en`, plain or `.gz`.

    Args:
        path: the folder.
        source, target: the endings of the files, the two languages.

    Raises:
        FileNotFoundError: if the folder or one of its files is missing; it says which files are there.
        ValueError: if two files differ in their number of lines, or a line is empty or not UTF-8.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no folder {folder}" + (", it is a file" if folder.exists() else "")
        )
    if source == target:
        raise ValueError(f"source and target are the same language, {source!r}")
    names = sorted(
        file.name.removesuffix(".gz").removesuffix(f".{source}") for file in _files(folder, "test*", source)
    )
    tests = {name: _parallel(folder, name, source, target) for name in dict.fromkeys(names)}
    return Folder(_parallel(folder, "train", source, target), _parallel(folder, "val", source, target), tests)


def _files(folder: Path, stem: str, language: str) -> list[Path]:
    return [*folder.glob(f"{stem}.{language}"), *folder.glob(f"{stem}.{language}.gz")]


def _parallel(folder: Path, stem: str, source: str, target: str) -> list[TextPair]:
    sides = [_lines(folder, stem, language) for language in (source, target)]
    if len(sides[0]) != len(sides[1]):
        raise ValueError(
            f"{stem}.{source} has {len(sides[0])} lines and {stem}.{target} has {len(sides[1])}: "
            "line by line they must translate each other"
        )
    if not sides[0]:
        raise ValueError(f"{stem}.{source} and {stem}.{target} in {folder} hold no sentence")
    return [TextPair(*pair) for pair in zip(*sides, strict=True)]


def _lines(folder: Path, stem: str, language: str) -> list[str]:
    found = _files(folder, stem, language)
    if not found:
        there = ", ".join(sorted(file.name for file in folder.iterdir())[:20]) or "nothing"
        raise FileNotFoundError(f"{stem}.{language} (or .gz) is missing in {folder}; there is {there}")
    file = found[0]
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise ValueError(f"{file} cannot be read: {error}; is it cut short, or not gzip?") from error
    # only a line feed ends a line: other marks that Python splits at may stand inside a sentence
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    return [_line(file, number, line) for number, line in enumerate(lines, start=1)]


def _line(file: Path, number: int, line: bytes) -> str:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}, line {number}: not UTF-8 (byte {line[error.start]:#04x} at {error.start}); convert the file first"
        ) from error
    if not text:
        raise ValueError(f"{file}, line {number}: empty; drop it from both languages")
    return text
