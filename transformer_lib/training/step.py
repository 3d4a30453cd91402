"""One step of training and one pass of validation, for any model of the form `model(src_ids, tgt_ids) -> logits`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.modes import evaluating
from transformer_lib.model.positions import LearnedPositions
from transformer_lib.training.loss import label_smoothing_loss, perplexity, shift
from transformer_lib.training.precision import autocast
from transformer_lib.training.processes import average_gradients, n_processes, sum_over_processes

# Vaswani et al. 2017, section 5.3: beta2 = 0.98 forgets old gradients sooner than torch's 0.999.
BETAS = (0.9, 0.98)
ADAM_EPS = 1e-9


class Step(NamedTuple):
    """Metrics of a training step, as 0-d tensors, to avoid synchronising with a GPU."""

    loss: Tensor  # in nats per token of the joined batch, smoothing included
    gradient_norm: Tensor  # before clipping
    n_tokens: Tensor  # targets in the joined batch that are not padding


class Validation(NamedTuple):
    """Metrics of next-token prediction on held-out sentences."""

    loss: float  # mean cross-entropy in nats per token, without smoothing
    perplexity: float
    accuracy: float  # share of tokens whose likeliest prediction is right


def adam(model: nn.Module, *, weight_decay: float = 0.0) -> torch.optim.AdamW:
    """The paper's optimiser over all parameters of a model; the learning rate is set at each step.

    Args:
        model: float parameters, on the device where they will stay.
        weight_decay: decoupled, per unit of learning rate; 0 gives Adam itself. Matrices alone decay: not the
            scales of norms, whose natural size is 1, not biases, and not embeddings, most rows of which a step
            does not touch; so not a matrix either that is an embedding, too.

    Source: Vaswani et al. 2017, section 5.3; Loshchilov and Hutter 2019 for the decay.
    """
    checks.model("model", model)
    checks.number("weight_decay", weight_decay, least=0.0)
    groups: list[dict[str, Any]] = [{"params": list(model.parameters()), "weight_decay": 0.0}]
    if weight_decay > 0.0:
        tables = {
            id(p)
            for module in model.modules()
            if isinstance(module, (nn.Embedding, LearnedPositions))
            for p in module.parameters(recurse=False)
        }
        decays = {id(p): p.ndim >= 2 and id(p) not in tables for p in model.parameters()}
        groups = [
            {"params": [p for p in model.parameters() if decays[id(p)] == kind], "weight_decay": weight}
            for kind, weight in ((True, weight_decay), (False, 0.0))
        ]
    return torch.optim.AdamW(groups, lr=0.0, betas=BETAS, eps=ADAM_EPS, fused=True)


def training_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    src_ids: Tensor | None,
    tgt_ids: Tensor,
    *,
    lr: float | None = None,
    smoothing: float = 0.1,
    clip: float = 1.0,
    pad_id: int = 0,
    accumulate: int = 1,
    precision: str = "auto",
) -> Step:
    """One training step: forward pass with teacher forcing, backward pass, clipping, update.

    The parameters stay float32, whatever the precision of the forward pass. With several processes, each
    passes its share of the batch, which may have no rows, and all take the step of the joined batch.

    Args:
        model: `model(src_ids, tgt_ids) -> logits`, in training mode; without sources `model(ids) -> logits`.
        optimizer: over the parameters of the model.
        src_ids: (B, S) padded source ids; None for a language model.
        tgt_ids: (B, T + 1) padded target ids with begin and end token.
        lr: the learning rate of this step; None leaves the optimiser's own.
        smoothing: epsilon of the label smoothing.
        clip: the largest norm of the gradient; `math.inf` for no clipping.
        pad_id: the padding id.
        accumulate: number of parts that the rows are processed in, one after the other; their gradients add up to
            that of the whole batch, and only one part has to fit into memory.
        precision: of the forward pass, "float32", "bfloat16" or "auto": bfloat16 on a GPU that supports it.

    Returns:
        Loss, gradient norm and number of tokens.

    Raises:
        ValueError: if ids, rate or clipping do not fit; model and optimiser stay as they were.
        TypeError: if one of them is of another kind.

    Source: Vaswani et al. 2017, section 5; Pascanu et al. 2013 for the clipping.
    """
    checks.model("model", model)
    checks.instance("optimizer", optimizer, torch.optim.Optimizer, "a torch optimiser")
    if lr is not None:
        checks.number("lr", lr, least=0.0)
    _check_clip(clip)
    checks.count("accumulate", accumulate)
    inputs, targets = shift(tgt_ids)
    n_tokens = (targets != pad_id).sum()
    loss = torch.zeros(
        (), device=tgt_ids.device
    )  # stays 0 in a process without rows, which contributes zeros
    for number, rows in enumerate(_parts(len(targets), accumulate)):
        with autocast(tgt_ids.device, precision):
            logits = model(inputs[rows]) if src_ids is None else model(src_ids[rows], inputs[rows])
        part = label_smoothing_loss(logits, targets[rows], smoothing=smoothing, pad_id=pad_id)
        part = part * (
            (targets[rows] != pad_id).sum() / n_tokens.clamp(min=1)
        )  # 1 where there is but one part
        if number == 0:
            optimizer.zero_grad(set_to_none=True)
        part.backward()
        loss = loss + part.detach()
    if len(targets) == 0:
        optimizer.zero_grad(set_to_none=True)
    loss, n_tokens = average_gradients(model.parameters(), loss, n_tokens)
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    if lr is not None:
        for group in optimizer.param_groups:
            group["lr"] = lr
    optimizer.step()
    return Step(loss, norm, n_tokens)


@torch.no_grad()
def validate(
    model: nn.Module,
    batches: Iterable[tuple[Tensor | None, Tensor]],
    *,
    pad_id: int = 0,
    precision: str = "auto",
) -> Validation:
    """Measure a model on held-out batches under teacher forcing, without changing it.

    Args:
        model: as for `training_step`; dropout is off while it is measured.
        batches: pairs of source ids (or None) and target ids; with several processes, each passes its share.
        pad_id: the padding id.
        precision: as for `training_step`.

    Raises:
        ValueError: if there is not a single token to measure.
    """
    checks.model("model", model)
    sums = None
    with evaluating(model):
        for src_ids, tgt_ids in batches:
            inputs, targets = shift(tgt_ids)
            with autocast(tgt_ids.device, precision):
                logits = model(inputs) if src_ids is None else model(src_ids, inputs)
            real = targets != pad_id
            n_tokens = real.sum()
            loss = label_smoothing_loss(logits, targets, smoothing=0.0, pad_id=pad_id) * n_tokens
            right = ((logits.argmax(-1) == targets) & real).sum()
            found = torch.stack([loss.double(), right.double(), n_tokens.double()])
            sums = found if sums is None else sums + found
    device = next(model.parameters()).device
    sums = torch.zeros(3, dtype=torch.double, device=device) if sums is None else sums
    loss, right, n_tokens = sum_over_processes(sums).tolist()
    if n_tokens == 0:
        raise ValueError("nothing to validate on: no batch, or nothing but padding in them")
    return Validation(loss / n_tokens, perplexity(loss / n_tokens), right / n_tokens)


def _parts(n_rows: int, n_parts: int) -> list[slice]:
    """Rows in parts of about equal number, none of them empty; one process with no row asks the model for its error."""
    if n_rows == 0:
        return [slice(None)] if n_processes() == 1 else []
    size = -(-n_rows // n_parts)
    return [slice(start, start + size) for start in range(0, n_rows, size)]


def _check_clip(clip: float) -> None:
    """Check the clipping norm: infinity is valid; a negative one would reverse the gradient."""
    if isinstance(clip, bool) or not isinstance(clip, (int, float)):
        raise TypeError(f"clip must be a number, got {checks.said(clip)}")
    if not clip > 0.0:
        raise ValueError(f"clip is the largest norm of the gradient, above 0, got {clip}; math.inf leaves it")
