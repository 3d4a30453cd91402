"""Guards over built pages; each returns one line per fault. Long: eleven independent rules, a few lines each.

`tests/site/test_pages.py` calls them on every page of `_build/html`, and on pages broken on purpose.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

MIN_ALT = 15  # characters; shorter ones are no description
POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},  # the hashes of this page's inline scripts; WebAssembly where exercises are
    "style-src": {"'self'", "'unsafe-inline'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'", "data:"},
    "connect-src": {"'self'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
}
RESOURCES = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
    "form": ("action",),
    "input": ("src",),
    "base": ("href",),
}
EXTERNAL = re.compile(r"^\s*(?:https?:|//|ftp:|wss?:)", re.I)
STYLED = re.compile(r"url\(\s*[\"']?(?:https?:)?//|@import\s+(?:url\()?[\"']?(?:https?:)?//", re.I)
UNUSED = ("fontawesome.js", "thebe", "require.js", "html-manager", "mathjax", "MathJax")
NOT_PROSE = ["script", "style", "pre", "code", "svg", "textarea", "select", "annotation"]
STATE = "application/vnd.jupyter.widget-state+json"


@dataclass(frozen=True)
class Page:
    """One page of a built book: its text, and its path in the folder."""

    text: str
    path: Path
    site: Path

    @classmethod
    def read(cls, path: Path, site: Path) -> Page:
        return cls(path.read_text("utf-8"), path, site)

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "html.parser")

    @property
    def name(self) -> str:
        """The page's address below the book's root, without its ending."""
        return self.path.relative_to(self.site).with_suffix("").as_posix()

    @property
    def article(self) -> Tag:
        return self.soup.find("article") or self.soup.find("main") or self.soup


def find(site: Path) -> list[Path]:
    """The pages of a built book, the one at its root first."""
    found = [path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts]
    return sorted(found, key=lambda path: (path.relative_to(site).as_posix() != "index.html", path))


def text_of(tag: Tag, attribute: str) -> str:
    """An attribute as text; empty if it is missing."""
    value = tag.get(attribute) or ""
    return value if isinstance(value, str) else " ".join(value)


def pictures(page: Page) -> list[dict]:
    """The live pictures of a page: their id, view, specification and starting values."""
    state: dict[str, dict] = {}
    for script in page.soup.find_all("script", type=STATE):
        state |= json.loads(script.string or "{}").get("state", {})
    figures = page.soup.select("figure.live[data-live]")
    return [
        state.get(text_of(figure, "data-live"), {}).get("state", {})
        | {"id": figure["data-live"], "view": figure["data-view"]}
        for figure in figures
    ]


def self_contained(page: Page) -> list[str]:
    """Nothing is loaded from another host."""
    faults = []
    for name, attributes in RESOURCES.items():
        for tag in page.soup.find_all(name):
            for attribute in attributes:
                value = text_of(tag, attribute)
                parts = value.split(",") if attribute == "srcset" else [value]
                faults += [f"<{name}> loads {part.strip()}" for part in parts if EXTERNAL.match(part)]
    styles = [tag.string or "" for tag in page.soup.find_all("style")]
    styles += [text_of(tag, "style") for tag in page.soup.find_all(style=True)]
    faults += [f"a style loads {style.strip()[:80]}" for style in styles if STYLED.search(style)]
    return faults


def policy(page: Page) -> list[str]:
    """The Content-Security-Policy is before all content and allows exactly the page's own inline scripts."""
    tags = page.soup.find_all("meta", attrs={"http-equiv": re.compile("^content-security-policy$", re.I)})
    if len(tags) != 1:
        return [f"{len(tags)} policies instead of one"]
    before = [tag.name for tag in tags[0].find_all_previous(["script", "link", "style", "img"])]
    faults = [f"<{name}> stands before the policy" for name in before]
    found = {
        first: set(rest) for first, *rest in (rule.split() for rule in text_of(tags[0], "content").split(";"))
    }
    hashes = {source for source in found.get("script-src", set()) if source.startswith("'sha256-")}
    wanted = POLICY["script-src"] | ({"'wasm-unsafe-eval'"} if page.soup.select("[data-exercise]") else set())
    if found | {"script-src": found.get("script-src", set()) - hashes} != POLICY | {"script-src": wanted}:
        faults.append(f"the policy is {tags[0]['content']}")
    needed = {_digest(script.string or "") for script in _inline(page)}
    faults += [f"an inline script has no hash: {digest}" for digest in sorted(needed - hashes)]
    faults += [f"a hash belongs to no script: {digest}" for digest in sorted(hashes - needed)]
    for tag in page.soup.find_all(True):
        for attribute in tag.attrs:
            if attribute.startswith("on"):
                faults.append(f"<{tag.name}> has the inline handler {attribute}")
        if str(tag.get("href", "")).strip().lower().startswith("javascript:"):
            faults.append(f"<{tag.name}> links to a script")
    return faults


def _inline(page: Page) -> Iterator[Tag]:
    for script in page.soup.find_all("script"):
        if not script.get("src") and script.get("type", "text/javascript") in ("text/javascript", "module"):
            yield script


def _digest(body: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'"


def light(page: Page) -> list[str]:
    """Nothing is loaded that no page of the book uses."""
    loaded = [tag.get("src") or tag.get("href") or "" for tag in page.soup.find_all(["script", "link"])]
    faults = [f"loads {address}" for address in loaded if any(name in address for name in UNUSED)]
    inline = "".join(script.string or "" for script in _inline(page))
    return faults + [f"an inline script names {name}" for name in UNUSED if name in inline]


def alternatives(page: Page) -> list[str]:
    """Every picture of the text has alt text and a size."""
    faults = []
    for image in page.soup.find_all("img"):
        if image.get("alt") is None:
            faults.append(f"{image.get('src')} has no alt attribute")
    for image in page.article.find_all("img"):
        if len(text_of(image, "alt").strip()) < MIN_ALT:
            faults.append(f"{image.get('src')} is not described")
    for figure in page.soup.select("figure.live"):
        for panel in figure.select(".live-panel"):
            still = panel.find("img", class_="live-still")
            if still is None:
                faults.append(f"{figure.get('data-live')} has a panel without a still")
            elif not (still.get("width") and still.get("height")):
                faults.append(f"{figure.get('data-live')} has a still without a size")
    return faults


def live_pictures(page: Page) -> list[str]:
    """Every live picture has its inputs, its exported view, and the script that runs it."""
    faults = []
    scripts = [text_of(script, "src") for script in page.soup.find_all("script")]
    found = pictures(page)
    for picture in found:
        if not picture.keys() >= {"spec", "values"}:
            faults.append(f"{picture['id']} has no stored state")
        # All programs run the parts of one model.
        program = picture.get("spec", {}).get("kind") == "program"
        exported = "translator-parts" if program else picture["view"]
        if not (page.site / "_static" / "live" / f"{exported}.js").exists():
            faults.append(f"{picture['id']} has no exported view {exported}.js")
    loads = any("live/live.js" in address for address in scripts)
    if loads != bool(found):
        faults.append("loads live.js without a live picture" if loads else "does not load live.js")
    dead = page.soup.find_all("script", type="application/vnd.jupyter.widget-view+json")
    return faults + ["shows a widget that no script runs" for _ in dead]


def equations(page: Page) -> list[str]:
    """Every equation was rendered while the book was built; none is left as source."""
    faults = []
    for math in page.soup.select("div.math, span.math"):
        if math.select_one(".katex-html") is None:
            faults.append(f"an equation is not rendered: {math.get_text()[:60].strip()}")
    faults += ["an equation is wrong: " + tag.get_text()[:60] for tag in page.soup.select(".katex-error")]
    for string in page.article.find_all(
        string=re.compile(r"\$|\\[()\[\]]|\\(?:frac|sqrt|top|mathrm|text)\b")
    ):
        if not string.find_parent(NOT_PROSE) and not string.find_parent(class_="katex"):
            faults.append(f"raw mathematics: {string.strip()[:60]}")
    return faults


def links(page: Page) -> list[str]:
    """Every link and every loaded file inside the book exists, including anchors."""
    faults = []
    wanted = [(tag, text_of(tag, "href")) for tag in page.soup.find_all(["a", "link"], href=True)]
    wanted += [(tag, text_of(tag, "src")) for tag in page.soup.find_all(["img", "script"], src=True)]
    for tag, address in wanted:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file() or page.site.resolve() not in target.resolve().parents:
            faults.append(f"<{tag.name}> leads nowhere: {address}")
        elif tag.name == "a" and parts.fragment and unquote(parts.fragment) not in _anchors(target):
            faults.append(f"no heading or target: {address}")
    return faults


_found: dict[tuple[Path, float], set[str]] = {}


def _anchors(path: Path) -> set[str]:
    key = (path, path.stat().st_mtime)
    if key not in _found:
        _found[key] = set(re.findall(r"\bid=[\"']([^\"']+)[\"']", path.read_text("utf-8")))
    return _found[key]


def notebook_buttons(page: Page, address: str) -> list[str]:
    """A page made from a notebook offers it in Colab, from the book's own address, and for download."""
    if not (page.site / "_sources" / f"{page.name}.ipynb").exists():
        return []
    repository = address.removeprefix("https://github.com/")
    wanted = f"https://colab.research.google.com/github/{repository}/blob/main/{page.name}.ipynb"
    found = [text_of(tag, "href") for tag in page.soup.find_all("a", href=re.compile("colab"))]
    buttons = [link for link in found if link.endswith(".ipynb")]
    faults = [] if wanted in buttons else [f"no button opens {wanted}"]
    return faults + [f"a button opens {link}" for link in buttons if link != wanted]
