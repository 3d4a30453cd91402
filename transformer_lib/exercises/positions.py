"""Exercises on positions: a matrix that turns every clock, and products that depend on the distance alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw, orthogonal
from transformer_lib.model.positions import sinusoidal_positions


def _turn(places: float, d: int, one_speed: bool = False) -> Tensor:
    """The matrix M (d, d) that turns each clock of a row of positions as far as `places` places do."""
    turn = torch.zeros(d, d)
    for i in range(d // 2):
        angle = places / 10_000.0 ** (0.0 if one_speed else 2 * i / d)
        turn[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor(
            [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        )
    return turn


def _from_the_start(places: int, d: int) -> Tensor:
    """Right for place 0 alone."""
    table = sinusoidal_positions(places + 1, d)
    return torch.outer(table[0], table[places]) / (table[0] @ table[0])


def _moves(answer: Callable[[int, int], Tensor], wanted: Callable[[int], int]) -> bool:
    """Whether the answer's matrices take place p to place p + wanted(k)."""
    for places, d in [
        (1, 4),
        (3, 6),
        (7, 6),
        (2, 24),
    ]:  # 24: a matrix fitted to a few places fails later ones
        turn = torch.as_tensor(answer(places, d)).detach().cpu().float()
        table, step = sinusoidal_positions(40, d), wanted(places)
        start = max(0, -step)
        there = table[start : 40 - max(0, step)] @ turn
        if not torch.allclose(there, table[start + step : start + step + len(there)], atol=1e-3):
            return False
    return True


def _fits(answer: Callable[[int, int], Tensor]) -> bool:
    return tuple(torch.as_tensor(answer(3, 6)).shape) == (6, 6)


def _leaves(answer: Callable[[int, int], Tensor], row: int) -> bool:
    """Whether one place goes where it should."""
    table = sinusoidal_positions(10, 6)
    turn = torch.as_tensor(answer(3, 6)).detach().cpu().float()
    return torch.allclose(table[row] @ turn, table[row + 3], atol=1e-3)


TURN = Exercise(
    name="turn the clocks",
    question="02.3",
    solution=_turn,
    shows="One matrix moves every place by the same distance: a model can learn *three back* once, for all places.",
    conditions={
        "For d columns the matrix is (d, d): a row of positions goes in, a row of positions comes out.": (
            _fits,
            either(lambda k, d: torch.zeros(2, 2), lambda k, d: sinusoidal_positions(k, d)),
        ),
        "The clocks turn the wrong way: yours moves k places back. Change the sign of the sines, or transpose.": (
            lambda answer: not _moves(answer, lambda k: -k),
            either(lambda k, d: _turn(-k, d), lambda k, d: _turn(k, d).T),
        ),
        "Nothing moves: the angle is k places times the speed of the clock.": (
            lambda answer: not _moves(answer, lambda k: 0),
            lambda k, d: torch.eye(d),
        ),
        "It takes place 0 where it should and no other place: the matrix must work wherever you start.": (
            lambda answer: not _leaves(answer, 0) or _leaves(answer, 5),
            _from_the_start,
        ),
        "Yours moves by one place, whatever k is: multiply the angle by k.": (
            lambda answer: not _moves(answer, lambda k: 1),
            lambda k, d: _turn(1, d),
        ),
        "Each clock has a speed of its own: clock i turns by k / 10000^(2i/d), in columns 2i and 2i + 1.": (
            lambda answer: _moves(answer, lambda k: k),
            either(
                lambda k, d: _turn(k, d, one_speed=True),
                lambda k, d: 2 * _turn(k, d),
                lambda k, d: torch.full((d, d), math.nan),
            ),
        ),
    },
)


def _by_offset(p: Tensor, exact: bool = False, offsets: slice = slice(None), near: float = 1e-3) -> bool:
    """Whether each diagonal of the table of dot products holds one number."""
    return _even(p @ p.T, lambda line: line, exact, offsets, near)


def _even(
    table: Tensor,
    seen: Callable[[Tensor], Tensor],
    exact: bool = False,
    offsets: slice = slice(None),
    near: float = 1e-3,
) -> bool:
    """Whether what is seen of each diagonal is the number that it begins with."""
    lines = (table.diagonal(offset) for offset in range(len(table))[offsets])
    return all(
        torch.equal(seen(line), line[0].expand_as(seen(line)))
        if exact
        else torch.allclose(seen(line), line[0].expand_as(seen(line)), atol=near)
        for line in lines
    )


def _spoilt(row: int, factor: float = -1.0) -> Tensor:
    """Sinusoids with one place turned to the other side: every length is right, and most pairs."""
    table = sinusoidal_positions(8, 6)
    table[row] *= factor
    return table


def _far_apart(distance: int, first: int = 0, size: int = 8) -> Tensor:
    """Rows whose products depend on the distance alone, but for one pair of rows that far apart."""
    products = 10 * torch.eye(size)
    products[first, first + distance] = products[first + distance, first] = 3.0
    if distance == size - 1:  # there is one pair alone at this distance: spoil its neighbours' instead
        products[0, 6] = products[6, 0] = 2.0
    return torch.linalg.cholesky(products)


def _quarter_turns() -> Tensor:
    """One clock that turns by a right angle each place, in whole numbers."""
    return torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 1.0]])


def _climbing() -> Tensor:
    """Places of length 1, each as near to the next as any other, on a path that bends: two places on, it differs."""
    c, s = math.cos(0.5), math.sin(0.5)
    first, second = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([c, s, 0.0])
    third = c * second + s * torch.tensor([0.0, 0.0, 1.0])
    straight_on = 2 * (second @ third) * third - second
    return torch.stack([first, second, third, straight_on])


OFFSET = Exercise(
    name="offset only",
    question="02.4",
    solution=lambda x, p: _by_offset(p),
    shows="The dot product of two sinusoidal positions depends on their distance alone, wherever they stand.",
    probes=lambda: [
        (draw(7, 6, seed=1), sinusoidal_positions(7, 6)),
        (torch.zeros(7, 6), draw(7, 6, seed=2)),
        (torch.zeros(7, 6), sinusoidal_positions(7, 6)),
        (draw(5, 2, seed=11), _quarter_turns()),
        (draw(8, 6, seed=3), torch.cat((sinusoidal_positions(5, 6), draw(3, 6, seed=4)))),
        (draw(8, 6, seed=5), _spoilt(4)),
        (draw(8, 6, seed=6), _spoilt(7)),
        (draw(8, 6, seed=7), _spoilt(1)),
        (draw(8, 6, seed=17), _spoilt(4, factor=1.005)),
        *((draw(8, 8, seed=20 + distance), _far_apart(distance)) for distance in (3, 5, 7)),
        (draw(13, 13, seed=18), _far_apart(1, first=11, size=13)),  # the last two of many
        (draw(13, 13, seed=19), _far_apart(3, first=6, size=13)),
        (draw(7, 6, seed=8), 3 * sinusoidal_positions(7, 6) @ orthogonal(6, seed=9)),  # the same, seen askew
        (draw(4, 3, seed=10), _climbing()),
        (
            draw(4, 4, seed=12),
            torch.tensor([1.0, 0.25, 1.75, 1.0]).sqrt().diag(),
        ),  # right angles, other lengths
        (draw(3, 3, seed=13), torch.tensor([2.0, 2.0, 1.0]).diag()),
        (
            draw(4, 2, seed=16),
            torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.6, 0.8], [1.0, 0.0]]),
        ),  # the same backwards
        (draw(7, 6, seed=14), sinusoidal_positions(7, 6) + draw(6, seed=15)),  # all moved alike
    ],
    mistakes={
        "One pair is an example, not a test: compare every pair of the same distance.": either(
            lambda x, p: torch.allclose(p[0] @ p[1], p[1] @ p[2], atol=1e-3),
            lambda x, p: torch.allclose(p[0] @ p[2], p[1] @ p[3], atol=1e-3),
            lambda x, p: torch.allclose(p[0] @ p[1], p[-2] @ p[-1], atol=1e-3),
            lambda x, p: torch.allclose(p[0] @ p[2], p[-3] @ p[-1], atol=1e-3),
            lambda x, p: _even(p @ p.T, lambda line: line[:2]),
            lambda x, p: _even(p @ p.T, lambda line: line[-1:]),
            lambda x, p: _even(p @ p.T, lambda line: line.mean()),
        ),
        "A place is at distance 0 from itself: there the products are squared lengths, and count as well.": either(
            lambda x, p: _by_offset(p, offsets=slice(1, None)),
            lambda x, p: _by_offset(F.normalize(p, dim=-1)),
        ),
        "You measure how far apart two vectors are: the dot product is asked for.": (
            lambda x, p: _even(
                torch.cdist(p, p, compute_mode="donot_use_mm_for_euclid_dist"), lambda line: line
            )
        ),
        "Sinusoids are one table that passes, not the only one: test the dot products.": (
            lambda x, p: torch.allclose(p, sinusoidal_positions(*p.shape), atol=1e-3)
        ),
        "Your tolerance is so wide that it lets different products pass.": either(
            lambda x, p: _by_offset(p, near=0.5), lambda x, p: _by_offset(p, near=0.05)
        ),
        "You compare lengths alone, the distance 0: two places of every other distance count as well.": (
            lambda x, p: _by_offset(p, offsets=slice(0, 1))
        ),
        "You compare neighbours alone: places two, three and more apart count as well.": either(
            lambda x, p: _by_offset(p, offsets=slice(1, 2)), lambda x, p: _by_offset(p, offsets=slice(0, 2))
        ),
        "How large the entries are tells nothing about their dot products.": (
            lambda x, p: bool((p.abs() <= 1.001).all())
        ),
        "Equal products differ in their seventh digit: compare with a tolerance, as torch.allclose does.": (
            lambda x, p: _by_offset(p, exact=True)
        ),
        "The words' embeddings are in your vectors: test the positions alone.": lambda x, p: _by_offset(
            x + p
        ),
        "Everything passes your test: a table of random vectors must fail it.": lambda x, p: True,
        "Nothing passes your test: the sinusoids must.": lambda x, p: False,
    },
)

EXERCISES = [TURN, OFFSET]
