"""Fixtures for the tests of training."""

import multiprocessing
import threading

import pytest
from tqdm import tqdm

# Not tqdm's own lock, which forked processes share: one that is killed while it holds it would stop all others.
tqdm.set_lock(threading.RLock())


@pytest.fixture(scope="session")
def fresh_processes():
    """Starts processes that have imported torch already: each is forked from one that has done nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["driver", "pair_of_processes", "torch._dynamo"])
    return context
