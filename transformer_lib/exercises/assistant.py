"""Exercises on assistants: the loss of replies, DPO, and judging by the truth."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import draw

# 1. The loss of replies


def _log_p(logits: Tensor, targets: Tensor) -> Tensor:
    return logits.log_softmax(-1).gather(-1, targets[..., None]).squeeze(-1)


def _loss(logits: Tensor, targets: Tensor, is_reply: Tensor) -> Tensor:
    return -_log_p(logits, targets)[is_reply].mean()


def _mean_of_means(logits: Tensor, targets: Tensor, is_reply: Tensor) -> Tensor:
    each = [_loss(*row) for row in zip(logits, targets, is_reply, strict=True)]
    return torch.stack(each).mean()


def _replies_probes() -> list[tuple]:
    """Replies of unequal lengths, and one that is the whole text."""
    masks = [
        [[False, True]],
        [[False, False, True, True, True], [False, False, False, False, True]],
        [[True, True, True]],
        [[False, True, False], [True, True, False], [False, True, True]],
    ]
    probes = []
    for i, mask in enumerate(masks):
        is_reply = torch.tensor(mask)
        n, t = is_reply.shape
        targets = torch.arange(n * t).reshape(n, t) % 7
        probes.append((draw(n, t, 7, seed=i), targets, is_reply))
    return probes


MASK = Exercise(
    name="the loss of replies",
    question="10.1",
    solution=_loss,
    shows="Story and question are read and cost nothing: what is learnt is to answer, not to ask.",
    probes=_replies_probes,
    mistakes={
        "Story and question cost something, too: so the model also learns to ask. Select the places of the reply.": (
            lambda logits, targets, is_reply: -_log_p(logits, targets).mean()
        ),
        "You divide by all tokens: a long question would make the answer cheap. Divide by the tokens of replies.": (
            lambda logits, targets, is_reply: -torch.where(is_reply, _log_p(logits, targets), 0.0).mean()
        ),
        "The mask is the wrong way round: True marks the tokens of the reply, and only these count.": (
            lambda logits, targets, is_reply: -_log_p(logits, targets)[~is_reply].mean()
        ),
        "This averages each reply first, so a token of a short one counts for more: one mean over all their tokens.": (
            _mean_of_means
        ),
        "This is the sum: divide by the number of tokens in replies.": (
            lambda logits, targets, is_reply: -_log_p(logits, targets)[is_reply].sum()
        ),
        "A loss falls when the reply becomes likelier: the minus is missing.": (
            lambda logits, targets, is_reply: _log_p(logits, targets)[is_reply].mean()
        ),
        "Logits are no log-probabilities yet: take log_softmax over the words.": (
            lambda logits, targets, is_reply: (
                -logits.gather(-1, targets[..., None]).squeeze(-1)[is_reply].mean()
            )
        ),
    },
)

# 2. DPO


def _dpo_probes() -> list[tuple]:
    sizes = (1, 3, 7)
    return [
        (*(3 * draw(n, seed=4 * i + j) - 9 for j in range(4)), beta)
        for i, (n, beta) in enumerate(zip(sizes, (0.5, 0.1, 2.0), strict=True))
    ]


def _dpo(
    chosen: Tensor, rejected: Tensor, chosen_before: Tensor, rejected_before: Tensor, beta: float
) -> Tensor:
    gain = (chosen - chosen_before) - (rejected - rejected_before)
    return -functional.logsigmoid(beta * gain).mean()


DPO = Exercise(
    name="write DPO",
    question="10.2",
    solution=_dpo,
    shows="Bradley–Terry, where the reward of a reply is how much likelier the model makes it than its reference did.",
    probes=_dpo_probes,
    mistakes={
        "The reference is missing: a reply that was likely before would count as learnt.": (
            lambda c, r, cb, rb, beta: -(beta * (c - r)).sigmoid().log().mean()
        ),
        "The sign is turned: it is the gain of the preferred reply less that of the other, and the loss falls.": either(
            lambda c, r, cb, rb, beta: _dpo(r, c, rb, cb, beta),
            lambda c, r, cb, rb, beta: (beta * (c - cb - r + rb)).sigmoid().log().mean(),
        ),
        "A gain is what the model gives a reply less what the reference gives the same reply.": (
            lambda c, r, cb, rb, beta: _dpo(c, r, rb, cb, beta)
        ),
        "Inside the sigmoid β scales the difference; outside it only scales the loss, and left out it is 1.": either(
            lambda c, r, cb, rb, beta: -beta * (c - cb - r + rb).sigmoid().log().mean(),
            lambda c, r, cb, rb, beta: -(c - cb - r + rb).sigmoid().log().mean(),
        ),
        "The difference is multiplied by β, not divided: the larger it is, the sooner a pair is settled.": (
            lambda c, r, cb, rb, beta: _dpo(c, r, cb, rb, 1 / beta)
        ),
        "The logarithm is missing: the loss is −log σ, which punishes a confident mistake without limit.": either(
            lambda c, r, cb, rb, beta: -(beta * (c - cb - r + rb)).sigmoid().mean(),
            lambda c, r, cb, rb, beta: (1 - (beta * (c - cb - r + rb)).sigmoid()).mean(),
        ),
        "This is the sum over the pairs: take their mean.": (
            lambda c, r, cb, rb, beta: _dpo(c, r, cb, rb, beta) * len(c)
        ),
    },
)

# 3. Judge by the truth

Asked = Sequence[tuple[str | None, str | None]]  # what the story tells, and what was answered; None: nothing


def _share(hits: int, of: int) -> float:
    return hits / of if of else 0.0


def _judged(asked: Asked) -> dict[str, float]:
    told = [pair for pair in asked if pair[0] is not None]
    untold = [pair for pair in asked if pair[0] is None]
    return {
        "right": _share(sum(truth == said for truth, said in told), len(told)),
        "refused": _share(sum(said is None for _, said in told), len(told)),
        "invented": _share(sum(said is not None for _, said in untold), len(untold)),
    }


def _of_all(asked: Asked) -> dict[str, float]:
    n = len(asked)
    return {
        "right": _share(sum(truth == said and truth is not None for truth, said in asked), n),
        "refused": _share(sum(said is None and truth is not None for truth, said in asked), n),
        "invented": _share(sum(said is not None and truth is None for truth, said in asked), n),
    }


def _admission_is_right(asked: Asked) -> dict[str, float]:
    return _judged(asked) | {"right": _share(sum(truth == said for truth, said in asked), len(asked))}


def _wrong_is_invented(asked: Asked) -> dict[str, float]:
    made_up = sum(said is not None and truth != said for truth, said in asked)
    return _judged(asked) | {"invented": _share(made_up, len(asked))}


def _admitted_anywhere(asked: Asked) -> dict[str, float]:
    return _judged(asked) | {"refused": _share(sum(said is None for _, said in asked), len(asked))}


def _admitted_as_refused(asked: Asked) -> dict[str, float]:
    return _judged(asked) | {"refused": 1 - _judged(asked)["invented"]}


JUDGE = Exercise(
    name="judge by the truth",
    question="10.3",
    given=lambda: [
        ["kites", "kites"], ["rome", "paris"], [None, "tom"], ["music", None], [None, None], [None, "oslo"],
        ["sad", "sad"], [None, "snow"],
    ],
    solution=_judged,
    shows="Three shares with two denominators: right and refused of what is told, invented of what is not.",
    probes=lambda: [
        ([("kites", "kites"), ("rome", "paris"), (None, "tom"), ("music", None), (None, None)],),
        ([("kites", "kites"), (None, "tom"), (None, "oslo"), (None, None), ("sad", None), ("rain", "wind"), ("a", "a")],),
        ([("rome", "oslo"), ("rome", "rome"), ("rome", "rome"), (None, None), (None, "rome"), (None, None)],),
    ],
    mistakes={
        "You divide by all questions: right and refused are shares of what is told, invented of what is not.": _of_all,
        "To admit not to know is no answer: count as right only what the story tells.": _admission_is_right,
        "A wrong answer to what is told is wrong, and invented is an answer where nothing is told.": either(
            _wrong_is_invented,
            lambda asked: _judged(asked) | {
                "invented": _share(
                    sum(said is not None and truth != said for truth, said in asked),
                    sum(truth is None for truth, _ in asked),
                )
            },
        ),
        "To say nothing where nothing is told is what one wants: refused counts only where the story tells it.": either(
            _admitted_anywhere, _admitted_as_refused
        ),
    },
)  # fmt: skip

EXERCISES = [MASK, DPO, JUDGE]
