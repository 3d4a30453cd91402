"""Data-parallel training: each process computes its share of every batch, and all take the same step.

In a single process these functions change nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def rank() -> int:
    """The rank of this process; 0 writes files and shows progress.

    >>> rank()
    0
    """
    return dist.get_rank() if _joined() else 0


def n_processes() -> int:
    """The number of processes that train together.

    >>> n_processes()
    1
    """
    return dist.get_world_size() if _joined() else 1


@contextmanager
def process_group(device: torch.device) -> Generator[torch.device, None, None]:
    """Join the process group of `torchrun`, and leave it at the end; do nothing in a single process.

    Args:
        device: "cpu" talks through gloo; "cuda" through nccl, each process with the GPU of its local rank.

    Yields:
        The device of this process.
    """
    if "RANK" not in os.environ:  # torchrun sets it
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


@torch.no_grad()
def same_parameters(model: nn.Module) -> None:
    """Broadcast the parameters and buffers of the first process."""
    if n_processes() > 1:
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, src=0)


def sum_over_processes(numbers: Tensor) -> Tensor:
    """All-reduce: the sum of a tensor over all processes; the argument is unchanged.

    >>> sum_over_processes(torch.tensor([2.0, 3.0])).tolist()
    [2.0, 3.0]
    """
    if n_processes() == 1:
        return numbers
    total = numbers.clone()
    dist.all_reduce(total)
    return total


def from_first(make: Callable[[], list[Any]]) -> list[Any]:
    """What the first process makes, in every process.

    >>> from_first(lambda: ["once"])
    ['once']
    """
    if n_processes() == 1:
        return make()
    found = [make() if rank() == 0 else None]
    dist.broadcast_object_list(found, src=0)
    return found[0] or []


def shared_out(n_items: int, work: Callable[[list[int]], list[Any]]) -> list[Any]:
    """Let each process work on every n-th item, and give all of them the results in the items' order.

    Args:
        n_items: how many items there are, known by their places.
        work: gives a result for each of the places that it is called with; maybe with none.

    >>> shared_out(3, lambda places: [place * place for place in places])
    [0, 1, 4]
    """
    if n_processes() == 1:
        return work(list(range(n_items)))
    parts: list[list[Any]] = [[] for _ in range(n_processes())]
    dist.all_gather_object(parts, work(list(range(rank(), n_items, n_processes()))))
    return [parts[place % len(parts)][place // len(parts)] for place in range(n_items)]


def wait_for_all(device: torch.device) -> None:
    """Barrier: return when every process has called this."""
    sum_over_processes(torch.zeros(1, device=device))  # the sum is complete only when all have contributed


@torch.no_grad()
def average_gradients(parameters: Iterable[Tensor], loss: Tensor, n_tokens: Tensor) -> tuple[Tensor, Tensor]:
    r"""Replace each gradient by that of the joined batch.

    .. math:: g = \sum_r n_r \, g_r \, / \, \sum_r n_r

    The loss is a mean over tokens and sentences differ in length, so the plain mean over processes would
    count the tokens of a short share more than those of a long one.

    Args:
        parameters: those of the model; one without a gradient counts as zero.
        loss: 0-d, mean over the tokens of this process.
        n_tokens: 0-d, how many tokens :math:`n_r` it is a mean over; may be 0.

    Returns:
        Loss and number of tokens of the joined batch, 0-d.

    Source: Li et al. 2020, section 3 (data-parallel training by averaged gradients).
    """
    loss = loss.detach()
    if n_processes() == 1:
        return loss, n_tokens
    parameters = [p for p in parameters if p.requires_grad]
    gradients = []
    for p in parameters:
        p.grad = torch.zeros_like(p) if p.grad is None else p.grad
        gradients.append(p.grad)
    # One message for all parameters; loss and count are at its end, in float32 at least.
    sums = [gradient.flatten() * n_tokens for gradient in gradients]
    total = sum_over_processes(torch.cat([*sums, torch.stack([loss * n_tokens, n_tokens]).float()]))
    n_joined = total[-1]
    averages = total[:-1] / n_joined.clamp(min=1)
    sizes = [gradient.numel() for gradient in gradients]
    for gradient, average in zip(gradients, averages[:-1].split(sizes), strict=True):
        gradient.copy_(average.view_as(gradient))
    return averages[-1], n_joined


def _joined() -> bool:
    return dist.is_available() and dist.is_initialized()
