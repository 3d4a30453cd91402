"""What heads do: measured on trained models in the stored run, on small or hand-made ones here."""

import torch
from torch.testing import assert_close

from transformer_lib.config import TransformerConfig
from transformer_lib.decoding import greedy_decode
from transformer_lib.layers import EncoderLayer
from transformer_lib.studies.heads import (
    Settings,
    finder,
    found,
    hiding,
    induction_score,
    of_words,
    previous_score,
    repeats,
    without,
)
from transformer_lib.tasks import induction
from transformer_lib.transformer import Transformer
from transformer_lib.translator import load_translator

TINY = Settings(seeds=(0,), controls=(0, 1), n_steps=3, batch_size=3, length=13, n_symbols=7, periods=(3, 5),
                d_model=6, n_heads=3, n_test=5, sentences=("i am happy .",))  # fmt: skip


def test_a_head_that_only_looks_one_back_has_the_previous_score_one():
    weights = torch.zeros(2, 3, 5, 5)
    weights[..., 0, 0] = 1
    weights.diagonal(-1, dim1=-2, dim2=-1).fill_(1)
    assert_close(previous_score(weights), torch.ones(2, 3))
    assert previous_score(weights.transpose(-2, -1)).max() == 0


def test_a_head_that_looks_after_the_last_time_has_the_induction_score_one():
    task = induction(2, 11, seed=3, n_symbols=7, periods=(3, 5))
    weights = torch.zeros(2, 3, 11, 11)
    for row, period in enumerate(task.periods.tolist()):
        for t in range(period, 11):
            weights[row, 1, t, t - period + 1] = 1  # only the head in the middle
    assert_close(induction_score(weights, task), torch.tensor([0.0, 1.0, 0.0]))


def test_uniform_weights_have_a_small_induction_score():
    task = induction(5, 11, seed=3, n_symbols=7, periods=(3, 5))
    uniform = torch.ones(11, 11).tril() / torch.arange(1, 12)[:, None]
    score = induction_score(uniform.expand(5, 2, 11, 11), task)
    assert (score > 0.1).all()
    assert (score < 0.4).all()


def test_a_finder_is_the_same_for_the_same_seed_and_in_evaluation_mode():
    one, again, other = (finder(1, TINY, seed) for seed in (0, 0, 1))
    assert not one.training
    task = repeats(TINY, TINY.n_test, 17)
    assert_close(one(task.ids), again(task.ids))
    assert not torch.equal(one(task.ids), other(task.ids))
    assert 0 <= found(one, task) <= 1


def test_each_head_and_each_control_is_measured_and_the_model_is_whole_afterwards():
    model = finder(2, TINY, 0)
    ids = repeats(TINY, 5, 17).ids
    before = model(ids)
    table = without(model, "decoder", lambda: (model(ids) - before).abs().max().item(), TINY.controls)
    assert [len(row) for row in table["without"]] == [3, 3]
    assert [len(row) for row in table["at random"]] == [2, 2]
    assert len({round(value, 6) for row in table["without"] for value in row}) == 6  # each head by itself
    assert min(value for rows in table.values() for row in rows for value in row) > 0
    assert_close(model(ids), before, rtol=0, atol=0)


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
