"""The page reads typed English, writes French, and knows the grammar as the library does."""

import json
import random
import subprocess
from functools import cache
from pathlib import Path

import node
from thorough import THOROUGH

from transformer_lib.data import as_sentence, generate, read_typed, recognises
from transformer_lib.data.grammar.spelling import CONTRACTIONS
from transformer_lib.live.grammar_tables import tables

SCRIPT = Path(__file__).parents[1] / "scripts/small_world.mjs"
N_SENTENCES = 5_003 if THOROUGH else 307
N_FURTHER = N_SENTENCES // 3  # of these, sentences of the further rules
PIECES = [
    *CONTRACTIONS, "i", "am", "sally's", "can't", "DON’T", ".", "!", "?", ",", "x's", "happy", "'s", "é", "",
]  # fmt: skip


def changed(words, others, known, randomly):
    """A sentence with one word put, left out, added or moved, or with the end of another."""
    words, place = list(words), randomly.randrange(len(words))
    change = randomly.randrange(5)
    if change == 0:
        words[place] = randomly.choice(known)
    elif change == 1:
        del words[place]
    elif change == 2:
        words.insert(place, randomly.choice(known))
    elif change == 3:
        other = randomly.randrange(len(words))
        words[place], words[other] = words[other], words[place]
    else:
        end = randomly.choice(others)
        words[place:] = end[randomly.randrange(len(end)) :]
    return words


@cache
def sentences():
    randomly = random.Random(29)
    drawn = [
        list(pair.english)
        for further in (False, True)
        for pair in generate(N_FURTHER if further else N_SENTENCES - N_FURTHER, seed=31, further=further)
    ]
    known = tables()["words"][3:]
    return (
        drawn
        + [changed(words, drawn, known, randomly) for words in drawn]
        + [words * 4 for words in drawn[:7]]
    )


@cache
def typed():
    randomly = random.Random(37)
    return [
        "",
        *PIECES,
        *(" ".join(randomly.choices(PIECES, k=randomly.randrange(1, 9))) for _ in range(307)),
    ]


@cache
def french():
    return [list(pair.french) for pair in generate(307, seed=41)] + [["à"], ["l'", "ami"], []]


@cache
def in_the_page():
    given = {"tables": tables(), "typed": typed(), "sentences": sentences(), "french": french()}
    done = subprocess.run(
        [node.find(), str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_recognises_the_sentences_that_the_library_recognises():
    expected = [recognises(words) for words in sentences()]
    found = in_the_page()["recognised"]
    assert [s for s, a, b in zip(sentences(), found, expected, strict=True) if a != b] == []
    drawn, broken = expected[:N_SENTENCES], expected[N_SENTENCES : 2 * N_SENTENCES]
    assert all(drawn)
    assert 0.05 < sum(broken) / N_SENTENCES < 0.5, "some changes leave a sentence of the grammar"


def test_the_page_reads_what_is_typed_as_the_library_does():
    for text, found in zip(typed(), in_the_page()["read"], strict=True):
        read = read_typed(text)
        expected = {
            "words": list(read.words),
            "writtenOut": read.written_out,
            "stopped": read.stopped,
        }
        assert found == expected, text


def test_the_page_writes_french_as_the_library_does():
    assert in_the_page()["written"] == [as_sentence(words) for words in french()]
