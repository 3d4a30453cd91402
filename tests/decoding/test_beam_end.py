"""What a beam search no longer looks at, what it still waits for, and where it stops."""

import math

import pytest
import torch
from twins import says

from transformer_lib.decoding import beam_search

BOS, EOS = 1, 2
SOURCE = torch.tensor([[3]])


def following(**places):
    """A table (7, 7): ``_1={3: 0.5}`` says that 3 follows 1 with probability 0.5."""
    table = torch.zeros(7, 7)
    for name, shares in places.items():
        for token, share in shares.items():
            table[int(name[1:]), token] = share
    return table


def test_what_a_model_says_after_an_end_does_not_matter(table_model):
    table = following(_1={EOS: 0.5, 3: 0.5}, _3={4: 0.6, EOS: 0.4}, _4={EOS: 1.0})
    expected = beam_search(table_model(table), SOURCE, max_length=5, beam_size=2)
    model = table_model(table)
    model.tables[:, EOS] = math.nan
    assert beam_search(model, SOURCE, max_length=5, beam_size=2) == expected
    assert [hypothesis.ids for hypothesis in expected[0]] == [(EOS,), (3, 4, EOS)]


@pytest.mark.parametrize("place", [BOS, 3])
def test_what_it_says_before_the_end_does(table_model, place):
    model = table_model(following(_1={EOS: 0.5, 3: 0.5}, _3={EOS: 1.0}))
    model.tables[:, place] = math.nan
    with says(ValueError, "the model's logits are NaN; did its training diverge, or its weights not load?"):
        beam_search(model, SOURCE, max_length=5, beam_size=2)


def test_no_step_is_computed_once_everything_has_ended(table_model):
    model = table_model(following(_1={3: 0.5, 4: 0.5}, _3={EOS: 1.0}, _4={EOS: 1.0}))
    [found] = beam_search(model, SOURCE, max_length=5, beam_size=4)
    assert [hypothesis.ids for hypothesis in found] == [(3, EOS), (4, EOS)]
    assert len(model.seen) == 2


def test_a_longer_sentence_is_waited_for_while_its_score_is_in_reach(table_model):
    # found after two steps: ln .5 / 1 = -.69, ln .3 / 2 = -.60; in reach: ln .15 / 4 = -.47
    table = following(
        _1={EOS: 0.5, 3: 0.5}, _3={EOS: 0.6, 4: 0.3, 6: 0.1}, _4={5: 1.0}, _5={EOS: 1.0}, _6={EOS: 1.0}
    )
    settings = {"max_length": 4, "beam_size": 2, "length_penalty": 1.0, "normalise": "power"}
    model = table_model(table)
    [found] = beam_search(model, SOURCE, **settings)
    assert [hypothesis.ids for hypothesis in found] == [(3, 4, 5, EOS), (3, EOS)]
    assert [hypothesis.score for hypothesis in found] == pytest.approx(
        [math.log(0.15) / 4, math.log(0.3) / 2]
    )
    assert len(model.seen) == 4


def test_and_no_longer(table_model):
    # found after two steps: the same; in reach: ln .05 / 4 = -.75, below both
    shares = {EOS: 0.6, 3: 0.1, 4: 0.1, 5: 0.1, 6: 0.1}
    model = table_model(following(_1={EOS: 0.5, 3: 0.5}, _3=shares, _4={5: 1.0}, _5={EOS: 1.0}))
    settings = {"beam_size": 2, "length_penalty": 1.0, "normalise": "power"}
    [found] = beam_search(model, SOURCE, max_length=4, **settings)
    assert [hypothesis.ids for hypothesis in found] == [(3, EOS), (EOS,)]
    assert len(model.seen) == 2


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"beam_size": 0}, ValueError, "beam_size is a whole number from 1 to 10000, got 0"),
        ({"beam_size": 10_001}, ValueError, "beam_size is a whole number from 1 to 10000, got 10001"),
        ({"beam_size": 2.0}, ValueError, "beam_size is a whole number from 1 to 10000, got 2.0"),
        ({"beam_size": True}, ValueError, "beam_size is a whole number from 1 to 10000, got True"),
        ({"normalise": "mean"}, ValueError, "unknown normalise 'mean', expected one of wu, power"),
        ({"replace_ended": 1}, TypeError, "replace_ended must be True or False, got 1"),
        ({"return_tree": None}, TypeError, "return_tree must be True or False, got None"),
        ({"length_penalty": True}, TypeError, "length_penalty must be a number, got True"),
        ({"length_penalty": "0.6"}, TypeError, "length_penalty must be a number, got '0.6'"),
        *(
            (
                {"length_penalty": alpha},
                ValueError,
                f"length_penalty is at least 0 and finite, got {alpha}; below 0 it would punish length",
            )
            for alpha in (-0.1, math.inf, math.nan)
        ),
        (
            {"length_penalty": 1371},  # 700 / ln(10 / 6) = 1370.3
            ValueError,
            "length_penalty is at most 1370 where 5 tokens may be written, got 1371: "
            "a longer sentence would divide by more than a float holds",
        ),
        (
            {"length_penalty": 4542, "max_length": 2},  # 700 / ln(7 / 6) = 4541.03
            ValueError,
            "length_penalty is at most 4541 where 2 tokens may be written, got 4542: "
            "a longer sentence would divide by more than a float holds",
        ),
        (
            {"max_length": 24},
            ValueError,
            "max_length must be from 1 to 23, what the model's 23 positions leave; got 24",
        ),
        (
            {"src_ids": torch.tensor([[3, 4], [0, 0]])},
            ValueError,
            "row 1 of src_ids holds nothing but padding (id 0)",
        ),
    ],
)
def test_bad_settings_are_refused(transformer, sources, options, error, message):
    with says(error, message):
        beam_search(transformer(3), **({"src_ids": sources, "max_length": 5} | options))


def test_the_largest_penalty_and_the_widest_beam_are_welcome(table_model):
    model = table_model(following(_1={EOS: 0.5, 3: 0.5}, _3={EOS: 1.0}))
    [found] = beam_search(model, SOURCE, max_length=5, beam_size=10_000, length_penalty=1370)
    assert [hypothesis.ids for hypothesis in found] == [(3, EOS), (EOS,)]
    [found] = beam_search(model, SOURCE, max_length=1, beam_size=2, length_penalty=10_000)
    assert [hypothesis.score for hypothesis in found] == pytest.approx([math.log(0.5)] * 2)
