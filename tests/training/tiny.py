"""A tiny translation model and task for the tests of training: small enough to train in a moment."""

import torch
from torch import nn

from transformer_lib.training import Batches

VOCABULARY = 13


class Tiny(nn.Module):
    """Says the next token from the mean of the source and the token before; with dropout, to need random numbers."""

    def __init__(self, width=7, dropout=0.2, seed=0):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            super().__init__()
            self.src = nn.Embedding(VOCABULARY, width)
            self.tgt = nn.Embedding(VOCABULARY, width)
            self.drop = nn.Dropout(dropout)
            self.out = nn.Linear(width, VOCABULARY, bias=False)
            self.out.weight = self.tgt.weight

    def forward(self, src_ids, tgt_ids):
        real = (src_ids != 0).unsqueeze(-1)
        read = (self.src(src_ids) * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)
        return self.out(self.drop(torch.tanh(read + self.tgt(tgt_ids))))


def pairs(n=41, seed=0):
    """Sources of one to five tokens; the target counts up from the first of them."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(n):
        length = int(torch.randint(1, 6, (1,), generator=generator))
        src = torch.randint(3, VOCABULARY, (length,), generator=generator).tolist()
        found.append((src, [1, *(3 + (src[0] + i) % (VOCABULARY - 3) for i in range(length)), 2]))
    return found


def batches(batch_size=5, **options):
    return Batches(pairs(), batch_size, **options)
