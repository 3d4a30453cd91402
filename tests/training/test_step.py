"""One step of training does what its equation says, and validation changes nothing."""

import math

import pytest
import torch
from tiny import VOCABULARY, Tiny, batches, pairs
from torch import nn

from transformer_lib import LanguageModel, LanguageModelConfig, Transformer, TransformerConfig
from transformer_lib.data import pad
from transformer_lib.training import adam, label_smoothing_loss, training_step, validate


def copy_of(model):
    twin = type(model)()
    twin.load_state_dict(model.state_dict())
    return twin.to(next(model.parameters()).device)


def test_a_step_is_forward_backward_clip_and_adam(device):
    model = Tiny(dropout=0.0).to(device)
    twin = Tiny(dropout=0.0).to(device)
    optimizer = adam(model)
    by_hand = torch.optim.Adam(twin.parameters(), lr=0.02, betas=(0.9, 0.98), eps=1e-9)
    for step in range(1, 6):
        src_ids, tgt_ids = (ids.to(device) for ids in batches()(step))
        done = training_step(model, optimizer, src_ids, tgt_ids, lr=0.02, clip=0.5, smoothing=0.3)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits = twin(src_ids, tgt_ids[:, :-1])
        loss = label_smoothing_loss(logits, tgt_ids[:, 1:], smoothing=0.3)
        by_hand.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
        by_hand.step()
        assert norm > 0.5, "nothing to clip: the test would not see it"
        torch.testing.assert_close(done.loss, loss.detach())
        torch.testing.assert_close(done.gradient_norm, norm)
        assert done.n_tokens.item() == (tgt_ids[:, 1:] != 0).sum().item()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_smoothing_clip_and_padding_have_the_papers_defaults():
    src_ids, tgt_ids = batches()(1)
    ends = []
    for options in ({}, {"smoothing": 0.1, "clip": 1.0, "pad_id": 0}):
        model = Tiny(dropout=0.0)
        with torch.no_grad():
            model.tgt.weight.mul_(30)  # a gradient that is clipped
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        done = training_step(model, optimizer, src_ids, tgt_ids, **options)
        assert done.gradient_norm > 1.0
        ends.append(model.tgt.weight)
    assert torch.equal(*ends)


def test_the_rate_is_the_steps_or_else_the_optimisers_own():
    src_ids, tgt_ids = batches()(1)
    model = Tiny()
    before = model.src.weight.clone()
    optimizer = adam(model)
    training_step(model, optimizer, src_ids, tgt_ids)
    assert torch.equal(model.src.weight, before), "the optimiser's own rate is 0"
    training_step(model, optimizer, src_ids, tgt_ids, lr=0.01)
    assert not torch.equal(model.src.weight, before)
    assert optimizer.param_groups[0]["lr"] == 0.01


def test_a_gradient_below_the_limit_stays():
    src_ids, tgt_ids = batches()(1)
    weights = []
    for clip in (1e6, math.inf):
        model = Tiny(dropout=0.0)
        training_step(model, torch.optim.SGD(model.parameters(), lr=1.0), src_ids, tgt_ids, clip=clip)
        weights.append(model.src.weight)
    assert torch.equal(*weights)


def test_gradients_do_not_add_up_from_step_to_step():
    src_ids, tgt_ids = batches()(1)
    model = Tiny(dropout=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    norms = {training_step(model, optimizer, src_ids, tgt_ids).gradient_norm.item() for _ in range(3)}
    assert len(norms) == 1


def test_another_padding_id_is_passed_on():
    src_ids, tgt_ids = batches()(1)
    model = Tiny(dropout=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    done = training_step(model, optimizer, src_ids, tgt_ids, pad_id=2)
    assert done.n_tokens.item() == (tgt_ids[:, 1:] != 2).sum().item()
    wanted = label_smoothing_loss(model(src_ids, tgt_ids[:, :-1]), tgt_ids[:, 1:], pad_id=2)
    torch.testing.assert_close(done.loss, wanted.detach())


def test_the_optimiser_is_the_papers_and_decays_on_request():
    group = adam(Tiny()).param_groups[0]
    assert group["betas"] == (0.9, 0.98)
    assert group["eps"] == 1e-9
    assert group["weight_decay"] == 0.0
    assert adam(Tiny(), weight_decay=0.25).param_groups[0]["weight_decay"] == 0.25


def test_matrices_alone_decay(device):
    config = TransformerConfig(VOCABULARY, 17, 6, 2, 11, 1, tie_embeddings="none", positions="learned")
    model = Transformer(config).to(device)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = adam(model, weight_decay=0.5)
    optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = 0.1
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    shrunk = set()
    for name, p in model.named_parameters():
        if torch.equal(p, before[name]):
            continue
        torch.testing.assert_close(p.detach(), before[name] * (1 - 0.1 * 0.5))
        shrunk.add(name)
    matrices = {
        name for name, p in before.items() if p.ndim == 2 and "tokens" not in name and "table" not in name
    }
    assert shrunk == matrices
    assert "output.weight" in shrunk
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(before)


def test_a_matrix_that_is_an_embedding_too_does_not_decay():
    model = Tiny()
    decays, rest = adam(model, weight_decay=0.5).param_groups
    assert (decays["params"], len(rest["params"])) == ([], 2)
    training_step(model, adam(model, weight_decay=0.5), *batches()(1), lr=0.01)  # an empty group is no error


@pytest.mark.parametrize("accumulate", [2, 3, 100])
def test_parts_of_a_batch_give_the_step_of_the_whole(device, accumulate):
    src_ids, tgt_ids = (pad([pair[side] for pair in pairs()[:7]]).to(device) for side in (0, 1))
    found = []
    for parts in (1, accumulate):
        model = Tiny(dropout=0.0).to(device)
        model.rows = []
        model.register_forward_pre_hook(lambda model, given: model.rows.append(len(given[0])))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
        step = training_step(model, optimizer, src_ids, tgt_ids, accumulate=parts, precision="float32")
        found.append((model, step))
    (whole, one), (model, step) = found
    assert len({(row != 0).sum().item() for row in tgt_ids}) > 1, "the parts must differ in their tokens"
    assert (len(whole.rows), len(model.rows), sum(model.rows)) == (1, min(accumulate, 7), 7)
    torch.testing.assert_close(tuple(step), tuple(one))
    for ours, theirs in zip(model.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_language_model_trains_without_sources():
    torch.manual_seed(0)
    model = LanguageModel(LanguageModelConfig(VOCABULARY, 6, 2, 11, 1, dropout=0.0))
    optimizer = adam(model)
    _, tgt_ids = batches()(1)
    losses = [training_step(model, optimizer, None, tgt_ids, lr=0.01).loss.item() for _ in range(60)]
    assert losses[-1] < losses[0] / 1.5
    assert validate(model, [(None, tgt_ids)]).loss < losses[0] / 1.5


def test_one_batch_is_learnt_by_heart_by_the_transformer():
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(VOCABULARY, VOCABULARY, 10, 2, 23, 1, dropout=0.0))
    optimizer = adam(model)
    src_ids, tgt_ids = batches()(1)
    for _ in range(150):
        training_step(model, optimizer, src_ids, tgt_ids, lr=0.01, smoothing=0.0)
    measured = validate(model, [(src_ids, tgt_ids)])
    assert measured.accuracy == 1.0
    assert measured.loss < 0.1


def test_validation_is_the_mean_over_the_tokens_of_all_batches(device):
    model = Tiny().to(device)
    held_out = [tuple(ids.to(device) for ids in batch) for batch in batches(batch_size=7).in_order()]
    assert len({batch[1].shape for batch in held_out}) > 1
    model.eval()
    losses, right = [], []
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"), torch.no_grad():
        for src_ids, tgt_ids in held_out:
            log_p = model(src_ids, tgt_ids[:, :-1]).float().log_softmax(-1)
            for row, targets in zip(log_p, tgt_ids[:, 1:], strict=True):
                for p, target in zip(row, targets.tolist(), strict=True):
                    if target:
                        losses.append(-p[target].item())
                        right.append(p.argmax().item() == target)
    found = validate(model.train(), held_out)
    assert found.loss == pytest.approx(sum(losses) / len(losses), rel=1e-5)
    assert found.perplexity == pytest.approx(math.exp(found.loss))
    assert found.accuracy == pytest.approx(sum(right) / len(right))
    assert 0 < found.accuracy < 1


def test_validation_leaves_the_model_as_it_was():
    model, held_out = Tiny(), batches().in_order()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first = validate(model, held_out)
    assert model.training
    assert first == validate(model, held_out), "dropout is on"
    validate(model.eval(), held_out)
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_validation_takes_another_padding_id():
    src_ids, tgt_ids = torch.tensor([[5, 6], [7, 0]]), torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]])
    moved = torch.where(tgt_ids == 0, 12, tgt_ids)
    model = Tiny()
    # The padding that is read differs, but what is asked for does not.
    assert validate(model, [(src_ids, moved)], pad_id=12) == pytest.approx(
        validate(model, [(src_ids, tgt_ids)])
    )


@pytest.mark.parametrize("held_out", [[], [(torch.ones(1, 1).long(), torch.tensor([[1, 0]]))]])
def test_nothing_to_validate_on_is_an_error(held_out):
    with pytest.raises(ValueError, match="nothing to validate on"):
        validate(Tiny(), held_out)


def test_a_target_without_an_end_is_refused_before_the_model_runs():
    model = Tiny()
    with pytest.raises(ValueError, match=r"\(B, T \+ 1\)"):
        training_step(model, adam(model), torch.ones(2, 3).long(), torch.ones(2, 1).long())
