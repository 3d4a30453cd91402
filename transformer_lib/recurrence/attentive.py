"""Recurrent classifiers on an average of all their states: uniform, or by attention."""

from __future__ import annotations

import torch
from torch import Tensor

from transformer_lib.recurrence.additive import AdditiveAttention
from transformer_lib.recurrence.classifiers import RecurrentClassifier
from transformer_lib.recurrence.networks import check_ids, read, real_lengths


class AveragingClassifier(RecurrentClassifier):
    r"""Classifies a sentence from the uniform mean of its states.

    .. math:: c = \frac{1}{T} \sum_t h_t, \qquad y = W_o c + b_o

    Args:
        vocab_size, n_classes, kind, d_model, n_layers, radius, forget_bias, pad_id: as for `RecurrentClassifier`.

    >>> AveragingClassifier(11, 3, d_model=5)(torch.tensor([[4, 7, 9], [2, 0, 0]])).shape
    torch.Size([2, 3])
    """

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) ids to logits (B, n_classes)."""
        lengths = real_lengths(ids, self.pad_id)
        states, _ = read(self.network, self.embedding(ids), lengths)
        return self.output(states.sum(1) / lengths[:, None])  # states are zero beyond a sentence's end

    def states(self, ids: Tensor) -> tuple[list[Tensor], Tensor]:
        """The T states of the top layer and the logits, as `RecurrentClassifier.states`. No padding."""
        tops, _ = super().states(ids)
        return tops, self.output(torch.stack(tops).mean(0))


class AttentiveClassifier(RecurrentClassifier):
    r"""Classifies a sentence from an attention-weighted average of its states.

    .. math:: c = \mathrm{attention}(h_T, h_1 \dots h_T), \qquad y = W_o c + b_o

    The last state is the query, all states are keys and values: the path from any word to the loss has one step.

    Args:
        vocab_size, n_classes, kind, d_model, n_layers, radius, forget_bias, pad_id: as for `RecurrentClassifier`.

    Source: Bahdanau et al. 2014, section 3.1, with the last state of a classifier in place of a decoder's.

    >>> model = AttentiveClassifier(11, 3, d_model=5)
    >>> logits, weights = model(torch.tensor([[4, 7, 9], [2, 0, 0]]), return_weights=True)
    >>> logits.shape, weights[1].tolist()
    (torch.Size([2, 3]), [1.0, 0.0, 0.0])
    """

    def __init__(self, vocab_size: int, n_classes: int, **options) -> None:
        super().__init__(vocab_size, n_classes, **options)
        d_model = self.network.hidden_size
        self.attention = AdditiveAttention(d_model, d_model, d_model)

    def forward(self, ids: Tensor, *, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """(B, T) ids to logits (B, n_classes), and the weights (B, T) with `return_weights`."""
        check_ids(ids, self.embedding.num_embeddings)
        states, last = read(self.network, self.embedding(ids), real_lengths(ids, self.pad_id))
        logits, weights = self._look_back(states, last[0][-1], ids != self.pad_id)
        return (logits, weights) if return_weights else logits

    def states(self, ids: Tensor) -> tuple[list[Tensor], Tensor]:
        """The T states of the top layer and the logits, as `RecurrentClassifier.states`. No padding."""
        tops, _ = super().states(ids)
        logits, _ = self._look_back(torch.stack(tops, 1), tops[-1], None)
        return tops, logits

    def _look_back(self, states: Tensor, last: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        context, weights = self.attention(last, self.attention.u(states), states, mask)
        return self.output(context), weights
