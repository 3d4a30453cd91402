"""The trained translator, word by word: greedy decoding and sampling. Long: one view declares both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.data import recognises
from transformer_lib.decoding import greedy_decode, next_token_distribution, sample
from transformer_lib.evaluation.ablation import KINDS, ablated
from transformer_lib.live.controls import Again, Choice, Slider, Steps, Text
from transformer_lib.live.drawings import Bars, Heatmap, Links, Strip, Words
from transformer_lib.live.shipped import SIZES
from transformer_lib.live.views.view import View
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import OUTSIDE, load_translator

LONGEST = 40
"""French tokens at most: more than any sentence of the grammar, and a bound on beams with a large length penalty."""
MOST = 20
"""English words at most."""
SHOWN = 8
"""Words whose probabilities are drawn."""
ROLLS = 20
"""Rows of draws in a picture."""
EXAMPLES = (
    "i am happy .",
    "we do not like the old car .",
    "she received a book for her birthday .",
    "the old man likes his red car .",
    "sally adored reading ; when she received a book for her birthday , she was happy .",
)
OFF = (
    "all heads work",
    *(
        f"{kind} {layer}.{head}"
        for kind in KINDS
        for layer in range(1, SIZES.n_layers + 1)
        for head in range(1, SIZES.n_heads + 1)
    ),
)


def vocabularies() -> dict[str, Any]:
    """The labels of every picture of the translator."""
    _, source, target = load_translator()
    return {"english": source.words, "french": target.words}


@torch.no_grad()
def translator(sentence: Tensor, word: Tensor, layer: Tensor, head: Tensor, off: Tensor) -> dict[str, Tensor]:
    """Greedy translation with all attention maps, optionally without one head.

    Args:
        sentence: (S,), English ids.
        word: 0-d int64, the French word whose probabilities are shown; beyond the last, the last.
        layer: 0-d int64, the layer whose maps are shown, from 0.
        head: 0-d int64; 0 is the mean over heads, h the head h − 1.
        off: 0-d int64; 0 removes no head, the others are numbered as in `OFF`.

    Returns:
        ids (T,), the output, end token included; read (T,), the decoder's input at each step;
        chances (8,) and candidates (8,), the likeliest words at that step, best first; the maps encoder (S, S),
        decoder (T, T), cross (T, S); and inside, 0-d bool, whether the grammar makes the sentence.
    """
    model, _, _ = load_translator()
    with _without(model, int(off)):
        [ids] = greedy_decode(model, sentence[None], max_length=LONGEST)
        read = _read(model, ids)
        logits, weights = model(sentence[None], read[None], return_weights=True)
    at = logits[0, min(int(word), len(ids) - 1)]
    candidates = _likeliest(at)
    maps = {
        kind: _chosen(getattr(weights, kind)[int(layer), 0], int(head)) for kind in KINDS
    }  # each (H, T, S) of the layer
    chances = next_token_distribution(at)[candidates]
    return {"ids": ids, "read": read, "chances": chances, "candidates": candidates, **maps} | {
        "inside": inside(sentence)
    }


@torch.no_grad()
def sampling(
    sentence: Tensor,
    temperature: Tensor,
    top_k: Tensor,
    top_p: Tensor,
    roll: Tensor,
    word: Tensor,
    draws: Tensor,
) -> dict[str, Tensor]:
    """One sampled translation, and the draw of one of its words.

    Args:
        sentence: (S,), English ids.
        temperature, top_k, top_p: 0-d, as in `next_token_distribution`; a `top_k` of 0 keeps all.
        roll: 0-d, which row of `draws` is used, from 1.
        word: 0-d int64, the French word whose draw is shown; beyond the last, the last.
        draws: (R, N) numbers in [0, 1): rows to choose from, one number for each of at most N French words.

    Returns:
        ids (T,), the output, and shares (T,), the probability with which each word was drawn; candidates (8,), the
        likeliest words at the chosen step, best first, their chances (8,), the probabilities after temperature, k and p,
        and those before, (8,); edges (V,), the cumulative distribution that is drawn from, by
        id; draw, 0-d, the number that was used; inside, 0-d bool, whether the grammar makes the sentence.
    """
    model, _, _ = load_translator()
    settings = {
        "temperature": float(temperature),
        "top_k": int(top_k) or model.config.tgt_vocab_size,
        "top_p": float(top_p),
    }
    row = draws[int(roll) - 1]
    [ids] = sample(model, sentence[None], max_length=len(row), draws=row[None], **settings)
    step = min(int(word), len(ids) - 1)
    logits = model(sentence[None], _read(model, ids)[None])[0]
    all_drawn_from = next_token_distribution(logits, **settings)
    at, drawn_from = logits[step], all_drawn_from[step]
    candidates = _likeliest(at)
    cumulative = drawn_from.double().cumsum(-1)
    return {
        "ids": ids,
        "shares": all_drawn_from.gather(-1, ids[:, None])[:, 0],
        "candidates": candidates,
        "chances": drawn_from[candidates],
        "before": next_token_distribution(at)[candidates],
        "edges": (cumulative / cumulative[-1]).float(),
        "draw": row[step].clone(),
        "inside": inside(sentence),
    }


def inside(sentence: Tensor) -> Tensor:
    """Whether the grammar makes the sentence with these English ids: 0-d bool."""
    words = load_translator()[1].words
    return torch.tensor(recognises([words[i] for i in sentence.tolist()]))


def _read(model: Transformer, ids: Tensor) -> Tensor:
    """The decoder's input while it writes `ids`, (T,)."""
    return torch.cat((ids.new_tensor([model.config.bos_id]), ids[:-1]))


def _likeliest(logits: Tensor) -> Tensor:
    """Ids of the largest logits, equal ones by id."""
    return logits.sort(descending=True, stable=True).indices[:SHOWN]


def _chosen(maps: Tensor, head: int) -> Tensor:
    return maps[head - 1] if head else maps.mean(0)


@contextmanager
def _without(model: nn.Module, off: int) -> Iterator[None]:
    if not off:
        yield
        return
    kind, place = divmod(off - 1, SIZES.n_layers * SIZES.n_heads)
    with ablated(model, *divmod(place, SIZES.n_heads), KINDS[kind]):
        yield


def _draws() -> Tensor:
    return torch.rand(ROLLS, LONGEST, generator=torch.Generator().manual_seed(1))


_SENTENCE = Text(
    "sentence", "English", "english", "source", MOST, EXAMPLES[0], EXAMPLES, single=True, mends=True
)
_WORD = Choice("word", "French word to look at", "written")
WARNS = {"inside": OUTSIDE}
_HINT = "Type English. Then choose a French word to look at."

TRANSLATOR = View(
    name="translator",
    title="The translator at work",
    function=translator,
    controls=(
        _SENTENCE,
        _WORD,
        Choice("layer", "layer", ("1", "2"), 1),
        Choice("head", "head", ("mean", "1", "2", "3", "4")),
        Choice("off", "switch off", OFF),
    ),
    drawings=(
        Links(
            "cross",
            "source",
            "written",
            "Where each French word looks",
            selected="word",
            width=736,
            height=220,
        ),
        Bars(
            "chances",
            "candidates",
            "Probabilities at the chosen word",
            digits=4,
            fold=0.02,
            width=360,
            height=250,
        ),
        Heatmap("cross", "written", "source", "French (row) looks at English (column)", selected="word"),
        Heatmap("encoder", "source", "source", "English looks at English"),
        Heatmap("decoder", "written", "read", "The row that writes a word looks back", selected="word"),
    ),
    example={
        "sentence": torch.tensor([3, 5, 7, 11]),
        "word": torch.tensor(1),
        "layer": torch.tensor(1),
        "head": torch.tensor(0),
        "off": torch.tensor(0),
    },
    dynamic={"sentence": {0: "n"}},
    labels={"english": "e", "french": "f"},
    kind="program",
    hint=_HINT,
    spoken={"written": ("ids", "french"), "read": ("read", "french"), "candidates": ("candidates", "french")},
    says=("French", "written"),
    warns=WARNS,
    defaults=vocabularies,
)

SAMPLING = View(
    name="sampling",
    title="One word drawn at a time",
    function=sampling,
    controls=(
        _SENTENCE,
        Slider("temperature", "temperature", 0.1, 3.0, 0.1, 1.0),
        Steps("top_k", "top-k", (1, 2, 3, 5, 10, 20, 0), 0, said=((0, "all"),)),
        Slider("top_p", "top-p", 0.05, 1.0, 0.05, 1.0, digits=2),
        Again("roll", "roll again", ROLLS),
        _WORD,
    ),
    drawings=(
        Words("shares", "written", "What was drawn, shaded by its probability", selected="word", height=80),
        Strip("edges", "french", "The draw of the chosen word", "draw"),
        Bars(
            "chances",
            "candidates",
            "Probabilities at the chosen word",
            beside="before",
            names=("drawn from", "the model's own"),
            digits=4,
            fold=0.02,
            width=736,
            height=230,
        ),
    ),
    example={
        "sentence": torch.tensor([3, 5, 7, 11]),
        "temperature": torch.tensor(1.0),
        "top_k": torch.tensor(0.0),
        "top_p": torch.tensor(1.0),
        "roll": torch.tensor(1.0),
        "word": torch.tensor(1),
        "draws": _draws(),
    },
    dynamic={"sentence": {0: "n"}, "draws": {1: "m"}},
    labels={"english": "e", "french": "f"},
    kind="program",
    hint=_HINT,
    spoken={"written": ("ids", "french"), "candidates": ("candidates", "french")},
    says=("French", "written"),
    warns=WARNS,
    defaults=lambda: {**vocabularies(), "draws": _draws()},
)
