"""Fixtures of the tests of live pictures."""

from functools import cache

import pytest

from transformer_lib.live import export


@pytest.fixture(scope="session")
def model():
    """The fresh ONNX model of a view, by name; each is exported once, for an export takes seconds."""
    make = export.onnx_model  # tests replace it
    return cache(lambda name: make(export.EXPORTED[name]))
