"""Times the everyday translator as its page runs it, beside the figure to reach: milliseconds for each piece written.

    python -m benchmarks.everyday [--store]

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
from transformer_lib.live import everyday_bundle

SCRIPT = Path(__file__).parents[1] / "tests/scripts/everyday.mjs"
RESULT = Path(__file__).parent / "results/everyday.json"
GOAL = 120.0  # ms for a piece
WORDS = 12
SENTENCES = [
    "I would like to know when the next train to Paris leaves.",
    "She did not tell me that she had already bought the tickets.",
    "We have been waiting for the bus for more than an hour.",
    "If it does not rain tomorrow, we will go to the beach.",
    "The old man who lives next door used to be a teacher.",
]
SETTINGS = {"layer": 0, "head": 0, "word": 0, "size": 4, "alpha": 0.6, "temperature": 1, "topK": 0, "topP": 1}
ROUNDS = 3  # the first warms the engine up


def timed(way: str) -> dict[str, float]:
    """Milliseconds for each piece, and for a whole sentence: medians over the sentences."""
    given: dict[str, Any] = {
        "parts": everyday_bundle.bundle(),
        "way": way,
        "settings": SETTINGS | {"roll": 1},
    }
    given["texts"] = [*SENTENCES] * ROUNDS
    done = subprocess.run(
        [node.find(), str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    answers = json.loads(done.stdout)[len(SENTENCES) :]
    rows = [row for answer in answers for row in answer["rows"]]
    return {
        "ms a piece": statistics.median(1000 * row["seconds"] / len(row["pieces"]) for row in rows),
        "ms a sentence": statistics.median(1000 * row["seconds"] for row in rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", action="store_true", help=f"write {RESULT.name}")
    store = parser.parse_args().store
    assert all(len(sentence.split()) == WORDS for sentence in SENTENCES)
    found = {way: timed(way) for way in ("translator", "beam", "sampling")}
    for way, figures in found.items():
        said = ", ".join(f"{name} {value:.1f}" for name, value in figures.items())
        print(f"{way:<12}{said}   goal {GOAL:g}", "met" if figures["ms a piece"] <= GOAL else "missed")
    if store:
        about = {
            "words": WORDS,
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
        }
        RESULT.write_text(json.dumps(about | {"ways": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
