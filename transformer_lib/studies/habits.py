"""What the everyday translator says where English leaves it open: *tu* or *vous*, a man or a woman.

``python -m transformer_lib.studies.habits`` counts, over a few sentences each, by greedy decoding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from transformer_lib.decoding import translate_passages
from transformer_lib.models import load_everyday

TRADES = (
    "teacher", "nurse", "secretary", "engineer", "lawyer", "dancer", "cook", "student", "baker", "singer", "writer",
    "scientist", "farmer", "driver", "dentist", "musician",
)  # fmt: skip
MOODS = (
    "tired", "happy", "ready", "alone", "busy", "sorry", "late", "lost", "strong", "sure", "old", "surprised",
)  # fmt: skip
TO_YOU = (
    "Where do you live?",
    "Are you hungry?",
    "Do you speak French?",
    "You are right.",
    "What are you doing?",
    "Can you help me?",
    "I saw you yesterday.",
    "Did you sleep well?",
    "You have to go now.",
    "Have you seen my keys?",
    "I want to talk to you.",
    "How old are you?",
    "You should see a doctor.",
    "Is this your car?",
    "What did you say?",
    "You are too young.",
)
FEMININE = {
    "tired": "fatiguée", "happy": "heureuse|contente", "ready": "prête", "alone": "seule", "busy": "occupée",
    "sorry": "désolée", "lost": "perdue", "strong": "forte", "sure": "sûre|certaine", "old": "vieille|âgée",
    "surprised": "surprise", "late": "retardée",
}  # fmt: skip


def counted(sentences: Iterable[str], kinds: Mapping[str, str]) -> dict[str, int]:
    """How many translations hold each of these patterns, the first that fits; "neither" where none does."""
    french = translate_passages(load_everyday(), list(sentences))
    found = Counter(
        next(
            (kind for kind, pattern in kinds.items() if re.search(rf"\b(?:{pattern})\b", text.lower())),
            "neither",
        )
        for text in french
    )
    return {kind: found[kind] for kind in (*kinds, "neither")}


def habits() -> dict[str, dict[str, int]]:
    """The counts by question."""
    sex = {"feminine": "une|la|elle", "masculine": "un|le|il"}
    moods = {"feminine": "|".join(FEMININE.values())}
    return {
        "you": counted(TO_YOU, {"vous": "vous|votre|vos", "tu": "tu|te|t|ton|ta|tes"}),
        "I am a TRADE.": counted((f"I am a{'n' * (t[0] in 'aeiou')} {t}." for t in TRADES), sex),
        "The TRADE is here.": counted((f"The {t} is here." for t in TRADES), sex),
        "I am MOOD.": counted((f"I am {m}." for m in MOODS), moods),
        "She is MOOD.": counted((f"She is {m}." for m in MOODS), moods),
        "They are MOOD.": counted((f"They are {m}." for m in MOODS), {"elles": "elles", "ils": "ils"}),
    }


def main() -> None:
    """Print a line for each question."""
    for question, counts in habits().items():
        print(f"{question:<20}" + ", ".join(f"{kind} {n}" for kind, n in counts.items()))


if __name__ == "__main__":
    main()
