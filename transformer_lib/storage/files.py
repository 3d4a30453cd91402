"""Named tensors in a safetensors file, with JSON metadata.

Never pickle: loading such a file runs no code. Writes are atomic, and a damaged file is rejected.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

try:
    import fcntl
except ImportError:
    fcntl = None

# One key holds everything: safetensors keeps several in an order that changes from run to run.
KEY = "transformer_lib"


def write_file(path: Path, content: bytes) -> None:
    """Replace a file atomically: a reader, or a run that is killed, finds either the old or the new file."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # on disk before the file is renamed
        os.replace(part, path)
    except OSError:  # a full disk
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextmanager
def alone_in(folder: Path) -> Generator[None, None, None]:
    """Lock a folder against a second run; the lock ends with the process.

    Raises:
        BlockingIOError: if another process holds the lock.
    """
    if fcntl is None:  # Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"another run is writing into {folder}: wait, or choose another folder"
            ) from None
        yield
    finally:
        os.close(handle)


def checksum(tensors: Mapping[str, Tensor], about: Mapping[str, Any] | None = None) -> str:
    """SHA-256 over names, dtypes, shapes and values, in any order, and over the metadata.

    >>> a, b = torch.zeros(2), torch.ones(3)
    >>> checksum({"a": a, "b": b}) == checksum({"b": b, "a": a}) != checksum({"a": a, "b": b + 1})
    True
    """
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        found.update(flat.view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def write_tensors(path: Path | str, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write named tensors and metadata into one safetensors file, atomically.

    Args:
        path: the file; its folder must exist.
        tensors: any dtypes and devices, none sharing memory with another.
        about: metadata, any JSON value; a checksum over everything is added.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = {"about": about, "checksum": checksum(tensors, about)}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    write_file(Path(path), save(tensors, metadata={KEY: text}))


def read_tensors(path: Path | str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote.

    Returns:
        The tensors, on the CPU, and the metadata.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, truncated, or of another format; the message names the file and the cause.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or cut short, or no safetensors file at all: {error}") from error
    if KEY not in header:
        raise ValueError(f"{path} is a safetensors file, but not one that this library wrote")
    try:
        content = json.loads(header[KEY])
        about, written = content["about"], content["checksum"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: what it says of itself cannot be read ({error})") from error
    if checksum(tensors, about) != written:
        raise ValueError(
            f"{path} is damaged: its content does not have the checksum that it was written with"
        )
    return tensors, about


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system can (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
