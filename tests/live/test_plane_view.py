"""The plane: the deck's numbers, and two causes of large products kept apart."""

import pytest
import torch

from transformer_lib import attention, live
from transformer_lib.live.views import find
from transformer_lib.live.views.plane import KEYS, WIDTHS

VIEW = find("plane")


def numbers(**moved):
    given = {name: torch.as_tensor(value, dtype=VIEW.example[name].dtype) for name, value in moved.items()}
    return VIEW(**(dict(VIEW.example) | given))


def test_the_decks_products_come_out_exactly():
    assert numbers()["products"].tolist() == [112.0, 75.0, 60.0, 12.0, 105.0]


def test_at_two_components_it_is_the_librarys_attention_on_what_the_plane_shows():
    query, keys, values = (VIEW.example[name] for name in ("query", "keys", "values"))
    output, weights = attention(query, keys, values)
    found = numbers()
    torch.testing.assert_close(found["output"], output[0])
    torch.testing.assert_close(found["weights"], weights[0])
    torch.testing.assert_close(found["scores"], found["products"] / 2**0.5)


def test_products_grow_with_the_square_of_the_length_whatever_d_is():
    for d in WIDTHS:
        torch.testing.assert_close(numbers(d=d, length=0.25)["products"], numbers(d=d)["products"] / 16)


def test_each_further_component_is_as_large_as_the_two_in_the_plane_are_on_average():
    for d in WIDTHS:
        same = torch.tensor([[3.0, 4.0]])  # a key equal to the query repeats its size, not its signs
        products = numbers(d=d, query=same, keys=same.repeat(KEYS, 1), values=same.repeat(KEYS, 1))[
            "products"
        ]
        hidden = (products - 25.0) / 12.5  # sums of d - 2 signs
        torch.testing.assert_close(hidden, hidden.round(), atol=1e-4, rtol=0)
        assert (hidden.abs() <= d - 2).all()
        assert ((hidden.round() - d) % 2 == 0).all()


def test_the_spread_of_products_follows_the_root_of_d_and_dividing_takes_that_back():
    spread = {d: numbers(d=d)["products"].std() / d**0.5 for d in WIDTHS if d > 2}
    assert max(spread.values()) / min(spread.values()) < 1.2
    growth = numbers(d=64)["products"].std() / numbers(d=4)["products"].std()
    assert 3.5 < growth < 4.7  # √16 = 4
    scaled = numbers(d=64)["scores"].std() / numbers(d=4)["scores"].std()
    assert 0.85 < scaled < 1.15


def test_temperature_divides_once_more_and_the_switch_takes_the_root_away():
    assert numbers(temperature=5.0, d=16)["divisor"] == pytest.approx(20.0)
    assert numbers(temperature=5.0, d=16, scaled=False)["divisor"] == pytest.approx(5.0)


def test_the_parts_sum_to_the_output():
    found = numbers(length=0.2)
    torch.testing.assert_close(found["parts"].sum(0), found["output"])


def test_equal_values_give_that_value():
    values = torch.tensor([[1.5, -2.0]]).repeat(5, 1)
    torch.testing.assert_close(numbers(values=values, length=0.3)["output"], values[0])


@pytest.fixture
def picture():
    given = {name: VIEW.example[name] for name in ("query", "keys", "values")}
    return live.show("plane", asking=["Sally"], words=["Sally", "adored", "reading", "when", "she"], **given)


def test_a_point_moved_from_python_moves_the_numbers(picture):
    picture.set(query=[[1.0, 0.0]])
    assert picture.outputs["products"].tolist() == [7.0, 5.0, 11.0, -2.0, 0.0]
    assert "query of Sally (1, 0)" in picture.describe()


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ({"query": [[1.0, 17.0]]}, "must lie in -16 … 16, got 17"),
        ({"query": [[1.0]]}, "1 pairs of numbers"),
        ({"keys": [[1.0, 1.0]]}, "5 pairs of numbers"),
        ({"keys": [[float("nan"), 1.0]] * 5}, "5 pairs of numbers"),
        ({"d": 3}, "one of 2, 4, 8, 16, 32, 64"),
    ],
)
def test_a_point_that_cannot_be_is_refused_and_nothing_moves(picture, moved, message):
    before = picture.outputs["weights"].clone()
    with pytest.raises(ValueError, match=message):
        picture.set(**moved)
    assert torch.equal(picture.outputs["weights"], before)


def test_a_picture_needs_a_point_for_each_word():
    given = {name: VIEW.example[name] for name in ("query", "keys", "values")}
    with pytest.raises(ValueError, match=r"\(n, 2\)"):
        live.show("plane", asking=["Sally"], words=["she", "was"], **given)
    del given["values"]
    with pytest.raises(ValueError, match="values needs a starting value for each of"):
        live.show("plane", asking=["Sally"], words=list("abcde"), **given)
