"""Finds the Chromium that the tests drive: the variable CHROMIUM, then the machine's own, then Playwright's."""

import os
import shutil
import sys

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
REMEDY = (
    "The tests need a browser: install Chromium (Debian, Ubuntu: apt-get install chromium), "
    "or run `.venv/bin/playwright install --with-deps chromium`, or set CHROMIUM to the path of one."
)


def find() -> str | None:
    """The path of a Chromium, or None."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), None) or playwrights_own()


def playwrights_own() -> str | None:
    """The path of the browser that `playwright install` fetched, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


if __name__ == "__main__":
    sys.exit(None if find() else REMEDY)
