"""Results of the studies, stored beside the code as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

FOLDER = Path(__file__).parent / "results"
DIGITS = 4  # significant, enough for pages and tables


def results(name: str) -> dict[str, Any]:
    """The stored results of a study.

    Args:
        name: of the study, for example "sally".

    Raises:
        ValueError: naming the command, if there are no results of that name.

    >>> results("sally")["models"][0]
    'RNN'
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        there = ", ".join(sorted(file.stem for file in FOLDER.glob("*.json"))) or "none"
        raise ValueError(
            f"no results called {name!r}, there are {there}; a study writes its own: "
            f"python -m transformer_lib.studies.{name}"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def store(name: str, found: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Write a study's results, floats at four significant digits, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(rounded(found), ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def command(name: str, study: Callable[[], dict[str, Any]], description: str | None) -> None:
    """The program of a study without options: run it on one thread and store the results."""
    argparse.ArgumentParser(description=first_line(description)).parse_args()
    torch.set_num_threads(1)
    store(name, study())


def first_line(docstring: str | None) -> str:
    """First line of a module's docstring; empty if docstrings were stripped."""
    return (docstring or "").partition("\n")[0]


def rounded(found: Any) -> Any:
    """The same lists and dicts with every float at four significant digits.

    >>> rounded({"a": [0.123456, 3]})
    {'a': [0.1235, 3]}
    """
    if isinstance(found, dict):
        return {name: rounded(value) for name, value in found.items()}
    if isinstance(found, (list, tuple)):
        return [rounded(value) for value in found]
    return float(f"{found:.{DIGITS}g}") if isinstance(found, float) else found
