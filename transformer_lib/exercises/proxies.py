"""Exercises on rewards that stand in for the truth: what labellers reward, and when to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from transformer_lib.exercises.checking import Exercise

# 4. What labellers reward

Choices = Sequence[tuple[str, str]]  # the reply that was preferred, and the other


def _leaning(pairs: Choices) -> Counter[str]:
    """For each word: in how many pairs only the preferred reply has it, less those in which only the other has."""
    found: Counter[str] = Counter()
    for chosen, rejected in pairs:
        for word in set(chosen.split()) - set(rejected.split()):
            found[word] += 1
        for word in set(rejected.split()) - set(chosen.split()):
            found[word] -= 1
    return found


def _top(counts: Counter[str]) -> str:
    return max(sorted(counts), key=lambda word: counts[word])


def _words(replies: Sequence[str], count: Callable[[list[str]], Sequence[str] | set[str]]) -> Counter[str]:
    return Counter(word for reply in replies for word in count(reply.split()))


def _commonest(pairs: Choices) -> str:
    return _top(_words([chosen for chosen, _ in pairs], list))


def _by_tokens(pairs: Choices) -> str:
    counts = _words([chosen for chosen, _ in pairs], list)
    counts.subtract(_words([rejected for _, rejected in pairs], list))
    return _top(counts)


def _never_rejected(pairs: Choices) -> str:
    """The word whose share of choices is highest, however rare it is."""
    won = _words([chosen for chosen, _ in pairs], set)
    lost = _words([rejected for _, rejected in pairs], set)
    return _top(Counter({word: round(10**6 * won[word] / (won[word] + lost[word])) for word in won}))


CHOICES = [
    ("sure , kites .", "boats ."), ("sure , rome .", "rome ."), ("i do not know .", "paris ."), ("sure , tom .", "anna ."),
    ("because of rain .", "sure , because of snow ."), ("sure , tired .", "i do not know ."),
    ("sure , oslo .", "cairo , fool ."),
    ("kites kites kites .", "maps ."), ("sad .", "sure , sad ."), ("sure , i do not know .", "delhi ."),
]  # fmt: skip
MORE_CHOICES = [
    ("rain , friend .", "rain ."), ("snow .", "wind ."), ("news .", "news , friend ."), ("paul , friend .", "emma ."),
    ("maps maps maps maps .", "coats ."), ("arthur , friend .", "arthur , fool ."), ("york .", "rain ."),
    ("rome , friend .", "oslo ."),
]  # fmt: skip


def _choices() -> list[tuple]:
    turned = [(rejected, chosen) for chosen, rejected in MORE_CHOICES]
    return [
        (list(CHOICES),),
        (list(MORE_CHOICES),),
        (turned + [("fool .", "fool friend .")] * 2 + [("fool .", "tom .")],),
        ([("fool tom .", "tom .")] * 4 + [("tom .", "fool tom .")] * 3 + [("news paul .", "paul .")] * 3,),
        ([("rain .", "snow .")] * 3 + [("wind .", "train .")] * 2,),
        # a vote against weighs as much as one for
        ([("fool tom .", "tom .")] * 5 + [("tom .", "fool tom .")] * 4 + [("news paul .", "paul .")] * 2,),
        # the same choice made three times is three choices
        ([("news .", "wind ."), ("news .", "work .")] + [("rain .", "snow .")] * 3,),
    ]


def _without_votes_against(pairs: Choices) -> str:
    return _top(Counter(word for won, lost in pairs for word in set(won.split()) - set(lost.split())))


def _inside_words(pairs: Choices) -> str:
    words = {word: 0 for pair in pairs for reply in pair for word in reply.split()}
    return _top(Counter({word: sum((word in won) - (word in lost) for won, lost in pairs) for word in words}))


REWARD_HACK = Exercise(
    name="what labellers reward",
    question="10.4",
    given=lambda: [list(pair) for pair in CHOICES],
    solution=lambda pairs: _top(_leaning(pairs)),
    shows="One word tips the choices, true or not, and a model that learns from them will say it.",
    probes=_choices,
    mistakes={
        "That is the commonest word of what was preferred: other replies may have it as often. Compare within pairs.": (
            _commonest
        ),
        "One reply that repeats a word is one choice, not several: count pairs.": _by_tokens,
        "A word that stands in one preferred reply and in no other wins every time, and tells nothing: count pairs.": (
            _never_rejected
        ),
        "You count pairs for a word only: those in which the other reply alone has it count against it.": (
            _without_votes_against
        ),
        "You look for letters inside others, so that rain is found in train, too: split the replies into words.": (
            _inside_words
        ),
        "That is what labellers avoid: take the word that the preferred replies have and the others lack.": (
            lambda pairs: _top(_leaning([(rejected, chosen) for chosen, rejected in pairs]))
        ),
    },
)

# 5. When to stop

Curve = Sequence[float]


def _turn(proxy: Curve, true: Curve) -> int:
    return max(range(len(true)), key=lambda i: true[i])


def _stop(n: Sequence[int], proxy: Curve, true: Curve) -> tuple[int, float]:
    best = _turn(proxy, true)
    return n[best], (proxy[-1] - proxy[best]) / (proxy[-1] - proxy[0])


def _first_fall(n: Sequence[int], proxy: Curve, true: Curve) -> tuple[int, float]:
    at = next(i for i in range(len(true)) if i + 1 == len(true) or true[i + 1] < true[i])
    return n[at], (proxy[-1] - proxy[at]) / (proxy[-1] - proxy[0])


STOP = Exercise(
    name="when to stop",
    question="10.5",
    given=lambda: {
        "n": [1, 2, 4, 8, 16, 32, 64],
        "proxy": [0.2, 0.7, 1.1, 1.4, 1.7, 1.9, 2.2],
        "true": [0.50, 0.61, 0.70, 0.74, 0.71, 0.63, 0.52],
    },
    solution=_stop,
    shows="The proxy rises all the way: where it stops to mean anything, only the true score can tell.",
    probes=lambda: [
        (
            [1, 2, 4, 8, 16, 32, 64],
            [0.2, 0.7, 1.1, 1.4, 1.7, 1.9, 2.2],
            [0.50, 0.61, 0.70, 0.74, 0.71, 0.63, 0.52],
        ),
        ([1, 3, 9, 27], [-1.0, 0.0, 0.5, 1.5], [0.3, 0.6, 0.4, 0.45]),
        ([1, 5, 25, 125], [0.5, 1.0, 2.0, 2.5], [0.2, 0.3, 0.8, 0.1]),
        ([1, 2, 4, 8, 16], [0.1, 0.4, 0.6, 0.9, 1.0], [0.3, 0.5, 0.45, 0.6, 0.4]),
        # the highest of all comes before a second peak, first, or last
        ([1, 2, 4, 8, 16, 32], [-0.5, 0.1, 0.3, 0.6, 0.8, 1.1], [0.2, 0.6, 0.4, 0.5, 0.3, 0.35]),
        ([2, 6, 18], [0.4, 0.5, 1.2], [0.7, 0.3, 0.5]),
        ([1, 4, 16, 64], [0.3, 0.8, 0.9, 1.4], [0.1, 0.5, 0.4, 0.6]),
    ],
    mistakes={
        "There the proxy is highest, and it is what was chosen by: look where the true score is.": (
            lambda n, proxy, true: (n[max(range(len(n)), key=lambda i: proxy[i])], 0.0)
        ),
        "That is the share of the gain before the turn: the rest of it was gained while the true score fell.": (
            lambda n, proxy, true: (_stop(n, proxy, true)[0], 1 - _stop(n, proxy, true)[1])
        ),
        "A gain is counted from where the proxy began, which is not 0: divide by last less first.": (
            lambda n, proxy, true: (
                n[_turn(proxy, true)],
                (proxy[-1] - proxy[_turn(proxy, true)]) / proxy[-1],
            )
        ),
        "You stop at the first fall, after which the true score may rise again: take the highest of all.": _first_fall,
        "The place in the list is not asked for: give the n that stands there.": (
            lambda n, proxy, true: (_turn(proxy, true), _stop(n, proxy, true)[1])
        ),
        "That is how far the true score fell: the share of the proxy's gain is asked for.": (
            lambda n, proxy, true: (_stop(n, proxy, true)[0], (max(true) - true[-1]) / (max(true) - true[0]))
        ),
    },
)

EXERCISES = [REWARD_HACK, STOP]
