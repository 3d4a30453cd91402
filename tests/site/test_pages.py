"""Guards over the built pages; each is tried on a page broken on purpose. Long: one guard a page, each broken once."""

import json
import re
import sys

import pytest
import yaml
from built import ANY_PAGES, PAGES, PICTURES, ROOT, SITE, page_id

from tools import guards, pages
from transformer_lib.live import (
    assistant_bundle,
    assistant_graphs,
    everyday_bundle,
    everyday_graphs,
    export,
    translator_graphs,
    views,
    weight_bundle,
    writer_bundle,
    writer_graphs,
)

sys.path.insert(0, str(ROOT / "book" / "_extensions"))
import site_pages  # the extension that writes the policy

ADDRESS = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
GUARDS = [
    pages.self_contained,
    pages.policy,
    pages.light,
    pages.alternatives,
    pages.live_pictures,
    pages.equations,
    pages.links,
]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
@pytest.mark.parametrize("written", ANY_PAGES, ids=page_id)
def test_the_built_page_satisfies(written, guard):
    assert guard(written) == []


@pytest.mark.parametrize("written", ANY_PAGES, ids=page_id)
def test_the_built_page_opens_in_colab(written):
    assert pages.notebook_buttons(written, ADDRESS) == []


def test_every_entry_of_the_table_of_contents_is_a_page():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    assert set(guards._entries(toc)) <= {page.name for page in PAGES}


def test_the_book_has_equations_and_live_pictures():
    assert PICTURES
    assert any(page.soup.select_one(".katex-html") for page in PAGES)


@pytest.mark.parametrize(
    "view", [view for view in views.VIEWS.values() if view.kind != "program"], ids=lambda view: view.name
)
def test_the_book_carries_the_exported_views_of_this_library(view):
    script = (SITE / "_static" / "live" / f"{view.name}.js").read_text("utf-8")
    assert json.loads(script[script.index(",") + 1 : script.rindex(")")]) == export.load(view)


@pytest.mark.parametrize("written", ANY_PAGES, ids=page_id)
def test_a_chapter_named_in_a_sentence_is_a_link_to_it(written):
    numbers = {page.name[5:7] for page in PAGES if re.match(r"book/\d\d-", page.name)} - {written.name[5:7]}
    bare = [
        number
        for text in written.article.find_all(string=re.compile(r"[Cc]hapter \d\d"))
        if text.find_parent(["p", "li"]) and not text.find_parent(["a", "code", "pre", "figure"])
        for number in re.findall(r"\b[Cc]hapter (\d\d)\b", text)
        if number in numbers
    ]
    assert bare == []


def test_the_book_carries_the_translator_in_one_script():
    script = (SITE / "_static" / "live" / f"{weight_bundle.NAME}.js").read_text("utf-8")
    assert script.startswith(f'AttentionLive.register("{weight_bundle.NAME}",{{')
    assert json.loads(script[script.index(",") + 1 : script.rindex(")")]) == weight_bundle.bundle()
    for part in translator_graphs.PARTS:
        assert not (SITE / "_static" / "live" / f"{part}.js").exists()


OWN = {  # of each: its folder, what registers, the files of its bundle, its parts, a page that shows it
    "everyday": ("translator", "AttentionEveryday", everyday_bundle, everyday_graphs, "book/translator"),
    "writer": ("writer", "AttentionWriter", writer_bundle, writer_graphs, "book/writer"),
    "assistant": ("assistant", "AttentionAssistant", assistant_bundle, assistant_graphs, "book/assistant"),
}


@pytest.mark.parametrize("name", OWN)
def test_a_model_comes_with_the_pages_that_show_it_alone_and_its_weights_with_none(name):
    folder, register, bundle, graphs, home = OWN[name]
    shown = [page for page in PAGES if f"data-{name}" in page.text]
    assert home in [page.name for page in shown]
    for page in PAGES:
        loads = (f"{folder}/{name}.js" in page.text, f"{folder}/{name}.css" in page.text)
        assert set(loads) == {page in shown}, page.name
    for part, content in bundle.files().items():
        assert not [page.name for page in PAGES if f"{part}.js" in page.text]
        script = (SITE / "_static" / folder / f"{part}.js").read_text("utf-8")
        assert script.startswith(f'{register}.register("{part}",{{')
        stored = json.loads(script[script.index(",") + 1 : script.rindex(")")])
        assert stored == json.loads(json.dumps(content))
    for part in graphs.PARTS:
        assert not (SITE / "_static" / "live" / f"{part}.js").exists()


def test_a_chapter_shows_the_writer_once_in_the_place_of_the_still_that_its_notebook_stores():
    [page] = [page for page in PAGES if page.name == "book/09-real-models"]
    assert len(page.soup.select("[data-writer]")) == 1
    assert page.soup.select("img[alt^='A writer of stories']") == []


def test_what_no_page_loads_is_not_published():
    names = {path.name for path in (SITE / "_static").rglob("*")}
    assert names.isdisjoint({"fontawesome.js", "sphinx-thebe.js", "locales"})
    assert not [name for name in names if name.endswith(".map")]
    assert (SITE / ".nojekyll").exists()


def test_icon_fonts_hold_the_icons_that_are_used_and_no_others():
    fonts = list((SITE / "_static/vendor/fontawesome/webfonts").glob("*"))
    assert {path.suffix for path in fonts} == {".woff2"}
    assert sum(path.stat().st_size for path in fonts) < 20_000


ALT = "A map of weights, darkest where she looks at Sally."
HEAD = "<meta charset='utf-8'>"
SOUND = (
    f"<img src='../a.png' alt='{ALT}'><p>Set <code>$x</code>.</p>"
    "<span class='math'><span class='katex'><span class='katex-html'>x</span></span></span>"
    "<a href='#there'>there</a><h2 id='there'>There</h2><a href='https://example.org/'>a source</a>"
)
STATE = {"live0001": {"state": {"spec": {}, "values": {}, "view": "sentence"}}}
LIVE = (
    "<script src='../live/live.js'></script><figure class='live' data-live='live0001' data-view='sentence'>"
    f"<div class='live-panel'><img class='live-still' src='../a.png' alt='{ALT}' width='3' height='5'></div></figure>"
    f"<script type='{pages.STATE}'>{json.dumps({'state': STATE})}</script>"
)


@pytest.fixture
def sample(tmp_path):
    """Makes a page of a small book; the extension's own code writes the policy."""
    (tmp_path / "a.png").touch()
    (tmp_path / "live").mkdir()
    (tmp_path / "live/live.js").touch()
    (tmp_path / "_static/live").mkdir(parents=True)
    (tmp_path / "_static/live/sentence.js").touch()
    (tmp_path / "_sources/book").mkdir(parents=True)
    (tmp_path / "_sources/book/sample.ipynb").touch()
    path = tmp_path / "book" / "sample.html"
    path.parent.mkdir()

    def make(body, head=HEAD, secure=site_pages.secure):
        path.write_text(
            secure(f"<html><head>{head}</head><body><article>{body}</article></body></html>"), "utf-8"
        )
        return pages.Page.read(path, tmp_path)

    return make


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_sound_page_passes(sample, guard):
    assert guard(sample(SOUND)) == []
    assert guard(sample(SOUND + LIVE)) == []
    assert guard(sample(SOUND + "<script>start()</script>")) == []


BROKEN = {
    "a script of another host": (pages.self_contained, "<script src='https://example.org/a.js'></script>", "example.org"),
    "a picture of another host": (pages.self_contained, "<img src='//example.org/a.png'>", "example.org"),
    "a second picture of another host": (pages.self_contained, "<img srcset='a.png, https://example.org/a.png 2x'>", "2x"),
    "a style of another host": (pages.self_contained, "<link rel='stylesheet' href='http://example.org/a.css'>", "a.css"),
    "a frame of another host": (pages.self_contained, "<iframe src='https://example.org'></iframe>", "iframe"),
    "a font of another host": (pages.self_contained, "<style>a{src:url('https://example.org/f')}</style>", "a style"),
    "an imported style": (pages.self_contained, "<style>@import '//example.org/a.css';</style>", "a style"),
    "a background of another host": (pages.self_contained, "<p style='background:url(//example.org/a)'>", "a style"),
    "an inline handler": (pages.policy, "<button onclick='go()'>go</button>", "onclick"),
    "a link that is a script": (pages.policy, "<a href='javascript:go()'>go</a>", "links to a script"),
    "a loaded fontawesome.js": (pages.light, "<script src='_static/scripts/fontawesome.js'></script>", "fontawesome"),
    "a remote kernel": (pages.light, "<script>const THEBE = 'thebe'</script>", "thebe"),
    "a picture without alt text": (pages.alternatives, "<img src='../a.png'>", "no alt"),
    "a picture with empty alt text": (pages.alternatives, "<img src='../a.png' alt=''>", "not described"),
    "a live picture without alt text": (pages.alternatives, LIVE.replace(ALT, ""), "not described"),
    "a live picture without still": (pages.alternatives, LIVE.replace("live-still", ""), "without a still"),
    "a still that would move the page": (pages.alternatives, LIVE.replace("width='3'", ""), "without a size"),
    "a live picture without state": (pages.live_pictures, LIVE.replace('"spec"', '"shape"'), "no stored state"),
    "a live picture without its view": (pages.live_pictures, LIVE.replace("'sentence'", "'unknown'"), "no exported view"),
    "a program without its parts": (
        pages.live_pictures,
        LIVE.replace('"spec": {}', '"spec": {"kind": "program"}'),
        "no exported view translator-parts.js",
    ),
    "a live picture without its script": (pages.live_pictures, LIVE.replace("live.js", "other.js"), "does not load"),
    "the script without a live picture": (pages.live_pictures, "<script src='live/live.js'></script>", "without a live"),
    "a widget of somebody else": (
        pages.live_pictures,
        "<script type='application/vnd.jupyter.widget-view+json'>{}</script>",
        "no script runs",
    ),
    "an equation left to a script": (pages.equations, r"<span class='math'>\(x\)</span>", "not rendered"),
    "a raw equation": (pages.equations, "<p>Set $x$.</p>", "raw mathematics"),
    "a raw command": (pages.equations, r"<p>The \frac{1}{2} of it.</p>", "raw mathematics"),
    "a wrong equation": (pages.equations, "<span class='katex-error'>x</span>", "is wrong"),
    "a dead link": (pages.links, "<a href='gone.html'>there</a>", "leads nowhere"),
    "a dead heading": (pages.links, "<a href='#gone'>there</a>", "no heading"),
    "a dead heading elsewhere": (pages.links, "<a href='sample.html#gone'>there</a>", "no heading"),
    "a link out of the book": (pages.links, "<a href='../../../etc/'>there</a>", "leads nowhere"),
    "a missing picture": (pages.links, "<img src='../gone.png'>", "leads nowhere"),
    "a missing script": (pages.links, "<script src='gone.js'></script>", "leads nowhere"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_the_guards_report(sample, fault):
    guard, body, words = BROKEN[fault]
    complaints = guard(sample(SOUND + body))
    assert any(words in complaint for complaint in complaints), complaints


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text, "0 policies"),
        (lambda text: text.replace("'self'", "'self' 'unsafe-eval'"), "the policy is"),
        (lambda text: text.replace("connect-src 'self'", "connect-src *"), "the policy is"),
        (lambda text: text.replace("<article>", "<article><script>added()</script>"), "has no hash"),
        (lambda text: text.replace("<script>start()</script>", ""), "belongs to no script"),
        (lambda text: text.replace("<head>", "<head><script src='early.js'></script>"), "before the policy"),
    ],
    ids=["none", "eval", "any host", "script added later", "script removed later", "script before it"],
)
def test_the_guards_report_a_policy_that_is(sample, change, words):
    body = "<script>start()</script>"
    secure = (lambda text: text) if words == "0 policies" else (lambda text: change(site_pages.secure(text)))
    assert pages.policy(sample(body)) == []
    complaints = pages.policy(sample(body, secure=secure))
    assert any(words in complaint for complaint in complaints), complaints


def test_web_assembly_is_allowed_where_an_exercise_is_done_and_nowhere_else(sample):
    exercise = '<div class="exercise" data-exercise="a row"></div>'
    assert "wasm-unsafe-eval" in site_pages.secure(f"<html><head></head><body>{exercise}</body></html>")
    assert "wasm-unsafe-eval" not in site_pages.secure("<html><head></head><body></body></html>")
    assert pages.policy(sample(exercise)) == []
    assert pages.policy(sample("", secure=lambda text: site_pages.secure(text + exercise))) == []
    allowed = pages.policy(
        sample("", secure=lambda text: site_pages.secure(text + exercise).replace(exercise, ""))
    )
    assert any("the policy is" in complaint for complaint in allowed)


@pytest.mark.parametrize(
    "link", ["", "https://colab.research.google.com/github/a/b/blob/main/book/other.ipynb"]
)
def test_the_guards_report_a_missing_or_wrong_colab_button(sample, link):
    right = "https://colab.research.google.com/github/a/b/blob/main/book/sample.ipynb"
    assert pages.notebook_buttons(sample(f"<a href='{right}'>Colab</a>"), "https://github.com/a/b") == []
    complaints = pages.notebook_buttons(sample(f"<a href='{link}'>Colab</a>"), "https://github.com/a/b")
    assert f"no button opens {right}" in complaints
