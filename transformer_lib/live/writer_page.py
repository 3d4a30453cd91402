"""The writer of stories as a page shows it before its script comes: an example, and the controls that the script wires.

The example was written by the model while the page is built. `page/writer/drawing.js` draws the same parts anew.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import torch
from torch import Tensor

from transformer_lib import figures
from transformer_lib.decoding import greedy_decode, next_token_distribution
from transformer_lib.live.weight_bundle import words_of
from transformer_lib.models.writer import load_writer

BEGINNING = "Once upon a time there was a little"
WRITTEN = 12
"""Subwords of the example that the model wrote."""
SHOWN = 10
"""Bars."""
LAYER, HEAD = 1, 0
"""The head that shades the example."""
TOP_K = (1, 2, 3, 5, 10, 20, 50, 0)
"""Values of the slider; 0 keeps all."""
CREDIT = """Trained by the program of this book on short stories for children
(<a href="https://arxiv.org/abs/2305.07759">TinyStories</a>, Eldan and Li 2023)."""
MARKUP = """<div class="live writer" data-writer data-state="still" style="{palette}" data-ids="{ids}" data-given="{given}"
 data-chosen="{layer} {head}">
<div class="live-head-row"><span class="live-name">A writer of stories</span></div>
<label class="writer-label" for="writer-beginning">A beginning</label>
<textarea id="writer-beginning" data-part="beginning" rows="2" lang="en" autocomplete="off" disabled>{beginning}</textarea>
<div class="writer-buttons">
<button type="button" data-part="next" disabled>next</button>
<button type="button" data-part="write" disabled>write</button>
<button type="button" data-part="back" disabled>one back</button>
</div>
<div class="live-controls">
<fieldset class="writer-ways"><legend>The next subword is</legend>
<label><input type="radio" name="writer-way" data-name="way" value="greedy" checked disabled>the likeliest</label>
<label><input type="radio" name="writer-way" data-name="way" value="chance" disabled>drawn</label></fieldset>
<div class="live-control" data-kind="again" data-chance>
<button type="button" data-part="roll" disabled>roll again</button></div>
{sliders}
</div>
<p class="live-status" data-part="status" role="status">The writer needs its script; an example stands here.</p>
<div class="writer-story" data-part="story" role="group" aria-label="The story" lang="en" tabindex="0">{story}</div>
<div class="writer-step"><button type="button" data-part="before" aria-label="the subword before" disabled>‹</button>
<button type="button" data-part="after" aria-label="the subword after" disabled>›</button>
<span aria-live="polite"><span data-part="place">subword {place} of {place}: </span>
<b data-part="here" lang="en">{here}</b></span></div>
<p class="writer-look" data-part="look" aria-live="polite">{look}</p>
<div class="writer-inside">
<div class="writer-next"><p class="writer-title">Next subword <span data-part="kept">The likeliest is taken.</span></p>
<ol data-part="bars">{bars}</ol></div>
<div class="writer-attention"><table class="writer-heads" data-part="heads">
<caption>Where each head looks most; two heads share one key-value head (KV)</caption>
<thead><tr><td></td>{columns}</tr></thead><tbody>{rows}</tbody></table></div>
</div>
<p class="writer-credit">{credit}</p>
</div>
"""


class Slider(NamedTuple):
    """A number that the reader sets: least, most and step; or the values that it steps through."""

    name: str
    label: str
    span: tuple[float, float, float]
    start: float
    digits: int
    chance: bool = True  # whether it counts only where subwords are drawn
    values: tuple[int, ...] = ()


SLIDERS = (
    Slider("penalty", "repetition penalty", (1, 2, 0.05), 1, 2, chance=False),
    Slider("temperature", "temperature", (0.1, 3, 0.1), 1, 1),
    Slider("topK", "top-k", (0, len(TOP_K) - 1, 1), len(TOP_K) - 1, 0, values=TOP_K),
    Slider("topP", "top-p", (0.05, 1, 0.05), 1, 2),
    Slider("minP", "min-p", (0, 0.5, 0.01), 0, 2),
)


def markup() -> str:
    """The writer with its example, as HTML."""
    model, subwords = load_writer()
    names = words_of(subwords)["pieces"]
    begun = torch.tensor([subwords.encode(BEGINNING, bos=True)], device=next(model.parameters()).device)
    ids = torch.cat([begun, greedy_decode(model, begun, max_length=WRITTEN)], 1)
    with torch.no_grad():
        logits, attended = model(ids, return_weights=True)
    chances, weights = next_token_distribution(logits[0, -1]), attended.decoder[:, 0, :, -1]
    pieces = [names[i] for i in ids[0].tolist()]
    heads, n_shared = model.config.n_heads, model.config.n_kv_heads or model.config.n_heads
    likeliest = chances.topk(SHOWN).indices.tolist()
    return MARKUP.format(
        palette=";".join(f"--m{i}:{colour}" for i, colour in enumerate(figures.SEQUENTIAL)),
        ids=" ".join(map(str, ids[0].tolist())),
        given=begun.shape[1],
        layer=LAYER,
        head=HEAD,
        beginning=escape(BEGINNING),
        sliders="\n".join(map(_slider, SLIDERS)),
        story=_story(pieces, weights[LAYER, HEAD].tolist(), begun.shape[1]),
        place=len(pieces),
        here=escape(visible(pieces[-1])),
        look=escape(_look(pieces, weights[LAYER, HEAD], heads // n_shared)),
        bars="".join(_bar(names[i], i, chances[i].item(), i == likeliest[0]) for i in likeliest),
        columns="".join(f'<th scope="col">KV {k + 1}</th>' for k in range(n_shared)),
        rows="".join(_row(layer, row, pieces, n_shared) for layer, row in enumerate(weights)),
        credit=CREDIT,
    )


def _slider(slider: Slider) -> str:
    least, most, step = slider.span
    last = slider.values[int(slider.start)] if slider.values else slider.start
    said = "all" if slider.values and not last else f"{last:.{slider.digits}f}"
    values = f' data-values="{" ".join(map(str, slider.values))}"' if slider.values else ""
    where = f'id="writer-{slider.name}" data-name="{slider.name}" data-digits="{slider.digits}"{values}'
    return (
        f'<div class="live-control" data-kind="slider"{" data-chance" * slider.chance}>'
        f'<label for="writer-{slider.name}">{slider.label}</label>'
        f'<input type="range" {where} min="{least}" max="{most}" step="{step}" value="{slider.start}" disabled>'
        f"<output>{said}</output></div>"
    )


def _story(pieces: list[str], shares: list[float], given: int) -> str:
    """The pieces as one text, shaded by where a head looks from the last."""
    chips = []
    for i, (piece, share) in enumerate(zip(pieces, shares, strict=True)):
        marks = {"writer-written": i >= given, "writer-chosen": i == len(pieces) - 1, "writer-mark": not i}
        kind = " ".join(name for name, holds in marks.items() if holds)
        text = escape(piece.replace("▁", " "))
        chips.append(
            f'<span data-place="{i}" class="{kind}" style="--share:{100 * share:.1f}%">{text}</span>'
        )
    return "".join(chips)


def _bar(piece: str, token: int, chance: float, first: bool) -> str:
    return (
        f'<li><button type="button" data-take="{token}" class="{"writer-taken" * first}" disabled>'
        f'<span class="writer-piece">{escape(visible(piece))}</span>'
        f'<span class="writer-bar" style="--chance:{chance:.4f};--before:{chance:.4f}"></span>'
        f'<span class="writer-share">{escape(percent(chance))}</span></button></li>'
    )


def _row(layer: int, weights: Tensor, pieces: list[str], n_shared: int) -> str:
    """One layer: a cell for each key-value head, with the heads that share it; weights (H, T)."""
    cells, share = "", len(weights) // n_shared
    for k in range(n_shared):
        inner = "".join(
            _tile(layer, head, weights[head], pieces) for head in range(k * share, (k + 1) * share)
        )
        cells += f"<td>{inner}</td>"
    return f'<tr><th scope="row">layer {layer + 1}</th>{cells}</tr>'


def _tile(layer: int, head: int, weights: Tensor, pieces: list[str]) -> str:
    """A head, and what it looks at most; weights (T,)."""
    share, at = weights.max(0)
    chosen = (layer, head) == (LAYER, HEAD)
    return (
        f'<button type="button" data-head="{layer} {head}" aria-pressed="{str(chosen).lower()}" tabindex="{chosen - 1}"'
        f' style="--share:{100 * share.item():.1f}%" disabled><small><span>head </span>{head + 1}</small>'
        f'<b>{share.item():.2f}</b> <span class="writer-piece">{escape(visible(pieces[int(at)]))}</span></button>'
    )


def _look(pieces: list[str], weights: Tensor, share: int) -> str:
    shares, places = weights.topk(3)
    most = [
        (visible(pieces[i]), w) for w, i in zip(shares.tolist(), places.tolist(), strict=True) if w >= 0.005
    ]
    said = ", ".join(f"{piece} {weight:.2f}" for piece, weight in most)
    return f"Layer {LAYER + 1}, head {HEAD + 1} (key-value head {HEAD // share + 1}) looks at {said}."


def visible(piece: str) -> str:
    """A piece by itself: the end of a line is seen."""
    return piece.replace("\n", "↵")


def percent(share: float) -> str:
    """A share as the bars say it."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.{1 if share < 0.0995 else 0}f} %"
