"""Recurrent models are decoded by the same functions; their state stands where keys and values do."""

import pytest
import torch

from transformer_lib.decoding import beam_search, greedy_decode, sample
from transformer_lib.recurrence import RecurrentConfig, RecurrentLanguageModel, RecurrentTranslator

PAD, BOS, EOS = 0, 1, 2


def translator(seed, **choices):
    torch.manual_seed(seed)
    model = RecurrentTranslator(
        RecurrentConfig(11, 7, d_model=6, max_length=23, radius=1.5, **choices)
    ).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return model


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("choices", [{"kind": "lstm", "reverse_source": True}, {"attention": True}])
def test_tokens_are_those_of_reading_the_whole_sentence_each_time(sources, seed, choices):
    model = translator(seed, **choices)
    ids, ended = torch.full((5, 1), BOS), torch.zeros(5, dtype=torch.bool)
    found = greedy_decode(model, sources, max_length=11)
    for _ in range(found.shape[1]):
        following = torch.where(ended, PAD, model(sources, ids)[:, -1].argmax(-1))
        ids, ended = torch.cat([ids, following[:, None]], 1), ended | (following == EOS)
    assert found.tolist() == ids[:, 1:].tolist()
    assert len({tuple(row) for row in found.tolist()}) > 1


@pytest.mark.parametrize("choices", [{"kind": "lstm"}, {"attention": True}])
def test_a_sentence_in_a_batch_is_searched_as_alone(sources, choices):
    model = translator(0, **choices)
    together = beam_search(model, sources, max_length=7, beam_size=3)
    for source, hypotheses in zip(sources, together, strict=True):
        [alone] = beam_search(model, source[source != PAD][None], max_length=7, beam_size=3)
        assert [h.ids for h in hypotheses] == [h.ids for h in alone]


def test_a_recurrent_language_model_goes_on_from_its_prompt():
    torch.manual_seed(0)
    model = RecurrentLanguageModel(RecurrentConfig(1, 11, d_model=6, max_length=23, radius=1.5)).eval()
    prompt, draws = torch.tensor([[4, 5, 10], [7, 9, 3]]), torch.rand(2, 7)
    ids = sample(model, prompt, max_length=7, temperature=2.0, draws=draws)
    whole = prompt
    for t in range(ids.shape[1]):
        cumulative = (model(whole)[:, -1] / 2).softmax(-1).double().cumsum(-1)
        going = ~(whole[:, 3:] == EOS).any(1)
        expected = (cumulative <= draws[:, t : t + 1] * cumulative[:, -1:]).sum(1)
        assert torch.equal(ids[:, t], torch.where(going, expected, PAD))
        whole = torch.cat([whole, ids[:, t : t + 1]], 1)
