"""Diagrams of a decoder under teacher forcing (one pass) and in autoregressive decoding (a pass per word)."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from transformer_lib.figures.diagrams import Arrow, Box, draw

STEP, CELL, HEIGHT = 66.0, 60.0, 22.0  # between columns, width and height of a word's box
WIDTH = 430.0


def forced(axes: Axes, words: Sequence[str], start: str = "<bos>") -> None:
    """Teacher forcing: every word is given, all next words are predicted in one pass. Needs axes of 430 by 150 CSS pixels.

    Boxes: memory, decoder, given 0 …, asked 0 …; the last of `words` is only asked for.

    >>> from transformer_lib import figures
    >>> with figures.style():
    ...     picture, axes = figures.figure(430, 150)
    ...     forced(axes, ["je", "suis", "content", ".", "<eos>"])
    >>> figures.plt.close(picture)
    """
    n, left = len(words), 112.0
    middle = left + (n - 1) * STEP / 2
    boxes = {
        "memory": Box(36, 75, "memory", "english", width=62),
        "decoder": Box(middle, 75, "decoder, one pass", "dense", width=(n - 1) * STEP + CELL),
    }
    arrows = [Arrow("memory", "decoder", into="left", out="right")]
    for place, (given, asked) in enumerate(zip([start, *words], words, strict=False)):
        x = left + place * STEP
        boxes[f"given {place}"] = Box(x, 18, given, "french", CELL, HEIGHT)
        boxes[f"asked {place}"] = Box(x, 132, asked, "french", CELL, HEIGHT)
        arrows += [
            Arrow(f"given {place}", "decoder", [(x, 45)], into=f"x{x}"),
            Arrow("decoder", f"asked {place}", [(x, 105)], out=f"x{x}"),
        ]
    _draw(axes, (WIDTH, 150), boxes, arrows)


def written(axes: Axes, words: Sequence[str], start: str = "<bos>") -> None:
    """Decoding: each pass reads the words so far and predicts the next. Needs 430 by 200 CSS pixels.

    Boxes: memory, read i j (pass i, place j), said i; the memory enters every pass.

    >>> from transformer_lib import figures
    >>> with figures.style():
    ...     picture, axes = figures.figure(430, 200)
    ...     written(axes, ["je", "suis", "content", ".", "<eos>"])
    >>> figures.plt.close(picture)
    """
    n, left = len(words), 112.0
    boxes = {"memory": Box(36, 100, "memory", "english", width=62)}
    arrows = []
    for turn in range(n):
        y = 180 - turn * 160 / max(n - 1, 1)
        for place, word in enumerate([start, *words][: turn + 1]):
            boxes[f"read {turn} {place}"] = Box(left + place * STEP, y, word, "french", CELL, HEIGHT)
        boxes[f"said {turn}"] = Box(left + (turn + 1) * STEP, y, words[turn], "french", CELL, HEIGHT)
        arrows.append(Arrow("memory", f"read {turn} 0", [(74, 100), (74, y)], into="left", out="right"))
        if turn:
            arrows.append(Arrow(f"said {turn - 1}", f"read {turn} {turn}", into="top", out="bottom"))
    _draw(axes, (left + n * STEP + 36, 200), boxes, arrows)


def _draw(axes: Axes, size: tuple[float, float], boxes: dict[str, Box], arrows: list[Arrow]) -> None:
    """`diagrams.draw`, with arrows that start from a wide box at chosen places."""
    spots = {}
    for arrow in arrows:
        for side, name in ((arrow.into, arrow.end), (arrow.out, arrow.start)):
            if side.startswith("x"):
                spots[f"{name} at {side}"] = (float(side[1:]), boxes[name])
    plain = []
    for arrow in arrows:
        start = f"{arrow.start} at {arrow.out}" if arrow.out.startswith("x") else arrow.start
        end = f"{arrow.end} at {arrow.into}" if arrow.into.startswith("x") else arrow.end
        into = "bottom" if arrow.into.startswith("x") else arrow.into
        out = "top" if arrow.out.startswith("x") else arrow.out
        plain.append(
            Arrow(start, end, () if start != arrow.start or end != arrow.end else arrow.via, into, out)
        )
    anchors = {name: Box(x, box.y, "", "end", 0.1, box.height) for name, (x, box) in spots.items()}
    draw(axes, size, anchors | boxes, plain)
