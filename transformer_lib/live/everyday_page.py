"""The everyday translator as its page shows it before its script comes: text, and an example that the model translated."""

from __future__ import annotations

from html import escape

from transformer_lib import figures
from transformer_lib.models.translator import translate

EXAMPLE = "Where is the station?"
MARKUP = """<div class="live everyday" data-everyday data-state="still" style="{palette}">
<div class="everyday-pair">
<div class="everyday-side"><label for="everyday-english">English</label>
<textarea id="everyday-english" rows="4" lang="en" dir="auto" autocomplete="off">{english}</textarea></div>
<div class="everyday-side"><span id="everyday-name">French</span>
<div class="everyday-french" role="group" aria-labelledby="everyday-name" lang="fr" dir="auto">{french}</div></div>
</div>
<p class="live-status" role="status">The translator needs its script; an example stands here.</p>
<div class="everyday-inside" hidden></div>
<p class="everyday-credit">{credit}</p>
</div>
"""
CREDIT = """Learnt from English–French sentences of <a href="https://tatoeba.org">tatoeba.org</a>, as
<a href="http://www.manythings.org/anki/">www.manythings.org/anki</a> hands them out, under
<a href="https://creativecommons.org/licenses/by/2.0/">CC BY 2.0</a>."""


def markup() -> str:
    """The translator with its example, translated by the model itself."""
    palette = ";".join(f"--m{i}:{colour}" for i, colour in enumerate(figures.SEQUENTIAL))
    french = escape(translate(EXAMPLE, model="everyday"))
    return MARKUP.format(palette=palette, english=EXAMPLE, french=french, credit=CREDIT)
