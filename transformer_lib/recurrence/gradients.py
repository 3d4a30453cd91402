"""The norm of the loss's gradient at each earlier state: vanishing and exploding gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.modes import evaluating


@runtime_checkable
class HasStates(Protocol):
    """A classifier that also returns the states behind its logits."""

    pad_id: int

    def states(self, ids: Tensor, /) -> tuple[Sequence[Tensor], Tensor]:
        """(B, T) ids to T states (B, d) and logits (B, n_classes)."""
        ...


def gradient_through_time(model: nn.Module, ids: Tensor, target: Tensor) -> Tensor:
    r"""The norm of the loss's gradient with respect to the state after each word.

    .. math:: \left\| \frac{\partial L}{\partial h_t} \right\|, \qquad t = 1 \dots T

    L is the cross-entropy of the answer at the end. For a recurrent network the gradient of an early state passes
    through every later one, a product of T - t Jacobians; with attention the path has one step for each layer, and
    the states are the vectors that enter the first layer. For an LSTM only h_t counts, not the cell beside it.

    Args:
        model: has ``states(ids) -> (T states (B, d), logits (B, n_classes))``, as `RecurrentClassifier` and
            `AttentionClassifier` do.
        ids: (B, T) without padding.
        target: (B,) the right answers.

    Returns:
        (T,) norms, each the mean over the batch.

    Raises:
        ValueError: if shapes do not fit, a row is padded, or an id is out of range.
        TypeError: if ids are no tensors of integers, or the model has no states.

    Source: Pascanu et al. 2013, section 2.1, equations 3 to 5.

    >>> from transformer_lib.recurrence.classifiers import RecurrentClassifier
    >>> model = RecurrentClassifier(11, 3, kind="rnn", d_model=5)
    >>> norms = gradient_through_time(model, torch.randint(1, 11, (2, 20)), torch.tensor([0, 2]))
    >>> norms.shape, bool(norms[0] < norms[-1])
    (torch.Size([20]), True)
    """
    checks.model("model", model)
    if not isinstance(model, HasStates):
        raise TypeError(
            f"the model must have states(ids), as RecurrentClassifier has; got a {type(model).__name__}"
        )
    checks.ids("ids", ids)
    checks.ids("target", target)
    if ids.ndim != 2 or target.shape != ids.shape[:1] or 0 in ids.shape:
        raise ValueError(
            f"expected ids (B, T) and targets (B,), got {tuple(ids.shape)} and {tuple(target.shape)}"
        )
    if (ids == model.pad_id).any():
        raise ValueError(
            "padding has no place here: the states after it would be of other times; cut the batch"
        )
    with evaluating(model), torch.enable_grad():  # dropout would remove paths at random
        states, logits = model.states(ids)
        checks.within("target", target, logits.shape[-1], "is it one of the model's classes?")
        # A sum over the batch, so that each row's gradient is that of its own loss.
        loss = F.cross_entropy(logits, target.long(), reduction="sum")
        gradients = torch.autograd.grad(loss, states)
    return torch.stack([gradient.norm(dim=-1).mean() for gradient in gradients])
