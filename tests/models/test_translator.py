"""The shipped translator: quality as in its model card, size, and errors for unknown words."""

import gzip
import re
from importlib import resources

import pytest
import torch

from transformer_lib import load_translator, translate
from transformer_lib.data import as_sentence, generate, split, translate_gold, vocabularies
from transformer_lib.evaluation import exact_match
from transformer_lib.evaluation.__main__ import SHIPPED, report
from transformer_lib.evaluation.__main__ import _name as place_of
from transformer_lib.evaluation.report import alignments, translations
from transformer_lib.models.translator import WEIGHTS, OutsideGrammarWarning
from transformer_lib.storage.model_file import read_model
from transformer_lib.text.vocabulary import UnknownWordsError, tokenise
from transformer_lib.training.__main__ import parser

CARD = (WEIGHTS.parent / "translator.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("i am happy .", "Je suis content."),
        ("I am happy.", "Je suis content."),
        ("I’m happy", "Je suis content."),
        ("The cat isn't old.", "Le chat n'est pas vieux."),
        ("sally adored reading ; when she received a book for her birthday , she was happy .", None),
        ("the old man likes his red car .", None),
    ],
)
def test_it_translates(english, french):
    assert translate(english) == (french or as_sentence(tokenise(translate_gold(english))))


def test_it_is_right_on_sentences_it_never_saw():
    splits = split(8000, seed=1)
    trained = read_model(WEIGHTS).about["data"]
    assert (trained["kind"], trained["seed"]) == ("grammar", 0)
    for pairs, limit in ((splits.test_sentences, 0.99), (splits.test_combinations, 0.98)):
        pairs = pairs[:200]
        assert len(pairs) == 200
        said = translations(*load_translator(), pairs)
        # Two in a hundred more for chance: the card measures more sentences than a test can.
        assert exact_match(said, [pair.french for pair in pairs]) >= limit - 0.02


def test_one_sentence_is_translated_as_in_a_batch():
    pairs = generate(20, seed=7)
    said = [translate(" ".join(pair.english)) for pair in pairs]
    assert said == [as_sentence(words) for words in translations(*load_translator(), pairs)]


def test_attention_points_where_the_card_says():
    rate, place = re.search(r"^alignment: error rate ([\d.]+),.*\((.*), chosen", CARD, re.MULTILINE).groups()
    assert float(rate) <= 0.04
    pairs = split(8000, seed=1).test_sentences[:200]
    [found] = [row for row in alignments(*load_translator(), pairs) if place_of(row) == place]
    assert found.error_rate == pytest.approx(float(rate), abs=0.01)


def test_the_card_tells_of_this_file():
    lines = report(WEIGHTS)
    assert [next(lines), next(lines)] == re.findall(r"^(?:file|parameters): .*$", CARD, re.MULTILINE)
    recipe = read_model(WEIGHTS).about
    for number in (recipe["data"]["n_pairs"], recipe["recipe"]["n_steps"], recipe["batch_size"]):
        assert re.search(rf"\b{number:,}\b", CARD), number


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("test sentences", 0.99),
        ("test combinations", 0.98),
        ("  test sentences", 0.95),
        ("  test combinations", 0.95),
    ],
    ids=["sentences", "combinations", "further sentences", "further combinations"],
)
def test_the_card_reaches_the_figures(name, least):
    assert float(re.search(rf"^{name}: exact match ([\d.]+) of", CARD, re.MULTILINE).group(1)) >= least
    assert re.search(rf"^{name}: .* BLEU [\d.]+ \(nrefs:1.*version:", CARD, re.MULTILINE)


def test_the_commands_of_the_card_trained_it():
    first, second = re.findall(r"^python -m transformer_lib\.training *(.*)$", CARD, re.MULTILINE)
    about, defaults = read_model(WEIGHTS).about, parser().parse_args(second.split())
    assert (first, defaults.start) == ("", parser().parse_args([]).out)
    assert len(about["start"]) == 64
    assert about["recipe"] == {
        "n_steps": defaults.steps,
        "peak_lr": defaults.lr,
        "warmup_steps": defaults.warmup,
        "schedule": defaults.schedule,
        "smoothing": defaults.smoothing,
        "clip": defaults.clip,
        "weight_decay": defaults.weight_decay,
        "seed": defaults.seed,
        "log_every": defaults.log_every,
        "save_every": defaults.save_every,
    }
    assert about["data"]["n_pairs"] == defaults.pairs
    assert about["data"]["n_further"] == defaults.further
    assert about["batch_size"] == defaults.batch_size
    assert (about["threads"], about["device"]) == (1, "cpu")
    config = load_translator()[0].config
    for name in ("d_model", "n_heads", "n_layers", "d_ff", "dropout", "max_length"):
        assert getattr(config, name) == getattr(defaults, name)


def test_it_knows_every_word_of_the_grammar_as_it_is_today():
    assert load_translator()[1:] == vocabularies(further=True)


def test_it_is_small_and_lies_in_the_package():
    content = WEIGHTS.read_bytes()
    assert len(content) <= 2_000_000
    assert len(gzip.compress(content)) <= 1_500_000
    assert resources.files("transformer_lib").joinpath("models/weights/translator.safetensors").is_file()
    assert SHIPPED == WEIGHTS


def test_it_is_loaded_once_for_each_device(device):
    first, again = load_translator(device), load_translator(str(device))
    assert all(a is b for a, b in zip(first, again, strict=True))
    assert not first[0].training
    assert next(first[0].parameters()).device.type == device.type
    assert next(first[0].parameters()).dtype == torch.float32
    assert translate("i am happy .", device) == "Je suis content."
    assert load_translator()[0] is load_translator("cpu")[0]


def test_unknown_words_are_named_and_near_ones_offered():
    with pytest.raises(
        UnknownWordsError, match=r"2 unknown words: 'hapy' \(near: happy.*\); 'xyzzy'"
    ) as caught:
        translate("i am hapy xyzzy .")
    assert "happy" in caught.value.unknown["hapy"]
    assert caught.value.unknown["xyzzy"] == []


@pytest.mark.parametrize(
    ("sentence", "error", "words"),
    [
        ("", ValueError, "no word"),
        ("  ", ValueError, "no word"),
        ("happy " * 128, ValueError, "the sentence has 129 words, the translator takes at most 128"),
        ("I am happy. You are sad.", ValueError, "two sentences, and one is read at a time"),
        (["i", "am"], TypeError, "one sentence as text, got list"),
    ],
)
def test_what_is_no_sentence_is_refused(sentence, error, words):
    with pytest.raises(error, match=words):
        translate(sentence)
    with pytest.warns(OutsideGrammarWarning):
        assert isinstance(translate("happy " * 127), str)


def test_a_sentence_that_the_grammar_does_not_make_is_translated_and_flagged(recwarn):
    translate("Tom didn't see the cat")
    assert not recwarn.list
    with pytest.warns(OutsideGrammarWarning, match="never shown such a sentence"):
        assert translate("tom saw that .")
