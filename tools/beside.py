"""Adds the library's wheel and the notebooks to the built book.

`python -m tools.beside _build/html` is the last step of `make book`. The set-up cell of each notebook fetches that wheel.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools import notebooks, setup_cell

ROOT = Path(__file__).resolve().parent.parent
ARCHIVE = "attention-live-notebooks.zip"
EPOCH = "315532800"  # 1980, the first year that a zip file can hold: for reproducible bytes
PARTS = ("pyproject.toml", "README.md", "LICENSE")


def sources(root: Path = ROOT) -> dict[str, bytes]:
    """The source files of the wheel."""
    package = (path for path in sorted((root / "transformer_lib").rglob("*")) if path.is_file())
    files = [*(path for path in package if "__pycache__" not in path.parts), *(root / name for name in PARTS)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def wheel(folder: Path, root: Path = ROOT) -> Path:
    """Build the library's wheel in a folder of its own, unless a complete one is there."""
    files = sources(root)
    made_from = _digest(*(part for name, data in files.items() for part in (name.encode(), data)))
    place, stamp = folder / setup_cell.wheel(root), folder.parent.parent / "wheel.sha256"
    if place.exists() and stamp.exists():
        whole = [made_from, _digest(place.read_bytes())]
        if stamp.read_text("utf-8").split() == whole:
            return place
    with tempfile.TemporaryDirectory() as name:
        # from a copy: setuptools would keep a build folder with deleted files beside the sources
        copy = Path(name, "source")
        for path, data in files.items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_bytes(data)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
        command += ["--no-build-isolation", "--disable-pip-version-check", "--wheel-dir", name, str(copy)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH},
        )
        built = Path(name, place.name)
        if done.returncode or not built.exists():
            sys.exit(
                "\n".join(["the wheel could not be built:", *(done.stdout + done.stderr).splitlines()[-12:]])
            )
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _put(place, built.read_bytes())
    _put(stamp, f"{made_from} {_digest(place.read_bytes())}\n".encode())
    return place


def copies(folder: Path, paths: list[Path]) -> None:
    """The notebooks as files, and all of them in one archive."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in set(folder.glob("*.ipynb")) - {folder / path.name for path in paths}:
        old.unlink()
    for path in paths:
        _put(folder / path.name, path.read_bytes())
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name, ARCHIVE)
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in paths:
                file.writestr(
                    zipfile.ZipInfo(f"attention-live/{path.name}"), path.read_bytes(), zipfile.ZIP_DEFLATED
                )
        _put(folder / ARCHIVE, archive.read_bytes())


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _put(place: Path, data: bytes) -> None:
    """Write a file atomically."""
    part = place.with_name(f".{place.name}.part")
    part.write_bytes(data)
    part.replace(place)


def main(out: str) -> None:
    if not Path(out, "index.html").exists():
        sys.exit(f"{out} holds no built book: run make book")
    wheel(Path(out, "wheels"))
    copies(Path(out, "notebooks"), notebooks.chapters())


if __name__ == "__main__":
    main(*sys.argv[1:])
