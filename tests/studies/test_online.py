"""Memory of attention: what is counted is what is taken, and blocks take less."""

import pytest
import torch

from transformer_lib.studies import results
from transformer_lib.studies.online import Settings, peak_bytes, study


def test_the_peak_counts_what_is_held_at_once():
    def work():
        for _ in range(3):
            kept = torch.ones(1000)
        return torch.cat([kept, kept])

    # the second is made before the first is given back
    assert peak_bytes(work) == 4 * (1000 + 2000)


def test_what_was_there_before_does_not_count():
    x = torch.ones(1000)
    assert peak_bytes(lambda: x[:100]) == 0
    assert peak_bytes(lambda: x + x) == 4000


def test_blocks_take_memory_that_grows_with_length_not_with_its_square():
    found = study(Settings(lengths=(64, 256), d_head=4, block_size=16))
    for direction in ("forward", "backward"):
        whole, blocks = (found["bytes"][name][direction] for name in ("all weights", "in blocks"))
        assert whole[1] / whole[0] > 12
        assert blocks[1] / blocks[0] < 5
    assert found["largest_difference"] < 1e-5


def test_what_is_stored_is_longer_and_says_the_same():
    found = results("online")
    whole, blocks = (found["bytes"][name]["forward"] for name in ("all weights", "in blocks"))
    assert whole[-1] >= 4096**2 * 4 > 6 * blocks[-1]
    assert whole[-1] / whole[-2] == pytest.approx(4, rel=0.1)
