"""Where things stand in a picture's markup: title and reset, controls at the panels that they move, steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from bs4 import BeautifulSoup

from transformer_lib import live
from transformer_lib.live.drawings import Bars, Heatmap, Numbers, Tree, Words
from transformer_lib.live.markup import pressed
from transformer_lib.live.views import VIEWS
from transformer_lib.live.views.view import Step


def markup(picture: live.LivePicture) -> Any:
    return BeautifulSoup(picture.markup, "html.parser").find("figure")


@pytest.fixture
def sentence():
    eye = torch.eye(3)
    return markup(live.show("sentence", tokens=["she", "saw", "it"], x=eye, w_q=eye, w_k=eye))


@pytest.fixture
def plane():
    points: dict[str, Any] = {name: torch.tensor([[1.0, 2.0], [3.0, -1.0]]) for name in ("keys", "values")}
    return markup(live.show("plane", asking=["she"], words=["a", "b"], query=torch.ones(1, 2), **points))


def test_the_reset_stands_in_the_row_of_the_title(sentence):
    head = sentence.find(class_="live-head-row")
    assert head.find(class_="live-name").text == VIEWS["sentence"].title
    assert head.find("button")["aria-label"] == "reset"
    assert len(sentence.find_all(class_="live-reset")) == 1


def test_a_list_goes_from_the_screen_where_words_are_pressed_and_only_there(sentence):
    hidden = [node["data-control"] for node in sentence.select("[data-control][hidden]")]
    assert hidden == ["word"] == [*pressed(VIEWS["sentence"].drawings)]
    assert pressed([Heatmap("w", "a", "b", "A map", selected="word"), Bars("w", "a", "Bars")]) == set()
    assert pressed([Words("w", "a", "Words", selected="pick"), Words("w", "a", "Words")]) == {"pick"}


def test_controls_of_all_panels_stand_below_the_first_row_of_them(sentence):
    stage = sentence.find(class_="live-stage")
    kinds = [child["class"][-1] for child in stage.find_all(recursive=False)]
    assert kinds == ["live-place", "live-common", "live-place", "live-place"]
    narrow = markup(live.show("depth")).find(class_="live-stage")
    kinds = [child["class"][-1] for child in narrow.find_all(recursive=False)]
    assert kinds == ["live-place"] * 3 + ["live-common"]


def test_a_control_stands_under_the_panel_that_it_moves():
    shown = markup(live.show("positions", table=torch.rand(50, 64)))
    found = {
        place.find(class_="live-panel")["data-drawing"]: [
            node["data-control"] for node in place.select("[data-control]")
        ]
        for place in shown.select(".live-place")
    }
    assert found == {"0": ["clock"], "1": ["place", "width"]}


def test_each_step_shows_its_panels_and_its_controls(plane):
    steps = VIEWS["plane"].steps
    assert [button.text for button in plane.select(".live-steps button")] == [
        f"{i}. {step.name}" for i, step in enumerate(steps, 1)
    ]
    assert plane["data-step"] == "1"
    for i, step in enumerate(steps, 1):
        there = [node for node in plane.select("[data-in]") if str(i) in node["data-in"].split()]
        panels = [
            int(node.find(class_="live-panel")["data-drawing"])
            for node in there
            if node.find(class_="live-panel")
        ]
        groups = [node for node in there if "live-controls" in node["class"]]
        controls = [control["data-control"] for group in groups for control in group.select("[data-control]")]
        assert panels == list(step.drawings)
        assert sorted(controls) == sorted(step.controls)


@pytest.mark.parametrize("step", [Step("a", (3,), (), "h"), Step("a", (0,), ("heat",), "h")])
def test_a_step_of_what_the_view_does_not_have_is_refused(step):
    with pytest.raises(ValueError, match="step 'a' shows what the view does not have"):
        replace(VIEWS["plane"], steps=(step,))


def test_a_tree_is_as_tall_as_its_fullest_column_and_a_wide_table_as_its_rows():
    tree = Tree("parents", "tokens", "totals", "ranks", "words", "A search")
    tall = [
        tree.fitted({"parents": torch.tensor(parents)}).height for parents in ([-1, 0], [-1, -1, 0], [-1] * 9)
    ]
    assert tall[0] < tall[1] < tall[2] == tree.height
    table = Numbers("v", "rows", "columns", "A table", width=736, height=260)
    assert [table.fitted({"v": torch.zeros(n, 2)}).height for n in (1, 2, 9)] == [98, 132, 260]
    narrow = replace(table, width=360)
    assert narrow.fitted({"v": torch.zeros(1, 2)}) == narrow
