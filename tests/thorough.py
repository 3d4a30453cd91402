"""How much the tests try: `make test` proves each claim on enough cases, `make test-heavy` on all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

THOROUGH = os.environ.get("THOROUGH") == "1"
Case = TypeVar("Case")


def enough(cases: Sequence[Case], every: int) -> list[Case]:
    """Every n-th case, the first among them; all of them where the tests are thorough."""
    return list(cases[:: 1 if THOROUGH else every])


def covering(cases: Sequence[Case], traits: Callable[[Case], Iterable[Hashable]]) -> list[Case]:
    """Each case with a trait that those before it lack; all of them where the tests are thorough."""
    if THOROUGH:
        return list(cases)
    seen: set[Hashable] = set()
    chosen = []
    for case in cases:
        if found := set(traits(case)) - seen:
            seen |= found
            chosen.append(case)
    return chosen
