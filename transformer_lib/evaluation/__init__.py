"""Quality of a model, and how much each of its heads contributes.

scores
    `exact_match`, corpus `bleu` and `chrf` of translations, and `paired_bootstrap`, a test of whether two systems differ.
alignment
    Cross-attention against gold word alignments: `alignment_error_rate`, `argmax_accuracy`.
ablation
    A model without the output of one head, and the control: without a random subspace of the same dimension.
tracing
    `trace`: every number that a model computes on its way from two sentences to the next word.
"""

from transformer_lib.evaluation.ablation import ablated, ablated_at_random, with_head_mask
from transformer_lib.evaluation.alignment import alignment_error_rate, alignment_weights, argmax_accuracy
from transformer_lib.evaluation.scores import (
    Bleu,
    Interval,
    bleu,
    chrf,
    exact_match,
    paired_bootstrap,
    score_intervals,
)
from transformer_lib.evaluation.tracing import trace

__all__ = [
    "exact_match",
    "bleu",
    "Bleu",
    "chrf",
    "Interval",
    "score_intervals",
    "paired_bootstrap",
    "alignment_weights",
    "alignment_error_rate",
    "argmax_accuracy",
    "ablated",
    "ablated_at_random",
    "with_head_mask",
    "trace",
]
