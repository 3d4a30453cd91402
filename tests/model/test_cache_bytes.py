"""The bytes of a cache, counted before it is filled."""

import pytest
import torch

from transformer_lib import KeyValueCache, LanguageModel, LanguageModelConfig, cache_bytes

H, D, T = 3, 4, 5


@pytest.mark.parametrize("n_kv_heads", [None, 3, 1])
def test_the_bytes_of_a_cache_are_those_that_it_keeps(n_kv_heads):
    config = LanguageModelConfig(
        13, d_model=H * D, n_heads=H, n_kv_heads=n_kv_heads, d_ff=5, n_layers=2, max_length=T
    )
    cache = KeyValueCache()
    LanguageModel(config)(torch.ones(1, T, dtype=torch.int64), cache=cache)
    assert cache.nbytes == cache_bytes(config, T, bytes_per_number=4)
    assert cache_bytes(config, T) == 2 * 2 * (n_kv_heads or H) * D * T * 2


def test_the_bytes_of_a_cache_need_a_config():
    with pytest.raises(TypeError, match="config must be a TransformerConfig, got 3"):
        cache_bytes(3, 5)
