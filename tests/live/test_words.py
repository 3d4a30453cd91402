"""What is typed into a picture becomes the words and ids that the library makes of it, in the page as in Python."""

import json
import random
import subprocess
from pathlib import Path

import node
import pytest

from transformer_lib import live
from transformer_lib.live.controls import Text, bind
from transformer_lib.live.views import find
from transformer_lib.vocabulary import UnknownWordsError, Vocabulary, tokenise

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
