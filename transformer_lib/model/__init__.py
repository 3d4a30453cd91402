"""The Transformer, from masks to the whole model; a module imports only what stands before it here.

modes
    Training and evaluation mode for as long as a block runs.
masks
    Who may be attended: `causal_mask`, `padding_mask`. True means *may attend*.
attention_inputs
    What attention refuses.
attention
    Scaled dot-product `attention`, with weights to look at or through torch's fused kernel.
cache
    `KeyValueCache`, the keys and values that decoding reuses.
multihead
    `MultiHeadAttention`, several attentions side by side.
positions
    Where a token stands: `sinusoidal_positions`, `SinusoidalPositions`, `LearnedPositions`, `RotaryPositions`.
norms
    `rms_norm`, `RMSNorm`; which norm a model has.
feed_forward, layers
    `FeedForward`, `GatedFeedForward`, residual with norm (`PreNorm`, `PostNorm`), `EncoderLayer`, `DecoderLayer`.
config
    `TransformerConfig`, sizes and choices of a model.
embedding
    `Embedding` of words, with positions; `SegmentEmbedding`.
stacks
    `Encoder` and `Decoder`; `AttentionWeights`, what they looked at.
transformer
    The whole `Transformer`, and `LanguageModel`, a decoder alone.
masked_language
    `MaskedLanguageModel`, an encoder alone.
"""
