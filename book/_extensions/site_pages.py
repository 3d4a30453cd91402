"""Makes the theme's pages self-contained and strict: nothing from another host, nothing inline unaccounted for.

Runs when pages are rendered and once more over the finished files; a page that Sphinx did not write again is
left as it is, so that an unchanged rebuild is quick.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'"
)
MARK = '<meta http-equiv="Content-Security-Policy"'
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.S)
RUNS = re.compile(r'type="(?!text/javascript|module)[^"]*"')


def drop_scripts(app, page, template, context, doctree) -> None:
    """Leave out scripts of remote kernels, which the book does not use."""
    context["script_files"] = [file for file in context["script_files"] if not _remote(file)]
    context["css_files"] = [
        file for file in context["css_files"] if "thebe" not in str(getattr(file, "filename", file))
    ]


def _remote(file) -> bool:
    name = str(getattr(file, "filename", file) or "")
    body = str(getattr(file, "attributes", {}).get("body", ""))
    return "thebe" in name or "THEBE" in body or "thebe" in body or name.startswith(("http:", "https:"))


def vendor_katex(app) -> None:
    """Equations are rendered when the book is built; pages need KaTeX's style sheet and fonts alone."""
    source = Path(app.confdir, "node_modules", "katex", "dist")
    if not source.exists():
        raise FileNotFoundError("node_modules/katex is missing: run `make setup`")
    folder = Path(app.doctreedir, "..", "katex-static").resolve()
    fonts = folder / "katex" / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for font in (source / "fonts").glob("*.woff2"):
        if not (fonts / font.name).exists():
            shutil.copy(font, fonts)
    # woff2 is enough for every browser that the book supports.
    style = re.sub(
        r',url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)', "", (source / "katex.min.css").read_text("utf-8")
    )
    target = folder / "katex" / "katex.min.css"
    if not target.exists() or target.read_text("utf-8") != style:
        target.write_text(style, "utf-8")
    app.config.html_static_path.append(str(folder))
    app.config.katex_js_path = str(source / "katex.min.js")  # run by Node while building, never by a page


def finish(app, error) -> None:
    """Go over the written pages: theme scripts out, handlers replaced, fonts subset, policy written."""
    if error or app.builder.format != "html":
        return
    out = Path(app.builder.outdir)
    (out / ".nojekyll").touch()
    pages = sorted(out.rglob("*.html"))
    for path in pages:
        if "_static" in path.parts:
            continue
        text = path.read_text("utf-8")
        if MARK not in text:
            path.write_text(secure(clean(text)), "utf-8")
    subset_icons(out)


def clean(text: str) -> str:
    """A page without fontawesome.js, without inline handlers, without preloads of what is not used."""
    text = re.sub(r"<script[^>]*fontawesome\.js[^>]*></script>\s*", "", text)
    text = re.sub(r'<link[^>]*rel="preload"[^>]*>\s*', "", text)
    text = re.sub(r'onclick="window\.print\(\)"', 'data-action="print"', text)
    text = re.sub(r'onclick="toggleFullScreen\(\)"', 'data-action="fullscreen"', text)
    return re.sub(r'<script[^>]*type="text/x-thebe-config"[^>]*>.*?</script>\s*', "", text, flags=re.S)


def secure(text: str) -> str:
    """The page with its Content-Security-Policy: own files, and exactly the inline scripts it has."""
    hashes = []
    for match in SCRIPT.finditer(text):
        attributes = match["attributes"]
        if "src=" in attributes or RUNS.search(attributes):
            continue  # a file of ours, or a data block that never runs
        digest = base64.b64encode(hashlib.sha256(match["body"].encode("utf-8")).digest()).decode("ascii")
        hashes.append(f" 'sha256-{digest}'")
    policy = POLICY.format(hashes="".join(dict.fromkeys(hashes)))
    return re.sub(r"(<head[^>]*>)", lambda m: f'{m[1]}\n{MARK} content="{policy}">', text, count=1)


def subset_icons(out: Path) -> None:
    """Keep only the icons that pages, styles and scripts name."""
    folder = out / "_static" / "vendor" / "fontawesome" / "webfonts"
    stamp = folder / "subset"
    if not folder.exists() or stamp.exists():
        return
    css = "".join(path.read_text("utf-8") for path in (out / "_static").rglob("*.css"))
    sources = [*out.rglob("*.html"), *(out / "_static").rglob("*.js")]
    named = set()
    for path in sources:
        if "fontawesome" not in path.name:
            named |= set(re.findall(r"\bfa-([a-z0-9-]+)", path.read_text("utf-8", "replace")))
    codes = {
        int(code, 16)
        for name, code in re.findall(r'\.fa-([a-z0-9-]+)[^{}]*\{(?:--fa:|content:)\s*"\\([0-9a-f]+)', css)
        if name in named
    }
    codes |= {int(code, 16) for code in re.findall(r'content:\s*"\\(f[0-9a-f]{3})', css) if code}
    for path in folder.glob("*.woff2"):
        font = TTFont(path)
        wanted = codes & set(font.getBestCmap())
        options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=True)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=wanted or {0x20})
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(path)
    for path in folder.glob("*.ttf"):
        path.unlink()
    stamp.touch()


def leave_out_hidden(app, config) -> None:
    """Hidden folders are no part of the book: what tests leave in .pytest_cache, say."""
    config.exclude_patterns.append(".*")


def setup(app):
    app.connect("config-inited", leave_out_hidden, priority=100)
    app.connect("builder-inited", vendor_katex, priority=100)
    app.connect("html-page-context", drop_scripts, priority=900)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
