"""The floating-point numbers that a forward pass computes with; parameters and their updates stay float32."""

from __future__ import annotations

import torch

PRECISIONS = ("auto", "float32", "bfloat16")


def chosen_precision(name: str, device: torch.device) -> str:
    """What "auto" means on a device: bfloat16 on a GPU that computes with it, else float32.

    Args:
        name: one of `PRECISIONS`; a name that is no choice of the device comes back as it is.
        device: where the model runs.

    Raises:
        ValueError: if the name is unknown.

    >>> chosen_precision("auto", torch.device("cpu")), chosen_precision("bfloat16", torch.device("cpu"))
    ('float32', 'bfloat16')
    """
    if name not in PRECISIONS:
        raise ValueError(f"unknown precision {name!r}, expected one of {', '.join(PRECISIONS)}")
    if name != "auto":
        return name
    # a GPU before 2020 only imitates bfloat16, slower than float32
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if fast else "float32"


def autocast(device: torch.device, precision: str = "auto") -> torch.autocast:
    """Compute in that precision inside."""
    chosen = chosen_precision(precision, device)
    return torch.autocast(device.type, torch.bfloat16, enabled=chosen == "bfloat16")
