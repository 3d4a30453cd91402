"""The pages' Python in Node: many texts, one process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import node

ROOT = Path(__file__).parents[2]


def run(texts: list[str]) -> list[dict]:
    """What each text printed, and what it said if it failed."""
    script = str(Path(__file__).with_name("python.mjs"))
    done = subprocess.run(
        [node.find(), script], input=json.dumps(texts), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
