"""`python -m transformer_lib.data` splits a table of pairs so that nothing leaks from one part to another."""

import gzip

import pytest

from transformer_lib.data import load_folder, load_tests
from transformer_lib.data.__main__ import by_source, main

PAIRS = [(f"sentence {row % 40}", f"phrase {row}") for row in range(71)]


def test_no_sentence_stands_in_two_parts_and_no_pair_is_lost():
    parts = by_source(PAIRS, 5, 7, seed=3)
    sources = {part: {source for source, _ in rows} for part, rows in parts.items()}
    assert {part: len(found) for part, found in sources.items()} == {"train": 28, "val": 5, "test": 7}
    assert sum(map(len, sources.values())) == len(set.union(*sources.values()))
    assert sorted(pair for rows in parts.values() for pair in rows) == sorted(PAIRS)
    assert parts["train"] == [pair for pair in PAIRS if pair[0] in sources["train"]], "the order stays"
    assert by_source(PAIRS, 5, 7, seed=3) == parts != by_source(PAIRS, 5, 7, seed=4)


@pytest.mark.parametrize(("n_validation", "n_test"), [(20, 20), (0, 5), (5, 0)])
def test_parts_that_cannot_be_are_refused(n_validation, n_test):
    with pytest.raises(ValueError, match="40 different sentences cannot be split"):
        by_source(PAIRS, n_validation, n_test)


def test_a_table_becomes_a_folder(tmp_path, capsys):
    lines = [f"{source}\t{target}\tCC-BY" for source, target in PAIRS] + ["alone", "\tnothing", "nothing\t "]
    (tmp_path / "table.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    words = [
        str(tmp_path / "table.gz"),
        str(tmp_path / "new/folder"),
        "--target",
        "fr",
        "--val",
        "5",
        "--test",
        "7",
    ]
    assert main(words) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said[:3]] == ["train", "val", "test"]
    assert said[3] == "3 lines left out, without a sentence or a translation"
    found = load_folder(tmp_path / "new/folder", "en", "fr")
    n_tests = len(found.tests["test"])
    assert len(found.train) + len(found.validation) + n_tests == len(PAIRS)
    assert len(load_tests(tmp_path / "new/folder", "en", "fr")["test"].joined().sources) == 7


def test_a_table_that_is_not_there_is_one_line_and_code_2(tmp_path, capsys):
    assert main([str(tmp_path / "nowhere"), str(tmp_path / "folder")]) == 2
    complained = capsys.readouterr().err
    assert complained.startswith("python -m transformer_lib.data: error: ")
    assert complained.count("\n") == 1
    assert not (tmp_path / "folder").exists()
