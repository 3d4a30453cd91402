"""Synthetic memory tasks: one cue across a distance, two cues of which one is asked for, induction."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from transformer_lib.text.vocabulary import PAD_ID, Vocabulary

CUES = ("adored", "hated", "saw")
ANSWERS = ("happy", "disappointed", "older")  # the answer to each cue
TAILS = ("birthday", "prize")
# The usual answer to each tail: older (saw) after the birthday, happy (adored) after the prize.
USUAL = (2, 0)
MOSTLY = 0.6
FILLER = ("the", "sun", "rose", "and", "rain", "fell", "on", "grey", "town", "then", "wind", "blew")
MAX_LEAD = 9  # filler words before Sally, so that the cue has no fixed place
_TAIL = "when she received a book for her {} she was"
_LAST = 2  # words of the tail that stay at the end when the rest of it comes first
SALLY_VOCABULARY = Vocabulary(
    dict.fromkeys(["sally", *CUES, "reading", *_TAIL.replace("{} ", "").split(), *TAILS, *FILLER])
)


class Sally(NamedTuple):
    """Sentences without their last word, which is the answer, padded on the right."""

    ids: Tensor  # (B, S) ids of SALLY_VOCABULARY
    targets: Tensor  # (B,) which of ANSWERS is right
    lengths: Tensor  # (B,) words of each sentence; the answer follows the last of them
    tails: Tensor  # (B,) which of TAILS the sentence has
    distances: Tensor  # (B,) filler words between what Sally did and the tail


def sally(
    n: int,
    distance: int | tuple[int, int],
    seed: int = 0,
    *,
    balanced: bool = False,
    mostly: float | tuple[float, float] = MOSTLY,
    hint_first: bool = False,
    ending: int | None = None,
    device: torch.device | None = None,
) -> Sally:
    """Sentences such as *sally adored reading … when she received a book for her birthday she was*.

    The cue determines the answer: adored → happy, hated → disappointed, saw → older. The tail is a hint: after a
    birthday *older* is right with probability 0.6 and each other answer with 0.2; after a prize *happy* has the
    0.6. Both tails are equally likely. So a constant answer reaches accuracy 0.4, the best answer to each tail 0.6,
    and the answer to the cue 1: a model's accuracy shows which of these it uses. Overall *happy* and *older*
    make 0.4 each, *disappointed* 0.2.

    With `balanced`, the control, the cue is independent of the tail and each answer has 1/3: neither the tail nor
    a constant answer reaches more than 1/3.

    Args:
        n: B, the number of sentences.
        distance: filler words between *reading* and the tail: a number, or the smallest and largest of a range in
            which each is equally likely.
        seed: of everything random; the same seed gives the same sentences.
        balanced: draw the control.
        mostly: the probability of the usual answer, one number or one for each tail, in place of 0.6.
        hint_first: the same words in another order: *when she received a book for her birthday … sally adored reading
            she was*. Now the cue is what was read last.
        ending: how many of the tail's words are left, counted from its end, in place of all ten: with 5, *for her
            birthday she was*.
        device: where the tensors live.

    Before *sally* stand 0 to 9 filler words, each number equally likely.

    Raises:
        ValueError: if `n` is below 1, the distance is negative or an empty range, `mostly` is no probability, or the
            ending is too short to hold the hint.

    >>> task = sally(2, (0, 5), seed=3)
    >>> said = SALLY_VOCABULARY.decode(task.ids[0])
    >>> " ".join(said[-2:]), said[said.index("sally") + 1] == CUES[task.targets[0]]
    ('she was', True)
    """
    low, high = (distance, distance) if isinstance(distance, int) else distance
    if n < 1:
        raise ValueError(f"expected at least one sentence, got {n}")
    if not 0 <= low <= high:
        raise ValueError(f"expected a distance of 0 or more, or a range (smallest, largest), got {distance}")
    usual = torch.tensor(mostly).expand(len(TAILS))
    if not ((usual >= 0) & (usual <= 1)).all():
        raise ValueError(f"mostly is a probability, or one for each tail, got {mostly}")
    tail = _TAIL.split()
    ending = len(tail) if ending is None else ending
    if not _LAST < ending <= len(tail):
        raise ValueError(f"an ending has {_LAST + 1} to {len(tail)} words, got {ending}")
    generator = torch.Generator().manual_seed(seed)
    tails = torch.randint(len(TAILS), (n,), generator=generator)
    chances = torch.full((len(TAILS), len(CUES)), 1 / len(CUES))
    if not balanced:
        chances[:] = (1 - usual[:, None]) / (len(CUES) - 1)
        chances[range(len(TAILS)), USUAL] = usual
    cues = torch.multinomial(chances[tails], 1, generator=generator).squeeze(1)
    distances = torch.randint(low, high + 1, (n,), generator=generator)
    leads = torch.randint(MAX_LEAD + 1, (n,), generator=generator)
    endings = [SALLY_VOCABULARY.encode(_TAIL.format(tail)) for tail in TAILS]
    endings = torch.tensor(endings)[:, -ending:]
    doings = torch.tensor([SALLY_VOCABULARY.encode(f"sally {cue} reading") for cue in CUES])
    first, second = doings[cues], endings[tails]
    if hint_first:
        first, second = second[:, :-_LAST], torch.cat([first, second[:, -_LAST:]], 1)
    lengths = leads + first.shape[1] + distances + second.shape[1]
    fillers = torch.tensor(SALLY_VOCABULARY.encode(FILLER))
    ids = fillers[torch.randint(len(FILLER), (n, int(lengths.max())), generator=generator)]
    rows = torch.arange(n)[:, None]
    ids[rows, leads[:, None] + torch.arange(first.shape[1])] = first
    ids[rows, lengths[:, None] - second.shape[1] + torch.arange(second.shape[1])] = second
    ids[torch.arange(ids.shape[1]) >= lengths[:, None]] = PAD_ID
    return Sally(*(values.to(device) for values in (ids, cues, lengths, tails, distances)))


PEOPLE = {"sally": ("she", "her"), "paul": ("he", "his")}
PEOPLE_VOCABULARY = Vocabulary(
    dict.fromkeys([
        *PEOPLE, "and", *CUES, "reading", *_TAIL.format("birthday").split(), "he", "his", *FILLER
    ])
)  # fmt: skip


class People(NamedTuple):
    """Sentences about two people that ask about one of them, padded on the right."""

    ids: Tensor  # (B, S) ids of PEOPLE_VOCABULARY
    targets: Tensor  # (B,) which of ANSWERS is right
    others: Tensor  # (B,) the answer for the other person


def two_people(n: int, distance: int | tuple[int, int], seed: int = 0) -> People:
    """Sentences such as *sally adored reading and paul hated reading … when he received a book for his birthday he was*.

    Each of the two is named first as often as the other and has a cue of its own, each of the three equally likely;
    one ending in two is about Sally. A model that has both cues but not which person each belongs to can only guess
    between the two answers.

    Args:
        n: B, the number of sentences.
        distance: filler words between the two cues and the ending, as for `sally`.
        seed: of everything random.

    Raises:
        ValueError: if `n` is below 1, or the distance is negative or an empty range.

    >>> task = two_people(1, 0, seed=1)
    >>> " ".join(PEOPLE_VOCABULARY.decode(task.ids[0])[5:12]), ANSWERS[task.targets[0]]
    ('sally hated reading and paul hated reading', 'disappointed')
    """
    low, high = (distance, distance) if isinstance(distance, int) else distance
    if n < 1:
        raise ValueError(f"expected at least one sentence, got {n}")
    if not 0 <= low <= high:
        raise ValueError(f"expected a distance of 0 or more, or a range (smallest, largest), got {distance}")
    generator = torch.Generator().manual_seed(seed)

    def drawn(*sizes: int) -> list[list[int]]:
        return [torch.randint(size, (n,), generator=generator).tolist() for size in sizes]

    sentences, targets, others = [], [], []
    for lead, gap, turn, asked, *cues in zip(
        *drawn(MAX_LEAD + 1, high - low + 1, 2, 2, *[len(CUES)] * 2), strict=True
    ):
        doings = [f"{name} {CUES[cue]} reading" for name, cue in zip(PEOPLE, cues, strict=True)]
        she, her = list(PEOPLE.values())[asked]
        ending = f"when {she} received a book for {her} birthday {she} was"
        fillers = torch.randint(len(FILLER), (lead + low + gap,), generator=generator).tolist()
        words = [FILLER[filler] for filler in fillers]
        doings = " and ".join(reversed(doings) if turn else doings)
        sentences.append(
            PEOPLE_VOCABULARY.encode([*words[:lead], *doings.split(), *words[lead:], *ending.split()])
        )
        targets.append(cues[asked])
        others.append(cues[1 - asked])
    rows = [torch.tensor(sentence) for sentence in sentences]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD_ID)
    return People(ids, torch.tensor(targets), torch.tensor(others))


class Induction(NamedTuple):
    """Sequences that repeat, and where the next symbol can be predicted."""

    ids: Tensor  # (B, T) symbols, counted from 0
    targets: Tensor  # (B, T) the symbol after each
    known: Tensor  # (B, T) bool: the symbol has occurred before, and was followed by the target
    periods: Tensor  # (B,) length of the segment that repeats


def induction(
    n: int,
    length: int,
    seed: int = 0,
    *,
    n_symbols: int = 32,
    periods: tuple[int, int] = (5, 16),
    device: torch.device | None = None,
) -> Induction:
    """Random segments, each repeated to the end of its sequence: the next symbol is the one after the last occurrence.

    The symbols of a segment differ from each other, and its length is drawn for each sequence, so that neither
    the symbol itself nor a fixed offset determines the next one: a model must find the earlier occurrence.

    Args:
        n: B, the number of sequences.
        length: T, symbols of each.
        seed: of everything random.
        n_symbols: how many symbols there are; guessing gets 1 / n_symbols.
        periods: the smallest and largest length of a segment, each between equally likely.
        device: where the tensors live.

    Raises:
        ValueError: if `n` or a period is below 1, the symbols do not suffice for a segment, or a segment for
            once fills the whole sequence.

    Source: Olsson et al. 2022, *In-context Learning and Induction Heads*.

    >>> task = induction(1, 7, seed=0, n_symbols=5, periods=(3, 3))
    >>> bool((task.ids[0, :4] == task.ids[0, 3:]).all()), task.known[0].tolist()
    (True, [False, False, False, True, True, True, True])
    """
    low, high = periods
    if n < 1:
        raise ValueError(f"expected at least one sequence, got {n}")
    if not 1 <= low <= high <= n_symbols:
        raise ValueError(f"expected periods from 1 to the number of symbols, {n_symbols}, got {periods}")
    if high >= length:
        raise ValueError(f"a segment of {high} symbols does not come back in a sequence of {length}")
    generator = torch.Generator().manual_seed(seed)
    period = torch.randint(low, high + 1, (n,), generator=generator)
    segments = torch.rand(n, n_symbols, generator=generator).argsort(dim=1)
    places = torch.arange(length + 1)
    sequence = segments.gather(1, places % period[:, None])
    known = places[:length] >= period[:, None]
    batch = (sequence[:, :-1].contiguous(), sequence[:, 1:].contiguous(), known, period)
    return Induction(*(values.to(device) for values in batch))
