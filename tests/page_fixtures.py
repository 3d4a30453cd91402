"""Fixtures of tests that open built pages: the browser, a server, and a clear error if there is no book."""

import built
import pytest
from browsing import launch_options, serve


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return launch_options()


@pytest.fixture(autouse=True, scope="session")
def the_book_is_built():
    if not built.PAGES:
        pytest.fail(built.REMEDY, pytrace=False)


@pytest.fixture(scope="session")
def http(the_book_is_built):
    """The built book under a sub-path, as GitHub Pages serves it."""
    with serve(built.SITE) as address:
        yield address


@pytest.fixture(scope="session")
def origins(http):
    """Both ways to open the book: over http, and from disk."""
    return {"http": http, "file": built.SITE.as_uri() + "/"}
