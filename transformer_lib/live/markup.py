"""The markup of a live picture: title and reset, panels, and each control under the panel that it moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from transformer_lib import figures
from transformer_lib.data import as_sentence
from transformer_lib.live.views.view import View
from transformer_lib.text.vocabulary import SPECIALS

CHIPS = ("words", "links", "dials")
"""Types of drawings whose words or dials are pressed: they do what the list of a choice does."""

RESET = (
    '<button type="button" class="live-reset" aria-label="reset" title="back to the start" disabled>'
    '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">'
    '<path d="M3 8a5 5 0 1 0 1.6-3.7M4.4 1.6v2.9h2.9"></path></svg>'
    "</button>"
)


def pressed(drawings: Iterable[Any]) -> set[str]:
    """The controls that a reader moves by pressing words of these drawings.

    >>> from transformer_lib.live.views import VIEWS
    >>> pressed(VIEWS["sentence"].drawings)
    {'word'}
    """
    return {drawing.selected for drawing in drawings if drawing.type in CHIPS and drawing.selected}


def figure(
    model: str,
    view: View,
    drawings: Sequence[Any],
    controls: Iterable[Any],
    caption: str,
    words: Sequence[str] = (),
) -> str:
    """The picture of `model` as HTML: `drawings` and `controls` are those of `view`, as they were bound.

    `words` are those that the view says: they stand above the drawings as a sentence, of several sentences the first.
    """
    controls = list(controls)
    by_hand = pressed(drawings)

    def group(chosen: list[Any], kind: str = "", within: str = "") -> str:
        inner = "".join(control.markup(model) for control in chosen)
        shown = "" if any(control.name not in by_hand for control in chosen) else " hidden"
        return f'<div class="live-controls{kind}"{within}{shown}>{inner}</div>' if chosen else ""

    def steps_with(which: str, item: Any) -> str:
        found = [str(i) for i, step in enumerate(view.steps, 1) if item in getattr(step, which)]
        return f' data-in="{" ".join(found)}"' if view.steps else ""

    typed = [control for control in controls if control.kind == "text"]
    rest = [control for control in controls if control.kind != "text"]
    apart = [control for control in rest if control.name not in view.hands]
    corners = figures.places([(drawing.width, drawing.height) for drawing in drawings], 16)
    first_row = sum(top == 0 for _, top in corners)
    stage = ""
    for i, drawing in enumerate(drawings):
        keeps = " live-keeps" * getattr(drawing, "keeps", False)
        panel = f'<div class="live-panel{keeps}" data-drawing="{i}" style="--w:{drawing.width};--h:{drawing.height}"></div>'
        mine = [control for control in rest if view.hands.get(control.name) == i]
        own = "".join(group([control], within=steps_with("controls", control.name)) for control in mine)
        if own and not view.steps:
            own = group(mine)
        stage += f'<div class="live-place" style="--w:{drawing.width}"{steps_with("drawings", i)}>{panel}{own}</div>'
        if i + 1 == first_row:
            stage += group(apart, " live-common")
    for name in by_hand:
        field = f'<div class="live-control" data-control="{name}"'
        stage = stage.replace(field, f"{field} hidden")
    status = '<p class="live-status" role="status">This picture needs its script; the still shows the starting values.</p>'
    says = ""
    if view.says:
        whole = words[0].split(" ") if any(" " in word for word in words) else words
        text = escape(as_sentence([word for word in whole if word not in SPECIALS]))
        says = f'<p class="live-says" role="status"><span>{escape(view.says[0])}</span> <i lang="fr">{text}</i></p>'
    stage = f'{says}<div class="live-stage">{stage}</div>'
    above = group(typed, " live-typed") + status if typed else ""
    steps = "".join(
        f'<button type="button" value="{i}" aria-pressed="{str(i == 1).lower()}" disabled>{i}. {escape(step.name)}</button>'
        for i, step in enumerate(view.steps, 1)
    )
    steps = f'<div class="live-steps" role="group" aria-label="steps">{steps}</div>' if steps else ""
    head = f'<div class="live-head-row"><div class="live-name">{escape(view.title)}</div>{RESET}</div>'
    palette = ";".join(f"--m{i}:{colour}" for i, colour in enumerate(figures.SEQUENTIAL))
    about = f'data-live="{model}" data-view="{view.name}" data-state="still" style="{palette}"'
    first = ' data-step="1"' if view.steps else ""
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="live" {about}{first}>{head}{steps}{above}{stage}{"" if typed else status}{below}</figure>'
