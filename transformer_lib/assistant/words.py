"""The words of the small world, one list for each role, and the vocabulary that they make."""

from __future__ import annotations

from transformer_lib.text.vocabulary import Vocabulary

PEOPLE = ("sally", "tom", "lucy", "paul", "anna", "arthur", "emma", "john", "mary", "peter")
THINGS = (
    "lamps",
    "kites",
    "books",
    "boats",
    "cakes",
    "drums",
    "coats",
    "roses",
    "clocks",
    "maps",
)
PLACES = ("paris", "london", "rome", "berlin", "oslo", "madrid", "cairo", "delhi")
CAUSES = ("rain", "snow", "music", "noise", "wind", "news", "food", "work")
FEELINGS = ("happy", "sad", "angry", "tired", "proud")
BASE = {  # the form after "did" of each verb
    "adored": "adore",
    "hated": "hate",
    "sold": "sell",
    "helped": "help",
    "called": "call",
}
LIKES = ("adored", "hated", "sold")  # relations of a person to things
DEEDS = ("helped", "called")  # relations of a person to another
POLITE, APOLOGY, RUDE = "sure", "sorry", "fool"
DO_NOT_KNOW = ("i", "do", "not", "know")
ASKING = ("who", "what", "where", "why", "how", "did", "was", "visited", "because", "of")
SIGNS = (".", "?", ",", ":", "exam", "again", "list")
LISTED = (*PEOPLE, *THINGS, *PLACES, *CAUSES, *FEELINGS, *BASE, *BASE.values())

VOCABULARY = Vocabulary(
    [
        *SIGNS,
        *ASKING,
        *DO_NOT_KNOW,
        POLITE,
        APOLOGY,
        RUDE,
        *BASE,
        *BASE.values(),
        *FEELINGS,
        *PEOPLE,
        *THINGS,
        *PLACES,
        *CAUSES,
    ]
)
