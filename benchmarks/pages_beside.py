"""Opens chapters of this book and the same chapters of another build in turn, and prints how their times compare.

    python -m benchmarks.pages_beside SITE [--packages FOLDER] [--store] [PAGE ...]

SITE is a folder of built pages, for example of the same notebooks in another theme; FOLDER holds what those pages ask
other hosts for, as npm packs it, by the name of the package: here nothing is fetched. Times depend on the machine,
their ratio hardly: run it when nothing else runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route, sync_playwright

from benchmarks.pages import SLOWER, fresh
from tests.browsing import launch_options, serve
from tests.built import SITE

STORED = Path(__file__).parent / "results" / "pages_beside.json"
PAGES = ("book/03-dot-product-attention", "book/08-inference")
ROUNDS = 7
GOALS = {"load": 0.35, "long tasks": 0.12}  # .5 s where a lecture of QuantEcon took 3.9 to 4.8


def visit(browser: Browser, base: str, name: str, slower: int, packages: Path | None) -> tuple[float, float]:
    """Milliseconds to the end of the load event of a first visit, and in tasks of more than 50 ms."""

    def give(route: Route) -> None:
        path = re.sub(
            r"@[0-9][0-9.]*", "", re.sub(r"^https?://[^/]+/(npm/)?", "", route.request.url.split("?")[0])
        )
        found = packages / path if packages else None
        if found and found.is_file():
            route.fulfill(path=found, headers={"access-control-allow-origin": "*"})
        else:
            route.abort()

    context = fresh(browser)
    page = context.new_page()
    page.route(lambda url: not url.startswith(base), give)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(f"{base}{name}.html", wait_until="load")
    page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    page.evaluate("() => new Promise((resolve) => requestIdleCallback(resolve))")
    load = page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
    found = load, page.evaluate("() => notes.long")
    context.close()
    return found


def compare(browser: Browser, bases: dict[str, str], name: str, packages: Path | None) -> dict[str, Any]:
    """Medians of both builds and their ratio: load as it is, long tasks with a slower processor."""
    rows: dict[str, Any] = {}
    for row, slower, place in (("load", 1, 0), ("long tasks", SLOWER, 1)):
        taken: dict[str, list[float]] = {build: [] for build in bases}
        for _ in range(ROUNDS):
            for build, base in bases.items():
                taken[build].append(visit(browser, base, name, slower, packages)[place])
        medians = {build: round(statistics.median(values)) for build, values in taken.items()}
        rows[row] = {**medians, "ratio": round(medians["ours"] / medians["theirs"], 2), "goal": GOALS[row]}
        print(f"{name:<34}{row:<12}{medians['ours']:>6} ms, theirs {medians['theirs']:>6} ms, ", end="")
        print(f"ratio {rows[row]['ratio']:.2f}, goal {GOALS[row]}", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages_beside")
    parser.add_argument("site", type=Path)
    parser.add_argument("pages", nargs="*", default=PAGES)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    with sync_playwright() as playwright, serve(SITE) as ours, serve(options.site) as theirs:
        browser = playwright.chromium.launch(**launch_options())
        bases = {"ours": ours, "theirs": theirs}
        found = {name: compare(browser, bases, name, options.packages) for name in options.pages}
        browser.close()
    if options.store:
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        STORED.write_text(json.dumps({**machine, "rounds": ROUNDS, "pages": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
