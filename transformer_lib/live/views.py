"""Views: pure functions of named tensors whose numbers the live pictures show.

A new view is a function and a `View` beside it. A *graph* view is exported and runs in the page; a *table*
view is evaluated at every combination of its controls. Neither needs a line of script.

A view's function must export: no Python number from a tensor, no `if` on one, switches as 0-d tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from transformer_lib.attention import attention
from transformer_lib.live.controls import Choice, Control, Slider, Toggle
from transformer_lib.live.drawings import Bars, Drawing, Heatmap
from transformer_lib.masks import causal_mask


@dataclass(frozen=True)
class View:
    """A function, the controls that move it, the drawings that show it.

    Attributes:
        name: stands for the view in files and notebooks.
        title: what the picture shows, in a few words.
        function: named tensors to named tensors; its arguments are the names in `example`.
        controls: inputs that the reader moves.
        drawings: one panel each, side by side.
        example: a tensor for every input, controls included; used for export and tests.
        dynamic: input name -> {dimension: symbol}; dimensions that may differ from the example's.
        labels: lists of words that a picture gives -> the dimension that each counts.
        kind: "graph" or "table".
    """

    name: str
    title: str
    function: Callable[..., dict[str, Tensor]]
    controls: Sequence[Control]
    drawings: Sequence[Drawing]
    example: Mapping[str, Tensor]
    dynamic: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: str = "graph"

    def __post_init__(self) -> None:
        missing = {control.name for control in self.controls} - self.example.keys()
        if missing:
            raise ValueError(f"view {self.name!r}: no example for the controls {sorted(missing)}")
        if self.kind not in ("graph", "table"):
            raise ValueError(f"view {self.name!r}: kind is 'graph' or 'table', got {self.kind!r}")
        if self.kind == "table" and self.constants:
            raise ValueError(f"view {self.name!r}: a table has controls only, got inputs {self.constants}")

    @property
    def constants(self) -> list[str]:
        """The inputs that a picture fixes when it is made."""
        moved = {control.name for control in self.controls}
        return [name for name in self.example if name not in moved]

    def __call__(self, **inputs: Tensor) -> dict[str, Tensor]:
        return self.function(**inputs)


def sentence(
    x: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    temperature: Tensor,
    scaled: Tensor,
    causal: Tensor,
    hidden: Tensor,
    word: Tensor,
) -> dict[str, Tensor]:
    """Self-attention on a sentence.

    Args:
        x: (n, d) word vectors.
        w_q, w_k: (d, k) projections to queries and keys.
        temperature: 0-d; scores are divided by it.
        scaled: 0-d bool; divide the scores by √k as well.
        causal: 0-d bool; hide the future.
        hidden: 0-d; how many words at the end count as padding.
        word: 0-d int64; the row to show.

    Returns:
        weights (n, n) and row (n,).
    """
    queries, keys = x @ w_q, x @ w_k
    n = x.shape[0]
    scale = torch.where(scaled, w_q.shape[-1] ** -0.5, 1.0) / temperature
    real = torch.arange(n) < n - hidden
    mask = (causal_mask(n) | ~causal) & real
    _, weights = attention(queries, keys, keys, mask, scale=scale)
    return {"weights": weights, "row": weights.index_select(0, word.reshape(1)).reshape(n)}


_random = torch.Generator().manual_seed(0)

SENTENCE = View(
    name="sentence",
    title="Who looks at whom",
    function=sentence,
    controls=(
        Choice("word", "word that looks", "tokens"),
        Slider("temperature", "temperature", 0.1, 4.0, 0.1, 1.0),
        Slider("hidden", "words hidden at the end", 0, 5, 1, 0, digits=0),
        Toggle("scaled", "divide by √d", True),
        Toggle("causal", "hide the future", False),
    ),
    drawings=(
        Heatmap(
            "weights", "tokens", "tokens", "Every word looks (row) at every word (column)", selected="word"
        ),
        Bars("row", "tokens", "The row of the chosen word"),
    ),
    example={
        "x": torch.randn(7, 5, generator=_random),
        "w_q": torch.randn(5, 3, generator=_random),
        "w_k": torch.randn(5, 3, generator=_random),
        "temperature": torch.tensor(1.0),
        "scaled": torch.tensor(True),
        "causal": torch.tensor(False),
        "hidden": torch.tensor(0.0),
        "word": torch.tensor(2),
    },
    dynamic={"x": {0: "n", 1: "d"}, "w_q": {0: "d", 1: "k"}, "w_k": {0: "d", 1: "k"}},
    labels={"tokens": "n"},
)

VIEWS: dict[str, View] = {view.name: view for view in (SENTENCE,)}


def find(name: str) -> View:
    """The view called `name`; raises `ValueError` with the names there are."""
    if name not in VIEWS:
        raise ValueError(f"no view is called {name!r}; there are {', '.join(sorted(VIEWS))}")
    return VIEWS[name]
