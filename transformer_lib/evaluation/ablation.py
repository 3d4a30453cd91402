"""Ablation of attention heads, with the removal of a random subspace of the same dimension as control.

A head reaches the rest of the model only through its own columns of W_O. Zeroing these removes its output, the
value bias included, and leaves its attention map and every other head as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from transformer_lib import checks
from transformer_lib.model.multihead import MultiHeadAttention

KINDS = ("encoder", "decoder", "cross")


def with_head_mask(
    model: nn.Module,
    encoder_mask: Tensor | None = None,
    decoder_mask: Tensor | None = None,
    cross_mask: Tensor | None = None,
    *,
    prefix: str = "",
) -> dict[str, Tensor]:
    r"""Parameters for `torch.func.functional_call` with every head's output multiplied by its mask.

    .. math:: \mathrm{MultiHead} = \sum_h m_h \, \mathrm{head}_h W^O_h + b^O

    It is differentiable in the masks, so the gradient at 1 measures a head's importance to the loss, and it exports.

    Args:
        model: a `Transformer`; or a `LanguageModel` or `Encoder`, whose only stack goes by either name.
        encoder_mask, decoder_mask, cross_mask: (n_layers, H), 1 keeps a head and 0 removes it; None keeps all.
        prefix: stands before each name, as in "model." where the model is part of a larger module.

    Returns:
        Name of a parameter -> its masked value, for the masks that were given.

    Raises:
        ValueError: if the model has no such attention, or a mask has not its shape.
        TypeError: if a mask is not floating point.

    Source: Michel et al. 2019, section 2.3.

    >>> from transformer_lib import LanguageModel, LanguageModelConfig
    >>> model = LanguageModel(LanguageModelConfig(7, d_model=6, n_heads=3, d_ff=12, n_layers=2))
    >>> masked = with_head_mask(model, decoder_mask=torch.zeros(2, 3))
    >>> sorted(masked)
    ['layers.0.self_attention.out_proj.weight', 'layers.1.self_attention.out_proj.weight']
    >>> logits = torch.func.functional_call(model, masked, (torch.tensor([[1, 2]]),))
    """
    parameters = {}
    for kind, mask in zip(KINDS, (encoder_mask, decoder_mask, cross_mask), strict=True):
        if mask is None:
            continue
        heads = attentions(model, kind)
        shape = (len(heads), next(iter(heads.values())).n_heads)
        checks.tensor(f"{kind}_mask", mask)
        if not mask.is_floating_point():
            raise TypeError(f"{kind}_mask multiplies and must be floating point, got {mask.dtype}")
        if mask.shape != shape:
            raise ValueError(f"{kind}_mask must be (n_layers, H) = {shape}, got {tuple(mask.shape)}")
        for layer, (name, module) in enumerate(heads.items()):
            columns = mask[layer, :, None].expand(-1, module.d_head).reshape(1, -1)  # (1, d_model)
            parameters[f"{prefix}{name}.out_proj.weight"] = module.w_o * columns
    return parameters


@contextmanager
def ablated(model: nn.Module, layer: int, head: int, kind: str) -> Iterator[nn.Module]:
    """The model without the output of one head, for as long as the block runs.

    Args:
        model: as in `with_head_mask`.
        layer, head: counted from 0.
        kind: "encoder" or "decoder" for self-attention, "cross" for cross-attention.

    Raises:
        ValueError: if there is no such head.

    Source: Michel et al. 2019, section 3.

    >>> from transformer_lib import LanguageModel, LanguageModelConfig
    >>> model = LanguageModel(LanguageModelConfig(7, d_model=6, n_heads=3, d_ff=12, n_layers=2)).eval()
    >>> with ablated(model, layer=1, head=2, kind="decoder"):
    ...     logits = model(torch.tensor([[1, 2, 3]]))
    """
    module = _attention(model, layer, kind)
    checks.whole("head", head)
    if not 0 <= head < module.n_heads:
        raise ValueError(f"a layer has the heads 0 … {module.n_heads - 1}, got {head}")
    kept = torch.ones(module.n_heads, 1)
    kept[head] = 0.0
    columns = kept.expand(-1, module.d_head).reshape(-1).to(module.w_o)
    with _replaced(model, module, module.w_o.detach() * columns):
        yield model


@contextmanager
def ablated_at_random(model: nn.Module, layer: int, kind: str, *, seed: int) -> Iterator[nn.Module]:
    r"""The control: remove a random D-dimensional subspace of the heads' joint output instead of one head's.

    .. math:: W^O \leftarrow W^O (I - U U^\top), \qquad U \in R^{d_{model} \times D} \text{ with orthonormal columns}

    Args:
        model, layer, kind: as in `ablated`.
        seed: of U; several seeds show the spread.

    Raises:
        ValueError: if there is no such layer.
    """
    module = _attention(model, layer, kind)
    checks.whole("seed", seed)
    generator = torch.Generator().manual_seed(seed)
    random = torch.randn(module.d_model, module.d_head, dtype=torch.float64, generator=generator)
    basis = torch.linalg.qr(random).Q  # in double precision: a subspace is taken away whole
    whole = module.w_o.detach()
    rest = whole.double().cpu() @ (torch.eye(module.d_model, dtype=torch.float64) - basis @ basis.T)
    with _replaced(model, module, rest.to(whole)):
        yield model


def attentions(model: nn.Module, kind: str) -> dict[str, MultiHeadAttention]:
    """The attentions of one kind, by name, from the first layer to the last."""
    checks.model("model", model)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, got {kind!r}")
    both = hasattr(model, "encoder") and hasattr(model, "decoder")
    stack = ("encoder." if kind == "encoder" else "decoder.") if both else ""
    part = "cross_attention" if kind == "cross" else "self_attention"
    found = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, MultiHeadAttention)
        and name.startswith(f"{stack}layers.")
        and name.endswith(f".{part}")
    }
    if not found:
        raise ValueError(f"{type(model).__name__} has no attention of kind {kind!r}")
    return found


def _attention(model: nn.Module, layer: int, kind: str) -> MultiHeadAttention:
    found = list(attentions(model, kind).values())
    checks.whole("layer", layer)
    if not 0 <= layer < len(found):
        raise ValueError(f"the model has the layers 0 … {len(found) - 1}, got {layer}")
    return found[layer]


@contextmanager
def _replaced(model: nn.Module, module: MultiHeadAttention, weight: Tensor) -> Iterator[None]:
    """Replace the values of W_O inside; the parameter stays the same object, so optimisers and ties keep working."""
    if model.training and any(m.p for m in model.modules() if isinstance(m, nn.Dropout)):
        raise ValueError(
            "the model is in training mode, and dropout would be measured with the head; call model.eval()"
        )
    parameter = module.out_proj.weight
    whole = parameter.data
    parameter.data = weight
    try:
        yield
    finally:
        parameter.data = whole
