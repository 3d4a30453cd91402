"""Checkpoints: exact round trips, and damaged or foreign files. Long: each way to damage a file or to interrupt a write."""

import json
import os

import pytest
import safetensors.torch
import torch
from tiny import VOCABULARY, Tiny, batches

from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage.files import KEY, write_file
from transformer_lib.training import (
    adam,
    checksum,
    load_checkpoint,
    load_model,
    model_tensors,
    read_tensors,
    save_checkpoint,
    training_step,
    write_tensors,
)


def trained(steps=3, device="cpu", **options):
    model = Tiny(**options).to(device)
    optimizer = adam(model)
    for step in range(1, steps + 1):
        training_step(model, optimizer, *(ids.to(device) for ids in batches()(step)), lr=0.01)
    return model, optimizer


def state(model, optimizer):
    flat = dict(model_tensors(model))
    for number, memory in optimizer.state_dict()["state"].items():
        flat |= {f"{number}.{key}": value for key, value in memory.items()}
    return {name: tensor.detach().cpu().clone() for name, tensor in flat.items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.safetensors"
    save_checkpoint(path, *trained(), {"step": 3, "recipe": {"peak_lr": 0.01, "name": "tiny"}})
    return path


DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.uint8]


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors_come_back_bit_for_bit(tmp_path, dtype):
    tensors = {
        "a": (3 * torch.randn(5, 7)).to(dtype),
        "turned": torch.arange(6).view(2, 3).T.to(dtype),
        "alone": torch.tensor(1).to(dtype),
        "none": torch.zeros(0, 3, dtype=dtype),
    }
    about = {"words": ["é", "<pad>"], "nested": {"rate": 0.1, "none": None}}
    write_tensors(tmp_path / "x", tensors, about)
    found, said = read_tensors(str(tmp_path / "x"))
    assert same(found, tensors)
    assert {t.dtype for t in found.values()} == {dtype}
    assert said == about


def test_two_writings_give_the_same_bytes(tmp_path):
    a, b = torch.randn(3), torch.randn(2)
    write_tensors(tmp_path / "one", {"a": a, "b": b}, {"x": 1, "y": 2})
    write_tensors(tmp_path / "two", {"b": b, "a": a}, {"y": 2, "x": 1})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_any_tool_can_read_the_file(file):
    assert safetensors.torch.load_file(file)["model.src.weight"].shape == (VOCABULARY, 7)
    with safetensors.safe_open(file, "pt") as opened:
        assert list(opened.metadata()) == [KEY]


def test_the_checksum_sees_name_dtype_shape_value_and_description():
    base = {"a": torch.zeros(2, 3)}
    others = [
        {"b": torch.zeros(2, 3)},
        {"a": torch.zeros(2, 3, dtype=torch.int32)},
        {"a": torch.zeros(3, 2)},
        {"a": torch.tensor([[0, 0, 0], [0, 0, 1.0]])},
        {"a": -torch.zeros(2, 3)},
    ]
    found = {checksum(tensors) for tensors in [base, *others]} | {checksum(base, {"x": 1})}
    assert len(found) == 7
    assert checksum({"a": torch.zeros(3, 2).T}) == checksum(base)
    assert checksum(base, {"x": 1, "y": 2}) == checksum(base, {"y": 2, "x": 1})
    assert len(checksum({})) == 64


def test_a_run_comes_back_bit_for_bit(tmp_path, device):
    model, optimizer = trained(device=device)
    about = {"step": 3, "recipe": {"rates": (1, 2)}}
    save_checkpoint(str(tmp_path / "x"), model, optimizer, about)
    fresh = Tiny(seed=1).to(device)
    fresh_optimizer = adam(fresh)
    assert load_checkpoint(str(tmp_path / "x"), fresh, fresh_optimizer, expected=about) == {
        "step": 3,
        "recipe": {"rates": [1, 2]},
    }
    assert same(state(model, optimizer), state(fresh, fresh_optimizer))
    assert len(state(fresh, fresh_optimizer)) == 2 + 3 * 2
    assert fresh.out.weight is fresh.tgt.weight
    for one in (model, fresh):
        one.eval()
    batch = tuple(ids.to(device) for ids in batches()(4))
    training_step(model, optimizer, *batch, lr=0.01)
    training_step(fresh, fresh_optimizer, *batch, lr=0.01)
    assert same(state(model, optimizer), state(fresh, fresh_optimizer))


def test_the_optimisers_memory_goes_by_name_not_by_order(tmp_path):
    model, optimizer = trained()
    save_checkpoint(tmp_path / "x", model, optimizer, {})
    fresh = Tiny(seed=1)
    turned = torch.optim.AdamW(list(fresh.parameters())[::-1], betas=(0.9, 0.98), eps=1e-9)
    load_checkpoint(tmp_path / "x", fresh, turned)
    for p, twin in zip(model.parameters(), fresh.parameters(), strict=True):
        assert torch.equal(optimizer.state[p]["exp_avg"], turned.state[twin]["exp_avg"])


def test_an_optimiser_that_has_not_moved_yet_is_kept_too(tmp_path):
    model = Tiny()
    save_checkpoint(tmp_path / "x", model, adam(model), {"step": 0})
    fresh = Tiny(seed=1)
    assert load_checkpoint(tmp_path / "x", fresh, adam(fresh)) == {"step": 0}
    assert torch.equal(fresh.src.weight, model.src.weight)


def test_the_optimisers_rate_and_choices_are_this_runs_not_the_files(file):
    model = Tiny()
    optimizer = adam(model, weight_decay=0.5)
    load_checkpoint(file, model, optimizer)
    assert optimizer.param_groups[0]["weight_decay"] == 0.5


def test_shared_weights_are_stored_once():
    config = TransformerConfig(VOCABULARY, VOCABULARY, 6, 2, 11, 1, tie_embeddings="all")
    tensors = model_tensors(Transformer(config))
    pointers = [tensor.data_ptr() for tensor in tensors.values()]
    assert len(pointers) == len(set(pointers))
    assert len(tensors) == len(dict(Transformer(config).named_parameters()))
    config = TransformerConfig(VOCABULARY, VOCABULARY, 6, 2, 11, 1, tie_embeddings="none")
    assert len(model_tensors(Transformer(config))) == len(tensors) + 2


def test_half_precision_weights_load_into_a_single_precision_model(tmp_path):
    model = Tiny()
    write_tensors(tmp_path / "x", {k: v.half() for k, v in model_tensors(model).items()}, {})
    fresh = Tiny(seed=1)
    load_model(fresh, read_tensors(tmp_path / "x")[0], tmp_path / "x")
    assert fresh.src.weight.dtype == torch.float32
    assert torch.equal(fresh.src.weight, model.src.weight.half().float())


def refused(path, words, model=None, **options):
    """Loading fails with these words, and model, optimiser and file stay as they were."""
    model = model or Tiny(seed=1)
    optimizer = adam(model)
    before, content = state(model, optimizer), path.read_bytes()
    with pytest.raises(ValueError, match=words) as caught:
        load_checkpoint(path, model, optimizer, **options)
    assert str(path) in str(caught.value)
    assert same(state(model, optimizer), before)
    assert path.read_bytes() == content


def test_a_file_cut_short_anywhere_is_refused(file):
    whole = file.read_bytes()
    for length in (0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        refused(file, "damaged or cut short")
    file.write_bytes(whole + b"\0")
    refused(file, "damaged or cut short")


def test_a_single_changed_bit_is_refused(file):
    whole = bytearray(file.read_bytes())
    header = 8 + int.from_bytes(whole[:8], "little")
    for place in (header, (header + len(whole)) // 2, len(whole) - 1):
        whole[place] ^= 1
        file.write_bytes(whole)
        refused(file, "damaged: its content")
        whole[place] ^= 1
    place = whole.index(b"tiny")
    whole[place] ^= 1
    file.write_bytes(whole)
    refused(file, "damaged: its content")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"about": {}}', "null"])
def test_an_unreadable_description_is_refused(file, text):
    file.write_bytes(safetensors.torch.save({"model.a": torch.zeros(1)}, {KEY: text}))
    refused(file, "damaged: what it says of itself")


def test_the_file_of_another_program_is_refused(file):
    file.write_bytes(b"PK\x03\x04 a pickle in a zip file, for instance")
    refused(file, "no safetensors file at all")
    for metadata in ({"format": "pt"}, None):
        file.write_bytes(safetensors.torch.save({"a": torch.zeros(1)}, metadata))
        refused(file, "not one that this library wrote")


@pytest.mark.parametrize("name", ["a", "model", "weights.a", "model."])
def test_tensors_of_something_else_are_refused(file, name):
    write_tensors(file, {name: torch.zeros(1)}, {})
    refused(file, f"'{name}'.*no checkpoint")


def test_a_missing_file_is_named(tmp_path):
    model = Tiny()
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FileNotFoundError, match=f"no file {path}"):
            load_checkpoint(path, model, adam(model))


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (
            {"recipe": {"peak_lr": 0.02}},
            r"recipe.peak_lr is 0.01 there and 0.02 here; give the same arguments",
        ),
        ({"recipe": {"name": "other"}}, r"recipe.name is 'tiny' there and 'other' here"),
        ({"recipe": {"n_steps": 5}}, r"recipe.n_steps is not said there and 5 here"),
        ({"seed": 1}, r"seed is not said there and 1 here"),
        ({"seed": None}, r"seed is not said there and None here"),
    ],
)
def test_another_run_is_refused_with_the_first_difference(file, expected, words):
    refused(file, words, expected=expected)


def test_what_is_not_expected_is_not_compared(file):
    model = Tiny()
    assert load_checkpoint(file, model, adam(model), expected={"step": 3})["recipe"]["name"] == "tiny"


def test_another_width_is_refused(file):
    refused(file, r"src.weight with shape \(13, 7\), the model needs \(13, 5\).*configuration", Tiny(width=5))


def test_a_missing_and_an_extra_tensor_are_refused(file):
    tensors, about = read_tensors(file)
    less = {name: tensor for name, tensor in tensors.items() if name != "model.src.weight"}
    write_tensors(file, less, about)
    refused(file, "lacks the tensor src.weight.*configuration")
    write_tensors(file, tensors | {"model.more": torch.zeros(1)}, about)
    refused(file, "holds, unknown to this model, the tensor more")
    for name, shape in (("none.exp_avg", 3), ("src.weight.exp_avg", 3), ("exp_avg", ())):
        write_tensors(file, tensors | {f"optimizer.{name}": torch.zeros(shape)}, about)
        refused(file, f"optimiser's {name} .*fits no parameter")


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch, moment):
    path = tmp_path / "x"
    write_file(path, b"old")

    def broken(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, moment, broken)
    with pytest.raises(OSError, match="no space"):
        write_file(path, b"new and longer")
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_content_is_on_disk_before_it_takes_the_name_and_the_name_after(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(handle):
        size = os.fstat(handle).st_size
        events.append(("fsync", size) if not os.path.isdir(f"/proc/self/fd/{handle}") else ("fsync folder",))
        fsync(handle)

    def note_replace(one, other):
        events.append(("replace",))
        replace(one, other)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    write_file(tmp_path / "x", b"seven b")
    assert events == [("fsync", 7), ("replace",), ("fsync folder",)]


def test_descriptions_are_readable_text(tmp_path):
    write_tensors(tmp_path / "x", {}, {"words": ["déçu"]})
    assert "déçu".encode() in (tmp_path / "x").read_bytes()
    with safetensors.safe_open(tmp_path / "x", "pt") as opened:
        assert json.loads(opened.metadata()[KEY])["about"] == {"words": ["déçu"]}


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "run"
    write_file(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, b"new")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("run", b"old")]
