"""The synthetic memory tasks. Long: frequencies, order, distances and errors of each of three tasks."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from transformer_lib.data.tasks import (
    ANSWERS,
    CUES,
    FILLER,
    MAX_LEAD,
    PEOPLE_VOCABULARY,
    SALLY_VOCABULARY,
    TAILS,
    induction,
    sally,
    two_people,
)

MANY = 20_011
CLOSE = {"atol": 0.02, "rtol": 0}  # four standard deviations of a share among half of MANY
TAIL = "when she received a book for her {} she was"
RIGHT = dict(zip(CUES, ANSWERS, strict=True))


@pytest.fixture(scope="module")
def task():
    return sally(MANY, (0, 6), seed=1)


@pytest.fixture(scope="module")
def control():
    return sally(MANY, (0, 6), seed=2, balanced=True)


def words(task, row):
    return SALLY_VOCABULARY.decode(task.ids[row])


def shares(values, n):
    return torch.bincount(values, minlength=n) / len(values)


@given(st.integers(1, 13), st.integers(0, 7), st.integers(0, 5), st.integers(0, 99), st.booleans())
def test_a_sentence_is_lead_cue_filler_and_tail(n, low, spread, seed, balanced):
    task = sally(n, (low, low + spread), seed, balanced=balanced)
    assert task.ids.shape == (n, int(task.lengths.max()))
    for row in range(n):
        said = words(task, row)
        assert len(said) == task.lengths[row]
        assert (task.ids[row, task.lengths[row] :] == 0).all()
        start = said.index("sally")
        assert start <= MAX_LEAD
        assert said[start + 2] == "reading"
        tail = TAIL.format(TAILS[task.tails[row]]).split()
        assert said[-len(tail) :] == tail
        between = said[start + 3 : -len(tail)]
        assert len(between) == task.distances[row]
        assert low <= len(between) <= low + spread
        assert set(said[:start] + between) <= set(FILLER)


@pytest.mark.parametrize("name", ["task", "control"])
def test_the_cue_alone_decides_the_answer(name, request):
    task = request.getfixturevalue(name)
    for row in range(199):
        said = words(task, row)
        assert RIGHT[said[said.index("sally") + 1]] == ANSWERS[task.targets[row]]


def test_after_a_birthday_mostly_older_and_after_a_prize_mostly_happy(task):
    birthday = shares(task.targets[task.tails == TAILS.index("birthday")], 3)
    prize = shares(task.targets[task.tails == TAILS.index("prize")], 3)
    torch.testing.assert_close(birthday, torch.tensor([0.2, 0.2, 0.6]), **CLOSE)
    torch.testing.assert_close(prize, torch.tensor([0.6, 0.2, 0.2]), **CLOSE)


def test_answering_by_the_tail_gives_three_fifths_and_a_constant_two(task):
    by_tail = torch.tensor([ANSWERS.index("older"), ANSWERS.index("happy")])[task.tails]
    assert (by_tail == task.targets).float().mean() == pytest.approx(0.6, abs=0.02)
    torch.testing.assert_close(shares(task.targets, 3), torch.tensor([0.4, 0.2, 0.4]), **CLOSE)
    torch.testing.assert_close(shares(task.tails, 2), torch.tensor([0.5, 0.5]), **CLOSE)


def test_in_the_control_the_tail_tells_nothing_and_the_classes_are_equal(control):
    third = torch.full((3,), 1 / 3)
    for tail in range(len(TAILS)):
        torch.testing.assert_close(shares(control.targets[control.tails == tail], 3), third, **CLOSE)
    torch.testing.assert_close(shares(control.tails, 2), torch.tensor([0.5, 0.5]), **CLOSE)


def test_how_often_the_usual_answer_is_right_can_be_chosen_for_each_tail():
    task = sally(MANY, 0, seed=4, mostly=(0.8, 0.3))
    birthday = shares(task.targets[task.tails == TAILS.index("birthday")], 3)
    prize = shares(task.targets[task.tails == TAILS.index("prize")], 3)
    torch.testing.assert_close(birthday, torch.tensor([0.1, 0.1, 0.8]), **CLOSE)
    torch.testing.assert_close(prize, torch.tensor([0.3, 0.35, 0.35]), **CLOSE)
    assert torch.equal(sally(13, 3, mostly=0.6).ids, sally(13, 3, mostly=(0.6, 0.6)).ids)
    assert torch.equal(sally(13, 3, mostly=0.6).ids, sally(13, 3).ids)


@pytest.mark.parametrize("mostly", [1.2, (0.5, -0.1)])
def test_what_is_no_probability_is_refused(mostly):
    with pytest.raises(ValueError, match="mostly is a probability"):
        sally(3, 0, mostly=mostly)


def test_the_cue_stands_anywhere(task):
    place = (task.ids == SALLY_VOCABULARY.encode("sally")[0]).int().argmax(dim=1)
    torch.testing.assert_close(shares(place, MAX_LEAD + 1), torch.full((MAX_LEAD + 1,), 0.1), **CLOSE)
    # and neither where it stands nor how far away tells the answer
    for target in range(len(ANSWERS)):
        assert place[task.targets == target].float().mean() == pytest.approx(MAX_LEAD / 2, abs=0.2)
        assert task.distances[task.targets == target].float().mean() == pytest.approx(3, abs=0.15)


def test_every_distance_of_a_range_is_equally_likely(task):
    torch.testing.assert_close(shares(task.distances, 7), torch.full((7,), 1 / 7), **CLOSE)


def test_filler_words_are_equally_likely_whatever_the_answer(task):
    fillers = SALLY_VOCABULARY.encode(FILLER)
    for target in range(len(ANSWERS)):
        ids = task.ids[task.targets == target]
        counts = torch.stack([(ids == filler).sum() for filler in fillers]).float()
        torch.testing.assert_close(
            counts / counts.sum(), torch.full((len(FILLER),), 1 / len(FILLER)), **CLOSE
        )


def test_a_distance_may_be_one_number():
    assert sally(7, 13).distances.tolist() == [13] * 7
    assert sally(7, 0).distances.tolist() == [0] * 7


def test_the_hint_may_come_first_and_the_cue_then_stands_near_the_end():
    task = sally(97, (2, 5), seed=1, hint_first=True)
    for row, distance in enumerate(task.distances):
        said = words(task, row)
        cue = CUES[task.targets[row]]
        assert said[-5:] == ["sally", cue, "reading", "she", "was"]
        hint = TAIL.format(TAILS[task.tails[row]]).split()[:-2]
        start = said.index("when")
        assert said[start : start + len(hint)] == hint
        assert set(said[start + len(hint) : -5]) <= set(FILLER)
        assert len(said[start + len(hint) : -5]) == distance


def test_an_ending_may_be_shorter_and_keeps_its_hint():
    task = sally(97, 3, seed=1, ending=5)
    for row in range(97):
        said = words(task, row)
        assert said[-5:] == ["for", "her", TAILS[task.tails[row]], "she", "was"]
        assert "when" not in said
    for ending in (2, 11):
        with pytest.raises(ValueError, match=f"3 to 10 words, got {ending}"):
            sally(3, 3, ending=ending)


def test_of_two_people_the_one_asked_about_decides():
    task = two_people(997, (0, 4), seed=1)
    orders, asked = set(), set()
    for row in range(997):
        said = PEOPLE_VOCABULARY.decode(task.ids[row])
        who = {"she": "sally", "he": "paul"}[said[-2]]
        other = {"sally": "paul", "paul": "sally"}[who]
        assert RIGHT[said[said.index(who) + 1]] == ANSWERS[task.targets[row]]
        assert RIGHT[said[said.index(other) + 1]] == ANSWERS[task.others[row]]
        orders.add(said.index("sally") < said.index("paul"))
        asked.add(who)
        assert said[-9:-7] == [said[-2], "received"]
    assert orders == {True, False}
    assert asked == {"sally", "paul"}


def test_the_cues_of_two_people_are_drawn_apart_from_each_other():
    task = two_people(MANY, 0, seed=2)
    pairs = shares(task.targets * 3 + task.others, 9)
    torch.testing.assert_close(pairs, torch.full((9,), 1 / 9), **CLOSE)
    assert two_people(5, 0, seed=3).ids.tolist() == two_people(5, 0, seed=3).ids.tolist()
    for n, distance in ((0, 3), (2, -1), (2, (5, 3))):
        with pytest.raises(ValueError, match="got"):
            two_people(n, distance)


def test_the_seed_alone_decides_the_sentences():
    first, again, other = sally(5, (0, 9), 3), sally(5, (0, 9), 3), sally(5, (0, 9), 4)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first.lengths, other.lengths) or not torch.equal(first.ids, other.ids)
    state = torch.get_rng_state()
    sally(3, 1)
    induction(3, 17)
    assert torch.equal(torch.get_rng_state(), state)


def test_tasks_lie_on_the_device_that_was_asked_for(device):
    for tensors in (sally(3, 2, device=device), induction(3, 19, device=device)):
        assert {tensor.device.type for tensor in tensors} == {device.type}
        assert tensors[0].dtype == torch.int64


@pytest.mark.parametrize(
    ("n", "distance", "message"),
    [(0, 3, "at least one"), (2, -1, "got -1"), (2, (5, 3), r"got \(5, 3\)"), (2, (-1, 3), r"got \(-1, 3\)")],
)
def test_a_task_that_cannot_be_is_refused(n, distance, message):
    with pytest.raises(ValueError, match=message):
        sally(n, distance)


@given(st.integers(1, 11), st.integers(0, 99), st.integers(1, 7), st.integers(0, 5))
def test_sequences_repeat_a_segment_of_different_symbols(n, seed, low, spread):
    task = induction(n, 29, seed, n_symbols=13, periods=(low, low + spread))
    assert task.ids.shape == task.targets.shape == task.known.shape == (n, 29)
    assert torch.equal(task.ids[:, 1:], task.targets[:, :-1])
    for row, period in zip(task.ids.tolist(), task.periods.tolist(), strict=True):
        assert low <= period <= low + spread
        assert len(set(row[:period])) == period
        assert row[period:] == row[:-period]


def test_what_is_known_can_be_looked_up_and_what_is_not_cannot():
    task = induction(23, 31, 5, n_symbols=11, periods=(3, 7))
    for ids, targets, known in zip(*(t.tolist() for t in task[:3]), strict=True):
        for t in range(31):
            before = [s for s in range(t) if ids[s] == ids[t]]
            assert known[t] == bool(before)
            assert all(targets[s] == targets[t] for s in before)


def test_neither_the_symbol_nor_a_fixed_offset_tells_what_is_next():
    task = induction(4001, 24, 7, n_symbols=11, periods=(3, 9))
    ids, targets = task.ids[task.known], task.targets[task.known]
    after = torch.stack([shares(targets[ids == symbol], 11) for symbol in range(11)])
    assert after.max() < 0.15  # uniform over the ten others is 0.1
    torch.testing.assert_close(shares(task.ids[:, 0], 11), torch.full((11,), 1 / 11), **CLOSE)
    for offset in range(3, 10):
        right = (task.ids[:, offset:] == task.ids[:, :-offset]).float().mean()
        assert right < 0.4
    torch.testing.assert_close(shares(task.periods - 3, 7), torch.full((7,), 1 / 7), **CLOSE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0, "length": 20}, "at least one"),
        ({"n": 2, "length": 16}, "segment of 16"),
        ({"n": 2, "length": 50, "n_symbols": 7}, "number of symbols, 7"),
        ({"n": 2, "length": 50, "periods": (6, 5)}, r"got \(6, 5\)"),
        ({"n": 2, "length": 50, "periods": (0, 5)}, r"got \(0, 5\)"),
    ],
)
def test_a_repetition_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        induction(**options)
