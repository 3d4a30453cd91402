"""The penalty on what was written already."""

import pytest
import torch
from torch.testing import assert_close
from twins import says

from transformer_lib.decoding import repetition_penalty


def test_a_repetition_penalty_makes_what_was_written_less_likely_whatever_its_sign():
    logits = torch.tensor([[3.0, -3.0, 3.0, -3.0], [1.0, 1.0, 1.0, 1.0]])
    found = repetition_penalty(logits, torch.tensor([[0, 1, 0], [3, 3, 3]]), 1.5)
    assert_close(found, torch.tensor([[2.0, -4.5, 3.0, -3.0], [1.0, 1.0, 1.0, 1 / 1.5]]))
    assert_close(repetition_penalty(logits, torch.tensor([[0], [1]]), 1.0), logits)


def test_a_repetition_penalty_may_be_a_tensor_of_one_number():
    logits, ids = torch.tensor([2.0, -2.0, 3.0]), torch.tensor([0, 1])
    expected = repetition_penalty(logits, ids, 1.25)
    assert_close(repetition_penalty(logits, ids, torch.tensor(1.25)), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_the_kind_of_the_logits_stays_and_so_do_they(dtype, device):
    logits = torch.tensor([[2.0, -2.0, 0.0]], dtype=dtype, device=device)
    found = repetition_penalty(logits, torch.tensor([[0, 1, 2]], dtype=torch.int64, device=device), 2)
    assert (found.dtype, found.device, found.tolist()) == (dtype, logits.device, [[1.0, -4.0, 0.0]])
    assert logits.tolist() == [[2.0, -2.0, 0.0]]


@pytest.mark.parametrize("kind", [float, torch.tensor])
def test_a_penalty_below_1_would_be_a_reward(kind):
    message = "penalty must be a finite number of at least 1, got 0.5; 1 changes nothing"
    with says(ValueError, message):
        repetition_penalty(torch.tensor([2.0, -2.0]), torch.tensor([1]), kind(0.5))


def test_a_penalty_is_one_number():
    with says(ValueError, "penalty is one number or a 0-d tensor, got shape (1,)"):
        repetition_penalty(torch.tensor([2.0, -2.0]), torch.tensor([1]), torch.tensor([1.25]))


def test_logits_and_ids_that_changed_places_are_refused():
    with says(TypeError, "logits must be floating point, got torch.int64; did you pass token ids?"):
        repetition_penalty(torch.tensor([1]), torch.tensor([2.0, -2.0]), 1.5)
    with says(TypeError, "ids must be int64 or int32, got torch.float32; did you pass embeddings or a mask?"):
        repetition_penalty(torch.tensor([2.0, -2.0]), torch.tensor([2.0]), 1.5)


def test_ids_belong_to_the_rows_and_to_the_vocabulary():
    logits = torch.zeros(2, 5)
    with says(ValueError, "expected ids of each row of logits, got logits (2, 5) and ids (3, 1)"):
        repetition_penalty(logits, torch.zeros(3, 1, dtype=torch.int64), 1.5)
    for wrong in (-1, 5):
        with says(ValueError, f"ids must lie in 0 … 4, got {wrong}; is it another model's vocabulary?"):
            repetition_penalty(logits, torch.tensor([[0], [wrong]]), 1.5)
