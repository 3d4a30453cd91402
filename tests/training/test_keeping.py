"""The model file of a run holds the last weights, the best, or an average, also after a stop."""

import pytest
import torch
from tiny import Tiny, batches

from transformer_lib.training import keeping, load_model, model_tensors, read_tensors, validate, write_tensors
from transformer_lib.training.keeping import Keeper


def measure(model):
    return validate(model, batches().in_order())


def keeper(folder, **options):
    """One whose model file is the tensors alone."""
    path = folder / "model.safetensors"

    def write(model, about):
        write_tensors(path, model_tensors(model), {"training": about})

    return Keeper(path, write, measure, **options)


def record(step, loss):
    return {"step": step, "validation_loss": loss, "validation_accuracy": 0.5}


def held(folder):
    """The seed whose weights the model file holds, and what it says."""
    tensors, about = read_tensors(folder / "model.safetensors")
    [seed] = [
        seed
        for seed in range(1, 6)
        if all(torch.equal(tensors[name], tensor) for name, tensor in model_tensors(Tiny(seed=seed)).items())
    ]
    return seed, about["training"]


def test_the_last_is_written_each_time(tmp_path):
    kept = keeper(tmp_path)
    for seed, loss in ((1, 3.0), (2, 4.0)):
        assert kept(Tiny(seed=seed), record(seed, loss))
        assert held(tmp_path) == (seed, {"kept": "last", **record(seed, loss)})


def test_the_best_stays_until_a_better_one_comes(tmp_path):
    kept = keeper(tmp_path, keep="best")
    found = [kept(Tiny(seed=seed), record(seed, loss)) for seed, loss in ((1, 3.0), (2, 4.0), (3, 3.0))]
    assert found == [True, False, False]
    assert held(tmp_path) == (1, {"kept": "best", **record(1, 3.0)})
    assert kept(Tiny(seed=4), record(4, 2.5))
    assert held(tmp_path)[0] == 4


def test_a_run_that_goes_on_knows_the_best_of_before(tmp_path):
    keeper(tmp_path, keep="best")(Tiny(seed=1), record(1, 3.0))
    assert not keeper(tmp_path, keep="best")(Tiny(seed=2), record(2, 3.5))
    assert held(tmp_path)[0] == 1


def test_a_file_of_a_later_step_or_of_another_rule_is_replaced(tmp_path):
    keeper(tmp_path, keep="best")(
        Tiny(seed=1), record(9, 1.0)
    )  # a run that was killed after it, and repeats it
    assert keeper(tmp_path, keep="best")(Tiny(seed=2), record(9, 1.0))
    keeper(tmp_path)(Tiny(seed=3), record(10, 0.5))
    assert keeper(tmp_path, keep="best")(Tiny(seed=4), record(11, 0.7))
    assert held(tmp_path)[0] == 4


def test_the_average_is_that_of_the_last_checkpoints_and_is_measured_itself(tmp_path):
    for seed in (1, 2, 3, 4):  # each in a process of its own, as it were
        model = Tiny(seed=seed)
        before = {name: tensor.clone() for name, tensor in model_tensors(model).items()}
        assert keeper(tmp_path, keep="average", n_average=3)(model, record(seed, 9.0))
        assert all(torch.equal(before[name], tensor) for name, tensor in model_tensors(model).items())
    tensors, about = read_tensors(tmp_path / "model.safetensors")
    mean = Tiny()
    for name, tensor in tensors.items():
        wanted = torch.stack([model_tensors(Tiny(seed=seed))[name] for seed in (2, 3, 4)]).mean(0)
        torch.testing.assert_close(tensor, wanted.detach())
    load_model(mean, tensors, "")
    measured = measure(mean)
    assert about["training"] == {
        "kept": "average",
        "step": 4,
        "validation_loss": measured.loss,
        "validation_accuracy": measured.accuracy,
    }
    assert len(list((tmp_path / keeping.SNAPSHOTS).iterdir())) == 3


def test_checkpoints_of_a_later_step_are_no_part_of_the_average(tmp_path):
    for step in (4, 8, 12):
        keeper(tmp_path, keep="average")(Tiny(seed=step), record(step, 9.0))
    keeper(tmp_path, keep="average")(Tiny(seed=8), record(8, 9.0))
    names = sorted(path.name for path in (tmp_path / keeping.SNAPSHOTS).iterdir())
    assert names == ["000000004.safetensors", "000000008.safetensors"]


@pytest.mark.parametrize(("keep", "again"), [("last", True), ("best", False), ("average", False)])
def test_a_finished_run_has_its_file(tmp_path, keep, again):
    kept = keeper(tmp_path, keep=keep)
    kept.finish(Tiny(seed=1), record(4, 3.0))
    assert read_tensors(tmp_path / "model.safetensors")[1]["training"]["kept"] == keep
    first = (tmp_path / "model.safetensors").read_bytes()
    keeper(tmp_path, keep=keep).finish(Tiny(seed=2), record(4, 3.0))
    assert ((tmp_path / "model.safetensors").read_bytes() != first) == again
    used = keeper(tmp_path, keep=keep)
    used(Tiny(seed=3), record(5, 1.0))
    before = (tmp_path / "model.safetensors").read_bytes()
    used.finish(Tiny(seed=4), record(5, 1.0))
    assert (tmp_path / "model.safetensors").read_bytes() == before


def test_another_process_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "rank", lambda: 1)
    for keep in keeping.KEEP:
        assert not keeper(tmp_path, keep=keep)(Tiny(), record(1, 3.0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"), [({"keep": "worst"}, "unknown keep 'worst'"), ({"n_average": 0}, "n_average")]
)
def test_unknown_rules_are_refused(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        keeper(tmp_path, **options)
