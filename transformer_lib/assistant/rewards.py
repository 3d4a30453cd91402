"""Rewards put to use: the best of several replies, a policy gradient, and how far a model has moved.

In shapes, B counts questions or replies, T tokens, V words of the vocabulary, N replies to one question.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from transformer_lib import checks
from transformer_lib.assistant.losses import check_mask


def group_advantages(rewards: Tensor) -> Tensor:
    r"""How much better each reply is than the others to the same question, in standard deviations.

    .. math:: A_i = \frac{r_i - \bar r}{s_r}

    The mean of the group is the baseline. A group whose replies are all equally good teaches nothing: its advantages
    are 0.

    Args:
        rewards: (B, N) of N replies to each question, N of at least 2.

    Returns:
        (B, N).

    Raises:
        ValueError: if `rewards` is not (B, N) with at least two columns.
        TypeError: if it is no tensor of floating-point numbers.

    Source: Shao et al. 2024 (DeepSeekMath, arXiv 2402.03300), outcome supervision.

    >>> group_advantages(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    tensor([[ 0.7071, -0.7071],
            [ 0.0000,  0.0000]])
    """
    checks.floating("rewards", rewards)
    if rewards.ndim != 2 or rewards.shape[1] < 2:
        raise ValueError(
            f"rewards must be (B, N) with N of at least 2 replies to compare, got {tuple(rewards.shape)}"
        )
    spread = rewards.std(1, keepdim=True)
    apart = rewards - rewards.mean(1, keepdim=True)
    return torch.where(spread > 0, apart / torch.where(spread > 0, spread, 1.0), 0.0)


def policy_gradient_loss(
    log_p: Tensor, log_p_before: Tensor, advantages: Tensor, is_reply: Tensor, *, beta: float = 0.1
) -> Tensor:
    r"""REINFORCE with a penalty for leaving the reference.

    .. math:: L = \frac{1}{B} \sum_b \sum_{t \in R_b} \left( -A_b \, \ell_t
              + \beta \, (e^{d_t} - d_t - 1) \right), \qquad d_t = \ell^{ref}_t - \ell_t

    The gradient of the first term is, on average over replies that the model drew itself, that of minus the
    expected reward. The second is 0 where model and reference agree, and never negative. Over such replies its value is,
    on average, at each token the KL divergence of the model from the reference; its gradient is that of the divergence of
    the reference from the model, the other way round, and what a token does to those behind it is not counted.

    Args:
        log_p: (B, T) log-probabilities of the tokens of replies that the model itself has drawn.
        log_p_before: (B, T) the same under the reference; detached.
        advantages: (B,) how much better each reply was than expected; detached.
        is_reply: (B, T) bool, True at the tokens of the reply.
        beta: weight of the second term, a price of leaving the reference; 0 or more.

    Returns:
        The loss, 0-d. Only its gradient has a meaning: good and bad replies cancel in its value.

    Raises:
        ValueError: if shapes do not fit or beta is negative.
        TypeError: if a tensor is of another kind.

    Source: Williams 1992; Shao et al. 2024 (DeepSeekMath, arXiv 2402.03300) for the penalty; Tang and Munos 2025 (arXiv
    2506.09477) for its gradient.

    >>> log_p = torch.tensor([[-0.5, -1.0]])
    >>> policy_gradient_loss(log_p, log_p, torch.tensor([2.0]), torch.tensor([[True, True]]))
    tensor(3.)
    """
    checks.number("beta", beta, least=0.0)
    for name, value in (("log_p", log_p), ("log_p_before", log_p_before), ("advantages", advantages)):
        checks.floating(name, value)
    check_mask(is_reply, log_p)
    if log_p.ndim != 2 or log_p_before.shape != log_p.shape or advantages.shape != log_p.shape[:1]:
        raise ValueError(
            "expected log_p and log_p_before (B, T) and advantages (B,), "
            f"got {tuple(log_p.shape)}, {tuple(log_p_before.shape)} and {tuple(advantages.shape)}"
        )
    apart = log_p_before - log_p
    per_token = beta * (apart.exp() - apart - 1) - advantages[:, None] * log_p
    return torch.where(is_reply, per_token, 0.0).sum() / len(log_p)


def kl_divergence(logits: Tensor, logits_before: Tensor) -> Tensor:
    r"""How far the next word's distribution has moved from the reference's.

    .. math:: D = \sum_v p_v \log \frac{p_v}{p^{ref}_v}

    Args:
        logits: (..., V) of the model.
        logits_before: (..., V) of the reference.

    Returns:
        (...) in nats, 0 or more; summed over the tokens of a reply that the model drew, it estimates the divergence
        of whole replies.

    Raises:
        ValueError: if the shapes differ.
        TypeError: if one is no tensor of floating-point numbers.

    Source: Kullback and Leibler 1951.

    >>> kl_divergence(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.25, 0.75]).log())  # log(4/3) / 2
    tensor(0.1438)
    """
    for name, value in (("logits", logits), ("logits_before", logits_before)):
        checks.floating(name, value, "; did you pass ids?")
    if logits.ndim < 1 or logits.shape != logits_before.shape:
        raise ValueError(
            f"logits and logits_before differ in shape: {tuple(logits.shape)} and {tuple(logits_before.shape)}"
        )
    log_p, log_q = logits.log_softmax(-1), logits_before.log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def best_of_n(rewards: Tensor) -> Tensor:
    """Which of N replies to each question has the highest reward; of equal ones the first.

    Args:
        rewards: (B, N), one or more replies to each question.

    Returns:
        (B,) int64, from 0 to N - 1.

    Raises:
        ValueError: if `rewards` is not (B, N) with at least one column, or holds NaN.
        TypeError: if it is no tensor of floating-point numbers.

    Source: Stiennon et al. 2020; Gao et al. 2022, which compares it with a policy gradient.

    >>> best_of_n(torch.tensor([[0.1, 0.7, 0.7]]))
    tensor([1])
    """
    checks.floating("rewards", rewards)
    if rewards.ndim != 2 or rewards.shape[1] < 1:
        raise ValueError(f"rewards must be (B, N) with at least one reply, got {tuple(rewards.shape)}")
    if checks.visible(rewards) and rewards.isnan().any():
        raise ValueError("rewards hold NaN: no reply can be the best")
    return rewards.max(1).indices


def best_of_n_kl(n: int) -> float:
    r"""The usual figure for how far the best of n replies lies from a single one, in nats.

    .. math:: D \le \log n - \frac{n - 1}{n}

    It is exact where no two replies are equally good, which in a small world does not hold; else it is a bound.

    Args:
        n: replies to choose from, at least 1.

    Raises:
        ValueError: if n is below 1.
        TypeError: if n is no whole number.

    Source: Stiennon et al. 2020 (arXiv 2009.01325), appendix G.3; Beirami et al. 2024 (arXiv 2401.01879): a bound.

    >>> best_of_n_kl(1), round(best_of_n_kl(16), 3)
    (0.0, 1.835)
    """
    checks.count("n", n)
    return math.log(n) - (n - 1) / n
