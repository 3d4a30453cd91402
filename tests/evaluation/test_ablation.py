import pytest
import torch
from torch.func import functional_call
from torch.testing import assert_close

from transformer_lib.evaluation import ablated, ablated_at_random, with_head_mask
from transformer_lib.model.stacks import Encoder
from transformer_lib.model.transformer import LanguageModel, Transformer, TransformerConfig

SIZES = {"d_model": 15, "n_heads": 3, "d_ff": 7, "n_layers": 2, "positions": "learned", "dropout": 0.5}
SRC = torch.tensor([[5, 7, 3, 9], [4, 6, 0, 0]])
TGT = torch.tensor([[1, 8, 3], [1, 12, 5]])
CASES = [("encoder", 0, 2), ("decoder", 1, 0), ("cross", 1, 1)]


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(11, 13, **SIZES)).eval()
    with torch.no_grad():  # biases start at zero, and a head's value bias is part of its output
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.uniform_(-0.5, 0.5)
    return model


def module_of(model, kind, layer):
    stack = model.encoder if kind == "encoder" else model.decoder
    return stack.layers[layer].cross_attention if kind == "cross" else stack.layers[layer].self_attention


def masks(kind=None, layer=0, head=0):
    """All ones, but for one head."""
    made = {f"{name}_mask": torch.ones(2, 3) for name in ("encoder", "decoder", "cross")}
    if kind:
        made[f"{kind}_mask"][layer, head] = 0.0
    return made


def outputs_without(model, kind, layer, head):
    """The model when the head's part of the joint output is set to zero on its way into W_O."""

    def remove(module, inputs):
        x = inputs[0].clone()
        x[..., 5 * head : 5 * (head + 1)] = 0.0
        return (x,)

    hook = module_of(model, kind, layer).out_proj.register_forward_pre_hook(remove)
    with torch.no_grad():
        logits, weights = model(SRC, TGT, return_weights=True)
    hook.remove()
    return logits, weights


@pytest.mark.parametrize(("kind", "layer", "head"), CASES)
def test_ablating_a_head_is_zeroing_its_output(model, kind, layer, head):
    before = model(SRC, TGT)
    expected, _ = outputs_without(model, kind, layer, head)
    with ablated(model, layer, head, kind) as same:
        assert same is model
        assert_close(model(SRC, TGT), expected)
    assert (expected - before).abs().max() > 1e-3
    assert torch.equal(model(SRC, TGT), before)


def test_the_ablated_head_still_has_its_map(model):
    _, whole = model(SRC, TGT, return_weights=True)
    with ablated(model, 0, 1, "encoder"):
        _, weights = model(SRC, TGT, return_weights=True)
    assert_close(weights.encoder[0], whole.encoder[0])
    assert (weights.encoder[1] - whole.encoder[1]).abs().max() > 1e-4


@pytest.mark.parametrize(("kind", "layer", "head"), CASES)
def test_a_head_mask_of_0_is_the_ablated_model_and_of_1_the_whole(model, kind, layer, head):
    assert_close(functional_call(model, with_head_mask(model, **masks()), (SRC, TGT)), model(SRC, TGT))
    masked = functional_call(model, with_head_mask(model, **masks(kind, layer, head)), (SRC, TGT))
    with ablated(model, layer, head, kind):
        assert_close(masked, model(SRC, TGT))
    only = {f"{kind}_mask": masks(kind, layer, head)[f"{kind}_mask"]}
    assert_close(functional_call(model, with_head_mask(model, **only), (SRC, TGT)), masked)


def test_a_mask_is_a_factor(model):
    half = masks()
    half["cross_mask"][1, 2] = 0.5
    projection = module_of(model, "cross", 1).out_proj
    expected = projection.weight.detach().clone()
    expected[:, 10:15] *= 0.5
    assert_close(with_head_mask(model, **half)["decoder.layers.1.cross_attention.out_proj.weight"], expected)


def test_the_gradient_of_a_mask_is_the_slope_of_the_loss(model):
    model.double()
    made = {name: mask.double().requires_grad_() for name, mask in masks().items()}

    def loss(**given):
        return functional_call(model, with_head_mask(model, **given), (SRC, TGT)).logsumexp(-1).sum()

    loss(**made).backward()
    for name, mask in made.items():
        for layer, head in ((0, 2), (1, 0)):
            step = torch.zeros_like(mask)
            step[layer, head] = 1e-5
            up, down = (loss(**(made | {name: mask + sign * step})) for sign in (1, -1))
            assert_close(mask.grad[layer, head], ((up - down) / 2e-5).detach(), rtol=1e-4, atol=1e-6)


def test_a_prefix_names_the_model_inside_another(model):
    outer = torch.nn.ModuleDict({"translator": model})
    names = set(with_head_mask(model, **masks(), prefix="translator."))
    assert names <= set(dict(outer.named_parameters()))
    assert len(names) == 6


def test_models_of_one_stack_have_heads_too():
    torch.manual_seed(0)
    config = TransformerConfig(13, 13, **SIZES)
    language, encoder = LanguageModel(config).eval(), Encoder(config).eval()
    for one, kind in ((language, "decoder"), (encoder, "encoder")):
        whole = one(TGT)
        with ablated(one, 1, 2, kind):
            without = one(TGT)
        assert (without - whole).abs().max() > 1e-4
        mask = {f"{kind}_mask": torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])}
        assert_close(functional_call(one, with_head_mask(one, **mask), (TGT,)), without)
        with pytest.raises(ValueError, match="has no attention of kind 'cross'"), ablated(one, 0, 0, "cross"):
            pass


def test_the_control_takes_away_as_many_dimensions_but_not_a_head(model):
    projection = module_of(model, "cross", 1).out_proj
    whole = projection.weight.detach().clone()
    taken = []
    for seed in (0, 1):
        with ablated_at_random(model, 1, "cross", seed=seed) as same:
            assert same is model
            taken.append(whole - projection.weight.detach())
    assert torch.equal(projection.weight, whole)
    for difference in taken:
        assert torch.linalg.matrix_rank(difference, rtol=1e-4) == 5
        # what is taken is W U Uᵀ: taking it again from what is left takes nothing
        basis = torch.linalg.svd(difference).Vh[:5]
        assert_close(difference, whole @ basis.T @ basis, rtol=1e-4, atol=1e-5)
        assert (basis.abs().sum(0) > 1e-3).all()  # spread over all heads
    assert (taken[0] - taken[1]).abs().max() > 1e-2
    with ablated_at_random(model, 1, "cross", seed=0):
        assert_close(whole - projection.weight.detach(), taken[0])


def test_the_model_is_whole_again_after_an_error(model):
    whole = module_of(model, "decoder", 0).out_proj.weight.detach().clone()
    for block in (ablated(model, 0, 1, "decoder"), ablated_at_random(model, 0, "decoder", seed=0)):
        with pytest.raises(ZeroDivisionError), block:
            raise ZeroDivisionError
        assert torch.equal(module_of(model, "decoder", 0).out_proj.weight, whole)


def test_the_parameter_stays_the_same_object(model):
    parameter = module_of(model, "decoder", 0).out_proj.weight
    with ablated(model, 0, 1, "decoder"):
        assert module_of(model, "decoder", 0).out_proj.weight is parameter
        assert parameter.requires_grad


@pytest.mark.parametrize(
    "block", [lambda m: ablated(m, 0, 0, "cross"), lambda m: ablated_at_random(m, 0, "cross", seed=0)]
)
def test_measuring_with_dropout_on_is_refused(model, block):
    with (
        pytest.raises(ValueError, match="dropout would be measured with the head"),
        block(model.train()),
    ):
        pass


def test_training_without_dropout_may_be_measured():
    model = Transformer(TransformerConfig(11, 13, **(SIZES | {"dropout": 0.0})))
    with ablated(model, 0, 0, "cross"):
        assert model.training


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 0, "cross"), "the model has the layers 0 … 1, got 2"),
        ((-1, 0, "cross"), "the model has the layers 0 … 1, got -1"),
        ((0, 3, "cross"), "a layer has the heads 0 … 2, got 3"),
        ((0, -1, "cross"), "a layer has the heads 0 … 2, got -1"),
        ((0, 0, "self"), "kind is one of encoder, decoder, cross, got 'self'"),
    ],
)
def test_a_head_that_does_not_exist_is_refused(model, arguments, message):
    with pytest.raises(ValueError, match=message), ablated(model, *arguments):
        pass


def test_masks_that_do_not_fit_are_refused(model):
    with pytest.raises(ValueError, match=r"cross_mask must be \(n_layers, H\) = \(2, 3\), got \(3, 2\)"):
        with_head_mask(model, cross_mask=torch.ones(3, 2))
    with pytest.raises(
        TypeError, match=r"decoder_mask multiplies and must be floating point, got torch.bool"
    ):
        with_head_mask(model, decoder_mask=torch.ones(2, 3, dtype=torch.bool))


def test_a_masked_model_exports(model):
    class Masked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, src_ids, tgt_ids, encoder_mask, decoder_mask, cross_mask):
            parameters = with_head_mask(self.model, encoder_mask, decoder_mask, cross_mask)
            return functional_call(self.model, parameters, (src_ids, tgt_ids))

    length = torch.export.Dim("length")
    program = torch.export.export(
        Masked(), (SRC, TGT, *masks().values()), dynamic_shapes=({1: length}, None, None, None, None)
    )
    for kind, layer, head in CASES:
        with ablated(model, layer, head, kind):
            expected = model(SRC[:, :3], TGT)
        found = program.module()(SRC[:, :3], TGT, *masks(kind, layer, head).values())
        assert_close(found, expected)
