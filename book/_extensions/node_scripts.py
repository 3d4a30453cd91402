"""Runs one of the book's own scripts under Node while the pages are built."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]


def run(script: str, *arguments: str, given: str | None = None, fault: str) -> str:
    """What a script of `tools` prints; a script that fails ends the build, with what the reader is to do first."""
    done = subprocess.run(
        ["node", script, *arguments], cwd=ROOT, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ExtensionError(f"{fault}\n{done.stderr[-800:]}")
    return done.stdout
