"""Views: pure functions of named tensors, shown by the live pictures.

A new view is a function and a `View` beside it, in a file of its own here. A *graph* view is exported and runs in
the page; a *table* view is evaluated at every combination of its controls. Neither needs any script. A *program*
view, whose loops cannot be exported, has a script of its name that runs exported parts of a model.

A graph's function must export: no Python number from a tensor, no `if` on one, switches as 0-d tensors.
"""

from __future__ import annotations

from transformer_lib.live.views.backwards import GRADIENT
from transformer_lib.live.views.best_of_n import BEST_OF_N
from transformer_lib.live.views.crossing import CROSS, MAPS, WHAT_IF
from transformer_lib.live.views.depth import DEPTH
from transformer_lib.live.views.grouped import GROUPED
from transformer_lib.live.views.hack import HACK
from transformer_lib.live.views.heads import HEADS
from transformer_lib.live.views.induction import INDUCTION
from transformer_lib.live.views.learning import CLINIC, LEARNING
from transformer_lib.live.views.places import POSITIONS, SWAP
from transformer_lib.live.views.plane import PLANE
from transformer_lib.live.views.predict import PREDICT
from transformer_lib.live.views.recency import READER, RECENCY
from transformer_lib.live.views.rotary import ROTARY
from transformer_lib.live.views.schedule import SCHEDULE, SMOOTHING
from transformer_lib.live.views.searching import BEAM
from transformer_lib.live.views.sentence import SENTENCE, TYPED
from transformer_lib.live.views.translating import SAMPLING, TRANSLATOR
from transformer_lib.live.views.view import View
from transformer_lib.live.views.widths import BEAM_WIDTHS

VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        READER,
        RECENCY,
        GRADIENT,
        SENTENCE,
        TYPED,
        PLANE,
        PREDICT,
        POSITIONS,
        SWAP,
        DEPTH,
        CROSS,
        WHAT_IF,
        MAPS,
        HEADS,
        LEARNING,
        SMOOTHING,
        SCHEDULE,
        CLINIC,
        BEAM_WIDTHS,
        TRANSLATOR,
        SAMPLING,
        BEAM,
        ROTARY,
        GROUPED,
        INDUCTION,
        BEST_OF_N,
        HACK,
    )
}

__all__ = ["VIEWS", "View", "find"]


def find(name: str) -> View:
    """The view called `name`; raises `ValueError` with the known names."""
    if name not in VIEWS:
        raise ValueError(f"no view is called {name!r}; there are {', '.join(sorted(VIEWS))}")
    return VIEWS[name]
