"""Fixtures for the tests of training."""

import multiprocessing
import threading

import pytest
import torch
from tqdm import tqdm

# Not tqdm's own lock, which forked processes share: one that is killed while it holds it would stop all others.
tqdm.set_lock(threading.RLock())


@pytest.fixture(scope="session")
def fresh_processes():
    """Starts processes that have imported torch already: each is forked from one that has done nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["driver", "pair_of_processes", "torch._dynamo"])
    return context


@pytest.fixture
def quiet(monkeypatch):
    """No bar, no other process; threads and random numbers are afterwards as they were."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.delenv("RANK", raising=False)
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        yield
    torch.set_num_threads(threads)
