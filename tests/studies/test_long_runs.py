"""The shipped training from other seeds: a model is trained once, and measured as the shipped one was."""

from transformer_lib.data import split
from transformer_lib.models.translator import WEIGHTS
from transformer_lib.studies import results
from transformer_lib.studies.long_runs import Settings, measured, study, trained

SMALL = {"pairs": 300, "steps": 1, "warmup": 1, "log-every": 1, "save-every": 1, "d-model": 8, "d-ff": 8}
QUICK = tuple(word for name, value in SMALL.items() for word in (f"--{name}", str(value)))
TINY = Settings(four=(1,), one=(), n_drawn=200, n_sentences=2, options=(*QUICK, "--device", "cpu"))


def test_a_model_that_is_there_is_not_trained_again(tmp_path):
    path = trained(TINY, 4, 1, tmp_path)
    written = path.stat().st_mtime_ns
    found = study(tmp_path, TINY)["heads"]
    assert path.stat().st_mtime_ns == written
    assert found["1"] == []
    assert [len(heads) for heads in found["4"][0]["gender"]] == [4, 4]


def test_the_shipped_translator_is_measured_as_in_the_study_of_heads():
    pairs = split(8000, seed=1).test_sentences[:300]
    assert measured(WEIGHTS, pairs, by_head=False)["exact"] == results("heads")["translator"]["whole"]


def test_the_stored_runs_are_those_that_the_settings_ask_for():
    stored = results("long_runs")["heads"]
    assert [row["seed"] for row in stored["4"]] == list(Settings().four)
    assert [row["seed"] for row in stored["1"]] == list(Settings().one)
    assert all(len(heads) == 4 for row in stored["4"] for heads in row["gender"])
