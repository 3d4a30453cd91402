"""A published model in our modules gives what it gives in the `transformers` library. Long: four families, one import."""

import pytest
import torch
from published import FAMILIES, PAD, SHAPES, batch, choose_end, ended, gradients, pair, states
from torch.testing import assert_close
from twins import says

from transformer_lib import beam_search, greedy_decode, padding_mask
from transformer_lib.pretrained import load_bert, load_gpt2, load_llama, load_marian

DTYPES = {torch.float64: {"rtol": 0, "atol": 1e-9}, torch.float32: {"rtol": 0, "atol": 1e-4}}
LENGTHS = (7, 5, 2)
every_shape = pytest.mark.parametrize("shape", SHAPES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
DECODERS = ("gpt2", "llama")


class Wide:
    """torch, whose float32 is float64: the Llama of `transformers` computes norms, angles and softmax in float32."""

    def __getattr__(self, name):
        return torch.float64 if name in ("float32", "float") else getattr(torch, name)


@pytest.fixture(autouse=True)
def nothing_rounded(request, monkeypatch):
    """In float64 theirs shall compute in float64, too."""
    given = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    if given.get("dtype", torch.float64) == torch.float64:
        from transformers.models.llama import modeling_llama

        monkeypatch.setattr(modeling_llama, "torch", Wide())


def alike(theirs, ours, real, tolerance):
    """Equal wherever a real token stands."""
    assert theirs.dtype == ours.dtype
    assert_close(ours[real], theirs[real], **tolerance)


def all_alike(theirs, ours, real, tolerance):
    for one, other in zip(theirs, ours, strict=True):
        alike(one, other, real, tolerance)


def rows(maps):
    """Maps (B, H, T, S) by their rows, (B, T, H, S)."""
    return [weights.transpose(1, 2) for weights in maps]


def losses_of(*logits):
    """Of each of these logits, the mean product with the same random numbers."""
    goal = torch.randn(logits[0].shape, dtype=logits[0].dtype, generator=torch.Generator().manual_seed(5))
    return [(x * goal).mean() for x in logits]


def same_gradients(name, theirs, ours, n_layers, theirs_loss, our_loss, tolerance):
    theirs_loss.backward()
    our_loss.backward()
    expected, mine = gradients(name, theirs, n_layers), dict(ours.named_parameters())
    compared = expected.keys() & mine.keys()
    assert mine.keys() - compared <= {"output.bias"} if name == "marian" else mine.keys() == compared
    for parameter in compared:
        assert mine[parameter].grad.abs().max() > 0, parameter
        assert_close(mine[parameter].grad, expected[parameter], **tolerance, msg=parameter)


def scaled(tolerance, like):
    """A sum of many numbers rounds with its size."""
    return {"rtol": 0, "atol": tolerance["atol"] * max(1.0, like.abs().max().item())}


@every_dtype
@every_shape
@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_gives_the_same_states_logits_maps_and_gradients(name, shape, dtype, side):
    theirs, ours = pair(name, shape, dtype)
    ids, real = batch(shape[0], LENGTHS, side=side)
    n_padding = (~real).sum(1) if side == "left" else None
    place = (real.cumsum(1) - 1).clamp(min=0)
    expected = theirs(
        ids, attention_mask=real.long(), position_ids=place, output_hidden_states=True, output_attentions=True
    )
    (logits, weights), hidden = states(ours, lambda: ours(ids, n_padding=n_padding, return_weights=True))
    tolerance = DTYPES[dtype]
    alike(expected.logits, logits, real, tolerance)
    all_alike(expected.hidden_states, hidden, real, tolerance)
    all_alike(rows(expected.attentions), rows(weights.decoder), real, tolerance)
    losses = losses_of(expected.logits[real], logits[real])
    same_gradients(name, theirs, ours, shape[4], *losses, tolerance)


@every_dtype
@every_shape
@pytest.mark.parametrize("side", ["right", "left"])
def test_bert_gives_the_same_states_logits_maps_and_gradients(shape, dtype, side):
    theirs, ours = pair("bert", shape, dtype)
    ids, real = batch(shape[0], LENGTHS, side=side)
    segments = torch.randint(3, ids.shape, generator=torch.Generator().manual_seed(3))
    expected = theirs(
        ids, attention_mask=real.long(), token_type_ids=segments, output_hidden_states=True, output_attentions=True
    )  # fmt: skip
    mask = padding_mask(ids, ours.config.pad_id)
    (logits, weights), hidden = states(
        ours.encoder, lambda: ours(ids, mask, segments=segments, return_weights=True)
    )
    tolerance = DTYPES[dtype]
    alike(expected.logits, logits, real, tolerance)
    all_alike(expected.hidden_states, hidden, real, tolerance)
    all_alike(rows(expected.attentions), rows(weights.encoder), real, tolerance)
    losses = losses_of(expected.logits[real], logits[real])
    same_gradients("bert", theirs, ours, shape[4], *losses, tolerance)


@pytest.mark.parametrize("kind", ["BertModel", "BertForPreTraining"])
def test_bert_without_its_head_is_an_encoder_and_with_two_heads_fills_gaps(kind):
    theirs, ours = pair("bert", SHAPES[0], kind=kind)
    ids, real = batch(SHAPES[0][0], LENGTHS)
    expected = theirs(ids, attention_mask=real.long())
    expected = expected.last_hidden_state if kind == "BertModel" else expected.prediction_logits
    alike(expected, ours(ids, padding_mask(ids, PAD)), real, DTYPES[torch.float64])


@every_dtype
@every_shape
@pytest.mark.parametrize("side", ["right", "left"])
def test_marian_gives_the_same_states_logits_maps_and_gradients(shape, dtype, side):
    theirs, ours = pair("marian", shape, dtype)
    src_ids, real = batch(shape[0], LENGTHS, side=side)
    tgt_ids, written = batch(shape[0], (5, 3, 5), seed=7)
    tgt_ids[:, 0] = ours.config.bos_id
    expected = theirs(
        src_ids, attention_mask=real.long(), decoder_input_ids=tgt_ids,
        output_hidden_states=True, output_attentions=True,
    )  # fmt: skip
    ((logits, weights), read), wrote = states(
        ours.decoder, lambda: states(ours.encoder, lambda: ours(src_ids, tgt_ids, return_weights=True))
    )
    tolerance = DTYPES[dtype]
    alike(expected.logits, logits, written, tolerance)
    all_alike(expected.encoder_hidden_states, read, real, tolerance)
    all_alike(expected.decoder_hidden_states, wrote, written, tolerance)
    for kind, where in (("encoder", real), ("decoder", written), ("cross", written)):
        found = getattr(expected, f"{kind}_attentions")
        all_alike(rows(found), rows(getattr(weights, kind)), where, tolerance)
    losses = losses_of(expected.logits[written], logits[written])
    same_gradients("marian", theirs, ours, shape[4], *losses, tolerance)


LIVELY = {"size": 2.0, "words": 0.3, "seed": 11}
PROMPTS = (5, 3, 2, 5, 4, 1, 3)


@every_shape
@pytest.mark.parametrize("name", DECODERS)
def test_prompts_of_different_lengths_are_continued_as_by_generate(name, shape):
    theirs, _ = pair(name, shape, tie_word_embeddings=False, **LIVELY)
    ids, real = batch(shape[0], PROMPTS, side="left")
    options = {"attention_mask": real.long(), "max_new_tokens": 13, "do_sample": False}
    end = choose_end(theirs, theirs.generate(ids, eos_token_id=None, **options)[:, ids.shape[1] :])
    expected = ended(theirs.generate(ids, **options)[:, ids.shape[1] :], end)
    ours = FAMILIES[name].load(theirs)
    assert ended(greedy_decode(ours, ids, max_length=13, n_padding=(~real).sum(1)), end) == expected


def translated(theirs, ids, real, **options):
    """What generate writes, without the start."""
    return theirs.generate(ids, attention_mask=real.long(), max_new_tokens=13, do_sample=False, **options)[
        :, 1:
    ]


@every_shape
def test_sources_of_different_lengths_are_translated_as_by_generate(shape):
    theirs, ids, real = translator(shape)
    ours = load_marian(theirs)
    end = ours.config.eos_id
    assert ended(greedy_decode(ours, ids, max_length=13), end) == ended(translated(theirs, ids, real), end)


@every_shape
@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_a_beam_of_four_finds_what_generate_finds_and_ranks_it_so(shape, exponent):
    theirs, ids, real = translator(shape)
    ours, options = (
        load_marian(theirs),
        {"num_beams": 4, "num_return_sequences": 4, "early_stopping": "never"},
    )
    expected = ended(translated(theirs, ids, real, length_penalty=exponent, **options), ours.config.eos_id)
    ranked = beam_search(
        ours, ids, max_length=13, length_penalty=exponent, normalise="power", replace_ended=True
    )
    found = [list(hypothesis.ids) for row in ranked for hypothesis in row]
    assert found == expected
    assert len({len(row) for row in found}) > 1


TRANSLATORS = {
    SHAPES[0]: {"size": 1.0, "words": 0.3, "seed": 12},
    SHAPES[1]: {"size": 0.5, "words": 1.0, "seed": 14},
    SHAPES[2]: {"size": 1.0, "words": 0.3, "seed": 13},
}


def translator(shape):
    """One that ends its sentences at different places, and their sources."""
    options = TRANSLATORS[shape]
    theirs, _ = pair("marian", shape, **options)
    with torch.no_grad():
        words = (
            theirs.model.shared.weight
        )  # none of them longer than others, or it would always be the likeliest
        words *= options["words"] / words.norm(dim=-1, keepdim=True)
        theirs.final_logits_bias *= 0.1
    ids, real = batch(shape[0], PROMPTS)
    choose_end(theirs, translated(theirs, ids, real, eos_token_id=None))
    return theirs, ids, real


@pytest.mark.parametrize("beams", [1, 4])
def test_marians_padding_token_is_never_written_if_it_is_forbidden(beams):
    theirs, ids, real = translator(SHAPES[0])
    theirs.final_logits_bias[0, PAD] += 2.0
    ours, way = load_marian(theirs), {"num_beams": beams, "length_penalty": 1.0}
    way |= {"early_stopping": "never"} if beams > 1 else {}
    end, banned = ours.config.eos_id, {"bad_words_ids": [[PAD]]}
    expected = ended(translated(theirs, ids, real, **way, **banned), end)
    assert ended(translated(theirs, ids, real, **way), end) != expected
    if beams == 1:
        found = ended(greedy_decode(ours, ids, max_length=13, forbidden=[PAD]), end)
    else:
        ranked = beam_search(
            ours,
            ids,
            max_length=13,
            length_penalty=1.0,
            normalise="power",
            replace_ended=True,
            forbidden=[PAD],
        )
        found = [list(row[0].ids) for row in ranked]
    assert found == expected


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gpt2", {"tie_word_embeddings": False, "activation_function": "relu"}),
        ("llama", {"tie_word_embeddings": True, "rope_parameters": {"rope_type": "default", "rope_theta": 50.0}}),
        ("llama", {"attention_bias": True, "mlp_bias": True, "num_key_value_heads": 3, "rms_norm_eps": 0.1}),
        ("bert", {"tie_word_embeddings": False, "hidden_act": "gelu_new", "layer_norm_eps": 0.1}),
        ("marian", {"share_encoder_decoder_embeddings": False, "decoder_vocab_size": 37, "scale_embedding": False}),
    ],
)  # fmt: skip
def test_the_choices_of_a_configuration_count(name, options):
    shape = SHAPES[1 if "rope_parameters" in options else 0]  # a single pair turns alike under every base
    theirs, ours = pair(name, shape, **options)
    ids, _ = batch(SHAPES[0][0], (5, 5))
    expected = theirs(ids, decoder_input_ids=ids) if name == "marian" else theirs(ids)
    found = ours(ids, ids) if name == "marian" else ours(ids)
    assert_close(found, expected.logits, **DTYPES[torch.float64])
    if name == "llama":
        tied = ours.output.weight is ours.embedding.tokens.weight
        assert tied == options.get("tie_word_embeddings", False)


@pytest.mark.parametrize("name", ["gpt2", "bert", "marian", "llama"])
def test_weights_are_copied_and_chance_is_left_alone(name):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    theirs, _ = pair(name, SHAPES[0])
    torch.set_rng_state(before)
    ours = {"gpt2": load_gpt2, "bert": load_bert, "marian": load_marian, "llama": load_llama}[name](theirs)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_default_dtype() == torch.float32
    assert not ours.training
    kept = {n: p.clone() for n, p in ours.state_dict().items()}
    with torch.no_grad():
        for p in theirs.parameters():
            p.add_(1.0)
    assert all(torch.equal(p, kept[n]) for n, p in ours.state_dict().items())


def test_a_model_saved_in_a_folder_is_loaded_from_there(tmp_path):
    from transformers import MarianMTModel

    theirs, _ = pair("marian", SHAPES[0], torch.float32)
    theirs.save_pretrained(tmp_path)
    again = load_marian(MarianMTModel.from_pretrained(tmp_path))
    ids, _ = batch(SHAPES[0][0], (5, 5))
    assert_close(again(ids, ids), theirs(ids, decoder_input_ids=ids).logits, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "load", "options", "message"),
    [
        ("gpt2", load_gpt2, {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
        ("gpt2", load_gpt2, {"activation_function": "tanh"}, "unknown activation 'tanh'"),
        ("gpt2", load_gpt2, {"add_cross_attention": True}, "add_cross_attention is True"),
        ("bert", load_bert, {"is_decoder": True}, "is_decoder is True"),
        ("marian", load_marian, {"decoder_layers": 5}, "decoder_layers is 5 in this model's config, ours can only be 2"),
        ("llama", load_llama, {"head_dim": 6}, "head_dim is 6"),
        ("llama", load_llama, {"mlp_bias": True}, "mlp_bias is True"),
        (
            "llama", load_llama,
            {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}},
            "rope_type is 'linear'",
        ),
    ],
)  # fmt: skip
def test_what_ours_cannot_be_is_refused(name, load, options, message):
    with pytest.raises(ValueError, match=message):
        load(FAMILIES[name].make(*SHAPES[0], **options))


def test_other_positions_than_sinusoids_are_refused():
    theirs, _ = pair("marian", SHAPES[0])
    theirs.model.decoder.embed_positions.weight.data[3, 5] += 0.01
    with says(ValueError, "the positions of the decoder are not the sinusoids of Vaswani et al. 2017"):
        load_marian(theirs)


@pytest.mark.parametrize(
    ("load", "name"),
    [(load_gpt2, "llama"), (load_bert, "gpt2"), (load_marian, "bert"), (load_llama, "marian")],
)
def test_a_model_of_another_family_is_refused(load, name):
    theirs, _ = pair(name, SHAPES[0])
    with pytest.raises(TypeError, match=f"of transformers, got a {type(theirs).__name__}"):
        load(theirs)
