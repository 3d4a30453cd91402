"""Builds the pages, with warnings as errors: `python tools/book.py [FOLDER]`.

One build at a time: a second one waits. A successful build stores a digest of its files, which the next one checks.
After a build that failed or was killed, when a file was changed or lost, or when the table of contents changed, it
starts from an empty folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = ("html", ".doctrees", "jupyter_execute", "katex-static", "live-static")
LOCK, STAMP, LOG = "lock", "stamp.json", "book.log"
STRICT = ("-W", "-n", "--keep-going")
DECIDES = ("_toc.yml", "_config.yml")  # they determine the set of pages, and the content of all
KATEX = ("katex.min.js", "katex.min.css", "fonts")
NO_KATEX = "node_modules/katex is missing or not whole: remove the folder node_modules, then run make setup"


@contextmanager
def alone(folder: Path) -> Iterator[int]:
    """Hold the folder's lock, wait while another build holds it; yields its descriptor.

    The lock is released when the last process that has the descriptor ends, even if it is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another build is at work: waiting until it has ended", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def decided(root: Path) -> str:
    """A digest of the files that determine every page."""
    files = b"".join((root / name).read_bytes() for name in DECIDES)
    return hashlib.sha256(files + version("sphinx").encode() + version("jupyter-book").encode()).hexdigest()


def written(folder: Path) -> dict[str, str]:
    """A digest of every file that a build makes."""
    files = sorted(path for name in MADE for path in (folder / name).rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def is_whole(folder: Path, root: Path) -> bool:
    """Whether all files of the last build are present and unchanged, for this table of contents."""
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
        now = written(folder)
        return stamp["decided"] == decided(root) and stamp["written"].items() <= now.items()
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def build(root: Path = ROOT, *, beside: Sequence[str] = ()) -> int:
    """Build the book of a folder into its `_build`; returns the exit status.

    Warnings are shown at once; other output is in `_build/book.log`, and is shown if the build fails. `beside` is a
    command that adds files before the build counts as complete.
    """
    if not all((root / "node_modules" / "katex" / "dist" / name).exists() for name in KATEX):
        print(NO_KATEX)
        return 1
    folder = root / "_build"
    with alone(folder) as lock:
        whole = is_whole(folder, root)
        (folder / STAMP).unlink(missing_ok=True)  # incomplete until the build has ended
        if not whole:
            for name in MADE:
                shutil.rmtree(folder / name, ignore_errors=True)
        command = [str(Path(sys.executable).parent / "jupyter-book"), "build", ".", *STRICT]
        # the builder inherits the lock: it may outlive this process
        options = {"cwd": root, "stdin": subprocess.DEVNULL, "check": False, "pass_fds": [lock]}
        print("building the pages", flush=True)
        with (folder / LOG).open("w") as log:
            done = subprocess.run(command, stdout=log, **options)
        if done.returncode:
            print("\n".join((folder / LOG).read_text("utf-8", "replace").splitlines()[-40:]))
        elif beside:
            done = subprocess.run(beside, **options)
        if done.returncode == 0:
            stamp = json.dumps({"decided": decided(root), "written": written(folder)})
            (folder / f"{STAMP}.part").write_text(stamp, "utf-8")
            os.replace(folder / f"{STAMP}.part", folder / STAMP)
        return done.returncode


if __name__ == "__main__":
    if not version("jupyter-book").startswith("1."):
        sys.exit("jupyter-book must be 1.x: run make clean, then make book")
    beside = [sys.executable, "-m", "tools.beside", "_build/html"]  # the wheel and the notebooks
    sys.exit(build(*map(Path, sys.argv[1:])) if sys.argv[1:] else build(beside=beside))
