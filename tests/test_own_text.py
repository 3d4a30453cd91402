"""The page *On your own text*: its programs take its options, its code runs, and says what the page says."""

from __future__ import annotations

import re
import shlex
from math import exp
from pathlib import Path

import pytest

from transformer_lib.data.__main__ import parser as data
from transformer_lib.evaluation.__main__ import parser as evaluation
from transformer_lib.models.program import parser as translate
from transformer_lib.training.__main__ import parser as training

PAGE = (Path(__file__).parents[1] / "book/own-text.md").read_text("utf-8")
PROGRAMS = {"data": data, "evaluation": evaluation, "translate": translate, "training": training}
COMMANDS = re.findall(r"^python -m transformer_lib\.(\w+) (.*)$", PAGE.replace("\\\n", " "), re.MULTILINE)
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("program", "options"), COMMANDS)
def test_a_program_takes_the_options_of_the_page(program, options):
    PROGRAMS[program]().parse_args(shlex.split(options.partition(">")[0]))


def test_all_four_programs_are_shown():
    assert {program for program, _ in COMMANDS} == set(PROGRAMS)


def test_copies_but_for_case_and_signs_are_counted(tmp_path, capsys):
    (tmp_path / "train.en").write_text("Tom is here.\nHow are you?\nNo.\n", "utf-8")
    (tmp_path / "test.en").write_text("Tom is here!\nno\nWho are you?\n", "utf-8")
    exec(BLOCKS[0], {"folder": tmp_path})
    assert capsys.readouterr().out == "2 of 3 test sentences stand in train but for case and signs\n"


def test_only_the_perplexity_per_character_is_the_same_for_both_vocabularies():
    names: dict = {}
    exec(BLOCKS[1], names)
    assert names["coarse"][1] == names["fine"][1] == exp(60 / 80)
    assert names["coarse"][0] > 4 * names["fine"][0]
