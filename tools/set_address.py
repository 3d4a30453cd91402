"""Changes the repository's address everywhere: `make address TO=https://github.com/OWNER/NAME`, and BRANCH=… if asked.

Its source is _config.yml; the notebooks' set-up cells, the links to pages, wheel and notebooks, the citation and the
workflows follow. Standard library only: it runs on a fresh copy, before anything is installed.
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
SHAPE = re.compile("https://" + re.escape("github.com") + r"/([\w-]+)/([\w.-]*\w)")
OLD = re.compile(r"^repository:\s*\n(?:\s+.*\n)*?\s+url:\s*(\S+)", re.MULTILINE)
BRANCH = re.compile(r"^(repository:\s*\n(?:\s+.*\n)*?\s+branch:\s*)(\S+)", re.MULTILINE)
BRANCH_SHAPE = re.compile(r"\w[\w./-]*")
PUSHED = re.compile(r"(\bbranches:\s*\[)([^\]]+)(\])")


def _match(found: re.Match[str] | None) -> re.Match[str]:
    if found is None:
        raise ValueError("expected an address of the form https://github.com/owner/name")
    return found


def places(root: Path = ROOT) -> list[Path]:
    """The files that may contain the address."""
    return sorted({path for pattern in PLACES for path in root.glob(pattern) if path.is_file()})


def current(root: Path = ROOT) -> str:
    """The address in _config.yml."""
    return _match(OLD.search((root / "_config.yml").read_text("utf-8")))[1]


def branch(root: Path = ROOT) -> str:
    """The branch in _config.yml: Colab opens the notebooks of that branch."""
    return _match(BRANCH.search((root / "_config.yml").read_text("utf-8")))[2]


def page(address: str) -> str:
    """Where GitHub publishes the pages of the repository at that address.

    >>> page("https://github.com/Some-Owner/the-book")
    'https://some-owner.github.io/the-book'
    >>> page("https://github.com/some-owner/some-owner.github.io")
    'https://some-owner.github.io'
    """
    owner, name = _match(SHAPE.fullmatch(address)).groups()
    host = f"{owner.lower()}.github.io"
    return f"https://{host}" if name.lower() == host else f"https://{host}/{name}"


def _name(address: str) -> str:
    return "/".join(_match(SHAPE.fullmatch(address)).groups())


def normal(address: str) -> str:
    """Normal form of the address: without `/` or `.git` at its end.

    Raises:
        ValueError: if it is not the address of a repository on GitHub, where Colab could open it.
    """
    bare = re.sub(r"(?:\.git)?/?$", "", address.strip())
    if not SHAPE.fullmatch(bare) or bare.endswith(".git"):
        raise ValueError(f"{address!r} is no repository's address. {USAGE}")
    return bare


def change(new: str, root: Path = ROOT, *, on: str | None = None) -> list[Path]:
    """Replace the address, its pages' address and the branch everywhere.

    Returns the files that changed.

    Raises:
        ValueError: if it is not the address of a repository on GitHub, or the branch is not a valid name.
    """
    new, old, was = normal(new), current(root), branch(root)
    on = on or was
    if not BRANCH_SHAPE.fullmatch(on):
        raise ValueError(f"{on!r} is no name of a branch: make address TO={new} BRANCH=main")
    # the address of another repository may begin with this one's
    end = r"(?![\w-])(?!\.(?!git\b)\w)"
    moves = [(re.compile(re.escape(old) + end), new), (re.compile(re.escape(page(old)) + end), page(new))]
    binder, named = (
        re.compile(rf"(mybinder\.org/v2/gh/){_name(old)}/{re.escape(was)}(?=[?)\s\"'>])"),
        _name(new),
    )
    below = re.compile(rf"({re.escape(new)}/(?:blob|tree|edit)/){re.escape(was)}(?=[/)\s\"'>])")
    changed = []
    for path in places(root):
        text = fresh = path.read_text("utf-8")
        for pattern, replacement in moves:
            fresh = pattern.sub(lambda _, replacement=replacement: replacement, fresh)
        fresh = below.sub(rf"\g<1>{on}", fresh)
        fresh = binder.sub(rf"\g<1>{named}/{on.replace('/', '%2F')}", fresh)
        if path.name == "_config.yml":
            fresh = BRANCH.sub(rf"\g<1>{on}", fresh)
        if path.suffix == ".yml" and path.parent.name == "workflows":
            fresh = PUSHED.sub(
                lambda m: m[1] + ", ".join(on if b == was else b for b in re.split(r",\s*", m[2])) + m[3],
                fresh,
            )
        if fresh != text:
            path.write_text(fresh, "utf-8")
            changed.append(path)
    return changed


def main(arguments: list[str]) -> None:
    new, on, *rest = [*arguments, "", ""]
    if not new or any(rest):
        sys.exit(USAGE)
    try:
        changed = change(new, on=on)
    except ValueError as fault:
        sys.exit(str(fault))
    for path in changed:
        print(path.relative_to(ROOT))
    print(f"{len(changed)} files changed" if changed else "nothing to change")
    print(f"repository  {current()}, branch {branch()}\npages       {page(current())}/")


if __name__ == "__main__":
    main(sys.argv[1:])
