"""Drives a live picture by mouse or keyboard, and compares with torch. Long: one class, a branch per control kind."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

import torch
from playwright.sync_api import Locator, Page

from transformer_lib.data import read_typed
from transformer_lib.live import views
from transformer_lib.text.vocabulary import tokenise

TOLERANCE = 1e-5
DEEP = 1e-4  # after a whole encoder-decoder and a loop over its words
ALL_FAILED = "no key or click moved it"

# The values of the controls. Fields of one control are read together.
VALUES = """([root, controls]) => Object.fromEntries(controls.map((control) => {
  const node = root.querySelector(`[data-control="${control.name}"]`);
  const fields = [...node.querySelectorAll("input, select, button")];
  const numbers = fields.map((field) => Number(field.value));
  const read = {
    slider: () => numbers[0],
    steps: () => control.stops[numbers[0]],
    toggle: () => fields[0].checked,
    reveal: () => fields[0].getAttribute("aria-pressed") === "true",
    choice: () => numbers[0],
    again: () => numbers[0],
    points: () => control.options.map((_, i) => numbers.slice(2 * i, 2 * i + 2)),
    levels: () => numbers,
    text: () => fields[0].value,
  };
  return [control.name, read[control.kind] ? read[control.kind]() : null];
}))"""

# The numbers that each panel shows: {output: [numbers in reading order]}. What shows numbers carries `data-value`
# and names its output in `data-output`, or its panel has one output alone. Handles carry a control's numbers.
NUMBERS = """([root, drawings]) => [...root.querySelectorAll(".live-panel")].map((panel, i) => {
  const found = {};
  for (const node of panel.querySelectorAll("[data-value]:not([data-points])")) {
    const output = node.dataset.output ?? node.dataset.stage ?? drawings[i].values;
    (found[output] ??= []).push(...node.dataset.value.split(/[ ,]+/).map(Number));
  }
  return found;
})"""


class Hand:
    """One live picture on an open page."""

    def __init__(self, page: Page, picture: dict[str, Any]) -> None:
        self.page, self.picture, self.spec = page, picture, picture["spec"]
        self.root = page.locator(f'figure.live[data-live="{picture["id"]}"]')

    @property
    def state(self) -> str:
        return self.root.get_attribute("data-state")

    @property
    def status(self) -> str:
        return self.root.locator(".live-status").inner_text()

    def settle(self) -> None:
        """Wait until a picture that computes in the background has its outputs."""
        waiting = "(root) => root.dataset.state !== 'waiting'"
        self.page.wait_for_function(waiting, arg=self.root.element_handle())

    def look(self) -> None:
        """Scroll to the picture, so that its drawings replace the still."""
        self.root.scroll_into_view_if_needed()
        # pictures above may grow when they come near, and move this one
        drawn = "(root) => !root.querySelector('.live-still') || (root.scrollIntoView(), false)"
        self.page.wait_for_function(drawn, arg=self.root.element_handle())

    def values(self) -> dict[str, Any]:
        """The values of the controls."""
        return self.page.evaluate(VALUES, [self.root.element_handle(), self.spec["controls"]])

    def numbers(self) -> list[dict[str, list[float]]]:
        """The numbers in each panel, by output."""
        self.look()
        return self.page.evaluate(NUMBERS, [self.root.element_handle(), self.spec["drawings"]])

    def control(self, name: str) -> Locator:
        return self.root.locator(f'[data-control="{name}"]')

    def reset(self) -> None:
        self.root.locator(".live-reset").click()
        self.settle()

    def move(self, control: dict[str, Any], way: str, *, settle: bool = True) -> None:
        """Move a control by "mouse" or "keyboard", wait until its value has changed and, to settle, until outputs came."""
        before = self.values()[control["name"]]
        self.turn(control)
        for attempt in (0, 1):
            getattr(self, f"_{way}")(control, attempt)
            if self._moved(control, before):
                if settle:
                    self.settle()
                return
        raise AssertionError(f"{control['name']} by {way}: {ALL_FAILED}")

    def turn(self, control: dict[str, Any]) -> None:
        """Turn to the step of the picture that shows a control."""
        steps = self.control(control["name"]).evaluate("(node) => node.closest('[data-in]')?.dataset.in")
        if steps and self.root.get_attribute("data-step") not in steps.split():
            self.root.locator(f'.live-steps button[value="{steps.split()[0]}"]').click()

    def chips(self) -> Locator:
        """The words that are pressed in place of a list."""
        first = (
            self.root.locator(".live-panel")
            .filter(has=self.page.locator(".live-chip, button.live-word"))
            .first
        )
        return first.locator(".live-chip, button.live-word")

    def _moved(self, control: dict[str, Any], before: Any) -> bool:
        changed = f"([node, before]) => JSON.stringify(({VALUES})(node)[before[0]]) !== before[1]"
        given = [
            [self.root.element_handle(), self.spec["controls"]],
            [control["name"], json.dumps(before, separators=(",", ":"))],
        ]
        # A press is handled before Playwright returns; a kernel answers later, but controls move at once.
        return self.page.evaluate(changed, given)

    def _keyboard(self, control: dict[str, Any], attempt: int) -> None:
        node = self.control(control["name"])
        handle = self._handle(control)
        if control["kind"] == "choice" and not node.is_visible():
            self.chips().and_(self.root.locator('[aria-pressed="true"]')).focus()
            self.page.keyboard.press(("ArrowRight", "ArrowLeft")[attempt])
        elif control["kind"] in ("toggle", "reveal", "again"):
            node.locator("input, button").focus()
            self.page.keyboard.press("Space")
        elif control["kind"] == "text":
            node.locator("input").focus()
            self.page.keyboard.press("Control+a")
            self._type(control)
        elif handle.count():
            handle.first.focus()
            self.page.keyboard.press(("ArrowLeft", "ArrowRight")[attempt])
        elif control["kind"] in ("points", "levels"):
            if node.get_attribute("open") is None:
                node.locator("summary").focus()
                self.page.keyboard.press("Enter")
            node.locator("input").first.focus()
            self.page.keyboard.press(("ArrowUp", "ArrowDown")[attempt])
        else:
            node.locator("input, select").focus()
            self.page.keyboard.press(("ArrowDown", "ArrowUp")[attempt])

    def _mouse(self, control: dict[str, Any], attempt: int) -> None:
        node = self.control(control["name"])
        handle = self._handle(control)
        if control["kind"] == "choice" and not node.is_visible():
            self.look()
            self.chips().nth(attempt).click()
        elif control["kind"] == "toggle":
            node.locator("label").click()
        elif control["kind"] in ("reveal", "again"):
            node.locator("button").click()
        elif control["kind"] == "choice":
            # the open list is drawn by the browser; the keys choose in it
            node.locator("select").click()
            self.page.keyboard.press(("ArrowDown", "ArrowUp")[attempt])
            self.page.keyboard.press("Enter")
        elif control["kind"] == "text":
            node.locator("input").click(click_count=3)
            self._type(control)
        elif handle.count():
            self._drag(handle.first, (-40, 40)[attempt])
        else:
            if control["kind"] in ("points", "levels") and node.get_attribute("open") is None:
                node.locator("summary").click()
            field = node.locator("input").first
            field.scroll_into_view_if_needed()
            box = field.bounding_box()
            field.click(position={"x": box["width"] * (0.8, 0.25)[attempt], "y": box["height"] / 2})

    def _type(self, control: dict[str, Any]) -> None:
        """Type another sentence of known words over the one that is selected."""
        words = control["value"].split()
        self.page.keyboard.type(" ".join(words[1:] or words * 2))
        self.page.keyboard.press("Enter")

    def _handle(self, control: dict[str, Any]) -> Locator:
        return self.root.locator(f'.live-handle[data-points="{control["name"]}"]')

    def _drag(self, handle: Locator, by: float) -> None:
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + by, y, steps=3)
        self.page.mouse.up()

    def faults(self) -> list[str]:
        """Differences between the picture and torch at the current values."""
        values = self.values()
        expected = torchs(self.picture, values)
        shown, tolerance = self.numbers(), self.tolerance
        faults = [] if any(shown) else ["the picture shows no numbers"]
        for panel, found in enumerate(shown):
            for output, numbers in found.items():
                found_faults = unequal(numbers, expected[output], tolerance)
                faults += [f"panel {panel}, {output}: {text}" for text in found_faults]
        return [f"{fault} (at {values})" for fault in faults]

    def shows(self, numbers: list[dict[str, list[float]]]) -> bool:
        """Whether the panels show these numbers (again)."""
        shown = self.numbers()
        return [panel.keys() for panel in shown] == [panel.keys() for panel in numbers] and not any(
            unequal(one[output], other[output], self.tolerance)
            for one, other in zip(shown, numbers, strict=True)
            for output in one
        )

    @property
    def tolerance(self) -> float:
        return DEEP if self.spec["kind"] == "program" else TOLERANCE


def torchs(picture: dict[str, Any], values: dict[str, Any]) -> dict[str, list[float]]:
    """The view's function, computed here by torch with the page's constants."""
    return _torchs(
        picture["view"], json.dumps(picture["spec"], sort_keys=True), json.dumps(values, sort_keys=True)
    )


@cache
def _torchs(view: str, spec_: str, values_: str) -> dict[str, list[float]]:
    spec, values = json.loads(spec_), json.loads(values_)
    inputs = {name: tensor(packed) for name, packed in spec["constants"].items()}
    for control in spec["controls"]:
        inputs[control["name"]] = _input(control, values[control["name"]], spec["labels"])
    with torch.no_grad():
        outputs = views.find(view)(**inputs)
    return {name: output.flatten().tolist() for name, output in outputs.items()}


def _input(control: dict[str, Any], value: Any, labels: dict[str, list[str]]) -> torch.Tensor:
    if control["kind"] == "text":
        known = control["vocabulary"]
        known = labels[known] if isinstance(known, str) else known
        words = read_typed(value).words if control.get("mends") else tokenise(value)
        return torch.tensor([known.index(word) for word in words])
    kind = {"toggle": torch.bool, "reveal": torch.bool, "choice": torch.int64}.get(
        control["kind"], torch.float32
    )
    return torch.tensor(value, dtype=kind)


def tensor(packed: dict[str, Any]) -> torch.Tensor:
    kind = {"float32": torch.float32, "int64": torch.int64, "bool": torch.bool}[packed["type"]]
    numbers = [math.nan if number is None else number for number in packed["values"]]
    return torch.tensor(numbers, dtype=kind).reshape(packed["shape"])


def unequal(shown: list[float], expected: list[float], tolerance: float = TOLERANCE) -> list[str]:
    """Where two lists of numbers differ by more than the tolerance (of their size, above 1).

    A panel may show an output more than once, as an arrow and in words, say.
    """
    times, rest = divmod(len(shown), len(expected))
    if rest or not times:
        return [f"{len(shown)} numbers instead of {len(expected)}"]
    faults = []
    for i, (a, b) in enumerate(zip(shown, expected * times, strict=True)):
        a = math.nan if a is None else a
        same = (math.isnan(a) and math.isnan(b)) or a == b or abs(a - b) <= tolerance * max(1.0, abs(b))
        if not same:
            faults.append(f"number {i} is {a!r}, torch says {b!r}")
    return faults[:3]
