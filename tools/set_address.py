"""Changes the repository's address everywhere: `make address TO=https://github.com/OWNER/NAME`.

It stands in _config.yml; the notebooks' set-up cells, the citation and whatever else repeats it follow.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = (
    "_config.yml",
    "CITATION.cff",
    "*.md",
    "pyproject.toml",
    "book/**/*.ipynb",
    "book/**/*.md",
    ".github/**/*.yml",
    "transformer_lib/**/*.md",
)
USAGE = "Say the new address: make address TO=https://github.com/OWNER/NAME"
SHAPE = re.compile("https://" + re.escape("github.com") + r"/[\w-]+/[\w.-]*\w")
OLD = re.compile(r"^repository:\s*\n(?:\s+.*\n)*?\s+url:\s*(\S+)", re.MULTILINE)


def places(root: Path = ROOT) -> list[Path]:
    """The files that may repeat the address."""
    return sorted({path for pattern in PLACES for path in root.glob(pattern) if path.is_file()})


def current(root: Path = ROOT) -> str:
    """The address that stands in _config.yml."""
    return OLD.search((root / "_config.yml").read_text("utf-8"))[1]


def change(new: str, root: Path = ROOT) -> list[Path]:
    """Put the new address in the place of the old one; returns the files that changed.

    Raises:
        ValueError: if it is not the address of a repository on GitHub, where Colab could open it.
    """
    new = new.strip().removesuffix("/").removesuffix(".git")
    if not SHAPE.fullmatch(new):
        raise ValueError(f"{new!r} is no repository's address. {USAGE}")
    # the address of another repository may begin with this one's
    old = re.compile(re.escape(current(root)) + r"(?![\w-])(?!\.(?!git\b)\w)")
    changed = []
    for path in places(root):
        text = path.read_text("utf-8")
        fresh = old.sub(new, text)
        if fresh != text:
            path.write_text(fresh, "utf-8")
            changed.append(path)
    return changed


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        sys.exit(USAGE)
    try:
        changed = change(arguments[0])
    except ValueError as fault:
        sys.exit(str(fault))
    for path in changed:
        print(path.relative_to(ROOT))
    print(
        f"{len(changed)} files changed; make book writes the pages again" if changed else "nothing to change"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
