"""Runs the notebooks as in Colab: in an empty folder, with Colab's versions, the library from the served wheel.

`python -m tools.rehearse` serves the built book on this machine, makes an environment with the versions of
tools/colab.txt, and executes each notebook there, its set-up cell pointed at the served pages. The
outputs must equal the stored ones, a second run of the set-up cell must do nothing, and no package may change. torch is the
version of requirements.txt, because others come with gigabytes of CUDA; `python -m tools.rehearse --oldest` takes
the lowest versions that pyproject.toml allows, Colab's torch among them, for a few chapters. A FOLDER as last
argument keeps the environment for the next time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from threading import Thread

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from tools import guards, notebooks, serve, set_address, setup_cell, stored_form
from tools.repository import requirements
from tools.setup import torch_requirement

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "_build" / "html"
KERNEL = "rehearsal"
OLDEST_EXTRAS = ("evaluation",)
ON_OLDEST = ("00-", "07-", "08-")  # a live picture and the weights, a training run, BLEU


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """The command's output; exits with the end of it if the command fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).splitlines()[-12:]
        sys.exit("\n".join([f"failed: {' '.join(map(str, command))}", *said]))
    return done.stdout


def colab() -> list[str]:
    """The packages of Colab, as `name==version`."""
    return [str(pin) for pin in requirements((ROOT / "tools" / "colab.txt").read_text("utf-8"))]


def colab_with_pinned_torch() -> list[str]:
    """The packages of Colab, with the book's version of torch."""
    return [torch_requirement() if pin.startswith("torch==") else pin for pin in colab()]


def oldest() -> list[str]:
    """The lowest versions that pyproject.toml allows of what notebooks need, as `name==version`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [
        *project["dependencies"],
        *(line for e in OLDEST_EXTRAS for line in project["optional-dependencies"][e]),
    ]
    return [line.replace(">=", "==") for line in lines]


def environment(folder: Path, pins: list[str]) -> Path:
    """An environment in which these versions are installed; returns its Python."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
    # torch first, by itself: together with others, pip may download several releases of some gigabytes
    run(python, "-m", "pip", "install", "--quiet", *(pin for pin in pins if pin.startswith("torch==")))
    run(python, "-m", "pip", "install", "--quiet", *pins)
    # an interrupted rehearsal leaves the library installed, and the set-up cell would do nothing
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", setup_cell.NAME)
    return python


def installed(python: Path) -> dict[str, str]:
    """The versions of all installed packages."""
    listed = json.loads(run(python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"))
    return {package["name"]: package["version"] for package in listed}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """One line for each package whose version changed or that is gone."""
    return [
        f"{name} {version} became {after.get(name, 'nothing')}"
        for name, version in before.items()
        if after.get(name) != version
    ]


def register(python: Path, folder: Path) -> None:
    """Register the environment's kernel with Jupyter, without this process's environment variables."""
    place = folder / "jupyter" / "kernels" / KERNEL
    place.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    place.joinpath("kernel.json").write_text(
        json.dumps({"argv": command, "display_name": KERNEL, "language": "python"})
    )
    os.environ["JUPYTER_PATH"] = str(folder / "jupyter")
    os.environ.pop("PYTHONPATH", None)
    os.environ.update(
        notebooks.ONE_THREAD | notebooks.QUIET | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    )


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the folder on this machine; yields its address."""
    with serve.server(folder, 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def pointed(notebook: nbformat.NotebookNode, pages: str) -> nbformat.NotebookNode:
    """The notebook with a set-up cell that fetches from another address, and a copy of that cell at the end."""
    notebook = deepcopy(notebook)
    [cell] = [cell for cell in notebook.cells if setup_cell.is_setup(cell)]
    published = set_address.page(set_address.current())
    if f"{published}/wheels/" not in cell.source:
        raise ValueError(f"the set-up cell does not fetch from {published}")
    cell.source = cell.source.replace(published, pages)
    notebook.cells.append(deepcopy(cell))
    notebook.cells[-1]["id"] = "again"
    return notebook


def prints_otherwise(stored: nbformat.NotebookNode, fresh: nbformat.NotebookNode) -> list[str]:
    """Differences between stored and fresh text; pictures are not compared, as they depend on Matplotlib's version."""
    faults = []
    for number, (old, new) in enumerate(zip(stored.cells, fresh.cells, strict=False), 1):
        if old.cell_type != "code" or {"nbval-ignore-output", "timing"} & set(old.metadata.get("tags", [])):
            continue
        a, b = (list(_words(cell)) for cell in (old, new))
        if a != b:
            faults.append(f"cell {number} prints otherwise: {_first_difference(a, b)}")
    return faults


def _words(cell: nbformat.NotebookNode) -> Iterator[str]:
    for output in stored_form.joined(cell.outputs):
        if output["output_type"] == "stream":
            yield stored_form.compared(output["text"])
        elif "text/plain" in output.get("data", {}):
            yield stored_form.compared(output["data"]["text/plain"])
        elif output["output_type"] == "error":
            yield output["ename"]


def _first_difference(a: list[str], b: list[str]) -> str:
    old, new = ("\n".join(lines).splitlines() for lines in (a, b))
    for left, right in zip([*old, ""], [*new, ""], strict=False):
        if left != right:
            return f"{left[:90]!r} became {right[:90]!r}"
    return f"{len(old)} lines became {len(new)}"


def execute(path: Path, folder: Path, pages: str) -> list[str]:
    """The faults of one notebook, executed alone in an empty folder."""
    stored = nbformat.read(path, as_version=4)
    fresh = pointed(stored, pages)
    resources = {"metadata": {"path": tempfile.mkdtemp(dir=folder)}}
    try:
        NotebookClient(fresh, timeout=900, kernel_name=KERNEL, resources=resources).execute()
    except (CellExecutionError, DeadKernelError) as error:
        return str(error).splitlines()[-12:]
    said = fresh.cells[-1].outputs
    faults = [f"the set-up cell says something when it runs again: {said}"] if said else []
    return faults + guards.execution(fresh) + prints_otherwise(stored, fresh)


def rehearse(python: Path, folder: Path, pages: str, paths: list[Path]) -> int:
    """Execute each notebook in the environment, restoring it after each; returns the number of faults."""
    faults, before = 0, installed(python)
    for path in paths:
        complaints = execute(path, folder, pages)
        after = installed(python)
        if setup_cell.NAME not in after:
            complaints.append("the set-up cell installed nothing")
        complaints += [f"the set-up cell replaced what was there: {line}" for line in changed(before, after)]
        if added := sorted(after.keys() - before.keys()):
            run(python, "-m", "pip", "uninstall", "--quiet", "--yes", *added)
        faults += len(complaints)
        print(
            f"{path.name}: " + ("runs" if not complaints else "\n  ".join(["fails", *complaints])), flush=True
        )
    return faults


def main(arguments: list[str]) -> int:
    on_oldest = "--oldest" in arguments
    keep = next((argument for argument in arguments if argument != "--oldest"), None)
    wheel = PAGES / "wheels" / setup_cell.wheel()
    if not wheel.exists():
        sys.exit(f"{wheel.relative_to(ROOT)} is missing: run make book")
    chapters = notebooks.chapters()
    pins = oldest() if on_oldest else colab_with_pinned_torch()
    paths = [path for path in chapters if path.name.startswith(ON_OLDEST)] if on_oldest else chapters
    with tempfile.TemporaryDirectory() as name, served(PAGES) as pages:
        folder = Path(keep or name).resolve()
        print(" ".join(pins), flush=True)
        python = environment(folder, pins)
        register(python, folder)
        return 1 if rehearse(python, Path(name), pages, paths) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
