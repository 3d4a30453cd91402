"""Fixtures that every test may use."""

import pytest
import torch
from hypothesis import settings

# The same examples on every run: a failure belongs to the change that caused it.
settings.register_profile("book", deadline=None, derandomize=True, database=None, max_examples=30)
settings.load_profile("book")


@pytest.fixture(params=["cpu"] + (["cuda"] if torch.cuda.is_available() else []))
def device(request):
    """Each device there is."""
    return torch.device(request.param)
