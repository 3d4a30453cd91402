"""Greedy decoding and sampling. Long: both against decoding without a cache, in batches, and statistically."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.decoding import greedy_decode, next_token_distribution, sample
from transformer_lib.model.transformer import LanguageModel, TransformerConfig

PAD, BOS, EOS = 0, 1, 2


def sure(*steps, size=6):
    """A table that follows the given tokens: each key leads to its value."""
    table = torch.zeros(size, size)
    table[:, EOS] = 1e-9
    for last, following in steps:
        table[last, following] = 1.0
    return table


def read_again(model, src_ids, max_length, pick=lambda logits, t: logits.argmax(-1)):
    """Decoding without a cache: the whole sentence goes through the model for every token."""
    ids = torch.full((len(src_ids), 1), BOS)
    ended = torch.zeros(len(src_ids), dtype=torch.bool)
    for t in range(max_length):
        following = pick(model(src_ids, ids)[:, -1], t)
        ids = torch.cat([ids, torch.where(ended, PAD, following)[:, None]], 1)
        ended = ended | (following == EOS)
        if ended.all():
            break
    return ids[:, 1:]


def lengths(ids):
    ended = (ids == EOS).any(1)
    return [row.tolist().index(EOS) + 1 if end else len(row) for row, end in zip(ids, ended, strict=True)]


def test_greedy_follows_the_likeliest_tokens_and_pads_what_ended(table_model):
    tables = torch.stack([sure((1, 4), (4, 3), (3, 2)), sure((1, 5), (5, 2)), sure((1, 2))])
    model = table_model(tables)
    ids = greedy_decode(model, torch.tensor([[3], [4], [5]]), max_length=7)
    assert ids.tolist() == [[4, 3, EOS], [5, EOS, PAD], [EOS, PAD, PAD]]
    assert ids.dtype == torch.int64


def test_a_row_that_ended_is_not_computed_again(table_model):
    tables = torch.stack([sure((1, 4), (4, 3), (3, 2)), sure((1, 5), (5, 2)), sure((1, 2))])
    model = table_model(tables)
    greedy_decode(model, torch.tensor([[5], [4], [3]]), max_length=7)
    assert model.seen == [[2, 1, 0], [1, 0], [0]]


def test_greedy_stops_at_max_length_and_computes_no_step_more(table_model):
    model = table_model(sure((1, 4), (4, 3), (3, 4)))
    assert greedy_decode(model, torch.tensor([[3]]), max_length=5).tolist() == [[4, 3, 4, 3, 4]]
    assert len(model.seen) == 5
    assert greedy_decode(model, torch.tensor([[3]]), max_length=1).tolist() == [[4]]


def test_greedy_takes_the_smaller_id_of_equal_ones(table_model):
    model = table_model(torch.tensor([0.1, 0.1, 0.2, 0.3, 0.3]).expand(5, 5))
    assert greedy_decode(model, torch.tensor([[3]]), max_length=2).tolist() == [[3, 3]]


@pytest.mark.parametrize("seed", range(3, 7))
@pytest.mark.parametrize(
    "options", [{}, {"positions": "rotary"}, {"norm_first": False, "positions": "learned"}]
)
def test_with_a_cache_the_tokens_are_those_without(transformer, sources, seed, options):
    model = transformer(seed, **options)
    ids = greedy_decode(model, sources, max_length=11)
    with torch.no_grad():
        assert ids.tolist() == read_again(model, sources, 11).tolist()


def test_the_sentences_of_these_tests_end_at_different_places(transformer, sources):
    ends = [tuple(lengths(greedy_decode(transformer(seed), sources, max_length=11))) for seed in range(3, 7)]
    assert max(len(set(rows)) for rows in ends) >= 3


@pytest.mark.parametrize("seed", range(3, 6))
def test_a_sentence_in_a_batch_is_decoded_as_alone(transformer, sources, seed):
    model = transformer(seed)
    draws = torch.rand(5, 11, generator=torch.Generator().manual_seed(seed))
    together = greedy_decode(model, sources, max_length=11)
    drawn = sample(model, sources, max_length=11, draws=draws)
    for row, source in enumerate(sources):
        alone = source[source != PAD][None]
        expected = greedy_decode(model, alone, max_length=11)[0].tolist()
        assert together[row, : len(expected)].tolist() == expected
        assert together[row, len(expected) :].eq(PAD).all()
        expected = sample(model, alone, max_length=11, draws=draws[row : row + 1])[0].tolist()
        assert drawn[row, : len(expected)].tolist() == expected
        assert drawn[row, len(expected) :].eq(PAD).all()


@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0.5, "top_k": 3}, {"temperature": 2.0, "top_p": 0.8}]
)
def test_samples_with_a_cache_are_those_without(transformer, sources, settings):
    model = transformer(3)
    draws = torch.rand(5, 11, generator=torch.Generator().manual_seed(0))

    def pick(logits, t):
        cumulative = next_token_distribution(logits, **settings).double().cumsum(-1)
        return torch.searchsorted(cumulative, draws[:, t : t + 1].double() * cumulative[:, -1:], right=True)[
            :, 0
        ]

    ids = sample(model, sources, max_length=11, draws=draws, **settings)
    with torch.no_grad():
        assert ids.tolist() == read_again(model, sources, 11, pick).tolist()


@pytest.mark.parametrize(
    "settings", [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 0.0}, {"temperature": 1e-9}]
)
def test_a_sample_without_choice_is_greedy(transformer, sources, settings):
    model = transformer(5)
    assert torch.equal(
        sample(model, sources, max_length=11, **settings), greedy_decode(model, sources, max_length=11)
    )


def test_draws_choose_by_the_cumulative_distribution(table_model):
    table = torch.zeros(5, 5)
    table[1] = torch.tensor([0.0, 0.0, 0.25, 0.25, 0.5])
    table[3] = torch.tensor([0.0, 0.0, 0.5, 0.25, 0.25])
    table[4] = torch.tensor([0.0, 0.0, 0.0, 1.0, 0.0])
    draws = torch.tensor([[0.0, 0.0, 0.0], [0.3, 0.6, 0.3], [0.6, 0.999, 0.8]])
    ids = sample(table_model(table), torch.tensor([[3], [3], [3]]), max_length=3, draws=draws)
    assert ids.tolist() == [[EOS, PAD, PAD], [3, 3, EOS], [4, 3, 4]]


def test_after_a_row_ended_the_others_keep_their_own_draws(table_model):
    table = torch.zeros(5, 5)
    table[:] = torch.tensor([0.0, 0.0, 0.5, 0.25, 0.25])
    draws = torch.tensor([[0.6, 0.1, 0.6], [0.1, 0.9, 0.9], [0.9, 0.6, 0.9]])
    ids = sample(table_model(table), torch.tensor([[3], [3], [3]]), max_length=3, draws=draws)
    assert ids.tolist() == [[3, EOS, PAD], [EOS, PAD, PAD], [4, 3, 4]]


def chi_square(observed, probabilities):
    expected = probabilities * observed.sum()
    return ((observed - expected) ** 2 / expected)[probabilities > 0].sum().item()


@pytest.mark.parametrize(
    ("settings", "probabilities"),
    [
        ({}, [0.1, 0.2, 0.3, 0.4]),
        ({"temperature": 0.5}, [1 / 30, 4 / 30, 9 / 30, 16 / 30]),
        ({"top_k": 2}, [0, 0, 3 / 7, 4 / 7]),
        ({"top_p": 0.75}, [0, 2 / 9, 3 / 9, 4 / 9]),
    ],
)
def test_tokens_are_as_frequent_as_they_are_probable(table_model, settings, probabilities):
    model = table_model(torch.tensor([0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4]).expand(7, 7))
    generator = torch.Generator().manual_seed(0)
    ids = sample(model, torch.full((997, 1), 3), max_length=13, generator=generator, **settings)
    probabilities = torch.tensor(probabilities)
    for column in (ids[:, 0], ids[:, 12], ids.flatten()):
        observed = column.bincount(minlength=7)[3:].float()
        assert observed[probabilities == 0].sum() == 0
        assert chi_square(observed, probabilities) < 16.3  # three degrees of freedom: once in a thousand
    pairs = (ids[:, :-1] * 7 + ids[:, 1:]).flatten().bincount(minlength=49).view(7, 7)[3:, 3:].float()
    assert chi_square(pairs, torch.outer(probabilities, probabilities)) < 37.7  # fifteen degrees


def test_a_generator_stands_for_the_draws_it_would_give(transformer, sources):
    model = transformer(4)
    draws = torch.rand(5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    expected = sample(model, sources, max_length=7, temperature=2.0, draws=draws)
    drawn = sample(model, sources, max_length=7, temperature=2.0, generator=torch.Generator().manual_seed(3))
    other = sample(model, sources, max_length=7, temperature=2.0, generator=torch.Generator().manual_seed(4))
    assert torch.equal(drawn, expected)
    assert drawn.tolist() != other.tolist()
    torch.manual_seed(3)
    assert torch.equal(sample(model, sources, max_length=7, temperature=2.0), expected)


def test_by_default_the_model_s_own_distribution_is_drawn_from(transformer, sources):
    model, draws = transformer(3), torch.rand(5, 11, generator=torch.Generator().manual_seed(0))
    plain = sample(model, sources, max_length=11, draws=draws)
    assert torch.equal(
        plain, sample(model, sources, max_length=11, draws=draws, temperature=1.0, top_k=7, top_p=1)
    )
    assert plain.tolist() != sample(model, sources, max_length=11, draws=draws, temperature=3.0).tolist()


@pytest.mark.parametrize("decode", [greedy_decode, sample])
def test_dropout_is_off_and_every_mode_is_as_before(transformer, sources, decode):
    model = transformer(3, dropout=0.5)
    modes = {"generator": torch.Generator().manual_seed(0)} if decode is sample else {}
    expected = decode(model, sources, max_length=11, **modes)
    model.train()
    model.encoder.layers[1].eval()
    before = [module.training for module in model.modules()]
    if decode is sample:
        modes["generator"].manual_seed(0)
    assert torch.equal(decode(model, sources, max_length=11, **modes), expected)
    assert [module.training for module in model.modules()] == before


def test_the_mode_is_as_before_even_after_an_error(table_model, monkeypatch):
    model = table_model(sure((1, 4))).train()
    monkeypatch.setattr(model, "decode", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        greedy_decode(model, torch.tensor([[3]]), max_length=3)
    assert model.training
    assert model.dropout.training


def test_what_was_written_can_be_trained_on(transformer, sources):
    model = transformer(3)
    ids = greedy_decode(model, sources, max_length=7)
    model(sources, ids).sum().backward()
    assert model.decoder.embedding.tokens.weight.grad.abs().sum() > 0


def test_decoding_stores_no_graph(table_model, monkeypatch):
    model = table_model(sure((1, 4), (4, 2)))
    modes, decode = [], model.decode
    monkeypatch.setattr(
        model,
        "decode",
        lambda *a, **k: modes.append((torch.is_grad_enabled(), model.training)) or decode(*a, **k),
    )
    greedy_decode(model.train(), torch.tensor([[3]]), max_length=3)
    assert modes == [(False, False), (False, False)]


def test_ids_stay_on_the_device_of_the_source(transformer, sources, device):
    model = transformer(3).to(device)
    expected = greedy_decode(transformer(3), sources, max_length=7)
    ids = greedy_decode(model, sources.to(device), max_length=7)
    assert ids.device.type == device.type
    assert_close(ids.cpu(), expected)
    drawn = sample(model, sources.to(device), max_length=7, generator=torch.Generator().manual_seed(0))
    assert drawn.device.type == device.type


@pytest.mark.parametrize("seed", range(3, 6))
def test_a_language_model_goes_on_from_its_prompt(seed):
    torch.manual_seed(seed)
    config = TransformerConfig(
        1, 11, d_model=6, n_heads=2, d_ff=13, n_layers=2, max_length=13, tie_embeddings="none"
    )
    model = LanguageModel(config).eval()
    prompt = torch.tensor([[4, 5, 10], [7, 9, 3]])
    ids = greedy_decode(model, prompt, max_length=11)
    whole, ended = prompt, torch.zeros(2, dtype=torch.bool)
    for written in ids.T:
        following = torch.where(ended, PAD, model(whole)[:, -1].argmax(-1))
        assert torch.equal(written, following)
        ended = ended | (following == EOS)
        whole = torch.cat([whole, following[:, None]], 1)
    assert ended.all() or ids.shape == (2, 11)


def test_the_last_token_needs_no_position(transformer):
    model = transformer(3, max_length=7, positions="learned")
    assert greedy_decode(model, torch.tensor([[3, 4, 5, 6, 7, 8, 9]]), max_length=7).shape[1] <= 7
