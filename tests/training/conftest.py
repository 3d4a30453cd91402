"""Fixtures for the tests of training."""

import multiprocessing

import pytest


@pytest.fixture(scope="session")
def fresh_processes():
    """Starts processes that have imported torch already: each is forked from one that has done nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["driver", "pair_of_processes", "torch._dynamo"])
    return context
