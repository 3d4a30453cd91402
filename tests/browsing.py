"""Shared by browser tests: the browser, a server under a sub-path, and a record of requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route

from tools import browser

SUB_PATH = "/sub/path/"
WAITING = (
    128  # connections that may wait to be accepted: beyond the usual 5, a browser tries again 200 ms later
)
LAUNCH_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """The path of the browser that the tests drive; raises with the remedy if there is none."""
    if path := browser.find():
        return path
    raise FileNotFoundError(browser.REMEDY)


def launch_options() -> dict:
    """Keyword arguments for Playwright's `launch`, and for the fixture `browser_type_launch_args`."""
    return {"executable_path": find_chromium(), "args": LAUNCH_ARGUMENTS}


@contextmanager
def serve(folder: str | Path, prefix: str = SUB_PATH) -> Iterator[str]:
    """Serve a folder under a prefix, as GitHub Pages does; yields the address, which ends in the prefix."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments) -> None:
            super().__init__(*arguments, directory=str(folder))

        def translate_path(self, path: str) -> str:
            if not path.startswith(prefix):
                return super().translate_path("/no-such-place")
            return super().translate_path(path.removeprefix(prefix.rstrip("/")))

        def log_message(self, *_) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = WAITING

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Visit:
    """Requests and errors of the pages in one browser context."""

    requests: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)  # addresses of other hosts; all blocked
    missing: list[str] = field(default_factory=list)  # own addresses without a file
    complaints: list[str] = field(default_factory=list)  # console errors, refused scripts, exceptions

    def clear(self) -> None:
        """Forget what was recorded: the next page begins."""
        for recorded in (self.requests, self.outside, self.missing, self.complaints):
            recorded.clear()

    @property
    def faults(self) -> list[str]:
        return [*self.outside, *self.missing, *self.complaints]


def watch(context: BrowserContext, *allowed: str) -> Visit:
    """Let requests through only to addresses that start with one of those allowed; record everything."""
    visit = Visit()

    def decide(route: Route) -> None:
        if _local(route.request.url, allowed):
            route.continue_()
        else:
            visit.outside.append(route.request.url)
            route.abort()

    def failed(request: Request) -> None:
        # requests aborted by leaving the page are no fault
        if _local(request.url, allowed) and request.failure != "net::ERR_ABORTED":
            visit.missing.append(f"{request.url} {request.failure}")

    def complained(message: ConsoleMessage) -> None:
        if message.type == "error":
            visit.complaints.append(f"{message.text} ({message.location['url']})")

    context.route("**/*", decide)
    context.on("request", lambda request: visit.requests.append(request.url))
    context.on("requestfailed", failed)
    context.on("response", lambda r: visit.missing.append(f"{r.url} {r.status}") if r.status >= 400 else None)
    context.on("console", complained)
    context.on("weberror", lambda error: visit.complaints.append(str(error.error)))
    return visit


def _local(address: str, allowed: tuple[str, ...]) -> bool:
    return urlsplit(address).scheme in ("data", "about") or address.startswith(allowed)


@contextmanager
def phone(browser: Browser, origin: str, name: str) -> Iterator[tuple[Page, Visit]]:
    """A page as wide as a phone, without motion, and what it asks for."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    visit = watch(context, origin)
    page = context.new_page()
    page.goto(f"{origin}{name}.html")
    yield page, visit
    context.close()
