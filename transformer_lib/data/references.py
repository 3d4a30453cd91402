"""Test sets of real text: sentences with one reference translation or several."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from transformer_lib.data.folders import names_of_tests, read_lines, text_file


class TextTest(NamedTuple):
    """Sentences to translate, and for each its reference translations."""

    sources: list[str]
    references: list[list[str]]
    n_empty: int = 0  # lines left out, empty in one language or both

    def joined(self) -> TextTest:
        """Each source once, with the references of all its lines.

        >>> TextTest(["hi", "go", "hi"], [["salut"], ["va"], ["bonjour"]]).joined()
        TextTest(sources=['hi', 'go'], references=[['salut', 'bonjour'], ['va']], n_empty=0)
        """
        found: dict[str, list[str]] = {}
        for source, references in zip(self.sources, self.references, strict=True):
            known = found.setdefault(source, [])
            known += [reference for reference in references if reference not in known]
        return TextTest(list(found), list(found.values()), self.n_empty)


def load_tests(path: str | Path, source: str, target: str) -> dict[str, TextTest]:
    """Read every `test…` of two languages, plain or `.gz`: `test.de` and `test.en`.

    Further references stand beside the first, line by line: `test.en.1`, `test.en.2` and so on; an empty line there
    is no reference.

    Args:
        path: the folder.
        source, target: the endings of the files, the two languages.

    Returns:
        The test sets by name. A line that is empty in one language is left out of both, and counted.

    Raises:
        FileNotFoundError: if the folder is missing or holds no test set of both languages.
        ValueError: if files differ in their number of lines, cannot be read, or hold no sentence.
    """
    folder = Path(path)
    names = names_of_tests(folder, source, target) if folder.is_dir() else []
    if not names:
        raise FileNotFoundError(f"there is no test.{source} with a test.{target} (or .gz) in {folder}")
    return {name: _test(folder, name, source, target) for name in names}


def _test(folder: Path, name: str, source: str, target: str) -> TextTest:
    files = [
        text_file(folder, name, source),
        text_file(folder, name, target),
        *_further(folder, name, target),
    ]
    sides = [read_lines(file) for file in files]
    for file, side in zip(files, sides, strict=True):
        if len(side) != len(sides[0]):
            raise ValueError(
                f"{files[0].name} has {len(sides[0])} lines and {file.name} has {len(side)}: "
                "line by line they must translate each other"
            )
    rows = [row for row in zip(*sides, strict=True) if row[0] and row[1]]
    if not rows:
        raise ValueError(f"{files[0].name} and {files[1].name} in {folder} hold no sentence")
    references = [[text for text in row[1:] if text] for row in rows]
    return TextTest([row[0] for row in rows], references, len(sides[0]) - len(rows))


def _further(folder: Path, name: str, target: str) -> list[Path]:
    names = {file.name for file in folder.iterdir()}
    found: list[Path] = []
    while True:
        stem = f"{name}.{target}.{len(found) + 1}"
        if not names & {stem, f"{stem}.gz"}:
            return found
        found.append(text_file(folder, f"{name}.{target}", str(len(found) + 1)))
