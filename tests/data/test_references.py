"""Test sets of a folder: one reference for each sentence or several, and nothing out of step."""

import gzip

import pytest

from transformer_lib.data import TextTest, load_tests


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "test.de", "eins", "", "drei", "vier")
    write(tmp_path, "test.en", "one", "two", "three", "four")
    return tmp_path


def write(folder, name, *lines):
    data = "".join(f"{line}\n" for line in lines).encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def test_sentences_come_with_their_references_and_empty_lines_are_counted(folder):
    assert load_tests(folder, "de", "en") == {
        "test": TextTest(["eins", "drei", "vier"], [["one"], ["three"], ["four"]], 1)
    }
    assert load_tests(folder, "en", "de")["test"].sources == ["one", "three", "four"]


def test_further_references_stand_beside_the_first(folder):
    write(folder, "test.en.1", "a one", "a two", "", "a four")
    write(folder, "test.en.2.gz", "", "", "THREE", "FOUR")
    write(folder, "test.en.4", "never", "", "read", "alone")
    found = load_tests(folder, "de", "en")["test"]
    assert found.references == [["one", "a one"], ["three", "THREE"], ["four", "a four", "FOUR"]]


def test_train_and_val_are_not_asked_for_and_a_set_needs_both_languages(folder):
    write(folder, "test_2017.en", "only")
    write(folder, "test2.de", "zwei")
    write(folder, "test2.en", "two")
    assert list(load_tests(folder, "de", "en")) == ["test", "test2"]


def test_lines_of_one_source_become_one_sentence():
    test = TextTest(["a", "b", "a", "a"], [["x"], ["y"], ["z", "w"], ["x"]], 3)
    assert test.joined() == TextTest(["a", "b"], [["x", "z", "w"], ["y"]], 3)


def test_files_out_of_step_are_refused(folder):
    write(folder, "test.en.1", "one")
    with pytest.raises(ValueError, match=r"test.de has 4 lines and test.en.1 has 1"):
        load_tests(folder, "de", "en")


def test_a_folder_without_a_test_set_is_refused(folder):
    with pytest.raises(FileNotFoundError, match=r"no test.de with a test.fr"):
        load_tests(folder, "de", "fr")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_tests(folder / "nowhere", "de", "en")
    write(folder, "test.de", "", "")
    write(folder, "test.en", "", "a")
    with pytest.raises(ValueError, match="hold no sentence"):
        load_tests(folder, "de", "en")
