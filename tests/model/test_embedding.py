"""Segments, and rows that are padded on the left."""

import pytest
import torch
from torch.testing import assert_close
from twins import EXACT, numbers, says, scramble

from transformer_lib import (
    Encoder,
    KeyValueCache,
    LanguageModel,
    LanguageModelConfig,
    MaskedLanguageModel,
    SegmentEmbedding,
    TransformerConfig,
    padding_mask,
)

SIZES = {"d_model": 6, "n_heads": 3, "d_ff": 5, "n_layers": 2, "max_length": 17}
POSITIONS = ("sinusoidal", "learned", "rotary")


def test_a_segment_adds_its_vector_to_each_of_its_tokens():
    module, x = scramble(SegmentEmbedding(3, 5)), numbers(2, 4, 5)
    segments = torch.tensor([[0, 0, 1, 1], [2, 2, 2, 0]])
    found = module(x, segments)
    for row, line in enumerate(segments.tolist()):
        for place, segment in enumerate(line):
            assert_close(found[row, place], x[row, place] + module.table.weight[segment], **EXACT)
    assert_close(module(x), module(x, torch.zeros_like(segments)), **EXACT)


def test_segments_enter_before_the_norm_of_the_embeddings():
    config = TransformerConfig(11, 11, n_segments=2, norm_embeddings=True, **SIZES)
    embedding = scramble(Encoder(config)).eval().embedding
    ids, segments = torch.tensor([[3, 5, 7]]), torch.tensor([[0, 1, 1]])
    words = embedding.tokens(ids) * 6**0.5 + embedding.positions.table[:3]
    by_hand = embedding.norm(words + embedding.segments.table.weight[segments])
    assert_close(embedding(ids, segments=segments), by_hand, **EXACT)


def test_segments_that_do_not_fit_are_refused():
    ids = torch.tensor([[3, 5, 7]])
    encoder = Encoder(TransformerConfig(11, 11, n_segments=2, **SIZES))
    with says(ValueError, "segments must lie in 0 … 1, got 2; segments count from 0"):
        encoder(ids, segments=torch.tensor([[0, 1, 2]]))
    with says(ValueError, "segments must be (1, 3) as the ids, got (1, 2)"):
        encoder(ids, segments=torch.tensor([[0, 1]]))
    plain = Encoder(TransformerConfig(11, 11, **SIZES))
    with says(ValueError, "segments came for a model that tells none apart; its config has n_segments 0"):
        plain(ids, segments=torch.zeros_like(ids))


@pytest.mark.parametrize("tie", ["output", "none"])
def test_a_masked_language_model_is_an_encoder_and_a_map_to_logits(tie):
    config = LanguageModelConfig(
        11, activation="gelu", output_bias=True, norm_first=False, tie_embeddings=tie, **SIZES
    )
    model = scramble(MaskedLanguageModel(config)).eval()
    ids = torch.tensor([[3, 5, 7, 4], [6, 8, 0, 0]])
    mask = padding_mask(ids)
    hidden = torch.nn.functional.gelu(model.transform(model.encoder(ids, mask)))
    logits, weights = model(ids, mask, return_weights=True)
    assert_close(logits, model.norm(hidden) @ model.output.weight.T + model.output.bias, **EXACT)
    assert_close(logits, model(ids, mask), **EXACT)
    assert weights.encoder.shape == (2, 2, 3, 4, 4)
    assert (model.output.weight is model.encoder.embedding.tokens.weight) == (tie == "output")
    changed = ids.clone()
    changed[0, 3] = 9
    assert (model(changed, mask) - logits)[0, 0].abs().max() > 1e-3  # what comes after counts


@pytest.mark.parametrize("positions", POSITIONS)
def test_padding_on_the_left_changes_nothing(positions):
    config = LanguageModelConfig(11, positions=positions, **SIZES)
    model = scramble(LanguageModel(config)).eval()
    rows = [[3, 5, 7, 4, 9], [6, 8], [10, 3, 4]]
    n_padding = torch.tensor([5 - len(row) for row in rows])
    ids = torch.tensor([[1] * (5 - len(row)) + row for row in rows])
    found, weights = model(ids, n_padding=n_padding, return_weights=True)
    for row, alone, padded, seen in zip(rows, found, n_padding, weights.decoder.transpose(0, 1), strict=True):
        expected, attended = model(torch.tensor([row]), return_weights=True)
        assert_close(alone[padded:], expected[0], rtol=0, atol=1e-6)
        assert_close(seen[..., padded:, padded:], attended.decoder[:, 0], rtol=0, atol=1e-6)
        assert not seen[..., :padded].any()


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_cache_goes_on_after_padding_on_the_left(positions):
    model = scramble(LanguageModel(LanguageModelConfig(11, positions=positions, **SIZES))).eval()
    ids, n_padding = torch.tensor([[1, 1, 6, 8, 3], [4, 5, 7, 4, 9]]), torch.tensor([2, 0])
    cache = KeyValueCache()
    steps = [
        model(ids[:, part], n_padding=n_padding, cache=cache)
        for part in (slice(0, 3), slice(3, 4), slice(4, 5))
    ]
    whole = model(ids, n_padding=n_padding)
    for row, padded in enumerate(n_padding):
        assert_close(torch.cat(steps, 1)[row, padded:], whole[row, padded:], rtol=0, atol=1e-6)


def test_padding_combines_with_a_mask():
    model = scramble(LanguageModel(LanguageModelConfig(11, **SIZES))).eval()
    ids, n_padding = torch.tensor([[1, 6, 8, 3]]), torch.tensor([1])
    hidden = torch.tensor([True, True, False, True])[None, None, None]
    _, weights = model(ids, hidden, n_padding=n_padding, return_weights=True)
    assert not weights.decoder[..., [0, 2]].any()
    assert weights.decoder[..., 3, [1, 3]].min() > 0


@pytest.mark.parametrize(
    ("n_padding", "message"),
    [
        (torch.tensor([0]), "n_padding must have a number for each row of ids (2, 3), got 1"),
        (torch.tensor([0, 3]), "n_padding must lie in 0 … 2, got 3; a row holds a word after its padding"),
        (torch.tensor([-1, 0]), "n_padding must lie in 0 … 2, got -1; a row holds a word after its padding"),
    ],
)
def test_padding_that_does_not_fit_is_refused(n_padding, message):
    model = LanguageModel(LanguageModelConfig(11, **SIZES))
    with says(ValueError, message):
        model(torch.tensor([[3, 4, 5], [6, 7, 8]]), n_padding=n_padding)
