"""Exercises on the built pages. Long: one editor, tried by mouse, keys and phone, over http and from disk."""

import gzip

import page_answers
import pytest
from browsing import watch
from built import ANY_PAGES, ROOT, SITE
from thorough import enough

from transformer_lib.exercises.checking import NOT_TRIED

MOST = 350_000  # bytes, gzip, of interpreter, module and a chapter's data
FIRST = 4_000  # bytes, gzip, of the script that each page has
LAST = 30_000  # milliseconds for Python to load on a busy machine, and to answer
SETTLED = "e => e.textContent && !/^(?:Loading|Checking)/.test(e.textContent)"
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
AXE_RUN = """() => axe.run(
  { include: [[".exercise"], [".exercise-progress"]] }, { resultTypes: ["violations"], preload: false })"""
BEATS = """() => new Promise((done) => {
  let n = 0;
  const beat = () => (n += 1) < 20 ? requestAnimationFrame(beat) : done(n);
  beat();
})"""
# Each theme meets each width, and both states meet both.
LOOKS = {False: [("light", 390), ("dark", 1280)], True: [("light", 1280), ("dark", 390)]}
SILENT_WORKER = "window.Worker = class { constructor() { throw new Error('none here'); } };"


def written_of(number):
    return next(page for page in ANY_PAGES if page.name.split("/")[-1].startswith(f"{number}-"))


def packed(name):
    return len(gzip.compress((SITE / "_static" / "exercises" / name).read_bytes(), 6))


class Desk:
    """One page that is open, and its exercises."""

    def __init__(self, context, base, name):
        self.visit = watch(context, base)
        self.page = context.new_page()
        self.page.set_default_timeout(LAST)
        self.page.goto(f"{base}{name}.html")

    def exercise(self, name):
        return self.page.locator(f'[data-exercise="{name}"]')

    def check(self, name, text):
        root = self.exercise(name)
        root.get_by_role("textbox").fill(text)
        root.get_by_role("button", name="check").click()
        status = root.get_by_role("status")
        self.page.wait_for_function(SETTLED, arg=status.element_handle(), timeout=LAST)
        return status.inner_text()

    def asked(self, part):
        return [address for address in self.visit.requests if part in address]


@pytest.fixture
def desk(browser, origins):
    contexts = []

    def open_(number, origin="http", script="", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        return Desk(context, origins[origin], written_of(number).name)

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shared(browser, origins):
    """A chapter that is opened once for several tests: shared(number, origin) -> desk."""
    opened = {}

    def open_(number, origin="http"):
        if (number, origin) not in opened:
            context = browser.new_context()
            opened[number, origin] = context, Desk(context, origins[origin], written_of(number).name)
        return opened[number, origin][1]

    yield open_
    for context, _ in opened.values():
        context.close()


each_origin = pytest.mark.parametrize("origin", ["http", "file"])


@pytest.mark.parametrize("number", page_answers.chapters())
def test_a_first_touch_loads_at_most_350_kb(number):
    assert packed("python.js") + packed(f"exercises-{number}.js") <= MOST
    assert packed("exercises.js") <= FIRST


@each_origin
def test_nothing_is_loaded_before_the_first_touch_and_each_file_once(shared, origin):
    open_page = shared("03", origin)  # nobody touched it yet
    open_page.exercise("write attention").scroll_into_view_if_needed()
    assert open_page.asked("python.js") == open_page.asked("exercises-03.js") == []
    assert open_page.check("a row by hand", "my_row = [0.47, 0.47, 0.06]").startswith("Right.")
    said = open_page.check(
        "write attention", "def my_attention(q, k, v):\n    # your code here\n    return ..."
    )
    assert said == NOT_TRIED.replace("and run the cell again", "and check again")
    assert len(open_page.asked("python.js")) == len(open_page.asked("exercises-03.js")) == 1


@each_origin
def test_an_endless_loop_ends_with_a_line_and_the_next_answer_is_checked(shared, origin):
    open_page = shared("08", origin)
    said = open_page.check(
        "temperature", "def my_temperature(logits, temperature):\n    while True:\n        pass"
    )
    assert said == "Not yet. Stopped after 3 seconds: is there a loop that does not end?"
    broken = open_page.check("temperature", "x = 1\n\ndef my_temperature(logits, temperature)\n    return 1")
    assert broken.startswith("Not yet. Line 3 of your code")
    assert "SyntaxError" in broken
    right = "def my_temperature(logits, temperature):\n    return (logits / temperature).softmax(-1)"
    assert open_page.check("temperature", right).startswith("Right.")


def test_the_page_stays_awake_while_python_works(shared):
    open_page = shared("08")
    open_page.check("temperature", "my_temperature = 3")
    root = open_page.exercise("temperature")
    root.get_by_role("textbox").fill("while True:\n    pass")
    root.get_by_role("button", name="check").click()
    beats = open_page.page.evaluate(BEATS)
    assert beats == 20
    assert root.get_by_role("status").inner_text() == "Checking …"


def test_where_no_worker_may_run_the_page_itself_checks(desk):
    open_page = desk("03", script=SILENT_WORKER)
    assert open_page.check("a row by hand", "my_row = [0.47, 0.47, 0.06]").startswith("Right.")


@pytest.mark.parametrize("origin", enough(["http", "file"], 2))
def test_what_an_answer_says_is_text(shared, origin):
    open_page = shared("03", origin)
    text = "print('<img src=x onerror=alert(1)>')\ndef my_attention(q, k, v):\n    return '<b>bold</b>'"
    said = open_page.check("write attention", text)
    root = open_page.exercise("write attention")
    assert "<b>bold</b>" in said
    assert root.locator(".exercise-printed").inner_text().startswith("<img src=x")
    assert root.locator(".exercise-printed *, .exercise-line *").count() == 0


def test_an_answer_and_what_is_right_are_kept_until_they_are_forgotten(desk):
    open_page = desk("03")
    right = "my_row = [0.47, 0.47, 0.06]"
    assert open_page.check("a row by hand", right).startswith("Right.")
    open_page.page.locator("section#quiz > details").first.locator("summary").click()
    line = open_page.page.locator(".exercise-progress")
    assert line.inner_text().startswith("1 of 5 exercises right, 1 of ")
    open_page.page.reload()
    assert open_page.exercise("a row by hand").get_by_role("textbox").input_value() == right
    assert open_page.page.locator(".bd-links .exercise-figure").first.inner_text() == "1/5"
    forget = line.get_by_role("button")
    forget.click()
    forget.click()
    assert line.is_hidden()
    assert "..." in open_page.exercise("a row by hand").get_by_role("textbox").input_value()
    open_page.page.reload()
    assert "..." in open_page.exercise("a row by hand").get_by_role("textbox").input_value()


def test_tab_indents_escape_lets_it_leave_and_enter_keeps_the_indent(shared):
    open_page = shared("03")
    box = open_page.exercise("write attention").get_by_role("textbox")
    box.fill("def f(x):")
    box.press("End")
    box.press("Enter")
    box.type("return x")
    assert box.input_value() == "def f(x):\n    return x"
    box.press("Home")
    box.press("Tab")
    assert box.input_value() == "def f(x):\n        return x"
    box.press("Shift+Tab")
    assert box.input_value() == "def f(x):\n    return x"
    box.press("Escape")
    box.press("Tab")
    assert (
        open_page.exercise("write attention")
        .get_by_role("button", name="check")
        .evaluate("b => b === document.activeElement")
    )


def test_axe_finds_nothing_before_and_after_a_check(desk):
    open_page = desk("03")
    open_page.page.evaluate(AXE)
    for checked in (False, True):
        if checked:
            open_page.check("write attention", "print(1)\nmy_attention = 3")
            open_page.check("a row by hand", "my_row = [0.47, 0.47, 0.06]")
        for scheme, width in LOOKS[checked]:
            open_page.page.emulate_media(color_scheme=scheme)
            open_page.page.set_viewport_size({"width": width, "height": 800})
            found = open_page.page.evaluate(AXE_RUN)
            names = [
                (one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]
            ]
            assert names == [], (checked, scheme, width)
            assert open_page.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_an_answer_is_written_wrapped_indented_and_checked_in_sight(desk):
    open_page = desk("03", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_page.page
    root = open_page.exercise("a row by hand")
    assert (
        "[ 2., -1.,  2., -1.]" in root.locator(".exercise-printed").text_content()
    )  # what is given, before a check
    root = open_page.exercise("write attention")
    box = root.get_by_role("textbox")
    box.tap()
    assert page.locator("#pst-back-to-top").is_hidden()
    page.set_viewport_size({"width": 390, "height": 420})  # the keyboard has the rest
    box.evaluate("e => e.select()")
    page.keyboard.insert_text("def my_attention(q, k, v):")
    page.keyboard.insert_text("\n")  # no key comes with it
    page.keyboard.insert_text("print(“some words that are longer than a narrow screen is wide”)")
    page.keyboard.insert_text("\n")
    root.get_by_role("button", name="indent", exact=True).tap()
    root.get_by_role("button", name="indent less").tap()
    page.keyboard.insert_text("return q.shape")
    root.get_by_role("button", name="[", exact=True).tap()
    page.keyboard.insert_text("0]")
    lines = box.input_value().split("\n")
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 4, 4]
    assert lines[2] == "    return q.shape[0]"
    wraps = root.locator(".exercise-numbers").inner_text().split("3")[0].count("\n")
    assert wraps > 2
    assert box.evaluate("e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight + 1")
    root.get_by_role("button", name="check").tap()
    status = root.get_by_role("status")
    page.wait_for_function(SETTLED, arg=status.element_handle(), timeout=LAST)
    assert "For numbers of shape (2, 2)" in status.inner_text(), status.inner_text()
    assert "some words" in root.locator(".exercise-printed").inner_text()
    assert "“" not in box.input_value()
    seen = status.bounding_box()
    assert seen["y"] > 50
    assert seen["y"] + seen["height"] <= 420
    assert not box.evaluate("e => e === document.activeElement")
    root.get_by_role("button", name="start over").tap()
    assert root.locator(".exercise-printed").is_hidden()


def test_on_paper_the_stub_stands_as_text(shared):
    open_page = shared("03")
    open_page.page.emulate_media(media="print")
    root = open_page.exercise("write attention")
    assert root.locator(".exercise-stub").is_visible()
    assert not root.locator(".exercise-work").is_visible()
    assert "# your code here" in root.locator(".exercise-stub").inner_text()
    open_page.page.emulate_media(media="screen")


def test_without_scripts_the_stub_stands_there(desk):
    open_page = desk("03", java_script_enabled=False)
    root = open_page.exercise("write attention")
    root.scroll_into_view_if_needed()
    assert root.locator(".exercise-stub").is_visible()
    assert not root.locator(".exercise-work").is_visible()
