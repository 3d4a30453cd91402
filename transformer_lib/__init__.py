"""The tested building blocks behind *Attention, Live*.

masks
    Who may be attended: `causal_mask`, `padding_mask`. True means *may attend*.
attention
    Scaled dot-product `attention`, with weights to look at or through torch's fused kernel.
cache
    `KeyValueCache`, the keys and values that decoding reuses.
multihead
    `MultiHeadAttention`, several attentions side by side.
positions
    Where a token stands: `sinusoidal_positions`, `SinusoidalPositions`, `LearnedPositions`, `RotaryPositions`.
layers
    `FeedForward`, residual with norm (`PreNorm`, `PostNorm`), `EncoderLayer`, `DecoderLayer`.
config
    `TransformerConfig`, sizes and choices of a model.
stacks
    `Encoder` and `Decoder`; `AttentionWeights`, what they looked at.
transformer
    The whole `Transformer`, and `LanguageModel`, a decoder alone.
recurrence
    RNN, LSTM and GRU; translators with one vector or additive attention between; `gradient_through_time`.
vocabulary
    `Vocabulary`, words and ids; `tokenise` and `detokenise`.
corpus
    English–French pairs with gold alignments, and folders of real text (`from transformer_lib import corpus`).
tasks
    Sally's cue across a distance, and segments that repeat (`from transformer_lib import tasks`).
training
    `label_smoothing_loss`, `warmup_schedule`, `training_step`; whole runs: `python -m transformer_lib.training`.
decoding
    `greedy_decode`, `sample`, `beam_search`, all on one cache; `next_token_distribution`.
evaluation
    `exact_match`, `bleu`, `alignment_error_rate`; models without a head, and with as much taken away at random.
translator
    The trained English–French model that comes with the library: `load_translator`, `translate`.
studies
    Longer runs, one command each, and what they found: `studies.results("sally")`.
figures
    Every still picture of the book, in one style (imported on demand: it needs matplotlib).
live
    Pictures that answer to the reader's hand (imported on demand: it needs anywidget).
exercises
    `exercises.check(name, answer)`: one line about an answer, which names the likely mistake (imported on demand).
"""

from transformer_lib.attention import attention
from transformer_lib.cache import KeyValueCache
from transformer_lib.config import TransformerConfig
from transformer_lib.decoding import beam_search, greedy_decode, next_token_distribution, sample
from transformer_lib.evaluation import ablated, alignment_error_rate, bleu, exact_match, with_head_mask
from transformer_lib.layers import DecoderLayer, EncoderLayer, FeedForward, PostNorm, PreNorm
from transformer_lib.masks import causal_mask, padding_mask
from transformer_lib.multihead import MultiHeadAttention
from transformer_lib.positions import (
    LearnedPositions,
    RotaryPositions,
    SinusoidalPositions,
    sinusoidal_positions,
)
from transformer_lib.recurrence import (
    AttentionClassifier,
    RecurrentClassifier,
    RecurrentConfig,
    RecurrentLanguageModel,
    RecurrentTranslator,
    gradient_through_time,
)
from transformer_lib.stacks import AttentionWeights, Decoder, Encoder
from transformer_lib.training import (
    label_smoothing_loss,
    linear_schedule,
    perplexity,
    shift,
    training_step,
    warmup_schedule,
)
from transformer_lib.transformer import LanguageModel, Transformer
from transformer_lib.translator import load_translator, translate
from transformer_lib.vocabulary import UnknownWordsError, Vocabulary, detokenise, tokenise

__version__ = "0.2.0"
BOOK = f"Attention, Live {__version__}"
"""The edition that this library belongs to. Another package is imported under the same name; notebooks ask for this."""

__all__ = [
    "attention",
    "causal_mask",
    "padding_mask",
    "MultiHeadAttention",
    "KeyValueCache",
    "sinusoidal_positions",
    "SinusoidalPositions",
    "LearnedPositions",
    "RotaryPositions",
    "FeedForward",
    "PreNorm",
    "PostNorm",
    "EncoderLayer",
    "DecoderLayer",
    "TransformerConfig",
    "AttentionWeights",
    "Encoder",
    "Decoder",
    "Transformer",
    "LanguageModel",
    "RecurrentConfig",
    "RecurrentClassifier",
    "RecurrentLanguageModel",
    "RecurrentTranslator",
    "AttentionClassifier",
    "gradient_through_time",
    "shift",
    "label_smoothing_loss",
    "perplexity",
    "warmup_schedule",
    "linear_schedule",
    "training_step",
    "next_token_distribution",
    "greedy_decode",
    "sample",
    "beam_search",
    "exact_match",
    "bleu",
    "alignment_error_rate",
    "ablated",
    "with_head_mask",
    "Vocabulary",
    "UnknownWordsError",
    "tokenise",
    "detokenise",
    "load_translator",
    "translate",
]
