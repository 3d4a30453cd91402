import math
import re
from pathlib import Path

import onnxruntime
import torch
from torch.testing import assert_close

import transformer_lib
from transformer_lib.decoding import choose, next_token_distribution
from transformer_lib.live.export import graph, onnx_model
from transformer_lib.live.views import View


def view():
    generator = torch.Generator().manual_seed(0)
    return View(
        name="next_token",
        title="next token",
        function=lambda logits, temperature, top_k, top_p, draws: {
            "probabilities": (p := next_token_distribution(logits, temperature, top_k, top_p)),
            "ids": choose(p.float(), draws),
        },
        controls=(),
        drawings=(),
        example={
            "logits": torch.randn(2, 11, generator=generator),
            "temperature": torch.tensor(1.0),
            "top_k": torch.tensor(5.0),
            "top_p": torch.tensor(0.9),
            "draws": torch.tensor([0.3, 0.6]),
        },
        dynamic={"logits": {0: "rows", 1: "V"}, "draws": {0: "rows"}},
    )


def test_the_exported_graph_gives_the_same_numbers():
    exported = view()
    session = onnxruntime.InferenceSession(onnx_model(exported).SerializeToString())
    generator = torch.Generator().manual_seed(1)
    for temperature in (0.0, 1e-30, 0.5, 2.0):
        for top_k in (1.0, 3.0, 99.0):
            for top_p in (0.0, 0.5, 1.0):
                logits = torch.randn(3, 7, generator=generator)
                logits[0, 2:5] = 2.0
                logits[1, 3] = -math.inf
                settings = map(torch.tensor, (temperature, top_k, top_p))
                inputs = [logits, *settings, torch.rand(3, generator=generator)]
                feed = {k: v.numpy() for k, v in zip(exported.example, inputs, strict=True)}
                ids, probabilities = session.run(["ids", "probabilities"], feed)
                expected = next_token_distribution(logits, temperature, int(top_k), top_p)
                assert_close(torch.from_numpy(probabilities), expected)
                assert ids.tolist() == choose(expected, inputs[-1]).tolist()


def test_the_page_can_run_the_exported_graph():
    def distribution(logits, temperature, top_k, top_p):
        return {"probabilities": next_token_distribution(logits, temperature, top_k, top_p)}

    whole = view()
    example = {name: tensor for name, tensor in whole.example.items() if name != "draws"}
    dynamic = {"logits": whole.dynamic["logits"]}
    written = graph(View("next_token", "", distribution, (), (), example, dynamic))
    operators = Path(transformer_lib.__file__).parents[1] / "page" / "tensor" / "operators.js"
    known = set(re.findall(r"^  (\w+):", operators.read_text(encoding="utf-8"), re.MULTILINE))
    assert {node[0] for node in written["nodes"]} <= known
    assert [value["name"] for value in written["inputs"]] == ["logits", "temperature", "top_k", "top_p"]
