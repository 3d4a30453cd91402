"""Times the writer of stories as its page runs it, beside the figure to reach: milliseconds for each subword.

    python -m benchmarks.writer [--store]

Runs the page's scripts under Node. Times depend on the machine: run it when nothing else runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
from pathlib import Path
from typing import Any

from tests import node
from transformer_lib.live import writer_bundle

SCRIPT = Path(__file__).parents[1] / "tests/scripts/writer.mjs"
RESULT = Path(__file__).parent / "results/writer.json"
GOAL = 60.0  # ms for a subword
BEGINNINGS = [
    "Once upon a time there was a little",
    "One day a brown dog found",
    "It was raining. Ben and his sister",
]
SETTINGS = {"penalty": 1.2, "temperature": 0.8, "topK": 0, "topP": 0.9, "minP": 0, "roll": 1, "shown": 10}
MOST = 180
"""Subwords: a story grows long, and with it what each step reads."""
ROUNDS = 3  # the first warms the engine up


def timed(way: str) -> dict[str, float]:
    """Milliseconds for a subword: median, and of the slowest in twenty; and for the beginning."""
    tasks = [{"text": text, "most": MOST, "settings": SETTINGS | {"way": way}} for text in BEGINNINGS]
    given: dict[str, Any] = {"parts": writer_bundle.bundle(), "tasks": tasks * ROUNDS}
    done = subprocess.run(
        [node.find(), str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    answers = json.loads(done.stdout)[len(tasks) :]
    steps = sorted(1000 * second for answer in answers for second in answer["seconds"][1:])
    return {
        "subwords": len(steps),
        "ms a subword": statistics.median(steps),
        "ms, 19 of 20": steps[int(0.95 * len(steps))],
        "ms a beginning": statistics.median(1000 * answer["seconds"][0] for answer in answers),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", action="store_true", help=f"write {RESULT.name}")
    store = parser.parse_args().store
    found = {way: timed(way) for way in ("greedy", "chance")}
    for way, figures in found.items():
        said = ", ".join(f"{name} {value:.1f}" for name, value in figures.items())
        print(f"{way:<8}{said}   goal {GOAL:g}", "met" if figures["ms a subword"] <= GOAL else "missed")
    if store:
        about = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        RESULT.write_text(json.dumps(about | {"ways": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
