"""The pages' Python in Node: many jobs, one process."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path

import node
import page_answers

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds, for all jobs


def answers(jobs: list[dict], chapters: dict | None = None) -> list[dict]:
    """What the interpreter says of each job: `{"run": text}`, or an answer to check."""
    script = str(Path(__file__).with_name("python.mjs"))
    work = json.dumps({"chapters": chapters or {}, "jobs": jobs})
    done = subprocess.run(
        [node.find(), script],
        input=work,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@cache
def notebook(number: str) -> dict:
    [path] = (ROOT / "book").glob(f"{number}-*.ipynb")
    return json.loads(path.read_text("utf-8"))


@cache
def chapter(number: str) -> tuple[dict, list[dict]]:
    return page_answers.of_chapter(number, notebook(number))
