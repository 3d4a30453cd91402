"""Predict first: the true values are shown once revealed, and not before."""

import pytest

from transformer_lib import live


@pytest.fixture
def picture():
    return live.predict("Which share?", ["Sally", "she", "was"], [0.7, 0.25, 0.05], maximum=1)


def test_nothing_of_the_truth_comes_out_before_it_is_asked_for(picture):
    assert picture.outputs["true"].tolist() == [0.0, 0.0, 0.0]
    assert picture.outputs["off"].tolist() == [0.0, 0.0, 0.0]
    assert "0.7" not in picture.describe()


def test_then_it_stands_beside_the_guess_with_how_far_off_that_was(picture):
    hidden = picture.still()
    picture.set(revealed=True, guess=[0.5, 0.25, 0.15])
    assert picture.outputs["true"].tolist() == pytest.approx([0.7, 0.25, 0.05])
    assert picture.outputs["off"].tolist() == pytest.approx([0.2, 0.0, 0.1])
    assert picture.outputs["average"].item() == pytest.approx(0.1)
    assert "computed: Sally 0.7" in picture.describe()
    assert picture.still() != hidden


@pytest.mark.parametrize(
    ("maximum", "step", "digits", "start"), [(1, 0.01, 2, 0.5), (250, 1.0, 0, 125.0), (30, 0.1, 1, 15.0)]
)
def test_guesses_come_in_steps_that_suit_the_range(maximum, step, digits, start):
    picture = live.predict("How long?", ["RNN"], [0.5], maximum=maximum, unit=" s")
    guess = next(control for control in picture.spec["controls"] if control["name"] == "guess")
    assert guess["step"] == pytest.approx(step)
    assert guess["digits"] == digits
    assert guess["value"] == [start]
    assert guess["maximum"] == maximum


@pytest.mark.parametrize(
    ("truth", "message"),
    [([0.5], "one number for each of 2 labels"), ([0.5, 1.5], r"0 … 1"), ([0.5, float("nan")], r"0 … 1")],
)
def test_a_truth_that_nobody_could_guess_is_refused(truth, message):
    with pytest.raises(ValueError, match=message):
        live.predict("Which?", ["a", "b"], truth, maximum=1)


def test_the_question_and_its_labels_are_shown_as_text():
    picture = live.predict("<b>Which?</b>", ["<i>a</i>"], [0.5], maximum=1)
    assert "<i>" not in picture.markup
    assert "&lt;i&gt;a&lt;/i&gt;" in picture.markup


@pytest.mark.parametrize(
    ("truth", "maximum", "total"),
    [([0.9, 0.1], 1, 1.0), ([60, 40], 100, 100.0), ([0.9, 0.2], 1, None), ([3, 4], 9, None)],
)
def test_shares_are_told_what_they_add_up_to_and_other_numbers_are_not(truth, maximum, total):
    [bars] = live.predict("Which?", ["a", "b"], truth, maximum=maximum).spec["drawings"]
    assert bars["total"] == total
