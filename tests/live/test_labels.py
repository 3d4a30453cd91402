"""Typed text and spoken labels, in the page as in Python. Long: tables of texts beside the claims."""

import json
import random
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import node
import pytest
import torch

from transformer_lib import live
from transformer_lib.live.controls import Choice, Steps, Text, bind, stored_labels
from transformer_lib.live.drawings import Bars
from transformer_lib.live.views import View, find
from transformer_lib.text.vocabulary import UnknownWordsError, Vocabulary, tokenise

SCRIPT = Path(__file__).parent.parent / "scripts/words.mjs"
WORDS = [
    "i",
    "am",
    "happy",
    "sally",
    "'s",
    "l'",
    "ami",
    "n'",
    "est",
    "pas",
    "prête",
    "book",
    "books",
    "look",
    ".",
]
PIECES = [
    "I", "am", "Happy", "sally's", "it's", "L'ami", "l’amie", "n'est", "aujourd'hui", "prête", "PRÊTE", "pre\u0302te",
    "book", "boks", "looked", "qu'il", "jusqu'à", "x-ray", "what's", "cats'", "'s", "-", "…", "?!", "42", "3.5", "ǅ",
    "a_b", "été", "naïve", "’", "d'", "s'", "日本", "²", "bokk", "hapy", "",
]  # fmt: skip


def in_the_page(jobs):
    done = subprocess.run(
        [node.find(), str(SCRIPT)], input=json.dumps(jobs), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sentences():
    draw = random.Random(7)
    glue = [" ", "", "  ", ", ", "\t", "'", "-"]
    made = [
        "".join(draw.choice(PIECES) + draw.choice(glue) for _ in range(draw.randrange(1, 9)))
        for _ in range(400)
    ]
    return [*PIECES, *made]


def test_the_page_splits_text_as_the_library_does():
    texts = sentences()
    found = in_the_page([{"text": text, "vocabulary": WORDS} for text in texts])
    assert [tuple(answer["words"]) for answer in found] == [tokenise(text) for text in texts]


def test_the_page_splits_every_character_as_the_library_does():
    """Between letters, beside an apostrophe, alone; only characters that Python's Unicode version has."""
    known = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) not in ("Cn", "Cs")]
    texts = [
        "".join(f"a{c}b {c}'s l'{c} {c} . " for c in known[i : i + 500]) for i in range(0, len(known), 500)
    ]
    assert len(known) > 280_000
    found = in_the_page([{"text": text, "vocabulary": WORDS, "split": True} for text in texts])
    for text, answer in zip(texts, found, strict=True):
        assert tuple(answer["words"]) == tokenise(text)


@pytest.mark.parametrize("blank", [*"\x1c\x1d\x1e\x1f\x85\x00\x7f\u2003\u3000\u2028"])
def test_what_is_blank_divides_words(blank):
    assert tokenise(f"i{blank}am") == ("i", "am")


@pytest.mark.parametrize("nothing", [*"\u200b\u00ad\u200e\ufeff\u2060\ufe0f\u200d"])
def test_what_shows_nothing_is_dropped(nothing):
    assert tokenise(f"{nothing}hap{nothing}py{nothing} {nothing} .") == ("happy", ".")


@pytest.mark.parametrize("apostrophe", "'’ʼ‘′´＇")
def test_what_is_written_for_an_apostrophe_is_one(apostrophe):
    assert tokenise(f"L{apostrophe}ami, Sally{apostrophe}s, it{apostrophe}s") == tokenise(
        "L'ami, Sally's, it's"
    )


def unknown(vocabulary, text):
    try:
        vocabulary.encode(text)
    except UnknownWordsError as error:
        return error.unknown
    return {}


def test_the_page_offers_the_words_that_the_library_offers():
    vocabulary = Vocabulary(WORDS)
    texts = [text for text in sentences() if tokenise(text)]
    for text, answer in zip(
        texts, in_the_page([{"text": t, "vocabulary": vocabulary.words} for t in texts]), strict=True
    ):
        assert answer["unknown"] == unknown(vocabulary, text), text
        if not answer["unknown"]:
            assert answer["ids"] == vocabulary.encode(text)


@pytest.fixture
def sentence():
    control = Text("ids", "your sentence", "vocabulary", most=5, value="I am happy")
    return bind(control, {"vocabulary": list(Vocabulary(WORDS).words)})


class TestText:
    def test_gives_the_ids_of_the_library(self, sentence):
        assert sentence.tensor("Sally's happy.").tolist() == Vocabulary(WORDS).encode("Sally's happy.")

    def test_names_every_unknown_word_with_near_ones(self, sentence):
        with pytest.raises(UnknownWordsError, match=r"'hapy' \(near: happy\).*'zzz'"):
            sentence.tensor("I am hapy zzz")

    def test_takes_no_special_token_for_a_word(self, sentence):
        with pytest.raises(ValueError, match="unknown"):
            sentence.tensor("<pad>")

    @pytest.mark.parametrize("typed", ["", "  ", "i am happy happy happy happy", 3])
    def test_refuses_what_is_no_sentence_of_the_right_length(self, sentence, typed):
        with pytest.raises(ValueError, match=r"type 1 to 5 words|must be a sentence"):
            sentence.tensor(typed)

    def test_offers_its_examples_in_a_list_that_shows_the_one_that_stands_there(self, sentence):
        control = replace(sentence, examples=("i am happy", "<b>sally's</b> book"))
        markup = control.markup("p")
        assert markup.count("<option") == 3
        assert '<option value="1">&lt;b&gt;sally&#x27;s&lt;/b&gt; book</option>' in markup
        assert "selected" in replace(control, value="i am happy").markup("p")
        assert 'aria-label="or choose: your sentence"' in markup
        assert "<select" not in sentence.markup("p")

    def test_tells_the_script_its_examples_and_tries_them(self, sentence):
        control = replace(sentence, examples=("i am", "am i"))
        assert control.spec()["examples"] == ["i am", "am i"]
        assert control.values()[-2:] == ["i am", "am i"]

    def test_takes_no_example_that_cannot_be_read(self):
        control = Text("ids", "your sentence", WORDS, value="i am", examples=("i am", "i am hapy"))
        with pytest.raises(UnknownWordsError, match="'hapy'"):
            bind(control, {})


class TestAPictureWithASentence:
    @pytest.fixture
    def picture(self):
        example = find("typed").example
        return live.show(
            "typed",
            vocabulary=["sally", "adored", "reading", "when", "she", "a", "book"],
            embeddings=example["embeddings"],
            w_q=example["w_q"],
            w_k=example["w_k"],
            ids="she adored Sally when reading",
            word=4,
        )

    def test_names_its_rows_by_what_was_typed(self, picture):
        assert "reading" in picture.describe()
        picture.set(ids="a book")
        assert picture.outputs["weights"].shape == (2, 2)
        assert "reading" not in picture.describe()

    def test_keeps_the_chosen_word_among_the_words_there_are(self, picture):
        picture.set(ids="a book")
        assert picture.values["word"] == 1

    def test_keeps_the_last_good_sentence_when_a_word_is_unknown(self, picture):
        before = dict(picture.values)
        with pytest.raises(ValueError, match="'bok'"):
            picture.set(ids="a bok")
        assert picture.values == before


def echo(count, word):
    """The first words of the vocabulary, and a number for each candidate."""
    ids = torch.arange(int(count))
    rows = torch.stack([ids, ids.flip(0)])
    return {
        "ids": ids,
        "rows": rows.masked_fill(rows == 0, -1),
        "chosen": ids[min(int(word), len(ids) - 1)] + torch.zeros(2),
    }


ECHO = View(
    name="echo",
    title="What was said",
    function=echo,
    controls=(Steps("count", "words", (1, 2, 5), 5), Choice("word", "word", "written")),
    drawings=(Bars("chosen", "sentences", "Sentences", 20.0),),
    example={"count": torch.tensor(5.0), "word": torch.tensor(1)},
    labels={"french": "f"},
    spoken={"written": ("ids", "french"), "sentences": ("rows", "french")},
)
FRENCH = ["<eos>", "je", "suis", "content", "je"]


class TestAPictureThatSpeaks:
    """Labels that come with the numbers."""

    @pytest.fixture
    def picture(self):
        return live.show(ECHO, french=FRENCH, word=3)

    def test_names_its_drawings_by_the_ids_that_it_computed(self, picture):
        assert picture.describe() == ("What was said. Sentences: je suis content je 3, je content suis je 3.")
        picture.set(count=2)
        assert picture.describe() == "What was said. Sentences: je 1, je 1."

    def test_offers_the_words_that_it_said(self, picture):
        [_, word] = picture.spec["controls"]
        assert word["options"] == ["<eos>", "je (2)", "suis", "content", "je (5)"]
        assert word["source"] == "written"
        assert picture.spec["spoken"] == {"written": ["ids", "french"], "sentences": ["rows", "french"]}

    def test_keeps_the_choice_among_them(self, picture):
        picture.set(count=2)
        assert picture.values == {"count": 2, "word": 1}
        picture.set(count=5)
        assert picture.values["word"] == 1
        picture.set(word=17)
        assert picture.values["word"] == 4

    def test_answers_a_front_end_that_does_not_know_the_words_yet(self, picture):
        picture.values = {"count": 1, "word": 4}
        picture.number = 1
        assert picture.response["error"] is None
        assert "Sentences:  0" in picture.describe()
        picture.set(count=5)
        assert picture.values["word"] == 0

    def test_starts_on_a_word_that_there_is(self):
        assert live.show(ECHO, french=FRENCH, word=40).values["word"] == 4

    def test_takes_no_index_below_nought_and_nothing_else(self, picture):
        for wrong in (-1, 1.0, True):
            with pytest.raises(ValueError, match="word must be"):
                picture.set(word=wrong)

    def test_a_picture_that_does_not_speak_tells_its_script_nothing_of_it(self):
        example = find("sentence").example
        given = {name: example[name] for name in ("x", "w_q", "w_k")}
        assert "spoken" not in live.show("sentence", tokens=list("abcdefg"), **given).spec


@pytest.mark.parametrize(
    ("view", "made"), [("translator", "written"), ("sampling", "written"), ("beam", "ranked")]
)
def test_a_stored_picture_has_the_words_that_the_kernel_showed(view, made):
    picture = live.show(view)
    written = stored_labels({"spec": picture.spec, "values": picture.values, "response": picture.response})
    assert written == picture._labels
    assert "suis" in " ".join(written[made])
