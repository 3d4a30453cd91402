"""What tests of live pictures share."""

from functools import cache

import pytest

from transformer_lib.live import export


@pytest.fixture(scope="session")
def model():
    """The fresh ONNX model of a view, by name; each is exported once, for an export takes seconds."""
    make = export.onnx_model  # tests put their own in its place
    return cache(lambda name: make(export.EXPORTED[name]))
