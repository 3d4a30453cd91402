"""What CPython alone can tell of an answer: the line that raised, and whether a function is still the untouched stub."""

from __future__ import annotations

import dis
import linecache
import sysconfig
import traceback
import types
from pathlib import Path
from typing import Any

LIBRARIES = (
    str(Path(__file__).parent.parent),
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("purelib"),
    sysconfig.get_path("platlib"),
)
NOTHING_DONE = {
    "RESUME", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "NOP", "COPY_FREE_VARS", "LOAD_COMMON_CONSTANT",
    "LOAD_SMALL_INT", "NOT_TAKEN", "CACHE",
}  # fmt: skip


def kind(error: BaseException) -> str:
    """The name of an exception's kind."""
    return type(error).__name__


def type_name(value: Any) -> str:
    """The name of a value's type."""
    return type(value).__name__


def where(error: BaseException) -> str:
    """One line: where in the reader's code the error came up, and what it says."""
    said = str(error).strip().splitlines() or [""]
    words = f"{type(error).__name__}: {said[0][:200]}".rstrip(": ")
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith((*LIBRARIES, "<frozen"))]
    if not theirs:
        return words
    frame = theirs[-1]
    source = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip().splitlines()
    shown = f", `{source[0][:80]}`," if source else ""
    return f"Line {frame.lineno} of your code{shown} raises {words}"


def does_nothing(function: Any) -> bool:
    """Whether a function is an untouched stub: its body only returns a constant None or `...`."""
    if not isinstance(function, types.FunctionType):
        return False
    steps = list(dis.get_instructions(function))
    if not {step.opname for step in steps} <= NOTHING_DONE:
        return False
    returned = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(value is None or value is ... for value in returned[-1:])
