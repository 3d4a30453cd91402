"""An injected fault does what its name says, and nothing else."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.decoding import greedy_decode
from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.transformer import Transformer
from transformer_lib.studies.faults import forget_the_shift, leak, strangers

SRC_IDS, TGT_IDS = torch.tensor([[3, 7, 5]]), torch.tensor([[1, 4, 6, 8, 2]])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Transformer(
        TransformerConfig(11, 13, d_model=6, n_heads=3, d_ff=5, n_layers=2, max_length=7)
    ).eval()


def moved(model, place):
    """Which positions of the logits move when one target word changes."""
    other = TGT_IDS.clone()
    other[0, place] = 9
    return ((model(SRC_IDS, TGT_IDS) - model(SRC_IDS, other)).abs().amax(-1) > 1e-6)[0].tolist()


def test_without_a_fault_a_word_moves_itself_and_what_follows(model):
    assert moved(model, 2) == [False, False, True, True, True]


def test_a_leak_lets_every_position_see_every_word(model):
    leak(model)
    assert moved(model, 2) == [True] * 5


def test_a_leak_leaves_the_parameters_alone(model):
    before = {name: p.clone() for name, p in model.state_dict().items()}
    leak(model)
    assert_close(model.state_dict(), before)


def test_without_a_shift_each_position_answers_for_the_token_that_it_was_given(model):
    right = model(SRC_IDS, TGT_IDS)
    forget_the_shift(model)
    late, weights = model(SRC_IDS, TGT_IDS, return_weights=True)
    assert_close(late[:, :-1], right[:, 1:])
    assert_close(late[:, -1], right[:, -1])
    assert weights.decoder.shape == (2, 1, 3, 5, 5)
    assert moved(model, 2) == [False, True, True, True, True]  # the answer for token 2 reads token 2


def test_writing_is_untouched_by_a_forgotten_shift(model):
    before = greedy_decode(model, SRC_IDS, max_length=5)
    forget_the_shift(model)
    assert torch.equal(greedy_decode(model, SRC_IDS, max_length=5), before)


def test_strangers_get_each_other_s_sources_and_keep_their_words():
    batch = torch.arange(1, 16).reshape(3, 5), torch.arange(21, 42).reshape(3, 7)
    src_ids, tgt_ids = strangers(lambda step: batch)(1)
    assert torch.equal(tgt_ids, batch[1])
    assert src_ids[:, 0].tolist() == [11, 1, 6]
