"""Every live picture of the built book shows torch's numbers, has names, and keeps still for who wants it still."""

import pytest
from built import ANY_PICTURES, SOFTMAX, example, page_id, script
from desk import LIVE_PAGES, READY, SIZE
from hand import Hand, torchs, unequal

each_page = pytest.mark.parametrize("written", LIVE_PAGES, ids=page_id)


@each_page
def test_every_picture_of_a_page_shows_torchs_numbers(desk, written):
    page, visit = desk(written)
    for picture in (picture for there, picture in ANY_PICTURES if there is written):
        hand = Hand(page, picture)
        assert hand.state == "ready", picture["id"]
        assert hand.faults() == [], picture["id"]
    assert visit.faults == []


NAMES = """() => {
  for (const turn of ["beforeprint", "afterprint"]) dispatchEvent(new Event(turn));  // draws what is out of sight
  const name = (node) =>
    node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent || "";
  return [...document.querySelectorAll("figure.live")].map((root) => [
    root.dataset.live,
    [...root.querySelectorAll("input, select, button, [tabindex='0']")].map(name),
    [...root.querySelectorAll(".live-panel > svg, .live-tree svg")].map((svg) => svg.getAttribute("aria-label") || ""),
  ]);
}"""


@each_page
def test_every_control_has_a_name_and_every_drawing_says_what_it_shows(desk, written):
    page, _ = desk(written)
    found = page.evaluate(NAMES)
    assert [picture for picture, *_ in found] == [
        one["id"] for there, one in ANY_PICTURES if there is written
    ]
    assert any(drawings for *_, drawings in found)
    for picture, names, drawings in found:
        assert names, picture
        assert all(name.strip() for name in names), (picture, names)
        assert all(len(says) > 15 for says in drawings), (picture, drawings)


@each_page
def test_a_reader_who_wants_less_motion_gets_none(desk, written):
    page, _ = desk(written)
    stages = "() => [...document.querySelectorAll('.live-stage')].map((s) => getComputedStyle(s).transitionDuration)"
    assert set(page.evaluate(stages)) == {"0s"}


# The comparison must be able to fail.
def test_a_number_off_by_more_than_the_tolerance_is_seen():
    assert unequal([0.5, float("nan")], [0.500009, float("nan")]) == []
    assert unequal([0.5], [0.50002])
    assert unequal([0.5], [float("nan")])
    assert unequal([0.5], [0.5, 0.5])
    assert unequal([], [0.5])
    assert unequal([0.5, 0.6], [0.5])
    assert unequal([0.5, 0.5], [0.5]) == []


def test_a_stale_view_is_seen(browser, http):
    """An exported view that computes something else than torch shows in the picture."""
    written, picture = example()
    stale = script(picture).replace(SOFTMAX, '"LogSoftmax"')
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    page.route(
        f"**/live/{picture['view']}.js*", lambda r: r.fulfill(body=stale, content_type="text/javascript")
    )
    page.goto(f"{http}{written.name}.html")
    page.wait_for_function(READY)
    faults = Hand(page, picture).faults()
    assert any("torch says" in fault for fault in faults)
    context.close()


def test_torchs_numbers_follow_the_controls():
    _, picture = example()
    start = torchs(picture, picture["values"])
    control = next(c for c in picture["spec"]["controls"] if c["kind"] == "slider")
    ends = [
        torchs(picture, picture["values"] | {control["name"]: control[end]}) for end in ("minimum", "maximum")
    ]
    assert ends != [start, start]
