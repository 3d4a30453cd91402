"""The live picture as a Jupyter widget, computed by Python in a kernel."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import torch
import traitlets
from torch import Tensor

from transformer_lib import figures
from transformer_lib.live import drawings, views
from transformer_lib.live.controls import Choice, bind, source_of, spoken_labels, typed_labels, within
from transformer_lib.live.markup import figure
from transformer_lib.live.own import chosen
from transformer_lib.live.storing import pack

STATIC = Path(__file__).parent / "static"
GAP = 16
"""CSS pixels between panels, in the still as on the page."""


class Shown(anywidget.AnyWidget):
    """A widget that stands as a picture with its text where no kernel runs."""

    _css = STATIC / "live.css"
    # Under ipywidgets 7 this method shows the widget alone, and a notebook would store neither still nor text.
    _ipython_display_ = None

    def describe(self) -> str:
        """The text alternative."""
        raise NotImplementedError

    def still(self) -> bytes:
        """The picture as PNG."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        own = {"text/plain": self.describe(), "image/png": base64.b64encode(self.still()).decode("ascii")}
        return {**(data or {}), **own}, metadata


class LivePicture(Shown):
    """A view with the constants of one picture and the values of its controls.

    Make one with `show`. `outputs` holds the numbers shown, `set` moves a control from Python.
    """

    _esm = STATIC / "widget.mjs"

    view = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    markup = traitlets.Unicode().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    number = traitlets.Int(0).tag(sync=True)
    response = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        view: views.View,
        constants: dict[str, Tensor],
        labels: dict[str, list[str]],
        start: dict[str, Any],
        *,
        alt: str | None = None,
        caption: str = "",
    ) -> None:
        self._view, self._constants, self._given, self._spoken = view, constants, labels, view.spoken
        # Texts first: their words are labels for other controls.
        texts = [bind(c, labels, start.get(c.name)) for c in view.controls if c.kind == "text"]
        known = labels | typed_labels(texts, {text.name: text.value for text in texts})
        controls = [bind(c, known, start.get(c.name), self._spoken) for c in view.controls]
        self._controls = {control.name: control for control in controls}
        values = {control.name: control.value for control in controls}
        self.outputs, self._labels, values = self._compute(values)
        self._controls = {c.name: bind(c, self._labels, values[c.name]) for c in controls}
        self._shown = values
        self._alt = alt
        self._drawings = [drawings.fitted(drawing, self.outputs) for drawing in view.drawings]
        # The markup names the model, and belongs to the first state: a front end may draw before any message comes.
        model = uuid4().hex
        said = self._labels[view.says[1]] if view.says else ()
        super().__init__(
            model_id=model,
            markup=figure(model, view, self._drawings, self._controls.values(), caption, said),
            view=view.name,
            spec={
                "name": view.name,
                "title": view.title,
                "kind": view.kind,
                "hint": view.hint,
                "controls": [control.spec() for control in self._controls.values()],
                "drawings": [drawings.spec(drawing) for drawing in self._drawings],
                "constants": {name: pack(tensor) for name, tensor in constants.items()},
                "labels": labels,
            }
            | ({"spoken": {name: list(pair) for name, pair in self._spoken.items()}} if self._spoken else {})
            | ({"says": list(view.says)} if view.says else {})
            | ({"warns": dict(view.warns)} if view.warns else {})
            | ({"steps": [step.hint for step in view.steps]} if view.steps else {}),
            values=values,
            response=self._response(0),
        )
        self.observe(self._answer, names=["number"])

    def set(self, **values: Any) -> None:
        """Move controls from Python, for example ``picture.set(temperature=0.5)``.

        Raises:
            ValueError: for a control that the picture does not have or a value that it cannot take; nothing moves.
        """
        # A choice that was not set is limited to the labels of the newly typed sentence.
        wished, values, controls = values, self._shown | values, self._controls.values()
        values = within(controls, values, typed_labels(controls, values), wished)
        self.outputs, self._labels, values = self._compute(values)
        self._shown = values
        with self.hold_sync():
            self.values = values
            self.response = self._response(self.number)

    def describe(self) -> str:
        """The text alternative: `alt`, or the title, and the key numbers at four digits."""
        lines = [self._alt or self._view.title + "."]
        with torch.device("cpu"):
            lines += [d.describe(self.outputs, self._labels, self._shown) for d in self._drawings]
        return " ".join(lines)

    def still(self) -> bytes:
        """The picture as PNG: its panels side by side, at two stored pixels per CSS pixel."""
        with figures.style(), torch.device("cpu"):
            panels = []
            for panel in self._drawings:
                picture, axes = figures.figure(panel.width, panel.height)
                panel.still(axes, self.outputs, self._labels, self._shown)
                panels.append(figures.png(picture))
        return figures.beside(panels, GAP)

    def _compute(
        self, values: dict[str, Any]
    ) -> tuple[dict[str, Tensor], dict[str, list[str]], dict[str, Any]]:
        """Outputs, their labels, and the values, in which choices are limited to existing labels."""
        unknown = values.keys() - self._controls.keys()
        if unknown:
            raise ValueError(f"no control is called {sorted(unknown)}; there are {sorted(self._controls)}")
        missing = self._controls.keys() - values.keys()
        if missing:
            raise ValueError(f"no value for {sorted(missing)}")
        labels = self._given | typed_labels(self._controls.values(), values)
        inputs = {}
        with torch.no_grad(), torch.device("cpu"):  # whatever the notebook's default device
            for name, control in self._controls.items():
                if isinstance(control, Choice) and (source := source_of(control)):
                    control = replace(control, options=source if source in self._spoken else labels[source])
                inputs[name] = control.tensor(values[name])
            outputs = self._view(**self._constants, **inputs)
        spoken = spoken_labels(self._spoken, outputs, labels)
        return outputs, labels | spoken, within(self._controls.values(), values, spoken)

    def _response(self, number: int, error: str | None = None) -> dict[str, Any]:
        outputs = {name: pack(tensor) for name, tensor in sorted(self.outputs.items())}
        return {"number": number, "outputs": outputs, "error": error}

    def _answer(self, change: Any) -> None:
        """Answer the front end's request: new numbers, or what was wrong and the last good ones."""
        error = None
        try:
            self.outputs, self._labels, self._shown = self._compute(dict(self.values))
        except Exception as problem:  # any error: without an answer the front end would wait forever
            error = str(problem) or type(problem).__name__
        self.response = self._response(self.number, error)


def show(
    view: str | views.View | Callable[..., dict[str, Tensor]],
    *,
    like: str | None = None,
    alt: str | None = None,
    caption: str = "",
    **given: Any,
) -> LivePicture:
    """A live picture of a view, or of a function of your own.

    Args:
        view: its name, for example ``"sentence"``; or a variation of it made with `dataclasses.replace`, with other
            controls, drawings or title over the same function and name; or a function that takes and returns the
            tensors that the function of the view ``like`` takes and returns, under the same names.
        like: the view whose controls, drawings and example go with a function of your own.
        alt: text alternative; the view's title by default. Its key numbers are always added.
        caption: shown under the picture.
        given: the view's constants (tensors), its labels (lists of words), starting values of its controls.

    Raises:
        TypeError: for what is neither name, view nor function, a function without ``like``, ``like`` without one.
        ValueError: for an unknown view, a missing or unknown argument, a shape or value that does not fit; for a
            function that returns other names or shapes than the view ``like``.

    >>> import torch
    >>> show("sentence", tokens=["she", "reads"], x=torch.eye(2))
    Traceback (most recent call last):
    ValueError: view 'sentence' needs x, w_q, w_k, tokens; missing: w_q, w_k
    """
    found = chosen(view, like)
    if alt is not None and not alt.strip():
        raise ValueError("alt is empty: say in words what the picture shows, or leave it out")
    given = {**found.defaults(), **given}
    wanted = [*found.constants, *found.labels]
    missing = [name for name in wanted if name not in given]
    if missing:
        raise ValueError(f"view {found.name!r} needs {', '.join(wanted)}; missing: {', '.join(missing)}")
    controls = {control.name for control in found.controls}
    unknown = given.keys() - set(wanted) - controls
    if unknown:
        raise ValueError(
            f"view {found.name!r} takes no {', '.join(sorted(unknown))}; it takes {', '.join(sorted({*wanted, *controls}))}"
        )
    labels = {name: [str(label) for label in given[name]] for name in found.labels}
    # Copies, so that later writes to the notebook's tensors do not change the picture.
    constants = {
        name: torch.as_tensor(given[name], device="cpu").detach().to(found.example[name].dtype, copy=True)
        for name in found.constants
    }
    start = {name: given[name] for name in controls if name in given}
    lists = {
        name: torch.as_tensor(value, device="cpu")
        for name, value in start.items()
        if found.example[name].ndim and not isinstance(value, str)
    }
    found.check_shapes(constants | lists, labels)
    return LivePicture(found, constants, labels, start, alt=alt, caption=caption)
