"""One head or four: the runs differ in that alone."""

from dataclasses import replace

from transformer_lib.studies import results
from transformer_lib.studies.head_count import Settings, gender, recipe, trained
from transformer_lib.studies.training import Material

TINY = Settings(
    head_counts=(1, 4), seeds=(0,), n_pairs=300, n_validation=2, n_test=3, n_steps=2, every=1, warmup_steps=1
)


def test_only_the_number_of_heads_differs():
    (one, change), (four, again) = (recipe(TINY, n_heads) for n_heads in (1, 4))
    assert change == again
    assert replace(one, n_heads=4) == four


def test_as_many_parameters_and_a_curve_for_each_validation():
    material = Material(recipe(TINY, 1)[0])
    (one, curves), (four, _) = (trained(material, TINY, n_heads, 0) for n_heads in (1, 4))
    sizes = [sum(parameter.numel() for parameter in model.parameters()) for model in (one, four)]
    assert sizes[0] == sizes[1]
    assert [record["step"] for record in curves] == [1, 2]
    assert (one.config.n_heads, four.config.n_heads) == (1, 4)
    table = gender(four, material)
    assert [len(row) for row in table] == [4, 4]


def test_the_stored_runs_are_three_of_each_kind_of_one_size():
    stored = results("head_count")
    runs = [run for kind in stored["heads"].values() for run in kind]
    assert [len(kind) for kind in stored["heads"].values()] == [3, 3]
    assert len({run["parameters"] for run in runs}) == 1
