"""What the three searches refuse at the entrance, before the model is asked, and what they still take."""

import math
from types import SimpleNamespace

import pytest
import torch
from twins import says

from transformer_lib import LanguageModel, LanguageModelConfig
from transformer_lib.decoding import beam_search, greedy_decode, sample

SEARCHES = [greedy_decode, sample, beam_search]
GOOD = torch.tensor([[3, 4], [5, 0]])
POSITIONS = "what the model's 23 positions leave"
NO_IDS = "src_ids must be integer ids, got {}; did you pass embeddings or a mask?"
OTHERS = "src_ids must be ids from 0 to 10, got {}; is it another vocabulary's?"
NOTHING = "src_ids must hold a sentence of at least one token, got shape {}"


@pytest.mark.parametrize(
    ("src_ids", "max_length", "error", "message"),
    [
        ([[3, 4]], 3, TypeError, "src_ids must be a tensor, got a list; torch.as_tensor(…) makes one"),
        (GOOD.float(), 3, TypeError, NO_IDS.format("torch.float32")),
        (GOOD.bool(), 3, TypeError, NO_IDS.format("torch.bool")),
        (GOOD.to(torch.complex64), 3, TypeError, NO_IDS.format("torch.complex64")),
        (
            GOOD[0],
            3,
            ValueError,
            "src_ids must have shape (B, S), got (2,); one sentence is a batch of one: ids[None]",
        ),
        (GOOD[None], 3, ValueError, "src_ids must have shape (B, S), got (1, 2, 2)"),
        (GOOD[:0], 3, ValueError, NOTHING.format("(0, 2)")),
        (GOOD[:, :0], 3, ValueError, NOTHING.format("(2, 0)")),
        (GOOD + 6, 3, ValueError, OTHERS.format(11)),
        (torch.tensor([[3, 0, 11]]), 3, ValueError, OTHERS.format(11)),
        (GOOD - 1, 3, ValueError, OTHERS.format(-1)),
        (GOOD.repeat(1, 12), 3, ValueError, "src_ids has 24 tokens, the model reads at most 23"),
        (GOOD * torch.tensor([[1], [0]]), 3, ValueError, "row 1 of src_ids holds nothing but padding (id 0)"),
        (GOOD, 0, ValueError, f"max_length must be from 1 to 23, {POSITIONS}; got 0"),
        (GOOD, 24, ValueError, f"max_length must be from 1 to 23, {POSITIONS}; got 24"),
        (GOOD, 3.0, TypeError, "max_length is a number of tokens, got 3.0"),
        (GOOD, True, TypeError, "max_length is a number of tokens, got True"),
    ],
)
@pytest.mark.parametrize("search", SEARCHES)
def test_bad_sources_are_refused(transformer, search, src_ids, max_length, error, message):
    with says(error, message):
        search(transformer(3), src_ids, max_length=max_length)


def writer():
    config = LanguageModelConfig(11, d_model=6, n_heads=2, d_ff=13, n_layers=1, max_length=13)
    return LanguageModel(config).eval()


@pytest.mark.parametrize("search", SEARCHES)
def test_prompt_and_continuation_share_the_positions(search):
    prompt = torch.tensor([[4, 5, 10], [7, 9, 3]])
    search(writer(), prompt, max_length=11)  # the last token is never read
    search(writer(), prompt * 0, max_length=1)  # what is padding of a source may be a word of a prompt
    with says(ValueError, "max_length must be from 1 to 11, what the model's 13 positions leave; got 12"):
        search(writer(), prompt, max_length=12)
    with says(ValueError, "the prompt must be ids from 0 to 10, got 11; is it another vocabulary's?"):
        search(writer(), prompt + 1, max_length=2)


@pytest.mark.parametrize("search", SEARCHES)
def test_the_longest_source_and_the_largest_and_the_smallest_id_are_welcome(transformer, search):
    ids = torch.full((1, 23), 10)
    ids[0, -1] = 0
    assert len(search(transformer(3), ids, max_length=2)) == 1


@pytest.mark.parametrize("search", SEARCHES)
def test_a_sentence_may_begin_and_end_with_any_id_of_the_target_and_with_no_other(transformer, search):
    for bos_id, eos_id in ((0, 6), (6, 0), (1, 5)):
        model = transformer(3)
        model.config = SimpleNamespace(**(vars(model.config) | {"bos_id": bos_id, "eos_id": eos_id}))
        assert len(search(model, GOOD, max_length=2)) == 2
    for name, wrong in (("bos_id", -1), ("bos_id", 7), ("eos_id", -1), ("eos_id", 7)):
        model = transformer(3)
        model.config = SimpleNamespace(**(vars(model.config) | {name: wrong}))
        with says(ValueError, f"config.{name} must be an id of the target vocabulary, 0 … 6, got {wrong}"):
            search(model, GOOD, max_length=2)


@pytest.mark.parametrize("search", SEARCHES)
def test_what_is_no_model_is_refused(search):
    with says(TypeError, "model must be a model (torch.nn.Module), got 'small'"):
        search("small", GOOD, max_length=3)
    with says(TypeError, "the model must have a config, as a Transformer has; got a Linear"):
        search(torch.nn.Linear(2, 3), GOOD, max_length=3)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("name", ["bos_id", "eos_id"])
@pytest.mark.parametrize("wrong", [-1, 5])
def test_a_sentence_begins_and_ends_with_ids_of_the_vocabulary(table_model, search, name, wrong):
    model = table_model(torch.full((5, 5), 0.2))
    setattr(model.config, name, wrong)
    with says(ValueError, f"config.{name} must be an id of the target vocabulary, 0 … 4, got {wrong}"):
        search(model, GOOD, max_length=3)


@pytest.mark.parametrize(
    ("forbidden", "error", "message"),
    [
        (3, TypeError, "forbidden must be a list of ids, got 3"),
        ([3.0], TypeError, "an id in forbidden must be a whole number, got 3.0"),
        ([-1], ValueError, "an id in forbidden must be at least 0, got -1"),
        ([3, 7], ValueError, "forbidden must hold ids of the vocabulary other than the end's, got 7 of 7"),
        ([2], ValueError, "forbidden must hold ids of the vocabulary other than the end's, got the end, 2"),
    ],
)
@pytest.mark.parametrize("search", SEARCHES)
def test_what_cannot_be_forbidden_is_refused(transformer, search, forbidden, error, message):
    with says(error, message):
        search(transformer(3), GOOD, max_length=3, forbidden=forbidden)
    search(transformer(3), GOOD, max_length=3, forbidden=[0, 6])


OUTSIDE = "draws must lie in [0, 1): 1 itself is never drawn"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"draws": torch.zeros(2, 3), "generator": torch.Generator()},
            ValueError,
            "pass draws or a generator, not both: with draws nothing is left to chance",
        ),
        ({"generator": 3}, TypeError, "generator must be a torch.Generator, got 3"),
        ({"draws": 0.5}, TypeError, "draws must be a tensor, got 0.5"),
        (
            {"draws": torch.zeros(2, 3, dtype=torch.int64)},
            TypeError,
            "draws must be floating point, got torch.int64",
        ),
        (
            {"draws": torch.zeros(3, 2)},
            ValueError,
            "draws must have shape (B, max_length) = (2, 3), got (3, 2)",
        ),
        *(({"draws": torch.full((2, 3), u)}, ValueError, OUTSIDE) for u in (1.0, 1.5, -0.1, math.nan)),
        (
            {"temperature": -1},
            ValueError,
            "temperature is at least 0 and finite, got -1.0; 0 means greedy",
        ),
        ({"top_k": 0}, ValueError, "top_k keeps at least 1 token, got 0; None keeps all"),
        ({"top_p": 2}, ValueError, "top_p is a probability in [0, 1], got 2; did you pass a percentage?"),
        ({"min_p": 2}, ValueError, "min_p is a share in [0, 1], got 2; did you pass a percentage?"),
    ],
)
def test_bad_chances_are_refused_before_the_model_is_asked(table_model, options, error, message):
    model = table_model(torch.full((5, 5), 0.2))
    with says(error, message):
        sample(model, GOOD, max_length=3, **options)
    assert model.seen == []


@pytest.mark.parametrize("search", SEARCHES)
def test_a_model_that_gives_no_numbers_is_named_as_the_culprit(table_model, search):
    hint = "did its training diverge, or its weights not load?"
    for worst, said in (
        (math.nan, "NaN"),
        (math.inf, "inf where they are largest, so that no token can be chosen"),
        (0.0, "-inf where they are largest, so that no token can be chosen"),
    ):
        model = table_model(torch.full((5, 5), worst))
        with says(ValueError, f"the model's logits are {said}; {hint}"):
            search(model, GOOD, max_length=3)


def test_every_dial_reaches_the_draw(table_model):
    """After the start: 3 with .5, 4 with .3, 5 with .2; a draw of .85 takes the last of what is kept."""
    model = table_model(torch.tensor([0, 0, 0, 0.5, 0.3, 0.2]).expand(6, 6))
    draws = torch.full((1, 1), 0.85)
    for settings, token in (
        ({}, 5),
        ({"temperature": 0.5}, 4),  # 25 : 9 : 4, and .85 of 38 is 32.3
        ({"top_k": 2}, 4),
        ({"top_p": 0.4}, 3),
        ({"min_p": 0.5}, 4),
        ({"min_p": 0.7}, 3),
    ):
        assert sample(model, torch.tensor([[3]]), max_length=1, draws=draws, **settings).item() == token


@pytest.mark.parametrize("search", SEARCHES)
def test_the_device_is_the_source_s_whatever_torch_s_default_is(transformer, sources, search):
    def found():
        chance = {"generator": torch.Generator().manual_seed(0)} if search is sample else {}
        return search(model, sources, max_length=7, forbidden=[4], **chance)

    model = transformer(3)
    expected = found()
    with torch.device("meta"):
        again = found()
    assert again == expected if search is beam_search else torch.equal(again, expected)
