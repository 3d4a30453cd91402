"""The book's extensions on small samples of pages and assets. Long: one sample page for each."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import sphinx
from built import ROOT
from PIL import Image

sys.path.insert(0, str(ROOT / "book" / "_extensions"))
import dark_stills
import exercise_editors
import site_assets
import site_bundles
import site_pages


@pytest.fixture
def static(tmp_path):
    files = {
        "styles/theme.css": '@import "../basic.css";\n.theme { color: red }',
        "basic.css": ".basic { background: url(file.png) }",
        "katex/katex.css": "@font-face { src: url('fonts/a.woff2') } a { b: url(data:x) }",
        "live/live.css": ".live { }",
        "documentation_options.js": "const OPTIONS = {};",
        "first.js": "first() // no end of line",
        "scripts/second.js": '"use strict"; second();',
        "live/live.js": "live();",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


PAGE = """<head>
<link rel="stylesheet" href="../_static/styles/theme.css?v=1" />
<link rel="stylesheet" href="../_static/live/live.css?v=1" />
<link rel="stylesheet" href="../_static/katex/katex.css" />
<script src="../_static/documentation_options.js?v=2"></script>
<script src="../_static/first.js"></script>
<script>OPTIONS.page = "a";</script>
<script defer="defer" src="../_static/live/live.js"></script>
</head><body><script defer src="../_static/scripts/second.js"></script></body>"""


def test_a_page_loads_one_style_sheet_and_one_script_in_the_place_of_many(static):
    page = site_bundles.bundle(PAGE, static)
    assert re.findall(r'(?:src|href)="([^"?]+)', page) == [
        "../_static/site.css",
        "../_static/live/live.css",
        "../_static/site.js",
        "../_static/live/live.js",
    ]
    assert page.index("const OPTIONS") < page.index("OPTIONS.page")
    script = (static / "site.js").read_text("utf-8")
    assert script.index("first()") < script.index("second()")
    assert "first() // no end of line\n}" in script


def test_a_script_that_fails_does_not_end_the_bundle_and_the_failure_is_told(static):
    (static / "first.js").write_text(
        '"use strict";\nconst word = "kept";\nlet f = () => word;\nfails();', "utf-8"
    )
    (static / "scripts/second.js").write_text("console.log(f(), word);", "utf-8")
    site_bundles.bundle(PAGE, static)
    done = subprocess.run(["node", static / "site.js"], capture_output=True, text=True)
    assert done.stdout == "kept kept\n"
    assert "fails is not defined" in done.stderr
    assert done.returncode != 0


def test_a_bundle_is_never_part_of_itself(static):
    once = site_bundles.bundle(PAGE, static)
    kept = {name: (static / name).read_text("utf-8") for name in site_bundles.BUNDLES}
    assert site_bundles.bundle(once, static) == once
    for name, parts in zip(site_bundles.BUNDLES, ("site.css basic.css", "site.js first.js"), strict=True):
        (static / name).write_text(f"/* {parts} */\n", "utf-8")
    site_bundles.bundle(PAGE, static)
    site_bundles.renew(static)
    for name in kept:
        first = (static / name).read_text("utf-8").splitlines()[0]
        assert name not in first
        assert len((static / name).read_text("utf-8")) < 2 * len(kept[name])


def test_a_font_is_made_into_the_same_bytes_at_any_time(tmp_path, monkeypatch):
    source = next((ROOT / "node_modules/katex/dist/fonts").glob("*Main-Regular.woff2"))
    made = []
    for moment in (1_000_000_000.0, 2_000_000_000.0):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        path = tmp_path / source.name
        shutil.copy(source, path)
        site_assets.subset_font(path, {ord("a"), ord("b")})
        made.append(path.read_bytes())
    assert made[0] == made[1] != source.read_bytes()


def test_a_search_looks_up_words_alone_and_one_that_changed_is_noticed(tmp_path):
    script = tmp_path / "searchtools.js"
    shutil.copy(Path(sphinx.__file__).parent / "themes/basic/static/searchtools.js", script)
    site_assets.look_up_words(script)
    once = script.read_text("utf-8")
    assert "hasOwnProperty(word)" not in once
    site_assets.look_up_words(script)
    assert script.read_text("utf-8") == once
    script.write_text("changed()", "utf-8")
    with pytest.raises(RuntimeError, match="does not know"):
        site_assets.look_up_words(script)


def test_addresses_in_a_bundled_style_hold_from_its_folder_and_imports_stand_in_it(static):
    site_bundles.bundle(PAGE, static)
    style = (static / "site.css").read_text("utf-8")
    assert "@import" not in style
    assert "url(file.png)" in style
    assert "url(katex/fonts/a.woff2)" in style
    assert "url(data:x)" in style
    assert style.index(".basic") < style.index(".theme") < style.index("@font-face")


def test_the_search_page_keeps_its_scripts_apart(static):
    page = site_bundles.bundle(PAGE, static, scripts=False)
    assert 'src="../_static/first.js"' in page
    assert "site.js" not in page


def test_a_bundle_is_made_again_when_a_part_changes_and_no_page_does(static):
    site_bundles.bundle(PAGE, static)
    (static / "basic.css").write_text(".basic { color: blue }", "utf-8")
    site_bundles.renew(static)
    assert "color: blue" in (static / "site.css").read_text("utf-8")
    assert "color: red" in (static / "site.css").read_text("utf-8")


def test_a_page_says_the_size_of_its_pictures_without_fixing_their_height(tmp_path):
    Image.new("RGB", (640, 480), "white").save(tmp_path / "a.png")
    text = '<img src="logo.png"><article><img alt="words" src="a.png" style="width: 320px; height: 240px;"></article>'
    page = site_pages.place(text, tmp_path, "lazy")
    assert '<img width="320" height="240" loading="lazy" alt="words" src="a.png">' in page
    assert page.startswith('<img src="logo.png">')


def test_stored_state_keeps_what_pages_compute_from_and_cannot_end_its_script():
    state = {
        "view": "v",
        "spec": {"labels": {"words": ["</script>"]}},
        "values": {},
        "markup": "<p>",
        "_esm": "x",
    }
    body = json.dumps({"state": {"a": {"state": state, "model_name": "M"}}}).replace("</", "<\\/")
    page = site_pages.clean(f'<body><script type="application/vnd.jupyter.widget-state+json">{body}</script>')
    assert page.count("</script>") == 1
    kept = json.loads(page[page.index("{") : page.rindex("}") + 1])["state"]["a"]["state"]
    assert kept == {key: state[key] for key in ("view", "spec", "values")}


def test_a_program_keeps_its_stored_numbers_and_asks_for_no_file_of_its_own(tmp_path):
    state = {"view": "v", "spec": {"kind": "program"}, "values": {}, "response": {"outputs": 1}, "_esm": "x"}
    body = json.dumps({"state": {"a": {"state": state}}})
    page = site_pages.clean(f'<body><script type="application/vnd.jupyter.widget-state+json">{body}</script>')
    kept = json.loads(page[page.index("{") : page.rindex("}") + 1])["state"]["a"]["state"]
    assert kept == {key: state[key] for key in ("view", "spec", "values", "response")}
    (tmp_path / "_static/live").mkdir(parents=True)
    (tmp_path / "_static/live/graph.js").write_text("x", "utf-8")
    figures = "".join(f'<figure class="live" data-view="{view}">' for view in ("graph", "program"))
    text = f'<head><script src="../_static/live/live.js"></script></head>{figures}'
    hinted = site_pages.hint(text, tmp_path / "_static")
    assert hinted.count("preload") == 1
    assert 'href="../_static/live/graph.js"' in hinted


def test_a_script_at_the_end_of_a_page_is_asked_for_at_its_beginning(tmp_path):
    page = '<head><script defer src="a.js"></script></head><body><p>x<script defer src="b.js?v=1"></script>'
    head, body = site_pages.hint(page, tmp_path).split("</head>")
    assert '<link rel="preload" as="script" href="b.js?v=1">' in head
    assert 'href="a.js"' not in head
    assert body == page.split("</head>")[1]


def test_pages_are_made_anew_when_a_style_or_script_changes_and_only_then(tmp_path):
    (tmp_path / "static").mkdir()
    style = tmp_path / "static" / "book.css"
    style.write_text("a {}", "utf-8")
    app = SimpleNamespace(confdir=tmp_path, config=SimpleNamespace(html_static_path=["static"]))
    env = SimpleNamespace(found_docs={"one", "two"})

    def due():
        return site_pages.outdated(app, env, set(), set(), set())

    assert due() == {"one", "two"}
    assert due() == set()
    style.write_text("b {}", "utf-8")
    assert due() == {"one", "two"}
    assert due() == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<button onclick="window.print()">', '<button data-action="print">'),
        ('<summary aria-label="Toggle hidden content">', "<summary>"),
        ('<span class="n">x</span><span class="p">(</span>', "x("),
        ('<span class="k">def</span>', '<span class="k">def</span>'),
        ('<script src="_static/scripts/fontawesome.js"></script>x', "x"),
        ('<script src="searchindex.js"></script>x', "x"),
        ('<script src="../searchindex.js"></script>x', "x"),
        ('<link href="_static/sphinx-design.min.css?v=1">x', "x"),
        ('<link href="_static/sphinx-design.min.css">\n<p class="sd-card">', None),
        ('<script src="_static/togglebutton.js"></script><p class="toggle">', None),
    ],
)
def test_markup_is_mended_and_what_a_page_does_not_use_is_not_loaded(before, after):
    assert site_pages.clean(f"<body>{before}") == f"<body>{before if after is None else after}"


def test_a_theme_whose_script_measures_otherwise_is_noticed(tmp_path):
    script = tmp_path / "theme.js"
    script.write_text(f"(()=>{{e.tabIndex=e.scrollWidth>e.clientWidth;{site_assets.MEASURES}}})();", "utf-8")
    site_assets.spare_layout(script)
    assert site_assets.MEASURES not in script.read_text("utf-8")
    site_assets.spare_layout(script)  # a second time there is nothing to do
    script.write_text("(()=>{changed()})();", "utf-8")
    with pytest.raises(RuntimeError, match="does not know"):
        site_assets.spare_layout(script)


def test_a_picture_of_few_colours_shrinks_and_one_of_many_stays(tmp_path):
    few = Image.new("RGB", (200, 200), "white")
    few.paste("navy", (50, 50, 150, 150))
    few.save(tmp_path / "few.png")
    many = Image.merge("RGB", [Image.effect_noise((200, 200), 90) for _ in range(3)])
    many.save(tmp_path / "many.png")
    before = (tmp_path / "many.png").read_bytes()
    for name in ("few.png", "many.png"):
        site_assets.shrink_picture(tmp_path / name)
    with Image.open(tmp_path / "few.png") as small:
        assert small.mode == "P"
        assert small.convert("RGB").getpixel((100, 100)) == (0, 0, 128)
    assert (tmp_path / "many.png").read_bytes() == before


def test_a_dark_still_has_the_dark_colour_of_each_colour_and_its_own_ground(tmp_path):
    pairs = dark_stills.pairs(dark_stills.CARD)
    assert len(pairs) > 20
    strip = Image.new("RGB", (len(pairs), 1))
    for place, (light, _) in enumerate(pairs):
        strip.putpixel((place, 0), tuple(round(255 * part) for part in light))
    made = strip.filter(dark_stills.table(dark_stills.CARD))
    for place, (_, dark) in enumerate(pairs):
        # the table of colours has steps of 1/32
        assert made.getpixel((place, 0)) == pytest.approx([255 * part for part in dark], abs=14)
    assert made.getpixel((0, 0)) == (0x17, 0x1C, 0x22)


def test_the_dark_twin_of_a_still_is_loaded_only_where_it_is_shown(tmp_path):
    (tmp_path / "_images").mkdir()
    Image.new("RGB", (8, 8), "white").save(tmp_path / "_images" / "a.png")
    logo = '<img src="logo.png">'
    page = dark_stills.pair(
        f'{logo}<img class="live-still" src="_images/a.png" alt="x" loading="eager">', tmp_path
    )
    assert page == (
        f'{logo}<img class="for-light live-still" src="_images/a.png" alt="x" loading="eager">'
        '<img class="for-dark live-still" src="_images/a-dark.png" alt="x" loading="lazy">'
    )
    with Image.open(tmp_path / "_images" / "a-dark.png") as twin:
        assert twin.getpixel((4, 4)) == (0x17, 0x1C, 0x22)


def test_a_chapters_page_depends_on_why_its_exercises_are_not_in_the_page(tmp_path):
    noted = []
    env = SimpleNamespace(docname="book/05-encoder", note_dependency=noted.append)
    app = SimpleNamespace(doctreedir=tmp_path / "doctrees", env=env)
    exercise_editors.depend(app, None)
    reasons = tmp_path / "live-static" / "exercises" / "reasons-05.json"
    assert noted == [str(reasons)]
    reasons.parent.mkdir(parents=True)
    written = []
    for text, at in (("a", 11), ("a", 13), ("b", 17)):  # the same text again leaves the file as old as it is
        exercise_editors.write_if_changed(reasons, text)
        written.append(reasons.stat().st_mtime)
        os.utime(reasons, (at, at))
    assert written[1] == 11
    assert written[2] > 1000
    env.docname = "book/glossary"
    exercise_editors.depend(app, None)
    assert len(noted) == 1


def test_a_field_shows_from_the_start_what_its_stub_prints_but_not_the_checks_line():
    outputs = [{"text": ["tensor([1.])\n", "21 sentences\n"]}, {"text": exercise_editors.NOT_TRIED + "\n"}]
    assert exercise_editors.printed(outputs) == "tensor([1.])\n21 sentences"
    assert exercise_editors.printed(outputs[1:]) == ""


def test_of_the_themes_styles_those_stay_that_a_page_or_a_script_can_use_and_all_of_the_books_own(static):
    (static / "styles/theme.css").write_text(
        ".shown, .scripted, .never, .bs-tooltip-auto { color: red }", "utf-8"
    )
    (static / "katex/katex.css").write_text(".own { color: blue }", "utf-8")
    (static / "first.js").write_text('body.classList.add("scripted");', "utf-8")
    page = site_bundles.bundle(PAGE + '<p class="shown">', static)
    named = site_bundles.keep_used(static, [page])
    once = (static / "site.css").read_text("utf-8")
    assert ".shown,.scripted,.bs-tooltip-auto{color:red}.own{color:#00f}" in once
    assert ".never" not in once
    assert named(page) != page  # the address follows what the file holds
    assert re.sub(r"v=\w+", "", named(page)) == re.sub(r"v=\w+", "", page)
    site_bundles.renew(static)
    assert ".never" in (static / "site.css").read_text("utf-8")  # whole again, so that a new page can use it
    site_bundles.keep_used(static, [page])
    assert (static / "site.css").read_text("utf-8") == once
