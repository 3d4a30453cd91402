"""Every view: its export keeps what it declares open, and the page gives torch's numbers over the whole grid."""

from __future__ import annotations

import gzip
import random
from functools import cache

import node
import numpy as np
import onnxruntime
import pytest
import torch
from thorough import THOROUGH, enough

from live.cases import LADDER, Case, grid, sizes_of
from transformer_lib.live import export, weight_bundle
from transformer_lib.live.translator_graphs import PARTS
from transformer_lib.live.views import VIEWS, View

ALL = VIEWS | PARTS
GRAPHS = [name for name, view in ALL.items() if view.kind == "graph"]
PROGRAMS = [name for name, view in VIEWS.items() if view.kind == "program"]
TABLES = [view for view in (*VIEWS.values(), LADDER) if view.kind == "table"]
LIMITS = {"graph": 10_000, "table": 40_000}  # bytes of an exported view or part, gzip
TRANSLATOR = 1_500_000  # bytes of the translator's weights and parts, gzip
PAGE_SCRIPT = 60_000  # bytes of live.js, gzip
TOLERANCE = 1e-5
CELLS = 12 if THOROUGH else 5  # sampled of each table


@cache
def cases(name: str) -> list[Case]:
    """The grid; of a program, which is slow, every setting at the first sizes and some at the others."""
    whole = grid(ALL[name])
    if ALL[name].kind != "program":
        return whole
    first = len(whole) // len(sizes_of(ALL[name]))
    return whole[:first] + enough(whole[first:], 3)


def exported(view: View) -> dict:
    """The exported view as shipped, or a fresh one."""
    return export.load(view) if view.name in VIEWS else export.export(view)


def arrays(case: Case) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in case.inputs.items()}


@cache
def expected(name: str) -> list[dict[str, np.ndarray]]:
    """The Python function's outputs for each case."""
    return [
        {output: tensor.detach().numpy() for output, tensor in ALL[name](**case.inputs).items()}
        for case in cases(name)
    ]


@cache
def in_the_page(name: str) -> list:
    """The page reader's outputs for each case; one process computes all views."""
    return _all_answers()[name]


@cache
def _all_answers() -> dict[str, list]:
    parts = weight_bundle.bundle()
    jobs = {}
    for name in [*GRAPHS, *PROGRAMS]:
        asked = [arrays(case) for case in cases(name)]
        alone = name in VIEWS and name not in PROGRAMS
        jobs[name] = (
            (export.load(VIEWS[name]), asked) if alone else (parts, asked, name.removeprefix("translator-"))
        )
    return dict(zip(jobs, node.run(list(jobs.values())), strict=True))


def near(numbers: np.ndarray) -> dict[str, float]:
    # a small dot product of large vectors has the absolute error of a large one
    largest = np.abs(numbers[np.isfinite(numbers)]).max(initial=1.0)
    return {"rtol": TOLERANCE, "atol": TOLERANCE * largest}


def compare(name: str, found: list) -> None:
    assert len(found) == len(cases(name)) > 0
    for case, got, wanted in zip(cases(name), found, expected(name), strict=True):
        assert isinstance(got, dict), f"{got}, with {case.values}"
        assert got.keys() == wanted.keys()
        for output, numbers in wanted.items():
            said = f"{output} with {case.values}"
            assert got[output].dtype == numbers.dtype, said
            assert got[output].shape == numbers.shape, said
            if numbers.dtype in (bool, np.int64):
                assert (got[output] == numbers).all(), said
            else:
                np.testing.assert_allclose(
                    got[output], numbers, **near(numbers), equal_nan=True, err_msg=said
                )


class TestGraphs:
    @pytest.mark.parametrize("name", GRAPHS)
    def test_have_the_declared_inputs_with_every_declared_dimension_open(self, name):
        view, graph = ALL[name], export.load(ALL[name])
        assert [value["name"] for value in graph["inputs"]] == list(view.example)
        kinds = {torch.float32: "float32", torch.int64: "int64", torch.bool: "bool"}
        for value in graph["inputs"]:
            example, dims = view.example[value["name"]], view.dynamic.get(value["name"], {})
            assert value["type"] == kinds[example.dtype]
            assert value["shape"] == [dims.get(i, n) for i, n in enumerate(example.shape)]

    @pytest.mark.parametrize("name", GRAPHS)
    def test_have_the_outputs_of_the_function(self, name):
        found = {value["name"]: value["type"] for value in export.load(ALL[name])["outputs"]}
        kinds = {np.dtype("float32"): "float32", np.dtype("int64"): "int64", np.dtype(bool): "bool"}
        assert found == {output: kinds[x.dtype] for output, x in expected(name)[0].items()}

    @pytest.mark.parametrize("name", GRAPHS)
    def test_carry_nothing_of_the_machine_that_wrote_them(self, name):
        text = export.path_of(ALL[name]).read_text("utf-8")
        assert not any(word in text for word in (".py", "File ", "site-packages", "stack_trace"))

    @pytest.mark.parametrize("name", GRAPHS)
    def test_give_the_numbers_of_torch_in_the_page(self, name):
        compare(name, in_the_page(name))

    @pytest.mark.parametrize(
        "name", enough(GRAPHS, len(GRAPHS))
    )  # a fresh export takes seconds; the page runs all
    def test_give_the_numbers_of_torch_in_onnxruntime(self, name, model):
        session = onnxruntime.InferenceSession(model(name).SerializeToString())
        names = [value.name for value in session.get_outputs()]
        compare(
            name, [dict(zip(names, session.run(None, arrays(case)), strict=True)) for case in cases(name)]
        )


class TestPrograms:
    @pytest.mark.parametrize("name", PROGRAMS)
    def test_give_the_numbers_of_their_functions_in_the_page(self, name):
        compare(name, in_the_page(name))

    def test_stay_within_their_budget_with_weights_and_parts(self):
        text = export.dumps(weight_bundle.bundle())
        assert len(gzip.compress(text.encode(), mtime=0)) <= TRANSLATOR


class TestTables:
    """The table views, and one defined here."""

    tables = pytest.mark.parametrize("view", TABLES, ids=lambda view: view.name)

    @tables
    def test_hold_the_numbers_of_the_function_in_every_cell_that_was_sampled(self, view):
        draw = random.Random(view.name)
        wanted = [{c.name: draw.choice(c.values()) for c in view.controls} for _ in range(CELLS)]
        wanted += [{c.name: c.values()[end] for c in view.controls} for end in (0, -1)]
        wanted += [{c.name: c.value for c in view.controls}]
        [answers] = node.run([(exported(view), wanted)])
        for values, answer in zip(wanted, answers, strict=True):
            inputs = {c.name: c.tensor(values[c.name]) for c in view.controls}
            assert isinstance(answer, dict), answer
            for output, tensor in view(**inputs).items():
                numbers = tensor.detach().numpy()
                assert answer[output].shape == numbers.shape
                np.testing.assert_allclose(
                    answer[output], numbers, **near(numbers), err_msg=f"{output} {values}"
                )

    @tables
    def test_step_through_exactly_the_values_of_their_controls(self, view):
        axes = {axis["name"]: axis["values"] for axis in exported(view)["axes"]}
        assert axes == {control.name: control.values() for control in view.controls}

    @tables
    def test_never_answer_between_their_values(self, view):
        start = {c.name: c.value for c in view.controls}
        sliders = [c for c in view.controls if c.kind == "slider"]
        wrong = [start | {c.name: c.minimum + c.step / 2} for c in sliders]
        wrong += [start | {c.name: c.maximum + c.step} for c in sliders]
        wrong += [{name: value for name, value in start.items() if name != c.name} for c in view.controls]
        [answers] = node.run([(exported(view), wrong)])
        assert all("is not in the table" in answer for answer in answers)


class TestEveryView:
    @pytest.mark.parametrize("name", VIEWS)
    def test_is_found_under_its_own_name(self, name):
        assert VIEWS[name].name == name

    @pytest.mark.parametrize("name", export.EXPORTED)
    def test_stays_within_its_budget(self, name):
        view = export.EXPORTED[name]
        size = len(gzip.compress(export.path_of(view).read_bytes(), mtime=0))
        assert size <= LIMITS[view.kind]

    @pytest.mark.parametrize("name", VIEWS)
    def test_answers_to_each_of_its_controls(self, name):
        # the first cases of the grid move one control at a time
        start, *others = zip(cases(name), expected(name), strict=True)
        moved = set()
        for case, outputs in others:
            changed = [c for c in case.values if case.values[c] != start[0].values.get(c)]
            same_size = all(x.shape == start[1][o].shape for o, x in outputs.items())
            if len(changed) == 1 and not (
                same_size and all(np.array_equal(x, start[1][o], equal_nan=True) for o, x in outputs.items())
            ):
                moved |= set(changed)
        assert moved == {control.name for control in VIEWS[name].controls}

    @pytest.mark.parametrize("name", VIEWS)
    def test_does_not_write_into_its_inputs(self, name):
        case = cases(name)[0]
        before = {n: x.clone() for n, x in case.inputs.items()}
        outputs = VIEWS[name](**case.inputs)
        for tensor in outputs.values():
            if tensor.dtype == torch.float32 and tensor.is_contiguous():
                tensor.detach().fill_(-1.0)
        assert all(torch.equal(case.inputs[n], x) for n, x in before.items())

    @pytest.mark.parametrize("name", VIEWS)
    def test_is_tried_with_one_of_everything_and_with_the_longest_sentence(self, name):
        sizes = sizes_of(VIEWS[name])
        if VIEWS[name].dynamic:
            assert dict.fromkeys(sizes[0], 1) in sizes
            assert dict.fromkeys(sizes[0], 14) in sizes


def test_the_page_script_stays_within_its_budget():
    script = export.path_of(VIEWS["sentence"]).parent.parent / "static/live.js"
    assert len(gzip.compress(script.read_bytes(), mtime=0)) <= PAGE_SCRIPT
