"""Prompts padded on the left, tokens that are never written, beams that stay full."""

import pytest
import torch
from plain_search import grown
from twins import says

from transformer_lib import LanguageModel, LanguageModelConfig
from transformer_lib.decoding import Hypothesis, beam_search, greedy_decode, sample

PAD, BOS, EOS = 0, 1, 2
PROMPTS = [[3, 9, 4, 5], [6], [8, 3, 10], [7, 7, 4, 9]]


def writer(positions, seed=0):
    torch.manual_seed(seed)
    model = LanguageModel(
        LanguageModelConfig(
            13, d_model=12, n_heads=3, d_ff=17, n_layers=2, max_length=19, positions=positions,
            tie_embeddings="none", scale_embeddings=False, output_bias=True,
        )
    ).eval()  # fmt: skip
    with torch.no_grad():
        model.output.weight.mul_(4)
        model.output.bias[EOS] = 1.0
    return model


def padded(rows, pad_id=5):
    """Prompts side by side, padded on the left with what might be a word."""
    longest = max(map(len, rows))
    n_padding = torch.tensor([longest - len(row) for row in rows])
    return torch.tensor([[pad_id] * (longest - len(row)) + row for row in rows]), n_padding


def alone(search, model, rows, **options):
    return [search(model, torch.tensor([row]), **options) for row in rows]


def stripped(ids):
    ids = ids.tolist()
    return ids[: ids.index(EOS) + 1] if EOS in ids else ids


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary"])
def test_prompts_of_different_lengths_are_continued_as_each_alone(positions):
    model, (ids, n_padding) = writer(positions), padded(PROMPTS)
    found = [stripped(row) for row in greedy_decode(model, ids, max_length=11, n_padding=n_padding)]
    assert found == [stripped(row[0]) for row in alone(greedy_decode, model, PROMPTS, max_length=11)]
    assert len({len(row) for row in found}) > 1
    ranked = beam_search(model, ids, max_length=7, beam_size=3, n_padding=n_padding)
    for row, [expected] in zip(
        ranked, alone(beam_search, model, PROMPTS, max_length=7, beam_size=3), strict=True
    ):
        assert [hypothesis.ids for hypothesis in row] == [hypothesis.ids for hypothesis in expected]
    draws = torch.rand(4, 11, generator=torch.Generator().manual_seed(2))
    drawn = sample(model, ids, max_length=11, draws=draws, n_padding=n_padding)
    for row, prompt, numbers in zip(drawn, PROMPTS, draws, strict=True):
        [expected] = sample(model, torch.tensor([prompt]), max_length=11, draws=numbers[None])
        assert stripped(row) == stripped(expected)


def test_sources_take_no_padding_on_the_left(transformer, sources):
    with says(
        ValueError,
        "n_padding came for a Transformer, which takes none: sources are padded on the right, with pad_id",
    ):
        greedy_decode(transformer(3), sources, max_length=3, n_padding=torch.zeros(5, dtype=torch.int64))


@pytest.mark.parametrize(
    ("n_padding", "error", "message"),
    [
        (
            [0.0, 1.0],
            TypeError,
            "must be int64 or int32, got torch.float32; did you pass embeddings or a mask?",
        ),
        ([[0], [1]], ValueError, "must be (B,), a number for each prompt, got shape (2, 1)"),
        ([0, 1, 0], ValueError, "must have a number for each of 2 prompts, got shape (3,)"),
        ([0, 3], ValueError, "must leave each prompt of 3 tokens one at least, got 0 to 3"),
        ([1, -1], ValueError, "must leave each prompt of 3 tokens one at least, got -1 to 1"),
    ],
)
def test_each_prompt_has_a_number_of_padding_that_leaves_a_word(n_padding, error, message):
    model, prompts = writer("rotary"), torch.tensor([[3, 9, 4], [5, 5, 6]])
    for search in (greedy_decode, sample, beam_search):
        with says(error, f"n_padding {message}"):
            search(model, prompts, max_length=2, n_padding=torch.tensor(n_padding))
    _, word = greedy_decode(model, prompts, max_length=2, n_padding=torch.tensor([0, 2]))
    [alone] = greedy_decode(model, torch.tensor([[6]]), max_length=2)
    assert stripped(word) == stripped(alone)


def test_a_forbidden_token_is_never_written_and_the_next_likeliest_is(transformer, sources):
    model = transformer(3)
    usual = greedy_decode(model, sources, max_length=11)
    banned = usual[0, 0].item()
    assert banned != EOS
    with torch.no_grad():
        expected = model(sources[:1], torch.tensor([[BOS]]))[0, -1].topk(2).indices[1].item()
    for found in (
        greedy_decode(model, sources, max_length=11, forbidden=[banned]),
        sample(model, sources, max_length=11, temperature=0.0, forbidden=(banned,)),
    ):
        assert found[0, 0] == expected
        assert banned not in [token for row in found for token in stripped(row)]
    drawn = sample(model, sources, max_length=11, forbidden=[banned], draws=torch.full((5, 11), 0.99))
    assert banned not in [token for row in drawn for token in stripped(row)]
    ranked = beam_search(model, sources, max_length=11, forbidden=[banned])
    assert banned not in [token for row in ranked for hypothesis in row for token in hypothesis.ids]
    [best], [free] = (
        ranked[0][:1],
        beam_search(model, sources, max_length=11, beam_size=1, forbidden=[banned])[0],
    )
    assert best.log_probability >= free.log_probability


def full_search(model, source, max_length, beam_size, penalty):
    """Beam search in which what ends is replaced at once: without cache, batch or early stopping."""
    beam, hypotheses = [((), 0.0)], []
    for length in range(1, max_length + 1):
        candidates = grown(model, source, beam, BOS)
        beam = [candidate for candidate in candidates if candidate[0][-1] != EOS][:beam_size]
        done = candidates[:beam_size]
        if length < max_length:
            done = [candidate for candidate in done if candidate[0][-1] == EOS]
        hypotheses += [Hypothesis(ids, log_p / penalty(length), log_p) for ids, log_p in done]
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)[:beam_size]


@pytest.mark.parametrize(
    ("normalise", "penalty"), [("wu", lambda n: ((5 + n) / 6) ** 0.7), ("power", lambda n: n**0.7)]
)
@pytest.mark.parametrize("beam_size", [1, 3, 4])
def test_a_full_beam_finds_what_a_plain_full_search_finds(
    transformer, sources, beam_size, normalise, penalty
):
    model = transformer(4)
    found = beam_search(
        model, sources, max_length=7, beam_size=beam_size, length_penalty=0.7, normalise=normalise,
        replace_ended=True,
    )  # fmt: skip
    for row, source in zip(found, sources, strict=True):
        expected = full_search(model, source[source != PAD], 7, beam_size, penalty)
        assert [hypothesis.ids for hypothesis in row] == [hypothesis.ids for hypothesis in expected]
        for hypothesis, other in zip(row, expected, strict=True):
            assert hypothesis.score == pytest.approx(other.score, rel=1e-5)


def test_a_place_that_an_end_leaves_is_filled_at_once(table_model):
    """After x comes the end with 0.5, a with 0.3, b with 0.2; with two places, b is kept only if the end leaves one."""
    table = torch.zeros(6, 6)
    table[BOS, 3], table[3, EOS], table[3, 4], table[3, 5] = 1.0, 0.5, 0.3, 0.2
    table[4, EOS] = table[5, EOS] = 1.0
    search = {"max_length": 5, "beam_size": 2, "length_penalty": 0.0, "return_tree": True}
    _, [tree] = beam_search(table_model(table), torch.tensor([[3]]), **search)
    assert [node.id for node in tree] == [3, EOS, 4, EOS]
    _, [tree] = beam_search(table_model(table), torch.tensor([[3]]), replace_ended=True, **search)
    assert sorted(node.id for node in tree) == [EOS, EOS, EOS, 3, 4, 5]
