"""Fixtures of the tests of live pictures."""

import fcntl
import os
from functools import cache

import onnx
import pytest

from transformer_lib.live import export


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The fresh ONNX model of a view, by name; each is exported once for all processes of a run: it takes seconds."""
    make = export.onnx_model  # tests replace it
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    @cache
    def exported(name):
        path = folder / f"{name}.onnx"
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                part = path.with_suffix(".part")
                part.write_bytes(make(export.EXPORTED[name]).SerializeToString())
                part.rename(path)
        return onnx.load(path)

    return exported
