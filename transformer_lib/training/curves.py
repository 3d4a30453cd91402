"""Learning curves: one JSON object a line, in memory and in a file that survives a kill."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from transformer_lib.storage.files import write_file


class Curves:
    """Measurements of a run: a list of records, each with its `step`.

    Args:
        path: the file to append to; None keeps the records in memory only.
        until: the last step to keep of an existing file; later records are removed, also an incomplete
            last line.

    Raises:
        ValueError: if a line before the last is no record.
    """

    def __init__(self, path: Path | None = None, *, until: int = 0) -> None:
        self.path = path
        self.records: list[dict[str, Any]] = []
        if path is not None:
            if path.exists():
                self.records = [record for record in read_curves(path) if record["step"] <= until]
            write_file(path, "".join(_line(record) for record in self.records).encode())

    def add(self, record: dict[str, Any]) -> None:
        """Append a record, and flush it to disk before the checkpoint of its step is written."""
        self.records.append(record)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_line(record))
                file.flush()
                os.fsync(file.fileno())


def read_curves(path: Path | str) -> list[dict[str, Any]]:
    """The records of a curves file; an incomplete last line is left out.

    Raises:
        ValueError: if a line before the last is no record; names file and line.
    """
    lines = Path(path).read_text("utf-8").split("\n")
    records = []
    for number, line in enumerate(lines[:-1], 1):  # what follows the last newline is incomplete
        try:
            record = json.loads(line)
            record["step"]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"{path}, line {number}: no record of a learning curve: {line[:80]!r}"
            ) from error
        records.append(record)
    return records


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record) + "\n"
