"""The exercise on free running: a model that reads what it wrote itself, and one measure of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from transformer_lib.exercises.checking import Exercise, either

Ids = list[int]
Say = Callable[[str, tuple[int, ...]], int]  # source, what was written so far -> next token
References = Mapping[str, Sequence[int]]  # words, without <bos> and <eos>


def _free(say: Say, source: str, bos: int, eos: int | None, max_length: float) -> Ids:
    """The model's own words, each from its own words before."""
    written: Ids = []
    while len(written) < max_length:
        token = say(source, (bos, *written))
        if token == eos:
            break
        written.append(token)
    return written


def _hits(pair: tuple[Ids, Sequence[int]]) -> int:
    return sum(a == b for a, b in zip(*pair, strict=False))


def _share(pairs: list[tuple[Ids, Sequence[int]]]) -> float:
    """Share of positions that agree; what is missing or too much counts as wrong."""
    return sum(map(_hits, pairs)) / sum(max(len(written), len(gold)) for written, gold in pairs)


def _accuracy(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    return _share([(_free(say, source, bos, eos, max_length), gold) for source, gold in references.items()])


def _fed(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    return _share([
        ([say(source, (bos, *gold[:i])) for i in range(len(gold))], gold) for source, gold in references.items()
    ])  # fmt: skip


def _fed_to_the_end(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    return _share([
        ([say(source, (bos, *gold[:i])) for i in range(len(gold) + 1)], [*gold, eos])
        for source, gold in references.items()
    ])  # fmt: skip


def _written(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    """A sentence that ends too early loses nothing."""
    pairs = [(_free(say, source, bos, eos, max_length), gold) for source, gold in references.items()]
    return sum(map(_hits, pairs)) / sum(len(written) for written, _ in pairs)


def _true_length(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    """A sentence that goes on too long loses nothing."""
    pairs = [(_free(say, source, bos, eos, max_length), gold) for source, gold in references.items()]
    return sum(map(_hits, pairs)) / sum(len(gold) for _, gold in pairs)


def _mean_of_shares(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    shares = [
        _share([(_free(say, source, bos, eos, max_length), gold)]) for source, gold in references.items()
    ]
    return sum(shares) / len(shares)


def _whole(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    right = [_free(say, source, bos, eos, max_length) == list(gold) for source, gold in references.items()]
    return sum(right) / len(right)


def _unending(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    return _share([(_free(say, source, bos, None, max_length), gold) for source, gold in references.items()])


def _cut_to_length(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    return _share([(_free(say, source, bos, None, len(gold)), gold) for source, gold in references.items()])


PATIENCE = 50  # tokens; an answer that would go on for ever must end somewhere
REFERENCES = {"knows": [5, 6, 7, 9], "goes on": [5, 6], "slips": [4, 3, 8, 6], "stops early": [9, 7, 8]}


def _say(source: str, written: tuple[int, ...]) -> int:
    """A model that stops too early or too late, and after a slip finds back only if somebody puts it right."""
    gold, place = REFERENCES[source], len(written) - 1
    if place > PATIENCE:
        raise RuntimeError(f"{PATIENCE} words and no end")
    if written[0] != 1 or (source == "stops early" and place == 1):  # it knows <bos> 1 alone
        return 2
    slipped = source == "slips" and place == 1
    lost = source == "slips" and place > 1 and written[2] != gold[1]
    if slipped or lost or (source == "goes on" and place in (2, 3)):
        return 5
    return gold[place] if place < len(gold) else 2


OTHERS = {"finds back": [5, 6, 7, 9], "swaps": [4, 6, 5, 9]}  # true words
SAID = {"finds back": [5, 4, 7, 9], "swaps": [4, 5, 6, 9]}


def _say_with_other_marks(source: str, written: tuple[int, ...]) -> int:
    """A model with <bos> 8 and <eos> 3 that finds back by itself; two words it says in the wrong order."""
    place = len(written) - 1
    if place > PATIENCE:
        raise RuntimeError(f"{PATIENCE} words and no end")
    words = SAID[source] if written[0] == 8 else []
    return words[place] if place < len(words) else 3


def _up_to_a_slip(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    pairs = [(_free(say, source, bos, eos, max_length), gold) for source, gold in references.items()]
    hits = [[a == b for a, b in zip(*pair, strict=False)] for pair in pairs]
    right = sum([*row, False].index(False) for row in hits)
    return right / sum(max(map(len, pair)) for pair in pairs)


def _in_any_place(say: Say, references: References, bos: int, eos: int, max_length: int) -> float:
    pairs = [(_free(say, source, bos, eos, max_length), gold) for source, gold in references.items()]
    return sum(len({*a} & {*b}) for a, b in pairs) / sum(max(map(len, pair)) for pair in pairs)


FREE = Exercise(
    name="running free",
    question="07.6",
    given=lambda: (_say, dict(REFERENCES)),
    solution=_accuracy,
    shows="Running free, one slip can change or move all that follows; place by place, that counts as wrong.",
    probes=lambda: [
        (_say, dict(REFERENCES), 1, 2, 8),
        (_say, {name: REFERENCES[name] for name in ("slips", "goes on")}, 1, 2, 3),
        (_say_with_other_marks, dict(OTHERS), 8, 3, 5),
    ],
    mistakes={
        "You feed the true words, so each slip is put right: let the model read what it wrote itself.": either(
            _fed, _fed_to_the_end
        ),
        "You ignore <eos>: stop there, and count words that are missing or too many as wrong.": either(
            _unending, _cut_to_length
        ),
        "You divide by what was written: then a sentence that ends too early loses nothing. Take the longer one.": _written,
        "You divide by the true words: then words that are too many cost nothing. Take the longer one.": _true_length,
        "You average over sentences: add up right places and lengths first, and divide once.": _mean_of_shares,
        "That is the share of whole sentences: count place by place.": _whole,
        "Some models never say <eos>: stop after max_length words as well.": (
            lambda say, references, bos, eos, max_length: _accuracy(say, references, bos, eos, 10**6)
        ),
        "A right word after a slip counts: compare every place, and do not stop at the first wrong one.": _up_to_a_slip,
        "A right word in the wrong place is wrong: compare place by place.": _in_any_place,
        "Begin with bos and stop at eos, as they are handed over: their ids need not be 1 and 2.": (
            lambda say, references, bos, eos, max_length: _accuracy(say, references, 1, 2, max_length)
        ),
        "The mark bos is not one of the max_length words.": (
            lambda say, references, bos, eos, max_length: _accuracy(say, references, bos, eos, max_length - 1)
        ),
    },
)

EXERCISES = [FREE]
