"""Every built page in a real browser, over http and from disk. Long: one visit of each page serves all claims."""

import pytest
from browsing import watch
from built import ANY_PAGES, ROOT, example, page_id
from thorough import THOROUGH, enough

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
AXE_RUN = """([rules, without]) => axe.run({
  resultTypes: ["violations"], preload: false, ...(rules.length ? { runOnly: rules } : {}),
  rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
})"""
NARROW_RULES = (
    "scrollable-region-focusable",
    "target-size",
    "meta-viewport",
)  # what a narrow screen can change
COLOUR_RULES = ("color-contrast", "link-in-text-block")  # what a theme can change
WIDTHS = {"wide": 1280, "narrow": 390}
HEIGHT = 800
MAX_SHIFT = 0.02
# Sums layout shifts, except those after a key or click.
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# Scrolls to the end and back, so that everything lazy has loaded. Two frames for a screen, 40 times as fast as
# reading: the browser lays a section out in the frame after it came near.
# What does not come in a minute is named: an evaluation has no limit of its own.
SCROLL = """async () => {
  let at = "";
  const late = new Promise((_, reject) => setTimeout(() => reject(Error(`after a minute still at ${at}`)), 60000));
  const frame = () => Promise.race([late, new Promise((resolve) => requestAnimationFrame(resolve))]);
  const decoded = (i) => i.decode().catch(() => i.src).then(() => undecoded.delete(i.src));
  const undecoded = new Set();
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    at = `height ${y}`;
    scrollTo(0, y); await frame(); await frame();
  }
  const seen = [...document.images].filter((i) => i.checkVisibility());
  for (const i of seen) undecoded.add(i.src);
  at = { toString: () => `pictures ${[...undecoded]}` };
  await Promise.race([late, Promise.all(seen.map(decoded))]);
  at = "the top";
  scrollTo(0, 0); await frame(); await frame();
}"""
# Pictures with a wrong aspect ratio.
# Equations whose beginning cannot be reached by scrolling.
CUT = """() => [...document.querySelectorAll("div.math")].flatMap((equation) => {
  const edge = equation.getBoundingClientRect().left;
  const parts = [...equation.querySelectorAll(".katex-html")].map((part) => part.getBoundingClientRect().left);
  return parts.filter((left) => left < edge - 1).map((left) => `${equation.textContent.slice(0, 40)}: ${left}`);
})"""
# Makes the first equation wider than a telephone; returns whether it is.
LENGTHEN = """() => {
  const equation = document.querySelector("div.math");
  const line = equation.querySelector(".katex-html");
  for (let i = 0; i < 4; i += 1) line.append(...[...line.children].map((part) => part.cloneNode(true)));
  return Math.max(line.scrollWidth, equation.scrollWidth) > equation.clientWidth;
}"""
DISTORTED = """() => [...document.images].filter((image) => {
  if (!image.checkVisibility() || !image.naturalHeight || image.src.endsWith(".svg")) return false;
  const [shown, own] = [image.clientWidth / image.clientHeight, image.naturalWidth / image.naturalHeight];
  return Math.abs(shown / own - 1) > 0.02;
}).map((image) => image.src)"""
FOREIGN = "https://example.org/"


class Tab:
    """One tab, and the requests of the page that is open in it."""

    def __init__(self, browser, base, written=None, width=WIDTHS["wide"], **options):
        # without motion: where nothing is on the screen, a change of colour would not end
        size = {"width": width, "height": HEIGHT}
        self.base = base
        self.context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
        self.visit = watch(self.context, base)
        self.context.add_init_script(SHIFTS)
        self.page = self.context.new_page()
        if written:
            self.open(written)

    def open(self, written):
        self.visit.clear()
        self.page.bring_to_front()  # behind another, a tab draws one frame a second, if any
        self.page.goto(f"{self.base}{written.name}.html", wait_until="load")
        self.page.evaluate(SCROLL)

    def forget(self):
        """Leave nothing to the next page: no choice of the reader's."""
        self.page.evaluate("() => localStorage.clear()")

    def serious(self, *rules, without=()):
        """What axe finds serious or critical, by all of its rules but those left out, or by those named."""
        if not self.page.evaluate("() => Boolean(window.axe)"):
            self.page.evaluate(AXE)
        self.page.evaluate("() => Promise.all(document.getAnimations().map((a) => a.finished))")
        found = self.page.evaluate(AXE_RUN, [list(rules), list(without)])["violations"]
        bad = [fault for fault in found if fault["impact"] in ("serious", "critical")]
        return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in bad]


@pytest.fixture(scope="module")
def wide(browser, http):
    tab = Tab(browser, http)
    yield tab
    tab.context.close()


@pytest.fixture(scope="module")
def tab(request, wide):
    """A page in the tab that all share."""
    wide.open(request.param)
    yield wide
    wide.forget()


@pytest.fixture(scope="module")
def narrow(browser, http):
    tab = Tab(browser, http, None, WIDTHS["narrow"], is_mobile=True, has_touch=True)
    yield tab
    tab.context.close()


@pytest.fixture(scope="module")
def narrow_tab(request, narrow):
    narrow.open(request.param)
    assert narrow.page.evaluate("() => screen.width") == WIDTHS["narrow"]
    return narrow


# The page at the root leads on at once; a test of its own opens it.
OPENED = [page for page in ANY_PAGES if page is None or page.name != "index"]
each_page = pytest.mark.parametrize("tab", OPENED, ids=page_id, indirect=True)
# What theme, colours and width change is the same on most pages; all where the tests are thorough.
SOME = enough(OPENED, 4)
some_pages = pytest.mark.parametrize("tab", SOME, ids=page_id, indirect=True)


@each_page
def test_over_http_a_page_asks_nobody_else_misses_nothing_and_complains_of_nothing(tab):
    assert tab.visit.faults == []


@each_page
def test_nothing_jumps_on_a_wide_screen(tab):
    assert tab.page.evaluate("() => shifted") < MAX_SHIFT


@some_pages
def test_a_link_into_a_page_leads_there_and_scrolling_back_moves_as_far_as_asked(tab):
    page = tab.context.new_page()
    page.goto(tab.page.url.split("#")[0])
    places = page.evaluate(
        "() => [...document.querySelectorAll('.bd-article section section')].map((s) => s.id)"
    )
    top = "(id) => document.getElementById(id).getBoundingClientRect().top"
    settle = "() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))"
    if places:
        place = places[len(places) // 2]
        page.goto(f"{page.url}#{place}")
        page.evaluate(settle)
        rest = page.evaluate("() => document.documentElement.scrollHeight - innerHeight - scrollY")
        before = page.evaluate(top, place)
        assert 0 <= before < HEIGHT / 8 or rest < 1
        back = min(200, page.evaluate("() => scrollY"))
        page.evaluate("(back) => scrollBy(0, -back)", back)
        page.evaluate(settle)
        assert abs(page.evaluate(top, place) - before - back) <= 2
    page.close()


@each_page
def test_a_wide_page_does_not_scroll_sideways(tab):
    assert tab.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


@each_page
def test_axe_finds_nothing_serious_but_for_colours(tab):
    assert tab.serious(without=COLOUR_RULES) == []


@some_pages
def test_axe_finds_nothing_serious_in_the_colours_of_both_themes(tab):
    assert tab.serious(*COLOUR_RULES) == []
    button = tab.page.locator(".theme-switch-button:visible")
    seen = {tab.page.evaluate("() => document.documentElement.dataset.theme")}
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = tab.page.evaluate(background)
    while tab.page.evaluate("() => document.documentElement.dataset.theme") != "dark":
        button.first.click()
        seen.add(tab.page.evaluate("() => document.documentElement.dataset.theme"))
    assert seen == {"light", "dark"}
    assert tab.page.evaluate(background) != light
    assert tab.serious(*([] if THOROUGH else COLOUR_RULES)) == []


# What paper shows: the theme, which surroundings, each text with its colour, each picture with that behind it.
SURROUNDINGS = ".bd-sidebar-primary, .bd-header-article, .prev-next-footer, .bd-footer-content, .copybtn"
PRINTED = """(surroundings) => {
  const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
  const all = (name) => [...document.querySelectorAll(name)];
  return {
    theme: document.documentElement.dataset.theme,
    surroundings: all(surroundings).filter(shown).map((node) => node.className),
    texts: all("article").map((node) => [shown(node), getComputedStyle(node).color]),
    pictures: all("figure.live").map((node) => [shown(node), getComputedStyle(node).backgroundColor]),
  };
}"""


@each_page
def test_print_shows_the_text_without_what_surrounds_it(tab):
    theme = "() => document.documentElement.dataset.theme"
    before = tab.page.evaluate(theme)
    tab.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")  # as the browser does
    tab.page.emulate_media(media="print")
    try:
        printed = tab.page.evaluate(PRINTED, SURROUNDINGS)
    finally:
        tab.page.emulate_media(media="screen")
        tab.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert tab.page.evaluate(theme) == before
    assert printed["theme"] == "light"
    assert printed["surroundings"] == []
    assert {tuple(text) for text in printed["texts"]} <= {(True, "rgb(0, 0, 0)")}
    assert {tuple(picture) for picture in printed["pictures"]} <= {(True, "rgb(255, 255, 255)")}


@pytest.mark.parametrize("narrow_tab", SOME, ids=page_id, indirect=True)
def test_a_telephone_shows_the_page_without_sideways_scrolling_or_jumps(narrow_tab):
    assert narrow_tab.visit.faults == []
    page = narrow_tab.page
    assert (
        page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        <= 0
    )
    assert page.evaluate("() => shifted") < MAX_SHIFT
    assert page.evaluate(DISTORTED) == []
    assert narrow_tab.serious(*NARROW_RULES) == []
    if page.locator("div.math").count():
        assert page.evaluate(LENGTHEN)
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("written", enough(OPENED, 6), ids=page_id)
def test_from_disk_a_page_misses_nothing_and_complains_of_nothing(browser, origins, written):
    tab = Tab(browser, origins["file"], written)
    assert tab.visit.faults == []
    assert len(tab.visit.requests) > 0
    tab.context.close()


def chapter():
    """A chapter with a live picture."""
    return example()[0]


@pytest.mark.parametrize("origin", ["http", "file"])
def test_search_finds_a_word_of_the_book(browser, origins, origin):
    tab = Tab(browser, origins[origin], chapter())
    tab.page.keyboard.press("Control+k")
    tab.page.locator("#pst-search-dialog input[name=q]").fill("softmax")
    tab.page.keyboard.press("Enter")
    hit = tab.page.locator(f'#search-results ul.search a[href*="{chapter().name}"]').first
    hit.wait_for()
    assert tab.visit.faults == []
    hit.click()
    tab.page.wait_for_url(f"**/{chapter().name}.html*")
    tab.page.wait_for_load_state()
    assert tab.page.locator("article h1").is_visible()
    assert tab.visit.faults == []
    tab.context.close()


def test_the_readers_choice_of_dark_holds_on_the_next_page_and_a_dark_system_is_followed(browser, http):
    tab = Tab(browser, http, chapter(), color_scheme="dark")
    theme = "() => document.documentElement.dataset.theme"
    assert tab.page.evaluate(theme) == "dark"
    while tab.page.evaluate(theme) != "light":
        tab.page.locator(".theme-switch-button:visible").first.click()
    tab.page.goto(f"{http}search.html")
    assert tab.page.evaluate(theme) == "light"
    tab.context.close()


def test_a_dark_system_never_sees_a_light_page(browser, http):
    context = browser.new_context(color_scheme="dark")
    context.route("**/pydata-sphinx-theme.js*", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{http}{chapter().name}.html")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    context.close()


def test_the_buttons_that_had_inline_handlers_work(wide):
    wide.open(chapter())
    wide.page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    wide.page.locator("[aria-label='Download this page']").click()
    wide.page.locator("[data-action=print]").click()
    assert wide.page.evaluate("() => window.printed")
    wide.page.locator("[data-action=fullscreen]").click()
    wide.page.wait_for_function("() => document.fullscreenElement !== null")
    wide.page.locator("[data-action=fullscreen]").click()
    wide.page.wait_for_function("() => document.fullscreenElement === null")
    assert wide.visit.faults == []


def test_the_page_at_the_root_leads_to_the_book(browser, origins):
    for base in origins.values():
        context = browser.new_context()
        visit = watch(context, base)
        page = context.new_page()
        page.goto(base + ("index.html" if base.startswith("file") else ""))
        page.wait_for_url("**/book/00-welcome.html")
        assert visit.faults == []
        context.close()


# The check must be able to fail.
@pytest.mark.parametrize(
    ("added", "kind"),
    [
        (f'<img src="{FOREIGN}a.png" alt="">', "outside"),
        ('<img src="gone.png" alt="">', "missing"),
        ("<script>refused()</script>", "complaints"),
        ('<button onclick="refused()">go</button>', "complaints"),
    ],
    ids=["another host", "a missing file", "a script without its hash", "an inline handler"],
)
def test_a_page_broken_on_purpose_is_seen(browser, http, added, kind):
    context = browser.new_context(bypass_csp=kind == "outside")
    visit = watch(context, http)
    body = chapter().text.replace("<article", f"{added}<article", 1)
    address = f"{http}{chapter().name}.html"
    context.route(address, lambda route: route.fulfill(body=body, content_type="text/html"))
    page = context.new_page()
    page.goto(address)
    page.evaluate("() => document.querySelector('[onclick]')?.click()")
    page.wait_for_load_state("networkidle")
    assert getattr(visit, kind), visit
    context.close()


def test_a_jump_is_seen(wide):
    wide.open(chapter())
    wide.page.evaluate("() => { document.querySelector('article').style.marginTop = '300px'; }")
    wide.page.wait_for_function("() => shifted > 0.02")


def test_a_policy_refuses_another_host_even_where_nothing_else_would(browser, http):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{http}{chapter().name}.html")
    refused = page.evaluate(
        """(address) => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (event) => resolve(event.blockedURI));
          document.body.append(Object.assign(new Image(), { src: address }));
        })""",
        FOREIGN + "a.png",
    )
    assert refused.startswith(FOREIGN)
    context.close()


@pytest.mark.parametrize("origin", ["http", "file"])
def test_a_menu_opens_by_mouse_and_by_keyboard_though_its_script_comes_late(browser, origins, origin):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(f"{origins[origin]}{example()[0].name}.html")
    page.wait_for_function("() => window.bootstrap")
    button = page.locator('.bd-header-article [data-bs-toggle="dropdown"]').first
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    context.close()
