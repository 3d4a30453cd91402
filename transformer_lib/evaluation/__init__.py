"""How good a model is, and which of its parts make it so.

scores
    `exact_match`, corpus `bleu` and `chrf` of translations, and `paired_bootstrap`: do two systems differ?
alignment
    How often cross-attention points at the right words: `alignment_error_rate`, `argmax_accuracy`.
ablation
    A model without one head, and with as much taken away at random.
"""

from transformer_lib.evaluation.ablation import ablated, ablated_at_random, with_head_mask
from transformer_lib.evaluation.alignment import alignment_error_rate, alignment_weights, argmax_accuracy
from transformer_lib.evaluation.scores import Bleu, bleu, chrf, exact_match, paired_bootstrap

__all__ = [
    "exact_match",
    "bleu",
    "Bleu",
    "chrf",
    "paired_bootstrap",
    "alignment_weights",
    "alignment_error_rate",
    "argmax_accuracy",
    "ablated",
    "ablated_at_random",
    "with_head_mask",
]
