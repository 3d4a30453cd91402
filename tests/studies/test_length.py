"""Translation by length: sentences land in their bucket, translations are compared word for word."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from transformer_lib.data import encode_pairs, generate, vocabularies
from transformer_lib.recurrence import RecurrentState
from transformer_lib.studies.length import (
    BUCKETS,
    CONTENDERS,
    Contender,
    Settings,
    bucketed,
    by_seed,
    exact_share,
    replaced,
    same_rows,
    speed,
    study,
)
from transformer_lib.studies.stored import results

TINY = Settings(n_pairs=300, per_bucket=3, share=0.001, batch_size=5, seeds=(0, 3), lengths=(3, 5), repeats=1)


def test_every_bucket_holds_its_lengths_and_no_more_than_asked():
    buckets = bucketed(generate(400), 7)
    for (low, high), pairs in zip(BUCKETS, buckets, strict=True):
        assert len(pairs) <= 7
        assert all(low <= len(pair.english) <= high for pair in pairs)
    assert len(buckets[1]) == 7


@pytest.mark.parametrize(
    ("written", "same"), [([5, 6, 2], True), ([5, 6, 2, 0], True), ([5, 2, 0], False), ([5, 6, 2, 7], False)]
)
def test_rows_are_the_same_up_to_padding(written, same):
    assert same_rows(torch.tensor([written]), torch.tensor([[5, 6, 2]])).tolist() == [same]


class Parrot(nn.Module):
    """Returns given translations, one row after the other, whatever the source."""

    def __init__(self, targets, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.targets, self.size = targets, size
        self.config = next(iter(CONTENDERS.values())).make(size, size).config

    def new_cache(self):
        return RecurrentState()

    def encode(self, src_ids, src_mask=None):
        return torch.arange(float(len(src_ids)))[None, :, None]  # which row is whose, when some are dropped

    def decode(self, tgt_ids, memory, memory_mask, *, cache):
        if cache.state is None:
            cache.state = (memory,)
        cache.length += 1
        said = [self.targets[int(row)][cache.length] for row in cache.state[0].flatten()]
        return 9.0 * nn.functional.one_hot(torch.tensor(said), self.size)[:, None].float()


def test_the_share_of_exact_translations_is_counted():
    words = vocabularies()
    pairs = encode_pairs(generate(4, seed=3), *words)
    right = [target for _, target in pairs]
    size = max(map(len, words))
    assert exact_share(Parrot(right, size), pairs) == 1.0
    wrong = [right[0], [*right[1][:-2], 2], right[2], [*right[3][:-1], right[3][-2], 2]]
    assert exact_share(Parrot(wrong, size), pairs) == 0.5


def test_the_study_measures_every_contender_in_every_bucket():
    contenders = {
        "GRU": Contender(CONTENDERS["GRU"].make, 2000),
        "T": CONTENDERS["Transformer"],
    }
    found = study(TINY, contenders)
    assert [(row["name"], row["seed"]) for row in found["models"]] == [
        ("GRU", 0),
        ("GRU", 3),
        ("T", 0),
        ("T", 3),
    ]
    assert [row["steps"] for row in found["models"]] == [2, 2, 1, 1]
    for row in found["models"]:
        assert len(row["exact"]) == len(BUCKETS)
        assert all(share is None or 0 <= share <= 1 for share in row["exact"])
    assert found["about"]["pairs"] > 200


def test_contenders_are_what_their_names_say():
    made = {name: contender.make(11, 13) for name, contender in CONTENDERS.items()}
    for name, model in made.items():
        if name == "Transformer":
            assert model.config.d_model == 64
            continue
        config = model.config
        assert config.kind == ("lstm" if "LSTM" in name else "gru")
        assert config.reverse_source == ("reversed" in name)
        assert config.attention == ("attention" in name)
        assert config.both_ends == ("both ways" in name)


def test_only_the_encoder_tells_the_two_with_attention_apart():
    one, both = (
        CONTENDERS[f"GRU with attention, {ways}"].make(11, 13).config for ways in ("one way", "both ways")
    )
    assert replace(one, bidirectional=None) == both
    assert len({CONTENDERS[f"GRU with attention, {ways}"].n_steps for ways in ("one way", "both ways")}) == 1


def test_a_row_takes_the_place_of_its_predecessor():
    rows = [{"name": "LSTM", "seed": 0, "steps": 1}, {"name": "Transformer", "seed": 0, "steps": 1}]
    after = replaced(rows, {"name": "LSTM", "seed": 1, "steps": 2})
    assert [(row["name"], row["seed"]) for row in after] == [("LSTM", 0), ("LSTM", 1), ("Transformer", 0)]
    after = replaced(after, {"name": "LSTM", "seed": 0, "steps": 3})
    assert [row["steps"] for row in after] == [3, 2, 1]


def test_what_is_stored_are_rows_of_the_contenders():
    found = results("length")
    assert list(by_seed(found)) == list(CONTENDERS)
    for row in found["models"]:
        assert row["steps"] == CONTENDERS[row["name"]].n_steps
        assert len(row["exact"]) == len(BUCKETS)


def test_times_are_in_units_of_the_shortest_transformer_layer():
    found = speed(TINY, d_model=8, batch_size=2)
    assert found["lengths"] == [3, 5]
    assert found["relative"]["Transformer layer"][0] == 1.0
    assert all(len(row) == 2 and min(row) > 0 for row in found["relative"].values())
