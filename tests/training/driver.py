"""A run in a process of its own, for tests that kill it: `driver.py FOLDER [CALL TURN]`.

Each step is announced on stdout by so long a line that the pipe holds but a few of them: the run is never far ahead
of who reads. With CALL and TURN, the process kills itself at that turn of os.fsync or os.replace.
"""

import os
import signal
import sys

import torch
from tiny import Tiny, batches

from transformer_lib.training import Recipe, train

RECIPE = Recipe(n_steps=48, peak_lr=0.02, warmup_steps=5, log_every=2, save_every=4)
LINE = 8192


def run(folder, batch_of=None, **options):
    """The run whose end the tests compare."""
    data = batches()
    model = Tiny()
    curves = train(model, batch_of or data, RECIPE, validation=data.in_order(), folder=folder, **options)
    return model, curves


def main(folder, call=None, turn=None):
    torch.set_num_threads(1)
    data = batches()
    if call is not None:
        real, turns = getattr(os, call), iter(range(1, int(turn)))

        def deadly(*arguments):
            if next(turns, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        setattr(os, call, deadly)

    def announced(step):
        print(f"step {step}".ljust(LINE), flush=True)
        return data(step)

    run(folder, announced, progress=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
