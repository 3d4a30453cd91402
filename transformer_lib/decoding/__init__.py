"""From a model's logits to a sentence: one token at a time, each computed once thanks to the cache.

distribution
    `next_token_distribution`: temperature, top-k, top-p and min-p; `choose`: one token by the inverse CDF;
    `repetition_penalty`.
continuation
    The state of a batch that is being written, and the checks at the entrance.
tokens
    `greedy_decode` and `sample`.
beam
    `beam_search`: ranked hypotheses, and the tree that they grew on.
texts
    `translate_texts`: many sentences, from text to text.
passages
    `translate_passages`: texts of several sentences, with a model of subwords.
"""

from transformer_lib.decoding.beam import beam_search
from transformer_lib.decoding.distribution import choose, next_token_distribution, repetition_penalty
from transformer_lib.decoding.hypotheses import BeamNode, Hypothesis
from transformer_lib.decoding.passages import Passage, passages, translate_passages
from transformer_lib.decoding.texts import GREEDY, DecodingSettings, Translations, translate_texts
from transformer_lib.decoding.tokens import greedy_decode, sample

__all__ = [
    "next_token_distribution",
    "choose",
    "repetition_penalty",
    "greedy_decode",
    "sample",
    "beam_search",
    "Hypothesis",
    "BeamNode",
    "DecodingSettings",
    "GREEDY",
    "Translations",
    "translate_texts",
    "Passage",
    "passages",
    "translate_passages",
]
