"""How fast the library is beside what readers would use instead.

    python -m benchmarks.library [--only NAME …] [--pairs N] [--store]

All sides of a row run in turn, round after round, on one thread; the table prints the median of the rounds' ratios to
the row's base, the middle half of them, the ratio that the book wants to reach, and the peers' ratios. `--only` takes
the beginnings of rows' names. `--store` puts the rows that ran into `benchmarks/results/library.json`, with machine,
versions, date and command; rows that did not run stay as they stand there.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch

WARM_UP = 3
RESULTS = Path(__file__).parent / "results"
Call = Callable[[], object]


class Row(NamedTuple):
    """One piece of work, done by the library and by others; `theirs` counts 1."""

    name: str
    ours: Call
    theirs: Call
    reach: float  # ours / theirs should stay at or below it
    peers: Mapping[str, Call] = MappingProxyType({})


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=[""], help="beginnings of the names of rows to run")
    parser.add_argument("--pairs", type=int, default=15, help="how often all sides of a row are run")
    parser.add_argument(
        "--store", action="store_true", help="write the rows to benchmarks/results/library.json"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print(
        f"torch {torch.__version__}, one thread, float32, {options.pairs} rounds a row; times are of processor"
    )
    print(
        f"{'ours / theirs':68} {'ratio':>6}  {'middle half':>12} {'reach':>6} {'ours':>9} {'theirs':>9}  peers"
    )
    for row in rows():
        if row.name.startswith(tuple(options.only)):
            found = measured(row, options.pairs)
            print(line(found), flush=True)
            if options.store:
                store("library", found["name"], found)


def rows() -> Iterator[Row]:
    """All rows; each group builds its models when its turn comes."""
    from benchmarks import layers, writing

    for group in (layers.attentions, layers.heads, layers.training_steps, writing.cached, writing.generation):
        yield from group()


def measured(row: Row, rounds: int) -> dict[str, Any]:
    """Run all sides of a row in turn, and keep the ratios to its base."""
    sides = {"theirs": row.theirs, "ours": row.ours, **row.peers}
    for _ in range(WARM_UP):
        for call in sides.values():
            call()
    times = [{name: seconds(call) for name, call in sides.items()} for _ in range(rounds)]
    ratios = {name: [each[name] / each["theirs"] for each in times] for name in sides}
    low, middle, high = statistics.quantiles(ratios["ours"], n=4)
    return {
        "name": row.name,
        "ratio": round(middle, 3),
        "middle_half": [round(low, 3), round(high, 3)],
        "reach": round(row.reach, 3),
        "ours_ms": round(statistics.median(each["ours"] for each in times) * 1e3, 2),
        "theirs_ms": round(statistics.median(each["theirs"] for each in times) * 1e3, 2),
        "peers": {name: round(statistics.median(ratios[name]), 2) for name in row.peers},
        "rounds": rounds,
    }


def line(found: dict[str, Any]) -> str:
    """A row of the table."""
    low, high = found["middle_half"]
    verdict = "" if found["ratio"] <= found["reach"] else "  over"
    peers = ", ".join(f"{name} {ratio:.2f}" for name, ratio in found["peers"].items())
    return (
        f"{found['name']:68} {found['ratio']:6.3f}  {low:5.3f}–{high:5.3f} {found['reach']:6.3f} "
        f"{found['ours_ms']:6.1f} ms {found['theirs_ms']:6.1f} ms  {peers}{verdict}"
    )


def seconds(call: Call) -> float:
    """Time of the processor, not of the clock: other programs' turns do not count."""
    start = time.process_time()
    call()
    return time.process_time() - start


def quiet(call: Call) -> Call:
    """Without gradients."""

    def run() -> object:
        with torch.no_grad():
            return call()

    return run


def store(file: str, name: str, found: dict[str, Any]) -> None:
    """Put one result into a file of results, beside where, when, with what and how it was measured."""
    path = RESULTS / f"{file}.json"
    rows = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else {}
    rows[name] = {key: value for key, value in found.items() if key != "name"} | {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": f"python -m benchmarks.{file} {' '.join(sys.argv[1:])}".rstrip(),
    }
    content = {"machine": machine(), "versions": versions(), "rows": rows}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def machine() -> dict[str, Any]:
    """The processor's family and how many cores there are; neither names nor paths."""
    described = {"architecture": platform.machine(), "cores": os.cpu_count(), "threads used": 1}
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        entries = dict(part.split(":", 1) for part in cpu.read_text().split("\n") if ":" in part)
        known = {key.strip(): value.strip() for key, value in entries.items()}
        described["processor"] = known.get("model name", "unknown")
        described["family and model"] = f"{known.get('cpu family')} {known.get('model')}"
    return described


def versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in ("torch", "transformers")}


if __name__ == "__main__":
    main()
