"""The losses of tuning, as functions of logits, log-probabilities and rewards: of answers alone, and of pairs.

In shapes, B counts replies, T tokens, V words of the vocabulary.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib import checks


def token_log_probabilities(logits: Tensor, targets: Tensor, is_reply: Tensor) -> Tensor:
    r"""The log-probability of each token of a reply, 0 for all others.

    .. math:: \ell_t = [t \in \text{reply}] \, \log p(y_t \mid x, y_{<t})

    Args:
        logits: (B, T, V).
        targets: (B, T) ids of the tokens that come next.
        is_reply: (B, T) bool, True where the target is a token of the reply.

    Returns:
        (B, T).

    Raises:
        ValueError: if shapes do not fit, or a target is no word.
        TypeError: if logits are not floating point, targets no ids, or the mask not boolean.

    >>> logits = torch.tensor([[[0.0, 0.0], [0.0, 0.0]]])
    >>> token_log_probabilities(logits, torch.tensor([[1, 0]]), torch.tensor([[False, True]]))
    tensor([[ 0.0000, -0.6931]])
    """
    checks.floating("logits", logits, "; did you pass ids?")
    checks.ids("targets", targets)
    check_mask(is_reply, targets)
    if logits.ndim != 3 or logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"expected logits (B, T, V) and targets (B, T), got {tuple(logits.shape)} and {tuple(targets.shape)}"
        )
    checks.within("targets", targets, logits.shape[-1], "there is one logit for each word")
    found = logits.log_softmax(-1).gather(-1, targets.long()[..., None]).squeeze(-1)
    return torch.where(is_reply, found, 0.0)


def answer_loss(logits: Tensor, targets: Tensor, is_reply: Tensor) -> Tensor:
    r"""Cross-entropy of replies alone: the model learns to answer, not to ask.

    .. math:: L = -\frac{1}{|R|} \sum_{t \in R} \log p(y_t \mid x, y_{<t})

    R holds the tokens of all replies of the batch; the tokens of stories and questions are read, but cost nothing.

    Args and errors are those of `token_log_probabilities`; a batch without a reply gives a `ValueError`, too.

    Returns:
        The mean in nats per token, 0-d.

    Source: Touvron et al. 2023 (Llama 2), section 3.1, which zeroes the loss on the tokens of the prompt.

    >>> logits = torch.tensor([[[9.0, 0.0], [0.0, 0.0]]])
    >>> round(answer_loss(logits, torch.tensor([[1, 0]]), torch.tensor([[False, True]])).item(), 4)  # log 2
    0.6931
    """
    found = token_log_probabilities(logits, targets, is_reply)
    if checks.visible(is_reply) and not is_reply.any():
        raise ValueError("is_reply marks no token: there is no reply to learn from")
    return -found.sum() / is_reply.sum()


def bradley_terry_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    r"""Teach rewards to agree with a choice between two replies.

    .. math:: P(w \succ l) = \sigma(r_w - r_l), \qquad L = -\frac{1}{B} \sum \log \sigma(r_w - r_l)

    Only the difference of two rewards counts: adding a number to all changes nothing.

    Args:
        chosen: (B,) rewards of the replies that were preferred.
        rejected: (B,) rewards of the others.

    Returns:
        The mean in nats per choice, 0-d; log 2 where rewards do not tell the replies apart.

    Raises:
        ValueError: if shapes differ or there is no pair.
        TypeError: if one is no tensor of floating-point numbers.

    Source: Bradley and Terry 1952; Christiano et al. 2017; Ouyang et al. 2022.

    >>> round(bradley_terry_loss(torch.tensor([3.0]).log(), torch.tensor([0.0])).item(), 4)  # -log 3/4
    0.2877
    """
    _rows(chosen=chosen, rejected=rejected)
    return -F.logsigmoid(chosen - rejected).mean()


def dpo_loss(
    chosen: Tensor, rejected: Tensor, chosen_before: Tensor, rejected_before: Tensor, *, beta: float = 0.1
) -> Tensor:
    r"""Direct preference optimisation: Bradley–Terry with the model itself as its reward.

    .. math:: L = -\frac{1}{B} \sum \log \sigma \left( \beta \log \frac{p(y_w \mid x)}{p_{ref}(y_w \mid x)}
              - \beta \log \frac{p(y_l \mid x)}{p_{ref}(y_l \mid x)} \right)

    Args:
        chosen, rejected: (B,) log-probabilities of whole replies under the model, sums over their tokens.
        chosen_before, rejected_before: (B,) the same under the reference, the model before this stage; detached.
        beta: the larger, the less a given choice may move the model away from the reference.

    Returns:
        The mean in nats per choice, 0-d; log 2 at the start, where model and reference are equal.

    Raises:
        ValueError: if shapes differ, there is no pair, or beta is not above 0.
        TypeError: if one is no tensor of floating-point numbers, or beta no number.

    Source: Rafailov et al. 2023, equation 7.

    >>> same = torch.tensor([-5.0]), torch.tensor([-7.0])
    >>> round(dpo_loss(*same, *same).item(), 4)  # log 2
    0.6931
    """
    checks.number("beta", beta, above=0.0)
    _rows(chosen=chosen, rejected=rejected, chosen_before=chosen_before, rejected_before=rejected_before)
    return bradley_terry_loss(beta * (chosen - chosen_before), beta * (rejected - rejected_before))


def check_mask(is_reply: Tensor, like: Tensor) -> None:
    """Refuse what does not say for each token whether it belongs to a reply."""
    checks.tensor("is_reply", is_reply)
    if is_reply.dtype != torch.bool:
        raise TypeError(f"is_reply must be bool, True at the tokens of the reply, got {is_reply.dtype}")
    if is_reply.shape != like.shape or is_reply.ndim != 2:
        raise ValueError(
            f"is_reply must be (B, T) = {tuple(like.shape)}, one for each token, got {tuple(is_reply.shape)}"
        )


def _rows(**values: Tensor) -> None:
    """Refuse what is not one number for each pair."""
    shapes = []
    for name, value in values.items():
        checks.floating(name, value)
        shapes.append(tuple(value.shape))
    if len(set(shapes)) > 1 or len(shapes[0]) != 1 or shapes[0] == (0,):
        raise ValueError(
            f"{', '.join(values)} must have the same shape (B,), B of at least 1, got "
            + ", ".join(str(shape) for shape in shapes)
        )
