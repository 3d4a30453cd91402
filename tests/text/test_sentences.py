"""Text cut into sentences and subwords: by hand, and in the page as the tokenizers library cuts it."""

from __future__ import annotations

import json
import random
import subprocess
import unicodedata
from functools import cache
from pathlib import Path

import node
import pytest

from transformer_lib.decoding import passages
from transformer_lib.live.weight_bundle import limits_of, words_of
from transformer_lib.models import load_everyday
from transformer_lib.text.sentences import cut, readable, says_something, sentences

SCRIPT = Path(__file__).parents[1] / "scripts/passages.mjs"
N_TEXTS = 5_003
TEXT = (
    "where is the station thank you very much don't it's o'clock well-known Paris London Müller café naïve I A "
    "Mr. Dr. etc. e.g. 3.14 1,000 100% £5 $20 x=y #tag @home foo_bar [sic] (yes) \"no\" 'so' fiancée œuvre Straße"
)
WORDS = TEXT.split()
STRANGE = (
    "🙂👩‍👩‍👧‍👦🇫🇷👍🏽"  # emoji, of several code points too
    "e\u0301a\u0308o\u0302\u0323n\u0303c\u0327\u0301\u0301"  # accents that combine
    "日本語の文章，。漢字仮名한국어조선\u1112\u1161\u11ab"
    "\u00a0\u202f\u2009\u3000\u200b\u2060\ufeff\u00ad\u2028\t\n\r"  # blanks, and what is none
    "שלום العربية\u200f\u202e ไทย हिन्दी"
    "▁<eos><unk>«»“”„‘’…–—•½ﬁ①Ⅳ²₂€\u0000\u007f\U0001d4d0\u212b"
    ".!?;:,-_()[]{}\"'`~@#$%^&*+=|\\/<>"
)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789éèàçœÉÀ'-,.?! "


def written(randomly: random.Random) -> str:
    """A text of words, letters and strange characters, mostly short."""
    pools = [WORDS, list(LETTERS), list(STRANGE), [chr(randomly.randrange(0x20, 0x3000))]]
    weights = randomly.choice([(9, 1, 0, 0), (5, 3, 1, 1), (1, 1, 8, 1), (0, 5, 1, 0)])
    chosen = randomly.choices(pools, weights, k=randomly.randrange(1, 25))
    joint = randomly.choice(["", " ", " ", "  "])
    return joint.join(randomly.choice(pool) for pool in chosen)


@cache
def texts() -> list[str]:
    randomly = random.Random(17)
    long = [
        "a" * 10_000,
        "the " * 2_500,
        "é" * 9_999 + "🙂",
        "日本" * 5_000,
        "-," * 5_000,
        "no end, " * 1_250,
    ]
    found = [*long, "", " ", "▁", "▁▁a", "<eos>", "\n\n- one\n- two\n"]
    while len(found) < N_TEXTS:
        text = written(randomly)
        if not any(unicodedata.category(c) == "Cn" for c in text):  # characters that do not exist yet
            found.append(text)
    return found


@cache
def in_the_page() -> list[dict]:
    found = load_everyday()
    given = {"words": words_of(found.source), "limits": limits_of(found.model.config), "texts": texts()}
    done = subprocess.run(
        [node.find(), str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_cuts_text_into_the_subwords_of_the_library():
    words = load_everyday().source
    assert len(texts()) == N_TEXTS
    for text, said in zip(texts(), in_the_page(), strict=True):
        expected = words.encode(text) if text.strip() else words._tokenizer.encode(text).ids
        assert said["ids"] == expected, repr(text)
        assert said["text"] == words.decode(expected), repr(text)


def test_the_page_cuts_text_into_the_sentences_of_the_library():
    found = load_everyday()
    for text, said in zip(texts(), in_the_page(), strict=True):
        expected = [
            {"before": p.before, "text": p.text, "ids": list(p.ids), "leftOut": list(p.left_out)}
            for p in passages(found, text)
        ]
        assert said["passages"] == expected, repr(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi! How are you?", ["Hi!", "How are you?"]),
        ("It costs 3.50 euros. Really.", ["It costs 3.50 euros.", "Really."]),
        ('"Go!" she said. (He went.) Then?', ['"Go!" she said.', "(He went.)", "Then?"]),
        ("Mr. and Mrs. J. Smith. So do I. You, too.", ["Mr. and Mrs. J. Smith.", "So do I.", "You, too."]),
        ("well... perhaps", ["well... perhaps"]),
        ("one\n\n  two\u00a0and\u2009a half\r\nthree", ["one", "two and a half", "three"]),
        ("l\u2019ami \u201cX\u201d", ['l\'ami "X"']),
        (" \n ", []),
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text, expected):
    assert [sentence for _, sentence in sentences(text)] == expected


def test_what_stands_between_sentences_is_kept():
    found = sentences("\nOne.  Two.\n\n- three\n12. four\n")
    assert [before for before, _ in found] == ["\n", " ", "\n\n- ", "\n12. "]


def test_an_unknown_letter_becomes_a_known_one_or_is_left_out():
    letters = frozenset("abcMuller1")
    assert readable("Müller  ♥ ﬁ", letters) == ("Muller", ["♥", "ﬁ"])
    assert [says_something(text) for text in ("?!", "1", "é", "")] == [False, True, True, False]


def test_a_long_row_is_cut_at_a_pause_or_before_a_word():
    assert cut(["▁a", "b", ",", "▁c", "d", "▁e"], 5) == [0, 3]
    assert cut(["▁a", ",", "b", "c", "▁d", "e"], 5) == [0, 4]
    assert cut(["a"] * 7, 3) == [0, 3, 6]
    assert cut(["▁a"], 5) == [0]
    with pytest.raises(ValueError, match="most"):
        cut(["a"], 0)


def test_no_row_is_longer_than_the_model_takes():
    found = load_everyday()
    for text in texts()[:6]:
        rows = passages(found, text)
        assert all(len(row.ids) <= found.model.config.max_length for row in rows), text[:20]
