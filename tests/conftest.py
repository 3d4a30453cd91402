"""Fixtures that every test may use."""

import pytest
import torch


@pytest.fixture(params=["cpu"] + (["cuda"] if torch.cuda.is_available() else []))
def device(request):
    """Each device there is."""
    return torch.device(request.param)
