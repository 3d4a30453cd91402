"""The trace of a model: its numbers are the model's own, and each follows from those before it."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib import Transformer, TransformerConfig, load_translator
from transformer_lib.evaluation import trace

SIZES = {"d_model": 12, "n_heads": 6, "d_ff": 17, "n_layers": 3}
KINDS = {
    "pre-norm": {},
    "post-norm": {"norm_first": False},
    "rotary": {"positions": "rotary"},
    "grouped": {"n_kv_heads": 2},
    "normed embeddings": {"norm_embeddings": True},
}
SOURCE, TARGET = torch.tensor([3, 5, 7, 9, 4]), torch.tensor([1, 8, 6])


def traced(**options):
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(11, 13, **SIZES, **options)).eval()
    return model, trace(model, SOURCE, TARGET)


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_of_a_trace_is_what_the_model_gives(kind):
    model, kept = traced(**KINDS[kind])
    with torch.no_grad():
        logits, weights = model(SOURCE[None], TARGET[None], return_weights=True)
        memory = model.encode(SOURCE[None], None)
    assert_close(kept["logits"], logits[0])
    assert_close(kept["probabilities"], logits[0].softmax(-1))
    assert_close(kept["encoder_last"], memory[0])
    for name, found in (
        ("encoder_self", weights.encoder),
        ("decoder_self", weights.decoder),
        ("decoder_cross", weights.cross),
    ):
        assert_close(kept[f"{name}_weights"], found[:, 0])
        assert_close(kept[f"{name}_mean"], found[:, 0].mean(1))


@pytest.mark.parametrize("part", ["encoder_self", "decoder_self", "decoder_cross"])
def test_each_number_of_an_attention_follows_from_those_before_it(part):
    model, kept = traced()
    q, k, v = (kept[f"{part}_{name}"] for name in "qkv")
    assert_close(kept[f"{part}_fits"], q @ k.mT)
    assert_close(kept[f"{part}_scores"], q @ k.mT / 2**0.5)
    assert_close(kept[f"{part}_heads"], kept[f"{part}_weights"] @ v)
    joined = kept[f"{part}_heads"].transpose(1, 2).flatten(2)
    assert_close(kept[f"{part}_joined"], joined)
    stack, kind = part.split("_")
    layer = getattr(model, stack).layers[1]
    attention = getattr(layer, f"{kind}_attention")
    assert_close(kept[f"{part}_adds"][1], attention.out_proj(joined[1]).detach())
    assert_close(
        kept[f"{part}_reads"][1],
        getattr(layer, f"{kind}_attention_norm").norm(kept[f"{part}_comes"][1]).detach(),
    )
    memory = kept["encoder_last"] if kind == "cross" else kept[f"{part}_reads"][1]
    assert_close(
        kept[f"{part}_k"][1].transpose(0, 1).flatten(1),
        (memory @ attention.w_k.T + attention.in_proj.bias[12:24]).detach(),
    )


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_what_is_added_makes_the_stream(stack):
    _, kept = traced()
    parts = ["self", "ff"] if stack == "encoder" else ["self", "cross", "ff"]
    stream = [kept[f"{stack}_{part}_comes"] for part in parts] + [kept[f"{stack}_goes"]]
    for part, before, after in zip(parts, stream[:-1], stream[1:], strict=True):
        assert_close(before + kept[f"{stack}_{part}_adds"], after)
    assert_close(kept[f"{stack}_tokens"] + kept[f"{stack}_positions"], kept[f"{stack}_start"])
    assert_close(stream[0][0], kept[f"{stack}_start"])
    assert_close(stream[0][1:], stream[-1][:-1])
    for name in ("goes", "ff_adds", "last", "self_reads"):
        assert_close(kept[f"{stack}_{name}_length"], kept[f"{stack}_{name}"].norm(dim=-1))


def test_a_later_french_word_changes_nothing_before_it():
    model, _ = traced()
    longer = trace(model, SOURCE, torch.cat((TARGET, torch.tensor([10, 3]))))
    shorter = trace(model, SOURCE, TARGET)
    assert_close(longer["logits"][:3], shorter["logits"])
    assert_close(longer["decoder_goes"][:, :3], shorter["decoder_goes"])
    assert (longer["decoder_self_weights"].triu(1) == 0).all()


def test_what_cannot_be_traced_is_refused():
    model, english, _ = load_translator()
    ids = torch.tensor(english.encode("i am happy ."))
    with pytest.raises(ValueError, match="training mode"):
        trace(Transformer(TransformerConfig(11, 13, **SIZES)), SOURCE, TARGET)
    with pytest.raises(TypeError, match="model"):
        trace(torch.nn.Linear(3, 5), SOURCE, TARGET)
    with pytest.raises(ValueError, match="src_ids"):
        trace(model, ids[None], TARGET)
    with pytest.raises(ValueError, match="tgt_ids"):
        trace(model, ids, torch.empty(0, dtype=torch.int64))
