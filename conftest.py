"""Quick tests first: the library, then the notebooks, then whatever drives a browser.

Browser tests come last for a second reason: Playwright's event loop runs until the session ends, and nbval cannot
start its kernels beside it.

The kernels inherit this environment: no progress bars and no published models, as where the notebooks are stored.
"""

import os

os.environ.setdefault("TQDM_DISABLE", "1")
os.environ |= {"HF_HUB_OFFLINE": "1", "PUBLISHED_MODELS": ""}  # no test asks a host for a model

BROWSER_FOLDERS = ("tests/site/", "tests/browser/", "tests/builds/")


def pytest_collection_modifyitems(items) -> None:
    items.sort(key=_turn)  # stable: within a turn the order stays


def _turn(item) -> int:
    if item.nodeid.startswith(BROWSER_FOLDERS) or "playwright" in getattr(item, "fixturenames", ()):
        return 2
    return int(".ipynb" in item.nodeid)
