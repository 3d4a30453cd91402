"""Extreme numbers, second derivatives, calls that fail halfway. Long: every public function at its limits."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, hessian, jvp, vmap
from torch.profiler import ProfilerActivity, profile
from torch.testing import assert_close

from transformer_lib import (
    DecoderLayer,
    KeyValueCache,
    LanguageModel,
    MultiHeadAttention,
    RecurrentClassifier,
    RecurrentConfig,
    RecurrentLanguageModel,
    RecurrentTranslator,
    RotaryPositions,
    Transformer,
    TransformerConfig,
    Vocabulary,
    alignment_error_rate,
    attention,
    beam_search,
    figures,
    gradient_through_time,
    greedy_decode,
    label_smoothing_loss,
    next_token_distribution,
    padding_mask,
    sample,
    shift,
)
from transformer_lib.decoding.distribution import choose
from transformer_lib.recurrence import additive_attention
from transformer_lib.storage.model_file import read_model, write_model
from transformer_lib.training import Recipe, read_tensors, train, training_step, validate, write_tensors

SIZES = {"d_model": 6, "n_heads": 2, "d_ff": 5, "n_layers": 2, "dropout": 0.0, "max_length": 17}
CONFIG = TransformerConfig(11, 13, **SIZES)
PATHS = pytest.mark.parametrize("need_weights", [True, False])
SRC, TGT = torch.tensor([[3, 4, 5], [4, 3, 0]]), torch.tensor([[1, 4, 5, 2], [1, 3, 2, 0]])


def language_model(seed=0):
    torch.manual_seed(seed)
    return LanguageModel(CONFIG).eval()


class TestHalfPrecision:
    @pytest.mark.parametrize(("entry", "width"), [(32.0, 64), (100.0, 64), (180.0, 7)])
    def test_no_number_on_the_way_to_the_weights_leaves_the_range(self, entry, width):
        q = torch.full((1, 2, width), entry, dtype=torch.float16)
        q[:, 1] /= 2
        v = torch.tensor([[[1.0, 2.0], [3.0, 5.0]]], dtype=torch.float16)
        with_weights, weights = attention(q, q, v)
        without, _ = attention(q, q, v, need_weights=False)
        assert weights.dtype == with_weights.dtype == torch.float16
        assert_close(with_weights, without)
        assert_close(
            with_weights.double(), attention(q.double(), q.double(), v.double())[0], rtol=1e-3, atol=0
        )

    def test_scores_are_as_exact_as_the_kernel_s(self):
        torch.manual_seed(0)
        q, k, v = torch.randn(3, 2, 5, 64).bfloat16() * 4
        exact = attention(q.double(), k.double(), v.double())[0]
        errors = [
            (attention(q, k, v, need_weights=need)[0].double() - exact).abs().max() for need in (True, False)
        ]
        assert errors[0] <= 2 * errors[1] + 1e-2

    def test_rotary_positions_keep_the_dtype_of_what_they_turn(self):
        x = torch.randn(2, 3, 4)
        assert RotaryPositions(5, 4)(x.bfloat16()).dtype == torch.bfloat16
        config = TransformerConfig(11, 13, positions="rotary", **(SIZES | {"d_model": 8}))
        model = Transformer(config)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(SRC, TGT)
        assert logits.isfinite().all()


class TestDerivatives:
    def test_gradients_for_each_example_are_those_of_one_after_the_other(self):
        model = language_model()
        parameters = {name: p.detach() for name, p in model.named_parameters()}

        def loss(parameters, row):
            inputs, targets = shift(row[None])
            return label_smoothing_loss(functional_call(model, parameters, (inputs,)), targets)

        together = vmap(grad(loss), (None, 0))(parameters, TGT)
        for row, ids in enumerate(TGT):
            inputs, targets = shift(ids[None])
            expected = torch.autograd.grad(
                label_smoothing_loss(model(inputs), targets), list(model.parameters())
            )
            for name, gradient in zip(parameters, expected, strict=True):
                assert_close(together[name][row], gradient, rtol=1e-4, atol=1e-6)

    def test_an_encoder_decoder_has_them_too_with_padding_in_its_sources(self):
        torch.manual_seed(0)
        model = Transformer(CONFIG).eval()
        parameters = {name: p.detach() for name, p in model.named_parameters()}

        def loss(parameters, source, row):
            inputs, targets = shift(row[None])
            logits = functional_call(model, parameters, (source[None], inputs))
            return label_smoothing_loss(logits, targets)

        together = vmap(grad(loss), (None, 0, 0))(parameters, SRC, TGT)
        alone = grad(loss)(parameters, SRC[1], TGT[1])
        for name, gradient in alone.items():
            assert_close(together[name][1], gradient, rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize("causal", [False, True])
    def test_directions_and_curvature_are_those_of_the_plain_computation(self, causal):
        torch.manual_seed(0)
        heads, x = MultiHeadAttention(6, 2).double(), torch.randn(1, 3, 6, dtype=torch.float64)

        def of(x, need_weights):
            return heads(x, causal=causal, need_weights=need_weights)[0].square().sum()

        for need_weights in (False, True):
            _, slope = jvp(lambda x, need=need_weights: of(x, need), (x,), (torch.ones_like(x),))
            step = 1e-6
            around = [of(x + sign * step, True) for sign in (1, -1)]
            assert_close(slope, (around[0] - around[1]) / (2 * step), rtol=1e-5, atol=1e-7)
        curves = [hessian(lambda x, need=need: of(x, need))(x) for need in (False, True)]
        assert_close(*curves, rtol=1e-9, atol=1e-12)

    def test_the_way_out_that_the_docstring_names_gives_a_second_backward_pass(self):
        torch.manual_seed(0)
        heads, x = MultiHeadAttention(6, 2).double(), torch.randn(1, 3, 6, dtype=torch.float64)
        found = []
        for need_weights in (True, False):
            given = x.clone().requires_grad_()
            with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
                loss = heads(given, need_weights=need_weights)[0].square().sum()
                [gradient] = torch.autograd.grad(loss, given, create_graph=True)
            gradient.square().sum().backward()
            found.append(given.grad)
        assert_close(*found)
        assert "SDPBackend.MATH" in attention.__doc__


def largest_piece(call):
    """The largest single allocation of a call, in MB."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        call()
    return max(event.self_cpu_memory_usage for event in seen.events()) / 2**20


@pytest.mark.parametrize("leading", [(), (1,), (1, 1)], ids=["2-D", "3-D", "4-D"])
def test_without_weights_none_are_stored_in_any_number_of_dimensions(leading):
    """2048² weights take 16 MB."""
    q, mask = torch.ones(*leading, 2048, 16), torch.arange(2048) > 2
    for given, causal in ((None, False), (None, True), (mask, False)):
        assert (
            largest_piece(lambda m=given, c=causal: attention(q, q, q, m, causal=c, need_weights=False)) < 2
        )
    assert largest_piece(lambda: attention(q, q, q)) >= 16


class TestMasks:
    @PATHS
    def test_a_mask_that_could_mean_sentences_or_heads_is_refused(self, need_weights):
        q, mask = torch.randn(3, 3, 5, 7), torch.rand(3, 5, 5) > 0.3
        mask[..., 0] = True
        with pytest.raises(ValueError, match=r"mask\[:, None\] for sentences, mask\[None\] for heads"):
            attention(q, q, q, mask, need_weights=need_weights)
        sentences, heads = (
            attention(q, q, q, m, need_weights=need_weights)[0] for m in (mask[:, None], mask[None])
        )
        assert not torch.allclose(sentences, heads)

    @PATHS
    def test_a_mask_may_lack_the_first_of_many_dimensions(self, need_weights):
        torch.manual_seed(0)
        q, k, v = torch.randn(3, 2, 3, 5, 7, 11)
        mask = torch.rand(3, 5, 1, 7) > 0.4
        mask[..., 0] = True
        output, _ = attention(q, k, v, mask, need_weights=need_weights)
        for first in range(2):
            alone, _ = attention(q[first], k[first], v[first], mask)
            assert_close(output[first], alone)

    def test_additive_attention_to_nothing_is_zero_as_attention_is(self):
        query, keys, v = (torch.randn(*shape, requires_grad=True) for shape in ((2, 5), (2, 7, 5), (5,)))
        mask = torch.ones(2, 7, dtype=torch.bool)
        mask[1] = False
        context, weights = additive_attention(query, keys, keys, v, mask)
        assert (context[1] == 0).all()
        assert (weights[1] == 0).all()
        context.sum().backward()
        assert all(x.grad.isfinite().all() for x in (query, keys, v))


class TestRefusedCalls:
    """A rejected call changes nothing: corrected, it can be repeated."""

    @pytest.mark.parametrize("wrong", [torch.ones(1, 1, 1, 9, dtype=torch.bool), torch.ones(1, 1, 1, 3)])
    def test_a_wrong_mask_leaves_the_cache_of_a_language_model(self, wrong):
        model, cache = language_model(), KeyValueCache()
        model(TGT[:, :2], cache=cache)
        with pytest.raises((TypeError, ValueError), match="mask"):
            model(TGT[:, 2:3], wrong, cache=cache)
        assert cache.length == 2
        assert_close(model(TGT[:, 2:3], cache=cache), model(TGT[:, :3])[:, 2:])

    def test_a_wrong_memory_mask_leaves_what_self_attention_had_put_in_already(self):
        torch.manual_seed(0)
        model, cache = Transformer(CONFIG).eval(), KeyValueCache()
        mask = padding_mask(SRC)
        memory = model.encode(SRC, mask)
        model.decode(TGT[:, :2], memory, mask, cache=cache)
        for _ in range(2):
            with pytest.raises(ValueError, match="mask of shape"):
                model.decode(TGT[:, 2:3], memory, mask[..., :2], cache=cache)
        step = model.decode(TGT[:, 2:3], memory, mask, cache=cache)
        assert_close(step, model(SRC, TGT[:, :3])[:, 2:])

    @pytest.mark.parametrize("spoil", ["heads", "layer"])
    def test_so_do_the_parts_of_a_model_by_themselves(self, spoil):
        part = MultiHeadAttention(6, 2) if spoil == "heads" else DecoderLayer(6, 2, 5)
        x, cache = torch.randn(2, 3, 6), KeyValueCache()
        bad = torch.ones(1, 1, 1, 9, dtype=torch.bool)
        with pytest.raises(ValueError, match="mask of shape"):
            part(x, mask=bad, cache=cache) if spoil == "heads" else part(x, x, bad, cache=cache)
        assert cache.length == 0
        assert cache.snapshot() == ({}, {})

    def test_reordering_by_a_row_that_is_not_there_leaves_the_cache(self):
        model, cache = language_model(), KeyValueCache()
        model(TGT[:, :2], cache=cache)
        with pytest.raises(ValueError, match=r"rows must lie in 0 … 1, got 2"):
            cache.reorder(torch.tensor([0, 2]))
        assert_close(model(TGT[:, 2:3], cache=cache), model(TGT[:, :3])[:, 2:])

    def test_a_recurrent_state_stays_as_it_was(self):
        torch.manual_seed(0)
        config = RecurrentConfig(11, 13, d_model=6, attention=True)
        model = RecurrentTranslator(config).eval()
        mask, cache = padding_mask(SRC), model.new_cache()
        memory = model.encode(SRC, mask)
        model.decode(TGT[:, :2], memory, mask, cache=cache)
        with pytest.raises(ValueError, match="mask must be"):
            model.decode(TGT[:, 2:3], memory, mask[..., :2], cache=cache)
        assert_close(model.decode(TGT[:, 2:3], memory, mask, cache=cache), model(SRC, TGT[:, :3])[:, 2:])
        with pytest.raises(ValueError, match=r"rows must lie in 0 … 1, got -1"):
            cache.reorder(torch.tensor([-1]))

    @pytest.mark.parametrize("options", [{"lr": math.nan}, {"lr": -1.0}, {"clip": -1.0}, {"clip": math.nan}])
    def test_a_step_with_a_senseless_number_moves_nothing(self, options):
        model = language_model()
        before = {name: p.clone() for name, p in model.named_parameters()}
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with pytest.raises(ValueError, match=r"lr|clip"):
            training_step(model, optimizer, None, TGT, **options)
        assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
        assert all(p.grad is None for p in model.parameters())


class TestModes:
    """A module in evaluation mode is in evaluation mode afterwards."""

    def half_asleep(self):
        model = language_model().train()
        model.layers[0].eval()
        return model, {name: module.training for name, module in model.named_modules()}

    def modes(self, model):
        return {name: module.training for name, module in model.named_modules()}

    def test_after_validation(self):
        model, before = self.half_asleep()
        validate(model, [(None, TGT)])
        assert self.modes(model) == before
        with pytest.raises(ValueError, match="ids must lie"):
            validate(model, [(None, TGT + 90)])
        assert self.modes(model) == before

    def test_after_training(self):
        model, before = self.half_asleep()
        recipe = Recipe(n_steps=1, warmup_steps=1, log_every=1, save_every=1)
        train(model, lambda step: (None, TGT), recipe, progress=False)
        assert self.modes(model) == before

    def test_after_a_look_at_gradients_through_time(self):
        model = RecurrentClassifier(11, 3, d_model=5).train()
        model.network.eval()
        before = self.modes(model)
        gradient_through_time(model, torch.tensor([[3, 4]]), torch.tensor([1]))
        assert self.modes(model) == before


class Failing(nn.Module):
    """A language model whose logits are invalid after the first token."""

    def __init__(self, bad):
        super().__init__()
        self.config, self.bad = CONFIG, bad

    def new_cache(self):
        return RecurrentLanguageModel(RecurrentConfig(11, 13, d_model=2)).new_cache()

    def forward(self, ids, *, cache):
        cache.length += ids.shape[1]
        logits = torch.zeros(*ids.shape, 13)
        return logits if cache.length <= TGT.shape[1] else logits + self.bad


class TestDecoding:
    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("decode", [greedy_decode, sample, beam_search])
    def test_a_model_that_fails_after_the_first_token_is_named_whatever_the_search(self, decode, bad):
        with pytest.raises(ValueError, match="the model's logits are"):
            decode(Failing(bad), TGT, max_length=3)

    def test_a_length_penalty_that_no_float_holds_is_refused(self):
        model = Transformer(CONFIG).eval()
        with pytest.raises(ValueError, match="length_penalty is at most"):
            beam_search(model, SRC, max_length=17, length_penalty=1000.0)
        assert beam_search(model, SRC, max_length=17, length_penalty=200.0)[0]

    def test_a_beam_that_no_memory_holds_is_refused(self):
        with pytest.raises(ValueError, match="beam_size is a whole number from 1 to 10000, got 1000000000"):
            beam_search(Transformer(CONFIG).eval(), SRC, max_length=3, beam_size=10**9)

    @pytest.mark.parametrize("temperature", [1e-38, 1e-45, 1e-300, torch.tensor(1e-38)])
    @pytest.mark.parametrize("top_k", [None, 2])
    def test_the_coldest_temperature_takes_the_first_token(self, temperature, top_k):
        found = next_token_distribution(torch.tensor([20.0, 10.0]), temperature, top_k)
        assert found.tolist() == [1.0, 0.0]

    def test_a_k_beyond_all_integers_keeps_all(self):
        logits = torch.tensor([2.0, 1.0, 0.0])
        assert_close(next_token_distribution(logits, top_k=2**63), logits.softmax(-1))

    @pytest.mark.parametrize(
        ("probabilities", "draws", "words"),
        [
            ([0.0, 0.0], 0.5, "all 0"),
            ([0.5, 0.5], 1.0, "1 itself is never drawn"),
            ([0.5, 0.5], math.nan, "must lie in"),
            ([math.nan, 0.5], 0.5, "finite"),
            ([-0.5, 1.5], 0.5, "at least 0"),
        ],
    )
    def test_no_token_is_chosen_where_there_is_none(self, probabilities, draws, words):
        with pytest.raises(ValueError, match=words):
            choose(torch.tensor([probabilities]), torch.tensor([draws]))

    def test_a_recurrent_translator_keeps_to_its_longest_sequence(self):
        model = RecurrentTranslator(RecurrentConfig(11, 13, d_model=2, max_length=3))
        with pytest.raises(ValueError, match="4 words is longer than max_length 3"):
            model(torch.ones(1, 4, dtype=torch.int64) * 3, TGT[:1, :2])
        with pytest.raises(ValueError, match="4 words is longer than max_length 3"):
            model(SRC, TGT)


class TestSilentlyWrong:
    def test_a_decoder_layer_without_a_memory_does_not_attend_to_itself_instead(self):
        with pytest.raises(TypeError, match="memory must be a tensor, got None"):
            DecoderLayer(6, 2, 5)(torch.randn(1, 3, 6), None)

    @pytest.mark.parametrize("links", [torch.eye(3).nonzero(), [torch.tensor([i, i]) for i in range(3)]])
    def test_links_as_tensors_count_as_links_as_numbers_do(self, links):
        assert alignment_error_rate(torch.eye(3), links) == 0.0
        assert alignment_error_rate(torch.eye(3), {(i, i) for i in range(3)}) == 0.0

    def test_the_end_of_a_sentence_is_no_padding_and_a_word_of_the_vocabulary(self):
        with pytest.raises(ValueError, match="eos_id and pad_id must differ"):
            TransformerConfig(11, 13, pad_id=2)
        with pytest.raises(ValueError, match="eos_id must be an id of the target vocabulary"):
            Transformer(TransformerConfig(11, 13, eos_id=13, **SIZES))

    def test_a_target_beyond_the_vocabulary_is_named(self):
        with pytest.raises(ValueError, match="targets must lie in 0 … 3, got 4; there is one logit"):
            label_smoothing_loss(torch.zeros(2, 4), torch.tensor([1, 4]))

    def test_bfloat16_can_be_drawn(self):
        with figures.style():
            picture, axes = figures.figure(360, 240)
            figures.bars(axes, torch.tensor([0.5], dtype=torch.bfloat16), ["a"])
            figures.curves(axes, torch.arange(2).bfloat16(), torch.ones(1, 2).bfloat16(), ["a"])
            figures.chain(axes, torch.ones(2, 2).bfloat16(), ["red"])
            figures.plt.close(picture)


class TestModelFile:
    @pytest.fixture
    def parts(self):
        torch.manual_seed(0)
        source, target = Vocabulary(["i", "am"]), Vocabulary(["je", "suis", "là"])
        config = TransformerConfig(len(source), len(target), **SIZES)
        return Transformer(config).eval(), source, target

    def test_a_weight_beyond_half_precision_is_kept(self, parts, tmp_path):
        model, *words = parts
        with torch.no_grad():
            model.output.weight[0, 0] = 1e5
        write_model(tmp_path / "model", model, *words, {})
        again = read_model(tmp_path / "model").model
        assert again.output.weight[0, 0] == 1e5

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_a_weight_that_is_no_number_is_refused_in_writing_and_in_reading(self, parts, tmp_path, bad):
        model, *words = parts
        write_model(tmp_path / "model", model, *words, {})
        with torch.no_grad():
            model.output.weight[0, 0] = bad
        with pytest.raises(ValueError, match="not finite"):
            write_model(tmp_path / "other", model, *words, {})
        assert not (tmp_path / "other").exists()
        tensors, about = read_tensors(tmp_path / "model")
        name = next(name for name, tensor in tensors.items() if tensor.ndim == 2)
        tensors[name][0, 0] = bad
        write_tensors(tmp_path / "model", tensors, about)
        with pytest.raises(ValueError, match="not finite"):
            read_model(tmp_path / "model")

    @pytest.mark.parametrize("dtype", [torch.int32, torch.bool])
    def test_weights_are_floating_point(self, parts, tmp_path, dtype):
        model, *words = parts
        write_model(tmp_path / "model", model, *words, {})
        tensors, about = read_tensors(tmp_path / "model")
        name = next(iter(tensors))
        tensors[name] = tensors[name].to(dtype)
        write_tensors(tmp_path / "model", tensors, about)
        with pytest.raises(ValueError, match="floating-point"):
            read_model(tmp_path / "model")

    def test_vocabularies_have_the_sizes_of_the_model(self, parts, tmp_path):
        model, source, target = parts
        with pytest.raises(ValueError, match="the target vocabulary has 5 words, the model was made for 6"):
            write_model(tmp_path / "model", model, source, source, {})
        write_model(tmp_path / "model", model, source, target, {})
        tensors, about = read_tensors(tmp_path / "model")
        about["vocabularies"]["source"]["content"] = target.to_json()
        write_tensors(tmp_path / "model", tensors, about)
        with pytest.raises(ValueError, match="the source vocabulary has 6 words, the model was made for 5"):
            read_model(tmp_path / "model")
