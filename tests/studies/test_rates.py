"""Short trainings at several rates: every rate and seed is there, and saturation is measured right."""

import torch
from torch.testing import assert_close

from transformer_lib.studies import results
from transformer_lib.studies.rates import Settings, saturation, study
from transformer_lib.studies.training import Material, fresh
from transformer_lib.studies.training import Settings as TrainingSettings
from transformer_lib.training import shift

TRAINING = TrainingSettings(
    n_pairs=300, n_validation=5, n_test=3, n_steps=2, every=1, batch_size=5, d_model=6, n_heads=3
)  # fmt: skip
TINY = Settings(
    rates=(0.001, 0.01), deep=((1, True, 0.01), (3, False, 0.001)), seeds=(0, 1), n_steps=2, warmup_steps=1,
    deep_steps=3, deep_warmup=2, saturating=(0.01,), training=TRAINING,
)  # fmt: skip


def test_every_rate_and_seed_is_trained():
    found = study(TINY)
    assert torch.tensor(found["loss"]).shape == (2, 2)
    assert len({loss for row in found["loss"] for loss in row}) == 4
    assert [sorted(row) for row in found["warmed"]] == [["with", "without"]] * 2
    assert all(len(losses) == 2 for row in found["warmed"] for losses in row.values())
    assert len(found["saturated"]) == 1


def test_saturation_counts_rows_of_real_words_and_reads_the_gradient_of_queries_and_keys():
    material = Material(TRAINING)
    model = fresh(material, TRAINING)
    even = saturation(model, material.validation)
    assert 0 <= even["one_word"] < 0.5
    src_ids, tgt_ids = material.validation[0]
    inputs, targets = shift(tgt_ids)
    model.zero_grad()
    logits = model(src_ids, inputs)
    torch.nn.functional.cross_entropy(logits.mT, targets, ignore_index=0).backward()
    squares = sum(
        g[:12].square().sum()
        for name, p in model.named_parameters()
        if "in_proj.weight" in name
        for g in [p.grad]
    )
    assert_close(even["gradient"], squares.sqrt().item(), rtol=1e-4, atol=1e-6)
    assert even["all"] > even["gradient"] > 0
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "in_proj.weight" in name:
                p.mul_(1e3)  # scores a million times as large: each row looks at one word
    assert saturation(model, material.validation)["one_word"] > 0.9


def test_the_stored_study_is_the_one_that_the_chapter_reads():
    found, defaults = results("rates"), Settings()
    assert found["about"]["rates"] == list(defaults.rates)
    assert torch.tensor(found["loss"]).shape == (len(defaults.rates), len(defaults.seeds))
    assert len(found["warmed"]) == len(defaults.deep)
    assert len(found["saturated"]) == len(defaults.saturating)
