"""Running text: what is counted as a repetition, and that every way and seed is measured."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib.data import generate, vocabularies
from transformer_lib.decoding import greedy_decode
from transformer_lib.studies import results
from transformer_lib.studies.repetition import (
    Settings,
    greedy_with_penalty,
    repeated,
    stretches,
    study,
    surprise,
    trained,
)

TINY = Settings(
    n_pairs=600, length=13, n_steps=5, batch_size=3, d_model=12, seeds=(0, 1), n_texts=2, n_given=5, n_written=7
)  # fmt: skip


@pytest.fixture(scope="module")
def model():
    return trained(TINY, stretches(generate(20, seed=3), TINY.length), seed=0)


def test_stretches_are_the_text_in_order():
    _, target = vocabularies()
    pairs = generate(5, seed=3)
    words = [word for pair in pairs for word in pair.french]
    found = stretches(pairs, 7)
    assert all(len(text) == 8 and text[0] == target.bos_id for text in found)
    assert [word for text in found for word in target.decode(text[1:])] == words[: 7 * len(found)]


def test_a_run_that_stood_before_is_repeated():
    assert repeated([1, 2, 3, 4, 5], run=2) == 0
    assert repeated([1, 2, 1, 2], run=2) == pytest.approx(1 / 3)
    assert repeated([1] * 10) == pytest.approx(6 / 7)


def test_without_a_penalty_it_is_greedy_decoding(model):
    ids = torch.tensor([[1, 5, 7], [1, 11, 13]])
    assert torch.equal(greedy_with_penalty(model, ids, 7, 1.0), greedy_decode(model, ids, max_length=7))


def test_a_penalty_keeps_a_word_from_coming_back(model):
    ids = torch.tensor([[1, 5, 7]])
    text = [*ids[0].tolist(), *greedy_with_penalty(model, ids, 7, 1e6)[0].tolist()]
    assert len(set(text)) == len(text)


def test_surprise_is_the_mean_loss_of_what_was_written(model):
    given, written = torch.tensor([[1, 5, 7]]), torch.tensor([[11, 13]])
    log_p = model(torch.cat((given, written), 1)).log_softmax(-1)[0]
    wanted = -(log_p[2, 11] + log_p[3, 13]) / 2
    assert_close(surprise(model, given, written), wanted.item())


def test_every_way_is_measured_with_every_seed():
    found = study(TINY)
    for row in found["ways"].values():
        assert len(row["repeated"]) == len(row["surprise"]) == 2
        assert row["text"]


def test_in_the_stored_study_greedy_text_repeats_itself_and_the_corpus_does_not():
    found = results("repetition")["ways"]
    assert min(found["greedy"]["repeated"]) > 10 * max(found["the corpus"]["repeated"])
    assert all(len(row["repeated"]) == len(Settings().seeds) for row in found.values())
