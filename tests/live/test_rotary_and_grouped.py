"""Rotary positions and grouped queries: the pictures' numbers are the library's, and show what the chapter says of them."""

from __future__ import annotations

import pytest
import torch

from transformer_lib.live.views import find
from transformer_lib.live.views.grouped import KV_HEADS, N_HEADS, heads_of
from transformer_lib.live.views.rotary import FARTHEST, N_PAIRS, SHIFT, WIDTH
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.multihead import MultiHeadAttention
from transformer_lib.model.positions import RotaryPositions
from transformer_lib.model.transformer import LanguageModel

ROTARY, GROUPED = find("rotary"), find("grouped")


def numbers(view, **moved):
    given = {name: torch.as_tensor(value, dtype=view.example[name].dtype) for name, value in moved.items()}
    return view(**(dict(view.example) | given))


class TestRotary:
    def test_the_score_is_that_of_vectors_that_the_library_turned(self):
        turn = RotaryPositions(FARTHEST + SHIFT + 1, WIDTH)
        q, k = (ROTARY.example[name] for name in ("query", "key"))
        found = numbers(ROTARY, query_at=17, key_at=5, shift=11)
        wanted = turn(q[None], offset=28)[0] @ turn(k[None], offset=16)[0]
        torch.testing.assert_close(found["score"], wanted)
        torch.testing.assert_close(found["query_turned"].flatten(), turn(q[None], offset=28)[0])

    def test_both_moved_on_together_turn_and_keep_every_part_of_the_score(self):
        here, there = (numbers(ROTARY, query_at=13, key_at=7, shift=shift) for shift in (0, SHIFT))
        torch.testing.assert_close(here["parts"], there["parts"], atol=1e-5, rtol=0)
        for name in ("query_turned", "key_turned"):
            assert (here[name] - there[name]).abs().amax(-1)[0] > 0.1
        assert torch.equal(here["value_kept"], there["value_kept"])

    def test_every_setting_of_places_lies_on_the_curve_at_its_distance(self):
        for query_at, key_at in ((0, 0), (30, 0), (0, 30), (29, 23), (2, 19)):
            found = numbers(ROTARY, query_at=query_at, key_at=key_at, shift=3, pair=2)
            at = query_at - key_at + FARTHEST
            assert found["distances"][at] == found["distance"]
            torch.testing.assert_close(found["curves"][0, at], found["score"], atol=1e-5, rtol=0)
            torch.testing.assert_close(found["curves"][1, at], found["parts"][2], atol=1e-5, rtol=0)

    def test_without_distance_it_is_the_product_of_the_vectors_as_they_were(self):
        q, k = (ROTARY.example[name] for name in ("query", "key"))
        torch.testing.assert_close(numbers(ROTARY, query_at=9, key_at=9)["score"], q @ k, atol=1e-5, rtol=0)

    def test_the_first_pair_is_fast_and_the_last_hardly_moves(self):
        fast, slow = (numbers(ROTARY, pair=pair)["curves"][1] for pair in (0, N_PAIRS - 1))
        assert fast.max() - fast.min() > 20 * (slow.max() - slow.min())

    def test_a_vectors_product_with_itself_is_largest_at_no_distance_alike_to_both_sides_and_fades(self):
        curve = numbers(ROTARY, same=True)["curves"][0]
        torch.testing.assert_close(curve, curve.flip(0), atol=1e-5, rtol=0)
        assert curve.argmax() == FARTHEST
        near, far = curve[FARTHEST + 1 : FARTHEST + 11].mean(), curve[-10:].mean()
        assert far < near < curve[FARTHEST]


def pooled(full: MultiHeadAttention, n_kv_heads: int) -> MultiHeadAttention:
    """Attention whose projections of keys and values are means over neighbouring heads of the full one's."""
    found = MultiHeadAttention(full.d_model, full.n_heads, bias=False, n_kv_heads=n_kv_heads)
    q, *shared = full.in_proj.weight.split(full.sizes)
    means = [w.unflatten(0, (n_kv_heads, -1, full.d_head)).mean(1).flatten(0, 1) for w in shared]
    found.in_proj.weight.data = torch.cat((q, *means))
    return found


class TestGrouped:
    @pytest.mark.parametrize("n_kv_heads", KV_HEADS)
    def test_weights_are_those_of_the_librarys_heads_with_mean_projections(self, n_kv_heads):
        torch.manual_seed(0)
        full, x = MultiHeadAttention(N_HEADS * 3, N_HEADS, bias=False), 3 * torch.randn(1, 7, N_HEADS * 3)
        with torch.no_grad():
            q, k = (x[0] @ w.T for w in (full.w_q, full.w_k))
            _, weights = pooled(full, n_kv_heads)(x, causal=True, need_weights=True)
        queries, keys = (y.unflatten(-1, (N_HEADS, 3)).transpose(0, 1) for y in (q, k))
        for word in (0, 4, 6):
            found = numbers(GROUPED, queries=queries, keys=keys, n_kv_heads=n_kv_heads, word=word)
            torch.testing.assert_close(found["weights"], weights[0, :, word], atol=1e-6, rtol=1e-5)

    def test_neighbours_read_the_same_and_keep_weights_of_their_own(self):
        found = numbers(GROUPED, n_kv_heads=2)
        assert found["reads"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
        assert (found["weights"][:4] - found["weights"][0]).abs().max() > 0.05

    def test_nothing_moves_where_nothing_is_shared_and_more_the_more_is(self):
        moved = [numbers(GROUPED, n_kv_heads=n)["moved"].item() for n in KV_HEADS]
        assert moved[0] == pytest.approx(0, abs=1e-6)
        assert 0.05 < moved[1] < moved[-1] < 1

    def test_a_models_own_heads_give_the_models_own_weights(self):
        torch.manual_seed(0)
        sizes = {"d_model": 6 * N_HEADS, "n_heads": N_HEADS, "n_kv_heads": 4, "d_ff": 11, "n_layers": 3}
        model = LanguageModel(LanguageModelConfig(13, positions="rotary", bias=False, **sizes)).eval()
        ids = torch.tensor([1, 7, 4, 11, 5])
        with torch.no_grad():
            _, attended = model(ids[None], return_weights=True)
        given = heads_of(model, ids, 2)
        for n in (8, 4):  # its own heads of keys, each stored twice or once
            found = numbers(GROUPED, **given, n_kv_heads=n, word=3)
            torch.testing.assert_close(found["weights"], attended.decoder[2, 0, :, 3])

    @pytest.mark.parametrize("n_tokens", [16, 8192])
    def test_the_cache_shrinks_with_the_heads_and_grows_with_the_text(self, n_tokens):
        for n in KV_HEADS:
            full, kept = numbers(GROUPED, n_kv_heads=n, n_tokens=n_tokens)["megabytes"].tolist()
            assert full == pytest.approx(2 * 12 * 8 * 64 * 2 * n_tokens / 1e6)
            assert kept == pytest.approx(full * n / N_HEADS)
