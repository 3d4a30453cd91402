"""Every still picture of the book, in one style.

Functions draw on axes that they are given and return nothing.

style
    Colours, sizes, `figure`, `png`.
maps
    `attention_map` (weights as colour), `numbers` (a small matrix as a table).
quantities
    `bars` (one or two values for each label), `stages` (values step by step).
heads
    `dials` of vectors pair by pair, `groups` of query heads that share keys and values.
lines
    `curves` over an axis.
vectors
    `plane`, the `arrows` in it and their `names`, a `chain` of steps.
sentences
    `words` shaded by weight, `links` between two rows of words.
draws
    `strip`, the words' probabilities as segments of the line from 0 to 1, and a draw.
trees
    `tree` of a beam search.
"""

from transformer_lib.figures.draws import strip
from transformer_lib.figures.heads import dials, groups
from transformer_lib.figures.lines import curves
from transformer_lib.figures.maps import attention_map, numbers
from transformer_lib.figures.quantities import bars, stages
from transformer_lib.figures.sentences import links, words
from transformer_lib.figures.style import (
    ACCENT,
    BAR,
    INK,
    PAPER,
    PIXELS_PER_INCH,
    ROLES,
    SCALE,
    SEQUENTIAL,
    SERIES,
    SOFT,
    beside,
    colour_map,
    figure,
    network_colour,
    places,
    plt,
    png,
    spoken,
    style,
)
from transformer_lib.figures.trees import tree
from transformer_lib.figures.vectors import arrows, chain, names, plane

__all__ = [
    "ACCENT", "BAR", "INK", "PAPER", "PIXELS_PER_INCH", "ROLES", "SCALE", "SEQUENTIAL", "SERIES", "SOFT",
    "arrows", "attention_map", "bars", "beside", "chain", "colour_map", "curves", "dials", "figure", "groups", "links",
    "names", "network_colour", "numbers",
    "places", "plane", "plt", "png", "spoken", "stages", "strip", "style", "tree", "words",
]  # fmt: skip
