"""The next token's distribution, and how one number chooses a token from it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from transformer_lib import checks

Number = float | Tensor


def next_token_distribution(
    logits: Tensor,
    temperature: Number = 1.0,
    top_k: int | Tensor | None = None,
    top_p: Number | None = None,
    *,
    min_p: Number | None = None,
) -> Tensor:
    r"""Turn logits into the probabilities that the next token is drawn from.

    .. math:: p_i = \frac{[i \in K] \, e^{z_i / \tau}}{\sum_{j \in K} e^{z_j / \tau}}

    K holds the tokens that are kept. Tokens are ordered by logit, equal ones by id. `top_k` keeps the first k.
    Of these, renormalised, `top_p` keeps the shortest beginning whose probabilities reach p: the token that
    crosses the threshold stays. `min_p` keeps every token that has at least this share of the first one's probability:
    a floor that falls where the model hesitates. At temperature 0, the limit, the first token has probability 1.

    Args:
        logits: (..., V), finite or -inf.
        temperature: τ >= 0; below 1 sharpens, above 1 flattens.
        top_k: k >= 1, or None to keep all. A k above V keeps all.
        top_p: p in [0, 1], or None to keep all. 0 keeps the first token, 1 keeps all.
        min_p: share in [0, 1] of the largest probability, or None to keep all. 1 keeps what is as likely as the first.
        Each of the four may be a 0-d tensor, so that it stays an input of an exported graph.

    Returns:
        (..., V) probabilities that sum to 1, in float32 where the logits have half precision.

    Raises:
        ValueError: if there are no tokens, a logit is NaN or +inf, no token is possible, or a number is out of range.
        TypeError: if the logits are not floating point.

    Source: Holtzman et al. 2020, sections 3.1 to 3.3 (nucleus, top-k, temperature); Nguyen et al. 2024, section 3
    (min-p).

    >>> next_token_distribution(torch.tensor([0.5, 0.3, 0.2]).log(), top_p=0.7)
    tensor([0.6250, 0.3750, 0.0000])
    >>> next_token_distribution(torch.tensor([0.5, 0.3, 0.2]).log(), min_p=0.5)
    tensor([0.6250, 0.3750, 0.0000])
    """
    _check(logits, temperature, top_k, top_p, min_p)
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    # The limit may be asked for, also by a number that is 0 in this precision.
    cold = isinstance(temperature, Tensor) or temperature < torch.finfo(logits.dtype).tiny
    if top_k is None and top_p is None and min_p is None and not cold:
        # From the largest down, so that no temperature overflows.
        return ((logits - logits.amax(-1, keepdim=True)) / temperature).softmax(-1)
    if isinstance(top_k, int):
        top_k = min(top_k, logits.shape[-1])  # no number of tokens is too large

    ordered, order = _sort(logits)
    temperature = torch.as_tensor(temperature, dtype=logits.dtype, device=logits.device)
    zero = temperature == 0
    # From the largest down, so that no temperature overflows; at 0 any divisor does, one token is kept.
    scaled = (ordered - ordered[..., :1]) / torch.where(zero, 1.0, temperature)
    place = torch.arange(logits.shape[-1], device=logits.device)
    kept = (place == 0) | ~zero
    if top_k is not None:
        kept = kept & (place < top_k)
    if min_p is not None:  # p_i >= min_p * p_1, in logarithms; 1 is ln 1 = 0, and 0 is -inf
        kept = kept & (scaled >= torch.as_tensor(min_p, dtype=logits.dtype, device=logits.device).log())
    if top_p is not None:
        reached = torch.where(kept, scaled, -math.inf).softmax(-1).cumsum(-1)
        crossing = (reached < top_p).sum(-1, keepdim=True)
        # Rounded sums reach 1 before the last token does, so 1 is said to mean all.
        everything = torch.as_tensor(top_p, device=logits.device) >= 1
        kept = kept & ((place <= crossing) | everything)
    probabilities = torch.where(kept, scaled, -math.inf).softmax(-1)
    return torch.zeros_like(probabilities).scatter(-1, order, probabilities)


def _sort(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Largest first, equal ones by id."""
    if torch.compiler.is_compiling():  # a stable sort has no ONNX form; TopK, which this becomes, is stable
        return logits.sort(dim=-1, descending=True)
    return logits.sort(dim=-1, descending=True, stable=True)


def choose(probabilities: Tensor, draws: Tensor) -> Tensor:
    r"""Choose one token per row with a uniform number: the inverse of the cumulative distribution.

    .. math:: i = \min \{ i : p_0 + \dots + p_i > u \, (p_0 + \dots + p_{V-1}) \}

    Ids are passed in their order. Sums and the product with u are in double precision, so that a page script, whose
    numbers are doubles, makes the same choice from the same probabilities. The sum of all stands for 1, and u < 1
    keeps the product below it: some token is always found, and never one of probability 0.

    Args:
        probabilities: (..., V).
        draws: (...) uniform numbers u in [0, 1).

    Returns:
        (...) int64 ids.

    Raises:
        ValueError: if shapes do not fit, probabilities are negative, not finite or all 0, or a draw is not in [0, 1).
        TypeError: if either is no tensor of floating-point numbers.

    >>> choose(torch.tensor([[0.5, 0.0, 0.5]]), torch.tensor([0.5]))
    tensor([2])
    """
    _check_choice(probabilities, draws)
    cumulative = probabilities.double().cumsum(-1)
    target = draws.double()[..., None] * cumulative[..., -1:]
    return (cumulative <= target).sum(-1)


def _check_choice(probabilities: Tensor, draws: Tensor) -> None:
    checks.floating("probabilities", probabilities, "; did you pass ids?")
    checks.floating("draws", draws)
    if probabilities.ndim < 1 or probabilities.shape[-1] == 0 or probabilities.shape[:-1] != draws.shape:
        raise ValueError(
            "expected probabilities (..., V) and one draw for each row, "
            f"got {tuple(probabilities.shape)} and {tuple(draws.shape)}"
        )
    if not checks.visible(probabilities, draws):
        return
    if not ((probabilities >= 0).all() and probabilities.isfinite().all()):
        raise ValueError("probabilities must be finite and at least 0")
    if not (probabilities.sum(-1) > 0).all():
        raise ValueError("a row of probabilities is all 0: there is nothing to choose")
    if not ((draws >= 0) & (draws < 1)).all():
        raise ValueError("draws must lie in [0, 1): 1 itself is never drawn")


def _check(
    logits: Tensor,
    temperature: Number,
    top_k: int | Tensor | None,
    top_p: Number | None,
    min_p: Number | None,
) -> None:
    checks.floating("logits", logits, "; did you pass token ids?")
    if logits.ndim < 1 or logits.numel() == 0:
        raise ValueError(f"logits must be (..., V) with at least one token, got shape {tuple(logits.shape)}")
    _check_single(temperature, top_k, top_p, min_p)
    if torch.compiler.is_compiling() or checks.transformed():  # there are no values to look at
        return
    check_settings(temperature, top_k, top_p, min_p)
    largest = logits.amax(-1)
    if not largest.isfinite().all():
        raise ValueError(
            "logits must be finite, or -inf where a token is ruled out, with one token possible in each row; "
            f"the largest of a row is {largest[~largest.isfinite()][0].item()}"
        )


def check_settings(
    temperature: Number, top_k: int | Tensor | None, top_p: Number | None, min_p: Number | None = None
) -> None:
    """Refuse a temperature, k, p or min-p out of range."""
    _check_single(temperature, top_k, top_p, min_p)
    settings = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    for name, value in settings.items():
        if isinstance(value, Tensor) or (value is None and name != "temperature"):
            continue
        if name == "top_k":
            checks.whole(name, value)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name} must be a number, got {checks.said(value)}")
    degree = float(temperature.detach() if isinstance(temperature, Tensor) else temperature)
    k, *shares = (x.item() if isinstance(x, Tensor) else x for x in (top_k, top_p, min_p))
    if not (math.isfinite(degree) and degree >= 0):
        raise ValueError(f"temperature is at least 0 and finite, got {degree}; 0 means greedy")
    if k is not None and not k >= 1:
        raise ValueError(f"top_k keeps at least 1 token, got {k}; None keeps all")
    for name, p in zip(("top_p is a probability", "min_p is a share"), shares, strict=True):
        if p is not None and not 0 <= p <= 1:
            raise ValueError(f"{name} in [0, 1], got {p}; did you pass a percentage?")


def _check_single(
    temperature: Number, top_k: int | Tensor | None, top_p: Number | None, min_p: Number | None = None
) -> None:
    settings = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    for name, value in settings.items():
        if isinstance(value, Tensor) and value.ndim:
            raise ValueError(f"{name} is one number or a 0-d tensor, got shape {tuple(value.shape)}")


def repetition_penalty(logits: Tensor, ids: Tensor, penalty: Number) -> Tensor:
    r"""Make tokens that were written already less likely: a positive logit is divided, a negative one multiplied.

    .. math:: z'_i = \begin{cases} z_i / \theta & z_i > 0 \\ z_i \, \theta & z_i \le 0 \end{cases}
              \quad \text{for } i \text{ among } ids

    The paper divides only; a negative logit would grow by that, so implementations multiply it.

    Args:
        logits: (..., V).
        ids: (..., T) integer ids, what was written in each row.
        penalty: θ >= 1; 1 changes nothing. A 0-d tensor stays an input of an exported graph.

    Returns:
        (..., V), a new tensor.

    Raises:
        ValueError: if the penalty is below 1.

    Source: Keskar et al. 2019, section 4.1.

    >>> repetition_penalty(torch.tensor([2.0, -2.0, 2.0]), torch.tensor([0, 1]), 2.0)
    tensor([ 1., -4.,  2.])
    """
    checks.floating("logits", logits, "; did you pass token ids?")
    checks.ids("ids", ids)
    if isinstance(penalty, Tensor) and penalty.ndim:
        raise ValueError(f"penalty is one number or a 0-d tensor, got shape {tuple(penalty.shape)}")
    if not isinstance(penalty, Tensor) or checks.visible(penalty):
        degree = penalty.item() if isinstance(penalty, Tensor) else penalty
        checks.number("penalty", degree, hint="; 1 changes nothing", least=1.0)
    if logits.shape[:-1] != ids.shape[:-1]:
        raise ValueError(
            f"expected ids of each row of logits, got logits {tuple(logits.shape)} and ids {tuple(ids.shape)}"
        )
    checks.within("ids", ids, logits.shape[-1], "is it another model's vocabulary?")
    seen = logits.gather(-1, ids)
    return logits.scatter(-1, ids, torch.where(seen > 0, seen / penalty, seen * penalty))
