"""The translator's heads: masking words, ranking heads, counting lost gender."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.data import split
from transformer_lib.decoding import greedy_decode
from transformer_lib.evaluation import ablated
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.layers import EncoderLayer
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator
from transformer_lib.studies import results
from transformer_lib.studies.heads import Settings, alike, hiding, of_translator, of_words, rankings

TINY = Settings(controls=(0, 1), sentences=("i am happy .",))


def test_hiding_equals_the_layer_with_one_more_mask():
    torch.manual_seed(0)
    model = Transformer(
        TransformerConfig(11, 13, d_model=6, n_heads=3, d_ff=5, n_layers=2, max_length=7)
    ).eval()
    ids = torch.tensor([[3, 7, 5]])
    weights, effects = hiding(model, ids, layer=1, head=2)
    assert_close(weights, model.encode(ids, None, return_weights=True)[1].encoder[1, 0, 2])
    assert effects.shape == (3, 3)
    [said] = greedy_decode(model, ids, max_length=7).tolist()
    tgt_ids = torch.tensor([[1, *said[:-1]]])
    mask = torch.ones(1, 3, 3, 3, dtype=torch.bool)
    mask[0, 2, 0, 1] = False  # in the last head the first word does not see the second
    with torch.no_grad():
        x, _ = model.encoder.layers[0](model.encoder.embedding(ids))
        memory = model.encoder.norm(model.encoder.layers[1](x, mask)[0])
        whole, hidden = (
            model.decode(tgt_ids, read, None).softmax(-1) for read in (model.encode(ids, None), memory)
        )
    moved = ((hidden - whole).abs().sum(-1) / 2).max()
    assert moved > 1e-4
    assert_close(effects[0, 1], moved, rtol=1e-3, atol=1e-6)


def test_a_word_that_a_head_does_not_see_has_no_effect():
    torch.manual_seed(0)
    model = Transformer(
        TransformerConfig(11, 13, d_model=6, n_heads=3, d_ff=5, n_layers=2, max_length=7)
    ).eval()
    layer = model.encoder.layers[0]
    assert isinstance(layer, EncoderLayer)
    with torch.no_grad():
        layer.self_attention.w_o[:, 2:4] = 0  # nothing reads the head in the middle
    ids = torch.tensor([[3, 7, 5]])
    assert_close(hiding(model, ids, 0, 1)[1], torch.zeros(3, 3))
    assert hiding(model, ids, 0, 0)[1].max() > 0


def test_every_head_of_the_encoder_is_stored_for_every_pair_of_words():
    [row] = of_words(TINY)
    assert row["english"] == ["i", "am", "happy", "."]
    config = load_translator()[0].config
    for name in ("weights", "effects"):
        assert torch.tensor(row[name]).shape == (config.n_layers, config.n_heads, 4, 4)
    assert_close(torch.tensor(row["weights"]).sum(-1), torch.ones(2, 4, 4), rtol=0, atol=1e-3)


def test_of_all_pairs_the_share_in_the_same_order():
    a = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert alike(a, a.exp()) == 1
    assert alike(a, -a) == 0
    assert alike(a, torch.tensor([1.0, 2.0, 4.0, 3.0])) == pytest.approx(5 / 6)
    assert alike(a, torch.ones(4)) == 0.5


def test_rankings_are_of_all_heads_and_growth_is_what_ablation_costs():
    pairs = split(1600, seed=1).test_sentences[:3]
    found = rankings(pairs)
    assert {tensor.shape for tensor in found.values()} == {(24,)}
    assert (found["mean of gradients"] >= found["gradient of the mean"] * 0.5).all()
    assert (found["sure"] > 0.1).all()
    assert (found["sure"] <= 1).all()
    assert found["growth"].argmax() in (6, *range(16, 24))  # a head that the chapter calls important


def test_the_gradient_of_each_sentence_is_that_of_the_mean_where_there_is_one_sentence():
    found = rankings(split(1600, seed=1).test_sentences[:1])
    assert_close(found["mean of gradients"], found["gradient of the mean"])


def test_what_is_lost_is_counted_for_each_head_and_its_controls():
    pairs = split(1600, seed=1).test_sentences[:3]
    found = of_translator(TINY, pairs)
    assert [len(row) for row in found["cross"]["without"]] == [4, 4]
    assert [len(row) for row in found["encoder"]["at random"]] == [2, 2]
    assert [len(row) for row in found["gender"]] == [4, 4]


def test_the_stored_run_says_what_the_chapter_says():
    stored = results("heads")
    translator = stored["translator"]
    turned, of = translator["gender"][1][2]["adjectives and participles"]
    others = [translator["gender"][i][j]["adjectives and participles"]
              for i in range(2) for j in range(4) if (i, j) != (1, 2)]  # fmt: skip
    assert turned / of > 0.9 > 0.2 > max(other / all_ for other, all_ in others)
    means = {name: sum(shares) / len(shares) for name, shares in stored["rankings"].items()}
    assert means["mean of gradients"] > means["sure"] > means["gradient of the mean"] > 0.5


def test_an_ablated_model_is_whole_again():
    model, source, _ = load_translator()
    ids = torch.tensor([source.encode("i am happy .")])
    before = model.encode(ids, None)
    with ablated(model, 1, 2, "encoder"):
        assert not torch.equal(model.encode(ids, None), before)
    assert torch.equal(model.encode(ids, None), before)
