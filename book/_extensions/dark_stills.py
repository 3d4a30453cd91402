"""A dark twin of every still: each colour of the light theme becomes its colour of the dark one, mixtures in between."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from transformer_lib import figures
from transformer_lib.live.widget import STATIC

CARD, PAGE = "#171c22", "#12161b"  # the dark ground of a picture, and of the page
SIDE = 33  # of the table of colours
IMAGE = re.compile(r'<img (?=[^>]*src="([^"]*_images/[^"]+)\.png")[^>]*>')


@cache
def table(ground: str) -> ImageFilter.Color3DLUT:
    """Every colour's dark one: exact for the colours of the style sheet, smooth between them.

    With the pairs (p, q): f(x) = Σ wₖ |x − pₖ| + A x + b, which meets every pair.
    """
    light, dark = (np.array(side) for side in zip(*pairs(ground), strict=True))
    flat = np.c_[np.ones(len(light)), light]
    apart = np.linalg.norm(light[:, None] - light[None], axis=-1)
    system = np.block([[apart, flat], [flat.T, np.zeros((4, 4))]])
    weights = np.linalg.solve(system, np.r_[dark, np.zeros((4, 3))])
    axis = np.linspace(0, 1, SIDE)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)[..., ::-1].reshape(
        -1, 3
    )  # red fastest
    found = np.linalg.norm(points[:, None] - light[None], axis=-1) @ weights[: len(light)]
    found += np.c_[np.ones(len(points)), points] @ weights[len(light) :]
    return ImageFilter.Color3DLUT(SIDE, found.clip(0, 1).astype(np.float32).flatten().tolist())


def pairs(ground: str) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """(light, dark) of every colour, as numbers from 0 to 1; the ground stands for white."""
    style = (STATIC / "live.css").read_text("utf-8")
    found = {figures.PAPER: ground, "#000000": "#0b0f14"}  # black is only written on shades that turn light
    found |= dict(zip(figures.SEQUENTIAL, re.findall(r"--map-\d: (#\w+)", style), strict=True))
    for name in re.findall(r"--([\w-]+): #", style):
        values = re.findall(rf"--{name}: (#\w+)", style)
        if len(values) == 2 and name not in ("card", "english", "press", "on-mid"):  # the map has this blue
            found.setdefault(values[0], values[1])
    return [(_numbers(one), _numbers(other)) for one, other in found.items()]


def _numbers(colour: str) -> tuple[float, ...]:
    full = colour[1:] if len(colour) == 7 else "".join(2 * letter for letter in colour[1:])
    return tuple(int(full[i : i + 2], 16) / 255 for i in (0, 2, 4))


def pair(text: str, folder: Path) -> str:
    """A page whose stills have a dark twin beside them, which the style sheet shows in the dark.

    The twin is lazy, so that it is loaded only where it is shown.
    """

    def both(image: re.Match) -> str:
        tag, source = image[0], folder / f"{image[1]}.png"
        if "for-dark" in tag or not source.exists():
            return tag
        twin = source.with_name(f"{source.stem}-dark.png")
        if not twin.exists() or twin.stat().st_mtime < source.stat().st_mtime:
            with Image.open(source) as picture:
                made = picture.convert("RGB").filter(table(CARD if "live-still" in tag else PAGE))
            part = twin.with_suffix(".part")
            made.save(part, "png", optimize=True)
            os.replace(part, twin)
        dark = re.sub(
            r'loading="\w+"', 'loading="lazy"', tag.replace(f"{image[1]}.png", f"{image[1]}-dark.png")
        )
        return _classed(tag, "for-light") + _classed(dark, "for-dark")

    return IMAGE.sub(both, text)


def _classed(tag: str, name: str) -> str:
    if ' class="' in tag:
        return tag.replace(' class="', f' class="{name} ', 1)
    return tag.replace("<img", f'<img class="{name}"', 1)
