"""Models to decode with: a table whose sentences are known, and small random Transformers."""

from string import ascii_letters, ascii_lowercase
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage import TrainedModel
from transformer_lib.text import Subwords, Vocabulary


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


class Shouter(nn.Module):
    """Says what it reads in capital letters. `read` holds, per batch, the sentences that it was given."""

    def __init__(self, words, max_length):
        super().__init__()
        louder = torch.arange(len(words))
        for letter in ascii_lowercase:
            louder[words.encode(letter)[-1]] = words.encode(letter.upper())[-1]
        louder[:3] = words.eos_id  # where the source ends, the translation does
        self.louder = nn.Parameter(louder, requires_grad=False)
        sizes = {"src_vocab_size": len(words), "tgt_vocab_size": len(words), "max_length": max_length}
        self.config = SimpleNamespace(pad_id=0, bos_id=1, eos_id=2, **sizes)
        self.words, self.read = words, []

    def new_cache(self):
        return Past()

    def encode(self, src_ids, mask):
        self.read.append([self.words.decode(row) for row in src_ids])
        return nn.functional.pad(src_ids, (0, 1))

    def decode(self, ids, memory, mask, *, cache):
        if cache.sources is None:
            cache.sources, cache.n_written = memory, torch.zeros_like(memory[:, 0])
        place = cache.n_written.clamp(max=cache.sources.shape[1] - 1)
        cache.n_written = cache.n_written + 1
        following = self.louder[cache.sources.gather(1, place[:, None])]
        return nn.functional.one_hot(following, len(self.louder)) * 9.0


@pytest.fixture
def shouter():
    """A trained model whose pieces are letters, and whose translations are what it read in capital letters."""

    def make(max_length=29, *, source_eos=False):
        words = Subwords.train([" ".join([*ascii_letters, *",.!?"])], 6)
        return TrainedModel(Shouter(words, max_length), words, words, {"data": {"source_eos": source_eos}})

    return make


@pytest.fixture
def table_translator():
    """A trained model that translates any letter by a table, into words named after their ids: "w3", "w4" …"""

    def make(table):
        source = Subwords.train(["a b c"], 6)
        target = Vocabulary([f"w{i}" for i in range(3, len(table))])
        model = TableModel(table, src_vocab_size=len(source))
        model.nothing = nn.Parameter(torch.zeros(0))
        return TrainedModel(model, source, target, {})

    return make


@pytest.fixture
def two_ways():
    """From the start: end at once (.4), or 3 (.6), which then ends (.5) or goes 3 → 4 (.5) → end (1)."""
    table = torch.zeros(5, 5)
    table[1, [2, 3]] = torch.tensor([0.4, 0.6])
    table[3, [2, 4]] = torch.tensor([0.5, 0.5])
    table[4, 2] = 1.0
    return table


@pytest.fixture
def garden_path():
    """The likelier a first word, the less likely is its end: (3, end) .12, (4, end) .168, (5, end) .11, (6, end) .2."""
    table = torch.zeros(9, 9)
    table[1, 3:7] = torch.tensor([0.3, 0.28, 0.22, 0.2])
    for first, end in ((3, 0.4), (4, 0.6), (5, 0.5), (6, 1.0)):
        table[first, [2, 7, 8]] = torch.tensor([end, (1 - end) / 2, (1 - end) / 2])
    table[7:, 2] = 1.0
    return table


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
