"""An exercise on what works on each word alone: a test for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw
from transformer_lib.model.attention import attention

Test = Callable[[Callable[[Tensor], Tensor], Tensor], bool]


def _anew(word: Tensor) -> Tensor:
    return draw(len(word), seed=13)


def _watch(
    changed: Callable[[int], Sequence[int]],
    watched: Callable[[int, int], Sequence[int]],
    change: Callable[[Tensor], Tensor] = _anew,
) -> Test:
    """A test that changes some words, one after the other, and each time looks at some of the outputs."""

    def test(f: Callable[[Tensor], Tensor], x: Tensor) -> bool:
        for place in changed(len(x)):
            other = x.clone()
            other[place] = change(x[place])
            rows = list(watched(place, len(x)))
            if not torch.allclose(f(x)[rows], f(other)[rows], atol=1e-5):
                return False
        return True

    return test


def _others(place: int, n: int) -> list[int]:
    return [t for t in range(n) if t != place]


def _beside(place: int, n: int) -> list[int]:
    return [t for t in (place - 1, place + 1) if 0 <= t < n]


def _network(x: Tensor) -> Tensor:
    return torch.relu(x @ draw(x.shape[-1], 11, seed=1).to(x)) @ draw(11, x.shape[-1], seed=2).to(x)


def _hears(listener: int, speaker: int) -> Callable[[Tensor], Tensor]:
    """One word gets another's vector added; where there are fewer words, the nearest ones that there are."""

    def f(x: Tensor) -> Tensor:
        to, by = (max(min(place, len(x) - 1), -len(x)) for place in (listener, speaker))
        said = x.clone()
        said[to] = x[to] + x[by]
        return said

    return f


def _backwards(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The same with the order of the words reversed: who looked back looks ahead."""
    return lambda x: f(x.flip(0)).flip(0)


def _causal(x: Tensor) -> Tensor:
    return attention(x, x, x, causal=True)[0]


def _normed_attention(x: Tensor) -> Tensor:
    """The block of a pre-norm layer, its ε too small to show: it sees neither a factor nor a number added throughout."""
    y = F.layer_norm(x, x.shape[-1:], eps=1e-12)
    return x + attention(y, y, y)[0]


def _passes(taken: int, given: int) -> Callable[[Tensor], Tensor]:
    """Each word gets a single number of the word before it added to a single one of its own."""

    def f(x: Tensor) -> Tensor:
        said = x.clone()
        said[:, given] = x[:, given] + x.roll(1, 0)[:, taken]
        return said

    return f


def _turned(x: Tensor) -> Tensor:
    """Each word is turned by an angle that the word before it gives: its length stays."""
    angle, (first, second) = x.roll(1, 0).sum(-1), x[:, :2].T
    turned = (first * angle.cos() - second * angle.sin(), first * angle.sin() + second * angle.cos())
    return torch.cat([torch.stack(turned, dim=-1), x[:, 2:]], dim=-1)


def _permutes(f: Callable[[Tensor], Tensor], x: Tensor) -> bool:
    return torch.allclose(f(x).flip(0), f(x.flip(0)), atol=1e-5)


def _cut(f: Callable[[Tensor], Tensor], x: Tensor, kept: slice) -> bool:
    return torch.allclose(f(x[kept]), f(x)[kept], atol=1e-5)


# What a test must tell apart: the first two act on each word alone, and all others pass something on.
FUNCTIONS: Sequence[Callable[[Tensor], Tensor]] = (
    _network,
    lambda x: torch.tanh(x) + x,
    lambda x: attention(x, x, x)[0],
    _causal,
    _normed_attention,
    _backwards(_causal),
    lambda x: x.cumsum(0),
    _backwards(lambda x: x.cumsum(0)),
    lambda x: x.roll(1, 0),
    lambda x: torch.cat([x[1:], x[-1:]]),  # each word gets the next one's vector
    lambda x: torch.cat([x[:1], x[:-1]]),  # or the last one's
    lambda x: x + x.mean(0),
    _hears(-1, 0),  # only the last word hears, and only from the first
    _hears(0, -1),  # and the other way round
    _hears(2, 3),  # only one word hears, from a neighbour
    _hears(-1, -2),
    _hears(0, 1),
    _hears(1, 0),  # who changes neighbours together does not see these two
    _hears(-2, -1),
    _hears(1, -2),
    _passes(0, -1),
    _passes(-1, 0),
    _passes(1, 1),
    _turned,
    lambda x: x + x.roll(1, 0) - x.roll(2, 0),  # the sum of all others stays
    lambda x: x + x.abs().mean(0),  # a word and its opposite say the same
)

PER_TOKEN = Exercise(
    name="acts per token",
    question="05.3",
    solution=_watch(range, _others),
    shows="The feed-forward network sees one word at a time; only attention moves anything between words.",
    probes=lambda: [
        *((f, draw(5, 3, seed=6)) for f in FUNCTIONS),
        (_hears(1, -1), draw(7, 2, seed=8)),
        (_hears(1, 0), draw(2, 3, seed=9)),
    ],
    mistakes={
        "Attention passes your test too, for it permutes with its inputs: change one word and watch the others.": (
            _permutes
        ),
        "You change all words at once, so nothing can be told apart: change one, compare the outputs of the others.": (
            either(
                lambda f, x: True,
                lambda f, x: bool((f(x + 1) != f(x)).any(-1).all()),
            )
        ),
        "A norm sees neither the same number added throughout nor a factor: give the word another direction.": either(
            _watch(range, _others, lambda word: word + 1),
            _watch(range, _others, lambda word: 2 * word),
        ),
        "You change one word only, and something may pass from another: change each in turn.": either(
            *(_watch(lambda n, place=place: [place % n], _others) for place in (0, 1, 2, 3, -1)),
            _watch(lambda n: [0], lambda place, n: [1]),
            _watch(lambda n: [0, n - 1], _others),
        ),
        "You look at the neighbours alone, and something may pass further: look at all other words.": either(
            _watch(range, _beside),
            _watch(range, lambda place, n: [t for t in (place + 1,) if t < n]),
            _watch(range, lambda place, n: [t for t in (place - 1,) if t >= 0]),
            _watch(range, lambda place, n: [(place + 1) % n]),
            _watch(range, lambda place, n: [place - 1]),
        ),
        "You look to one side only: causal attention passes things one way. Look at the words before and after.": either(
            _watch(range, lambda place, n: range(place)),
            _watch(range, lambda place, n: range(place + 1, n)),
            lambda f, x: _cut(f, x, slice(None, -1)),
            lambda f, x: _cut(f, x, slice(1, None)),
            lambda f, x: all(_cut(f, x, slice(None, t)) for t in range(1, len(x))),
        ),
        "The changed word's own output may move, and says nothing: leave it out, and compare the others.": either(
            lambda f, x: False, _watch(range, lambda place, n: [place])
        ),
        "True and False are swapped: True means that each word is treated by itself.": (
            lambda f, x: not _watch(range, _others)(f, x)
        ),
    },
)

EXERCISES = [PER_TOKEN]
