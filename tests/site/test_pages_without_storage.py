"""A browser without storage or with a full quota: search, copy buttons and the theme's button work."""

import json

import pytest
from browsing import LAUNCH_ARGUMENTS, find_chromium, watch
from built import example

FULL = """() => {
  Storage.prototype.setItem = () => { throw new DOMException("no room", "QuotaExceededError"); };
}"""
FORBIDDEN = {
    "profile": {"default_content_setting_values": {"cookies": 2}}
}  # what Chromium's own setting writes
TRIED = (
    "() => { try { localStorage.setItem('a', 'b'); return 'kept'; } catch (error) { return error.name; } }"
)


@pytest.fixture(params=["forbidden", "full"])
def opened(request, browser, http, tmp_path):
    """A tab that can keep nothing."""
    if request.param == "full":
        context = browser.new_context()
        context.add_init_script(f"({FULL})()")
    else:
        (tmp_path / "Default").mkdir()
        (tmp_path / "Default/Preferences").write_text(json.dumps(FORBIDDEN), "utf-8")
        context = browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=find_chromium(), args=LAUNCH_ARGUMENTS
        )
    page = context.new_page()
    empty = f"{http}empty.html"  # no script of the book stands here, and no icon is asked for
    page.route(
        empty, lambda route: route.fulfill(body="<link rel=icon href='data:,'>", content_type="text/html")
    )
    page.goto(empty)
    page.unroute(empty)
    assert page.evaluate(TRIED) == {"full": "QuotaExceededError", "forbidden": "SecurityError"}[request.param]
    page.visit = watch(context, http)
    yield page
    context.close()


def test_everything_works_where_nothing_can_be_kept(opened, http):
    page, name = opened, example()[0].name
    page.goto(f"{http}{name}.html")
    page.wait_for_function("() => document.querySelector('figure.live').dataset.state === 'ready'")
    assert page.locator("button.copybtn").count() > 0
    assert page.locator(".navbar-brand img:visible, .navbar-brand .logo__image:visible").count() == 1
    theme = "() => document.documentElement.dataset.theme"
    seen = set()
    for _ in range(3):
        page.locator(".theme-switch-button:visible").first.click()
        seen.add(page.evaluate(theme))
    assert seen == {"light", "dark"}
    page.goto(f"{http}search.html?q=softmax")
    page.locator(f'#search-results ul.search a[href*="{name}"]').first.wait_for()
    assert page.visit.faults == []


def test_what_every_object_has_is_no_word_of_the_book(browser, http):
    context = browser.new_context()
    visit = watch(context, http)
    page = context.new_page()
    for query in ("constructor", "__proto__", "toString hasOwnProperty", "-valueOf softmax"):
        page.goto(f"{http}search.html?q={query}")
        page.wait_for_function(
            "() => document.querySelector('#search-results h2')?.textContent === 'Search Results'"
        )
        assert "undefined" not in page.locator("#search-results").inner_text(), query
        assert visit.faults == [], query
    context.close()
