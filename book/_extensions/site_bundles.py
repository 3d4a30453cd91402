"""One style sheet and one script in place of the theme's many, shared by all pages.

A bundle's first line lists its parts, so that it can be rebuilt when a part changes and no page does. Of the theme's
styles, most of which are for what this book does not have, the finished bundle keeps those that a page or a script can use.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import node_scripts

STYLE, SCRIPT = BUNDLES = ("site.css", "site.js")  # never parts of a bundle
# Loaded beside the bundles; Bootstrap takes the browser as long as all other scripts.
APART = (
    "sphinx-design",
    "togglebutton",
    "design-tabs",
    "live/",
    "exercises/",
    "translator/",
    "writer/",
    "assistant/",
    "documentation_options",
    "scripts/bootstrap",
)
NOT_SMALLER = "the style sheet cannot be made smaller: run make setup, then make book"
THEMES = ("styles/", "pygments", "copybutton", "mystnb")  # parts that are not the book's own
KEPT = "/* purgecss start ignore */\n{}/* purgecss end ignore */\n"
HEAD = "/* {parts} */\n"
VERSION = re.compile(rf"(?<=/{re.escape(STYLE)}\?v=)[0-9a-f]{{8}}")
LINK = re.compile(r'<link [^>]*href="(?P<up>[./]*)_static/(?P<name>[^"?]+\.css)[^"]*"[^>]*>\s*')
SOURCE = re.compile(r'<script [^>]*src="(?P<up>[./]*)_static/(?P<name>[^"?]+\.js)[^"]*"[^>]*></script>\s*')
OPTIONS = re.compile(r'<script [^>]*src="[./]*_static/documentation_options\.js[^"]*"[^>]*></script>')
IMPORT = re.compile(r'@import\s+(?:url\()?["\']?([^"\')]+)["\']?\)?;')
DEFINED = re.compile(r"^(?:const|let)\b", re.MULTILINE)
ADDRESS = re.compile(r"url\((?!['\"]?(?:data:|#))(['\"]?)([^)'\"]+)\1\)")


def bundle(text: str, static: Path, *, scripts: bool = True) -> str:
    """Make a page load the bundles instead of their parts; writes missing bundles."""
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
    """Write a bundle, keeping the parts from other pages; returns the digest of its content."""
    path = static / name
    known = _parts(path)
    parts = [*known, *(part for part in parts if part not in known)]
    convert = _sheet if name == STYLE else _script
    body = HEAD.format(parts=" ".join(parts)) + "".join(convert(static, part) for part in parts)
    if not path.exists() or path.read_text("utf-8") != body:
        path.write_text(body, "utf-8")
    return hashlib.sha256(body.encode()).hexdigest()[:8]


def renew(static: Path) -> None:
    """Make the bundles again from their parts."""
    for name in (STYLE, SCRIPT):
        if (static / name).exists():
            write(static, name, [])


def keep_used(static: Path, texts: Iterable[str]) -> Callable[[str], str]:
    """Leave out of the style sheet what neither these pages nor a script can use; gives what names it in a page."""
    path = static / STYLE
    if not path.exists():
        return str
    head, css = path.read_text("utf-8").split("\n", 1)
    scripts = [script.read_text("utf-8") for script in sorted(static.rglob("*.js"))]
    given = json.dumps({"css": css, "pages": list(texts), "scripts": scripts})
    used = node_scripts.run("tools/used_styles.mjs", given=given, fault=NOT_SMALLER)
    path.write_text(f"{head}\n{used}", "utf-8")
    version = hashlib.sha256(used.encode()).hexdigest()[:8]
    return lambda text: VERSION.sub(version, text)


def _parts(path: Path) -> list[str]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        parts = file.readline().strip("/* \n").split()
    return [part for part in parts if part not in BUNDLES and (path.parent / part).exists()]


def _script(static: Path, part: str) -> str:
    """Wrap a script so that its failure is reported but does not stop the scripts after it.

    Its top-level definitions stay global, as in a separate file.
    """
    text = DEFINED.sub("var", (static / part).read_text("utf-8").rstrip())
    return f"try {{\n{text}\n}} catch (error) {{\n  setTimeout(() => {{ throw error; }});\n}}\n"


def _sheet(static: Path, part: str) -> str:
    return _style(static, part) if part.startswith(THEMES) else KEPT.format(_style(static, part))


def _style(static: Path, part: str) -> str:
    """A style sheet with imports inlined and addresses relative to the folder of the bundle."""
    folder = posixpath.dirname(part)

    def place(address: str) -> str:
        return posixpath.normpath(posixpath.join(folder, address))

    text = (static / part).read_text("utf-8").replace('@charset "UTF-8";', "")
    pieces, last = [], 0
    for found in IMPORT.finditer(text):
        pieces += [text[last : found.start()], _style(static, place(found[1]))]
        last = found.end()
    pieces.append(text[last:])
    # imported parts have their addresses adapted already
    pieces[::2] = [ADDRESS.sub(lambda match: f"url({place(match[2])})", piece) for piece in pieces[::2]]
    return "".join(pieces) + "\n"
