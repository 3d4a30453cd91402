"""The training loss: torch's where both apply, and finite where torch's is not."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from transformer_lib.training import label_smoothing_loss, perplexity, shift
from transformer_lib.training.loss import RULED_OUT

INF = float("inf")


def batch(device="cpu", dtype=torch.float64, seed=0):
    """Logits (3, 5, 11) and targets of which four are padding."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(3, 5, 11, generator=generator, dtype=torch.float64)
    targets = torch.randint(1, 11, (3, 5), generator=generator)
    targets[0, 4], targets[1, 2:] = 0, 0
    return logits.to(device, dtype).requires_grad_(), targets.to(device)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.37, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_loss_and_gradient_are_torchs(device, dtype, smoothing):
    logits, targets = batch(device, dtype)
    loss = label_smoothing_loss(logits, targets, smoothing=smoothing)
    wanted = F.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=0, label_smoothing=smoothing
    )
    torch.testing.assert_close(loss, wanted)
    [gradient] = torch.autograd.grad(loss, logits)
    torch.testing.assert_close(gradient, torch.autograd.grad(wanted, logits)[0])


def test_smoothing_is_a_tenth_and_padding_is_zero_unless_said():
    logits, targets = batch()
    wanted = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0, label_smoothing=0.1)
    torch.testing.assert_close(label_smoothing_loss(logits, targets), wanted)


def test_another_padding_id_and_none():
    logits, targets = batch()
    for pad_id, ignored in ((7, 7), (None, -100)):
        wanted = F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=ignored, label_smoothing=0.1
        )
        torch.testing.assert_close(label_smoothing_loss(logits, targets, pad_id=pad_id), wanted)


def test_a_padding_id_outside_the_classes_is_never_looked_up():
    logits, targets = batch()
    moved = torch.where(targets == 0, -100, targets)
    torch.testing.assert_close(
        label_smoothing_loss(logits, moved, pad_id=-100), label_smoothing_loss(logits, targets)
    )


def test_the_floor_is_the_entropy_of_the_smoothed_target():
    # 0.9 + 0.1 / 191 for the right one of 191 classes, 0.1 / 191 for each other
    right, other = 0.9 + 0.1 / 191, 0.1 / 191
    logits = torch.full((1, 191), math.log(other), dtype=torch.float64)
    logits[0, 7] = math.log(right)
    loss = label_smoothing_loss(logits, torch.tensor([7])).item()
    assert loss == pytest.approx(-right * math.log(right) - 190 * other * math.log(other), abs=1e-12)
    assert round(loss, 3) == 0.846
    sharper = label_smoothing_loss(2 * logits, torch.tensor([7])).item()
    assert sharper > loss, "being surer than the smoothed target must cost"


def test_worked_by_hand():
    # p = (1/4, 3/4), target 1, epsilon 0.2: q = (0.1, 0.9)
    logits = torch.tensor([[0.0, math.log(3.0)]])
    loss = label_smoothing_loss(logits, torch.tensor([1]), smoothing=0.2)
    assert loss.item() == pytest.approx(-0.1 * math.log(0.25) - 0.9 * math.log(0.75), abs=1e-6)


def test_the_short_way_without_excluded_classes_gives_the_same_bits():
    logits, targets = batch(dtype=torch.float32)
    wasted = logits.detach().clone()
    wasted[0, 4] = float("nan")  # in padding: has to be replaced, so the long way is taken
    results = []
    for values in (logits.detach().clone().requires_grad_(), wasted.requires_grad_()):
        loss = label_smoothing_loss(values, targets)
        results.append((loss, torch.autograd.grad(loss, values)[0]))
    for short, long in zip(*results, strict=True):
        assert torch.equal(short, long)


@pytest.mark.parametrize("waste", [INF, -INF, float("nan"), 1e30])
def test_what_stands_at_padding_counts_neither_forward_nor_backward(waste):
    logits, targets = batch()
    loss = label_smoothing_loss(logits, targets)
    [gradient] = torch.autograd.grad(loss, logits)
    spoilt = torch.where((targets == 0)[..., None], waste, logits.detach()).requires_grad_()
    found = label_smoothing_loss(spoilt, targets)
    torch.testing.assert_close(found, loss)
    torch.testing.assert_close(torch.autograd.grad(found, spoilt)[0], gradient)


def test_a_batch_of_padding_alone_costs_nothing_and_moves_nothing(device):
    logits, targets = batch(device)
    loss = label_smoothing_loss(logits, torch.zeros_like(targets))
    assert loss.item() == 0.0
    [gradient] = torch.autograd.grad(loss, logits)
    assert not gradient.any()


def test_one_target_is_its_own_mean():
    logits, targets = batch()
    alone = targets.clone().fill_(0)
    alone[2, 3] = 5
    wanted = F.cross_entropy(logits[2, 3][None], torch.tensor([5]), label_smoothing=0.1)
    torch.testing.assert_close(label_smoothing_loss(logits, alone), wanted)


def test_a_class_that_is_ruled_out_is_as_if_it_were_not_there():
    logits, targets = batch()
    targets = torch.where(targets == 4, 5, targets)
    without = torch.cat([logits[..., :4], logits[..., 5:]], -1)
    moved = torch.where(targets > 4, targets - 1, targets)
    wanted = label_smoothing_loss(without, moved)
    ruled_out = logits.detach().clone()
    ruled_out[..., 4] = -INF
    ruled_out.requires_grad_()
    found = label_smoothing_loss(ruled_out, targets)
    torch.testing.assert_close(found, wanted)
    [gradient] = torch.autograd.grad(found, ruled_out)
    torch.testing.assert_close(gradient[..., 4], torch.zeros(3, 5, dtype=torch.float64))
    torch.testing.assert_close(gradient[..., 5:], torch.autograd.grad(wanted, logits)[0][..., 5:])


def test_a_target_that_is_ruled_out_costs_a_fixed_number_of_nats():
    logits = torch.tensor([[-INF, 0.0, 0.0]], requires_grad=True)
    loss = label_smoothing_loss(logits, torch.tensor([0]), smoothing=0.1, pad_id=None)
    assert RULED_OUT == 100.0
    assert loss.item() == pytest.approx(0.9 * 100.0 + 0.1 * math.log(2.0))
    loss.backward()
    assert logits.grad.isfinite().all()


def test_a_row_in_which_all_is_ruled_out_stays_finite():
    logits = torch.full((1, 3), -INF, requires_grad=True)
    loss = label_smoothing_loss(logits, torch.tensor([1]))
    assert loss.item() == pytest.approx(90.0)
    loss.backward()
    assert not logits.grad.any()


@given(
    scale=st.floats(0.0, 1e4),
    smoothing=st.floats(0.0, 1.0),
    seed=st.integers(0, 99),
    n_out=st.integers(0, 3),
)
def test_the_loss_is_finite_and_above_its_floor(scale, smoothing, seed, n_out):
    logits, targets = batch(seed=seed)
    logits = (scale * logits).detach()
    logits[..., 1 : 1 + n_out] = -INF
    loss = label_smoothing_loss(logits.requires_grad_(), targets, smoothing=smoothing)
    assert loss.isfinite()
    assert loss.item() >= -1e-9
    assert torch.autograd.grad(loss, logits)[0].isfinite().all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_logits_are_summed_in_single(dtype):
    logits, targets = batch(dtype=dtype)
    loss = label_smoothing_loss(logits, targets)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, label_smoothing_loss(logits.float(), targets))


def test_arguments_stay_as_they_were():
    logits, targets = batch()
    before = logits.detach().clone(), targets.clone()
    label_smoothing_loss(logits, targets)
    assert torch.equal(logits, before[0])
    assert torch.equal(targets, before[1])


def test_classes_alone_and_32_bit_targets_are_taken():
    logits = torch.tensor([1.0, 2.0, 4.0])
    loss = label_smoothing_loss(logits, torch.tensor(2, dtype=torch.int32))
    torch.testing.assert_close(loss, F.cross_entropy(logits, torch.tensor(2), label_smoothing=0.1))


@pytest.mark.parametrize(
    ("logits", "targets", "smoothing", "error", "words"),
    [
        (torch.ones(2, 3), torch.ones(3).long(), 0.1, ValueError, r"\(2, 3\) and \(3,\).*shift"),
        (torch.tensor(1.0), torch.tensor(1), 0.1, ValueError, r"logits \(\.\.\., V\)"),
        (torch.ones(2, 0), torch.ones(2).long(), 0.1, ValueError, r"\(2, 0\)"),
        (torch.ones(2, 3).long(), torch.ones(2), 0.1, TypeError, "torch.int64.*swapped"),
        (torch.ones(2, 3), torch.ones(2), 0.1, TypeError, "torch.float32.*probabilities"),
        (torch.ones(2, 3), torch.ones(2).bool(), 0.1, TypeError, "torch.bool"),
        (torch.ones(2, 3), torch.ones(2).cfloat(), 0.1, TypeError, "torch.complex64"),
        (torch.ones(2, 3), torch.ones(2).long(), 1.1, ValueError, "smoothing.*1.1"),
        (torch.ones(2, 3), torch.ones(2).long(), -0.1, ValueError, "smoothing.*-0.1"),
        (torch.ones(2, 3), torch.ones(2).long(), float("nan"), ValueError, "smoothing.*nan"),
    ],
)
def test_what_cannot_be_meant_is_refused(logits, targets, smoothing, error, words):
    with pytest.raises(error, match=words):
        label_smoothing_loss(logits, targets, smoothing=smoothing)


def test_shift_asks_each_input_for_the_token_after_it():
    ids = torch.tensor([[1, 5, 7, 2, 0], [1, 3, 2, 0, 0]])
    inputs, targets = shift(ids)
    assert inputs.tolist() == [[1, 5, 7, 2], [1, 3, 2, 0]]
    assert targets.tolist() == [[5, 7, 2, 0], [3, 2, 0, 0]]
    assert shift(ids[:, :2])[1].tolist() == [[5], [3]]


@pytest.mark.parametrize("shape", [(3,), (2, 1), (2, 3, 5)])
def test_shift_needs_whole_sentences(shape):
    with pytest.raises(ValueError, match=r"\(B, T \+ 1\).*" + str(shape[-1])):
        shift(torch.ones(shape).long())


def test_perplexity_counts_equally_likely_tokens():
    assert perplexity(math.log(7)) == pytest.approx(7)
    assert perplexity(torch.tensor(0.0)) == 1.0
    assert perplexity(1e6) == math.inf


@pytest.mark.parametrize("loss", [-0.5, float("nan")])
def test_perplexity_needs_a_cross_entropy(loss):
    with pytest.raises(ValueError, match="log-probability"):
        perplexity(loss)
