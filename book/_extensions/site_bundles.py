"""One style sheet and one script in the place of the theme's many: every page shares them, a browser asks once.

A bundle's first line names its parts, so that it can be made again when one of them changes and no page does.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path

STYLE, SCRIPT = BUNDLES = ("site.css", "site.js")  # and never parts of themselves
# What single pages load beside the bundles; Bootstrap alone keeps the browser busy as long as all else.
APART = (
    "sphinx-design",
    "togglebutton",
    "design-tabs",
    "live/",
    "exercises/",
    "documentation_options",
    "scripts/bootstrap",
)
HEAD = "/* {parts} */\n"
LINK = re.compile(r'<link [^>]*href="(?P<up>[./]*)_static/(?P<name>[^"?]+\.css)[^"]*"[^>]*>\s*')
SOURCE = re.compile(r'<script [^>]*src="(?P<up>[./]*)_static/(?P<name>[^"?]+\.js)[^"]*"[^>]*></script>\s*')
OPTIONS = re.compile(r'<script [^>]*src="[./]*_static/documentation_options\.js[^"]*"[^>]*></script>')
IMPORT = re.compile(r'@import\s+(?:url\()?["\']?([^"\')]+)["\']?\)?;')
DEFINED = re.compile(r"^(?:const|let)\b", re.MULTILINE)
ADDRESS = re.compile(r"url\((?!['\"]?(?:data:|#))(['\"]?)([^)'\"]+)\1\)")


def bundle(text: str, static: Path, *, scripts: bool = True) -> str:
    """A page that loads the bundles instead of their parts; the bundles are written where they are missing."""
    text = _join(text, LINK, static, STYLE, '<link rel="stylesheet" href="{}">\n    ')
    if not scripts:
        return text
    options = (static / "documentation_options.js").read_text("utf-8")
    text = OPTIONS.sub(lambda _: f"<script>{options.strip()}</script>", text)
    return _join(text, SOURCE, static, SCRIPT, '<script defer src="{}"></script>\n    ')


def _join(text: str, pattern: re.Pattern, static: Path, name: str, tag: str) -> str:
    found = [match for match in pattern.finditer(text) if not match["name"].startswith((*APART, *BUNDLES))]
    if not found:
        return text
    parts = list(dict.fromkeys(match["name"] for match in found))
    version = write(static, name, parts)
    joined = tag.format(f"{found[0]['up']}_static/{name}?v={version}")
    first = found[0].start()
    for match in reversed(found):
        text = text[: match.start()] + text[match.end() :]
    return text[:first] + joined + text[first:]


def write(static: Path, name: str, parts: list[str]) -> str:
    """Write a bundle, with the parts that other pages gave it; returns the digest of what it holds."""
    path = static / name
    known = _parts(path)
    parts = [*known, *(part for part in parts if part not in known)]
    convert = _style if name == STYLE else _script
    body = HEAD.format(parts=" ".join(parts)) + "".join(convert(static, part) for part in parts)
    if not path.exists() or path.read_text("utf-8") != body:
        path.write_text(body, "utf-8")
    return hashlib.sha256(body.encode()).hexdigest()[:8]


def renew(static: Path) -> None:
    """Make the bundles again from their parts."""
    for name in (STYLE, SCRIPT):
        if (static / name).exists():
            write(static, name, [])


def _parts(path: Path) -> list[str]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        parts = file.readline().strip("/* \n").split()
    return [part for part in parts if part not in BUNDLES and (path.parent / part).exists()]


def _script(static: Path, part: str) -> str:
    """A script whose failure does not end the bundle: the next one runs, and the failure is told all the same.

    What it defines at its top level stays global, as in a file of its own.
    """
    text = DEFINED.sub("var", (static / part).read_text("utf-8").rstrip())
    return f"try {{\n{text}\n}} catch (error) {{\n  setTimeout(() => {{ throw error; }});\n}}\n"


def _style(static: Path, part: str) -> str:
    """A style sheet whose addresses hold from the folder of the bundle, with what it imports in its place."""
    folder = posixpath.dirname(part)

    def place(address: str) -> str:
        return posixpath.normpath(posixpath.join(folder, address))

    text = (static / part).read_text("utf-8").replace('@charset "UTF-8";', "")
    pieces, last = [], 0
    for found in IMPORT.finditer(text):
        pieces += [text[last : found.start()], _style(static, place(found[1]))]
        last = found.end()
    pieces.append(text[last:])
    # what was imported has its addresses in place already
    pieces[::2] = [ADDRESS.sub(lambda match: f"url({place(match[2])})", piece) for piece in pieces[::2]]
    return "".join(pieces) + "\n"
