"""Runs every notebook as a stranger would: in an empty folder, where only the built wheel and its dependencies are.

`python -m tools.rehearse` builds the wheel, makes a fresh environment, and executes there. ipykernel is added, as in
Colab; torch comes first and alone, and must not be replaced by the library's installation.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import guards, notebooks
from tools.setup import torch_requirement

ROOT = Path(__file__).resolve().parent.parent
KERNEL = "rehearsal"
WHERE = "import transformer_lib, torch; print(transformer_lib.__file__); print(torch.__version__)"


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """The command's output; exits with the end of what it said if it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(
            "\n".join(
                [f"failed: {' '.join(map(str, command))}", *(done.stdout + done.stderr).splitlines()[-12:]]
            )
        )
    return done.stdout


def environment(folder: Path) -> Path:
    """A fresh environment with the wheel in it; returns its Python."""
    print("building the wheel", flush=True)
    # from a copy: beside the sources, setuptools would keep a folder of files that were deleted since
    source = folder / "source"
    shutil.copytree(
        ROOT / "transformer_lib", source / "transformer_lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder / "wheel", source)
    [wheel] = (folder / "wheel").glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt")
    print("installing torch, then the wheel, in a fresh environment", flush=True)
    run(*pip, torch_requirement())
    run(*pip, f"{wheel}{extras()}", "ipykernel")
    return python


def extras() -> str:
    """The extras of the library that notebooks install, as pip wants them: "[evaluation]"."""
    texts = [path.read_text("utf-8") for path in notebooks.chapters()]
    named = sorted({name for text in texts for name in re.findall(r"transformer_lib\[(\w+)\] @ git\+", text)})
    return f"[{','.join(named)}]" if named else ""


def register(python: Path, folder: Path) -> None:
    """Let Jupyter find the environment's kernel, and let nothing of this process leak into it."""
    place = folder / "jupyter" / "kernels" / KERNEL
    place.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    place.joinpath("kernel.json").write_text(
        json.dumps({"argv": command, "display_name": KERNEL, "language": "python"})
    )
    os.environ["JUPYTER_PATH"] = str(folder / "jupyter")
    os.environ.pop("PYTHONPATH", None)
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar on stderr would count as a warning


def execute(path: Path, folder: Path) -> list[str]:
    """The faults of one notebook, executed alone in an empty folder."""
    notebook = nbformat.read(path, as_version=4)
    empty = folder / path.stem
    empty.mkdir()
    resources = {"metadata": {"path": str(empty)}}
    try:
        NotebookClient(notebook, timeout=600, kernel_name=KERNEL, resources=resources).execute()
    except CellExecutionError as error:
        return str(error).splitlines()[-12:]
    return guards.execution(notebook)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = environment(folder)
        register(python, folder)
        place, version = run(python, "-c", WHERE, cwd=folder).split()
        if not Path(place).is_relative_to(folder):
            sys.exit(f"transformer_lib was taken from {place}, not from the wheel")
        if torch_requirement() != f"torch=={version.split('+')[0]}":
            sys.exit(f"installing the library replaced torch: {version} instead of {torch_requirement()}")
        faults = 0
        for path in notebooks.chapters():
            complaints = execute(path, folder)
            faults += len(complaints)
            print(
                f"{path.name}: " + ("runs" if not complaints else "\n  ".join(["fails", *complaints])),
                flush=True,
            )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
