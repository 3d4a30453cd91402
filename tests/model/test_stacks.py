"""Encoder, decoder and embedding against torch's. Long: three modules that share their set-up."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close
from twins import (
    BATCH,
    DECODER_LAYER,
    ENCODER_LAYER,
    EXACT,
    assert_same_gradients,
    copy,
    numbers,
    says,
    scramble,
    sentences,
)

from transformer_lib import (
    AttentionWeights,
    Decoder,
    Encoder,
    KeyValueCache,
    LanguageModel,
    RotaryPositions,
    TransformerConfig,
    causal_mask,
    padding_mask,
    sinusoidal_positions,
)
from transformer_lib.model.stacks import Embedding

LAYERS, B, H, T, S, D, D_FF, V_SRC, V_TGT = 2, BATCH, 3, 5, 7, 4, 19, 23, 29
D_MODEL = H * D
NORM_ORDERS = pytest.mark.parametrize("norm_first", [True, False])


def config(**options):
    sizes = {"d_model": D_MODEL, "n_heads": H, "d_ff": D_FF, "n_layers": LAYERS, "dropout": 0.0}
    return TransformerConfig(V_SRC, V_TGT, **sizes | {"max_length": 13} | options)


def embedded(ids, table):
    return table[ids] * D_MODEL**0.5 + sinusoidal_positions(13, D_MODEL)[: ids.shape[1]].double()


def last_norm_of(norm_first):
    return nn.LayerNorm(D_MODEL) if norm_first else None


@NORM_ORDERS
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_encoder_equals_torchs(norm_first, activation, device):
    ours = scramble(Encoder(config(norm_first=norm_first, activation=activation))).to(device)
    layer = nn.TransformerEncoderLayer(
        D_MODEL, H, D_FF, 0.0, activation, batch_first=True, norm_first=norm_first
    )
    theirs = nn.TransformerEncoder(layer, LAYERS, last_norm_of(norm_first), enable_nested_tensor=False)
    theirs.register_module("embedding", nn.ModuleDict({"tokens": nn.Embedding(V_SRC, D_MODEL)}))
    theirs.to(device).double()
    copy(theirs, ours, ENCODER_LAYER)
    ids = sentences(S, V_SRC).to(device)
    mask = padding_mask(ids)
    table = theirs.embedding["tokens"].weight
    x = table[ids] * D_MODEL**0.5 + sinusoidal_positions(S, D_MODEL).to(device).double()
    expected, output = theirs(x, src_key_padding_mask=~mask[:, 0, 0]), ours(ids, mask)
    assert_close(output, expected, **EXACT)
    cotangent = numbers(B, S, D_MODEL).to(device)
    output.backward(cotangent)
    expected.backward(cotangent)
    assert_same_gradients(theirs, ours, ENCODER_LAYER)


@NORM_ORDERS
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_decoder_equals_torchs(norm_first, activation, device):
    ours = scramble(Decoder(config(norm_first=norm_first, activation=activation))).to(device)
    layer = nn.TransformerDecoderLayer(
        D_MODEL, H, D_FF, 0.0, activation, batch_first=True, norm_first=norm_first
    )
    theirs = nn.TransformerDecoder(layer, LAYERS, last_norm_of(norm_first))
    theirs.register_module("embedding", nn.ModuleDict({"tokens": nn.Embedding(V_TGT, D_MODEL)}))
    theirs.to(device).double()
    copy(theirs, ours, DECODER_LAYER)
    ids = sentences(T, V_TGT).to(device)
    mask = padding_mask(sentences(S, V_SRC)).to(device)
    memory = numbers(B, S, D_MODEL).to(device)
    mine, their_memory = memory.clone().requires_grad_(), memory.clone().requires_grad_()
    table = theirs.embedding["tokens"].weight
    x = table[ids] * D_MODEL**0.5 + sinusoidal_positions(T, D_MODEL).to(device).double()
    future = ~causal_mask(T, device=device)
    expected = theirs(x, their_memory, tgt_mask=future, memory_key_padding_mask=~mask[:, 0, 0])
    output, weights = ours(ids, mine, mask)
    assert weights == AttentionWeights(None, None, None)
    assert_close(output, expected, **EXACT)
    cotangent = numbers(B, T, D_MODEL, seed=2).to(device)
    output.backward(cotangent)
    expected.backward(cotangent)
    assert_close(mine.grad, their_memory.grad, **EXACT)
    assert_same_gradients(theirs, ours, DECODER_LAYER)


def test_weights_are_stacked_by_layer():
    encoder, decoder = scramble(Encoder(config())), scramble(Decoder(config()))
    src, tgt = sentences(S, V_SRC), sentences(T, V_TGT)
    mask = padding_mask(src)
    memory, read = encoder(src, mask, return_weights=True)
    assert_close(memory, encoder(src, mask), **EXACT)
    assert read.encoder.shape == (LAYERS, B, H, S, S)
    assert (read.decoder, read.cross) == (None, None)
    hidden, written = decoder(tgt, memory, mask, return_weights=True)
    assert_close(hidden, decoder(tgt, memory, mask)[0], **EXACT)
    assert written.encoder is None
    assert written.decoder.shape == (LAYERS, B, H, T, T)
    assert written.cross.shape == (LAYERS, B, H, T, S)
    x = encoder.embedding(src)
    for layer, expected in zip(encoder.layers, read.encoder, strict=True):
        x, weights = layer(x, mask, need_weights=True)
        assert_close(weights, expected, **EXACT)
    x = decoder.embedding(tgt)
    for layer, expected, crossed in zip(decoder.layers, written.decoder, written.cross, strict=True):
        x, weights, cross = layer(x, memory, mask, need_weights=True)
        assert_close(weights, expected, **EXACT)
        assert_close(cross, crossed, **EXACT)


# ---------------------------------------------------------------- embedding


def test_words_are_scaled_and_placed():
    module, ids = scramble(Embedding(V_SRC, config())), sentences(S, V_SRC)
    assert_close(module(ids), embedded(ids, module.tokens.weight), **EXACT)
    table = sinusoidal_positions(13, D_MODEL).double()
    expected = module.tokens.weight[ids] * D_MODEL**0.5 + table[3 : 3 + S]
    assert_close(module(ids, 3), expected, **EXACT)


@pytest.mark.parametrize("kind", ["learned", "rotary"])
def test_other_positions_are_chosen_by_the_config(kind):
    module, ids = scramble(Embedding(V_SRC, config(positions=kind))), sentences(S, V_SRC)
    words = module.tokens.weight[ids] * D_MODEL**0.5
    placed = words + module.positions.table[:S] if kind == "learned" else words
    assert_close(module(ids), placed, **EXACT)
    if kind == "learned":
        assert module.positions.table.shape == (13, D_MODEL)
    layers = Encoder(config(positions=kind)).layers
    assert all(isinstance(x.self_attention.rotate, RotaryPositions) == (kind == "rotary") for x in layers)
    if kind == "rotary":
        assert all(x.self_attention.rotate.cos.shape == (13, D // 2) for x in layers)


def test_embeddings_may_be_unscaled_normed_and_dropped():
    ids = sentences(S, V_SRC)
    plain = scramble(Embedding(V_SRC, config(scale_embeddings=False, positions="rotary")))
    assert_close(plain(ids), plain.tokens.weight[ids], **EXACT)
    normed = scramble(Embedding(V_SRC, config(norm_embeddings=True, norm_eps=0.3)))
    assert normed.norm.bias is not None
    expected = F.layer_norm(
        embedded(ids, normed.tokens.weight), (D_MODEL,), normed.norm.weight, normed.norm.bias, 0.3
    )
    assert_close(normed(ids), expected, **EXACT)
    assert Embedding(V_SRC, config(norm_embeddings=True, bias=False)).norm.bias is None
    dropped = scramble(Embedding(V_SRC, config(dropout=0.4)))
    torch.manual_seed(3)
    output = dropped(ids)
    torch.manual_seed(3)
    assert_close(output, F.dropout(embedded(ids, dropped.tokens.weight), 0.4), **EXACT)
    assert_close(dropped.eval()(ids), embedded(ids, dropped.tokens.weight), **EXACT)


def test_scaled_words_start_with_variance_one():
    torch.manual_seed(3)
    weight = Embedding(1009, config(d_model=96)).tokens.weight
    assert (weight * 96**0.5).std().item() == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("stack", [Encoder, Decoder, LanguageModel])
def test_the_config_reaches_every_layer(stack):
    choices = {"dropout": 0.3, "norm_eps": 0.2, "activation": "silu", "bias": False, "norm_first": False}
    made = stack(config(**choices))
    layers = list(made.layers)
    assert len(layers) == LAYERS
    assert isinstance(made.norm, nn.Identity)
    for layer in layers:
        assert type(layer.feed_forward_norm).__name__ == "PostNorm"
        assert layer.self_attention.dropout == layer.feed_forward.dropout.p == 0.3
        assert layer.feed_forward_norm.dropout.p == 0.3
        assert layer.feed_forward_norm.norm.eps == 0.2
        assert layer.feed_forward.activation is F.silu
        assert layer.feed_forward.w_1.out_features == D_FF
        assert layer.self_attention.n_heads == H
    assert not any("bias" in name for name, _ in made.named_parameters())
    pre = stack(config(norm_eps=0.2))
    assert pre.norm.eps == 0.2
    assert pre.norm.bias is not None
    assert stack(config(bias=False)).norm.bias is None


# ---------------------------------------------------------------- errors

ENTRANCES = pytest.mark.parametrize(
    ("enter", "vocab_size"),
    [
        (lambda ids: Encoder(config())(ids), V_SRC),
        (lambda ids: Decoder(config())(ids, torch.zeros(len(ids), S, D_MODEL)), V_TGT),
        (lambda ids: LanguageModel(config())(ids), V_TGT),
    ],
)


@ENTRANCES
def test_ids_are_a_batch_of_integers_of_the_vocabulary(enter, vocab_size):
    good = torch.tensor([[0, vocab_size - 1]])
    enter(good)
    enter(good.int())
    enter(good.repeat(1, 6)[:, :13])
    hint = "; a single sentence becomes a batch of one by ids[None]"
    with says(ValueError, f"ids must be (batch, length), got shape (2,){hint}"):
        enter(good[0])
    with says(ValueError, "ids must be (batch, length), got shape (1, 1, 2)"):
        enter(good[None])
    for wrong in (torch.float32, torch.bool, torch.int16):
        message = f"ids must be int64 or int32, got {wrong}; did you pass embeddings or a mask?"
        with says(TypeError, message):
            enter(good.to(wrong))
    for shape in ((0, 2), (1, 0)):
        with says(ValueError, f"ids must hold at least one sentence of one word, got shape {shape}"):
            enter(torch.zeros(shape, dtype=torch.long))
    for value in (-1, vocab_size):
        message = (
            f"ids must lie in 0 … {vocab_size - 1}, got {value}; did you mix up source and target vocabulary?"
        )
        with says(ValueError, message):
            enter(torch.tensor([[0, value, 5]]))


@ENTRANCES
def test_sequences_end_at_max_length(enter, vocab_size):
    enter(torch.ones(1, 13, dtype=torch.long))
    with says(
        ValueError,
        "a sequence of 14 words is longer than max_length 13; "
        "shorten it or build the model with a larger max_length",
    ):
        enter(torch.ones(1, 14, dtype=torch.long))


def test_cached_words_count_towards_max_length():
    model, cache = LanguageModel(config()), KeyValueCache()
    model(torch.ones(1, 11, dtype=torch.long), cache=cache)
    with pytest.raises(ValueError, match="a sequence of 14 words is longer than max_length 13"):
        model(torch.ones(1, 3, dtype=torch.long), cache=cache)
    assert model(torch.ones(1, 2, dtype=torch.long), cache=cache).shape == (1, 2, V_TGT)


def test_a_mask_has_four_dimensions():
    ids, memory = sentences(T, V_SRC), torch.zeros(B, S, D_MODEL)
    for enter, wrong in (
        (lambda mask: Encoder(config())(ids, mask), ids != 0),
        (lambda mask: Decoder(config())(ids, memory, mask), torch.ones(B, S).bool()),
        (lambda mask: LanguageModel(config())(ids, mask), causal_mask(T)),
    ):
        message = (
            "a model's mask must broadcast to (B, H, T, S) and have four dimensions, "
            f"got {tuple(wrong.shape)}; "
            "padding_mask(ids) builds one, and a mask (T, S) becomes one by mask[None, None]"
        )
        with says(ValueError, message):
            enter(wrong)
        with pytest.raises(TypeError, match="mask must be bool with True = may attend"):
            enter(wrong[None, None].float())


@pytest.mark.parametrize("shape", [(B, S), (B, S, D_MODEL + 1), (B - 1, S, D_MODEL), (1, B, S, D_MODEL)])
def test_a_memory_belongs_to_its_sentences(shape):
    message = (
        f"memory must be (batch, source length, d_model) = ({B}, S, {D_MODEL}), got {shape}; "
        "is it what encode() gave for these sentences?"
    )
    with says(ValueError, message):
        Decoder(config())(sentences(T, V_TGT), torch.zeros(shape))


def test_a_refused_memory_leaves_the_cache_as_it_was():
    decoder, cache = Decoder(config()), KeyValueCache()
    with pytest.raises(ValueError, match="memory must be"):
        decoder(sentences(T, V_TGT), torch.zeros(B, S, 1), cache=cache)
    assert cache.length == 0


def test_the_layers_of_a_stack_share_one_table_of_rotations():
    config = TransformerConfig(11, 13, d_model=12, n_heads=3, d_ff=5, n_layers=4, positions="rotary")
    for stack in (Encoder(config), Decoder(config), LanguageModel(config)):
        assert sum(isinstance(module, RotaryPositions) for module in stack.modules()) == 1
