"""Weights in fewer bytes come back as near as their bytes allow."""

import pytest
import torch

from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage.model_file import read_model, write_model
from transformer_lib.storage.rounding import STORED, narrowed, widened
from transformer_lib.text import Vocabulary


def tensors():
    torch.manual_seed(0)
    matrix = torch.randn(7, 5) * torch.logspace(-3, 3, 7)[:, None]
    matrix[3] = 0.0
    return {"matrix": matrix, "vector": torch.randn(5)}


def test_a_row_of_int8_is_off_by_half_a_step_of_its_own_at_most():
    given = tensors()
    stored = narrowed(given, torch.int8)
    assert {name: tensor.dtype for name, tensor in stored.items()} == {
        "matrix": torch.int8,
        "matrix.scales": torch.float32,
        "vector": torch.float16,
    }
    found = widened(stored, "file")
    assert found.keys() == given.keys()
    steps = given["matrix"].abs().amax(1, keepdim=True) / 127
    assert ((found["matrix"] - given["matrix"]).abs() <= 0.5 * steps + 1e-12).all()
    assert stored["matrix"].abs().amax(1).tolist() == [127, 127, 127, 0, 127, 127, 127]


def test_what_a_dtype_cannot_hold_stays_as_it_is():
    given = {"large": torch.tensor([1e5, 1.0]), "small": torch.tensor([1.0])}
    stored = narrowed(given, torch.float16)
    assert (stored["large"].dtype, stored["small"].dtype) == (torch.float32, torch.float16)
    with pytest.raises(ValueError, match="bad holds numbers that are not finite"):
        narrowed({"bad": torch.tensor([torch.nan])}, torch.int8)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"w": torch.ones(2, 3, dtype=torch.int8)}, "file holds w as torch.int8"),
        ({"w": torch.ones(2, 3, dtype=torch.int8), "w.scales": torch.ones(3)}, "file holds w as torch.int8"),
        ({"w": torch.ones(2, 3, dtype=torch.int64)}, "file holds w as torch.int64"),
        ({"w": torch.ones(2, 3, dtype=torch.int8), "w.scales": torch.tensor([1.0, torch.inf])}, "not finite"),
    ],
)
def test_other_numbers_are_refused(stored, words):
    with pytest.raises(ValueError, match=words):
        widened(stored, "file")


def test_a_model_takes_half_the_bytes_and_says_nearly_the_same(tmp_path):
    words = Vocabulary([f"w{i}" for i in range(200)])
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(len(words), len(words), 34, 2, 101, 1)).eval()
    for name, dtype in STORED.items():
        write_model(tmp_path / name, model, words, words, {}, dtype=dtype)
    sizes = {name: (tmp_path / name).stat().st_size for name in STORED}
    assert sizes["int8"] < 0.65 * sizes["float16"] < 0.65**2 * sizes["float32"]
    ids = torch.tensor([[5, 7, 11]])
    with torch.no_grad():
        wanted = model(ids, ids)
        for name, tolerance in (("float32", 0.0), ("float16", 0.01), ("int8", 0.1)):
            found = read_model(tmp_path / name).model(ids, ids)
            assert (found - wanted).abs().max() <= tolerance * wanted.std(), name
