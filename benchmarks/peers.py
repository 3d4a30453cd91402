"""What readers would use instead: torch's own modules, and the plain computations of other textbooks in few lines."""

from __future__ import annotations

import math
import warnings
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib import TransformerConfig, causal_mask, sinusoidal_positions

PAD, BOS, EOS = 0, 1, 2


def filled_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """As The Annotated Transformer does it: hidden scores are filled with -1e9."""
    scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.shape[-1])
    weights = scores.masked_fill(mask == 0, -1e9).softmax(-1)
    return torch.matmul(weights, v), weights


def indexed_attention(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """As Dive into Deep Learning does it: three dimensions, and hidden scores found by the lengths (N,) or (N, T)."""
    scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(q.shape[-1])
    rows = scores.reshape(-1, scores.shape[-1])
    lengths = lengths.repeat_interleave(scores.shape[1]) if lengths.ndim == 1 else lengths.reshape(-1)
    seen = torch.arange(rows.shape[1])[None, :] < lengths[:, None]
    rows[~seen] = -1e6
    weights = rows.reshape(scores.shape).softmax(-1)
    return torch.bmm(weights, v), weights


class OneProjection(nn.Module):
    """Causal self-attention as nanoGPT does it: one projection, the fused kernel, another projection."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads, self.d_model = n_heads, d_model
        self.attend, self.project = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)

    def forward(self, x: Tensor) -> Tensor:
        B, T, C = x.size()
        q, k, v = self.attend(x).split(self.d_model, dim=2)
        q, k, v = (each.view(B, T, self.n_heads, C // self.n_heads).transpose(1, 2) for each in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.project(y.transpose(1, 2).contiguous().view(B, T, C))


class TorchTransformer(nn.Module):
    """`nn.Transformer` with the same embeddings, positions and tied output around it."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        d_model = config.d_model
        self.scale = d_model**0.5
        self.source = nn.Embedding(config.src_vocab_size, d_model)
        self.target = nn.Embedding(config.tgt_vocab_size, d_model)
        for words in (
            self.source,
            self.target,
        ):  # as ours; with 1 the first gradients are denormal, and 30 times slower
            nn.init.normal_(words.weight, std=d_model**-0.5)
        self.register_buffer("positions", sinusoidal_positions(config.max_length, d_model))
        self.dropout = nn.Dropout(config.dropout)
        with warnings.catch_warnings(action="ignore"):  # that pre-norm has no nested tensors
            self.inner = nn.Transformer(
                d_model,
                config.n_heads,
                config.n_layers,
                config.n_layers,
                config.d_ff,
                config.dropout,
                batch_first=True,
                norm_first=config.norm_first,
            )

    def forward(self, src_ids: Tensor, tgt_ids: Tensor) -> Tensor:
        padding = src_ids == PAD
        x = self.inner(
            self.embed(self.source, src_ids),
            self.embed(self.target, tgt_ids),
            tgt_mask=~causal_mask(tgt_ids.shape[1]),
            tgt_is_causal=True,
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
        )
        return x @ self.target.weight.T

    def embed(self, words: nn.Embedding, ids: Tensor) -> Tensor:
        return self.dropout(words(ids) * self.scale + self.positions[: ids.shape[1]])


def marian(
    vocab_size: int, n_layers: int, d_model: int, n_heads: int, d_ff: int, dropout: float = 0.0
) -> Any:
    """A Marian model of the `transformers` library of that shape."""
    from transformers import MarianConfig, MarianMTModel

    return MarianMTModel(
        MarianConfig(
            vocab_size=vocab_size,
            d_model=d_model,
            encoder_layers=n_layers,
            decoder_layers=n_layers,
            encoder_attention_heads=n_heads,
            decoder_attention_heads=n_heads,
            encoder_ffn_dim=d_ff,
            decoder_ffn_dim=d_ff,
            dropout=dropout,
            attention_dropout=dropout,
            activation_dropout=dropout,
            max_position_embeddings=64,
            activation_function="silu",
            pad_token_id=PAD,
            eos_token_id=EOS,
            decoder_start_token_id=BOS,
            forced_eos_token_id=None,
        )
    )
