"""An encoder that fills in what is hidden: it reads both sides of a gap, and says which token stood there."""

from __future__ import annotations

from torch import Tensor, nn

from transformer_lib.model.config import TransformerConfig
from transformer_lib.model.embedding import check_config
from transformer_lib.model.feed_forward import ACTIVATIONS
from transformer_lib.model.norms import NORMS
from transformer_lib.model.stacks import AttentionWeights, Encoder
from transformer_lib.model.transformer import output_layer


class MaskedLanguageModel(nn.Module):
    r"""An encoder alone, and for each of its vectors the logits of the token that stands, or is hidden, there.

    .. math:: \mathrm{logits} = \mathrm{Norm}(\sigma(h W + b)) \, E^\top + c

    h is what the encoder gives, E its embedding matrix unless the config unties them, c the output's bias if there is
    one.

    Args:
        config: a `LanguageModelConfig`; σ is its activation.

    Source: Devlin et al. 2019, section 3.1, task 1; W, σ and the norm stand in the program published with it only.

    >>> import torch
    >>> from transformer_lib.model.config import LanguageModelConfig
    >>> config = LanguageModelConfig(13, d_model=6, n_heads=2, d_ff=24, n_layers=3)
    >>> MaskedLanguageModel(config)(torch.tensor([[1, 4, 6, 8]])).shape
    torch.Size([1, 4, 13])
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        check_config(config)
        self.config = config
        self.encoder = Encoder(config)
        self.transform = nn.Linear(config.d_model, config.d_model, config.bias)
        self.activation = ACTIVATIONS[config.activation]
        self.norm = NORMS[config.norm](config.d_model, config.norm_eps, config.bias)
        self.output = output_layer(config, self.encoder.embedding)

    def forward(
        self,
        ids: Tensor,
        mask: Tensor | None = None,
        *,
        segments: Tensor | None = None,
        return_weights: bool = False,
    ) -> Tensor | tuple[Tensor, AttentionWeights]:
        """Logits (B, S, tgt_vocab_size) for (B, S) ids; arguments and errors are those of `Encoder`."""
        if not return_weights:
            return self._logits(self.encoder(ids, mask, segments=segments))
        hidden, weights = self.encoder(ids, mask, segments=segments, return_weights=True)
        return self._logits(hidden), weights

    def _logits(self, hidden: Tensor) -> Tensor:
        return self.output(self.norm(self.activation(self.transform(hidden))))
