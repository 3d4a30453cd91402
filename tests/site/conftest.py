"""Pages that are not built fail with one line."""

import built
import pytest


@pytest.fixture(autouse=True, scope="session")
def _the_book_is_built() -> None:
    if not built.PAGES:
        pytest.fail(built.REMEDY, pytrace=False)
