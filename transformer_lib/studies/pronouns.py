"""Whom the writer of stories calls *he*, whom *she*: what follows where English leaves it open, and where it does not.

``python -m transformer_lib.studies.pronouns`` counts, over a few beginnings each, which of the two words is likelier.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from transformer_lib.models.writer import load_writer

KINDS = {
    "trades": (
        "doctor", "nurse", "teacher", "farmer", "baker", "dancer", "singer", "cook", "driver", "painter", "pilot",
        "dentist",
    ),
    "animals": (
        "cat", "dog", "bear", "bird", "mouse", "frog", "rabbit", "fish", "fox", "horse", "duck", "turtle",
    ),
    "women": ("girl", "woman", "mother", "queen", "princess", "grandmother"),
    "men": ("boy", "man", "father", "king", "prince", "grandfather"),
}  # fmt: skip
BEGINNING = "Once upon a time, there was a {}. One day,"


def she_share(who: str) -> float:
    """The probability of *she* among that of *he* and *she* together, right after the beginning."""
    model, subwords = load_writer()
    ids = torch.tensor([subwords.encode(BEGINNING.format(who), bos=True)])
    he, she = (subwords.encode(word)[0] for word in ("he", "she"))
    with torch.no_grad():
        probabilities = model(ids)[0, -1].softmax(-1)
    return (probabilities[she] / (probabilities[he] + probabilities[she])).item()


def counted(people: Iterable[str]) -> dict[str, int]:
    """For how many of them each word is the likelier."""
    shares = [she_share(who) for who in people]
    n_she = sum(share > 0.5 for share in shares)
    return {"she": n_she, "he": len(shares) - n_she}


def lines() -> list[str]:
    """A line for each kind."""
    return [
        f"{kind:<10}" + ", ".join(f"{word} {n}" for word, n in counted(people).items())
        for kind, people in KINDS.items()
    ]


if __name__ == "__main__":
    print("\n".join(lines()))
