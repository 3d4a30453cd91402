"""Guards over the repository as a whole; each returns one line per fault. See tests/test_repository.py."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MAX_BYTES = 1_000_000
WEIGHTS = "transformer_lib/models/weights"  # the only folder for larger files
MAX_WEIGHTS, ALL_WEIGHTS = 2_500_000, 8_000_000  # bytes of one model, and of all: every reader downloads them
TEXT = {
    ".py",
    ".md",
    ".ipynb",
    ".js",
    ".mjs",
    ".css",
    ".json",
    ".yml",
    ".toml",
    ".txt",
    ".cff",
    ".cfg",
    ".html",
    ".svg",
    "",
}
# Files with samples that break the rules on purpose.
SAMPLES = {"tests/test_notebooks.py", "tests/test_repository.py"}
# Written by npm; the home pages of authors in it are never fetched.
LOCK = "package-lock.json"
# Hosts that code and configuration may name; prose may link to others.
HOSTS = {
    "github.com": "the book's own address",
    "colab.research.google.com": "opens a chapter",
    "arxiv.org": "sources",
    "tatoeba.org": "where the sentences of the everyday translator come from, as their licence asks",
    "www.manythings.org": "who hands them out as pairs",
    "doi.org": "sources",
    "creativecommons.org": "the licence",
    "www.w3.org": "names of XML vocabularies, never fetched",
    "mybinder.org": "runs the notebooks",
    "example.org": "reserved for examples",
    "127.0.0.1": "this machine",
    "localhost": "this machine",
}
CODE = {".py", ".js", ".mjs"}
MAX_LINES, MAX_FIRST = 250, 125  # of a file, unless its first line gives the reason; characters of that line
PROSE = {".md", ".ipynb"}
PUBLISHED = {".py", ".yml", ".cff"}
REGISTRIES = (
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.(?:org|com)|conda\.(?:io|org)|download\.pytorch"
)
DELIVERY = r"jsdel[i]vr|unp[k]g|cdn[j]s|google[a]pis|gst[a]tic"
PATHS = r"(?<![\w.:/-])/(?:home|root|Users|work|tmp)/\w|\b[A-Z]:\\\\?Users"
LEFT_OVER = {
    r"\bTO[D]O\b|\bFIX[M]E\b": "an open end",
    r"no[q]a\b": "a silenced lint",
    r"type:\s*igno[r]e": "a silenced type",
}
# Extras of the package: everything must be importable without them.
HEAVY = {"transformers", "onnx", "onnxscript", "onnxruntime", "sacrebleu", "tokenizers"}


def files(root: Path) -> list[Path]:
    """The files under version control, or about to be."""
    listing = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    return [root / name for name in found if name and (root / name).is_file()]


def pinned(text: str) -> list[str]:
    """Every line of requirements.txt is `name==version  # reason`."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "-c "))]
    shape = re.compile(r"[\w.-]+==[\w.]+\s+# \S.{5,}")
    return [f"not pinned, or no reason: {line}" for line in lines if not shape.fullmatch(line)]


def requirements(text: str) -> list[Requirement]:
    """The requirements of a requirements file, comments and options left out."""
    lines = (re.sub(r"\s*#.*", "", line).strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def covered(wanted: str, constraints: str) -> list[str]:
    """Every requirement stands in constraints.txt with the same version, and everything there is pinned."""
    held = {canonicalize_name(r.name): str(r.specifier) for r in requirements(constraints)}
    faults = [
        f"{name} is not pinned in constraints.txt" for name, pin in held.items() if not pin.startswith("==")
    ]
    for requirement in requirements(wanted):
        found = held.get(canonicalize_name(requirement.name))
        if found != str(requirement.specifier):
            faults.append(
                f"constraints.txt says {requirement.name}{found}, requirements.txt {requirement}: make constraints"
            )
    return faults


def left_open(package: dict) -> list[str]:
    """Every npm package is pinned to one version."""
    pins = package.get("dependencies", {}) | package.get("devDependencies", {})
    return [
        f"{name} {pin} is not one version"
        for name, pin in pins.items()
        if not re.fullmatch(r"\d+\.\d+\.\d+", pin)
    ]


def loose(dependencies: list[str]) -> list[str]:
    """The package sets no upper bound, which could replace Colab's torch or numpy."""
    return [
        f"{line} would replace what Colab brings" for line in dependencies if re.search(r"==|<|~=|!=", line)
    ]


def foreign_content(name: str, text: str) -> list[str]:
    """No registry, no foreign host that would be fetched, no path of one machine, no leftovers."""
    faults = []
    prose = Path(name).suffix in PROSE or name == LOCK
    if re.search(REGISTRIES, text):
        faults.append(f"{name} names a package registry")
    if re.search(DELIVERY, text):
        faults.append(f"{name} names a delivery network")
    for host in sorted(set(re.findall(r"https?://([\w.-]+\w)", text)) - HOSTS.keys()):
        if host.endswith(".github.io") and Path(name).suffix in PUBLISHED:
            continue  # the book's own pages, or a sample of them
        if not prose or re.search(rf"""(?:src|href)=\\?["']https?://{re.escape(host)}""", text):
            faults.append(f"{name} names the host {host}")
    faults += machine_paths(name, text)
    faults += [f"{name} holds {what}" for pattern, what in LEFT_OVER.items() if re.search(pattern, text)]
    if name.startswith("tests/") and re.search(r"\btime\.slee[p]\(", text):
        faults.append(f"{name} waits for a fixed time")
    return faults


def machine_paths(name: str, text: str) -> list[str]:
    """No absolute path of one machine, not even in samples, which build theirs from parts."""
    return [f"{name} holds a path of one machine: {found.group()}" for found in re.finditer(PATHS, text)]


def large(paths: list[Path]) -> list[str]:
    """No file is over 1 MB; weights in their folder may have 2.5 MB each."""
    faults = []
    for path in paths:
        most = MAX_WEIGHTS if path.parent.as_posix().endswith(WEIGHTS) else MAX_BYTES
        if path.stat().st_size > most:
            faults.append(f"{path.name} has {path.stat().st_size} bytes of {most}")
    return faults


def long(name: str, text: str) -> list[str]:
    """A file of over 250 lines gives the reason in its first line, after `Long:`."""
    lines = text.splitlines()
    if len(lines) <= MAX_LINES:
        return []
    if not re.search(r"\. Long: \S.{10,}\.", lines[0]):
        return [f"{name} has {len(lines)} lines of {MAX_LINES}, and no `Long: REASON.` in its first line"]
    return [f"the first line of {name} is too long"] if len(lines[0]) > MAX_FIRST else []


def weights(folder: Path) -> list[str]:
    """Every model has a card of the same name, and the total size is limited."""
    models = sorted(folder.glob("*.safetensors"))
    faults = [f"{path.name} has no card" for path in models if not path.with_suffix(".md").exists()]
    total = sum(path.stat().st_size for path in models)
    return faults + ([f"all weights have {total} bytes of {ALL_WEIGHTS}"] if total > ALL_WEIGHTS else [])


def undocumented(makefile: str) -> list[str]:
    """Every target of the Makefile is documented and in .PHONY."""
    [phony] = re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    said = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    defined = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    steps = {"setup", "browser"}  # prerequisites of others
    faults = [f"make {name} is not documented" for name in sorted(defined - said - steps)]
    return faults + [f"{name} is missing from .PHONY" for name in sorted(defined - set(phony.split()))]


def early(package: Path) -> list[str]:
    """Heavy packages are imported inside the functions that need them."""
    return [
        f"{path.relative_to(package).as_posix()} imports {module} outside a function"
        for path in sorted(package.rglob("*.py"))
        for module, at_top in imports(ast.parse(path.read_text("utf-8")))
        if at_top and module.split(".")[0] in HEAVY
    ]


def imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Each imported module, dotted, and whether it is imported at the top level."""
    inside = {
        id(n)
        for f in ast.walk(tree)
        if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef))
        for n in ast.walk(f)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            # `from transformer_lib import live` names a module, too
            yield from ((f"{node.module}.{alias.name}", id(node) not in inside) for alias in node.names)
