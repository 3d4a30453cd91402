"""Ablation of feed-forward networks: fit and replacement on small cases, findings of the stored run."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.data import analyses
from transformer_lib.models.translator import load_translator
from transformer_lib.studies import results
from transformer_lib.studies.feed_forward import explained, linear_fit, passing, replaced


def test_the_fit_finds_a_map_that_is_there_and_the_nearest_one_where_none_is():
    torch.manual_seed(0)
    x, w, b = torch.randn(53, 3), torch.randn(3, 5), torch.randn(5)
    found = linear_fit(x, x @ w + b)
    assert_close(found[0], w)
    assert_close(found[1], b)
    y = (x @ w).relu()
    fit, shift = linear_fit(x, y)
    best = (x @ fit + shift - y).square().sum()
    for change in (0.01, -0.01):
        assert (x @ (fit + change) + shift - y).square().sum() > best


def test_what_is_explained_is_all_for_the_same_and_nothing_for_the_mean():
    y = torch.randn(11, 3)
    assert explained(y, y) == 1
    assert explained(y, y.mean(0).expand_as(y)) == pytest.approx(0, abs=1e-6)


def test_a_replacement_lasts_as_long_as_its_block_even_if_that_fails():
    network, x = torch.nn.Linear(3, 3), torch.randn(2, 3)
    before = network(x)
    with replaced([network], [torch.zeros_like]):
        assert network(x).abs().max() == 0
    with pytest.raises(TypeError), replaced([network], [lambda: x]):
        network(x)
    assert torch.equal(network(x), before)


def test_what_passes_is_what_the_network_read_and_gave():
    model, *words = load_translator()
    seen = passing(model, words, list(analyses("i am happy .")))
    assert len(seen) == 4
    for network, (x, y) in seen.items():
        assert_close(network(x), y)
    assert [len(x) for x, _ in seen.values()] == [4, 4, 5, 5]  # English words; <bos> and French words


def test_stored_a_straight_map_does_in_the_encoder_and_not_in_the_decoders_last_layer():
    found = results("feed_forward")["translator"]
    linear = {(row["stack"], row["layer"]): row["linear"] for row in found["each"]}
    assert found["whole"] > 0.98
    assert min(linear["encoder", 1], linear["encoder", 2]) > 0.94
    assert linear["decoder", 2] < 0.3
    *others, last = found["each"]
    assert (len(others), last["stack"], last["layer"]) == (3, "decoder", 2)
    assert all(row["gone"] < row["linear"] for row in others)
    assert abs(last["gone"] - last["linear"]) < 0.02  # there it does no better than nothing
