"""Every exercise: its solution passes, each usual mistake gets its own message, and nothing a reader writes raises."""

import itertools
import math
import re
from copy import deepcopy

import numpy as np
import pytest
import sacrebleu
import torch

from transformer_lib import exercises
from transformer_lib.exercises import EXERCISES, checking, evaluation
from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.comparing import same

DATA = (torch.Tensor, list, dict, str, int, float)
ALL = list(EXERCISES.values())
MISTAKES = [
    pytest.param(exercise, message, wrong, id=f"{exercise.name}-{message[:40]}-{i}")
    for exercise in ALL
    for message, variants in exercise.typical.items()
    for i, wrong in enumerate(variants)
]
NAMES = [pytest.param(exercise, id=exercise.name) for exercise in ALL]


def test_names_and_questions_are_unique():
    stored = [exercise for concept in exercises.CONCEPTS for exercise in concept.EXERCISES]
    assert len({exercise.name for exercise in stored}) == len(stored) == len(EXERCISES)
    assert len({exercise.question for exercise in stored}) == len(stored)
    assert all(re.fullmatch(r"0[1-9]\.[1-9]", exercise.question) for exercise in stored)


@pytest.mark.parametrize("exercise", NAMES)
def test_the_solution_is_right(exercise):
    assert exercise.verdict(exercise.solution) == f"Right. {exercise.shows}"


@pytest.mark.parametrize(("exercise", "message", "wrong"), MISTAKES)
def test_a_usual_mistake_gets_the_message_that_names_it(exercise, message, wrong):
    assert exercise.verdict(wrong) == f"Not yet. {message}"


@pytest.mark.parametrize("exercise", NAMES)
def test_each_exercise_names_at_least_two_mistakes_in_sentences(exercise):
    assert len(exercise.typical) >= 2
    for words in [*exercise.typical, exercise.shows]:
        assert words[0].isupper() or not words[0].isalpha()
        assert words.endswith((".", "?"))
        assert "\n" not in words
        assert "!" not in words
        assert 20 <= len(words) <= 125


@pytest.mark.parametrize("exercise", NAMES)
def test_untouched_stubs_are_not_tried_yet(exercise):
    def nothing(*inputs): ...

    def nothing_documented(*inputs):
        """What to do."""
        ...  # your code here

    def returns_dots(*inputs):
        return ...

    def passes(*inputs):
        pass

    stubs = [None, ..., (..., ...), [None, None], {"a": ..., "b": 1}]
    for stub in [*stubs, nothing, nothing_documented, passes, returns_dots]:
        assert exercise.verdict(stub) == checking.NOT_TRIED


class Odd:
    def __eq__(self, other):
        raise RuntimeError("compare me not")

    __hash__ = None

    def __float__(self):
        raise RuntimeError("nor convert me")


HOSTILE = {
    "words": "seven",
    "an object": Odd(),
    "a class": Odd,
    "a complex number": 1j,
    "a list of words": ["a", "b"],
    "a ragged list": [[1.0], [1.0, 2.0]],
    "an empty tensor": torch.zeros(0),
    "a tensor of many axes": torch.zeros(2, 3, 5, 7, 11),
    "infinity": math.inf,
    "NaN": math.nan,
    "infinite matrices": (torch.full((5, 2), math.inf), torch.full((5, 2), -math.inf)),
    "an array of objects": np.array([object()]),
    "a sparse tensor": torch.eye(3).to_sparse(),
    "a tensor without data": torch.zeros(3, device="meta"),
    "a dictionary": {"x": 1},
    "an exit": lambda *inputs: exit(3),
    "a function of nothing": lambda: 1,
    "an error": lambda *inputs: 1 / 0,
    "words from a function": lambda *inputs: "seven",
    "an object from a function": lambda *inputs: Odd(),
    "NaN from a function": lambda *inputs: torch.tensor(math.nan),
    "infinity from a function": lambda *inputs: math.inf,
    "a wrong shape": lambda *inputs: torch.zeros(2, 3, 5, 7),
    "a function of a function": lambda *inputs: lambda: 1,
    "endless recursion": (recurse := lambda *inputs: recurse(*inputs)),
}


@pytest.mark.parametrize("exercise", NAMES)
def test_hostile_answers_get_one_line_each(exercise, capsys):
    for kind, answer in HOSTILE.items():
        exercises.check(exercise.name, answer)
        said = capsys.readouterr()
        assert (kind, said.err) == (kind, "")
        assert said.out.startswith("Not yet. "), kind
        assert said.out.count("\n") == 1, kind
        assert len(said.out) < 420, kind


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "exercise", [e for e in ALL if callable(e.solution) and not e.conditions], ids=lambda e: e.name
)
def test_mistakes_differ_from_each_other_on_the_probes(exercise):
    right = exercise._outcomes(exercise.solution)
    families = [
        [exercise._outcomes(wrong) for wrong in variants]
        for variants in [*exercise.typical.values(), (exercise.solution,)]
    ]
    for one, other in itertools.combinations(families, 2):
        for a, b in itertools.product(one, other):
            fits = [same(x, y, exercise.tolerance) for x, y in zip(right, b, strict=True)]
            assert not exercise.agree(a, b, fits)


@pytest.mark.parametrize("exercise", [e for e in ALL if e.given is not None], ids=lambda e: e.name)
def test_what_is_given_cannot_be_spoilt(exercise):
    def parts(value):
        return list(value.values()) if isinstance(value, dict) else list(value)

    given = exercise.given()
    before = deepcopy(parts(given))
    for value in [*parts(given), given]:
        if isinstance(value, torch.Tensor):
            value.zero_()
        elif isinstance(value, (list, dict)):
            value.clear()
    compared = [(a, b) for a, b in zip(before, parts(exercise.given()), strict=True) if isinstance(a, DATA)]
    assert compared or all(callable(value) for value in before)
    assert all(same(a, b, 0.0) for a, b in compared)


def double(**changes):
    """A small exercise: twice a tensor."""
    return Exercise(
        **{
            "name": "double",
            "question": "01.1",
            "solution": lambda x: 2 * x,
            "shows": "Two times.",
            "probes": lambda: [(torch.tensor([1.0, 3.0]),), (torch.tensor([[0.5, 2.0, 7.0]]),)],
            "mistakes": {"You squared.": lambda x: x * x, "You drew at random.": lambda x: torch.rand(2)},
        }
        | changes
    )


def test_an_error_names_the_line_and_says_no_path():
    def broken(x):
        y = x + 1
        return y @ torch.zeros(5, 5, 5, 5)[0, 0].float() @ torch.zeros(7)

    said = double().verdict(broken)
    assert re.match(r"Not yet\. Line \d+ of your code, `return y @ .*`, raises RuntimeError: .*shapes", said)
    assert "/" not in said
    assert "\n" not in said


def test_an_error_raised_in_a_library_names_the_line_that_called_it():
    def broken(x):
        return torch.nn.functional.linear(x, torch.zeros(5, 5))

    assert "`return torch.nn.functional.linear(x, torch.zeros(5, 5))`" in double().verdict(broken)


def test_a_stub_that_computes_with_its_dots_is_not_tried_yet():
    def half_done(x):
        y = ...
        return y.sum() + x

    def adds(x):
        return ... + x

    assert "of your code" in double().verdict(lambda x: x[[[1], [2, 3]], "a"])
    assert double().verdict(lambda x: torch.matmul(x, ...)) == checking.NOT_TRIED
    assert double().verdict(half_done) == double().verdict(adds) == checking.NOT_TRIED


def test_a_function_without_return_is_told_so():
    def forgets(x):
        x = 2 * x

    assert double().verdict(forgets) == checking.NO_RETURN
    assert checking.NO_RETURN.startswith("not tried yet")


def test_the_shape_is_said_before_the_values():
    assert "the shape should be (2,), yours is (3,)" in double().verdict(lambda x: torch.zeros(3))
    assert double().verdict(lambda x: 2 * x + 1).endswith("For 2 numbers: expected 2 at [0], got 3.")


def test_a_broken_value_is_named():
    assert "NaN" in double().verdict(lambda x: 2 * x / 0 * 0)
    assert "infinity" in double().verdict(lambda x: x / 0)


def test_writing_into_the_inputs_is_refused():
    assert "writes into its inputs" in double().verdict(lambda x: x.mul_(2))
    assert "writes into its inputs" in double().verdict(lambda x: x.mul_(2) + 1)


def test_draws_of_the_reader_are_repeatable_and_leave_the_generator_alone():
    before = torch.random.get_rng_state()
    assert double().verdict(lambda x: torch.rand(2)) == "Not yet. You drew at random."
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_warning_is_not_shown(recwarn):
    double().verdict(lambda x: (x.requires_grad_() * 2).grad)
    assert not recwarn


def test_what_only_raises_is_told_apart_by_its_words():
    exercise = double(mistakes={"No gradient.": lambda x: x.grad.norm(), "Squared.": lambda x: x * x})
    assert exercise.verdict(lambda x: x.grad.norm()) == "Not yet. No gradient."
    assert "of your code" in exercise.verdict(lambda x: x.absent)


def test_an_error_on_some_probes_is_no_proof_of_a_mistake():
    exercise = double(mistakes={"Rows only.": lambda x: 2 * x if x.ndim == 1 else x @ x})

    def other(x):
        return torch.einsum("i->i", 2 * x)

    assert exercise.verdict(lambda x: 2 * x if x.ndim == 1 else x @ x) == "Not yet. Rows only."
    assert re.search(
        r"einsum.*raises RuntimeError.*\(for numbers of shape \(1, 3\)\)$", exercise.verdict(other)
    )


def test_arrays_lists_and_other_dtypes_are_welcome():
    for answer in (lambda x: (2 * x).numpy(), lambda x: (2 * x).tolist(), lambda x: (2 * x).double()):
        assert double().verdict(answer).startswith("Right")


def test_masks_must_be_boolean():
    exercise = double(solution=lambda x: x > 1, mistakes={})
    assert "booleans" in exercise.verdict(lambda x: (x > 1).float())


def test_a_value_is_not_given_away():
    exercise = double(solution=0.846, probes=list, mistakes={"It is 0.": 0.0})
    assert exercise.verdict(0.846).startswith("Right")
    assert exercise.verdict(0) == "Not yet. It is 0."
    for wrong in (0.9, "a", [1, 2], lambda: 0.846, torch.zeros(3), True):
        assert "846" not in exercise.verdict(wrong)
    assert exercise.verdict(0.9) == "Not yet. 0.9 is too large."


def test_no_kind_of_answer_is_told_the_radius():
    exercise = EXERCISES["a radius that keeps the norm"]
    for wrong in ("1.53", {"radius": 1.53}, [1.0, 2.0], True, lambda: 1, 1j, None, math.nan):
        said = exercise.verdict(wrong)
        assert not said.startswith("Right")
        assert "1.53" not in said.replace("'1.53'", "").replace("{'radius'", "")
    for right in (1.5, torch.tensor(1.53), np.float32(1.55)):
        assert exercise.verdict(right).startswith("Right")


@pytest.mark.parametrize(("birthday", "prize"), [(2, 2), (2, 1), (1, 2), (1, 0), (0, 2)])
def test_a_control_may_keep_as_many_of_each_ending_as_it_likes(birthday, prize):
    def level(examples, kept):
        groups = {}
        for example in examples:
            groups.setdefault(example[1:], []).append(example)
        return [one for (ending, _), group in groups.items() for one in group[: kept[ending]]]

    train, test = exercises.given("equal-class control")
    mine = level(train, {"birthday": birthday, "prize": prize}), level(test, {"birthday": 1, "prize": 1})
    assert EXERCISES["equal-class control"].verdict(lambda *both: mine).startswith("Right")


def test_words_are_compared_without_case():
    exercise = double(solution="the leak", probes=list, mistakes={"No.": either("the rate", "rate")})
    assert exercise.verdict(" The  leak.").startswith("Right")
    assert exercise.verdict("RATE") == "Not yet. No."


def test_an_unknown_exercise_is_the_authors_mistake_and_near_names_are_offered():
    with pytest.raises(ValueError, match="did you mean 'write attention'"):
        exercises.check("write attentions", 1)


def test_an_exercise_that_gives_nothing_says_so():
    with pytest.raises(ValueError, match="starts from nothing"):
        exercises.given("write attention")


def test_answers_on_another_device_are_compared(device):
    assert double().verdict(lambda x: (2 * x).to(device)).startswith("Right")


def test_bleu_is_that_of_sacrebleu():
    for hypotheses, references in EXERCISES["BLEU"].probes():
        spoken, gold = ([" ".join(words) for words in side] for side in (hypotheses, references))
        wanted = sacrebleu.corpus_bleu(spoken, [gold], tokenize="none", smooth_method="none").score
        assert evaluation.bleu(hypotheses, references) == pytest.approx(wanted)


def test_a_beam_wide_enough_finds_the_best_of_all_sentences():
    [log_p, eos, _, length, penalty] = EXERCISES["beam search"].probes()[0]
    endings = [words for n in range(1, length + 1) for words in itertools.product(range(4), repeat=n)]
    whole = [
        words for words in endings if eos not in words[:-1] and (words[-1] == eos or len(words) == length)
    ]

    def score(words):
        return sum(log_p(words[:i])[token].item() for i, token in enumerate(words)) / penalty(len(words))

    assert EXERCISES["beam search"].solution(log_p, eos, 4**length, length, penalty) == max(whole, key=score)


def test_the_floor_and_the_peak_are_the_figures_of_the_paper():
    assert EXERCISES["the floor of the loss"].solution == pytest.approx(0.846, abs=5e-4)
    assert EXERCISES["the peak of the schedule"].solution == pytest.approx(7.0e-4, abs=5e-6)
    assert EXERCISES["BERT's layers"].solution == pytest.approx(85e6, rel=1e-3)
    assert EXERCISES["count GPT-2"].solution == 124_439_808


def test_the_nearest_divisor_is_the_one_of_least_cross_entropy():
    products, printed = exercises.given("the nearest divisor")
    divisors = torch.arange(2, 60, 0.01)
    losses = -(printed * (products / divisors[:, None]).log_softmax(-1)).sum(-1)
    best = divisors[losses.argmin()]
    assert best == pytest.approx(21.1, abs=0.05)
    near = (products / best).softmax(-1)
    assert near.tolist() == pytest.approx([0.504, 0.087, 0.043, 0.004, 0.362], abs=6e-4)
