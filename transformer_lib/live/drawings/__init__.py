"""Drawings: how a view's outputs are drawn. Each draws its still image here and has a page script of the same type."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from transformer_lib.live.drawings.choosing import Strip, Tree
from transformer_lib.live.drawings.heads import Dial, Dials, Groups
from transformer_lib.live.drawings.lines import Curves
from transformer_lib.live.drawings.maps import Heatmap, Numbers
from transformer_lib.live.drawings.names import Outputs, language_of
from transformer_lib.live.drawings.plane import Arrows, Plane
from transformer_lib.live.drawings.quantities import Bars, Stage, Stages
from transformer_lib.live.drawings.sentences import Links, Words

Drawing = Heatmap | Numbers | Bars | Stages | Plane | Curves | Words | Links | Strip | Tree | Dials | Groups

__all__ = [
    "Arrows", "Bars", "Curves", "Dial", "Dials", "Drawing", "Groups", "Heatmap", "Links", "Numbers", "Plane", "Stage",
    "Stages", "Strip", "Tree", "Words", "fitted", "spec",
]  # fmt: skip


def fitted(drawing: Drawing, outputs: Outputs) -> Drawing:
    """The drawing as tall as what it shows, where its type follows that."""
    return drawing.fitted(outputs) if isinstance(drawing, (Tree, Numbers)) else drawing


def spec(drawing: Drawing) -> dict[str, Any]:
    """The specification of a drawing for the page script."""
    said = {"type": drawing.type} | asdict(drawing)
    languages = {
        name: language
        for name in ("rows", "columns", "top", "bottom", "labels")
        if name in said and (language := language_of(said[name], said.get("language")))
    }
    said.pop("language", None)
    if languages:
        said["languages"] = languages
    if said.get("lines") == 1:
        del said["lines"]
    if said.get("colours", ()) is None:
        del said["colours"]  # the page's own order of colours
    return said
