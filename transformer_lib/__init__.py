"""The tested building blocks behind *Attention, Live*.

model
    Attention and everything that the Transformer is made of, up to the whole: `attention`, `causal_mask`,
    `MultiHeadAttention`, `KeyValueCache`, `EncoderLayer`, `TransformerConfig`, `Transformer`, `LanguageModel`.
text
    `Vocabulary` of words, `Subwords` of pieces; `tokenise` and `detokenise`.
recurrence
    RNN, LSTM and GRU; translators with one vector or additive attention between; `gradient_through_time`.
data
    English–French pairs with gold alignments, folders of real text, batches, and two small tasks.
storage
    Models and training runs as files.
training
    `label_smoothing_loss`, `warmup_schedule`, `training_step`; whole runs: `python -m transformer_lib.training`.
decoding
    `greedy_decode`, `sample`, `beam_search`, all on one cache; `next_token_distribution`.
evaluation
    `exact_match`, `bleu`, `alignment_error_rate`; ablation of a head, with a random subspace as control.
pretrained
    Published models in our modules, with the outputs that they have in the `transformers` library: `load_gpt2`,
    `load_bert`, `load_marian`, `load_llama`.
models
    Trained models that come with the library: `load_translator`, `translate(text, model="everyday")`, `load_writer`.
assistant
    From a model that continues to one that answers, in a small world with a judge (imported on demand).
studies
    Longer experiments, one command each, and their stored results: `studies.results("sally")`.
figures
    Every still picture of the book, in one style (imported on demand: it needs matplotlib).
live
    Interactive pictures (imported on demand: it needs anywidget).
exercises
    `exercises.check(name, answer)`: whether an answer is right, or the likely mistake (imported on demand).
"""

from transformer_lib.decoding import beam_search, greedy_decode, next_token_distribution, sample
from transformer_lib.evaluation import ablated, alignment_error_rate, bleu, exact_match, with_head_mask
from transformer_lib.model.attention import attention
from transformer_lib.model.cache import KeyValueCache, cache_bytes
from transformer_lib.model.config import LanguageModelConfig, TransformerConfig
from transformer_lib.model.embedding import SegmentEmbedding
from transformer_lib.model.feed_forward import FeedForward, GatedFeedForward
from transformer_lib.model.layers import DecoderLayer, EncoderLayer, PostNorm, PreNorm
from transformer_lib.model.masked_language import MaskedLanguageModel
from transformer_lib.model.masks import causal_mask, left_padding_mask, padding_mask, sliding_window_mask
from transformer_lib.model.multihead import MultiHeadAttention
from transformer_lib.model.norms import RMSNorm, rms_norm
from transformer_lib.model.online import online_attention
from transformer_lib.model.positions import (
    LearnedPositions,
    RotaryPositions,
    SinusoidalPositions,
    sinusoidal_positions,
)
from transformer_lib.model.stacks import AttentionWeights, Decoder, Encoder
from transformer_lib.model.transformer import LanguageModel, Transformer
from transformer_lib.models.translator import load_translator, translate
from transformer_lib.models.writer import load_writer
from transformer_lib.pretrained import load_bert, load_gpt2, load_llama, load_marian
from transformer_lib.recurrence import (
    AttentionClassifier,
    RecurrentClassifier,
    RecurrentConfig,
    RecurrentLanguageModel,
    RecurrentTranslator,
    gradient_through_time,
)
from transformer_lib.text.vocabulary import UnknownWordsError, Vocabulary, detokenise, tokenise
from transformer_lib.training import (
    label_smoothing_loss,
    linear_schedule,
    perplexity,
    shift,
    training_step,
    warmup_schedule,
)

__version__ = "0.2.0"
BOOK = f"Attention, Live {__version__}"
"""The edition that this library belongs to. Another package is imported under the same name; notebooks ask for this."""

__all__ = [
    "attention",
    "causal_mask",
    "padding_mask",
    "left_padding_mask",
    "sliding_window_mask",
    "online_attention",
    "MultiHeadAttention",
    "KeyValueCache",
    "cache_bytes",
    "sinusoidal_positions",
    "SinusoidalPositions",
    "LearnedPositions",
    "RotaryPositions",
    "SegmentEmbedding",
    "FeedForward",
    "GatedFeedForward",
    "rms_norm",
    "RMSNorm",
    "PreNorm",
    "PostNorm",
    "EncoderLayer",
    "DecoderLayer",
    "TransformerConfig",
    "LanguageModelConfig",
    "AttentionWeights",
    "Encoder",
    "Decoder",
    "Transformer",
    "LanguageModel",
    "MaskedLanguageModel",
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
    "load_writer",
    "load_gpt2",
    "load_bert",
    "load_marian",
    "load_llama",
]
