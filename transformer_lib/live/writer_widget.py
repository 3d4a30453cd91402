"""The writer of stories as a Jupyter widget: the program of its page, whose weights come from the kernel."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, cast
from uuid import uuid4

import torch
import traitlets

from transformer_lib import figures
from transformer_lib.decoding import next_token_distribution
from transformer_lib.live import writer_page
from transformer_lib.live.widget import STATIC, Shown
from transformer_lib.models.writer import load_writer

ASKED = "parts"
"""What the front end asks for, once, when the reader first touches the widget."""
BARS = 6
"""Subwords in the still."""
OWN_NAMES = re.compile(r"(?<= )(for|id|name)=\"writer-")


@cache
def bundle() -> dict[str, Any]:
    """What the front end computes with."""
    # reads the weights, which needs the tokenizers: in Colab they come along with chapter 09 alone
    from transformer_lib.live import writer_bundle

    return writer_bundle.bundle()


class WriterWidget(Shown):
    """The writer of stories: type a beginning, see the next subwords and where each head looks, let it write.

    Make one with `show_writer`. The browser computes, by the script and with the numbers of the book's page. They are
    sent at the first touch and are no part of the widget's state, so that no notebook stores them.
    """

    _esm = STATIC / "writer.mjs"

    markup = traitlets.Unicode().tag(sync=True)
    page_model = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        model = (
            uuid4().hex
        )  # labels and groups of buttons are this widget's, however often a notebook shows one
        markup = OWN_NAMES.sub(rf'\1="{model}-', writer_page.markup())
        super().__init__(model_id=model, markup=markup, page_model="writer")
        self.on_msg(self._answer)

    def describe(self) -> str:
        """What stands in the picture: a beginning, and the likeliest next subwords."""
        likely = ", ".join(f"{name} {chance:.2f}" for name, chance in _next())
        return f"A writer of stories. After \u201c{writer_page.BEGINNING}\u201d the likeliest subwords are {likely}."

    def still(self) -> bytes:
        """The likeliest next subwords as bars, PNG."""
        names, chances = zip(*_next(), strict=True)
        with figures.style(), torch.device("cpu"):
            figure, axes = figures.figure(420, 190)
            figures.bars(
                cast(Any, axes), torch.tensor(chances), list(names), f"{writer_page.BEGINNING} \u2026"
            )
            return figures.png(figure)

    def _answer(self, _: Any, asked: Any, __: Any) -> None:
        """Weights and parts for the front end, or what went wrong: without an answer it would wait."""
        if asked != {"ask": ASKED}:
            return
        try:
            self.send({"parts": bundle()})
        except Exception as problem:  # any error
            self.send({"error": str(problem) or type(problem).__name__})


@torch.no_grad()
def _next() -> list[tuple[str, float]]:
    """The likeliest subwords after the example's beginning, and their probabilities."""
    model, subwords = load_writer()
    ids = torch.tensor([subwords.encode(writer_page.BEGINNING, bos=True)], device="cpu")
    chances, places = next_token_distribution(model(ids)[0, -1]).topk(BARS)
    return [(subwords.decode([i]), p) for i, p in zip(places.tolist(), chances.tolist(), strict=True)]


def show_writer() -> WriterWidget:
    """The writer of stories, alive in a notebook.

    Type a beginning; see the next subwords with their probabilities and where every head looks; choose temperature,
    top-k, top-p, min-p and a penalty on repetition; let it write. What cannot be done, the widget says.

    >>> show_writer().describe()[:37]
    'A writer of stories. After \u201cOnce upon'
    """
    return WriterWidget()
