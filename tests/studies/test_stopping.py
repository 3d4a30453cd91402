"""A training that is stopped is the training itself, up to there."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.data import encode_pairs, split, vocabularies
from transformer_lib.model.transformer import Transformer
from transformer_lib.models import translator
from transformer_lib.models.translator import load_translator
from transformer_lib.storage.checkpoint import load_checkpoint
from transformer_lib.studies.stopping import stopped
from transformer_lib.training import Batches, Recipe, train
from transformer_lib.training.step import adam


def test_what_is_stopped_is_the_checkpoint_of_the_whole_run(tmp_path, monkeypatch):
    words = vocabularies()
    source, target = map(len, words)
    config = replace(load_translator()[0].config, src_vocab_size=source, tgt_vocab_size=target)
    recipe = Recipe(n_steps=6, warmup_steps=2, log_every=1, save_every=1)
    torch.manual_seed(0)
    model = Transformer(config)

    class Stop(Exception):
        pass

    batches = Batches(encode_pairs(split(200, seed=0).train, *words), 5, seed=0)

    def batch_of(step):
        if step == 4:
            raise Stop
        return batches(step)

    with pytest.raises(Stop):
        train(model, batch_of, recipe, folder=tmp_path, progress=False)
    saved = Transformer(config)
    load_checkpoint(tmp_path / "checkpoint.safetensors", saved, adam(saved), expected={})
    translator._load.cache_clear()  # reading the file must not disturb the seed
    found = stopped(recipe, 3, n_pairs=200, batch_size=5)
    assert not found.training
    assert_close(found.state_dict(), saved.state_dict(), rtol=0, atol=0)


def test_a_recipe_cannot_be_stopped_after_its_end():
    with pytest.raises(ValueError, match="6 steps cannot be stopped after 7"):
        stopped(Recipe(n_steps=6, warmup_steps=2), 7, n_pairs=200)
