"""Advantages, policy gradient, divergence and best-of-n: by hand, by finite differences, by enumeration."""

import math

import pytest
import torch

from transformer_lib import assistant

B, T, V = 3, 5, 7


def test_advantages_worked_by_hand():
    # mean 1/4, standard deviation 1/2 of (1, 0, 0, 0)
    found = assistant.group_advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    torch.testing.assert_close(found, torch.tensor([[1.5, -0.5, -0.5, -0.5]]))


def test_advantages_have_mean_0_and_do_not_know_the_scale_of_rewards():
    rewards = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = assistant.group_advantages(rewards)
    torch.testing.assert_close(found.mean(1), torch.zeros(3, dtype=torch.float64))
    torch.testing.assert_close(found, assistant.group_advantages(7 * rewards + 11))


def test_a_group_of_equals_teaches_nothing():
    assert (assistant.group_advantages(torch.full((2, 3), 0.1)) == 0).all()


def policy_case():
    generator = torch.Generator().manual_seed(0)
    log_p, before = (-torch.rand(B, T, generator=generator, dtype=torch.float64) for _ in range(2))
    is_reply = torch.rand(B, T, generator=generator) < 0.5
    return log_p.requires_grad_(), before, torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64), is_reply


def test_the_policy_gradient_loss_agrees_with_finite_differences():
    log_p, before, advantages, is_reply = policy_case()

    def loss(x):
        return assistant.policy_gradient_loss(x, before, advantages, is_reply, beta=0.3)

    assert torch.autograd.gradcheck(loss, (log_p,))
    [gradient] = torch.autograd.grad(loss(log_p), log_p)
    assert (gradient[~is_reply] == 0).all()


def test_the_policy_gradient_loss_worked_by_hand():
    # one token, advantage 2, twice as likely as before: d = -ln 2, penalty 1/2 + ln 2 - 1
    log_p = torch.tensor([[math.log(0.5)]])
    loss = assistant.policy_gradient_loss(
        log_p, log_p - math.log(2.0), torch.tensor([2.0]), torch.tensor([[True]]), beta=0.3
    )
    assert loss.item() == pytest.approx(2 * math.log(2) + 0.3 * (math.log(2) - 0.5), abs=1e-6)


def test_on_average_its_gradient_is_that_of_the_expected_reward():
    """Enumerate all replies of one token instead of drawing them."""
    logits = torch.randn(V, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    worth = torch.arange(V, dtype=torch.float64)
    p = logits.softmax(0)
    [wanted] = torch.autograd.grad(-(p * worth).sum(), logits, retain_graph=True)
    found = torch.zeros(V, dtype=torch.float64)
    for token in range(V):
        log_p = logits.log_softmax(0)[token].view(1, 1)
        loss = assistant.policy_gradient_loss(
            log_p, log_p.detach(), worth[token : token + 1], torch.tensor([[True]]), beta=0.0
        )
        found += p[token].detach() * torch.autograd.grad(loss, logits)[0]
    torch.testing.assert_close(found, wanted)


def test_the_penalty_is_the_divergence_on_average():
    generator = torch.Generator().manual_seed(0)
    logits, before = (torch.randn(1, V, generator=generator, dtype=torch.float64) for _ in range(2))
    log_p, log_q = logits.log_softmax(1).T, before.log_softmax(1).T  # (V, 1): each token once
    nothing, one = torch.zeros(1, dtype=torch.float64), torch.tensor([[True]])
    each = [
        assistant.policy_gradient_loss(log_p[i : i + 1], log_q[i : i + 1], nothing, one, beta=1.0)
        for i in range(V)
    ]
    average = (log_p[:, 0].exp() * torch.stack(each)).sum()
    torch.testing.assert_close(average, assistant.kl_divergence(logits, before)[0])
    assert min(each) >= 0


def test_the_gradient_of_the_penalty_is_that_of_the_divergence_the_other_way_round():
    generator = torch.Generator().manual_seed(0)
    logits, before = (torch.randn(1, V, generator=generator, dtype=torch.float64) for _ in range(2))
    logits.requires_grad_()
    log_p, log_q = logits.log_softmax(1).T, before.log_softmax(1).T  # (V, 1): each token once
    nothing, one = torch.zeros(1, dtype=torch.float64), torch.tensor([[True]])
    average = sum(
        log_p[i, 0].exp().detach()
        * assistant.policy_gradient_loss(log_p[i : i + 1], log_q[i : i + 1], nothing, one, beta=1.0)
        for i in range(V)
    )
    [found] = torch.autograd.grad(average, logits, retain_graph=True)
    [turned] = torch.autograd.grad(assistant.kl_divergence(before, logits).sum(), logits)
    torch.testing.assert_close(found, turned)
    [straight] = torch.autograd.grad(assistant.kl_divergence(logits, before).sum(), logits)
    assert (found - straight).abs().max() > 0.01


def test_divergence_worked_by_hand_and_in_one_direction():
    even, uneven = torch.tensor([0.5, 0.5]).log(), torch.tensor([0.25, 0.75]).log()
    assert assistant.kl_divergence(even, uneven).item() == pytest.approx(math.log(4 / 3) / 2, abs=1e-6)
    back = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert assistant.kl_divergence(uneven, even).item() == pytest.approx(back, abs=1e-6)


def test_divergence_is_torchs():
    generator = torch.Generator().manual_seed(0)
    logits, before = (torch.randn(B, T, V, generator=generator, dtype=torch.float64) for _ in range(2))
    wanted = torch.distributions.kl_divergence(
        torch.distributions.Categorical(logits=logits), torch.distributions.Categorical(logits=before)
    )
    torch.testing.assert_close(assistant.kl_divergence(logits, before), wanted)


def test_the_best_of_n_is_the_highest_and_of_equals_the_first():
    rewards = torch.tensor([[0.0, 3.0, 1.0], [2.0, 2.0, -1.0]])
    assert assistant.best_of_n(rewards).tolist() == [1, 0]


def test_the_divergence_of_the_best_of_n_is_exact_where_no_two_are_equal():
    """The best of n of uniform numbers has density n u^(n-1): its divergence from the uniform, integrated numerically."""
    for n in (2, 5, 11):
        u = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
        density = n * u ** (n - 1)
        assert assistant.best_of_n_kl(n) == pytest.approx((density * density.log()).mean().item(), abs=1e-4)
