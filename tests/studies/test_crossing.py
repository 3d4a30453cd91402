"""Where cross-attention looks: counted by hand on small maps, and the findings of the stored run."""

import pytest
import torch

from transformer_lib.data import Pair, analyses
from transformer_lib.evaluation import ablated
from transformer_lib.models.translator import load_translator
from transformer_lib.studies import results
from transformer_lib.studies.crossing import Translator, elisions, looks, on_articles, swapped

PAIR = Pair(
    ("to", "the", "cat", "not"),
    ("à", "la", "chatte", "ne", "pas"),
    frozenset({(0, 0), (1, 1), (2, 2), (3, 3), (3, 4)}),
)
SHIPPED = results("crossing")["translators"]["shipped"]


def at(*places, n=4):
    """A map whose largest weights stand in these columns."""
    return torch.eye(n)[list(places)]


def test_looks_are_counted_by_word_and_by_where_they_go():
    assert looks([PAIR], [at(0, 1, 2, 3, 3)])["wrong"] == 0
    found = looks([PAIR], [at(1, 1, 2, 2, 3)])  # à looks at la's source, ne at none of its neighbours
    assert (found["wrong"], found["seen"], found["on the next"], found["one to many"]) == (2, 5, 1, 1)
    assert found["words"] == {"à": [1, 1, 1], "ne": [1, 1, 0]}


def test_articles_are_told_apart_from_what_comes_after_them():
    assert on_articles([PAIR], [at(0, 1, 2, 3, 3)]) == {"article": 1, "next": 0, "other": 0}
    assert on_articles([PAIR], [at(0, 2, 2, 3, 3)]) == {"article": 0, "next": 1, "other": 0}
    assert on_articles([PAIR], [at(0, 0, 2, 3, 3)]) == {"article": 0, "next": 0, "other": 1}


@pytest.fixture(scope="module")
def shipped():
    return Translator(*load_translator(), [*analyses("we have an old cat ."), *analyses("i am happy .")])


def test_nothing_changes_in_a_whole_model_and_something_does_without_the_head_that_reads_ahead(shipped):
    assert shipped.changed().total() == 0
    with ablated(shipped.model, 1, 2, "cross"):
        assert shipped.changed()["avons → ont"] == 1


def test_one_vector_of_the_memory_decides(shipped):
    said = swapped(shipped, "i am happy .", "she is happy .", "je suis", range(4))
    assert said == ["content", "content", "contente", "content"]


def test_stored_wrong_looks_go_to_the_next_words_source():
    found = SHIPPED["looks"]
    assert (found["on the next"], found["wrong"]) == (96, 108)
    assert found["one to many"] < 0.6 * found["wrong"]
    assert found["words"]["à"][:2] == [26, 30]
    assert (
        found["que"][0] / found["que"][1] < 0.25 < 0.9 < found["words"]["qu'"][0] / found["words"]["qu'"][1]
    )


def test_stored_one_head_of_the_last_layer_reads_ahead_and_is_missed_most():
    last = [row for row in SHIPPED["heads"] if row["layer"] == 2]
    ahead = max(last, key=lambda row: row["articles"]["next"])
    assert ahead["head"] == 3
    assert ahead["changed"] == max(row["changed"] for row in last) > 8 * max(ahead["at random"])


def test_stored_the_noun_decides_and_without_that_head_the_article():
    whole, without = SHIPPED["genders"], SHIPPED["genders without"]
    n = whole["pairs of nouns"]
    assert n > 100
    assert (whole["follows the noun's row"], whole["follows the article's row"]) == (n, 0)
    assert (without["follows the noun's row"], without["follows the article's row"]) == (0, n)


def test_swapped_takes_rows_alone_or_together(shipped):
    said = swapped(shipped, "i am happy .", "she is happy .", "je suis", (0, [0, 2]))
    assert said == ["content", "contente"]


def test_elisions_follow_the_word_that_comes_next(shipped):
    assert elisions(shipped) == SHIPPED["elisions"]


@pytest.mark.parametrize(("name", "times"), [("shipped", 8), ("seed 1", 10)])
def test_what_holds_for_both_stored_translators(name, times):
    found = results("crossing")["translators"][name]
    assert found["changed"] == 0
    assert found["looks"]["on the next"] > 5 * found["looks"]["by chance"]
    assert found["looks"]["one to many"] < 0.6 * found["looks"]["wrong"]
    assert found["elisions"]["follows the next word's row"] == found["elisions"]["pairs"] == 18
    assert found["elisions"]["follows that's row"] == 0
    assert found["genders"]["follows the noun's row"] == found["genders"]["pairs of nouns"] == 126
    assert found["genders"]["follows pronoun's and adjective's"] == found["genders"]["adjectives"] == 8
    last = [row for row in found["heads"] if row["layer"] == 2]
    ahead = max(last, key=lambda row: row["articles"]["next"])
    assert ahead["changed"] == max(row["changed"] for row in last) > times * max(ahead["at random"])


def test_what_holds_for_one_stored_translator_alone():
    one, other = (results("crossing")["translators"][name] for name in ("shipped", "seed 1"))
    assert one["genders"]["follows the adjective's row"] == 8
    assert other["genders"]["follows the adjective's row"] == 0
    assert one["genders without"]["pairs of nouns"] == 126
    assert other["genders without"]["pairs of nouns"] == 0
    assert one["looks"]["words"]["à"][0] == 26
    assert "à" not in other["looks"]["words"]
