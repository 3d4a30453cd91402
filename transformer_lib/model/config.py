"""What has to be decided before a Transformer can be built."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from transformer_lib import checks
from transformer_lib.model.feed_forward import ACTIVATIONS
from transformer_lib.model.multihead import check_kv_heads
from transformer_lib.model.norms import NORMS, check_norm_eps
from transformer_lib.model.positions import BASE, PAIRS

POSITIONS = ("sinusoidal", "learned", "rotary")
TYING = ("none", "output", "all")
LATER = (
    "n_kv_heads",
    "norm",
    "gated",
    "position_pairs",
    "position_base",
    "n_segments",
)  # fields that older files do not have


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes and choices of a Transformer; the defaults are the paper's base model, but pre-norm, with biases in attention.

    Raises:
        ValueError: if a size is below 1, a choice is unknown, or the fields do not fit each other.
        TypeError: if a field is of another kind: 2.0 is no size.

    Source: Vaswani et al. 2017, table 3, for the sizes.

    >>> TransformerConfig(src_vocab_size=11, tgt_vocab_size=13).d_head
    64
    """

    src_vocab_size: int  # words that an encoder reads
    tgt_vocab_size: int  # words that a decoder reads and writes
    d_model: int = 512  # width of the vectors between layers
    n_heads: int = 8  # heads of each attention; each has width d_model / n_heads
    d_ff: int = 2048  # width inside the feed-forward networks
    n_layers: int = 6  # layers of the encoder, and of the decoder
    dropout: float = 0.1  # in attention weights, after activations, sublayers and embeddings
    norm_first: bool = True  # norm before each sublayer (Xiong et al. 2020) or after it (Vaswani et al. 2017)
    activation: str = "relu"  # "relu", "gelu" (BERT), "gelu_tanh" (GPT-2), "silu" (Marian)
    positions: str = "sinusoidal"  # "sinusoidal", "learned" (BERT, GPT-2), "rotary" (Su et al. 2021)
    bias: bool = True  # biases in linear maps and norms
    norm_eps: float = 1e-5  # added to the variance inside the norms; BERT has 1e-12
    tie_embeddings: str = "output"  # one matrix for target words in and out; "all": source words too; "none"
    scale_embeddings: bool = True  # times √d_model (Vaswani et al. 2017, section 3.4); BERT and GPT-2 do not
    norm_embeddings: bool = False  # a norm after words and positions are added, as in BERT
    output_bias: bool = False  # one number per word added to the logits, as in Marian
    pad_id: int = 0  # fills short sentences; the source mask hides it
    bos_id: int = 1  # begins a target sentence
    eos_id: int = 2  # ends a sentence
    max_length: int = 512  # the longest sequence, source or target
    n_kv_heads: int | None = (
        None  # heads of keys and values, shared by neighbouring heads (Ainslie et al. 2023)
    )
    norm: str = "layer"  # "layer" (Ba et al. 2016) or "rms" (Zhang and Sennrich 2019)
    gated: bool = False  # a gate in the feed-forward networks (Shazeer 2020); with "silu" it is SwiGLU
    position_pairs: str = "neighbours"  # which dimensions share a frequency; "halves" in Marian and Llama
    position_base: float = BASE  # of the frequencies; some Llamas have 500,000
    n_segments: int = 0  # kinds of sentence that an encoder tells apart, as BERT's A and B

    def __post_init__(self) -> None:
        sizes = (
            "src_vocab_size",
            "tgt_vocab_size",
            "d_model",
            "n_heads",
            "d_ff",
            "n_layers",
            "max_length",
        )
        for name in sizes:
            checks.count(name, getattr(self, name))
        for name in ("pad_id", "bos_id", "eos_id"):
            checks.count(name, getattr(self, name), least=0)
        checks.count("n_segments", self.n_segments, least=0)
        switches = ("norm_first", "bias", "scale_embeddings", "norm_embeddings", "output_bias", "gated")
        for name in switches:
            checks.flag(name, getattr(self, name))
        if self.d_model % self.n_heads:
            raise ValueError(
                f"d_model must be a multiple of n_heads, got d_model {self.d_model} and n_heads {self.n_heads}"
            )
        if self.n_kv_heads is not None:
            check_kv_heads(self.n_kv_heads, self.n_heads)
        checks.probability("dropout", self.dropout)
        check_norm_eps(self.norm_eps)
        checks.number("position_base", self.position_base, above=0.0)
        choices = {
            "activation": tuple(ACTIVATIONS),
            "positions": POSITIONS,
            "tie_embeddings": TYING,
            "norm": tuple(NORMS),
            "position_pairs": PAIRS,
        }
        for name, known in choices.items():
            checks.choice(name, getattr(self, name), known)
        if self.eos_id == self.pad_id:
            raise ValueError(
                f"eos_id and pad_id must differ, got {self.eos_id} for both: "
                "the loss leaves padding out, so the end of a sentence would never be learnt"
            )
        if self.tie_embeddings == "all" and self.src_vocab_size != self.tgt_vocab_size:
            raise ValueError(
                "tie_embeddings='all' needs one vocabulary for both languages, "
                f"got sizes {self.src_vocab_size} and {self.tgt_vocab_size}"
            )

    def as_dict(self) -> dict[str, Any]:
        """The fields for a file; those that older files lack are left out where they have their default.

        >>> "norm" in TransformerConfig(11, 13).as_dict(), TransformerConfig(11, 13, norm="rms").as_dict()["norm"]
        (False, 'rms')
        """
        defaults = {name: getattr(type(self), name) for name in LATER}
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in defaults or value != defaults[name]
        }

    @property
    def d_head(self) -> int:
        """Width of one head."""
        return self.d_model // self.n_heads


@dataclass(frozen=True)
class LanguageModelConfig(TransformerConfig):
    """Sizes and choices of a decoder alone: as `TransformerConfig`, with one vocabulary, `tgt_vocab_size`.

    >>> LanguageModelConfig(13, d_model=6, n_heads=2).d_head
    3
    """

    src_vocab_size: int = field(init=False, repr=False)  # nothing is read but what is written

    def __post_init__(self) -> None:
        checks.count("tgt_vocab_size", self.tgt_vocab_size)
        object.__setattr__(self, "src_vocab_size", self.tgt_vocab_size)
        super().__post_init__()
