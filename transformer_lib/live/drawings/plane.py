"""Vectors in the plane, fixed or draggable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from transformer_lib import figures
from transformer_lib.live.drawings.names import Labels, Outputs, Values, names_of, pair


@dataclass(frozen=True)
class Arrows:
    """An arrow from the origin for each label.

    Attributes:
        values: a `Points` control, whose arrows the reader drags, or an output, (n, 2).
        labels: one for each arrow.
        noun: what one arrow is, for screen readers, for example "key of"; the label follows.
        tag: stands at the arrow's end in place of the label, where that is too long.
        role: their colour, one of `figures.ROLES`: a query, keys, values, or what is gathered from values.
        strength: an output (n,), from 0 to 1: the opacity of each arrow.
    """

    values: str
    labels: str | Sequence[str]
    noun: str = ""
    tag: str = ""
    role: str = "stream"
    strength: str | None = None


@dataclass(frozen=True)
class Plane:
    """Arrows in a square plane.

    Attributes:
        arrows: groups of arrows; later ones are drawn above earlier ones.
        extent: the plane reaches from -extent to extent.
        times: a control that scales every arrow: a point's control holds the drawn point divided by it. The plane zooms
            by its square root, so that short arrows look short and can still be told apart.
        facing: a group (by its `values`) with one arrow: the half-plane in which a dot product with it is positive is
            tinted, and the dragged key is projected on it.
        product: an output (n,): the dot product of each arrow of the other dragged group with the facing one; the sum
            for the dragged arrow is written out below the plane.
        chain: an output (n, 2), drawn tip to tail: a vector sum.
        result: an output (2,), written under the plane.
        components: a control with the number of components; above 2 the plane says that it shows the first two.
    """

    arrows: Sequence[Arrows]
    extent: float
    title: str
    times: str | None = None
    facing: str | None = None
    product: str | None = None
    chain: str | None = None
    result: str | None = None
    components: str | None = None
    width: int = 360
    height: int = 384
    type = "plane"

    def _ends(self, group: Arrows, outputs: Outputs, values: Values) -> torch.Tensor:
        if group.values not in values:
            return outputs[group.values].reshape(-1, 2)
        return torch.tensor(values[group.values]) * (values[self.times] if self.times else 1.0)

    def _tags(self, group: Arrows, labels: Labels) -> list[str]:
        return [group.tag or name for name in names_of(group.labels, labels)]

    def _flat(self, values: Values) -> bool:
        return self.components is None or values[self.components] <= 2

    def still(self, axes, outputs: Outputs, labels: Labels, values: Values) -> None:
        facing = next((group for group in self.arrows if group.values == self.facing), None)
        figures.plane(
            axes,
            self.extent * (values[self.times] ** 0.5 if self.times else 1.0),
            title=self.title,
            facing=self._ends(facing, outputs, values)[0].tolist() if facing and self._flat(values) else None,
        )
        if self.chain:
            figures.chain(axes, outputs[self.chain], [figures.ROLES["value"]])
        for group in self.arrows:
            figures.arrows(
                axes,
                self._ends(group, outputs, values),
                [figures.ROLES[group.role]],
                strength=outputs[group.strength] if group.strength else None,
                handles=group.values in values,
            )
        ends = torch.cat([self._ends(group, outputs, values) for group in self.arrows])
        tags = [
            (tag, figures.ROLES[group.role]) for group in self.arrows for tag in self._tags(group, labels)
        ]
        figures.names(axes, ends, [tag for tag, _ in tags], [colour for _, colour in tags], pixels=self.width)
        if self.result:
            axes.set_xlabel("= ({:.2f}, {:.2f})".format(*outputs[self.result].tolist()))

    def describe(self, outputs: Outputs, labels: Labels, values: Values) -> str:
        said = []
        for group in self.arrows:
            ends = self._ends(group, outputs, values).tolist()
            names = names_of(group.labels, labels)
            said += [
                f"{group.noun} {name} {pair(end)}".strip() for name, end in zip(names, ends, strict=True)
            ]
        return f"{self.title}: {', '.join(said)}."
