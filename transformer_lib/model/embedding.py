"""From ids to vectors: words, where they stand, and the segment that they stand in."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.norms import NORMS
from transformer_lib.model.positions import LearnedPositions, SinusoidalPositions


class Embedding(nn.Module):
    r"""Words to vectors that know their position.

    .. math:: \mathrm{Dropout}(\sqrt{d_{model}} \, E[ids] + PE)

    E starts normal with standard deviation 1 / √d_model, so that a scaled vector has entries of variance 1
    and, with tied embeddings, logits do as well. Checks its ids, for it is where they enter a model.

    Source: Vaswani et al. 2017, sections 3.4, 3.5 and 5.4.
    """

    def __init__(self, vocab_size: int, config: TransformerConfig) -> None:
        super().__init__()
        check_config(config)
        checks.count("vocab_size", vocab_size)
        d_model = config.d_model
        self.max_length = config.max_length
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=d_model**-0.5)
        self.scale = d_model**0.5 if config.scale_embeddings else 1.0
        layout: dict[str, Any] = {"pairs": config.position_pairs, "base": config.position_base}
        self.positions = {
            "sinusoidal": lambda: SinusoidalPositions(config.max_length, d_model, **layout),
            "learned": lambda: LearnedPositions(config.max_length, d_model),
            "rotary": lambda: _unplaced,  # rotary positions enter inside attention
        }[config.positions]()
        norm = NORMS[config.norm](d_model, config.norm_eps, config.bias)
        self.norm = norm if config.norm_embeddings else nn.Identity()
        self.segments = SegmentEmbedding(config.n_segments, d_model) if config.n_segments else _unsegmented
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        ids: Tensor,
        offset: int = 0,
        *,
        n_padding: Tensor | None = None,
        segments: Tensor | None = None,
    ) -> Tensor:
        """(B, T) ids, the first at position `offset`, to (B, T, d_model).

        With `n_padding` (B,), so many positions of a row are padding on its left, and the count begins after them;
        `segments` as in `SegmentEmbedding`.
        """
        _check_ids(ids, self.tokens.num_embeddings, self.max_length, offset)
        place = offset if n_padding is None else offset - n_padding
        x = self.norm(self.segments(self.positions(self.tokens(ids) * self.scale, place), segments))
        return self.dropout(x) if self.dropout.training else x


class SegmentEmbedding(nn.Module):
    """Add one learned vector per segment, the kind of sentence in which a token stands: BERT's sentences A and B.

    They start normal with standard deviation 0.02, as positions do.

    Source: Devlin et al. 2019, section 3.2 and figure 2.

    >>> SegmentEmbedding(2, 3)(torch.zeros(1, 5, 3), torch.tensor([[0, 0, 0, 1, 1]])).shape
    torch.Size([1, 5, 3])
    """

    def __init__(self, n_segments: int, d_model: int) -> None:
        super().__init__()
        checks.count("n_segments", n_segments)
        checks.count("d_model", d_model)
        self.table = nn.Embedding(n_segments, d_model)
        nn.init.normal_(self.table.weight, std=LearnedPositions.STD)

    def forward(self, x: Tensor, segments: Tensor | None = None) -> Tensor:
        """(B, T, d_model) and the segment of each token, (B, T) integers from 0, to (B, T, d_model); None: all are 0."""
        checks.vectors("x", x, "batch, length, d_model", self.table.weight, n_dims=3)
        if segments is None:
            return x + self.table.weight[0]
        checks.ids("segments", segments, 2, "(batch, length)")
        if segments.shape != x.shape[:2]:
            raise ValueError(f"segments must be {tuple(x.shape[:2])} as the ids, got {tuple(segments.shape)}")
        checks.within("segments", segments, self.table.num_embeddings, "segments count from 0")
        return x + self.table(segments)


def check_config(config: TransformerConfig) -> None:
    """Refuse what is no configuration."""
    checks.instance("config", config, TransformerConfig, "a TransformerConfig")


def _unplaced(x: Tensor, offset: int | Tensor) -> Tensor:
    return x


def _unsegmented(x: Tensor, segments: Tensor | None = None) -> Tensor:
    if segments is not None:
        raise ValueError("segments came for a model that tells none apart; its config has n_segments 0")
    return x


def _check_ids(ids: Tensor, vocab_size: int, max_length: int, offset: int) -> None:
    checks.ids("ids", ids, 2, "(batch, length)")
    if torch.compiler.is_compiling():
        return  # lengths and values are unknown until the compiled program runs
    if 0 in ids.shape:
        raise ValueError(f"ids must hold at least one sentence of one word, got shape {tuple(ids.shape)}")
    if ids.shape[1] + offset > max_length:
        raise ValueError(
            f"a sequence of {ids.shape[1] + offset} words is longer than max_length {max_length}; "
            "shorten it or build the model with a larger max_length"
        )
    checks.within("ids", ids, vocab_size, "did you mix up source and target vocabulary?")
