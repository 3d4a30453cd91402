"""Shrinks the assets of the pages: equation fonts, icon fonts, pictures with palettes.

Sphinx copies its originals again whenever it writes a page; each step here
skips what is already small.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops, ImageStat
from sphinx.errors import ExtensionError
from sphinxcontrib import katex

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Sphinx loads this file by itself

from tools.book import KATEX, NO_KATEX

ICON_RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:"\\([0-9a-f]+)"\}')
GLYPH = re.compile(r'content:\s*"\\([ef][0-9a-f]{3})"')
# Parts of the theme that this book does not use: remote kernels, a script that draws the icons once more, debugging.
UNUSED = (
    "*.map",
    "*.LICENSE.txt",
    "scripts/fontawesome.js",
    "sphinx-thebe.*",
    "*webpack-macros.html",
    "locales",
)
# At load, the theme's script measures every block of code and so lays out the whole page; book.js measures each block
# when it comes into view.
MEASURES = '"complete"===document.readyState?I():window.addEventListener("load",I)'
# Sphinx looks words up in plain objects, which also have "constructor" and "__proto__".
LOOKS_UP = {
    "    Search._index = index;\n": (
        '    for (const name of ["terms", "titleterms"]) {\n'
        "      index[name] = Object.assign(Object.create(null), index[name]);\n"
        "    }\n"
        "    Search._index = index;\n"
    ),
    "!terms.hasOwnProperty(word)": "!Object.hasOwn(terms, word)",
    "!titleTerms.hasOwnProperty(word)": "!Object.hasOwn(titleTerms, word)",
    "scoreMap.set(file, {})": "scoreMap.set(file, Object.create(null))",
}
KATEX_STARTS = 60.0  # seconds
COLOURS = 256
VISIBLE = 1.0  # mean difference per channel, of 255, above which a picture gets no palette


def vendor_katex(app) -> None:
    """Equations are rendered when the book is built; pages only need KaTeX's style sheet and fonts."""
    source = Path(app.confdir, "node_modules", "katex", "dist")
    if not all((source / name).exists() for name in KATEX):
        raise ExtensionError(NO_KATEX)
    folder = Path(app.doctreedir, "..", "katex-static").resolve()
    fonts = folder / "katex" / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for font in (source / "fonts").glob("*.woff2"):
        if not (fonts / font.name).exists():
            shutil.copy(font, fonts)
    # All supported browsers read woff2.
    style = re.sub(
        r',url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)', "", (source / "katex.min.css").read_text("utf-8")
    )
    target = folder / "katex" / "katex.min.css"
    if not target.exists() or target.read_text("utf-8") != style:
        target.write_text(style, "utf-8")
    app.config.html_static_path.append(str(folder))
    app.config.katex_js_path = str(source / "katex.min.js")  # run by Node while building, never by a page
    katex.KaTeXServer.start_server_process = classmethod(start_katex)


def start_katex(server, folder: Path, _timeout: float):
    """Start Node and connect to it.

    The extension's own function takes the socket's file as a sign that Node listens, which sometimes fails on a busy
    machine, and waits only five seconds.
    """
    # A relative path: the absolute one may be too long for a socket.
    address = "katex.sock"
    command = server.build_command(socket=address)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
    patience = time.monotonic() + KATEX_STARTS
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with contextlib.chdir(folder):
                connection.connect(address)
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if process.poll() is not None or time.monotonic() > patience:
                process.kill()
                raise
            time.sleep(0.01)


def shrink(out: Path, texts: list[str]) -> None:
    """Shrink all assets, for pages with these texts."""
    drop_unused(out / "_static")
    spare_layout(out / "_static" / "scripts" / "pydata-sphinx-theme.js")
    if (out / "_static" / "searchtools.js").exists():
        look_up_words(out / "_static" / "searchtools.js")
    subset_icons(out, texts)
    for path in (out / "_images").glob("*.png"):
        shrink_picture(path)


def drop_unused(static: Path) -> None:
    """Remove files that no page loads."""
    for pattern in UNUSED:
        for path in list(static.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in static.rglob("*.js"):
        text = path.read_text("utf-8")
        if "//# sourceMappingURL" in text:
            path.write_text(re.sub(r"\n?//# sourceMappingURL=\S+\s*", "", text), "utf-8")


def spare_layout(script: Path) -> None:
    """Remove the forced layout of the whole page from the theme's script; raises if its code has changed."""
    text = script.read_text("utf-8")
    if MEASURES in text:
        script.write_text(text.replace(MEASURES, "void 0"), "utf-8")
    elif ".tabIndex=e.scrollWidth>e.clientWidth" not in text or not text.rstrip().endswith("void 0})();"):
        raise RuntimeError("the theme's script measures blocks in a way that site_assets.py does not know")


def look_up_words(script: Path) -> None:
    """Limit the search's look-ups to own properties; raises if its code has changed."""
    text = script.read_text("utf-8")
    for before, after in LOOKS_UP.items():
        if after not in text and before not in text:
            raise RuntimeError("Sphinx's search looks words up in a way that site_assets.py does not know")
        text = text if after in text else text.replace(before, after)
    script.write_text(text, "utf-8")


def subset_icons(out: Path, texts: list[str]) -> None:
    """Keep only the icons that pages, styles and scripts use, in the theme's style sheet and in the fonts."""
    folder = out / "_static" / "vendor" / "fontawesome" / "webfonts"
    if not folder.exists():
        return
    named: set[str] = set()
    scripts = [path.read_text("utf-8", "replace") for path in (out / "_static").rglob("*.js")]
    for text in [*texts, *scripts]:
        named |= set(re.findall(r"\bfa-([a-z0-9-]+)", text))
    codes: set[int] = set()

    def keep_named(rule: re.Match) -> str:
        if named.isdisjoint(re.findall(r"\.fa-([a-z0-9-]+)", rule[1])):
            return ""
        codes.add(int(rule[2], 16))
        return rule[0]

    for path in (out / "_static").rglob("*.css"):
        text = path.read_text("utf-8")
        small = ICON_RULE.sub(keep_named, text)
        small = re.sub(r',url\([^)]*/webfonts/[^)]*\.ttf\) format\("truetype"\)', "", small)
        if small != text:
            path.write_text(small, "utf-8")
        codes |= {int(code, 16) for code in GLYPH.findall(small)}
    for path in folder.glob("*.woff2"):
        subset_font(path, codes)
    for path in folder.glob("*.ttf"):
        path.unlink()


def subset_font(path: Path, codes: set[int]) -> None:
    """Reduce a font to the glyphs of these codes."""
    font = TTFont(path, recalcTimestamp=False)  # for reproducible bytes
    present = set(font.getBestCmap())
    wanted = codes & present or {min(present)}
    if wanted == present:
        return
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it logs glyph counts
    subsetter = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(path)


def shrink_picture(path: Path) -> None:
    """Store a picture with a palette, unless the difference would be visible."""
    with Image.open(path) as image:
        if image.mode == "P":
            return
        # Figures are drawn on white; a palette with transparency would cost colours.
        full = Image.new("RGB", image.size, "white")
        full.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    few = full.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    if max(ImageStat.Stat(ImageChops.difference(full, few.convert("RGB"))).mean) > VISIBLE:
        return
    smaller = io.BytesIO()
    few.save(smaller, "PNG", optimize=True)
    if smaller.tell() < path.stat().st_size:
        path.write_bytes(smaller.getvalue())
