"""The type `View`: a function, its controls and its drawings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from transformer_lib.live.controls import Control
from transformer_lib.live.drawings import Drawing


@dataclass(frozen=True)
class Step:
    """One step of a picture that is read in steps: a name, the drawings and controls that it shows, and its hint."""

    name: str
    drawings: Sequence[int]
    controls: Sequence[str]
    hint: str


@dataclass(frozen=True)
class View:
    """A function, the controls for its inputs, and the drawings of its outputs.

    Attributes:
        name: identifies the view in files and notebooks.
        title: what the picture shows, in a few words.
        function: named tensors to named tensors; its arguments are the names in `example`.
        controls: inputs that the reader sets.
        drawings: one panel each, side by side.
        example: a tensor for every input, controls included; used for export and tests.
        dynamic: input name -> {dimension: symbol}; dimensions that may differ from the example's.
        labels: lists of words that a picture gives -> the dimension that each counts.
        kind: "graph", "table", or "program": the page runs a script of the view's name over exported parts of a model.
        hint: shown under the picture until a control is moved.
        spoken: name of a list of words -> the output that holds their ids and the labels that are its vocabulary.
            Drawings and a `Choice` may use that name; the function clamps an index beyond the last.
        says: a name, and the French words (of `labels` or `spoken`) shown as a sentence of text above the drawings; of
            several sentences the first.
        warns: an output, 0-d bool -> what is said while it is false.
        hands: control -> the drawing, by its place, that it stands under; the others stand under the first row of drawings.
        steps: a picture of several drawings read in steps; without them all is shown at once.
        defaults: makes the constants and labels that a picture has by default.
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
    hint: str = "Move a control and watch."
    spoken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    says: tuple[str, str] | None = None
    warns: Mapping[str, str] = field(default_factory=dict)
    hands: Mapping[str, int] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    defaults: Callable[[], Mapping[str, Any]] = dict

    def __post_init__(self) -> None:
        missing = {control.name for control in self.controls} - self.example.keys()
        if missing:
            raise ValueError(f"view {self.name!r}: no example for the controls {sorted(missing)}")
        if self.kind not in ("graph", "table", "program"):
            raise ValueError(f"view {self.name!r}: kind is 'graph', 'table' or 'program', got {self.kind!r}")
        if self.kind == "table" and self.constants:
            raise ValueError(f"view {self.name!r}: a table has controls only, got inputs {self.constants}")
        endless = [c.name for c in self.controls if not getattr(c, "tabular", True)]
        if self.kind == "table" and endless:
            raise ValueError(
                f"view {self.name!r}: {endless} take too many values for a table; make it a graph"
            )

        for step in self.steps:
            unknown = set(step.controls) - {control.name for control in self.controls}
            if unknown or not set(step.drawings) <= set(range(len(self.drawings))):
                raise ValueError(f"view {self.name!r}: step {step.name!r} shows what the view does not have")

    @property
    def constants(self) -> list[str]:
        """Names of the inputs that are fixed when a picture is made."""
        moved = {control.name for control in self.controls}
        return [name for name in self.example if name not in moved]

    def __call__(self, **inputs: Tensor) -> dict[str, Tensor]:
        return self.function(**inputs)

    def check_shapes(self, tensors: Mapping[str, Tensor], labels: Mapping[str, Sequence[str]]) -> None:
        """Check the shapes of a picture's tensors against the example.

        Raises:
            ValueError: for a tensor of other dimensions than the example's, or dimensions that share a symbol and
                not a size.
        """
        sizes = {self.labels[name]: len(words) for name, words in labels.items()}
        for name, tensor in tensors.items():
            dims = self.dynamic.get(name, {})
            wanted = [
                sizes.setdefault(dims[i], size) if i in dims else self.example[name].shape[i]
                for i, size in enumerate(tensor.shape)
                if i < self.example[name].ndim
            ]
            if list(tensor.shape) != wanted or tensor.ndim != self.example[name].ndim:
                shape = [dims.get(i, size) for i, size in enumerate(self.example[name].shape)]
                raise ValueError(
                    f"view {self.name!r}: {name} must have shape ({', '.join(map(str, shape))}), got {tuple(tensor.shape)}"
                    + (f" with {', '.join(f'{s} = {n}' for s, n in sizes.items())}" if sizes else "")
                )
