"""Times the machine's page beside the figures to reach: a zoom to its end, a step to the frame that shows it.

    python -m benchmarks.machine [--store]

Types a sentence, then goes in and out through all levels and writes word by word at each. Needs a built book and a
Chromium. Times depend on the machine: run it when nothing else runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browsing import launch_options, serve
from tests.built import REMEDY, SITE

RESULT = Path(__file__).parent / "results/machine.json"
GOALS = {"zoom": 300.0, "step": 100.0}  # ms
SENTENCES = [
    "the small cat sleeps in the garden .",
    "sally adored reading ; when she received a book for her birthday , she was happy .",
]
ROUNDS = 5  # the first warms the engine up
WAY = [  # what is pressed on the way in, and the level that it leads to
    ("[data-go='stacks']", 1),
    ("[data-go='enc2']", 2),
    ("[data-go='enc2/self']", 3),
    ("[data-go^='enc2/self/h4/']", 4),
    ("[data-go^='enc2/self/h4/']", 5),
]
STEPPED = ["sentence", "stacks", "dec2", "dec2/cross", "dec2/ff", "choice"]

# Milliseconds from a press until the frame that shows its result has ended, and until all movement that it began has.
PRESS = """async (selector) => {
  const node = document.querySelector('.machine').querySelector(selector);
  const began = performance.now();
  node.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  const moving = [...document.querySelectorAll('.m-zoom, .m-stage > svg')].flatMap((one) => one.getAnimations());
  await new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  }));
  const shown = performance.now() - began;
  await Promise.allSettled(moving.map(({ finished }) => finished));
  return { shown, ended: performance.now() - began, moving: moving.length };
}"""
OUT = PRESS.replace(
    "node.dispatchEvent(new MouseEvent('click', { bubbles: true }));",
    "document.querySelector('.machine').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));",
)
LEVEL = "() => Number(document.querySelector('[data-level]').dataset.level)"


def typed(page: Page, sentence: str) -> float:
    """Type a sentence and wait until it is translated; milliseconds, with the weights on the first time."""
    before = page.locator(".m-status").inner_text()
    page.fill("#m-sentence", sentence)
    began = page.evaluate("() => performance.now()")
    page.press("#m-sentence", "Enter")
    page.wait_for_function(
        """(before) => { const { textContent } = document.querySelector('.m-status');
             return textContent !== before && textContent.startsWith('The decoder wrote'); }""",
        arg=before,
    )
    return page.evaluate("() => performance.now()") - began


def go(page: Page, address: str) -> None:
    page.evaluate("(to) => { location.hash = to; }", address)
    page.wait_for_function("(to) => decodeURI(location.hash) === '#' + to", arg=address)
    page.wait_for_timeout(400)  # the zoom


def zooms(page: Page) -> dict[str, list[float]]:
    """Milliseconds of each way in and out, by the level that it leads to."""
    found: dict[str, list[float]] = {}
    for k in range(ROUNDS):
        go(page, "sentence")
        ways = [(PRESS, selector, level) for selector, level in WAY]
        ways += [(OUT, "*", level) for level in (4, 3, 2, 1, 0)]
        for script, selector, level in ways:
            timed = page.evaluate(script, selector)
            if page.evaluate(LEVEL) != level or not timed["moving"]:
                sys.exit(f"no zoom led to level {level}: {selector}")
            if k:
                found.setdefault(f"{'in' if script is PRESS else 'out'} to {level}", []).append(
                    timed["ended"]
                )
    return found


def steps(page: Page) -> dict[str, list[float]]:
    """Milliseconds of each *next word*, by the place at which it is pressed."""
    found: dict[str, list[float]] = {}
    for k in range(ROUNDS):
        for address in STEPPED:
            go(page, address)
            if page.locator("[data-step='0']").count():
                page.evaluate(PRESS, "[data-step='0']")
            while page.locator("[data-step='1']").is_enabled():
                timed = page.evaluate(PRESS, "[data-step='1']")
                if k:
                    found.setdefault(address, []).append(timed["shown"])
    return found


def summary(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "median": round(statistics.median(row), 1),
            "95th percentile": round(sorted(row)[int(0.95 * (len(row) - 1))], 1),
        }
        for name, row in times.items()
    }


def measure(page: Page, sentence: str) -> dict[str, Any]:
    return {
        "typed": round(typed(page, sentence), 1),
        "zoom": summary(zooms(page)),
        "step": summary(steps(page)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", action="store_true", help=f"write {RESULT.name}")
    store = parser.parse_args().store
    if not (SITE / "index.html").exists():
        sys.exit(REMEDY)
    with sync_playwright() as playwright, serve(SITE) as base:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{base}book/machine.html")
        page.wait_for_selector("[data-machine][data-state=ready]")
        found = {sentence: measure(page, sentence) for sentence in SENTENCES}
        browser.close()
    for sentence, figures in found.items():
        print(f"{sentence}  translated in {figures['typed']:g} ms")
        for kind, goal in GOALS.items():
            for name, times in figures[kind].items():
                said = ", ".join(f"{which} {value:g}" for which, value in times.items())
                met = "met" if times["95th percentile"] <= goal else "missed"
                print(f"  {kind:<6}{name:<12}{said} ms   goal {goal:g}   {met}")
    if store:
        about = {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "goals": GOALS,
        }
        RESULT.write_text(json.dumps(about | {"sentences": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
