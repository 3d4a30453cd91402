"""Results are kept as JSON, short, and name the command that makes them."""

import json

import pytest

from transformer_lib.studies import results
from transformer_lib.studies.stored import rounded, store


def test_what_was_stored_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr("transformer_lib.studies.stored.FOLDER", tmp_path)
    store("trial", {"exact": [0.123456, None], "seeds": (0, 1), "name": "GRU à part"}, tmp_path)
    assert results("trial") == {"exact": [0.1235, None], "seeds": [0, 1], "name": "GRU à part"}


def test_results_that_are_not_there_name_their_command():
    with pytest.raises(ValueError, match=r"transformer_lib\.studies\.weather"):
        results("weather")


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    found = {"a": [1 / 3, 2.0, True, "x"]}
    first = store("one", found, tmp_path).read_bytes()
    assert store("one", json.loads(first), tmp_path).read_bytes() == first


def test_small_numbers_keep_their_digits():
    assert rounded([3.14159e-16, 12345.678]) == [3.142e-16, 12350.0]


@pytest.mark.parametrize(
    "name",
    [
        *("sally", "controls", "gradients", "length", "training", "depth", "feed_forward", "crossing"),
        *("dress", "scaling", "vocabularies", "online"),
    ],
)
def test_each_study_of_the_book_is_stored(name):
    assert "about" in results(name)
