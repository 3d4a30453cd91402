"""The translator's parts: heads that are masked, steps that follow each other, weights that are stored once."""

from __future__ import annotations

import json
from functools import cache

import node
import numpy as np
import onnxruntime
import pytest
import torch
from thorough import THOROUGH

from transformer_lib import load_translator
from transformer_lib.decoding import next_token_distribution
from transformer_lib.evaluation.ablation import KINDS, ablated
from transformer_lib.live import export, weight_bundle
from transformer_lib.live.storing import from_json, to_json
from transformer_lib.live.translator_graphs import PARTS, distribution, start, step
from transformer_lib.models.translator import WEIGHTS

OFF = [None, ("encoder", 0, 3), ("decoder", 1, 0), ("cross", 1, 2)]
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}
bundle = cache(weight_bundle.bundle)


def masks(off):
    found = {kind: torch.ones(2, 4) for kind in KINDS}
    if off:
        kind, layer, head = off
        found[kind][layer, head] = 0.0
    return {f"{kind}_mask": mask for kind, mask in found.items()}


def numpy(tensors):
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


@cache
def reference(off):
    """The model itself, one head less: logits and maps of a whole sentence."""
    model, source, target = load_translator()
    src = torch.tensor([source.encode("the old man likes his red car .")])
    read = torch.tensor([target.encode("le vieil homme aime sa voiture rouge .", bos=True)])
    kind, layer, head = off or ("encoder", 0, 0)
    with torch.no_grad(), ablated(model, layer, head, kind):
        taken = model(src, read, return_weights=True)
    with torch.no_grad():
        return src[0], read[0], taken if off else model(src, read, return_weights=True)


class Python:
    def __init__(self, model):
        self.parts = {"start": start, "step": step}

    def __call__(self, name, inputs):
        with torch.no_grad():
            return numpy(self.parts[name](**{k: torch.as_tensor(v) for k, v in inputs.items()}))


class Onnx:
    def __init__(self, model):
        self.sessions = {
            name: onnxruntime.InferenceSession(model(f"translator-{name}").SerializeToString())
            for name in ("start", "step")
        }

    def __call__(self, name, inputs):
        session = self.sessions[name]
        wanted = {value.name for value in session.get_inputs()}
        names = [value.name for value in session.get_outputs()]
        return dict(
            zip(names, session.run(None, {k: v for k, v in inputs.items() if k in wanted}), strict=True)
        )


class Page:
    def __init__(self, model):
        pass

    def __call__(self, name, inputs):
        [[answer]] = node.run([(bundle(), [inputs], name)])
        assert isinstance(answer, dict), answer
        return answer


@pytest.mark.parametrize("engine", [Python, Page, *([Onnx] if THOROUGH else [])])  # its exports take seconds
@pytest.mark.parametrize("off", OFF, ids=str)
def test_steps_that_follow_each_other_give_the_numbers_of_the_whole_model_with_a_head_taken_away(
    engine, off, model
):
    run, masked = engine(model), numpy(masks(off))
    src, read, (logits, weights) = reference(off)
    found = [run("start", {"ids": src.numpy(), **masked})]
    memory = {name: found[0][name] for name in ("memory_keys", "memory_values")}
    del masked["encoder_mask"]
    for word in read[1:4].tolist():
        past = {f"past_{name}": found[-1][name] for name in ("keys", "values")}
        found.append(run("step", {"ids": np.array([word]), **past, **memory, **masked}))
    np.testing.assert_allclose(found[0]["encoder"], weights.encoder[:, 0], **TOLERANCE)
    for t, now in enumerate(found):
        np.testing.assert_allclose(now["logits"][0], logits[0, t], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(now["normaliser"][0], logits[0, t].logsumexp(-1), **TOLERANCE)
        np.testing.assert_allclose(now["decoder"], weights.decoder[:, 0, :, t, : t + 1], **TOLERANCE)
        np.testing.assert_allclose(now["cross"], weights.cross[:, 0, :, t], **TOLERANCE)


def test_the_heads_that_are_taken_away_matter():
    plain = reference(None)[2][0]
    for off in OFF[1:]:
        assert (reference(off)[2][0] - plain).abs().max() > 0.01, off


def test_each_beginning_is_weighed_as_if_it_were_alone():
    generator = torch.Generator().manual_seed(0)
    keys, values = (torch.randn(2, 3, 4, 5, 16, generator=generator) for _ in range(2))
    memory = {
        name: torch.randn(2, 1, 4, 7, 16, generator=generator) for name in ("memory_keys", "memory_values")
    }
    given = {"decoder_mask": torch.ones(2, 4), "cross_mask": torch.ones(2, 4), **memory}
    ids = torch.tensor([5, 11, 13])
    together = step(ids=ids, past_keys=keys, past_values=values, **given)
    for i in range(3):
        alone = step(
            ids=ids[i : i + 1], past_keys=keys[:, i : i + 1], past_values=values[:, i : i + 1], **given
        )
        torch.testing.assert_close(alone["logits"][0], together["logits"][i])
        torch.testing.assert_close(alone["keys"][:, 0], together["keys"][:, i])


@pytest.mark.parametrize("temperature", [0.0, 0.1, 1.0, 3.0])
@pytest.mark.parametrize("top_k", [1, 3, 390])
@pytest.mark.parametrize("top_p", [0.05, 0.9, 1.0])
def test_the_distribution_is_that_of_decoding(temperature, top_k, top_p):
    logits = 4 * torch.randn(2, 390, generator=torch.Generator().manual_seed(1))
    logits[1, 7:10] = logits[1].max() + 1  # three equal ones on top
    given = (torch.tensor(float(x)) for x in (temperature, top_k, top_p))
    expected = next_token_distribution(logits, temperature, top_k, top_p)
    found = distribution(logits, *given)["probabilities"]
    torch.testing.assert_close(found, expected)


class TestSharing:
    def test_the_file_holds_the_weights_that_ship_bit_by_bit(self):
        model, _, _ = load_translator()
        tensors = {**dict(model.named_buffers()), **dict(model.named_parameters())}
        stored = bundle()["weights"]
        for name, weight in stored.items():
            found = from_json(weight).astype(np.float32)
            np.testing.assert_array_equal(found, tensors[name].detach().numpy(), err_msg=name)
        assert set(dict(model.named_parameters())) <= set(stored)

    def test_parameters_have_half_precision_as_they_ship(self):
        model, _, _ = load_translator()
        for name, weight in bundle()["weights"].items():
            assert weight["type"] == ("float16" if name in dict(model.named_parameters()) else "float32")
        size = sum(from_json(weight).nbytes for weight in bundle()["weights"].values())
        assert size < 1.2 * WEIGHTS.stat().st_size

    @pytest.mark.parametrize("name", PARTS)
    def test_graphs_hold_no_weight_of_the_model(self, name):
        for weight in export.load(PARTS[name])["weights"].values():
            assert "shared" in weight or np.prod(weight["shape"]) < weight_bundle.OWN

    def test_a_weight_is_found_whole_by_its_rows_and_turned_over(self):
        weight = weight_bundle.weights()["decoder.layers.0.cross_attention.in_proj.weight"]
        graph = {"name": "g", "weights": {"w": to_json(weight[64:192].T)}}
        assert weight_bundle.lean(graph)["weights"]["w"] == {
            "type": "float32",
            "shape": [64, 128],
            "shared": "decoder.layers.0.cross_attention.in_proj.weight",
            "rows": [64, 192],
            "transposed": True,
        }

    def test_a_large_weight_that_is_not_the_models_is_refused(self):
        graph = {"name": "g", "weights": {"w": to_json(np.ones((64, 64), np.float32))}}
        with pytest.raises(ValueError, match=r"g: a weight of shape \[64, 64\] is none of the model's"):
            weight_bundle.lean(graph)

    def test_a_file_without_a_weight_that_a_graph_needs_is_refused_at_once(self):
        whole = bundle()
        name = next(iter(whole["weights"]))
        weights = {key: value for key, value in whole["weights"].items() if key != name}
        assert node.run([(whole | {"weights": weights}, [], "start")]) == [f"no weight is called {name}"]

    def test_the_file_is_json_without_what_json_has_not(self):
        json.dumps(bundle(), allow_nan=False)
