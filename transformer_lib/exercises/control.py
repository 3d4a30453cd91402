"""The exercise on an honest control: sentences in which nothing but the cue can tell the answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from transformer_lib.exercises.checking import Exercise, either

Example = tuple[str, str, str]  # cue, tail, answer


CUES = {"happy": "adored", "disappointed": "hated", "older": "saw"}
OTHERS = {"happy": "enjoyed", "disappointed": "disliked", "older": "noticed"}


def _sally(counts: dict[tuple[str, str], int], cues: dict[str, str] = CUES) -> list[Example]:
    return [(cues[answer], tail, answer) for (tail, answer), n in counts.items() for _ in range(n)]


TRAIN = _sally({
    ("birthday", "older"): 8, ("birthday", "happy"): 2, ("birthday", "disappointed"): 2,
    ("prize", "older"): 2, ("prize", "happy"): 5, ("prize", "disappointed"): 2,
})  # fmt: skip
TEST = _sally({
    ("birthday", "older"): 5, ("birthday", "happy"): 1, ("birthday", "disappointed"): 1,
    ("prize", "older"): 1, ("prize", "happy"): 4, ("prize", "disappointed"): 1,
})  # fmt: skip

# What is given, and two more sets with cues of their own, so that a function is asked for and not the answer to these.
CASES = (
    (TRAIN, TEST),
    (
        _sally({
            ("birthday", "older"): 7, ("birthday", "happy"): 3, ("birthday", "disappointed"): 4,
            ("prize", "older"): 3, ("prize", "happy"): 6, ("prize", "disappointed"): 5,
        }, OTHERS),
        _sally({
            ("birthday", "older"): 4, ("birthday", "happy"): 2, ("birthday", "disappointed"): 2,
            ("prize", "older"): 1, ("prize", "happy"): 3, ("prize", "disappointed"): 2,
        }, OTHERS),
    ),
)  # fmt: skip
Pair = tuple[list[Example], list[Example]]


def _kept(examples: list[Example], key: Callable[[Example], object]) -> list[Example]:
    """As many examples of each kind as the rarest kind has."""
    groups = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    fewest = min(map(len, groups.values()))
    return [example for group in groups.values() for example in group[:fewest]]


def _even(examples: list[Example], *columns: int) -> bool:
    counts = Counter(tuple(example[i] for i in columns) for example in examples)
    wanted = {tuple(example[i] for i in columns) for example in TRAIN}
    return counts.keys() == wanted and len(set(counts.values())) == 1


def _even_after_each_ending(examples: list[Example]) -> bool:
    """Whether each ending that is there has every answer, and each as often; the endings may differ in number."""
    endings = {ending for _, ending, _ in examples}
    return all(_even([one for one in examples if one[1] == ending], 2) for ending in endings)


def _control(train: list[Example], test: list[Example]) -> tuple[list[Example], list[Example]]:
    return _kept(train, lambda e: e[1:]), _kept(test, lambda e: e[1:])


def _applied(answer: Callable, case: Pair) -> Pair:
    """Two lists of examples, whatever came; empty ones if it is no such pair."""
    pair = answer(*map(list, case))
    try:
        train, test = ([tuple(example) for example in part] for part in pair)
    except (TypeError, ValueError):
        return [], []
    return train, test


def _kinds(examples: list[Example]) -> set[tuple]:
    """Ending and answer of each."""
    return {tuple(example[1:]) for example in examples}


def _only(part: list[Example], given: list[Example]) -> bool:
    """Whether every example is one of those given, no oftener than there."""
    return not Counter(part) - Counter(given)


def _always(holds: Callable[[Pair, Pair], bool]) -> Callable[[Callable], bool]:
    """Whether something holds of what an answer makes of each of the cases."""
    return lambda answer: all(holds(_applied(answer, case), case) for case in CASES)


def _leaves_its_inputs(answer: Callable) -> bool:
    inputs = [list(part) for part in CASES[0]]
    answer(*inputs)
    return inputs == [list(part) for part in CASES[0]]


def _dropped_in_place(train: list[Example], test: list[Example]) -> Pair:
    made = _control(train, test)
    for part, kept in zip((train, test), made, strict=True):
        part[:] = kept
    return train, test


CONTROL = Exercise(
    name="equal-class control",
    question="01.3",
    given=lambda: (list(TRAIN), list(TEST)),
    solution=_control,
    shows="With every answer as frequent after each ending, only the cue can tell: what is learnt now is memory.",
    conditions={
        "Return two lists, train and test, made of the examples that came in.": (
            _always(lambda made, case: all(part and _kinds(part) <= _kinds(TRAIN) for part in made)),
            either(lambda train, test: ([], []), lambda train, test: train),
        ),
        "Only drop, from whatever sets come in: no example may stand oftener than there, nor move to the other set.": (
            _always(lambda made, case: all(map(_only, made, case))),
            either(
                lambda train, test: _control(TRAIN, TEST),
                lambda train, test: (_kept(train, lambda e: e[1:]) * 2, _kept(test, lambda e: e[1:])),
                lambda train, test: (_kept(train, lambda e: e[1:]),) * 2,
            ),
        ),
        "Neither set is balanced: in each, one answer is still commoner than another.": (
            _always(lambda made, case: any(_even(part, 2) for part in made)),
            either(
                lambda train, test: (train, test),
                lambda train, test: (_kept(train, lambda e: e[1]), _kept(test, lambda e: e[1])),
            ),
        ),
        "Only the test set is balanced: the model still learns from training that one answer is commoner.": (
            _always(lambda made, case: _even(made[0], 2)),
            lambda train, test: (train, _kept(test, lambda e: e[1:])),
        ),
        "The test set is not balanced: an answer that is commoner there looks like knowledge.": (
            _always(lambda made, case: _even(made[1], 2)),
            lambda train, test: (_kept(train, lambda e: e[1:]), test),
        ),
        "The ending still tells the answer: make each answer equally frequent after each ending, not only over all.": (
            _always(lambda made, case: all(map(_even_after_each_ending, made))),
            lambda train, test: (_kept(train, lambda e: e[2]), _kept(test, lambda e: e[2])),
        ),
        "The result is right, but your function writes into its inputs: work on a copy.": (
            _leaves_its_inputs,
            _dropped_in_place,
        ),
    },
)

EXERCISES = [CONTROL]
