"""An exercise on causes: which vector of the encoder's output decides a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

import torch
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.models.translator import load_translator

Says = Callable[[Tensor], str]


def _decide(
    says: Says, here: Tensor, there: Tensor, rows: Callable[[int], Sequence[int]] | None = None
) -> list[int]:
    """Places whose row alone, taken from the other memory, brings the other memory's word."""
    found = []
    for place in range(len(here)) if rows is None else rows(len(here)):
        mixed = here.clone()
        mixed[place] = there[place]
        if says(mixed) == says(there):
            found.append(place)
    return found


def _any_change(says: Says, here: Tensor, there: Tensor) -> list[int]:
    """Places whose row brings another word, whichever."""
    found = []
    for place in range(len(here)):
        mixed = here.clone()
        mixed[place] = there[place]
        if says(mixed) != says(here):
            found.append(place)
    return found


def _piled(says: Says, here: Tensor, there: Tensor) -> list[int]:
    """Rows stay swapped: each place is tried together with all before it."""
    mixed, found = here.clone(), []
    for place in range(len(here)):
        mixed[place] = there[place]
        if says(mixed) == says(there):
            found.append(place)
    return found


def _farthest(says: Says, here: Tensor, there: Tensor) -> list[int]:
    return [int((here - there).norm(dim=-1).argmax())]


def _needed(says: Says, here: Tensor, there: Tensor) -> list[int]:
    """Places whose row, taken back, loses the other memory's word."""
    return [place for place in range(len(here)) if says(_with(there, here, place)) != says(there)]


def _with(memory: Tensor, other: Tensor, place: int) -> Tensor:
    mixed = memory.clone()
    mixed[place] = other[place]
    return mixed


def _speaker(*deciding: int, words: tuple[str, str, str] = ("le", "une", "la"), of: Callable = any) -> Says:
    """Says the last word where a row that decides is above 0 in its first number, the second where only another's is.

    With `of=all` every one of these rows must be.
    """

    def says(memory: Tensor) -> str:
        if of(memory[place, 0] > 0 for place in deciding):
            return words[2]
        return words[1] if of is any and (memory[:, 0] > 0).any() else words[0]

    return says


def _deciding_probes() -> list[tuple]:
    low, high = -torch.ones(4, 3), torch.ones(4, 3)
    far = high.clone()
    far[0] *= 9.0  # the row that differs most is not the one that decides
    return [
        (_speaker(1), low, far),
        (_speaker(2), low[:3], high[:3]),
        (_speaker(5), -torch.ones(6, 3), torch.ones(6, 3)),
        (_speaker(0, 3), low, far),
        (_speaker(2, words=("content", "contents", "contente")), low, far),
        (_speaker(0, 3, of=all), low, far),  # two rows together: none alone
    ]


def _in_order(result: Any) -> Any:
    """The places in their order: the task asks which they are, and not in which order they were found."""
    if isinstance(result, Set):
        return sorted(result)
    if isinstance(result, (list, tuple)) and not any(isinstance(place, bool) for place in result):
        return sorted(result)
    return result


def _translators() -> tuple:
    """The article of *the car* and *the book*: what the shipped translator says, and both memories."""
    model, english, french = load_translator()

    @torch.no_grad()
    def says(memory: Tensor) -> str:
        start = torch.tensor([[model.config.bos_id]])
        return french.words[int(model.decode(start, memory[None], None)[0, -1].argmax())]

    with torch.no_grad():
        here, there = (
            model.encode(torch.tensor([english.encode(f"the {noun} was small .")]), None)[0]
            for noun in ("book", "car")
        )
    return says, here, there


DECIDING = Exercise(
    name="the row that decides",
    question="06.6",
    given=_translators,
    solution=_decide,
    shows="Swap one vector, keep all else, and see whether the word follows: so a cause is found, and not a likeness.",
    probes=_deciding_probes,
    view=_in_order,
    mistakes={
        "Another word is not yet the other memory's word: compare with says(there).": _any_change,
        "Rows pile up: begin each time with a fresh copy of `here`, or the first swap counts in all later ones.": either(
            _piled
        ),
        "That is what is needed, not what is enough: put one row of `there` into a copy of `here`.": _needed,
        "The vector that differs most need not decide: swap each row and ask `says`.": _farthest,
        "You swapped the other way: rows of `there` go into a copy of `here`.": (
            lambda says, here, there: _decide(says, there, here)
        ),
    },
)

EXERCISES = [DECIDING]
