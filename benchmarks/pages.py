"""Prints the figures of the built pages beside the figures to reach: bytes, requests, times, jumps.

    python -m benchmarks.pages [PAGE ...]      for example book/03-dot-product-attention; without names, every chapter

Needs a built book and a Chromium. Times depend on the machine: run it when nothing else runs.
"""

from __future__ import annotations

import gzip
import statistics
import sys
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.watching import FRAMES, NOTES, SCROLL
from tests.browsing import launch_options, serve, watch
from tests.built import PICTURES, REMEDY, SITE
from tests.hand import Hand

LOADS = 7
MOVES = 80
SLOWER = 4
SCREENS = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 390, "height": 844}}
PACKED = (".png", ".woff2", ".jpg", ".webp")  # compressed already
WORDS = 14


@dataclass
class Figure:
    """One measured figure and what it is held to."""

    name: str
    value: float
    unit: str
    goal: float
    digits: int = 0

    @property
    def met(self) -> bool:
        return self.value <= self.goal

    def __str__(self) -> str:
        verdict = "met" if self.met else f"over by {self.value - self.goal:.{self.digits}f}"
        return (
            f"  {self.name:<58}{self.value:>9.{self.digits}f} {self.unit:<8}goal {self.goal:g}".ljust(90)
            + verdict
        )


@dataclass
class Weight:
    """What a page loaded: address to bytes, as a server with gzip sends them."""

    sent: dict[str, int] = field(default_factory=dict)

    def note(self, response: Any) -> None:
        body = response.body()
        packed = response.url.split("?")[0].endswith(PACKED)
        self.sent[response.url] = len(body) if packed else len(gzip.compress(body, 6))

    @property
    def kilobytes(self) -> float:
        return sum(self.sent.values()) / 1000


def fresh(browser: Browser, screen: str = "wide") -> BrowserContext:
    context = browser.new_context(viewport=SCREENS[screen])
    context.add_init_script(NOTES)
    return context


def weigh(browser: Browser, address: str, base: str) -> tuple[float, float, int, int]:
    """Kilobytes before scrolling and after, requests, and requests to others."""
    context = fresh(browser)
    visit = watch(context, base)
    page = context.new_page()
    finished = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto(address, wait_until="networkidle")
    first = len(finished)
    page.evaluate(SCROLL)
    page.wait_for_load_state("networkidle")
    before, after = Weight(), Weight()
    for i, request in enumerate(finished):
        after.note(request.response())
        if i < first:
            before.note(request.response())
    requests, outside = len(visit.requests), len(visit.outside)
    context.close()
    return before.kilobytes, after.kilobytes, requests, outside


def open_times(browser: Browser, address: str, slower: int = 1) -> dict[str, float]:
    """Medians over several first visits: load, alive after load, long tasks; milliseconds."""
    found: dict[str, list[float]] = {"load": [], "alive": [], "long": []}
    for _ in range(LOADS):
        context = fresh(browser)
        page = context.new_page()
        client = context.new_cdp_session(page)
        client.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(address, wait_until="load")
        page.wait_for_function("() => !document.querySelector('figure.live') || notes.alive() !== null")
        page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        page.evaluate("() => new Promise((resolve) => requestIdleCallback(resolve))")
        load = page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
        alive = page.evaluate("() => notes.alive()")
        found["load"].append(load)
        found["alive"].append(max(0.0, alive - load) if alive is not None else 0.0)
        found["long"].append(page.evaluate("() => notes.long"))
        context.close()
    return {name: statistics.median(values) for name, values in found.items()}


def jumps(browser: Browser, address: str, screen: str) -> float:
    """How far things jump while the page is read to its end."""
    context = fresh(browser, screen)
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.evaluate(SCROLL)
    shift = page.evaluate("() => notes.shift")
    context.close()
    return shift


def answers(browser: Browser, address: str, picture: dict[str, Any]) -> tuple[float, float]:
    """Largest handler time, and the 95th percentile from an input event to the end of the frame that drew it."""
    context = fresh(browser)
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    hand = Hand(page, picture)
    hand.root.scroll_into_view_if_needed()
    slider = next(control for control in picture["spec"]["controls"] if control["kind"] == "slider")
    hand.turn(slider)
    hand.control(slider["name"]).locator("input").focus()
    page.keyboard.press("Home")
    page.evaluate(FRAMES)
    for i in range(MOVES):
        page.keyboard.press("ArrowLeft" if i % 2 else "ArrowRight")
        page.wait_for_function("(n) => frames_.length > n", arg=i)
    frames = page.evaluate("() => frames_")[MOVES // 8 :]  # the first ones warm the engine up
    context.close()
    handlers, ends = zip(*frames, strict=True)
    percentile = sorted(ends)[int(0.95 * len(ends))]
    return sorted(handlers)[int(0.95 * len(handlers))], percentile


def measure(browser: Browser, base: str, name: str) -> list[Figure]:
    """Every figure of one page."""
    address = f"{base}{name}.html"
    before, after, requests, outside = weigh(browser, address, base)
    times = open_times(browser, address)
    slow = open_times(browser, address, SLOWER)
    figures = [
        Figure("everything it loads, gzip", after, "kB", 600),
        Figure("before what lies below the first screen", before, "kB", 350),
        Figure("requests", requests, "", 40),
        Figure("requests to other hosts", outside, "", 0),
        Figure("load, median (0.35 of 1.4 s)", times["load"], "ms", 490),
        Figure("live pictures ready after load, median", times["alive"], "ms", 100),
        Figure(f"long tasks with a {SLOWER} times slower processor, median", slow["long"], "ms", 500),
        *(
            Figure(f"layout shift, {screen}", jumps(browser, address, screen), "", 0.02, 4)
            for screen in SCREENS
        ),
    ]
    for page, picture in PICTURES:
        counts = [len(words) for words in picture["spec"]["labels"].values()]
        sliders = any(control["kind"] == "slider" for control in picture["spec"]["controls"])
        if page.name == name and max(counts, default=0) <= WORDS and sliders:
            handler, end = answers(browser, address, picture)
            of = f"{picture['view']}, {max(counts, default=0)} labels"
            figures.append(Figure(f"handler, 95th percentile ({of})", handler, "ms", 8, 1))
            figures.append(Figure(f"input to end of frame, 95th percentile ({of})", end, "ms", 20, 1))
    return figures


def main(names: list[str]) -> None:
    if not (SITE / "index.html").exists():
        sys.exit(REMEDY)
    chapters = dict.fromkeys(page.name for page, _ in PICTURES)
    if unknown := [name for name in names if not (SITE / f"{name}.html").exists()]:
        sys.exit(
            f"no such page: {', '.join(unknown)}; a page is named as its file, like {next(iter(chapters))}"
        )
    over = 0
    with sync_playwright() as playwright, serve(SITE) as base:
        browser = playwright.chromium.launch(**launch_options())
        for name in names or chapters:
            print(name)
            for figure in measure(browser, base, name):
                print(figure, flush=True)
                over += not figure.met
        browser.close()
    print(f"{over} figures over their goals" if over else "every figure meets its goal")


if __name__ == "__main__":
    main(sys.argv[1:])
