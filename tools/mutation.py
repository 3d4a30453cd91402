"""Mutation testing: change the library in small ways, one at a time, and count the changes that its tests detect.

``python -m tools.mutation decoding training`` works on the parts named; on `PARTS` without a name. It runs in a copy,
so the working tree stays as it is, and prints for each part its score and every mutant that survived.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    "model/masks", "model/attention", "model/multihead", "model/cache", "model/positions",
    "model/layers", "model/config", "model/stacks", "model/transformer",
    "training/loss", "training/schedule", "training/order", "training/step", "storage/checkpoint", "training/curves",
    "training/data", "training/loop", "decoding",
)  # fmt: skip
COPIED = ("transformer_lib", "tests", "tools", "page", "conftest.py", "pyproject.toml", "README.md")
SETTINGS = """
[tool.mutmut]
source_paths = ["transformer_lib"]
only_mutate = ["transformer_lib/{part}"]
also_copy = ["tools", "page", "conftest.py", "README.md"]
pytest_add_cli_args = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not processes"]
pytest_add_cli_args_test_selection = ["tests/{tests}", "tests/test_hostile_calls.py"]
use_git_change_detection = false
timeout_multiplier = 4.0
"""  # mutmut lets a mutant that never ends run 15 times as long as its tests


def settings(part: str) -> str:
    """Settings for mutmut: a part is a module or a package, its tests have the same name.

    The tests of hostile calls go with them, for messages must name what was wrong.

    A package whose tests start programs (training) is mutated module by module, each with its own tests.

    Raises:
        ValueError: if there is no such part or it has no tests of its own.
    """
    if (ROOT / "transformer_lib" / part).is_dir():
        code, tests = f"{part}/*.py", part
    else:
        code, tests = f"{part}.py", str(Path(part).with_name(f"test_{Path(part).name}.py"))
    if not list((ROOT / "transformer_lib").glob(code)):
        raise ValueError(f"transformer_lib has no part {part!r}; there are {', '.join(PARTS)}")
    if not (ROOT / "tests" / tests).exists():
        raise ValueError(f"{part!r} has no tests/{tests}")
    return SETTINGS.format(part=code, tests=tests)


def mutate(part: str) -> dict[str, int | list[str]]:
    """Run the tests of a part against each of its mutants: counts by outcome, and the names of the survivors."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        copy.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        with (copy / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(settings(part))
        mutmut = (str(Path(sys.executable).with_name("mutmut")),)
        # one thread, and the same examples for each mutant
        env = os.environ | {"OMP_NUM_THREADS": "1", "CI": "true"}
        subprocess.run(
            [*mutmut, "run", "--max-children", "1"], cwd=copy, env=env, check=True, stdout=sys.stderr
        )
        subprocess.run([*mutmut, "export-cicd-stats"], cwd=copy, env=env, check=True, stdout=sys.stderr)
        stats = json.loads((copy / "mutants" / "mutmut-cicd-stats.json").read_text("utf-8"))
        listing = subprocess.run(
            [*mutmut, "results"], cwd=copy, env=env, check=True, capture_output=True, text=True
        )
        survivors = []
        for line in listing.stdout.splitlines():
            name, _, fate = line.strip().rpartition(": ")
            if fate in ("survived", "no tests"):
                shown = subprocess.run(
                    [*mutmut, "show", name], cwd=copy, env=env, capture_output=True, text=True
                )
                changed = [
                    text
                    for text in shown.stdout.splitlines()
                    if text[:1] in "+-" and text[:3] not in ("+++", "---")
                ]
                survivors.append("\n".join([name, *changed]))
    return stats | {"survivors": survivors}


def report(part: str, found: dict) -> str:
    """The score in one line, then each survivor with the line that it changed."""
    total = found["total"] - found.get("skipped", 0)
    killed = found["killed"] + found.get("timeout", 0)
    return "\n".join(
        [f"{part}: {killed} of {total} mutants killed ({killed / total:.1%})", *found["survivors"]]
    )


def main(parts: list[str]) -> int:
    for part in parts:
        settings(part)  # a wrong name fails at once
    for part in parts or PARTS:
        print(report(part, mutate(part)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
