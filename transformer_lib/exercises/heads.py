"""Exercises on several heads: splitting, counting, equality, ablation, a score for what a head does."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from transformer_lib.attention import attention
from transformer_lib.exercises.checking import Exercise, either
from transformer_lib.exercises.probes import FixedDropout, draw


def _split(x: Tensor, n_heads: int) -> Tensor:
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


SPLIT = Exercise(
    name="split heads",
    question="04.1",
    solution=_split,
    shows="Splitting is a view: the last axis becomes heads and widths, and the heads move before the words.",
    probes=lambda: [(torch.arange(12.0).reshape(1, 3, 4), 2), (draw(2, 5, 21, seed=1), 3)],
    mistakes={
        "The numbers are cut in the wrong places: unflatten the last axis to (H, D) first, then swap T and H.": (
            lambda x, n_heads: x.reshape(x.shape[0], n_heads, x.shape[1], -1)
        ),
        "Each head has width d_model / H, not d_model: the heads share the width.": either(
            lambda x, n_heads: x[:, None].expand(-1, n_heads, -1, -1),
            lambda x, n_heads: x[:, None].repeat(1, n_heads, 1, 1),
        ),
        "The shape is (B, T, H, D): the heads still have to move before the words, with transpose(1, 2).": (
            lambda x, n_heads: x.unflatten(-1, (n_heads, -1))
        ),
        "Heads come before their widths: unflatten the last axis to (H, D), not to (D, H).": either(
            lambda x, n_heads: x.unflatten(-1, (-1, n_heads)).transpose(1, 2),
            lambda x, n_heads: x.unflatten(-1, (-1, n_heads)).permute(0, 3, 1, 2),
        ),
        "Your heads stand before the batch, (H, B, T, D): they belong after it, on axis 1.": (
            lambda x, n_heads: torch.stack(x.chunk(n_heads, dim=-1))
        ),
    },
)

MERGE = Exercise(
    name="merge heads",
    question="04.2",
    solution=lambda heads: heads.transpose(1, 2).flatten(2),
    shows="Merging undoes the split: each word's heads stand side by side again, d_model wide.",
    probes=lambda: [(torch.arange(12.0).reshape(1, 2, 3, 2),), (draw(2, 3, 5, 7, seed=1),)],
    mistakes={
        "Reshaping without transpose(1, 2) mixes words with heads: swap the two axes first.": either(
            lambda heads: heads.reshape(heads.shape[0], heads.shape[2], -1), lambda heads: heads.flatten(2)
        ),
        "The words come first now, (B, T, H, D): the last two axes still have to become one.": (
            lambda heads: heads.transpose(1, 2)
        ),
        "Heads are set side by side, not averaged or summed: the width becomes H × D again.": either(
            lambda heads: heads.mean(1), lambda heads: heads.sum(1)
        ),
    },
)

COUNT = Exercise(
    name="count the heads' parameters",
    question="04.3",
    given=lambda: {"d_model": 512, "n_heads": 8},
    solution=4 * 512**2,
    shows="Four matrices of d_model × d_model, however many heads: more heads are narrower, not more costly.",
    mistakes={
        "The number of heads does not multiply the cost: each head's matrices are H times narrower.": either(
            4 * 512**2 * 8, 3 * 512**2 * 8, (3 * 8 + 1) * 512**2
        ),
        "W_O is missing: after the heads stand side by side, one more matrix mixes them.": 3 * 512**2,
        "Count without biases.": 4 * 512**2 + 4 * 512,
        "Each head's matrices are 512 × 64, for it reads the whole vector, and all eight heads count.": either(
            4 * 512 * 64, 3 * 512 * 64
        ),
        "That is one matrix of four: W_Q, W_K, W_V and W_O.": 512**2,
        "The number itself is wanted, with the width put in for d.": 4,
    },
    tolerance=1e-6,
)


def _apart(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, n_heads: int, scale: float | None = None
) -> list:
    """Each head by itself, on its own columns."""
    blocks = zip(*(w.chunk(n_heads, -1) for w in (w_q, w_k, w_v)), strict=True)
    return [attention(x @ q, x @ k, x @ v, scale=scale)[0] for q, k, v in blocks]


def _sliced(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, n_heads: int) -> list:
    """Each head as if it read a slice of each word's vector."""
    width = x.shape[-1] // n_heads
    slices = [slice(start, start + width) for start in range(0, x.shape[-1], width)]
    return [attention(*(x[:, s] @ w[s, s] for w in (w_q, w_k, w_v)))[0] for s in slices]


APART = Exercise(
    name="heads one by one",
    question="04.4",
    solution=lambda x, w_q, w_k, w_v, w_o, n_heads: torch.cat(_apart(x, w_q, w_k, w_v, n_heads), -1) @ w_o,
    shows="Heads are separate attentions on their own columns; doing them at once only saves time.",
    probes=lambda: [
        (draw(t, d, seed=1), *(draw(d, d, seed=seed) for seed in range(2, 6)), h)
        for t, d, h in ((3, 4, 2), (5, 21, 3))
    ],
    mistakes={
        "Each head divides by the root of its own width, √(d_model / H), not by √d_model.": (
            lambda x, w_q, w_k, w_v, w_o, n_heads: (
                torch.cat(_apart(x, w_q, w_k, w_v, n_heads, scale=x.shape[-1] ** -0.5), -1) @ w_o
            )
        ),
        "Heads are set side by side and mixed by W_O, not averaged.": either(
            lambda x, w_q, w_k, w_v, w_o, n_heads: torch.stack(_apart(x, w_q, w_k, w_v, n_heads)).mean(0),
            lambda x, w_q, w_k, w_v, w_o, n_heads: (
                torch.cat(_apart(x, w_q, w_k, w_v, n_heads), -1) @ w_o / n_heads
            ),
        ),
        "Every head reads the whole of x: cut the columns of the matrices, and leave the vectors whole.": (
            lambda x, w_q, w_k, w_v, w_o, n_heads: torch.cat(_sliced(x, w_q, w_k, w_v, n_heads), -1) @ w_o
        ),
        "Cut columns, not rows: with x @ w_q the outputs are the columns of the matrix.": (
            lambda x, w_q, w_k, w_v, w_o, n_heads: (
                torch.cat(_apart(x, w_q.T, w_k.T, w_v.T, n_heads), -1) @ w_o
            )
        ),
        "That is one wide head: each of n_heads has its own scores and its own softmax.": (
            lambda x, w_q, w_k, w_v, w_o, n_heads: torch.cat(_apart(x, w_q, w_k, w_v, 1), -1) @ w_o
        ),
        "W_O is missing: multiply what stands side by side by it.": (
            lambda x, w_q, w_k, w_v, w_o, n_heads: torch.cat(_apart(x, w_q, w_k, w_v, n_heads), -1)
        ),
    },
)


class Heads(nn.Module):
    """A small layer whose heads can be switched off: `layer(x, keep)` multiplies head h's output by keep[h]."""

    def __init__(self) -> None:
        super().__init__()
        self.n_heads = 3
        self.matrices = [draw(6, 6, seed=seed) for seed in range(4)]
        self.dropout = FixedDropout()
        self.weights = torch.zeros(0)  # (H, T, T), those of the last call, for drawing

    def forward(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        q, k, v = (_split((x @ w)[None], self.n_heads) for w in self.matrices[:3])
        output, self.weights = attention(q, k, v)
        kept = output if keep is None else output * torch.as_tensor(keep, dtype=x.dtype)[:, None, None]
        return self.dropout(kept.transpose(1, 2).flatten(2)[0]) @ self.matrices[3]


def _changes(
    layer: Heads, x: Tensor, train: bool = False, keeps: Tensor | None = None, lengths: bool = False
) -> list[Tensor]:
    """How far the output moves when each head is switched off in turn; or by how much its length changes."""
    layer.train(train)
    keeps = 1 - torch.eye(layer.n_heads) if keeps is None else keeps
    if lengths:
        return [(layer(x, keep).norm() - layer(x).norm()).abs() for keep in keeps]
    return [(layer(x, keep) - layer(x)).norm() for keep in keeps]


def _with_control(changes: list[Tensor], head: int) -> list[Tensor]:
    others = [change for h, change in enumerate(changes) if h != head]
    return [changes[head], torch.stack(others).mean()]


ABLATE = Exercise(
    name="ablate a head",
    question="04.5",
    given=lambda: (Heads().train(), draw(5, 6, seed=9)),
    solution=lambda layer, x, head: _with_control(_changes(layer, x), head),
    shows="What a head does shows when its output is gone, beside the change that the other heads make.",
    probes=lambda: [(Heads().train(), draw(2, 6, seed=8), 0), (Heads().train(), draw(5, 6, seed=9), 2)],
    mistakes={
        "The output did not change: you set the weights that are drawn to zero. Switch off the head's output.": either(
            lambda layer, x, head: [0.0, 0.0], lambda layer, x, head: 0.0
        ),
        "A change alone says little: return it together with the mean change over the other heads, the control.": either(
            lambda layer, x, head: _changes(layer, x)[head],
            lambda layer, x, head: _changes(layer, x, train=True)[head],
            lambda layer, x, head: [_changes(layer, x)[head], 0.0],
        ),
        "Dropout was on while you measured: call layer.eval() first.": (
            lambda layer, x, head: _with_control(_changes(layer, x, train=True), head)
        ),
        "The control is the mean over the other heads: without `head` itself, and not the sum.": either(
            lambda layer, x, head: [_changes(layer, x)[head], torch.stack(_changes(layer, x)).mean()],
            lambda layer, x, head: [_changes(layer, x)[head], 2 * _with_control(_changes(layer, x), head)[1]],
        ),
        "The head's own change comes first, the control second.": (
            lambda layer, x, head: _with_control(_changes(layer, x), head)[::-1]
        ),
        "You kept this head and took the others: `keep` holds 0 for what goes and 1 for what stays.": (
            lambda layer, x, head: _with_control(_changes(layer, x, keeps=torch.eye(layer.n_heads)), head)
        ),
        "Take the norm of the difference: two outputs can be equally long and far apart.": (
            lambda layer, x, head: _with_control(_changes(layer, x, lengths=True), head)
        ),
    },
)

PREVIOUS = Exercise(
    name="previous-token score",
    question="04.6",
    solution=lambda weights: weights.diagonal(-1).mean(),
    shows="One number says how much a head looks one word back, averaged over the words that have one.",
    probes=lambda: [(draw(3, 3, seed=1).softmax(-1),), (draw(7, 7, seed=2).softmax(-1),)],
    mistakes={
        "That is the weight on the next word: query t stands in row t, and looks back at column t − 1.": (
            lambda weights: weights.diagonal(1).mean()
        ),
        "That is the weight on the word itself: the word before stands one column to the left.": (
            lambda weights: weights.diagonal().mean()
        ),
        "One number is wanted: the mean over the words that have one before them.": either(
            lambda weights: weights.diagonal(-1), lambda weights: weights.diagonal(-1).sum()
        ),
        "Position 0 has no word before it: average over the T − 1 others.": either(
            lambda weights: weights.diagonal(-1).sum() / len(weights),
            lambda weights: (weights.diagonal(-1).sum() + weights[0, -1]) / len(weights),
        ),
    },
)

EXERCISES = [SPLIT, MERGE, COUNT, APART, ABLATE, PREVIOUS]
