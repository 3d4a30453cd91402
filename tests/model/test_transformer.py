"""The whole models against torch's. Long: parity, masks, cache, parameters, dtypes and export of two models."""

import copy as copying
import dataclasses
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from thorough import enough
from torch import nn
from torch.testing import assert_close
from twins import BATCH, EXACT, assert_same_gradients, copy, numbers, says, scramble, sentences

from transformer_lib import (
    AttentionWeights,
    KeyValueCache,
    LanguageModel,
    Transformer,
    TransformerConfig,
    causal_mask,
    padding_mask,
    sinusoidal_positions,
)

LAYERS, B, H, T, S, D, D_FF, V_SRC, V_TGT = 2, BATCH, 3, 5, 7, 4, 19, 23, 29
D_MODEL = H * D
NORM_ORDERS = pytest.mark.parametrize("norm_first", [True, False])
POSITIONS = pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary"])


def config(**options):
    sizes = {"d_model": D_MODEL, "n_heads": H, "d_ff": D_FF, "n_layers": LAYERS, "dropout": 0.0}
    return TransformerConfig(V_SRC, V_TGT, **sizes | {"max_length": 31} | options)


def transformer(**options):
    return scramble(Transformer(config(**options)))


def language_model(**options):
    return scramble(LanguageModel(config(**options)))


SRC, TGT = sentences(S, V_SRC), sentences(T, V_TGT, seed=1)


class TorchTransformer(nn.Module):
    """`nn.Transformer` with embeddings, positions and output around it, as a reader would write it."""

    def __init__(self, config):
        super().__init__()
        kept = nn.ModuleDict(
            {
                "encoder": nn.ModuleDict({"tokens": nn.Embedding(V_SRC, D_MODEL)}),
                "decoder": nn.ModuleDict({"tokens": nn.Embedding(V_TGT, D_MODEL)}),
            }
        )
        widths = (D_MODEL, H, D_FF, 0.0, config.activation)
        order = {"batch_first": True, "norm_first": config.norm_first}
        encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(*widths, **order),
            LAYERS,
            nn.LayerNorm(D_MODEL),
            enable_nested_tensor=False,
        )
        inner = nn.Transformer(D_MODEL, H, LAYERS, LAYERS, *widths[2:], custom_encoder=encoder, **order)
        self.encoder, self.decoder = inner.encoder, inner.decoder
        if not config.norm_first:  # torch norms once more after the last norm
            self.encoder.norm = self.decoder.norm = None
        self.encoder.embedding, self.decoder.embedding = kept["encoder"], kept["decoder"]
        self.output = nn.Linear(D_MODEL, V_TGT, bias=False)

    def embed(self, stack, ids):
        positions = sinusoidal_positions(ids.shape[1], D_MODEL).to(ids.device).double()
        return stack.embedding["tokens"](ids) * D_MODEL**0.5 + positions

    def forward(self, src_ids, tgt_ids):
        padding = src_ids == 0
        future = ~causal_mask(tgt_ids.shape[1], device=tgt_ids.device)
        memory = self.encoder(self.embed(self.encoder, src_ids), src_key_padding_mask=padding)
        x = self.embed(self.decoder, tgt_ids)
        x = self.decoder(x, memory, tgt_mask=future, memory_key_padding_mask=padding)
        return self.output(x)


@NORM_ORDERS
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("tied", [True, False])
def test_the_model_equals_torchs_forward_and_backward(norm_first, activation, tied, device):
    tie_embeddings = "output" if tied else "none"
    ours = transformer(norm_first=norm_first, activation=activation, tie_embeddings=tie_embeddings).to(device)
    theirs = TorchTransformer(ours.config).to(device).double()
    if tied:
        theirs.output.weight = theirs.decoder.embedding["tokens"].weight
    copy(theirs, ours)
    src, tgt = SRC.to(device), TGT.to(device)
    output, expected = ours(src, tgt), theirs(src, tgt)
    assert_close(output, expected, **EXACT)
    cotangent = numbers(B, T, V_TGT).to(device)
    output.backward(cotangent)
    expected.backward(cotangent)
    assert_same_gradients(theirs, ours)


def test_forward_encodes_and_decodes_under_the_sources_mask():
    model = transformer()
    mask = padding_mask(SRC)
    memory = model.encode(SRC, mask)
    logits = model(SRC, TGT)
    assert_close(model.decode(TGT, memory, mask), logits, **EXACT)
    assert not torch.allclose(model.decode(TGT, memory, None), logits)
    assert not torch.allclose(model.encode(SRC, None), memory)


def test_the_pad_id_of_the_config_is_hidden():
    model = transformer(pad_id=5)
    src = sentences(S, V_SRC, pad_id=5)
    shorter = src[:, : S - 2].clone()
    shorter[0] = src[0, : S - 2]
    kept = src.clone()
    kept[:, S - 2 :] = 5
    assert_close(model(kept, TGT), model(shorter, TGT), **EXACT)


@NORM_ORDERS
def test_weights_come_on_request_and_change_nothing(norm_first):
    model, mask = transformer(norm_first=norm_first), padding_mask(SRC)
    logits, weights = model(SRC, TGT, return_weights=True)
    assert_close(logits, model(SRC, TGT), **EXACT)
    assert isinstance(weights, AttentionWeights)
    shapes = [(LAYERS, B, H, S, S), (LAYERS, B, H, T, T), (LAYERS, B, H, T, S)]
    assert [tuple(w.shape) for w in weights] == shapes
    memory, read = model.encode(SRC, mask, return_weights=True)
    assert_close(memory, model.encode(SRC, mask), **EXACT)
    logits, written = model.decode(TGT, memory, mask, return_weights=True)
    assert_close(logits, model.decode(TGT, memory, mask), **EXACT)
    assert (read.decoder, read.cross, written.encoder) == (None, None, None)
    assert_close(weights, AttentionWeights(read.encoder, written.decoder, written.cross), **EXACT)
    for w in weights:
        assert_close(w.sum(-1), torch.ones_like(w.sum(-1)), **EXACT)
    assert (weights.cross.masked_select(~mask.expand_as(weights.cross)) == 0).all()
    assert (weights.encoder.masked_select(~mask.expand_as(weights.encoder)) == 0).all()
    assert (weights.decoder.masked_select(~causal_mask(T).expand_as(weights.decoder)) == 0).all()


# ---------------------------------------------------------------- promises


@given(t=st.integers(0, T - 2), word=st.integers(0, V_TGT - 1))
@pytest.mark.parametrize("make", [transformer, language_model])
def test_a_future_word_cannot_change_an_earlier_logit(make, t, word):
    model = make(positions="rotary")
    changed = TGT.clone()
    changed[:, t + 1 :] = word
    inputs = ((SRC,) if make is transformer else (), TGT, changed)
    before, after = (model(*inputs[0], ids) for ids in inputs[1:])
    assert_close(after[:, : t + 1], before[:, : t + 1], **EXACT)
    assert not torch.allclose(after[:, t + 1 :], before[:, t + 1 :])


@POSITIONS
@given(more=st.integers(1, 7))
def test_padding_cannot_change_an_unpadded_output(positions, more):
    model = transformer(positions=positions)
    src, tgt = (nn.functional.pad(ids, (0, more)) for ids in (SRC, TGT))
    assert_close(model(src, tgt)[:, :T], model(SRC, TGT), **EXACT)
    memory, longer = model.encode(SRC, padding_mask(SRC)), model.encode(src, padding_mask(src))
    real = SRC != 0
    assert_close(longer[:, :S][real], memory[real], **EXACT)
    row = 1 + (SRC[1:] == 0).any(1).nonzero()[0].item()
    words = SRC[row][SRC[row] != 0]
    alone = model(words[None], TGT[row : row + 1])
    assert_close(alone[0], model(SRC, TGT)[row], **EXACT)


@given(st.permutations(range(B)))
def test_the_order_of_sentences_in_a_batch_does_not_matter(order):
    model = transformer()
    assert_close(model(SRC[order], TGT[order]), model(SRC, TGT)[order], **EXACT)


def test_word_order_matters_to_the_encoder():
    for positions in ("sinusoidal", "learned", "rotary"):
        model = transformer(positions=positions)
        memory = model.encode(SRC[:1], None)
        assert not torch.allclose(model.encode(SRC[:1].flip(1), None).flip(1), memory)


@NORM_ORDERS
def test_a_source_of_padding_alone_gives_finite_numbers_and_gradients(norm_first):
    model = transformer(norm_first=norm_first)
    src = SRC.clone()
    src[3] = 0
    logits, weights = model(src, TGT, return_weights=True)
    assert_close(model(src, TGT), logits, **EXACT)
    assert logits.isfinite().all()
    assert (weights.cross[:, 3] == 0).all()
    model(src, TGT).square().sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


# ---------------------------------------------------------------- decoding with a cache


@POSITIONS
@NORM_ORDERS
@pytest.mark.parametrize("steps", [[1] * T, [2, 3], [1, 3, 1]])
def test_cached_decoding_equals_decoding_at_once(positions, norm_first, steps):
    model, mask = transformer(positions=positions, norm_first=norm_first), padding_mask(SRC)
    memory, cache, other, done = model.encode(SRC, mask), KeyValueCache(), KeyValueCache(), 0
    expected, whole = model.decode(TGT, memory, mask, return_weights=True)
    for ids in TGT.split(steps, 1):
        assert cache.length == done
        t = slice(done, done + ids.shape[1])
        logits, weights = model.decode(ids, memory, mask, cache=other, return_weights=True)
        assert_close(logits, expected[:, t], **EXACT)
        assert weights.encoder is None
        assert_close(weights.decoder, whole.decoder[..., t, : t.stop], **EXACT)
        assert_close(weights.cross, whole.cross[..., t, :], **EXACT)
        assert_close(model.decode(ids, memory, mask, cache=cache), expected[:, t], **EXACT)
        done = t.stop
    assert cache.length == T


@POSITIONS
@pytest.mark.parametrize("steps", [[1] * T, [2, 3]])
def test_a_language_model_decodes_with_a_cache(positions, steps):
    model, cache = language_model(positions=positions), KeyValueCache()
    expected, whole = model(TGT, return_weights=True)
    parts = [model(ids, cache=cache) for ids in TGT.split(steps, 1)]
    assert_close(torch.cat(parts, 1), expected, **EXACT)
    assert cache.length == T
    cache = KeyValueCache()
    model(TGT[:, :2], cache=cache)
    logits, weights = model(TGT[:, 2:], cache=cache, return_weights=True)
    assert_close(logits, expected[:, 2:], **EXACT)
    assert_close(weights.decoder, whole.decoder[..., 2:, :], **EXACT)


@pytest.mark.parametrize("rows", [[*range(B)][::-1], [0, 0, 3, 3, 3], [7], [*range(B)] * 2])
def test_a_beam_may_move_grow_and_shrink(rows):
    model, mask = transformer(positions="rotary"), padding_mask(SRC)
    memory, cache, rows = model.encode(SRC, mask), KeyValueCache(), torch.tensor(rows)
    model.decode(TGT[:, :2], memory, mask, cache=cache)
    cache.reorder(rows)
    new = sentences(3, V_TGT, seed=5, rows=len(rows))
    whole = torch.cat((TGT[rows, :2], new), 1)
    expected = model.decode(whole, memory[rows], mask[rows])[:, 2:]
    steps = [model.decode(ids, memory[rows], mask[rows], cache=cache) for ids in new.split(1, 1)]
    assert_close(torch.cat(steps, 1), expected, **EXACT)
    unread = model.decode(new[:, :1], memory * torch.nan, mask[rows], cache=cache)
    assert unread.isfinite().all()


# ---------------------------------------------------------------- language model


@NORM_ORDERS
def test_a_language_model_is_a_causal_stack_of_encoder_layers(norm_first):
    model = language_model(norm_first=norm_first)
    logits, weights = model(TGT, return_weights=True)
    x, seen = model.embedding(TGT), []
    for layer in model.layers:
        x, w = layer(x, causal=True, need_weights=True)
        seen.append(w)
    assert_close(logits, model.norm(x) @ model.embedding.tokens.weight.T, **EXACT)
    assert_close(logits, model(TGT), **EXACT)
    assert_close(weights.decoder, torch.stack(seen), **EXACT)
    assert (weights.encoder, weights.cross) == (None, None)


def test_a_language_models_mask_comes_on_top_of_causality():
    model = language_model()
    mask = torch.ones(B, 1, 1, T, dtype=torch.bool)
    mask[2, ..., 1] = False
    logits, weights = model(TGT, mask, return_weights=True)
    assert_close(model(TGT, mask), logits, **EXACT)
    assert torch.equal(weights.decoder > 0, (mask & causal_mask(T)).expand_as(weights.decoder))
    changed = TGT.clone()
    changed[2, 1] = 3 + (TGT[2, 1] == 3)
    assert_close(model(changed, mask)[2, 2:], logits[2, 2:], **EXACT)
    cache = KeyValueCache()
    parts = [model(TGT[:, t : t + 1], mask[..., : t + 1], cache=cache) for t in range(T)]
    assert_close(torch.cat(parts, 1), logits, **EXACT)


# ---------------------------------------------------------------- parameters


def test_tying_shares_matrices():
    free = transformer(tie_embeddings="none")
    assert len({id(p) for p in free.parameters()}) == len(list(free.parameters(recurse=True)))
    matrices = [free.encoder.embedding.tokens, free.decoder.embedding.tokens, free.output]
    assert len({m.weight.data_ptr() for m in matrices}) == 3
    target = transformer()
    assert target.output.weight is target.decoder.embedding.tokens.weight
    assert target.encoder.embedding.tokens.weight is not target.output.weight
    joint = dataclasses.replace(config(), src_vocab_size=V_TGT, tie_embeddings="all")
    every = Transformer(joint)
    assert every.encoder.embedding.tokens.weight is every.decoder.embedding.tokens.weight
    assert every.output.weight is every.decoder.embedding.tokens.weight
    alone = LanguageModel(joint)
    assert alone.output.weight is alone.embedding.tokens.weight
    free = language_model(tie_embeddings="none")
    assert free.output.weight is not free.embedding.tokens.weight


@pytest.mark.parametrize("tie_embeddings", ["none", "output"])
def test_the_number_of_parameters_is_that_of_the_paper(tie_embeddings):
    """Encoder layers have 12 d² weights, decoder layers 16 d², besides biases, norms and embeddings."""
    d = D_MODEL
    model = transformer(d_ff=4 * d, tie_embeddings=tie_embeddings)
    encoder = 12 * d * d + (4 * d + 5 * d) + 2 * 2 * d
    decoder = 16 * d * d + (8 * d + 5 * d) + 3 * 2 * d
    words = (V_SRC + V_TGT * (1 if tie_embeddings == "output" else 2)) * d
    assert sum(p.numel() for p in model.parameters()) == LAYERS * (encoder + decoder) + 2 * 2 * d + words


def test_an_output_bias_is_added_and_starts_at_zero():
    model = Transformer(config(output_bias=True)).double()
    assert torch.equal(model.output.bias, torch.zeros(V_TGT).double())
    before = model(SRC, TGT)
    with torch.no_grad():
        model.output.bias += numbers(V_TGT)
    assert_close(model(SRC, TGT), before + numbers(V_TGT), **EXACT)
    assert transformer().output.bias is None
    assert LanguageModel(config(output_bias=True)).output.bias.shape == (V_TGT,)


def test_an_untied_output_starts_xavier_uniform():
    torch.manual_seed(3)
    weight = Transformer(config(tie_embeddings="none", d_model=60, n_heads=5)).output.weight
    bound = (6 / (60 + V_TGT)) ** 0.5
    assert 0.98 * bound < weight.abs().max() <= bound


@pytest.mark.parametrize("make", [Transformer, LanguageModel])
def test_a_model_keeps_its_config(make):
    made_from = config()
    assert make(made_from).config is made_from


@pytest.mark.parametrize("make", [Transformer, LanguageModel])
def test_torchs_seed_decides_the_first_weights(make):
    torch.manual_seed(3)
    first = make(config(positions="learned"))
    torch.manual_seed(3)
    second = make(config(positions="learned"))
    third = make(config(positions="learned"))
    for p, q in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(p, q)
    assert not all(torch.equal(p, q) for p, q in zip(first.parameters(), third.parameters(), strict=True))


def test_a_model_can_be_copied_pickled_and_loaded():
    model = transformer(positions="rotary", activation="gelu_tanh")
    expected = model(SRC, TGT)
    assert_close(copying.deepcopy(model)(SRC, TGT), expected, **EXACT)
    assert_close(pickle.loads(pickle.dumps(model))(SRC, TGT), expected, **EXACT)
    fresh = Transformer(model.config).double()
    fresh.load_state_dict(model.state_dict())
    assert_close(fresh(SRC, TGT), expected, **EXACT)


def test_a_head_is_switched_off_from_outside():
    """Scaling W_O's columns by a head mask, as the page does, without a word of it in the modules."""
    model = transformer()
    name = "decoder.layers.1.cross_attention.out_proj"
    kept = torch.tensor([1.0, 0.0, 1.0]).double().repeat_interleave(D)
    scaled = {f"{name}.weight": model.get_parameter(f"{name}.weight") * kept}
    output = torch.func.functional_call(model, scaled, (SRC, TGT))
    changed = copying.deepcopy(model)
    with torch.no_grad():
        changed.get_parameter(f"{name}.weight")[:, D : 2 * D] = 0
    assert_close(output, changed(SRC, TGT), **EXACT)
    assert not torch.allclose(output, model(SRC, TGT))


# ---------------------------------------------------------------- dtypes, export


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.2)])
@POSITIONS
def test_other_dtypes_come_near(dtype, tolerance, positions, device):
    torch.manual_seed(3)
    model = Transformer(config(positions=positions)).to(device)
    src, tgt = SRC.to(device), TGT.to(device)
    expected = copying.deepcopy(model).double()(src, tgt)
    logits, weights = model.to(dtype)(src, tgt, return_weights=True)
    assert logits.dtype == model(src, tgt).dtype == weights.cross.dtype == dtype
    for output in (logits, model(src, tgt)):
        assert_close(output.double(), expected, rtol=0, atol=tolerance)


def test_ids_may_be_32_bit_integers():
    model = transformer()
    assert_close(model(SRC.int(), TGT.int()), model(SRC, TGT), **EXACT)


class Part(nn.Module):
    """One of a model's methods as a module, for the exporter takes nothing else."""

    def __init__(self, model, method, **options):
        super().__init__()
        self.model, self.method, self.options = model, method, options

    def forward(self, *inputs):
        return getattr(self.model, self.method)(*inputs, **self.options)


BATCH, LONG, SHORT = (torch.export.Dim(name) for name in ("b", "s", "t"))
SRC_DIMS, TGT_DIMS, MASK_DIMS = {0: BATCH, 1: LONG}, {0: BATCH, 1: SHORT}, {0: BATCH, 3: LONG}


def assert_exports(part, dims, example, other):
    program = torch.export.export(part, example, dynamic_shapes=(dims,)).module()
    for inputs in (example, other):
        assert_close(program(*inputs), part(*inputs), **EXACT)


@pytest.mark.parametrize(
    ("positions", "norm_first"), enough([("rotary", True), ("learned", False), ("sinusoidal", True)], 3)
)
def test_the_model_with_its_weights_exports_with_dynamic_batch_and_lengths(positions, norm_first):
    model = transformer(positions=positions, norm_first=norm_first, n_layers=1)
    part = Part(model, "forward", return_weights=True)
    other = (sentences(2, V_SRC, rows=3), sentences(13, V_TGT, rows=3))
    assert_exports(part, (SRC_DIMS, TGT_DIMS), (SRC, TGT), other)


def test_encoding_decoding_and_a_language_model_export_with_dynamic_batch_and_lengths():
    model, alone = transformer(n_layers=1), language_model(n_layers=1)
    src, tgt = sentences(2, V_SRC, rows=3), sentences(13, V_TGT, rows=3)
    mask, other = padding_mask(SRC), padding_mask(src)
    memory, other_memory = model.encode(SRC, mask), model.encode(src, other)
    assert_exports(Part(model, "encode"), (SRC_DIMS, MASK_DIMS), (SRC, mask), (src, other))
    assert_exports(
        Part(model, "decode"),
        (TGT_DIMS, SRC_DIMS, MASK_DIMS),
        (TGT, memory, mask),
        (tgt, other_memory, other),
    )
    assert_exports(Part(alone, "forward"), (TGT_DIMS,), (TGT,), (tgt,))


def test_both_vocabularies_are_checked():
    model = transformer()
    with says(ValueError, "ids must lie in 0 … 22, got 23; did you mix up source and target vocabulary?"):
        model(torch.tensor([[23]]), torch.tensor([[23]]))
    with says(ValueError, "ids must lie in 0 … 28, got 29; did you mix up source and target vocabulary?"):
        model(torch.tensor([[22]]), torch.tensor([[29]]))
