"""Recurrent networks: they read one word after the other and carry a state along.

cells
    One step of an RNN, LSTM or GRU, and the loop over a sentence.
networks
    torch's recurrent networks, over padded batches and with a choice of initialisation.
classifiers
    Sentence classifiers, recurrent and with self-attention.
attentive
    Classifiers on an average of all states, uniform or by attention.
gradients
    Norm of the loss's gradient at each earlier state.
additive
    Additive attention (Bahdanau et al. 2014).
language
    A recurrent language model.
translator
    Encoder-decoder, with one fixed vector between them or with additive attention.
"""

from transformer_lib.recurrence.additive import AdditiveAttention, additive_attention
from transformer_lib.recurrence.attentive import AttentiveClassifier, AveragingClassifier
from transformer_lib.recurrence.cells import gru_step, lstm_step, rnn_step, unroll
from transformer_lib.recurrence.classifiers import AttentionClassifier, RecurrentClassifier
from transformer_lib.recurrence.gradients import gradient_through_time
from transformer_lib.recurrence.language import RecurrentConfig, RecurrentLanguageModel
from transformer_lib.recurrence.networks import RecurrentState, recurrent_network
from transformer_lib.recurrence.translator import RecurrentTranslator

__all__ = [
    "rnn_step",
    "lstm_step",
    "gru_step",
    "unroll",
    "recurrent_network",
    "RecurrentState",
    "RecurrentClassifier",
    "RecurrentLanguageModel",
    "AttentionClassifier",
    "AttentiveClassifier",
    "AveragingClassifier",
    "gradient_through_time",
    "additive_attention",
    "AdditiveAttention",
    "RecurrentConfig",
    "RecurrentTranslator",
]
