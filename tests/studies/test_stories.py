"""Short trainings on stories: the same of the same seed, and a window that hides what lies behind it."""

import math

import pytest
import torch

from transformer_lib import LanguageModel, LanguageModelConfig
from transformer_lib.studies.stories import TODAY, Windowed, apart, of_file, run

CHOICES = {"d_model": 8, "n_heads": 2, "n_kv_heads": 1, "n_layers": 1, "d_ff": 5}


def test_a_run_is_of_its_seed_and_counts_what_it_read(story_data, tiny):
    one, again, other = (run(story_data, TODAY | CHOICES, tiny, seed) for seed in (3, 3, 5))
    assert {**one, "cpu_seconds": 0} == {**again, "cpu_seconds": 0}
    assert one["bits"] != other["bits"]
    assert 0 < one["tokens"] <= tiny.n_steps * tiny.batch_size * 2 * tiny.max_length
    assert one["bits"] == pytest.approx(
        one["loss"] / math.log(2) * story_data.about["tokens_per_character"], rel=1e-9
    )


def test_more_steps_than_the_settings_say_may_be_asked_for(story_data, tiny):
    long = run(story_data, TODAY | CHOICES, tiny, 0, n_steps=40)
    assert long["steps"] == 40
    assert long["bits"] < run(story_data, TODAY | CHOICES, tiny, 0)["bits"]


def test_behind_the_window_nothing_counts():
    config = LanguageModelConfig(13, **CHOICES, **TODAY, max_length=11, dropout=0.0)
    torch.manual_seed(0)
    model = Windowed(LanguageModel(config).eval(), 3)
    ids = torch.randint(3, 13, (1, 11))
    changed = ids.clone()
    changed[0, 7] = 3 + (changed[0, 7] - 2) % 10
    same = (model(ids) == model(changed)).all(-1)[0]
    assert same.tolist() == [True] * 7 + [False] * 3 + [True]  # itself and the two words after it


def test_results_differ_only_where_their_spreads_do_not_meet():
    assert apart([1.0, 1.1, 1.2], [1.25, 1.3, 1.4])
    assert apart([1.25, 1.3, 1.4], [1.0, 1.1, 1.2])
    assert not apart([1.0, 1.1, 1.3], [1.25, 1.3, 1.4])
    assert not apart([1.0, 1.5], [1.2, 1.3])


def test_the_program_takes_a_file_and_its_own_options(monkeypatch):
    monkeypatch.setattr("sys.argv", ["study", "FILE", "--only", "a", "b"])
    taken = of_file(lambda *files, **options: (files, options), "A study.", only={"nargs": "*"})
    assert taken == (("FILE",), {"only": ["a", "b"]})
