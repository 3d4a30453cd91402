"""Memory of attention by length: all weights at once, or a block of keys at a time.

``python -m transformer_lib.studies.online`` measures and writes ``results/online.json``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from transformer_lib.model.attention import attention
from transformer_lib.model.online import online_attention
from transformer_lib.studies.stored import command

ALLOCATION = (
    "[memory]"  # name of the profiler's record of a block taken (above 0 bytes) or given back (below 0)
)


@dataclass(frozen=True)
class Settings:
    """Sizes of one head; the defaults are those of the stored results."""

    lengths: tuple[int, ...] = (256, 512, 1024, 2048, 4096)
    d_head: int = 64
    block_size: int = 128
    seed: int = 0


def peak_bytes(work: Callable[[], object]) -> int:
    """Most bytes that tensors on the CPU take at once while `work` runs, beyond those that were there before.

    >>> peak_bytes(lambda: torch.ones(1000))
    4000
    """
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        kept = work()
    del kept
    profiler: Any = seen.profiler
    events = [event for event in profiler.kineto_results.events() if event.name() == ALLOCATION]
    held = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Peak bytes of each way, for each length, forward alone and with the backward pass."""
    block, generator = settings.block_size, torch.Generator().manual_seed(settings.seed)
    ways: dict[str, Callable[..., torch.Tensor]] = {
        "all weights": lambda q, k, v: attention(q, k, v)[0],
        "in blocks": lambda q, k, v: online_attention(q, k, v, block_size=block),
        "torch's kernel": lambda q, k, v: attention(q, k, v, need_weights=False)[0],
    }
    found: dict[str, dict[str, list[int]]] = {name: {"forward": [], "backward": []} for name in ways}
    difference = 0.0
    for length in settings.lengths:
        q, k, v = (torch.randn(length, settings.d_head, generator=generator) for _ in range(3))
        leaves = [x.clone().requires_grad_() for x in (q, k, v)]
        outputs = [way(q, k, v) for way in ways.values()]
        difference = max(difference, *((x - outputs[0]).abs().max().item() for x in outputs))
        for name, way in ways.items():
            found[name]["forward"].append(peak_bytes(lambda way=way, x=(q, k, v): way(*x)))
            found[name]["backward"].append(
                peak_bytes(lambda way=way, x=leaves: torch.autograd.grad(way(*x).sum(), x))
            )
    return {
        "about": asdict(settings) | {"command": "python -m transformer_lib.studies.online"},
        "bytes": found,
        "largest_difference": difference,
    }


if __name__ == "__main__":
    command("online", study, __doc__)
