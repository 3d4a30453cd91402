import pytest
import torch
from torch.testing import assert_close

from transformer_lib.data import Pair, batches
from transformer_lib.decoding import greedy_decode
from transformer_lib.evaluation import alignment_error_rate, alignment_weights, argmax_accuracy
from transformer_lib.evaluation.report import Alignment, alignments, best_alignment, quality, translations
from transformer_lib.model.stacks import AttentionWeights
from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.text.vocabulary import Vocabulary

ENGLISH = Vocabulary(["i", "am", "happy", "you", "are", "."])
FRENCH = Vocabulary(["je", "suis", "content", "tu", "es", "."])
LINKS = frozenset((i, i) for i in range(4))
PAIRS = [
    Pair(("i", "am", "happy", "."), ("je", "suis", "content", "."), LINKS),
    Pair(("you", "are", "happy"), ("tu", "es", "content"), LINKS - {(3, 3)}),
    Pair(("i", "am", "."), ("je", "suis", "."), LINKS - {(3, 3)}),
    Pair(("you", "are", "happy", "."), ("tu", "es", "content", "."), LINKS),
]


class WordForWord(torch.nn.Module):
    """Translates word by word, but says *content* for a full stop after three words; looks where it should."""

    def __init__(self):
        super().__init__()
        self.config = TransformerConfig(9, 9, max_length=11)
        self.anchor = torch.nn.Parameter(torch.zeros(1))
        self.batch_sizes = []

    def encode(self, src_ids, mask):
        self.batch_sizes.append(len(src_ids))
        return src_ids

    def new_cache(self):
        return Place()

    def decode(self, ids, memory, mask, *, cache):
        if cache.source is None:
            end = memory.new_full((len(memory), 1), 2)
            cache.source = torch.where(torch.cat([memory, end], 1) == 0, 2, torch.cat([memory, end], 1))
        cache.n += 1
        following = cache.source[:, cache.n]
        wrong = (cache.n == 2) & (following == 8)
        return torch.nn.functional.one_hot(torch.where(wrong, 5, following), 9)[:, None].float().log()

    def forward(self, src_ids, tgt_ids, *, return_weights):
        n_target, n_source = tgt_ids.shape[1], src_ids.shape[1]
        right = torch.eye(n_target, n_source).expand(len(src_ids), 1, -1, -1)
        first = torch.zeros_like(right)
        first[..., 0] = 1.0
        cross = torch.stack([torch.cat([first, right], 1), torch.cat([right, right], 1)])
        return None, AttentionWeights(cross=cross)


class Place:
    def __init__(self):
        self.source, self.n = None, -1

    def reorder(self, rows):
        self.source = self.source[rows]


def test_translations_come_in_the_order_of_the_pairs():
    model = WordForWord()
    said = translations(model, ENGLISH, FRENCH, PAIRS, batch_size=3)
    assert said == [PAIRS[0].french, PAIRS[1].french, ("je", "suis", "content"), PAIRS[3].french]
    assert model.batch_sizes == [3, 1]
    assert translations(model, ENGLISH, FRENCH, PAIRS, max_length=2)[0] == ("je", "suis")


def test_quality_is_exact_match_and_bleu_of_the_words():
    found = quality(WordForWord(), ENGLISH, FRENCH, PAIRS)
    assert found.exact_match == 0.75
    # 13 of 14 words, 9 of 10 pairs, 5 of 6 triples, 2 of 2 fours
    assert_close(found.bleu.score, 100 * (13 / 14 * 9 / 10 * 5 / 6 * 2 / 2) ** 0.25)
    assert "tok:none" in found.bleu.signature


def test_alignments_are_scored_by_layer_and_head():
    table = alignments(WordForWord(), ENGLISH, FRENCH, PAIRS, batch_size=3)
    places = [(row.layer, row.head) for row in table]
    assert places == [(0, None), (0, 0), (0, 1), (1, None), (1, 0), (1, 1), (None, None)]
    assert table[1] == Alignment(0, 0, 1 - 4 / 14, 4 / 14)
    assert table[2] == Alignment(0, 1, 0.0, 1.0)
    assert table[3] == Alignment(1, None, 0.0, 1.0)
    assert best_alignment(table) == Alignment(0, 1, 0.0, 1.0)


@pytest.fixture
def transformer(device):
    torch.manual_seed(0)
    return Transformer(TransformerConfig(9, 9, d_model=6, n_heads=3, d_ff=7, n_layers=2, max_length=11)).to(
        device
    )


def test_a_transformer_is_measured_as_by_hand(transformer, device):
    said = translations(transformer, ENGLISH, FRENCH, PAIRS)
    for pair, words in zip(PAIRS, said, strict=True):
        [ids] = greedy_decode(
            transformer, torch.tensor([ENGLISH.encode(pair.english)], device=device), max_length=11
        )
        assert words == tuple(FRENCH.decode(ids))
    table = alignments(transformer, ENGLISH, FRENCH, PAIRS)
    [batch] = batches(PAIRS, ENGLISH, FRENCH, 4, device=device)
    maps = alignment_weights(transformer, *batch)
    gold = [pair.alignment for pair in PAIRS]
    for row, weights in (
        (table[2], [matrix[0, 1] for matrix in maps]),
        (table[4], [matrix[1].mean(0) for matrix in maps]),
        (table[-1], [matrix.flatten(0, 1).mean(0) for matrix in maps]),
    ):
        assert row[2:] == (alignment_error_rate(weights, gold), argmax_accuracy(weights, gold))
    assert transformer.training
