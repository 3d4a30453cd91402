"""The claim ledger: its form, and the figures that it states."""

import json
import re
from pathlib import Path

import pytest
import torch

from transformer_lib import attention
from transformer_lib.exercises import given

BOOK = Path(__file__).parent.parent / "book"
LEDGER = (BOOK / "claims.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", LEDGER, re.MULTILINE)
QUERY = torch.tensor([8.0, 7.0])
KEYS = torch.tensor([[7.0, 8.0], [5.0, 5.0], [11.0, -4.0], [-2.0, 4.0], [0.0, 15.0]])
PRODUCTS = torch.tensor([112.0, 75.0, 60.0, 12.0, 105.0])
TABLE = {
    "Sally": [0.48, 0.08, 0.03, 0.01, 0.32],
    "adored": [0.04, 0.03, 0.52, 0.3, 0.01],
    "reading": [0.01, 0.02, 0.13, 0.86, 0.01],
    "when": [0.01, 0.03, 0.02, 0.58, 0.01],
    "she": [0.13, 0.12, 0.02, 0.01, 0.04],
}


def test_every_claim_has_a_number_a_verdict_a_chapter_and_what_is_known():
    assert [int(row[0]) for row in ROWS] == list(range(1, len(ROWS) + 1))
    assert len(ROWS) == len(re.findall(r"^\| \d", LEDGER, re.MULTILINE)) >= 50
    for number, claim, verdict, where, known in ROWS:
        assert verdict in {"true", "loose", "false", "opinion"}, number
        assert re.search(r"chapters? \d\d", where), number
        assert len(claim) > 10, number
        assert len(known) > 10, number


def headings(number):
    """The headings of a chapter, as they are read."""
    [path] = BOOK.glob(f"{number}-*.ipynb")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    lines = [
        line
        for cell in cells
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
    ]
    return {line.lstrip("# ").replace("*", "") for line in lines if line.startswith("#")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_claim_names_the_sections_that_show_it(row):
    named, chapter = [], None
    for number, section in re.findall(r"\b(\d\d)\b|\*(.+?)\*", row[3]):
        chapter = number or chapter
        named += [(chapter, section)] if section else []
    assert {chapter for chapter, _ in named} == set(re.findall(r"\b\d\d\b", row[3])), (
        "a chapter without a section"
    )
    assert [(chapter, section) for chapter, section in named if section not in headings(chapter)] == []


@pytest.mark.parametrize(
    "figure",
    ["112, 75, 60, 12, 105", "79.2, 53.0, 42.4, 8.5, 74.2", "0.993, 0, 0, 0, 0.007", "1.03", ".92, .90, .65 and .32",
     "(0.504, 0.087, 0.043, 0.004, 0.362)", ".998", "√64 = 8"],
)  # fmt: skip
def test_the_ledger_states_the_figures_that_are_tested_here(figure):
    assert figure in LEDGER


def test_the_integer_vectors_give_the_products_of_the_deck():
    assert torch.equal(KEYS @ QUERY, PRODUCTS)
    assert torch.equal(given("the nearest divisor")[0], PRODUCTS)
    cosines = torch.cosine_similarity(KEYS, QUERY[None])
    assert cosines[[1, 4]].tolist() == pytest.approx([0.998, 0.66], abs=2e-3)
    assert PRODUCTS[1] < PRODUCTS[4]


def test_the_scaled_products_were_cut_and_one_left_out():
    assert (PRODUCTS / 2**0.5).tolist() == pytest.approx([79.2, 53.0, 42.4, 8.5, 74.2], abs=0.05)
    assert (PRODUCTS / 1.4).tolist() == pytest.approx([80, 53.57, 42.86, 8.57, 75], abs=5e-3)


def test_their_softmax_is_not_what_the_deck_prints():
    _, weights = attention(QUERY[None], KEYS, KEYS)
    assert weights[0].tolist() == pytest.approx([0.993, 0, 0, 0, 0.007], abs=5e-4)
    divisors = torch.arange(1, 100, 0.1)
    nearest = ((PRODUCTS / divisors[:, None]).softmax(-1) - torch.tensor(TABLE["Sally"])).abs().amax(-1).min()
    assert nearest > 0.03


def test_the_rows_sum_as_the_ledger_says():
    sums = {word: round(sum(row), 2) for word, row in TABLE.items()}
    assert sums == {"Sally": 0.92, "adored": 0.9, "reading": 1.03, "when": 0.65, "she": 0.32}


def test_the_root_of_d_keeps_the_largest_weight_where_it_is():
    generator = torch.Generator().manual_seed(0)
    largest = {}
    for d in (2, 768):
        q, k = (torch.randn(1000, n, d, generator=generator) for n in (1, 12))
        scores = q @ k.transpose(-2, -1)
        largest[d] = [(scores / by).softmax(-1).amax(-1).mean().item() for by in (1, d**0.5, d)]
    assert largest[2] == pytest.approx([0.34, 0.26, 0.20], abs=0.015)
    assert largest[768] == pytest.approx([0.96, 0.29, 0.09], abs=0.015)
