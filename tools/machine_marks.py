"""Where each chapter has its place in the machine: addresses, and a small drawing in which the place is lit."""

from __future__ import annotations

import json
import re
from pathlib import Path

CHAPTERS = json.loads(
    (Path(__file__).resolve().parent.parent / "page/machine/chapters.json").read_text("utf-8")
)
"""Number of a chapter -> its page, title, address in the machine, and part of the mark."""
PICTURES = {
    "positions": ("enc/in", "in", "what goes in"),
    "plane": ("enc2/self/h4/red/car", "product", "one dot product"),
    "sentence": ("enc2/self", "heads", "one attention, all its heads"),
    "heads": ("enc2/self/h4/red", "heads", "one head, one word"),
    "cross": ("stacks", "cross", "the stacks, and the memory between them"),
    "translator": ("sentence", "decoder", "the sentence, word by word"),
    "sampling": ("choice", "choice", "the choice of a word"),
}
"""Live picture that shows what a level of the machine shows -> the level's address, part of the mark, words."""
ADDRESSES = (
    "sentence",
    "stacks",
    *(f"{stack}{layer}" for stack in ("enc", "dec") for layer in (1, 2)),
    *(f"{layer}/self" for layer in ("enc1", "enc2", "dec1", "dec2")),
    "dec1/cross",
    "dec2/cross",
    *(f"{layer}/ff" for layer in ("enc1", "enc2", "dec1", "dec2")),
    "enc/in",
    "dec/in",
    "choice",
    "enc2/self/h4/red",
    "enc2/self/h4/red/car",
)
"""Places that links inside the book may name."""

# The mark's parts: x, y, width, height on 92 × 60, and which places light them.
_BARS = (
    (8, 10, 30, 8, {"memory"}),
    (8, 23, 30, 10, {"encoder"}),
    (8, 37, 30, 10, {"encoder", "heads", "product"}),
    (8, 51, 30, 5, {"in"}),
    (54, 10, 16, 8, {"choice"}),
    (54, 23, 30, 10, {"decoder", "cross"}),
    (54, 37, 30, 10, {"decoder"}),
    (54, 51, 30, 5, {"decoder"}),
)


def mark(docname: str, page: str) -> str:
    """The link from a chapter to its place in the machine, with its drawing; "" for other pages."""
    found = re.search(r"(?:^|/)(\d\d)-[^/]*$", docname)
    if not found or found[1] not in CHAPTERS:
        return ""
    place = CHAPTERS[found[1]]
    label = f"You are here: {place['title']} in the machine"
    return (
        f'<a class="machine-mark" href="{page}#{place["address"]}" aria-label="{label}" title="{label}">'
        f"{_drawing(place['part'])}<span>you are here</span></a>"
    )


def beside(view: str, page: str) -> str:
    """The link from a live picture to the level of the machine that it is; "" for a picture that is none."""
    if view not in PICTURES:
        return ""
    address, part, words = PICTURES[view]
    label = f"in the machine: {words}"
    return (
        f'<a class="machine-mark machine-mark-small" href="{page}#{address}" title="You are here, {label}">'
        f"{_drawing(part)}<span>{label}</span></a>"
    )


def _drawing(part: str) -> str:
    bars = "".join(
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2.5" class="{"lit" if part in places else "rest"}"/>'
        for x, y, width, height, places in _BARS
    )
    lit = ' class="lit"' if part == "cross" else ""
    pipe = f'<path d="M38 14H46V42M46 28H54M46 42H54"{lit}/>'
    heads = '<circle cx="23" cy="42" r="2.6" class="spot"/>' if part == "product" else ""
    return f'<svg width="92" height="60" viewBox="0 0 92 60" aria-hidden="true">{pipe}{bars}{heads}</svg>'
