"""Layers against torch's, in both norm orders. Long: forward, backward and dropout of each kind of layer."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close
from twins import DECODER_LAYER, ENCODER_LAYER, EXACT, assert_same_gradients, copy, numbers, says, scramble

from transformer_lib import (
    DecoderLayer,
    EncoderLayer,
    FeedForward,
    GatedFeedForward,
    KeyValueCache,
    PostNorm,
    PreNorm,
    RMSNorm,
    RotaryPositions,
    causal_mask,
)

B, H, T, S, D, D_FF = 2, 3, 5, 7, 4, 19
D_MODEL = H * D
NORM_ORDERS = pytest.mark.parametrize("norm_first", [True, False])


def padding():
    mask = torch.ones(B, 1, 1, S, dtype=torch.bool)
    mask[1, ..., 4:] = False
    return mask


def twins(kind, dropout=0.0, **options):
    """Our layer with random weights, and torch's with the same."""
    ours, theirs = {"encoder": (EncoderLayer, nn.TransformerEncoderLayer)}.get(
        kind, (DecoderLayer, nn.TransformerDecoderLayer)
    )
    ours = scramble(ours(D_MODEL, H, D_FF, dropout, **options))
    options["layer_norm_eps"] = options.pop("norm_eps", 1e-5)
    theirs = theirs(D_MODEL, H, D_FF, dropout, batch_first=True, **options).double()
    copy(theirs, ours, ENCODER_LAYER if kind == "encoder" else DECODER_LAYER)
    return ours, theirs


@NORM_ORDERS
@pytest.mark.parametrize(
    "options", [{"activation": "relu"}, {"activation": "gelu", "norm_eps": 0.3}, {"bias": False}]
)
def test_an_encoder_layer_equals_torchs(norm_first, options, device):
    ours, theirs = (m.to(device) for m in twins("encoder", norm_first=norm_first, **options))
    x = numbers(B, S, D_MODEL).to(device)
    y, z = x.clone().requires_grad_(), x.clone().requires_grad_()
    mask = padding().to(device)
    output, weights = ours(y, mask)
    expected = theirs(z, src_key_padding_mask=~mask[:, 0, 0])
    assert weights is None
    assert_close(output, expected, **EXACT)
    cotangent = numbers(B, S, D_MODEL, seed=2).to(device)
    output.backward(cotangent)
    expected.backward(cotangent)
    assert_close(y.grad, z.grad, **EXACT)
    assert_same_gradients(theirs, ours, ENCODER_LAYER)


@NORM_ORDERS
@pytest.mark.parametrize(
    "options", [{"activation": "relu"}, {"activation": "gelu", "norm_eps": 0.3}, {"bias": False}]
)
def test_a_decoder_layer_equals_torchs(norm_first, options, device):
    ours, theirs = (m.to(device) for m in twins("decoder", norm_first=norm_first, **options))
    x, memory = numbers(B, T, D_MODEL).to(device), numbers(B, S, D_MODEL, seed=3).to(device)
    mine, their_inputs = ([t.clone().requires_grad_() for t in (x, memory)] for _ in range(2))
    mask = padding().to(device)
    output, weights, cross_weights = ours(*mine, mask)
    future = ~causal_mask(T, device=device)
    expected = theirs(*their_inputs, tgt_mask=future, memory_key_padding_mask=~mask[:, 0, 0])
    assert weights is None
    assert cross_weights is None
    assert_close(output, expected, **EXACT)
    cotangent = numbers(B, T, D_MODEL, seed=2).to(device)
    output.backward(cotangent)
    expected.backward(cotangent)
    for a, b in zip(mine, their_inputs, strict=True):
        assert_close(a.grad, b.grad, **EXACT)
    assert_same_gradients(theirs, ours, DECODER_LAYER)


@NORM_ORDERS
def test_layers_drop_what_torchs_layers_drop(norm_first):
    """From one seed both draw the same: dropout sits in the same places with the same probability.

    One sentence only: with several, torch keeps some numbers in another order in memory, and draws in that.
    """
    x, memory = numbers(1, T, D_MODEL), numbers(1, S, D_MODEL, seed=3)
    ours, theirs = twins("encoder", dropout=0.3, norm_first=norm_first)
    torch.manual_seed(7)
    output, _ = ours(x)
    torch.manual_seed(7)
    assert_close(output, theirs(x), **EXACT)
    ours, theirs = twins("decoder", dropout=0.3, norm_first=norm_first)
    torch.manual_seed(7)
    output, *_ = ours(x, memory)
    torch.manual_seed(7)
    expected = theirs(x, memory, tgt_mask=nn.Transformer.generate_square_subsequent_mask(T).double())
    assert_close(output, expected, **EXACT)


@NORM_ORDERS
def test_a_causal_encoder_layer_does_not_see_the_future(norm_first):
    ours, theirs = twins("encoder", norm_first=norm_first)
    x = numbers(B, T, D_MODEL)
    assert_close(ours(x, causal=True)[0], theirs(x, src_mask=~causal_mask(T)), **EXACT)


@NORM_ORDERS
def test_weights_are_those_of_the_attention_inside(norm_first):
    x, memory = numbers(B, T, D_MODEL), numbers(B, S, D_MODEL, seed=3)
    layer, _ = twins("encoder", norm_first=norm_first)
    seen = layer.self_attention_norm.norm(x) if norm_first else x
    mask = torch.ones(B, 1, 1, T, dtype=torch.bool)
    mask[0, ..., 1] = False
    output, weights = layer(x, mask, causal=True, need_weights=True)
    assert_close(weights, layer.self_attention(seen, mask=mask, causal=True, need_weights=True)[1], **EXACT)
    assert_close(output, layer(x, mask, causal=True)[0], **EXACT)

    layer, _ = twins("decoder", norm_first=norm_first)
    output, weights, cross = layer(x, memory, padding(), need_weights=True)
    seen = layer.self_attention_norm.norm(x) if norm_first else x
    attended, expected = layer.self_attention(seen, causal=True, need_weights=True)
    assert_close(weights, expected, **EXACT)
    between = x + attended if norm_first else layer.self_attention_norm.norm(x + attended)
    seen = layer.cross_attention_norm.norm(between) if norm_first else between
    assert_close(cross, layer.cross_attention(seen, memory, mask=padding(), need_weights=True)[1], **EXACT)
    assert_close(output, layer(x, memory, padding())[0], **EXACT)


@pytest.mark.parametrize("steps", [[1] * T, [2, 3], [3, 1, 1]])
def test_layers_with_a_cache_go_on_where_they_stopped(steps):
    x, memory = numbers(B, T, D_MODEL), numbers(B, S, D_MODEL, seed=3)
    rotate = RotaryPositions(T, D).double()
    alone, cache = scramble(EncoderLayer(D_MODEL, H, D_FF, rotate=rotate)), KeyValueCache()
    parts = [alone(new, causal=True, cache=cache)[0] for new in x.split(steps, 1)]
    assert_close(torch.cat(parts, 1), alone(x, causal=True)[0], **EXACT)
    both, cache = scramble(DecoderLayer(D_MODEL, H, D_FF, rotate=rotate)), KeyValueCache()
    full = both(x, memory, padding())[0]
    parts = [both(new, memory, padding(), cache=cache)[0] for new in x.split(steps, 1)]
    assert_close(torch.cat(parts, 1), full, **EXACT)
    both(x[:, :1], memory, cache=(again := KeyValueCache()))
    unread = both(x[:, 1:], memory * torch.nan, cache=again)[0]
    assert_close(unread, both(x, memory)[0][:, 1:], **EXACT)


def test_positions_turn_self_attention_only():
    rotate = RotaryPositions(S, D).double()
    layer = DecoderLayer(D_MODEL, H, D_FF, rotate=rotate)
    assert layer.self_attention.rotate is rotate
    assert layer.cross_attention.rotate is not rotate
    assert EncoderLayer(D_MODEL, H, D_FF, rotate=rotate).self_attention.rotate is rotate
    x = numbers(B, T, D_MODEL)
    plain, turned = (scramble(EncoderLayer(D_MODEL, H, D_FF, rotate=r)) for r in (None, rotate))
    assert not torch.allclose(plain(x)[0], turned(x)[0])


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("relu", lambda x: x.clamp(min=0)),
        ("gelu", lambda x: x * 0.5 * (1 + torch.erf(x / 2**0.5))),
        ("gelu_tanh", lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))),
        ("silu", lambda x: x / (1 + torch.exp(-x))),
    ],
)
def test_the_feed_forward_network_is_two_maps_around_an_activation(name, formula):
    module, x = scramble(FeedForward(D_MODEL, D_FF, activation=name)), numbers(B, T, D_MODEL)
    inner = formula(x @ module.w_1.weight.T + module.w_1.bias)
    assert_close(module(x), inner @ module.w_2.weight.T + module.w_2.bias, **EXACT)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("name", "formula"), [("silu", F.silu), ("gelu", F.gelu), ("relu", F.relu)])
def test_a_gate_multiplies_another_map_of_the_same_vector(name, formula, bias):
    module = scramble(GatedFeedForward(D_MODEL, D_FF, activation=name, bias=bias))
    x, drift = numbers(B, T, D_MODEL), [m.bias if bias else 0.0 for m in (module.w_1, module.v, module.w_2)]
    gate, value = formula(x @ module.w_1.weight.T + drift[0]), x @ module.v.weight.T + drift[1]
    assert_close(module(x), (gate * value) @ module.w_2.weight.T + drift[2], **EXACT)


def test_a_gated_network_is_swiglu_and_drops_the_product_while_training():
    module, x = scramble(GatedFeedForward(D_MODEL, D_FF, 0.4)), numbers(B, T, D_MODEL)
    torch.manual_seed(3)
    output = module(x)
    torch.manual_seed(3)
    assert_close(output, module.w_2(F.dropout(F.silu(module.w_1(x)) * module.v(x), 0.4)), **EXACT)
    sizes = [sum(p.numel() for p in kind(6, d_ff, bias=False).parameters())
             for kind, d_ff in ((GatedFeedForward, 16), (FeedForward, 24))]  # fmt: skip
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
def test_a_layer_has_the_feed_forward_network_that_it_is_asked_for(kind):
    layer = kind(D_MODEL, H, D_FF, gated=True, activation="silu", norm="rms", bias=False)
    assert isinstance(layer.feed_forward, GatedFeedForward)
    assert not isinstance(kind(D_MODEL, H, D_FF).feed_forward, GatedFeedForward)
    assert not [name for name, _ in layer.named_parameters() if "bias" in name]


def test_the_feed_forward_network_has_relu_biases_and_no_dropout_unless_asked():
    module, x = FeedForward(D_MODEL, D_FF), numbers(B, T, D_MODEL).float()
    assert module.w_1.bias is not None
    assert module.w_2.bias is not None
    assert torch.equal(module(x), module.eval()(x))
    assert torch.equal(module(x), module.w_2(F.relu(module.w_1(x))))
    assert [n for n, _ in FeedForward(D_MODEL, D_FF, bias=False).named_parameters()] == [
        "w_1.weight",
        "w_2.weight",
    ]


def test_the_feed_forward_network_drops_after_the_activation_while_training():
    module, x = scramble(FeedForward(D_MODEL, D_FF, 0.4)), numbers(B, T, D_MODEL)
    torch.manual_seed(3)
    output = module(x)
    torch.manual_seed(3)
    assert_close(output, module.w_2(F.dropout(F.relu(module.w_1(x)), 0.4)), **EXACT)


def test_matrices_start_xavier_uniform_and_biases_at_zero():
    torch.manual_seed(3)
    module = FeedForward(60, 240)
    bound = (6 / 300) ** 0.5
    for linear in (module.w_1, module.w_2):
        assert 0.98 * bound < linear.weight.abs().max() <= bound
        assert torch.equal(linear.bias, torch.zeros_like(linear.bias))


def test_an_unknown_activation_is_named():
    with says(ValueError, "unknown activation 'tanh', expected one of relu, gelu, gelu_tanh, silu"):
        FeedForward(D_MODEL, D_FF, activation="tanh")


@pytest.mark.parametrize("kind", [PreNorm, PostNorm])
def test_residual_and_norm(kind):
    module = scramble(kind(D_MODEL, norm_eps=0.2))
    x, output = numbers(B, T, D_MODEL), numbers(B, T, D_MODEL, seed=2)

    def norm(y):
        centred = y - y.mean(-1, keepdim=True)
        variance = centred.square().mean(-1, keepdim=True)
        return centred / (variance + 0.2).sqrt() * module.norm.weight + module.norm.bias

    pre = kind is PreNorm
    assert_close(module.before(x), norm(x) if pre else x, **EXACT)
    assert_close(module.after(x, output), x + output if pre else norm(x + output), **EXACT)


@pytest.mark.parametrize("kind", [PreNorm, PostNorm])
def test_the_sublayers_output_is_dropped_and_the_residual_is_not(kind):
    module, x, output = kind(D_MODEL, 0.4).double(), numbers(B, T, D_MODEL), numbers(B, T, D_MODEL, seed=2)
    torch.manual_seed(3)
    got = module.after(x, output)
    torch.manual_seed(3)
    expected = x + F.dropout(output, 0.4)
    assert_close(got, expected if kind is PreNorm else module.norm(expected), **EXACT)


@pytest.mark.parametrize("kind", [PreNorm, PostNorm])
def test_norms_have_biases_a_small_epsilon_and_no_dropout_unless_asked(kind):
    module = kind(D_MODEL)
    assert (module.norm.eps, module.norm.bias is None, module.dropout.p) == (1e-5, False, 0.0)
    assert kind(D_MODEL, bias=False).norm.bias is None


@pytest.mark.parametrize(("kind", "matrices", "norms"), [(EncoderLayer, 12, 2), (DecoderLayer, 16, 3)])
def test_a_layer_has_12_or_16_square_matrices(kind, matrices, norms):
    d, attentions = 12, norms - 1
    vectors = attentions * 4 * d + (4 * d + d) + norms * 2 * d
    with_bias, without = kind(d, 3, 4 * d), kind(d, 3, 4 * d, bias=False)
    assert sum(p.numel() for p in with_bias.parameters()) == matrices * d * d + vectors
    assert sum(p.numel() for p in without.parameters()) == matrices * d * d + norms * d


@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
def test_a_layer_is_pre_norm_with_relu_and_without_dropout_unless_asked(kind):
    layer = kind(D_MODEL, H, D_FF)
    norms = [m for m in layer.modules() if isinstance(m, PreNorm)]
    assert all(type(m) is PreNorm and m.norm.eps == 1e-5 for m in norms)
    assert all(m.p == 0.0 for m in layer.modules() if isinstance(m, nn.Dropout))
    assert layer.self_attention.dropout == 0.0
    assert layer.feed_forward.activation is F.relu
    assert all(
        type(m) is PostNorm
        for m in kind(D_MODEL, H, D_FF, norm_first=False).modules()
        if isinstance(m, PreNorm)
    )


@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
def test_every_norm_of_a_layer_is_of_the_kind_that_is_asked_for(kind):
    norms = [m.norm for m in kind(D_MODEL, H, D_FF, norm="rms").modules() if isinstance(m, PreNorm)]
    assert [type(norm) for norm in norms] == [RMSNorm] * (2 if kind is EncoderLayer else 3)


@pytest.mark.parametrize("kind", [PreNorm, PostNorm])
def test_what_a_residual_connection_cannot_add_is_named(kind):
    module, x = kind(6), torch.zeros(2, 3, 6)
    assert module.before(x[0, 0]).shape == (6,)
    for wrong, shape in ((torch.zeros(2, 5), "(2, 5)"), (torch.tensor(1.0), "()")):
        with says(ValueError, f"x must be (..., d_model = 6), got {shape}"):
            module.before(wrong)
    with says(TypeError, "x must be floating point, got torch.int64; did you pass token ids?"):
        module.before(torch.zeros(2, 6, dtype=torch.int64))
    with says(ValueError, "output must be (..., d_model = 6), got (2, 3, 5)"):
        module.after(x, torch.zeros(2, 3, 5))
    with says(TypeError, "output must be a tensor, got a list; torch.as_tensor(…) makes one"):
        module.after(x, [1.0])
    kept = "a sublayer keeps the shape of what it reads, got x (2, 3, 6) and output (1, 3, 6)"
    with says(ValueError, kept):
        module.after(x, torch.zeros(1, 3, 6))


@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
def test_what_a_layer_cannot_read_is_named(kind):
    with says(TypeError, "norm_first must be True or False, got 1"):
        kind(6, 2, 8, norm_first=1)
    layer, memory = kind(6, 2, 8), (torch.zeros(2, 3, 6),) * (kind is DecoderLayer)
    wanted, hint = (
        "must be (batch, length, d_model = 6), got",
        "; a single sentence becomes a batch of one by x[None]",
    )
    with says(ValueError, f"x {wanted} (3, 6){hint}"):
        layer(torch.zeros(3, 6), *memory)
    with says(ValueError, f"x {wanted} (1, 2, 3, 6)"):
        layer(torch.zeros(1, 2, 3, 6), *memory)
    if memory:
        with says(ValueError, f"memory {wanted} (3, 6){hint}"):
            layer(memory[0], torch.zeros(3, 6))
