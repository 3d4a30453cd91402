"""Models to decode with: a table whose sentences are known, and small random Transformers."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from transformer_lib.model.transformer import Transformer, TransformerConfig


class Past:
    """The state of a `TableModel`: which source each row reads, and how many tokens it wrote."""

    def __init__(self):
        self.sources, self.n_written = None, None

    def reorder(self, rows):
        self.sources, self.n_written = self.sources[rows], self.n_written[rows]


class TableModel(nn.Module):
    """p(next | last) from a table: one (V, V) table of probabilities per source, or one for all.

    A source is told by its first id. `seen` holds, per step, the sources of the rows that were computed.
    """

    def __init__(self, tables, **config):
        super().__init__()
        tables = torch.as_tensor(tables).clone()
        tables[..., 2, 2] = 1.0  # a row of zeros would be no distribution; nothing follows the end anyway
        self.tables = tables if tables.ndim == 3 else tables[None]
        sizes = {"src_vocab_size": 7, "tgt_vocab_size": self.tables.shape[-1], "max_length": 23}
        self.config = SimpleNamespace(pad_id=0, bos_id=1, eos_id=2, **(sizes | config))
        self.dropout = nn.Dropout(0.5)
        self.seen = []

    def new_cache(self):
        return Past()

    def encode(self, src_ids, mask):
        return src_ids[:, 0] % len(self.tables)

    def decode(self, ids, memory, mask, *, cache):
        if cache.sources is None:
            cache.sources, cache.n_written = memory, torch.zeros_like(memory)
        cache.n_written = cache.n_written + 1
        self.seen.append(cache.sources.tolist())
        return self.tables.to(ids.device)[cache.sources, ids[:, -1]].log()[:, None]


@pytest.fixture
def table_model():
    return TableModel


def random_transformer(seed, *, src_vocab_size=11, tgt_vocab_size=7, **config):
    """A Transformer whose sentences differ by source and end at different places, as a trained model's do."""
    torch.manual_seed(seed)
    sizes = {"d_model": 12, "n_heads": 2, "d_ff": 13, "n_layers": 2, "max_length": 23}
    choices = {"tie_embeddings": "none", "scale_embeddings": False, "output_bias": True}
    model = Transformer(
        TransformerConfig(src_vocab_size, tgt_vocab_size, **(sizes | choices | config))
    ).eval()
    with torch.no_grad():
        model.output.weight.mul_(3)
        model.output.bias[model.config.eos_id] = 1.0
        for layer in model.decoder.layers:
            layer.cross_attention.out_proj.weight.mul_(3)
    return model


@pytest.fixture
def transformer():
    return random_transformer


@pytest.fixture
def sources():
    """Five sentences of different lengths, padded on the right."""
    return torch.tensor(
        [
            [3, 9, 4, 10, 5, 7, 8],
            [6, 2, 0, 0, 0, 0, 0],
            [8, 8, 3, 1, 5, 0, 0],
            [10, 0, 0, 0, 0, 0, 0],
            [4, 7, 9, 2, 6, 3, 0],
        ]
    )
