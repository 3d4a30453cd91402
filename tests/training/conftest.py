"""Fixtures for the tests of training."""

import contextlib
import multiprocessing
import socket
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


@pytest.fixture(scope="session")
def side_by_side(fresh_processes):
    """Runs target(folder, number, three free ports, *more) as two processes to their end; gives their exit codes.

    None is that of one which had not ended after four minutes, and was killed.
    """

    def run(target, folder, *more):
        with contextlib.ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in range(3)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            ports = [one.getsockname()[1] for one in sockets]
        both = [
            fresh_processes.Process(target=target, args=(folder, number, ports, *more)) for number in range(2)
        ]
        for process in both:
            process.start()
        for process in both:
            process.join(240)
        codes = [process.exitcode for process in both]
        for process in both:
            process.kill()
        return codes

    return run


@pytest.fixture
def quiet(monkeypatch):
    """No bar, no other process; threads and random numbers are afterwards as they were."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.delenv("RANK", raising=False)
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        yield
    torch.set_num_threads(threads)
