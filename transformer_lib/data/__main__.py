"""The program: `python -m transformer_lib.data` makes a folder to train on of a table of sentences and translations."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from transformer_lib.data.folders import read_lines

PROGRAM = "python -m transformer_lib.data"
DESCRIPTION = """\
Make a folder to train on of a table of pairs: a sentence, a tabulator and its translation on each line, plain or .gz.
It is split by sentence: all translations of one stay together, so that no sentence of val or test stands in train.
"""


def by_source(
    pairs: Sequence[tuple[str, str]], n_validation: int, n_test: int, seed: int = 0
) -> dict[str, list[tuple[str, str]]]:
    """Pairs as "train", "val" and "test", split by source: those of one source stay together.

    Args:
        pairs: sentences and translations.
        n_validation, n_test: how many sources are set aside for each.
        seed: of the choice.

    Raises:
        ValueError: if no source is left to train on, or a number is below 1.

    >>> parts = by_source([("a", "x"), ("b", "y"), ("a", "z"), ("c", "w")], 1, 1)
    >>> sorted(len({source for source, _ in part}) for part in parts.values())
    [1, 1, 1]
    """
    sources = sorted({source for source, _ in pairs})
    if min(n_validation, n_test) < 1 or n_validation + n_test >= len(sources):
        raise ValueError(
            f"{len(sources)} different sentences cannot be split into {n_validation} for val, {n_test} for test, "
            "each at least 1, and others to train on"
        )
    random.Random(seed).shuffle(sources)
    part_of = dict.fromkeys(sources, "train")
    part_of |= dict.fromkeys(sources[:n_test], "test")
    part_of |= dict.fromkeys(sources[n_test : n_test + n_validation], "val")
    return {part: [pair for pair in pairs if part_of[pair[0]] == part] for part in ("train", "val", "test")}


def parser() -> argparse.ArgumentParser:
    """The command line of the program."""
    found = argparse.ArgumentParser(
        PROGRAM, description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("table", type=Path, help="the table of pairs; further columns are left out")
    found.add_argument("folder", type=Path, help="where train, val and test go, in both languages")
    found.add_argument("--source", default="en", help="ending of the files of sentences (default: en)")
    found.add_argument("--target", default="fr", help="ending of the files of translations (default: fr)")
    found.add_argument(
        "--val", type=int, default=1000, help="sentences set aside to validate (default: 1000)"
    )
    found.add_argument("--test", type=int, default=1000, help="sentences set aside to test (default: 1000)")
    found.add_argument("--seed", type=int, default=0, help="of the choice (default: 0)")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the folder; 0 if it is there, 2 after one line that says what is wrong."""
    options = parser().parse_args(arguments)
    try:
        columns = [line.split("\t") for line in read_lines(options.table)]
        pairs = [
            (row[0].strip(), row[1].strip())
            for row in columns
            if len(row) > 1 and row[0].strip() and row[1].strip()
        ]
        parts = by_source(pairs, options.val, options.test, options.seed)
        options.folder.mkdir(parents=True, exist_ok=True)
        for part, rows in parts.items():
            for side, language in enumerate((options.source, options.target)):
                text = "".join(f"{pair[side]}\n" for pair in rows)
                (options.folder / f"{part}.{language}").write_text(text, "utf-8", newline="\n")
            n_sources = len({source for source, _ in rows})
            print(f"{part}: {len(rows):,} pairs of {n_sources:,} different sentences")
        if left := len(columns) - len(pairs):
            print(f"{left:,} lines left out, without a sentence or a translation")
    except (ValueError, OSError) as error:
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
