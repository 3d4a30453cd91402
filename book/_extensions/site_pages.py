"""Post-processes the theme's pages: self-contained, with a strict policy, light and accessible.

Nothing comes from another host, every inline script is in the policy, nothing unused is loaded. Runs when pages are
rendered and once more over the finished files; a page that Sphinx did not rewrite is left unchanged.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from html import escape
from pathlib import Path

import dark_stills
import site_assets
import site_bundles
from PIL import Image

from transformer_lib import figures

POLICY = (
    "default-src 'none'; script-src 'self'{wasm}{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'"
)
EXERCISE = re.compile(r'<div class="exercise" data-exercise=')
MARK = '<meta http-equiv="Content-Security-Policy"'
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.S)
DATA = re.compile(r"""type=["'](?!text/javascript|module)""")
LATER = re.compile(r'<script [^>]*src="[^"]*scripts/bootstrap\.js[^"]*"[^>]*></script>\s*')
STATE = re.compile(r'(<script type="application/vnd\.jupyter\.widget-state\+json">)(.*?)(</script>)', re.S)
TOGGLES = r'class="(?:[^"]* )?(?:toggle[ "]|dropdown admonition|admonition[^"]* dropdown)'
# Extension files, loaded only by pages that use them: name -> a sign of it in the page.
ON_DEMAND = {
    "sphinx-design.min.css": r'class="[^"]*\bsd-',
    "design-tabs.js": r'class="[^"]*\bsd-tab',
    "togglebutton.css": TOGGLES,
    "togglebutton.js": TOGGLES,
}
# Needed by search.html only.
SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
# Corrections of the theme's markup: pattern -> replacement.
MENDED = {
    r"<script[^>]*fontawesome\.js[^>]*></script>\s*": "",
    r'<link[^>]*rel="preload"[^>]*>\s*': "",
    r'<script[^>]*type="text/x-thebe-config"[^>]*>.*?</script>\s*': "",
    r'<div class="sidebar-primary-items__end[^>]*>\s*<div class="sidebar-primary-item">\s*'
    r'<div id="ethical-ad-placement".*?</div>\s*</div>\s*</div>': "",
    r'(<meta name="viewport" [^>]*>)\s*<meta name="viewport" [^>]*>': r"\1",
    r'\s*<meta name="viewport" [^>]*>\s*(?=<meta name="docsearch)': "\n  ",
    # inline handlers, which the policy forbids; book.js listens instead
    r'onclick="window\.print\(\)"': 'data-action="print"',
    r'onclick="toggleFullScreen\(\)"': 'data-action="fullscreen"',
    # accessible names that contradict the visible words
    r'<summary aria-label="Toggle hidden content">': "<summary>",
    r'(<button class="btn search-button-field[^>]*?) aria-label="Search"': r"\1",
    # the book's name and contents are outside every landmark
    r'<div id="pst-primary-sidebar"': '<div id="pst-primary-sidebar" role="complementary" aria-label="Book"',
    # names, punctuation and blanks in code have no colour of their own: half of a page's elements
    r'<span class="(?:n|p|w)">([^<]*)</span>': r"\1",
    # an exercise's output holds in a kernel; a page says where to find one
    r"not tried yet: write your answer where the \.\.\. stands, and run the cell again": (
        "not tried yet: open this chapter in Colab, or on your machine, to write your answer"
    ),
    # no white flash for readers who prefer dark pages
    r'localStorage\.getItem\("theme"\) \|\| "auto"': (
        'localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
    ),
}
MENDED_PATTERNS = [(re.compile(pattern, re.S), new) for pattern, new in MENDED.items()]
HINTED = 200_000  # bytes
STORAGE = Path(__file__).with_name("storage.js").read_text("utf-8")  # before every other script of a page
ROOT_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={target}">
<title>{title}</title>
</head>
<body><main><h1>{title}</h1><p><a href="{target}">Open the book</a></p></main></body>
</html>
"""


def leave_out_hidden(app, config) -> None:
    """Exclude hidden folders, such as .pytest_cache."""
    config.exclude_patterns.append(".*")


def outdated(app, env, added, changed, removed) -> set[str]:
    """Every page, if a file behind all pages has changed: extensions, styles, scripts, exported views."""
    folders = [Path(__file__).parent, *(Path(app.confdir, folder) for folder in app.config.html_static_path)]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    made_with = hashlib.sha256(
        b"".join(path.read_bytes() for path in files if "__pycache__" not in path.parts)
    ).hexdigest()
    if getattr(env, "made_with", None) == made_with:
        return set()
    env.made_with = made_with
    return set(env.found_docs)


def drop_scripts(app, page, template, context, doctree) -> None:
    """Leave out scripts of remote kernels, which the book does not use."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context[kind] if not _remote(file)]


def _remote(file) -> bool:
    name = str(getattr(file, "filename", file) or "")
    body = str(getattr(file, "attributes", {}).get("body", ""))
    return "thebe" in name or "THEBE" in body or "thebe" in body or name.startswith(("http:", "https:"))


def finish(app, error) -> None:
    """Post-process the written pages, write the page at the root, shrink the assets."""
    if error or app.builder.format != "html":
        return
    out = Path(app.builder.outdir)
    (out / ".nojekyll").touch()
    target = f"{app.config.root_doc}.html"
    if app.builder.name == "html" and target != "index.html":
        page = ROOT_PAGE.format(target=escape(target), title=escape(app.config.html_title))
        (out / "index.html").write_text(secure(page), "utf-8")
    if app.builder.name == "singlehtml" and (out / target).exists():
        to_the_root(out, target)
    # In memory until a page is done: a killed build leaves each page either as Sphinx wrote it or finished.
    texts = {path: path.read_text("utf-8") for path in pages(out)}
    fresh = [path for path, text in texts.items() if MARK not in text]
    for path in fresh:
        text = guard_storage(clean(texts[path], search=path.name == "search.html"))
        texts[path] = place(text, path.parent, loading="lazy" if app.builder.name == "html" else "eager")
        if app.builder.name == "html":
            texts[path] = dark_stills.pair(texts[path], path.parent)
    site_assets.shrink(out, list(texts.values()))  # needs the pages' texts
    site_bundles.renew(out / "_static")
    for path in fresh:
        texts[path] = site_bundles.bundle(texts[path], out / "_static", scripts=path.name != "search.html")
    named = site_bundles.keep_used(out / "_static", texts.values())
    for path in fresh:
        part = path.with_suffix(".part")
        part.write_text(secure(hint(named(texts[path]), out / "_static")), "utf-8")
        os.replace(part, path)


def pages(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("*.html") if "_static" not in path.parts)


def to_the_root(out: Path, target: str) -> None:
    """Move the single-page book from its folder to the root, for which its addresses are made."""
    text = (out / target).read_text("utf-8")
    text = re.sub(rf'href="{re.escape(target)}(?=[#"])', 'href="', text).replace('href=""', 'href="#"')
    text = text.replace(f'href="#document-{target.removesuffix(".html")}"', 'href="#"')
    text = re.sub(r'<link rel="(?:index|search)"[^>]*>\s*', "", text)  # the single page has neither
    (out / target).unlink()
    (out / "index.html").write_text(text, "utf-8")


def clean(text: str, *, search: bool = False) -> str:
    """A page with corrected markup and without unused files."""
    for pattern, replacement in MENDED_PATTERNS:
        text = pattern.sub(replacement, text)
    body = text[text.find("<body") :]
    absent = [name for name, sign in ON_DEMAND.items() if not re.search(sign, body)]
    absent += [] if search else SEARCH
    for name in absent:
        text = re.sub(rf"<(?:script|link)[^>]*[/\"]{re.escape(name)}[?\"][^>]*>(?:</script>)?\s*", "", text)
    if "togglebutton.js" in absent:
        text = re.sub(r"<script>(?:let toggle|var togglebutton)[^<]*</script>\s*", "", text)
    return STATE.sub(slim, text)


def guard_storage(text: str) -> str:
    """Make a page's scripts work where storage is forbidden or full."""
    return text.replace("<script", f"<script>\n{STORAGE}</script>\n<script", 1)


def place(text: str, folder: Path, loading: str) -> str:
    """Give pictures their size; on pages they load lazily, for print at once."""

    def sized(image: re.Match) -> str:
        tag, source = image[0], re.search(r'src="([^"]+\.png)"', image[0])
        if not source or " width=" in tag or not (folder / source[1]).exists():
            return tag
        with Image.open(folder / source[1]) as picture:
            # figures have SCALE stored pixels per CSS pixel
            width, height = (round(side / figures.SCALE) for side in picture.size)
        # a height in the style would stay on a narrow screen, where the width shrinks
        bare = re.sub(r' style="[^"]*"', "", tag[4:])
        return f'<img width="{width}" height="{height}" loading="{loading}"{bare}'

    head, article = text[: text.find("<article")], text[text.find("<article") :]
    return head + re.sub(r"<img [^>]*>", sized, article) if "<article" in text else text


def hint(text: str, static: Path) -> str:
    """Add preload hints for scripts that the browser would find late.

    These are the scripts at the page's end, and the exported views of the page's pictures, except large ones; a program
    loads its parts on first use. Bootstrap is for menus and tooltips alone: book.js runs it when the page stands.
    """
    body = text[text.find("</head>") :]
    late = re.findall(r'<script [^>]*src="([^"]+)"', body)
    if up := re.search(r'src="([./]*)_static/live/live\.js', text):
        views = dict.fromkeys(re.findall(r'<figure class="live"[^>]* data-view="([\w-]+)"', text))
        files = (static / "live" / f"{view}.js" for view in views)
        there = (file for file in files if file.exists() and file.stat().st_size <= HINTED)
        late += [f"{up[1]}_static/live/{file.name}" for file in there]
    hints = "".join(f'<link rel="preload" as="script" href="{address}">\n' for address in late)
    return LATER.sub("", text.replace("</head>", f"{hints}</head>", 1))


def slim(script: re.Match) -> str:
    """Reduce a stored picture to its inputs; its markup is in the page already.

    A program, whose parts are large, keeps its stored outputs as well.
    """
    stored = json.loads(script[2])
    for entry in stored["state"].values():
        kept = ["view", "spec", "values"]
        kept += ["response"] if entry["state"]["spec"].get("kind") == "program" else []
        entry["state"] = {key: entry["state"][key] for key in kept}
    body = json.dumps(stored, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return script[1] + body + script[3]


def secure(text: str) -> str:
    """The page with its Content-Security-Policy: own files, and exactly the inline scripts it has."""
    hashes = []
    for match in SCRIPT.finditer(text):
        attributes = match["attributes"]
        if "src=" in attributes or DATA.search(attributes):
            continue  # a file of ours, or a data block that never runs
        digest = base64.b64encode(hashlib.sha256(match["body"].encode("utf-8")).digest()).decode("ascii")
        hashes.append(f" 'sha256-{digest}'")
    wasm = " 'wasm-unsafe-eval'" if EXERCISE.search(text) else ""  # WebAssembly alone; it allows no eval
    policy = POLICY.format(wasm=wasm, hashes="".join(dict.fromkeys(hashes)))
    return re.sub(r"(<head[^>]*>)", lambda m: f'{m[1]}\n{MARK} content="{policy}">', text, count=1)


def setup(app):
    app.connect("config-inited", leave_out_hidden, priority=100)
    app.connect("builder-inited", site_assets.vendor_katex, priority=100)
    app.connect("env-get-outdated", outdated)
    app.connect("html-page-context", drop_scripts, priority=900)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
