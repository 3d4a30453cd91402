"""Writes constraints.txt: the version of every package that requirements.txt brings along, as installed here."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
OLDEST = "3.11.0"  # Debian 12 has 3.11.2, which is less than some packages' "3.11"
HEADER = "# Every package of the tested environment, written by `make constraints`.\n"


def requirements(text: str) -> list[Requirement]:
    """The requirements of a requirements file, comments and options left out."""
    lines = (re.sub(r"\s*#.*", "", line).strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def closure(wanted: list[Requirement]) -> dict[str, str]:
    """The canonical names and `name==version` lines of everything that the requirements bring along here."""
    found: dict[str, str] = {}
    open_, seen = list(wanted), set()
    while open_:
        requirement = open_.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            package = distribution(requirement.name)
        except PackageNotFoundError:
            continue  # for another system or Python
        # the local part of a version (2.13.0+cpu) names a build, which another machine may lack
        found[key[0]] = f"{package.metadata['Name']}=={package.version.split('+')[0]}"
        for line in package.requires or ():
            needed = Requirement(line)
            extras = requirement.extras or {""}
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in {"", *extras}
            ):
                open_.append(needed)
    return found


def too_new(requires: dict[str, str | None]) -> list[str]:
    """One line for each package whose Requires-Python leaves the oldest Python out that the book promises to run on."""
    return [
        f"{name} needs Python {python}: pin an older release in requirements.txt"
        for name, python in sorted(requires.items())
        if python and OLDEST not in SpecifierSet(python)
    ]


def text() -> str:
    """What constraints.txt should hold."""
    found = closure(requirements((ROOT / "requirements.txt").read_text("utf-8")))
    return HEADER + "".join(f"{found[name]}\n" for name in sorted(found))


if __name__ == "__main__":
    fresh = text()
    pins = requirements(fresh)
    faults = too_new({pin.name: distribution(pin.name).metadata["Requires-Python"] for pin in pins})
    if faults:
        raise SystemExit("\n".join(faults))
    (ROOT / "constraints.txt").write_text(fresh, "utf-8")
