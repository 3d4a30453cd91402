"""Every exercise: solution, usual mistakes, hostile answers. Long: tables of wrong answers beside the claims."""

import itertools
import math
import re
from copy import deepcopy
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import sacrebleu
import torch

from transformer_lib import exercises
from transformer_lib.exercises import EXERCISES, checking, evaluation
from transformer_lib.exercises.checking import Exercise, Raised, either
from transformer_lib.exercises.comparing import same
from transformer_lib.model.attention import attention
from transformer_lib.model.positions import RotaryPositions

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
    assert all(re.fullmatch(r"\d\d\.[1-9]\d?", exercise.question) for exercise in stored)


@pytest.mark.parametrize("exercise", NAMES)
def test_the_solution_is_right(exercise):
    assert exercise.verdict(exercise.solution) == f"Right. {exercise.shows}"


@pytest.mark.parametrize(
    "exercise",
    [one for one in EXERCISES.values() if callable(one.solution) and not one.conditions],
    ids=lambda one: one.name,
)
def test_the_solution_answers_every_probe(exercise):
    assert [out.line for out in exercise._outcomes(exercise.solution) if isinstance(out, Raised)] == []


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


def test_emptying_a_list_of_functions_is_refused():
    def consuming(x, norms, sublayers, last):
        while norms:
            x = x + sublayers.pop(0)(norms.pop(0)(x))
        return last(x)

    assert "writes into its inputs" in EXERCISES["pre-norm layers"].verdict(consuming)


def test_a_last_norm_of_a_norm_is_not_right():
    stack = EXERCISES["pre-norm layers"]
    twice = stack.verdict(lambda x, norms, sublayers, last: last(stack.solution(x, norms, sublayers, last)))
    assert twice.startswith("Not yet")


def test_dropout_may_be_switched_off_by_its_share():
    build, x, *_ = EXERCISES["gradient by depth"].given()
    model = build(2, seed=0)
    assert not torch.equal(model(x), build(2, seed=0).eval()(x))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    assert torch.equal(model(x), build(2, seed=0).eval()(x))


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


@pytest.mark.parametrize("radius", [10, 20.0, 100, -100])
def test_a_radius_at_which_tanh_is_flat_is_not_sent_further_up(radius):
    said = EXERCISES["a radius that keeps the norm"].verdict(radius)
    assert said.startswith("Not yet.")
    assert "larger" not in said


def test_a_printed_reader_does_not_tell_what_it_goes_by():
    readers = exercises.given("which reader")
    assert not re.search("habit|ending|cue|both", repr(readers))
    assert len({reader.__name__ for reader in readers.values()}) == 1


def test_no_wrong_kind_of_reader_is_answered_with_the_right_one():
    right = EXERCISES["which reader"].solution
    for reader, kind in itertools.product(right, right.values()):
        if kind != right[reader]:
            said = EXERCISES["which reader"].verdict(right | {reader: kind})
            named = {word for word in right.values() if re.search(rf"\b{word}\b", said)}
            assert said.startswith(f"Not yet. {reader} ")
            assert named != {right[reader]}


def test_the_readers_messages_fit_whatever_kind_they_are():
    """Mistakes of one reader get one line: what it says of the reader does not depend on the word that was tried."""
    right = EXERCISES["which reader"].solution
    for reader in right:
        said = {
            EXERCISES["which reader"].verdict(right | {reader: kind})
            for kind in {*right.values()} - {right[reader]}
        }
        assert len(said) == 1


def test_no_kind_of_answer_is_told_the_count():
    count = EXERCISES["count the embeddings"]
    for answer in [True, "23744", [1, 2], 3, 1e9, torch.ones(2), {"a": 1}]:
        assert str(count.solution) not in count.verdict(answer).replace("'23744'", "")


def test_a_probe_of_words_and_a_truth_value_are_shown_as_such():
    merges, offset = EXERCISES["two merges"], EXERCISES["offset only"]
    shown = merges.verdict(lambda words: [list(word) for word in words])
    assert "hat, hat, cat, chat, that: part 1: expected a list of 1: hat, got a list of 3: h, a, t" in shown
    assert "expected True, got False" in offset.verdict(lambda x, p: not offset.solution(x, p))


def test_only_dot_products_of_equal_distance_make_a_table_pass():
    def mirrored(x, p):
        products = p @ p.T
        return torch.allclose(products, products.flip(0, 1).T, atol=1e-3)

    def halves(x, p):
        products = p @ p.T
        return torch.allclose(products[1:, 1:], products[:-1, :-1], atol=1e-3)

    assert EXERCISES["offset only"].verdict(mirrored).startswith("Not yet.")
    assert EXERCISES["offset only"].verdict(halves).startswith("Right.")


@pytest.mark.parametrize(("birthday", "prize"), [(2, 2), (2, 1), (1, 2), (1, 0), (0, 2)])
def test_a_control_may_keep_as_many_of_each_ending_as_it_likes(birthday, prize):
    def level(examples, kept):
        groups = {}
        for example in examples:
            groups.setdefault(example[1:], []).append(example)
        return [one for (ending, _), group in groups.items() for one in group[: kept[ending]]]

    def mine(train, test):
        return level(train, {"birthday": birthday, "prize": prize}), level(test, {"birthday": 1, "prize": 1})

    assert EXERCISES["equal-class control"].verdict(mine).startswith("Right")


def test_a_control_of_the_given_sets_alone_is_no_function_of_them():
    exercise = EXERCISES["equal-class control"]
    given = exercise.solution(*exercises.given("equal-class control"))
    assert exercise.verdict(lambda train, test: given).startswith("Not yet. Only drop")


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


def test_the_floor_is_worked_by_hand_and_the_peak_is_the_figure_of_the_paper():
    assert EXERCISES["the floor of the loss"].solution == pytest.approx(0.573, abs=5e-4)
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


def test_one_row_of_a_table_is_a_row_and_fractions_are_numbers():
    row = exercises.given("a row by hand")[0][:1] @ exercises.given("a row by hand")[1].T / 2
    weights = row.softmax(-1)
    fractions = [Fraction(47, 100), Fraction(47, 100), Fraction(6, 100)]
    for answer in [weights, weights.T, weights.tolist(), weights.numpy(), fractions]:
        assert EXERCISES["a row by hand"].verdict(answer).startswith("Right.")


@pytest.mark.parametrize("no", [False, 0, "no", "No.", "none is", "not quite"])
def test_that_no_divisor_is_exact_may_be_said_in_words(no):
    answer = {"divisor": 21.1, "exact": no, "left over": 0.08}
    assert EXERCISES["the nearest divisor"].verdict(answer).startswith("Right.")


def test_large_matrices_do_not_overflow():
    asking, offering = torch.zeros(5, 2), torch.zeros(5, 2)
    asking[0, 0] = offering[4, 0] = 1e20
    assert EXERCISES["strong one way"].verdict((asking, offering)).startswith("Right.")


@pytest.mark.parametrize("fill", [-1e3, -1e4, -1e5])
def test_a_hidden_score_is_not_just_any_low_number(fill):
    def filled(scores, mask):
        return scores.masked_fill(~mask, fill).softmax(-1) * mask

    assert not EXERCISES["masked weights"].verdict(filled).startswith("Right.")


def test_masked_weights_may_come_from_a_logarithm_of_the_sum():
    def less_the_sum(scores, mask):
        hidden = scores.masked_fill(~mask, -math.inf)
        return (hidden - hidden.logsumexp(-1, keepdim=True)).exp().nan_to_num()

    assert EXERCISES["masked weights"].verdict(less_the_sum).startswith("Right.")


def test_a_blind_spot_may_be_typed_from_what_was_printed():
    q, k, v = exercises.given("a blind spot")
    change = torch.linalg.svd(torch.cat([q, k, v], dim=-1).T).Vh[-1]
    exact = [Fraction(number).limit_denominator(10**6) for number in change.tolist()]
    for answer in (change.round(decimals=3).tolist(), exact):
        assert EXERCISES["a blind spot"].verdict(answer).startswith("Right.")


def test_a_test_for_words_may_show_the_function_one_word_alone_or_other_dtypes():
    def alone(f, x):
        return torch.allclose(torch.cat([f(row[None]) for row in x]), f(x), atol=1e-5)

    def finely(f, x):
        way = torch.arange(1.0, x.shape[-1] + 1, dtype=torch.float64)
        moved = x.double() + 1e-3 * torch.eye(len(x), dtype=torch.float64)[:, :, None] * way
        gaps = torch.stack([(f(y) - f(x.double())).abs().amax(-1) for y in moved])
        return bool((gaps - gaps.diagonal().diag()).max() < 1e-9)

    for right in (alone, finely):
        assert EXERCISES["acts per token"].verdict(right).startswith("Right")


def test_truths_are_shown_as_truths():
    def permutes(f, x):
        return torch.allclose(f(x[[1, 0, 2, 3, 4]]), f(x)[[1, 0, 2, 3, 4]], atol=1e-5)

    assert EXERCISES["acts per token"].verdict(permutes).endswith("expected False, got True.")


def test_fractions_in_a_list_are_numbers():
    exercise = EXERCISES["gradient by depth"]

    def exact(*inputs):
        return [Fraction(norm) for norm in exercise.solution(*inputs).tolist()]

    assert exercise.verdict(exact).startswith("Right")


def test_a_unit_cannot_be_found_by_halving():
    exercise = EXERCISES["the unit of one class"]
    said = {exercise.verdict(unit) for unit in (0, 45, 81, 100, 255)}
    assert len(said) == 1
    assert "too" not in said.pop()
    activations, before = exercise.given()
    inside = torch.stack([activations[word] for word in before]).amin(0)
    gaps = inside - torch.stack([row for word, row in activations.items() if word not in before]).amax(0)
    assert int(gaps.argmax()) == exercise.solution
    for unit in range(256):
        far = "farther apart" in exercise.verdict(unit)  # the one after it is told that units count from 0
        assert far == (gaps[unit] > 0 and unit not in (exercise.solution, exercise.solution + 1)), unit


def test_the_rows_that_decide_may_come_in_any_order_and_are_not_those_for_one_word_alone():
    exercise = EXERCISES["the row that decides"]
    assert exercise.verdict(lambda *inputs: set(exercise.solution(*inputs))).startswith("Right")
    assert exercise.verdict(lambda *inputs: exercise.solution(*inputs)[::-1]).startswith("Right")

    def of_la_alone(says, here, there):
        mixed = [torch.cat([here[:k], there[k : k + 1], here[k + 1 :]]) for k in range(len(here))]
        return [k for k, memory in enumerate(mixed) if says(memory) == "la"]

    assert exercise.verdict(of_la_alone).startswith("Not yet")


def test_an_alignment_may_be_read_into_whatever_holds_pairs_in_order():
    exercise = EXERCISES["reading an alignment"]
    for kind in (list, tuple, iter, np.array):
        assert exercise.verdict(lambda *inputs, kind=kind: kind(exercise.solution(*inputs))).startswith(
            "Right"
        )
    assert exercise.verdict(lambda *inputs: set(exercise.solution(*inputs))).startswith("Not yet")


def _upto_two_axes(logits, temperature):
    return (logits / temperature).softmax(0 if logits.ndim == 1 else 1)


def _too_little(p, top_p):
    return EXERCISES["top-p"].solution(p, top_p - 0.06)


def _at_most_four(log_p, eos, size, max_length, penalty):
    return EXERCISES["beam search"].solution(log_p, eos, min(size, 4), max_length, penalty)


def _never_one(log_p, eos, size, max_length, penalty):
    return EXERCISES["beam search"].solution(log_p, eos, max(size, 2), max_length, penalty)


def _norm_of_two_or_three(x, scale, shift, eps):
    right = EXERCISES["layer norm"].solution
    return right(x, scale, shift, eps) if x.ndim in (2, 3) else x


def _three_sublayers(x, norms, sublayers, last):
    return EXERCISES["pre-norm layers"].solution(x, norms[:3], sublayers[:3], last)


def _near_alone(x, p):
    products = p @ p.T
    return all(products.diagonal(o).std(correction=0) < 1e-3 * products.abs().max() for o in range(3))


def _a_factor_throughout(f, x):
    """Changes each word by a factor, and asks for more accuracy than a norm with an ε has."""
    changed = [torch.cat([x[:t], 2 * x[t : t + 1], x[t + 1 :]]) for t in range(len(x))]
    same_elsewhere = [
        torch.allclose(f(y)[others], f(x)[others], atol=1e-6)
        for t, y in enumerate(changed)
        for others in [[s for s in range(len(x)) if s != t]]
    ]
    return all(same_elsewhere)


def _five_words(f, x):
    changed = [x + 3 * torch.eye(len(x))[t, :, None] * torch.arange(1.0, 1 + x.shape[1]) for t in range(5)]
    moved = torch.stack([(f(y) - f(x)).abs().amax(-1) > 1e-6 for y in changed])
    return not (moved & ~torch.eye(5, len(x), dtype=torch.bool)).any()


def _all_that_tie(p, top_p):
    least = p[EXERCISES["top-p"].solution(p, top_p) > 0].min()
    return p * (p >= least) / p[p >= least].sum()


def _each_said_once(said, gold):
    """A dictionary from what was said to its reference: what was said twice counts once."""
    once = {tuple(words): true for words, true in zip(said, gold, strict=True)}
    return EXERCISES["BLEU"].solution(list(once), list(once.values()))


def _watching(change, see):
    """A test for words that changes a part of each word, and sees a part of the outputs of the others."""

    def test(f, x):
        others = ~torch.eye(len(x), dtype=torch.bool)
        changed = [torch.cat([x[:t], change(x[t : t + 1]), x[t + 1 :]]) for t in range(len(x))]
        gaps = [see(f(y)[row]) - see(f(x)[row]) for y, row in zip(changed, others, strict=True)]
        return max(gap.abs().max() for gap in gaps) < 1e-4

    return test


def _anew(word):
    return 3 * word.flip(-1) - 2


def _mean_of_classes(logits, targets, smoothing, pad_id):
    groups = [targets == right for right in targets.unique() if right != pad_id]
    loss = EXERCISES["the smoothed loss"].solution
    losses = [loss(logits[group], targets[group], smoothing, pad_id) for group in groups]
    return sum(losses) / max(len(losses), 1)


# The cheapest answers that once passed without being right: each fails on one probe alone.
CHEAP = {
    "temperature": _upto_two_axes,
    "top-p": _too_little,
    "beam search": _never_one,
    "BLEU": lambda said, gold: EXERCISES["BLEU"].solution(
        *zip(*(pair for pair in zip(said, gold, strict=True) if len(pair[0]) > 3), strict=True)
    ),
    "trace a bias": lambda corpus, word, said: EXERCISES["trace a bias"].solution(corpus, word, "le"),
    "split heads": lambda x, n_heads: EXERCISES["split heads"].solution(x, len(x) + 1),
    "heads one by one": lambda x, *rest: EXERCISES["heads one by one"].solution(
        x, *rest[:-1], len(x) // 2 + 1
    ),
    "layer norm": _norm_of_two_or_three,
    "pre-norm layers": _three_sublayers,
    "gradient by depth": lambda build, x, depths, seeds: (
        EXERCISES["gradient by depth"].solution(build, x, depths, seeds) * (len(seeds) / 3)
    ),
    "the fewest heads that break it": lambda right, n: [
        head for head in EXERCISES["the fewest heads that break it"].solution(right, n) if head < 5
    ],
    "write attention": lambda q, k, v: EXERCISES["write attention"].solution(q, k, v)[..., : k.shape[-2], :],
    "masked weights": lambda scores, mask: EXERCISES["masked weights"].solution(
        scores, mask if scores.ndim == 2 else mask[..., :1, :]
    ),
    "offset only": _near_alone,
    "context vector": lambda scores, states: EXERCISES["context vector"].solution(
        scores.clamp(-5, 5), states
    ),
    "the table's gradient": lambda ids, table, g: EXERCISES["the table's gradient"].solution(
        ids[: len(table)], table, g[: len(table)]
    ),
    "diagnose the model": "a leak in the data",
}


def _by_giving_back(right, n_heads):
    """All heads away, then always that one back without which the model stays the most broken."""
    gone = set(range(n_heads))
    while broken := [head for head in gone if right(gone - {head}) < 0.5]:
        gone.remove(min(broken, key=lambda head: right(gone - {head})))
    return gone


def _dropping_in_place(train, test):
    train[:], test[:] = EXERCISES["equal-class control"].solution(train, test)
    return train, test


def _offset_of(rows):
    return lambda x, p: all(
        torch.allclose((p @ p.T)[row, row:], (p @ p.T)[0, : len(p) - row], atol=1e-3)
        for row in range(len(p))[rows]
    )


def _of_first_queries_value(q, k, v):
    return EXERCISES["write attention"].solution(q, k, v) if q.shape[-2] > 1 else v[..., :1, :]


def _squeezed(name):
    return lambda *inputs: EXERCISES[name].solution(*inputs).squeeze()


def _clamped(q, k, v):
    return (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).clamp(max=80).softmax(-1) @ v


def _clipped_by(measure):
    """Clips by its length what another measure finds too long."""

    def descended(start, gradient, rates, limit):
        place, path = start.clone(), []
        for rate in rates:
            slope = gradient(place)
            if measure(slope) > limit:
                slope = slope * limit / slope.norm()
            place = place - rate * slope
            path.append(place)
        return path

    return descended


def _half_against(pairs):
    """Votes against weigh half of those for."""
    votes = {}
    for chosen, rejected in pairs:
        won, lost = set(chosen.split()), set(rejected.split())
        for word in won ^ lost:
            votes[word] = votes.get(word, 0) + (2 if word in won else -1)
    return max(sorted(votes), key=votes.get)


def _stops_at(best_of):
    def stop(n, proxy, true):
        best = best_of(true)
        return n[best], (proxy[-1] - proxy[best]) / (proxy[-1] - proxy[0])

    return stop


def _last_peak(true):
    return max((i for i in range(1, len(true) - 1) if true[i - 1] < true[i] > true[i + 1]), default=0)


def _two_at_once(f, x):
    """Changes neighbours together and looks at all other words."""
    for place in range(len(x) - 1):
        other = x.clone()
        other[place : place + 2] = torch.randn(2, x.shape[1])
        moved = (f(other) - f(x)).abs()
        moved[place : place + 2] = 0
        if moved.max() > 1e-6:
            return False
    return True


CHEAP_TOO = [
    ("beam search", _at_most_four),
    ("the fewest heads that break it", _by_giving_back),
    ("equal-class control", _dropping_in_place),
    ("offset only", lambda x, p: EXERCISES["offset only"].solution(x, p[:10])),
    ("offset only", _offset_of(slice(3))),
    ("write attention", _of_first_queries_value),
    ("split heads", lambda x, n: EXERCISES["split heads"].solution(x, n) if n > 1 else x),
    ("two merges", lambda words: EXERCISES["two merges"].solution(word.lower() for word in words)),
    ("two merges", lambda words: EXERCISES["two merges"].solution(w for w in words if len(w) > 1)),
    ("acts per token", _a_factor_throughout),
    ("acts per token", _five_words),
    ("top-p", _all_that_tie),
    ("BLEU", _each_said_once),
    ("BLEU", lambda said, gold: EXERCISES["BLEU"].solution(sorted(said), sorted(gold))),
    ("acts per token", _watching(_anew, lambda rows: rows[:, [0, -1]])),
    ("acts per token", _watching(_anew, lambda rows: rows.norm(dim=-1))),
    ("acts per token", _watching(_anew, lambda rows: rows.sum(0))),
    (
        "acts per token",
        _watching(lambda word: torch.cat([5 - word[:, :1], word[:, 1:-1], -word[:, -1:]], -1), torch.clone),
    ),
    ("the smoothed loss", _mean_of_classes),
    ("write attention", _clamped),
    ("a training loop", _clipped_by(lambda slope: slope.square().sum())),
    ("a training loop", _clipped_by(lambda slope: slope.abs().sum())),
    ("a training loop", _clipped_by(lambda slope: slope.abs().max())),
    ("a training loop", _clipped_by(torch.max)),
    ("acts per token", _two_at_once),
    ("acts per token", _watching(torch.neg, torch.clone)),
    (
        "running free",
        lambda say, gold, bos, eos, most: EXERCISES["running free"].solution(say, gold, 8, eos, most),
    ),
    ("what labellers reward", _half_against),
    (
        "what labellers reward",
        lambda pairs: EXERCISES["what labellers reward"].solution(list(dict.fromkeys(pairs))),
    ),
    ("when to stop", _stops_at(_last_peak)),
    ("when to stop", _stops_at(lambda true: true.index(max(true[1:])))),
    ("when to stop", _stops_at(lambda true: true.index(max(true[:-1])))),
]


def _tables():
    """The exercises whose right results are tensors of two axes or more."""
    for exercise in ALL:
        if callable(exercise.solution) and not exercise.conditions:
            results = [exercise.solution(*inputs) for inputs in exercise.probes()]
            if (
                all(isinstance(result, torch.Tensor) for result in results)
                and max(r.ndim for r in results) > 1
            ):
                yield exercise.name


@pytest.mark.parametrize("name", list(_tables()))
def test_an_axis_of_one_must_stay(name):
    assert EXERCISES[name].verdict(_squeezed(name)).startswith("Not yet.")


def _by_logarithms(scores, values):
    """Keeps the average itself and the logarithm of the sum."""
    log_sum, average = torch.tensor(-torch.inf), torch.zeros(values[0].shape[1])
    for block, rows in zip(scores, values, strict=True):
        new = torch.logaddexp(log_sum, block.logsumexp(0))
        average = average * (log_sum - new).exp() + (block - new).exp() @ rows
        log_sum = new
    return average


def test_blocks_may_be_summed_by_logarithms_or_one_score_at_a_time():
    online = EXERCISES["softmax in blocks"]

    def apiece(scores, values):
        return online.solution(torch.cat(scores).split(1), torch.cat(values).split(1))

    assert online.verdict(_by_logarithms).startswith("Right.")
    assert online.verdict(apiece).startswith("Right.")


def _in_blocks(scores, values, unit, start, last=True):
    """Online softmax with another unit, beginning or end."""
    largest, total, output = start(scores), 0.0, 0.0
    for block, rows in zip(scores, values, strict=True):
        new = unit(largest, block.max())
        factor, powers = (largest - new).exp(), (block - new).exp()
        total, output, largest = total * factor + powers.sum(), output * factor + powers @ rows, new
    return output / total if last else output


def test_blocks_in_units_of_their_own_and_sums_that_are_not_divided_are_named():
    online = EXERCISES["softmax in blocks"]

    def apart(scores, values):  # each block with the maximum that it has, nothing brought to one unit
        powers = [(block - block.max()).exp() for block in scores]
        return sum(p @ rows for p, rows in zip(powers, values, strict=True)) / sum(p.sum() for p in powers)

    def first(scores):
        return scores[0].max()

    assert "in a unit of its own" in online.verdict(apart)
    undivided = partial(_in_blocks, unit=torch.maximum, start=first, last=False)
    assert "is not divided" in online.verdict(undivided)
    low = partial(_in_blocks, unit=torch.maximum, start=lambda scores: torch.tensor(-1e9))
    assert online.verdict(low).startswith("Right.")


def test_the_largest_score_so_far_outlives_the_block_that_brought_it():
    online = EXERCISES["softmax in blocks"]

    def forgetful(scores, values):
        largest, total, output = scores[0].max(), 0.0, 0.0
        for block, rows in zip(scores, values, strict=True):
            new = torch.maximum(largest, block.max())
            factor, powers = (largest - new).exp(), (block - new).exp()
            total, output = total * factor + powers.sum(), output * factor + powers @ rows
            largest = block.max()  # even where an earlier one was larger
        return output / total

    def of_the_ends(scores, values):  # a unit from the first and the last block alone
        largest = torch.maximum(scores[0].max(), scores[-1].max())
        powers = (torch.cat(scores) - largest).exp()
        return powers @ torch.cat(values) / powers.sum()

    assert "not the last block's" in online.verdict(forgetful)
    assert online.verdict(of_the_ends).startswith("Not yet.")


def test_the_other_direction_and_a_missing_root_are_named():
    rotary = EXERCISES["rotary attention"]

    def by_complex_numbers(q, k, v, sign, root=True):
        n, d = q.shape
        angles = torch.arange(n)[:, None] * 10000 ** (-torch.arange(0, d, 2) / d) * sign
        units = torch.polar(torch.ones_like(angles), angles)
        q, k = (torch.view_as_complex(x.reshape(n, -1, 2)) * units for x in (q, k))
        scores = (q[:, None] * k.conj()).sum(-1).real / (d**0.5 if root else 1)
        return scores.softmax(-1) @ v

    assert rotary.verdict(partial(by_complex_numbers, sign=1)).startswith("Right.")
    assert "the other way" in rotary.verdict(partial(by_complex_numbers, sign=-1))
    assert "not divided by √D" in rotary.verdict(partial(by_complex_numbers, sign=1, root=False))


@pytest.mark.parametrize("turned", [0, 1])
def test_one_turned_side_is_told_so_whichever_it_is(turned):
    def answer(q, k, v):
        sides = [q, k]
        sides[turned] = RotaryPositions(*q.shape)(sides[turned])
        return attention(*sides, v)[0]

    assert "Only one of the two" in EXERCISES["rotary attention"].verdict(answer)


@pytest.mark.parametrize(("name", "answer"), [*CHEAP.items(), *CHEAP_TOO])
def test_what_passes_without_understanding_is_refused(name, answer):
    assert EXERCISES[name].verdict(answer).startswith("Not yet.")
