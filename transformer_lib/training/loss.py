"""Teacher forcing, the label-smoothed cross-entropy, and perplexity."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from transformer_lib import checks

# A target with probability 0 (logit -inf) costs this many nats, as in torch's BCELoss:
# large enough to stand out in a curve, finite enough not to end the run.
RULED_OUT = 100.0


def shift(tgt_ids: Tensor) -> tuple[Tensor, Tensor]:
    """Split target sentences into the decoder's inputs and its targets (teacher forcing).

    At position t the decoder reads the *true* tokens 0 ... t and predicts token t + 1, whatever it would
    have generated itself: so all positions are trained at once.

    Args:
        tgt_ids: (B, T + 1) ids, from the begin token to the end token, padded on the right.

    Returns:
        Two views, (B, T) each: the inputs, which lack the last token, and the targets, which lack the first.

    Raises:
        ValueError: if `tgt_ids` is not (B, T + 1) with at least two columns.
        TypeError: if `tgt_ids` are no tensor of integers.

    Source: Williams and Zipser 1989, section 2; Vaswani et al. 2017, section 3.1 ("offset by one position").

    >>> inputs, targets = shift(torch.tensor([[1, 7, 8, 2]]))
    >>> inputs.tolist(), targets.tolist()
    ([[1, 7, 8]], [[7, 8, 2]])
    """
    checks.ids("tgt_ids", tgt_ids)
    if tgt_ids.ndim != 2 or tgt_ids.shape[1] < 2:
        raise ValueError(
            f"expected target ids of shape (B, T + 1) with begin and end token, got {tuple(tgt_ids.shape)}"
        )
    return tgt_ids[:, :-1], tgt_ids[:, 1:]


def label_smoothing_loss(
    logits: Tensor, targets: Tensor, *, smoothing: float = 0.1, pad_id: int | None = 0
) -> Tensor:
    r"""Cross-entropy against targets with a little probability for every class.

    .. math:: L = -\sum_v q_v \log p_v, \qquad q_v = (1 - \varepsilon) [v = y] + \varepsilon / V

    averaged over the targets that are not padding. Its floor is the entropy of q, not 0. A class whose logit
    is -inf is excluded: the share :math:`\varepsilon` is spread over the others. A target that is itself excluded
    costs `RULED_OUT` nats and sends no gradient of its own.

    Args:
        logits: (..., V) scores before the softmax; values where the target is padding are ignored.
        targets: (...) ids of the right classes.
        smoothing: epsilon in [0, 1]; 0 gives plain cross-entropy.
        pad_id: targets with this id do not count; None counts all.

    Returns:
        The mean in nats per token, a 0-d tensor; 0 with zero gradients if all targets are padding (where
        torch's own loss is NaN). At least float32, also for half-precision logits.

    Raises:
        ValueError: if shapes do not fit, a target is no class (looked at on the CPU), or epsilon is no probability.
        TypeError: if the logits are not floating point or the targets not integers.

    Source: Szegedy et al. 2016, section 7; Vaswani et al. 2017, section 5.4.

    >>> round(label_smoothing_loss(torch.zeros(1, 4), torch.tensor([2])).item(), 4)  # log 4: all alike
    1.3863
    """
    _check(logits, targets, smoothing)
    n_classes = logits.shape[-1]
    logits = logits.reshape(-1, n_classes).to(torch.promote_types(logits.dtype, torch.float32))
    targets = targets.reshape(-1).long()
    if pad_id is not None:
        checks.whole("pad_id", pad_id)
    real = torch.ones_like(targets, dtype=torch.bool) if pad_id is None else targets != pad_id
    checks.within("targets", torch.where(real, targets, 0), n_classes, "there is one logit for each class")
    rows = _rows_without_exclusion(logits, real)
    if rows is None:
        loss = _each(logits, targets, real, smoothing)
    else:
        log_p = logits.index_select(0, rows).log_softmax(-1)
        right = -log_p.gather(-1, targets[rows, None]).squeeze(-1)
        each = (1.0 - smoothing) * right + smoothing * (-log_p.sum(-1) / n_classes)
        loss = each.new_zeros(real.shape).index_put((rows,), each)
    return torch.where(real, loss, 0.0).sum() / real.sum().clamp(min=1)


def _each(logits: Tensor, targets: Tensor, real: Tensor, smoothing: float) -> Tensor:
    """(N,) losses where classes may be excluded and padding may hold anything."""
    # NaN in padding is replaced before the softmax, or 0 × NaN would reach the gradient.
    logits = torch.where(real[:, None], logits, 0.0)
    targets = torch.where(real, targets, 0)
    possible = logits != float("-inf")
    logits = torch.where(possible.any(-1, keepdim=True), logits, 0.0)  # never a whole row of -inf
    log_p = torch.where(possible, logits.log_softmax(-1), 0.0)
    said = possible.gather(-1, targets[:, None]).squeeze(-1)
    right = torch.where(said, -log_p.gather(-1, targets[:, None]).squeeze(-1), RULED_OUT)
    spread = -log_p.sum(-1) / possible.sum(-1).clamp(min=1)
    return (1.0 - smoothing) * right + smoothing * spread


def perplexity(loss: float | Tensor) -> float:
    r"""How many equally likely tokens would cost the same loss; above the vocabulary for a model that is worse than chance.

    .. math:: \mathrm{PPL} = e^{L}

    Args:
        loss: mean cross-entropy in nats per token, *without* label smoothing, which would blur the meaning.

    Returns:
        At least 1; infinite where a float cannot hold it.

    Raises:
        ValueError: if the loss is negative or NaN.
        TypeError: if it is not one number.

    Source: Jelinek et al. 1977.

    >>> perplexity(0.0), round(perplexity(math.log(191)), 6)
    (1.0, 191.0)
    """
    if isinstance(loss, Tensor) and loss.ndim == 0 and not loss.is_complex():
        loss = loss.item()
    if isinstance(loss, bool) or not isinstance(loss, (int, float)):
        raise TypeError(f"a loss is one number, got {checks.said(loss)}")
    if not loss >= 0.0:
        raise ValueError(f"a cross-entropy is 0 or more, got {loss}; did you pass a log-probability?")
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def _rows_without_exclusion(logits: Tensor, real: Tensor) -> Tensor | None:
    """(R,) the rows that are not padding, where it is seen that no class of theirs is excluded; else None.

    They need the softmax and two sums alone, the same to the last bit: 131 ms to 45,
    forward and backward (2080×4000).
    """
    if not checks.visible(logits, real):
        return None
    rows = real.nonzero().squeeze(-1)
    return rows if math.isfinite(logits.detach().sum().item()) else None


def _check(logits: Tensor, targets: Tensor, smoothing: float) -> None:
    checks.floating("logits", logits, "; are logits and targets swapped?")
    checks.tensor("targets", targets)
    if targets.is_floating_point() or targets.is_complex() or targets.dtype == torch.bool:
        raise TypeError(f"targets must be integer ids, got {targets.dtype}; did you pass probabilities?")
    if logits.ndim < 1 or logits.shape[:-1] != targets.shape or logits.shape[-1] == 0:
        raise ValueError(
            f"expected logits (..., V) and targets (...), got {tuple(logits.shape)} and {tuple(targets.shape)}; "
            "did you forget to shift, or to keep the batch first?"
        )
    if logits.device != targets.device:
        raise ValueError(f"logits are on {logits.device}, targets on {targets.device}")
    checks.probability("smoothing", smoothing, below_one=False)
