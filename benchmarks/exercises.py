"""Times the exercises as their pages run them: from the first touch to ready, and each check, in milliseconds.

    python -m benchmarks.exercises [CHAPTER ...] [--tries N] [--store]

Needs a built book and a Chromium. A check is timed twice: with the notebook's solution, which holds the solution's own
run on every probe, too, and with a function that gives back a word at once, which leaves what the page adds to a
reader's code. `first` is the first check after Python came, `median` that of all. Beside each chapter stands a loop of
fixed length, run in the same page: where it takes longer than in a stored result, the machine was busy or slower, and
`ratio` is a check's median over the loop's time. Chapters such as 05; without any, all. Run it when nothing else runs.
"""

from __future__ import annotations

import argparse
import ast
import datetime
import json
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browsing import launch_options, serve
from tests.built import PAGES, REMEDY, SITE
from tools import page_stubs

BOOK = Path(__file__).parents[1] / "book"
RESULT = Path(__file__).parent / "results/exercises.json"
READY, CHECK = 1000.0, 300.0  # milliseconds at most
TRIES = 7
PATIENCE = 60_000  # milliseconds; a busy machine must not stop a check

# A fixed amount of arithmetic, alike on every page.
LOOP = """() => {
  const begun = performance.now();
  let x = 1;
  for (let i = 0; i < 2e7; i += 1) x = (x * 1103515245 + 12345) % 2147483648;
  return x && performance.now() - begun;
}"""
# As the page itself does at the first touch: a worker, its script, the chapter's.
TOUCH = """async (chapter) => {
  const begun = performance.now();
  window.python = AttentionExercises.client(new URL("../_static/exercises/", document.baseURI));
  await python.ready(chapter);
  return performance.now() - begun;
}"""
ASK = """async ([job, tries]) => {
  const found = [];
  for (let i = 0; i < tries; i += 1) {
    const begun = performance.now();
    const { line } = await python.check(job);
    found.push([performance.now() - begun, line]);
  }
  return found;
}"""
IN_PAGE = "() => Array.from(document.querySelectorAll('[data-exercise]'), (e) => e.dataset.exercise)"


def solutions(notebook: dict) -> dict[str, dict[str, str]]:
    """Text and answer of the solution that a notebook folds away, for each exercise."""
    stubs = {stub.name: stub.text.splitlines() for stub in page_stubs.stubs(notebook)}
    found = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        folded = "hide-cell" in cell["metadata"].get("tags", [])
        if not folded or cell["cell_type"] != "code" or "exercises.check(" not in source:
            continue
        for node in ast.parse(source).body:
            if (checked := page_stubs.checked(node)) is not None:
                begun = [line for line in stubs[checked[0]] if "exercises.given(" in line]
                text = "\n".join([*begun, *source.splitlines()[: node.lineno - 1]])
                found[checked[0]] = {"text": text, "answer": ast.unparse(checked[1])}
    return found


def touched(browser: Browser, address: str, chapter: str) -> tuple[Page, float]:
    """A page on which Python was just loaded for the first time, and how long that took."""
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address, wait_until="load")
    page.wait_for_function("() => window.AttentionExercises")
    return page, page.evaluate(TOUCH, chapter)


def timed(page: Page, job: dict[str, str], tries: int) -> dict[str, float | str]:
    times, lines = zip(*page.evaluate(ASK, [job | {"within": PATIENCE}, tries]), strict=True)
    return {"first": times[0], "median": statistics.median(times), "line": lines[0]}


def measured(browser: Browser, address: str, chapter: str, notebook: dict, tries: int) -> dict[str, Any]:
    """What one chapter's exercises take."""
    ready = []
    for _ in range(tries):
        page, taken = touched(browser, address, chapter)
        ready.append(taken)
        if len(ready) < tries:
            page.context.close()
    here, checks, loops = page.evaluate(IN_PAGE), {}, []
    for name, job in solutions(notebook).items():
        if name in here:
            about = {"chapter": chapter, "name": name}
            loops.append(page.evaluate(LOOP))
            checks[name] = {
                "solution": timed(page, about | job, tries),
                "a word": timed(page, about | {"text": "", "answer": "lambda *inputs: 'seven'"}, tries),
            }
    page.context.close()
    loop = statistics.median(loops)
    for row in checks.values():
        row["ratio"] = row["solution"]["median"] / loop
        right = row["solution"].pop("line")
        assert right.startswith("Right.") or "autograd" in right, right
    return {"ready": statistics.median(ready), "loop": loop, "checks": checks}


def shown(chapter: str, found: dict[str, Any]) -> None:
    ready = found["ready"]
    print(
        f"chapter {chapter}: loop {found['loop']:.0f} ms; ready {ready:.0f} ms, goal {READY:g}",
        *over(ready, READY),
    )
    for name, row in found["checks"].items():
        right, word = row["solution"], row["a word"]
        said = f"solution {right['median']:5.0f} (first {right['first']:5.0f}), a word {word['median']:5.0f}"
        print(f"  {name:32}{said}  goal {CHECK:g}", *over(right["median"], CHECK))


def over(value: float, goal: float) -> list[str]:
    return [] if value <= goal else [f"over by {value - goal:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER")
    parser.add_argument("--tries", type=int, default=TRIES)
    parser.add_argument("--store", action="store_true", help=f"write {RESULT.name}")
    options = parser.parse_args()
    if not PAGES:
        sys.exit(REMEDY)
    found = {}
    with serve(SITE) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        for page in PAGES:
            name = page.name.split("/")[-1]
            if page.soup.select("[data-exercise]") and (not options.chapters or name[:2] in options.chapters):
                notebook = json.loads((BOOK / f"{name}.ipynb").read_text("utf-8"))
                address = f"{base}{page.name}.html"
                found[name[:2]] = measured(browser, address, name[:2], notebook, options.tries)
                shown(name[:2], found[name[:2]])
        about = {
            "command": " ".join(["python -m benchmarks.exercises", *sys.argv[1:]]),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load before": os.getloadavg()[0],
            "chromium": browser.version,
            "tries": options.tries,
        }
        browser.close()
    if options.store:
        RESULT.write_text(json.dumps(about | {"chapters": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
