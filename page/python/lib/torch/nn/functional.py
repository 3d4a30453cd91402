"""torch.nn.functional, as much of it as the exercises use."""

import torch
from torch import _ops
from torch._tensor import wrap
from written import missing


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-05):
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, but got normalized_shape = []"
        )
    if not x.dtype.is_floating_point:
        raise NotImplementedError("\"LayerNormKernelImpl\" not implemented for '%s'" % x.dtype.spoken)
    if tuple(x._dims[len(x._dims) - len(shape) :]) != shape:
        raise RuntimeError(
            "Given normalized_shape=%s, expected input with shape [*, %s], but got input of size%s"
            % (_ops.size_words(shape), ", ".join([str(n) for n in shape]), _ops.size_words(x._dims))
        )
    gain = torch.ones(shape, dtype=x.dtype) if weight is None else weight
    inputs = [x._t, gain._t] + ([] if bias is None else [bias._t])
    return wrap(_ops.run("LayerNormalization", {"axis": -len(shape), "epsilon": eps}, *inputs))


def gelu(x, approximate="none"):
    return wrap(_ops.run("Gelu", {"approximate": approximate}, x._t))


def logsigmoid(x):
    return -((-x).relu() + ((-x.abs()).exp() + 1).log())  # no large number is raised


def linear(x, weight, bias=None):
    product = x @ weight.transpose(-2, -1)
    return product if bias is None else product + bias


def one_hot(ids, num_classes=-1):
    if ids.dtype is not _ops.INT:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if ids.numel() and int(ids.min()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    count = int(ids.max()) + 1 if num_classes == -1 else num_classes
    if ids.numel() and int(ids.max()) >= count:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return (ids[..., None] == torch.arange(count)).long()


def embedding(ids, weight):
    return weight[ids]


def normalize(x, p=2.0, dim=1, eps=1e-12):
    return x / x.norm(p, dim, True).clamp(min=eps)


def cosine_similarity(a, b, dim=1, eps=1e-08):
    return (a * b).sum(dim) / (a.norm(2, dim) * b.norm(2, dim)).clamp(min=eps)


def dropout(x, p=0.5, training=True, inplace=False):
    if not training or not p:
        return x
    return x * (torch.rand(x.shape) >= p) / (1 - p) if p < 1 else x * 0


def pad(x, sizes, mode="constant", value=0.0):
    for place in range(len(sizes) // 2):
        before, after = sizes[2 * place], sizes[2 * place + 1]
        at = x.ndim - 1 - place
        if before < 0 or after < 0 or mode != "constant":
            raise missing("F.pad with negative sizes, or another mode than 'constant'")
        ends = [
            torch.full(x._dims[:at] + (n,) + x._dims[at + 1 :], value, dtype=x.dtype) for n in (before, after)
        ]
        x = torch.cat([ends[0], x, ends[1]], at)
    return x


def cross_entropy(logits, targets, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    if targets.dtype is not _ops.INT:
        raise missing("F.cross_entropy with probabilities as targets")
    log_p = logits.log_softmax(-1 if logits.ndim == 1 else 1)
    return nll_loss(log_p, targets, ignore_index, reduction, label_smoothing)


def nll_loss(log_p, targets, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    if log_p.ndim > 2:
        raise missing("a loss over more than (N, V)")
    log_p, targets = (log_p[None], targets[None]) if log_p.ndim == 1 else (log_p, targets)
    real = targets != ignore_index
    places = torch.where(real, targets, 0)
    right = log_p.gather(1, places[:, None]).squeeze(1)
    losses = -(1 - label_smoothing) * right - (label_smoothing * log_p.mean(1) if label_smoothing else 0.0)
    losses = torch.where(real, losses, 0.0)
    return (
        losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.sum() / real.sum()
    )


def mse_loss(a, b):
    return ((a - b) ** 2).mean()


def scaled_dot_product_attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    if attn_mask is not None:
        scores = (
            torch.where(attn_mask, scores, float("-inf"))
            if attn_mask.dtype is _ops.BOOL
            else scores + attn_mask
        )
    return scores.softmax(-1) @ v


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("torch.nn.functional." + name)
