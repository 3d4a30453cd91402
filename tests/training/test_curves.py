"""Curves grow line by line; a resumed run keeps exactly the lines up to its checkpoint."""

import os

import pytest

from transformer_lib.training import read_curves
from transformer_lib.training.curves import Curves


@pytest.fixture
def path(tmp_path):
    curves = Curves(tmp_path / "curves.jsonl")
    for step in (2, 4, 6):
        curves.add({"step": step, "loss": 1 / step})
    return tmp_path / "curves.jsonl"


def test_records_are_kept_in_memory_and_in_the_file(path):
    assert read_curves(str(path)) == [{"step": step, "loss": 1 / step} for step in (2, 4, 6)]
    assert path.read_text("utf-8").splitlines()[0] == '{"step": 2, "loss": 0.5}'
    assert path.read_bytes().endswith(b"}\n")


def test_without_a_file_records_are_kept_in_memory():
    curves = Curves()
    curves.add({"step": 1})
    assert curves.records == [{"step": 1}]


@pytest.mark.parametrize(("until", "steps"), [(0, []), (3, [2]), (4, [2, 4]), (9, [2, 4, 6])])
def test_going_on_cuts_what_came_after_the_checkpoint(path, until, steps):
    curves = Curves(path, until=until)
    assert [record["step"] for record in curves.records] == steps
    assert read_curves(path) == curves.records
    curves.add({"step": 10})
    assert [record["step"] for record in read_curves(path)] == [*steps, 10]


def test_a_new_run_starts_with_no_lines(path):
    assert Curves(path).records == []
    assert path.read_bytes() == b""


def test_a_half_written_last_line_is_left_out_and_cut(path):
    whole = path.read_bytes()
    for length in range(len(whole) - 24, len(whole)):
        path.write_bytes(whole[:length])
        assert [record["step"] for record in read_curves(path)] == [2, 4]
    Curves(path, until=6).add({"step": 6})
    assert [record["step"] for record in read_curves(path)] == [2, 4, 6]


@pytest.mark.parametrize("line", ["{", "[1]", '{"loss": 1}', "7", ""])
def test_a_broken_line_is_named_and_the_file_stays(path, line):
    lines = path.read_text("utf-8").splitlines()
    lines[1] = line
    path.write_text("\n".join(lines) + "\n", "utf-8")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"curves.jsonl, line 2: no record"):
        Curves(path, until=6)
    assert path.read_bytes() == before


def test_a_record_is_on_disk_when_add_returns(path, monkeypatch):
    sizes = []
    monkeypatch.setattr(os, "fsync", lambda handle: sizes.append(os.fstat(handle).st_size))
    curves = Curves(path, until=2)
    sizes.clear()
    curves.add({"step": 4, "loss": 0.25})
    assert sizes == [path.stat().st_size]
