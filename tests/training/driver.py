"""A run in a process of its own, for tests that kill it."""

import os
import signal

import torch
from tiny import Tiny, batches

from transformer_lib.training import Recipe, train

RECIPE = Recipe(n_steps=48, peak_lr=0.02, warmup_steps=5, log_every=2, save_every=4)
# So long that a pipe of 64 KiB holds only a few: the run is never far ahead of the reader.
MESSAGE = 8192


def run(folder, batch_of=None, **options):
    """The run whose end the tests compare."""
    data = batches()
    model = Tiny()
    curves = train(model, batch_of or data, RECIPE, validation=data.in_order(), folder=folder, **options)
    return model, curves


def main(folder, announcements, call=None, turn=None):
    """Announces each step; with a call and its turn, kills itself at that turn of os.fsync or os.replace."""
    torch.set_num_threads(1)
    data = batches()
    if call is not None:
        real, turns = getattr(os, call), iter(range(1, turn))

        def deadly(*arguments):
            if next(turns, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        setattr(os, call, deadly)

    def announced(step):
        announcements.send_bytes(str(step).encode().ljust(MESSAGE))
        return data(step)

    run(folder, announced, progress=False)
