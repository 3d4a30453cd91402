"""The losses of tuning: worked by hand, and their gradients against finite differences."""

import math

import pytest
import torch
import torch.nn.functional as F

from transformer_lib import assistant

B, T, V = 3, 5, 7


def case(seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(B, T, V, generator=generator, dtype=torch.float64)
    targets = torch.randint(0, V, (B, T), generator=generator)
    is_reply = torch.rand(B, T, generator=generator) < 0.5
    is_reply[0, 0] = True
    return logits.requires_grad_(), targets, is_reply


def rewards(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(B, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(n)]


def test_the_answer_loss_is_cross_entropy_with_all_else_ignored():
    logits, targets, is_reply = case()
    wanted = F.cross_entropy(logits[is_reply], targets[is_reply])
    torch.testing.assert_close(assistant.answer_loss(logits, targets, is_reply), wanted)


def test_the_answer_loss_worked_by_hand():
    # one question token, which does not count; two of the reply, of probability 1/4 and 3/4
    logits = torch.tensor([[[5.0, 1.0], [math.log(3.0), 0.0], [math.log(3.0), 0.0]]])
    loss = assistant.answer_loss(logits, torch.tensor([[1, 1, 0]]), torch.tensor([[False, True, True]]))
    assert loss.item() == pytest.approx((math.log(4.0) + math.log(4.0 / 3.0)) / 2, abs=1e-6)


def test_nothing_is_learnt_from_stories_and_questions():
    logits, targets, is_reply = case()
    [gradient] = torch.autograd.grad(assistant.answer_loss(logits, targets, is_reply), logits)
    assert (gradient[~is_reply] == 0).all()
    assert (gradient[is_reply] != 0).all()


def test_gradients_agree_with_finite_differences():
    logits, targets, is_reply = case()
    check = torch.autograd.gradcheck
    assert check(lambda x: assistant.answer_loss(x, targets, is_reply), (logits,))
    assert check(lambda x: assistant.token_log_probabilities(x, targets, is_reply), (logits,))
    assert check(assistant.bradley_terry_loss, tuple(rewards(2)))
    assert check(lambda *x: assistant.dpo_loss(*x, beta=0.3), tuple(rewards(4)))


def test_a_batch_without_a_reply_is_refused():
    logits, targets, is_reply = case()
    with pytest.raises(ValueError, match="is_reply marks no token"):
        assistant.answer_loss(logits, targets, torch.zeros_like(is_reply))


def test_bradley_terry_worked_by_hand():
    # σ(ln 3) = 3/4, σ(-ln 3) = 1/4: a right choice costs ln 4/3, a wrong one ln 4
    chosen, rejected = torch.tensor([3.0, 1.0]).log(), torch.tensor([1.0, 3.0]).log()
    loss = assistant.bradley_terry_loss(chosen, rejected)
    assert loss.item() == pytest.approx((math.log(4 / 3) + math.log(4)) / 2, abs=1e-6)


def test_rewards_count_by_their_difference_only():
    chosen, rejected = rewards(2)
    moved = assistant.bradley_terry_loss(chosen + 11, rejected + 11)
    torch.testing.assert_close(moved, assistant.bradley_terry_loss(chosen, rejected))


def test_very_sure_choices_stay_finite():
    far, zero = torch.tensor([1e4]), torch.tensor([0.0])
    assert assistant.bradley_terry_loss(far, zero).item() == 0.0
    assert assistant.bradley_terry_loss(zero, far).item() == pytest.approx(1e4)


def test_dpo_worked_by_hand():
    # the chosen reply twice as likely as before, the other half as likely; β = 1: margin ln 4, σ = 4/5
    start = torch.tensor([-3.0])
    loss = assistant.dpo_loss(start + math.log(2.0), start - math.log(2.0), start, start, beta=1.0)
    assert loss.item() == pytest.approx(math.log(5 / 4), abs=1e-6)


def test_dpo_starts_at_log_2_and_pulls_both_replies_apart_equally():
    chosen, rejected = rewards(2)
    loss = assistant.dpo_loss(chosen, rejected, chosen.detach(), rejected.detach(), beta=0.1)
    assert loss.item() == pytest.approx(math.log(2))
    up, down = torch.autograd.grad(loss, (chosen, rejected))
    torch.testing.assert_close(up, torch.full_like(up, -0.1 / 2 / B))
    torch.testing.assert_close(down, -up)


def test_dpo_is_bradley_terry_on_the_rewards_that_a_model_implies():
    now, now_too, before, before_too = rewards(4)
    wanted = assistant.bradley_terry_loss(0.3 * (now - before), 0.3 * (now_too - before_too))
    torch.testing.assert_close(assistant.dpo_loss(now, now_too, before, before_too, beta=0.3), wanted)
