"""One style for every still picture: colours, sizes, files.

Colours can be told apart by colour-blind readers, and run from light to dark so that they work in greyscale.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from PIL import Image

SEQUENTIAL = ["#f7f9fb", "#d3e1ee", "#a3c1dc", "#6c9cc6", "#3d75a8", "#1f4e80", "#0d2a4d"]
"""Stops of the map for weights, from 0 (light) to 1 (dark): one hue, lightness falling evenly."""

ROLES = {
    "query": "#b84c08", "key": "#6a4fb3", "value": "#007a84", "english": "#1f4e80", "french": "#9b2a4f", "stream": "#1c2733",
}  # fmt: skip
"""The ink of each role, everywhere: what asks, what is offered, what is handed over and what is gathered from it, the two
languages, and the residual stream. The page's style sheet has the same, with a second set for the dark."""

GROUNDS = {"english": "#eaf1f8", "french": "#fbeef2", "stream": "#e6eaee"}
"""The ground of some roles."""

ACCENT = ROLES["query"]
"""The one orange: the word that asks, and what was chosen. It contrasts with every blue of the map, and can be read."""

SERIES = ["#24509f", "#86683a", "#004829", "#792d72", "#696872", "#077db2"]
"""Curves and kinds of things side by side.

With the accent, any two are at least 15 apart in CIELAB, for readers who see few reds or greens or blues too, and each
can be read as text on white.
"""

LOOKING, RNN, LSTM, GRU, ORTHOGONAL = range(5)
"""Places in `SERIES`: one colour for each kind of network through the whole book.

`LOOKING` is for attention: a recurrent network with attention, and the Transformer.
"""


def network_colour(name: str) -> int:
    """The place in `SERIES` of a network, from its name.

    Raises:
        ValueError: if the name contains none of the kinds.

    >>> network_colour("GRU with attention") == network_colour("Transformer") == LOOKING
    True
    >>> SERIES[network_colour("LSTM, source reversed")] == SERIES[LSTM]
    True
    """
    kinds = {
        "attention": LOOKING,
        "Transformer": LOOKING,
        "orthogonal": ORTHOGONAL,
        "LSTM": LSTM,
        "GRU": GRU,
        "RNN": RNN,
    }
    for word, place in kinds.items():
        if word in name:
            return place
    raise ValueError(f"no network's colour: {name!r} names none of {', '.join(kinds)}")


INK, SOFT, LINE, PAPER = "#1c2733", "#5a6673", "#d5dde5", "#ffffff"
"""Text, what stands behind it, hairlines, and the ground."""

BAR, PALE = SEQUENTIAL[4], SEQUENTIAL[1]
"""A quantity without a role of its own, and its pale version."""

SMALL = 8.7
"""The smallest letters, 12 CSS pixels, in matplotlib's points."""

PIXELS_PER_INCH = 100
SCALE = 2  # stored pixels per CSS pixel, sharp on dense screens

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL,
    "axes.titlesize": 9.4,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": PAPER,
    "axes.prop_cycle": cycler(color=SERIES),
    "lines.linewidth": 1.8,
    "figure.dpi": PIXELS_PER_INCH * SCALE,
    "savefig.dpi": PIXELS_PER_INCH * SCALE,
}


def colour_map() -> LinearSegmentedColormap:
    """The sequential map through `SEQUENTIAL`."""
    return LinearSegmentedColormap.from_list("attention", SEQUENTIAL)


def ink_on(colour) -> str:
    """The ink that can be read on a colour: contrast 4.5 at least (WCAG 2.2, success criterion 1.4.3).

    >>> ink_on(SEQUENTIAL[0]), ink_on(SEQUENTIAL[6])
    ('#1c2733', '#ffffff')
    """
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    if luminance > 0.265:
        return INK
    return "black" if luminance > 0.18 else PAPER  # between the two, our ink is too light and white too dark


def spoken(language: str) -> dict[str, Any]:
    """How a word of a language is written: English upright, French in italics, each in its colour; others in ink.

    >>> spoken("french"), spoken("")
    ({'color': '#9b2a4f', 'fontstyle': 'italic'}, {'color': '#1c2733'})
    """
    if not language:
        return {"color": INK}
    return {"color": ROLES[language]} | ({"fontstyle": "italic"} if language == "french" else {})


@contextmanager
def style():
    """Inside this context, matplotlib draws in the book's style."""
    with plt.rc_context(_RC):
        yield


def figure(width: float, height: float, columns: int = 1, **options) -> tuple[Figure, Axes | np.ndarray]:
    """A figure of `width` by `height` CSS pixels with `columns` axes side by side.

    Keyword options go to ``plt.subplots``.

    >>> with style():
    ...     picture, axes = figure(360, 240)
    >>> [round(float(side), 2) for side in picture.get_size_inches()]
    [3.6, 2.4]
    >>> plt.close(picture)
    """
    if width <= 0 or height <= 0:
        raise ValueError(f"a figure needs a positive size in CSS pixels, got {width} by {height}")
    size = (width / PIXELS_PER_INCH, height / PIXELS_PER_INCH)
    return plt.subplots(1, columns, figsize=size, layout="constrained", **options)


def png(picture: Figure) -> bytes:
    """The picture as PNG at two stored pixels per CSS pixel, with no date or software in it; closes it."""
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=PIXELS_PER_INCH * SCALE, metadata={"Software": None})
    plt.close(picture)
    return buffer.getvalue()


ROOM = 736
"""Width in CSS pixels inside the frame of a picture on a page."""


def places(sizes: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Left and top of panels of these sizes: side by side, in a new row where `ROOM` ends.

    >>> places([(360, 300), (360, 200), (480, 100)], gap=16)
    [(0, 0), (376, 0), (0, 316)]
    """
    out, left, top, tall = [], 0, 0, 0
    for width, height in sizes:
        if left and left + width > ROOM:
            left, top, tall = 0, top + tall + gap, 0
        out.append((left, top))
        left, tall = left + width + gap, max(tall, height)
    return out


def beside(pictures: Sequence[bytes], gap: int) -> bytes:
    """PNG pictures on white at their `places`, `gap` CSS pixels apart."""
    images = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    corners = places([(image.width // SCALE, image.height // SCALE) for image in images], gap)
    boxes = [(left * SCALE, top * SCALE) for left, top in corners]
    width = max(left + image.width for (left, _), image in zip(boxes, images, strict=True))
    height = max(top + image.height for (_, top), image in zip(boxes, images, strict=True))
    whole = Image.new("RGB", (width, height), PAPER)
    for box, image in zip(boxes, images, strict=True):
        whole.paste(image, box)
    buffer = io.BytesIO()
    whole.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def array_of(values, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Values as a float64 numpy array of the expected shape, from a tensor, a list or an array."""
    array = as_array(values, what)
    if array.shape != shape:
        raise ValueError(f"{what} must have shape {shape}, one entry for each label; got {array.shape}")
    return array


def as_array(values, what: str) -> np.ndarray:
    """The same without an expected shape.

    >>> import torch
    >>> as_array(torch.tensor([0.5, 1.0], dtype=torch.bfloat16), "values")  # numpy has no such dtype
    array([0.5, 1. ])
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().double()
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} must be numbers, got {type(values).__name__}: {error}") from error
