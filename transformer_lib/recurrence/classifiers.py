"""Sentence classifiers: recurrent ones, and one with self-attention for comparison."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.layers import EncoderLayer
from transformer_lib.model.masks import padding_mask
from transformer_lib.model.positions import LearnedPositions
from transformer_lib.recurrence.cells import STEPS, unroll
from transformer_lib.recurrence.networks import check_ids, read, real_lengths, recurrent_network


class RecurrentClassifier(nn.Module):
    """Classifies a sentence from the last state of a recurrent network.

    Args:
        vocab_size: size of the vocabulary.
        n_classes: number of classes.
        kind, d_model, n_layers, radius, forget_bias: as for `recurrent_network`; embeddings have the width d_model,
            too.
        pad_id: fills short sentences on the right; never read.

    Source: Elman 1990; Hochreiter and Schmidhuber 1997, section 4; Cho et al. 2014 (arXiv 1406.1078), section 2.3.

    >>> RecurrentClassifier(11, 3, kind="lstm", d_model=5)(torch.tensor([[4, 7, 9], [2, 0, 0]])).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        vocab_size: int,
        n_classes: int,
        *,
        kind: str = "rnn",
        d_model: int = 64,
        n_layers: int = 1,
        radius: float | None = None,
        forget_bias: float | None = None,
        pad_id: int = 0,
    ) -> None:
        super().__init__()
        _check_sizes(vocab_size, n_classes, pad_id)
        checks.count("d_model", d_model)
        self.kind, self.pad_id = kind, pad_id
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.network = recurrent_network(
            kind, d_model, d_model, n_layers, radius=radius, forget_bias=forget_bias
        )
        self.output = nn.Linear(d_model, n_classes)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) ids to logits (B, n_classes)."""
        check_ids(ids, self.embedding.num_embeddings)
        _, state = read(self.network, self.embedding(ids), real_lengths(ids, self.pad_id))
        return self.output(state[0][-1])

    def states(self, ids: Tensor) -> tuple[list[Tensor], Tensor]:
        """The T states h_t (B, d_model) of the top layer, each computed from the one before, and the logits.

        Equal to `forward` but slower: every state is a node of the autograd graph. No padding.
        """
        check_ids(ids, self.embedding.num_embeddings)
        x = self.embedding(ids)
        width = self.network.hidden_size
        for weights in self.network.all_weights:
            start = (x.new_zeros(len(ids), width),) * (2 if self.kind == "lstm" else 1)
            states = unroll(STEPS[self.kind], x, start, *weights)
            x = torch.stack([state[0] for state in states], 1)
        tops = [state[0] for state in states]
        return tops, self.output(tops[-1])


class AttentionClassifier(nn.Module):
    """Classifies a sentence with layers of causal self-attention, from its last position.

    Args:
        vocab_size, n_classes, d_model, n_layers, pad_id: as for `RecurrentClassifier`.
        n_heads: heads of each attention.
        max_length: the longest sentence.

    Source: Vaswani et al. 2017, section 3.

    >>> AttentionClassifier(11, 3, d_model=6, n_heads=2)(torch.tensor([[4, 7, 9], [2, 0, 0]])).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        vocab_size: int,
        n_classes: int,
        *,
        d_model: int = 64,
        n_heads: int = 4,
        n_layers: int = 1,
        max_length: int = 128,
        pad_id: int = 0,
    ) -> None:
        super().__init__()
        _check_sizes(vocab_size, n_classes, pad_id)
        checks.count("n_layers", n_layers)
        checks.count("d_model", d_model)
        self.pad_id = pad_id
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.positions = LearnedPositions(max_length, d_model)
        self.layers = nn.ModuleList(EncoderLayer(d_model, n_heads, 4 * d_model) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.output = nn.Linear(d_model, n_classes)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) ids to logits (B, n_classes)."""
        check_ids(ids, self.embedding.num_embeddings)
        lengths = real_lengths(ids, self.pad_id)
        return self._answer(self._embed(ids), lengths, padding_mask(ids, self.pad_id))

    def states(self, ids: Tensor) -> tuple[list[Tensor], Tensor]:
        """The T vectors (B, d_model) that enter the first layer, and the logits. No padding."""
        check_ids(ids, self.embedding.num_embeddings)
        states = list(self._embed(ids).unbind(1))
        lengths = torch.full((len(ids),), ids.shape[1], device=ids.device)
        return states, self._answer(torch.stack(states, 1), lengths, None)

    def _embed(self, ids: Tensor) -> Tensor:
        return self.positions(self.embedding(ids))

    def _answer(self, x: Tensor, lengths: Tensor, mask: Tensor | None) -> Tensor:
        for layer in self.layers:
            x, _ = layer(x, mask, causal=True)
        last = x[torch.arange(len(x), device=x.device), lengths - 1]
        return self.output(self.norm(last))


def _check_sizes(vocab_size: int, n_classes: int, pad_id: int) -> None:
    checks.count("vocab_size", vocab_size)
    checks.count("n_classes", n_classes)
    checks.whole("pad_id", pad_id)
