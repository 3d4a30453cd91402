"""Fixtures that every test may use."""

import pytest
import torch
from hypothesis import HealthCheck, settings

# The same examples on every run: a failure belongs to the change that caused it. A mutation run repeats the tests in
# one process, each time with fresh test classes; that is what the suppressed check would complain of.
settings.register_profile(
    "book",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.load_profile("book")


@pytest.fixture(params=["cpu"] + (["cuda"] if torch.cuda.is_available() else []))
def device(request):
    """Each device there is."""
    return torch.device(request.param)
