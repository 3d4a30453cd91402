"""Labels made at run time: from typed text, and from the ids that a view computes."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from transformer_lib.live.controls.scalars import Choice
from transformer_lib.live.controls.text import Text, read_words
from transformer_lib.live.storing import from_json

Spoken = Mapping[str, tuple[str, str]]
"""Name of a list of words -> the output that holds their ids, the labels that are the vocabulary."""


def typed_labels(controls: Iterable[Any], values: Mapping[str, Any]) -> dict[str, list[str]]:
    """The labels from typed sentences, each list under the name that its `Text` gives."""
    return {c.words: c.tokens(values[c.name]) for c in controls if isinstance(c, Text)}


def spoken_labels(
    spoken: Spoken, outputs: Mapping[str, Tensor], labels: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The labels from a view's ids: a word for each id, or a sentence for each row of ids, padded with -1.

    >>> import torch
    >>> spoken_labels({"written": ("ids", "french")}, {"ids": torch.tensor([1, 0])}, {"french": ["suis", "je"]})
    {'written': ['je', 'suis']}
    >>> spoken_labels({"found": ("rows", "french")}, {"rows": torch.tensor([[1, 0], [1, -1]])}, {"french": ["suis", "je"]})
    {'found': ['je suis', 'je']}
    """
    made: dict[str, list[str]] = {}
    for name, (ids, vocabulary) in spoken.items():
        rows = outputs[ids][:, None] if outputs[ids].ndim == 1 else outputs[ids]
        words = labels[vocabulary]
        made[name] = [" ".join(str(words[i]) for i in row if i >= 0) for row in rows.tolist()]
    return made


def stored_labels(state: Mapping[str, Any]) -> dict[str, list[str]]:
    """All labels of a stored picture: given, typed, and decoded from the view's ids."""
    spec, outputs = state["spec"], state["response"]["outputs"]
    texts = [control for control in spec["controls"] if control["kind"] == "text"]
    typed = {text["words"]: read_words(state["values"][text["name"]], "mends" in text) for text in texts}
    spoken = spec.get("spoken", {})
    ids = {name: torch.from_numpy(from_json(outputs[name])) for name, _ in spoken.values()}
    return spec["labels"] | typed | spoken_labels(spoken, ids, spec["labels"])


def within(
    controls: Iterable[Any],
    values: Mapping[str, Any],
    labels: Mapping[str, Sequence[str]],
    but: Container[str] = (),
) -> dict[str, Any]:
    """The values, each choice among these labels limited to an existing label, except those named in `but`.

    >>> within([Choice("word", "word", "written")], {"word": 7}, {"written": ["je", "suis"]})
    {'word': 1}
    """
    fitting = dict(values)
    for control in controls:
        words = labels.get(source_of(control)) if isinstance(control, Choice) else None
        if words is not None and control.name not in but:
            fitting[control.name] = min(fitting[control.name], len(words) - 1)
    return fitting


def source_of(control: Choice) -> str:
    """The labels that a choice takes its options from, bound or not; empty if it brings its own."""
    return control.options if isinstance(control.options, str) else control.source
