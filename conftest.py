"""Quick tests first: the library, then the notebooks, then whatever drives a browser, the longest files first.

Browser tests come last for a second reason: Playwright's event loop runs until the session ends, and nbval cannot
start its kernels beside it. A file stays with one process, so a long one must not be the last to start.

The kernels inherit this environment: no progress bars and no published models, as where the notebooks are stored.
"""

import os

import pytest

os.environ.setdefault("TQDM_DISABLE", "1")
os.environ |= {"HF_HUB_OFFLINE": "1", "PUBLISHED_MODELS": ""}  # no test asks a host for a model

BROWSER_FOLDERS = ("tests/site/", "tests/browser/", "tests/builds/")
LONGEST = (
    "book/07-training.ipynb",
    "book/10-assistant.ipynb",
    "tests/site/test_pages_in_chromium.py",
    "tests/browser/test_translator.py",
    "tests/browser/test_live_controls.py",
    "tests/browser/test_machine.py",
    "tests/browser/test_answers_in_page.py",
    "tests/browser/test_exercises_in_page.py",
    "tests/browser/test_jupyterlab.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: one that drives a browser or a kernel waits for it."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items) -> None:
    items.sort(key=_turn)  # stable: within a turn the order of other files stays


def _turn(item) -> tuple[int, int]:
    file = item.nodeid.partition("::")[0]
    place = LONGEST.index(file) if file in LONGEST else len(LONGEST)
    if file.startswith(BROWSER_FOLDERS) or "playwright" in getattr(item, "fixturenames", ()):
        return 2, place
    return int(".ipynb" in file), place
