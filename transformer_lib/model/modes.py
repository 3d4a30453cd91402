"""Training and evaluation mode of a model for as long as a block runs: afterwards each part's mode is as before."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import nn


@contextmanager
def in_mode(model: nn.Module, training: bool) -> Generator[None, None, None]:
    """All parts of a model in one mode inside; afterwards each is in the mode that it had.

    `model.train(mode)` would give every part the mode of the whole, and wake a part that was put to rest.
    """
    changed = [module for module in model.modules() if module.training != training]
    for module in changed:
        module.training = training
    try:
        yield
    finally:
        for module in changed:
            module.training = not training


def evaluating(model: nn.Module) -> AbstractContextManager[None]:
    """No dropout inside."""
    return in_mode(model, training=False)


@contextmanager
def inference_mode(model: nn.Module) -> Generator[None, None, None]:
    """Neither dropout nor gradients inside."""
    with evaluating(model), torch.inference_mode():
        yield
